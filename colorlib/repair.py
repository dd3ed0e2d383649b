"""Lets torchvision be imported beside a PyTorch build that its compiled part was not made for.

pip may put PyTorch's CPU build beside torchvision's CUDA build. torchvision's compiled library then
cannot be loaded, the operators `nms` and `qnms` are never declared, and `import torchvision` (and
with it `import fastai`) dies. Declared without code they let the import pass; nothing in the course
calls them.
"""

import os
import sys
from importlib.machinery import EXTENSION_SUFFIXES, ExtensionFileLoader, FileFinder, PathFinder
from pathlib import Path

SCHEMA = "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor"
OPERATORS = ("nms", "qnms")
declared: list[str] = []  # what had to be declared in this process; empty where all is well


def compiled_library_loads(folder: Path) -> bool:
    """Whether the library `_C` in torchvision's folder can be loaded into this process."""
    import torch

    spec = FileFinder(str(folder), (ExtensionFileLoader, EXTENSION_SUFFIXES)).find_spec("_C")
    if spec is None:
        return False
    if os.name == "nt":
        os.add_dll_directory(str(folder))  # where torchvision, too, looks for its other libraries
    try:
        torch.ops.load_library(spec.origin)
    except OSError:
        return False
    return True


def repair(folder: Path) -> None:
    """Declare torchvision's missing operators; where its library loads, touch nothing."""
    if compiled_library_loads(folder):
        return
    import torch

    for name in OPERATORS:
        if not hasattr(torch.ops.torchvision, name):
            torch.library.define(f"torchvision::{name}", SCHEMA)
            declared.append(name)


class BeforeTorchvision:
    """An import hook: repairs when somebody imports torchvision, by whatever road, and not before.

    `import colorlib` thus stays cheap: trying the library needs torch, which takes a second.
    """

    @staticmethod
    def find_spec(name, path=None, target=None):
        spec = PathFinder.find_spec(name, path, target) if name == "torchvision" else None
        if spec and spec.origin:
            run = spec.loader.exec_module

            def repair_and_run(module):
                repair(Path(spec.origin).parent)
                run(module)

            spec.loader.exec_module = repair_and_run
        return spec


def install() -> None:
    """Put the hook before Python's own finders, once."""
    if BeforeTorchvision not in sys.meta_path and "torchvision" not in sys.modules:
        sys.meta_path.insert(0, BeforeTorchvision)
