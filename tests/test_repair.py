"""torchvision beside a torch that it was not built for, simulated by small packages of that name."""

import os
import shutil
import subprocess
import sys
from importlib.machinery import EXTENSION_SUFFIXES

import pytest
import torch

# What the real package does: load the library, forget a failure, then need the operators.
TORCHVISION = """
import pathlib, torch
try:
    torch.ops.load_library(str(pathlib.Path(__file__).parent / "{library}"))
except OSError:
    pass
if {needs_operators}:
    torch.library.register_fake("torchvision::nms")(lambda dets, scores, threshold: scores)
    torch.library.register_fake("torchvision::qnms")(lambda dets, scores, threshold: scores)
"""


def run(code, folder=None):
    """The code's output in a fresh Python that finds this folder's packages first."""
    paths = [str(folder or ""), os.environ.get("PYTHONPATH", "")]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in paths if path)}
    command = [sys.executable, "-c", code]
    return subprocess.run(command, capture_output=True, text=True, env=environment, timeout=120)


def package(folder, needs_operators):
    library = "_C" + EXTENSION_SUFFIXES[0]
    (folder / "torchvision").mkdir()
    source = TORCHVISION.format(library=library, needs_operators=needs_operators)
    (folder / "torchvision" / "__init__.py").write_text(source)
    return folder / "torchvision" / library


@pytest.fixture
def broken(tmp_path):
    """A torchvision whose compiled library does not load."""
    package(tmp_path, needs_operators=True).write_bytes(b"not a library")
    return tmp_path


@pytest.fixture
def healthy(tmp_path):
    """A torchvision whose compiled library loads; which library it is does not matter here."""
    library = package(tmp_path, needs_operators=False)
    shutil.copy(torch._C.__file__, library)
    return tmp_path


def test_the_broken_pair_fails_without_colorlib_and_works_with_it(broken):
    without = run("import torchvision", broken)
    assert without.returncode != 0 and "torchvision::nms" in without.stderr
    twice = (
        "import colorlib, torchvision, pathlib; from colorlib import repair; repair.install(); "
        "repair.repair(pathlib.Path(torchvision.__file__).parent); print(repair.declared)"
    )
    with_it = run(twice, broken)
    assert with_it.stdout.strip() == "['nms', 'qnms']", with_it.stderr


def test_the_repair_comes_in_time_by_another_packages_import(broken):
    (broken / "like_fastai.py").write_text("import torchvision\nprint('imported')")
    assert run("import colorlib\nimport like_fastai", broken).stdout.strip() == "imported"


def test_where_the_library_loads_nothing_is_touched(healthy):
    done = run(
        "import colorlib, torchvision, torch; print(colorlib.repair.declared, hasattr(torch.ops.torchvision, 'nms'))",
        healthy,
    )
    assert done.stdout.strip() == "[] False", done.stderr


def test_a_torchvision_without_a_compiled_library_counts_as_broken(broken):
    next((broken / "torchvision").glob("_C*")).unlink()
    done = run("import colorlib, torchvision; print(colorlib.repair.declared)", broken)
    assert done.stdout.strip() == "['nms', 'qnms']", done.stderr


def test_importing_colorlib_is_cheap():
    heavy = "import colorlib, sys; print({'torch', 'torchvision', 'fastai'} & set(sys.modules))"
    assert run(heavy).stdout.strip() == "set()"


def test_torchvision_and_fastai_import_here():
    """The real pair of this machine, broken or not."""
    done = run("import colorlib, fastai.torch_basics, torchvision; print('all imported')")
    assert done.stdout.strip() == "all imported", done.stderr
