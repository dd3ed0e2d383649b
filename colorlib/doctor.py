"""Can the lessons run on this machine? `python start.py doctor` and lesson 00 ask here."""

import os
import platform
import shutil
import sys
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path

from colorlib import profile, repair

OK, LESS, FAIL = "OK", "--", "FAIL"  # runs · runs, but see the message · the lessons cannot run
INSTALL = "Install the course with: python start.py setup"
GIGABYTE = 1e9


def check_python():
    version = platform.python_version()
    if (3, 11, 4) <= sys.version_info[:3] < (3, 14):
        return OK, version
    return FAIL, f"{version}, but the course needs 3.11 (from 3.11.4 on), 3.12 or 3.13. {INSTALL}"


def check_torch():
    import torch

    cuda, rocm = torch.version.cuda, torch.version.hip
    if cuda or rocm or sys.platform == "darwin" or not shutil.which("nvidia-smi"):
        build = f"CUDA {cuda}" if cuda else f"ROCm {rocm}" if rocm else "CPU"
        return OK, f"{torch.__version__}, build for {build}"
    return LESS, (
        f"{torch.__version__}, a build that cannot use this machine's NVIDIA GPU. "
        "The one that can: https://pytorch.org/get-started/locally/"
    )


def check_torchvision():
    import torchvision

    around = ", made for another build of torch; colorlib works around it, nothing to do" if repair.declared else ""
    return OK, torchvision.__version__ + around


def check_fastai():
    import fastai
    import torchvision  # noqa: F401  what breaks where fastai breaks, and much faster to import

    return OK, fastai.__version__


def check_libraries():
    names = "accelerate filelock matplotlib PIL pooch safetensors scipy skimage sklearn torchmetrics tqdm"
    missing = [name for name in names.split() if find_spec(name) is None]
    if missing:
        return FAIL, f"missing: {', '.join(missing)}. {INSTALL}"
    return OK, "all there"


def check_device():
    import torch

    size = f"the lessons take the profile '{profile.current()}'"
    if torch.cuda.is_available():
        free, total = (amount / GIGABYTE for amount in torch.cuda.mem_get_info())
        return OK, f"{torch.cuda.get_device_name()}, {free:.1f} of {total:.1f} GB of its memory free; {size}"
    if torch.backends.mps.is_available():
        return OK, f"Apple GPU, which shares the computer's memory; {size}"
    return LESS, f"CPU, {torch.get_num_threads()} threads, no GPU: slower, but enough; {size}"


def free_memory():
    """Bytes of RAM left to this process: a container (Binder) may have less than the machine."""
    import psutil

    free = psutil.virtual_memory().available
    group = Path("/sys/fs/cgroup")
    try:
        limit, used, parts = ((group / f"memory.{name}").read_text() for name in ("max", "current", "stat"))
        cached = dict(line.split() for line in parts.splitlines())["inactive_file"]  # given back on demand
        return min(free, int(limit) - int(used) + int(cached))
    except (OSError, ValueError, KeyError):  # not Linux, or no limit: the file then says "max"
        return free


def check_memory():
    free = free_memory() / GIGABYTE
    if free >= 2:
        return OK, f"{free:.1f} GB of RAM free"
    advice = "close other programs and notebooks, or set COLORLIB_PROFILE=quick before you start"
    return (LESS if free >= 0.5 else FAIL), f"{free:.1f} GB of RAM free: {advice}"


def check_disk():
    home = profile.home().absolute()
    folder = next(place for place in (home, *home.parents) if place.exists())
    free = shutil.disk_usage(folder).free / GIGABYTE
    if not os.access(folder, os.W_OK):
        return LESS, (
            f"{folder} cannot be written, so your progress will be forgotten: set COLORLIB_HOME to a folder of your own"
        )
    if free >= 2:
        return OK, f"{free:.0f} GB free where progress and pictures are kept ({profile.shown(profile.home())})"
    return (LESS if free >= 0.2 else FAIL), f"{free:.1f} GB free at {folder}: make room"


def check_jupyter():
    if find_spec("ipykernel") is None:
        return FAIL, f"no ipykernel, so no notebook can run with this Python. {INSTALL}"
    if "google.colab" in sys.modules:
        return OK, "Colab"
    if find_spec("jupyterlab") is None:
        return LESS, f"no JupyterLab here: open the lessons with another program. {INSTALL}"
    return OK, f"JupyterLab {metadata.version('jupyterlab')}"


def check_widgets():
    version = metadata.version("ipywidgets")
    if (7, 7) <= tuple(int(part) for part in version.split(".")[:2]) < (9, 0):
        return OK, f"ipywidgets {version}"
    return FAIL, f"ipywidgets {version}, but the lessons need 7.7 or newer, below 9. {INSTALL}"


def check_data():
    from colorlib.data import download  # imports torch, which may be what is broken

    folder = download.CIFAR10.folder
    if download.CIFAR10.is_here():
        return OK, f"CIFAR-10 in {folder}"
    if folder.exists():
        return LESS, f"{folder} is not all of CIFAR-10: delete it, so that it can be fetched anew"
    return LESS, (
        "CIFAR-10 is not here, and no lesson needs it: `python -m colorlib train` fetches it when asked to (168 MB); "
        "the pictures that come with the course need no download"
    )


def check_network():
    from colorlib.data import download

    if download.answers(download.CIFAR10.url, seconds=2):
        return OK, "CIFAR-10 can be fetched"
    return LESS, "no answer: all that does not download works, CIFAR-10 only where it is found"


CHECKS = {
    "Python": check_python,
    "torch": check_torch,
    "torchvision": check_torchvision,
    "fastai": check_fastai,
    "libraries": check_libraries,
    "device": check_device,
    "memory": check_memory,
    "disk": check_disk,
    "Jupyter": check_jupyter,
    "widgets": check_widgets,
    "data": check_data,
    "network": check_network,
}


def main() -> int:
    """Print a row a thing: its status, its name, and a message that says what to do; 0 if the lessons can run."""
    failed = []
    for thing, check in CHECKS.items():
        try:
            status, message = check()
        except ImportError as error:
            status, message = FAIL, f"{error}. {INSTALL}"
        except Exception as error:  # whatever is broken, the rows after it are still wanted
            status, message = FAIL, f"{type(error).__name__}: {error}"
        print(f"{f'[{status}]':<7}{thing:<13}{message}")
        if status == FAIL:
            failed.append(thing)
    print(f"\nTo be mended: {', '.join(failed)}." if failed else "\nThe lessons can run.")
    return 1 if failed else 0
