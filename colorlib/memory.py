"""Keeps memory that was freed for the next tensor.

Linux takes large pieces back at once and clears them before it gives them out again. Without that a training step
takes about an eighth less time.
"""

import ctypes
import sys

SETTINGS = {"M_MMAP_MAX": (-4, 0), "M_TRIM_THRESHOLD": (-1, 2**31 - 1), "M_TOP_PAD": (-2, 2**26)}


def keep() -> bool:
    """Ask the C library to do so; whether it will. Others than Linux's glibc have no such settings."""
    choose = getattr(ctypes.CDLL(None), "mallopt", None) if sys.platform == "linux" else None
    return choose is not None and all(choose(*setting) for setting in SETTINGS.values())
