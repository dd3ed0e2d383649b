"""All tests: the profile they run at, and a COLORLIB_HOME of their own."""

import os
import tempfile

import pytest

from colorlib.profile import PROFILES


def pytest_addoption(parser):
    parser.addoption("--profile", default="quick", choices=PROFILES, help="how big the lessons run")


def pytest_configure(config):
    """Before anything is collected: kernels and subprocesses inherit both, nobody's progress is touched."""
    name = config.getoption("profile")
    if name == "gpu":
        import torch

        if not torch.cuda.is_available():
            raise pytest.UsageError("--profile gpu needs an NVIDIA GPU, and torch finds none here.")
    home = tempfile.TemporaryDirectory(prefix="colorlib-tests-", ignore_cleanup_errors=True)
    config.add_cleanup(home.cleanup)
    os.environ.update(COLORLIB_PROFILE=name, COLORLIB_HOME=home.name)


@pytest.fixture(scope="module")
def one_thread():
    """Sums come out the same each time on one thread only."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def call(tmp_path, monkeypatch):
    """The command line in a folder of its own, with trainings of seconds."""
    from colorlib import compare, training
    from colorlib.__main__ import main

    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(compare.AMOUNTS, "quick", (40, 2))
    laptop, small = training.laptop, {"width": 0.125, "batch_size": 16}
    of_nogan = small | {"critic_batch_size": 16, "gan_batch_size": 16, "critic_width": 0.03}
    monkeypatch.setattr(training, "laptop", lambda name: laptop(name) | (of_nogan if "nogan" in name else small))
    return lambda *words: main([*words, "--profile", "quick"])
