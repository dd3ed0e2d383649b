"""The pip road: start.py, on a copy of it in a folder of its own, without a real install."""

import ast
import importlib.util
import socket
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace
from unittest.mock import Mock, call

import pytest

SOURCE = Path(__file__).parents[1] / "start.py"
FAILED = [
    ("Retrying after connection broken by 'NewConnectionError(...)'\nERROR: no", "connect to the internet", True),
    ("ERROR: [Errno 28] No space left on device", "disk is full", False),
    (KeyboardInterrupt(), None, False),
]


@pytest.fixture
def start(tmp_path):
    """start.py as a module, copied into a small course."""
    (tmp_path / "constraints.txt").write_text("torch==2.13.0\n")
    (tmp_path / "pyproject.toml").write_text("[project]\n")
    (tmp_path / "lessons").mkdir()
    (tmp_path / "lessons" / "00_start_here.ipynb").write_text("{}")
    (copy := tmp_path / "start.py").write_text(SOURCE.read_text())
    spec = importlib.util.spec_from_file_location("start_copy", copy)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def installer(start, monkeypatch):
    """Stands in for venv and pip: how many environments were made, and pip's calls and answers."""
    asked = SimpleNamespace(environments=0, pip=Mock(return_value=""))

    def make(command, environment=None):
        asked.environments += 1
        start.environment_python().parent.mkdir()
        start.environment_python().touch()
        return 0

    monkeypatch.setattr(start, "run", make)
    monkeypatch.setattr(start, "pip_install", asked.pip)
    monkeypatch.setattr(start, "wants_cpu_build", lambda: False)
    version = SimpleNamespace(stdout=start.platform.python_version() + "\n")
    monkeypatch.setattr(start.subprocess, "run", lambda command, **options: version)  # the Python is an empty file here
    return asked


def test_an_old_python_can_read_it_and_needs_nothing_else():
    tree = ast.parse(SOURCE.read_text(), feature_version=(3, 6))
    for node in ast.walk(tree):
        assert not isinstance(node, (ast.NamedExpr, ast.Match)), "newer than Python 3.6"
    imported = [name.name for n in ast.walk(tree) if isinstance(n, ast.Import) for name in n.names]
    imported += [n.module for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)]
    assert {name.split(".")[0] for name in imported} <= sys.stdlib_module_names


@pytest.mark.parametrize("version", [(3, 6, 0), (3, 11, 3), (3, 14, 0)])
def test_another_python_is_told_which_to_get(start, version):
    this = ".".join(map(str, version))
    with pytest.raises(SystemExit, match=rf"3\.11 .*, 3\.12 or 3\.13; this is {this}\."):
        start.check_python(version)
    start.check_python((3, 12, 0), bits64=True)
    with pytest.raises(SystemExit, match="64-bit"):
        start.check_python((3, 12, 0), bits64=False)


def test_the_second_call_installs_nothing(start, installer):
    for extras in (start.FOR_LESSONS, start.FOR_LESSONS, start.FOR_TESTS, start.FOR_LESSONS):
        start.install(extras)
    assert installer.environments == 1
    assert installer.pip.mock_calls == [call("--editable", ".[lab]"), call("--editable", ".[lab,dev]")]  # and [lab]


@pytest.mark.parametrize("file", ["constraints.txt", "pyproject.toml"])
def test_other_versions_are_installed_into_the_same_environment(start, installer, file):
    start.install(start.FOR_LESSONS)
    (start.ROOT / file).write_text("something else\n")
    start.install(start.FOR_LESSONS)
    assert installer.pip.call_count == 2 and installer.environments == 1


@pytest.mark.parametrize("answer, sentence, trusted", FAILED)
def test_what_a_failed_install_has_left_is_made_anew_where_it_may_be_half(start, installer, answer, sentence, trusted):
    installer.pip.side_effect, half_written = ["", answer, ""], start.ENVIRONMENT / "half-written"
    start.install(start.FOR_LESSONS)
    start.CONSTRAINTS.write_text("torch==2.14.0\n")
    with pytest.raises((SystemExit, KeyboardInterrupt), match=sentence):
        start.install(start.FOR_LESSONS)
    half_written.touch()
    start.install(start.FOR_LESSONS)
    assert half_written.exists() == trusted and installer.environments == (1 if trusted else 2)
    assert start.installed(start.FOR_LESSONS)


def test_a_failed_cpu_index_falls_back_to_pypi(start, installer, monkeypatch):
    monkeypatch.setattr(start, "wants_cpu_build", lambda: True)
    start.install(start.FOR_LESSONS)
    first, second = installer.pip.mock_calls
    assert {start.CPU_INDEX, "torch", "--no-deps"} < set(first.args) and second == call("--editable", ".[lab]")


