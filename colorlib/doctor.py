"""Can the lessons run on this machine? `python start.py doctor` and lesson 00 ask here."""

import contextlib
import os
import shutil
import sys
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path

from colorlib import profile, repair

OK, LESS, FAIL = "OK", "--", "FAIL"  # runs · runs, but see the message · the lessons cannot run
CONTAINER = Path("/sys/fs/cgroup")  # what a container (Binder) may use, less than the machine has
LIBRARIES = "accelerate fastai ipykernel matplotlib PIL pooch safetensors scipy skimage sklearn torchmetrics tqdm"


def check_python():
    version = ".".join(map(str, sys.version_info[:3]))
    if (3, 11, 4) <= sys.version_info[:3] < (3, 14):
        return OK, version
    return FAIL, f"{version}, but the course needs 3.11 (from 3.11.4 on), 3.12 or 3.13"


def check_torch():
    import torch

    version, size = torch.__version__, f"the lessons take the profile '{profile.current()}'"
    if torch.cuda.is_available():
        free, total = torch.cuda.mem_get_info()
        memory = f"{free / 1e9:.1f} of {total / 1e9:.1f} GB of its memory free"
        return OK, f"{version} on {torch.cuda.get_device_name()}, {memory}; {size}"
    if shutil.which("nvidia-smi"):
        advice = "cannot use this machine's NVIDIA GPU. One that can: https://pytorch.org/get-started/locally/"
        return LESS, f"{version} {advice}; {size}"
    if torch.backends.mps.is_available():
        return OK, f"{version} on an Apple GPU, which shares the computer's memory; {size}"
    return LESS, f"{version} on the CPU, {torch.get_num_threads()} threads: slower, but enough; {size}"


def check_libraries():
    import torchvision  # noqa: F401  where another build of torch shows first

    missing = [name for name in LIBRARIES.split() if find_spec(name) is None]
    if missing:
        return FAIL, f"missing: {', '.join(missing)}"
    around = "; torchvision is made for another build of torch, colorlib works around it" if repair.declared else ""
    return OK, f"all there{around}"


def check_memory():
    import psutil

    free = psutil.virtual_memory().available
    with contextlib.suppress(OSError, ValueError, KeyError):  # not Linux, or no limit: the file then says "max"
        limit, used, parts = ((CONTAINER / f"memory.{name}").read_text() for name in ("max", "current", "stat"))
        cached = dict(line.split() for line in parts.splitlines())["inactive_file"]  # given back on demand
        free = min(free, int(limit) - int(used) + int(cached))
    status = OK if free >= 2e9 else LESS if free >= 0.5e9 else FAIL
    advice = ": close other programs and notebooks, or set COLORLIB_PROFILE=quick before you start"
    return status, f"{free / 1e9:.1f} GB of RAM free{advice if status != OK else ''}"


def check_disk():
    home = profile.home().absolute()
    folder = next(place for place in (home, *home.parents) if place.exists())
    if not os.access(folder, os.W_OK):
        return LESS, f"{folder} cannot be written: set COLORLIB_HOME to a folder of your own, or progress is forgotten"
    free = shutil.disk_usage(folder).free
    status = OK if free >= 2e9 else LESS if free >= 0.2e9 else FAIL
    where = f"where progress and pictures are kept ({profile.shown(home)})"
    return status, f"{free / 1e9:.1f} GB free {where}{': make room' if status != OK else ''}"


def check_jupyter():
    version = metadata.version("ipywidgets")
    if not (7, 7) <= tuple(int(part) for part in version.split(".")[:2]) < (9, 0):
        return FAIL, f"ipywidgets {version}, but the lessons need 7.7 or newer, below 9"
    if find_spec("jupyterlab") is None and "google.colab" not in sys.modules:
        return LESS, f"ipywidgets {version}, no JupyterLab here: open the lessons with another program"
    return OK, f"all there, ipywidgets {version}"


CHECKS = dict(Python=check_python, torch=check_torch, libraries=check_libraries, memory=check_memory, disk=check_disk)
CHECKS |= dict(Jupyter=check_jupyter)


def main() -> int:
    """Print a row a thing: its status, its name, and a message that says what to do; 0 if the lessons can run."""
    failed = []
    for thing, check in CHECKS.items():
        try:
            status, message = check()
        except Exception as error:  # whatever is broken, the rows after it are still wanted
            status, message = FAIL, f"{type(error).__name__}: {error}"
        print(f"{f'[{status}]':<7}{thing:<13}{message}")
        if status == FAIL:
            failed.append(thing)
    end = f"To be mended: {', '.join(failed)}. What is missing comes with: python start.py setup"
    print(f"\n{end if failed else 'The lessons can run.'}")
    return 1 if failed else 0
