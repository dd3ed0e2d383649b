"""The doctor: a true line a thing, an advice with each that is not well, and the exit status."""

import os
import subprocess
import sys
from types import SimpleNamespace

import psutil
import pytest
import torch

from colorlib import doctor
from colorlib.__main__ import main


def test_this_machine_can_run_the_lessons(capsys):
    assert main(["doctor"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(doctor.CHECKS) + 2 and lines[-1] == "The lessons can run."
    for line, thing in zip(lines, doctor.CHECKS, strict=False):
        assert line.startswith(("[OK]", "[--]")) and thing in line


def test_what_is_broken_fails_with_what_to_do_and_hides_nothing(tmp_path):
    (tmp_path / "torch.py").write_text("raise ImportError('no torch here')\n")
    command, environment = [sys.executable, "-m", "colorlib", "doctor"], os.environ | {"PYTHONPATH": str(tmp_path)}
    run = subprocess.run(command, capture_output=True, text=True, env=environment)
    lines = run.stdout.splitlines()
    assert run.returncode == 1 and len(lines) == len(doctor.CHECKS) + 2
    assert lines[0].startswith("[OK]   Python") and lines[1] == "[FAIL] torch        ImportError: no torch here"
    assert lines[-1].startswith("To be mended: torch, ") and "start.py setup" in lines[-1]


def test_an_unknown_profile_is_a_row(monkeypatch, capsys):
    monkeypatch.setenv("COLORLIB_PROFILE", "huge")
    monkeypatch.setattr(doctor, "CHECKS", {"torch": doctor.check_torch})
    assert doctor.main() == 1
    unknown = capsys.readouterr().out.splitlines()[0]
    assert unknown.startswith("[FAIL]") and "huge" in unknown and "quick" in unknown


@pytest.mark.parametrize("free, status", [(8e9, "OK"), (1e9, "--"), (0.2e9, "FAIL")])
def test_memory_of_a_computer_and_of_a_container(monkeypatch, tmp_path, free, status):
    monkeypatch.setattr(psutil, "virtual_memory", lambda: SimpleNamespace(available=free))
    monkeypatch.setattr(doctor, "CONTAINER", tmp_path)
    found, message = doctor.check_memory()
    assert found == status and ("COLORLIB_PROFILE=quick" in message) == (status != "OK")
    (tmp_path / "memory.max").write_text("max\n")
    (tmp_path / "memory.current").write_text("400000000\n")
    (tmp_path / "memory.stat").write_text("file 300000000\ninactive_file 200000000\nactive_file 100000000\n")
    assert doctor.check_memory() == (found, message)
    (tmp_path / "memory.max").write_text("300000000\n")  # the page cache that can be given back is free
    assert doctor.check_memory()[0] == "FAIL" and doctor.check_memory()[1].startswith("0.1 GB")


@pytest.mark.parametrize("free, status", [(50e9, "OK"), (1e9, "--"), (0.1e9, "FAIL")])
def test_disk(monkeypatch, free, status):
    monkeypatch.setattr(doctor.shutil, "disk_usage", lambda _: SimpleNamespace(free=free))
    assert doctor.check_disk()[0] == status
    monkeypatch.setattr(doctor.os, "access", lambda *_: False)
    assert doctor.check_disk()[0] == "--" and "COLORLIB_HOME" in doctor.check_disk()[1]


def test_a_gpu_that_this_torch_cannot_use(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(doctor.shutil, "which", lambda _: "/usr/bin/nvidia-smi")
    assert doctor.check_torch()[0] == "--" and "pytorch.org" in doctor.check_torch()[1]
