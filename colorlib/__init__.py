"""colorlib: the small library behind the course on image colorization and GANs."""

import sys

from colorlib import memory, repair

__version__ = "0.1.0"

memory.keep()
sys.meta_path.insert(0, repair.BeforeRegistrations)  # before Python's own finders
