"""torchvision beside a torch that it was not built for, simulated by small packages of that name."""

import os
import subprocess
import sys

import pytest

# As in the real package: `extension` tries the compiled library, which declares operators; then they are needed.
DECLARES = """
import torch
for name in ("nms", "qnms"):
    torch.library.define("torchvision::" + name, "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
"""
REGISTERS = """
import torch
for name in ("nms", "qnms"):
    torch.library.register_fake("torchvision::" + name)(lambda dets, scores, threshold: scores)
"""


def run(code, folder=""):
    """The code's output in a fresh Python that finds this folder's packages first."""
    paths = filter(None, [str(folder), os.environ.get("PYTHONPATH")])
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(paths)}
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, timeout=120)


@pytest.fixture(params=["broken", "healthy"])
def library(request, tmp_path):
    """A torchvision whose compiled library loads, or does not."""
    package = tmp_path / "torchvision"
    package.mkdir()
    (package / "__init__.py").write_text("from torchvision import extension, _meta_registrations")
    (package / "extension.py").write_text(DECLARES if request.param == "healthy" else "import torch")
    (package / "_meta_registrations.py").write_text(REGISTERS)
    (tmp_path / "like_fastai.py").write_text("import torchvision")
    return request.param


def test_what_is_missing_is_declared_and_nothing_else(library, tmp_path):
    without = run("import torchvision", tmp_path)
    assert ("torchvision::nms" in without.stderr) == (without.returncode != 0) == (library == "broken")
    # By another package's import, too.
    done = run("import colorlib, like_fastai; print(colorlib.repair.declared)", tmp_path)
    assert done.stdout.strip() == ("['nms', 'qnms']" if library == "broken" else "[]"), done.stderr


def test_importing_colorlib_is_cheap_and_lets_the_real_torchvision_and_fastai_import():
    """Whether this machine's pair of torch and torchvision is broken or not."""
    heavy = "import colorlib, sys; print({'torch', 'torchvision', 'fastai'} & set(sys.modules))"
    course = "from colorlib import course; print('fastai' in sys.modules)"  # a lesson does not wait for it
    done = run(f"{heavy}; {course}; import fastai.torch_basics, torchvision; print('all imported')")
    assert done.stdout.split() == ["set()", "False", "all", "imported"], done.stderr