def test_too_little_room_or_no_venv_module_is_said_at_once(start, installer, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(start.shutil, "disk_usage", lambda path: SimpleNamespace(free=1e9))
        with pytest.raises(SystemExit, match="3 GB"):
            start.install(start.FOR_LESSONS)
    monkeypatch.setattr(start.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(SystemExit, match="python3-venv"):
        start.install(start.FOR_LESSONS)
    assert not installer.pip.called


def test_a_real_environment_is_usable_until_its_pip_is_damaged(start):
    start.make_environment()
    start.STAMP.unlink()
    assert start.usable()
    next(start.ENVIRONMENT.rglob("pip/__init__.py")).write_text("raise ImportError\n")
    assert not start.usable()


def test_pip_errors_come_back_as_text(start, monkeypatch, capsys):
    monkeypatch.setattr(start, "environment_python", lambda: sys.executable)
    errors = start.pip_install("--no-index", "no-package-of-this-name")
    assert "no-package-of-this-name" in errors and errors in capsys.readouterr().err
    assert start.explain(errors).startswith("pip could not install")


def test_an_index_that_does_not_answer_is_given_up_within_seconds(start, monkeypatch):
    monkeypatch.setenv("no_proxy", "*")
    began = time.monotonic()
    with socket.create_server(("127.0.0.1", 0)) as silent:  # takes the call and says nothing
        assert not start.reachable(f"http://127.0.0.1:{silent.getsockname()[1]}/", seconds=0.5)
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: time.sleep(10))
    assert not start.reachable("http://name.invalid/", seconds=0.5)
    assert time.monotonic() - began < 5


@pytest.fixture
def commands(start, monkeypatch):
    """What would be run, with its environment variables; its exit status is 7."""
    monkeypatch.setattr(start, "run", Mock(return_value=7))
    monkeypatch.setattr(start, "install", lambda extras: f"python with {extras}")
    return start.run


def test_it_opens_the_first_lesson_and_passes_jupyters_options_on(start, commands):
    assert start.main(["--no-browser", "--port", "9000", "--ip", "0.0.0.0"]) == 7
    command = commands.call_args.args[0]
    assert command[:3] == ["python with lab", "-m", "jupyterlab"]
    assert {"--no-browser", "--port=9000"} < set(command) and command[-4:-2] == ["--ip", "0.0.0.0"]
    assert f"--ServerApp.root_dir={start.ROOT}" in command
    assert "--LabApp.default_url=/lab/tree/lessons/00_start_here.ipynb" in command
    (settings,) = start.ENVIRONMENT.rglob("overrides.json")
    assert '"fetchNews": "false"' in settings.read_text()  # JupyterLab's own question about news does not come
    start.FIRST_LESSON.unlink()
    with pytest.raises(SystemExit, match="missing"):
        start.main([])


def test_setup_only_installs_and_a_mistyped_command_does_nothing(start, commands, capsys):
    assert start.main(["setup"]) == 0 and not commands.called
    assert "python start.py" in capsys.readouterr().out
    told = {"docter": "no command 'docter'; choose one of: open", "--here test": "are for `test`"}
    told["setup something"] = "setup takes no arguments, but got: something"
    for arguments, sentence in told.items():
        with pytest.raises(SystemExit):
            start.main(arguments.split())
        assert sentence in capsys.readouterr().err and not commands.called


@pytest.mark.parametrize("name", ["test", "doctor", "progress", "colorize"])
def test_other_commands_run_in_the_environment(start, commands, name):
    test = name == "test"
    more = "--profile gpu tests/test_color.py -k gray".split() if test else ["--help-me"]
    extras, module = ("lab,dev", ["pytest"]) if test else ("lab", ["colorlib", name])
    assert start.main([name, *more]) == 7
    assert commands.call_args.args[0] == [f"python with {extras}", "-m", *module, *more]


def test_here_uses_this_python_and_installs_nothing(start, commands, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", "elsewhere")
    monkeypatch.setattr(start, "install", None)
    start.main(["test", "--here", "-x"])
    command, environment = commands.call_args.args
    assert command == [sys.executable, "-m", "pytest", "-x"]
    assert environment["PYTHONPATH"].split(start.os.pathsep) == [str(start.ROOT), "elsewhere"]


def test_the_exit_status_is_the_commands(start):
    assert start.run([sys.executable, "-c", "import sys; sys.exit(3)"]) == 3
    help_text = subprocess.run([sys.executable, SOURCE, "--help"], capture_output=True, text=True)
    assert help_text.returncode == 0 and "--here" in help_text.stdout and "doctor" in help_text.stdout
