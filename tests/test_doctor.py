"""The doctor: a true line a thing, an advice with each that is not well, and the exit status."""

import os
import subprocess
import sys
import time
from types import SimpleNamespace

import pytest

from colorlib import __main__ as command_line
from colorlib import doctor


@pytest.fixture
def only(monkeypatch):
    """Reduces the report to these checks."""
    return lambda **checks: monkeypatch.setattr(doctor, "CHECKS", checks)


def test_this_machine_can_run_the_lessons(capsys):
    assert command_line.main(["doctor"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(doctor.CHECKS) + 2
    for line, thing in zip(lines, doctor.CHECKS, strict=False):
        assert line.startswith(("[OK]", "[--]")) and thing in line
    assert lines[-1] == "The lessons can run."


def test_what_is_missing_fails_with_what_to_do(only, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "fastai", None)  # makes its import fail
    only(fastai=doctor.check_fastai, Python=doctor.check_python)
    assert doctor.main() == 1
    first, second, *_, last = capsys.readouterr().out.splitlines()
    assert first.startswith("[FAIL] fastai") and "start.py setup" in first
    assert second.startswith("[OK]") and last == "To be mended: fastai."


def test_a_check_that_breaks_does_not_hide_the_others(only):
    only(broken=lambda: 1 / 0, Python=doctor.check_python)
    (status, _, message), (_, thing, _) = doctor.report()
    assert status == "FAIL" and "ZeroDivisionError" in message and thing == "Python"


def test_an_unknown_profile_is_reported(only, monkeypatch):
    monkeypatch.setenv("COLORLIB_PROFILE", "huge")
    only(device=doctor.check_device)
    [(status, _, message)] = doctor.report()
    assert status == "FAIL" and "huge" in message and "quick" in message


@pytest.mark.parametrize("free, status", [(8e9, "OK"), (1e9, "--"), (0.2e9, "FAIL")])
def test_memory(monkeypatch, free, status):
    monkeypatch.setattr(doctor, "free_memory", lambda: free)
    assert doctor.check_memory()[0] == status
    assert ("COLORLIB_PROFILE=quick" in doctor.check_memory()[1]) == (status != "OK")


def test_memory_of_a_container(monkeypatch, tmp_path):
    monkeypatch.setattr(doctor, "Path", lambda _: tmp_path)
    unlimited = doctor.free_memory()
    (tmp_path / "memory.max").write_text("1000000\n")
    (tmp_path / "memory.current").write_text("400000\n")
    (tmp_path / "memory.stat").write_text("file 300000\ninactive_file 200000\nactive_file 100000\n")
    assert doctor.free_memory() == 800000 < unlimited  # the page cache that can be given back is free
    (tmp_path / "memory.max").write_text("max\n")
    assert doctor.free_memory() > 800000


@pytest.mark.parametrize("free, status", [(50e9, "OK"), (1e9, "--"), (0.1e9, "FAIL")])
def test_disk(monkeypatch, free, status):
    monkeypatch.setattr(doctor.shutil, "disk_usage", lambda _: SimpleNamespace(free=free))
    assert doctor.check_disk()[0] == status


def test_a_home_that_cannot_be_written(monkeypatch):
    monkeypatch.setattr(doctor.os, "access", lambda *_: False)
    status, message = doctor.check_disk()
    assert status == "--" and "COLORLIB_HOME" in message


@pytest.mark.parametrize("version, status", [("7.7.1", "OK"), ("8.1.9", "OK"), ("7.6", "FAIL")])
def test_widgets(monkeypatch, version, status):
    monkeypatch.setattr(doctor.metadata, "version", lambda _: version)
    assert doctor.check_widgets()[0] == status


def test_a_gpu_that_this_torch_cannot_use(monkeypatch):
    import torch

    monkeypatch.setattr(torch.version, "cuda", None)
    monkeypatch.setattr(torch.version, "hip", None)
    monkeypatch.setattr(doctor.sys, "platform", "linux")
    monkeypatch.setattr(doctor.shutil, "which", lambda _: "/usr/bin/nvidia-smi")
    status, message = doctor.check_torch()
    assert status == "--" and "pytorch.org" in message


def test_data_is_found_where_fastai_keeps_it(monkeypatch, tmp_path):
    monkeypatch.setenv("FASTAI_HOME", str(tmp_path))
    assert doctor.check_data()[0] == "--"
    (tmp_path / "data" / "cifar10" / "train" / "cat").mkdir(parents=True)
    status, message = doctor.check_data()
    assert status == "--" and str(tmp_path) in message and "delete it" in message
    for part in ("train", "test"):
        for name in doctor.download.CIFAR10.classes:
            (tmp_path / "data" / "cifar10" / part / name).mkdir(parents=True, exist_ok=True)
    status, message = doctor.check_data()
    assert status == "OK" and str(tmp_path) in message


@pytest.mark.parametrize("version, status", [((3, 11, 3), "FAIL"), ((3, 11, 4), "OK"), ((3, 14, 0), "FAIL")])
def test_pythons(monkeypatch, version, status):
    monkeypatch.setattr(doctor, "sys", SimpleNamespace(version_info=version))
    assert doctor.check_python()[0] == status


def test_a_tilde_in_the_home_is_the_own_folder(monkeypatch, tmp_path):
    for name in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(name, str(tmp_path))
    for value, folder in (("~/course", "course"), ("", ".colorlib")):
        monkeypatch.setenv("COLORLIB_HOME", value)
        assert doctor.profile.home() == tmp_path / folder


def test_settings_head_their_columns_and_rows():
    table = doctor.profile.Settings("laptop", {"steps": (1, 2, 3)})._repr_html_()
    assert table.count("<th scope='col'>") == 4 and table.count("<th scope='row'>") == 1
    assert table.count("<th") == 5 + table.count("<thead") and "<td><b>2</b></td>" in table


def test_a_network_without_answer_is_given_up_in_time(monkeypatch):
    def look_up(*_, **__):
        time.sleep(10)
        raise OSError("no such name")

    monkeypatch.setattr("socket.getaddrinfo", look_up)
    began = time.monotonic()
    assert doctor.check_network("http://name.invalid/", seconds=0.3)[0] == "--"
    assert time.monotonic() - began < 3


def test_the_command_line_names_its_commands():
    command = [sys.executable, "-m", "colorlib"]
    run = subprocess.run(command, capture_output=True, text=True, env=dict(os.environ))
    assert run.returncode == 2 and "COMMAND" in run.stderr
    run = subprocess.run([*command, "--help"], capture_output=True, text=True)
    assert run.returncode == 0 and "doctor" in run.stdout and "progress" in run.stdout
