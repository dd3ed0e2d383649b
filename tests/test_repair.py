"""torchvision beside a torch that it was not built for, simulated by small packages of that name."""

import os
import subprocess
import sys

import pytest

# As in the real package: `extension` tries the compiled library, then the operators are needed. `{does}` is what a
# library that loads does.
EXTENSION = """
import torch
{does}
"""
REGISTRATIONS = """
import torch
torch.library.register_fake("torchvision::nms")(lambda dets, scores, threshold: scores)
torch.library.register_fake("torchvision::qnms")(lambda dets, scores, threshold: scores)
"""
DECLARES = """
for name in ("nms", "qnms"):
    torch.library.define("torchvision::" + name, "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
"""


def run(code, folder=""):
    """The code's output in a fresh Python that finds this folder's packages first."""
    paths = [str(folder), os.environ.get("PYTHONPATH", "")]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in paths if path)}
    command = [sys.executable, "-c", code]
    return subprocess.run(command, capture_output=True, text=True, env=environment, timeout=120)


@pytest.fixture(params=["broken", "healthy"])
def library(request, tmp_path):
    """A torchvision whose compiled library loads, or does not."""
    package = tmp_path / "torchvision"
    package.mkdir()
    (package / "__init__.py").write_text("from torchvision import extension, _meta_registrations")
    (package / "extension.py").write_text(EXTENSION.format(does=DECLARES if request.param == "healthy" else ""))
    (package / "_meta_registrations.py").write_text(REGISTRATIONS)
    (tmp_path / "like_fastai.py").write_text("import torchvision")
    return request.param


def test_what_is_missing_is_declared_and_nothing_else(library, tmp_path):
    without = run("import torchvision", tmp_path)
    assert ("torchvision::nms" in without.stderr) == (without.returncode != 0) == (library == "broken")
    # By another package's import, too.
    done = run("import colorlib, like_fastai; print(colorlib.repair.declared)", tmp_path)
    assert done.stdout.strip() == ("['nms', 'qnms']" if library == "broken" else "[]"), done.stderr


def test_importing_colorlib_is_cheap():
    heavy = "import colorlib, sys; print({'torch', 'torchvision', 'fastai'} & set(sys.modules))"
    assert run(heavy).stdout.strip() == "set()"


def test_torchvision_and_fastai_import_here():
    """The real pair of this machine, broken or not."""
    done = run("import colorlib, fastai.torch_basics, torchvision; print('all imported')")
    assert done.stdout.strip() == "all imported", done.stderr
