"""Opens the course: `python start.py`. Other commands, such as `python start.py test`: COMMANDS below.

Needs nothing but Python. The course's packages go into `.venv` beside this file, in the versions of
constraints.txt; from the second call on nothing is installed unless those versions change.
"""
# No syntax newer than Python 3.6, so that an old Python can read this far and say what is wrong.

import argparse
import hashlib
import importlib.util
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import threading
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parent
ENVIRONMENT = ROOT / ".venv"
STAMP = ENVIRONMENT / "course-stamp.txt"  # says what was installed; written when all of it is there
UNFINISHED = "unfinished"
CONSTRAINTS = ROOT / "constraints.txt"
FIRST_LESSON = ROOT / "lessons" / "00_start_here.ipynb"
COMMANDS = {
    "open": "open the course in JupyterLab, as without a command; other arguments are passed on to it",
    "setup": "only install the course",
    "test": "test the course; other arguments are passed on to pytest",
    "doctor": "say whether the lessons can run on this machine, and what to do if not",
    "progress": "show how far you are in the course",
    "colorize": "color photographs: python start.py colorize PHOTO_OR_FOLDER --out FOLDER",
}
FOR_LESSONS, FOR_TESTS = "lab", "lab,dev"  # extras of pyproject.toml
NO_NEWS = {"@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False}}
CPU_INDEX = "https://download.pytorch.org/whl/cpu"

DISK_FULL = re.compile("No space left on device|Errno 28|not enough space on the disk")
NO_NETWORK = re.compile(
    "ConnectTimeoutError|getaddrinfo failed|NameResolutionError|NewConnectionError|ProxyError|"
    "Name or service not known|Read timed out|SSLError|Temporary failure in name resolution"
)


def check_python(version=sys.version_info, bits64=sys.maxsize > 2**32):
    """Stop with a sentence where PyTorch has no build for this Python, or its tarfile knows no `filter`."""
    example = "py -3.13 start.py" if os.name == "nt" else "python3.13 start.py"
    if not (3, 11, 4) <= tuple(version[:3]) < (3, 14):
        sys.exit(
            f"The course needs Python 3.11 (from 3.11.4 on), 3.12 or 3.13; this is {'.'.join(map(str, version[:3]))}. "
            f"Get one from https://www.python.org/downloads/ and start with it, for example: {example}"
        )
    if not bits64:
        sys.exit("This is a 32-bit Python, and PyTorch needs a 64-bit one: install that first.")
    if sys.platform == "darwin" and platform.machine() == "x86_64":
        sys.exit("PyTorch has no current build for an Intel Mac's Python: use Colab or Binder.")


def environment_python():
    """The Python of the environment, wherever this system puts it."""
    return ENVIRONMENT / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def stamp(extras):
    """A text that changes when another install is due: versions, package, Python or folder."""
    files = [path.read_text(encoding="utf-8") for path in (CONSTRAINTS, ROOT / "pyproject.toml")]
    parts = [extras, str(ROOT), platform.python_version(), *files]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def read_stamp():
    """What the last install left: a stamp, UNFINISHED, or nothing."""
    return STAMP.read_text(encoding="utf-8") if STAMP.exists() else ""


def installed(extras):
    """Whether the environment holds these extras; the tests' include the lessons'."""
    return environment_python().exists() and read_stamp() in (stamp(extras), stamp(FOR_TESTS))


def usable():
    """Whether `.venv` is a whole environment with a pip, of this Python's version."""
    if read_stamp() == UNFINISHED or not environment_python().exists():
        return False
    question = "import pip, platform; print(platform.python_version())"
    answer = subprocess.run([str(environment_python()), "-c", question], capture_output=True, text=True).stdout
    return answer.strip() == platform.python_version()


def make_environment():
    """A fresh `.venv` in place of a missing or broken one."""
    if importlib.util.find_spec("ensurepip") is None:
        sys.exit("This Python cannot make environments. On Debian and Ubuntu this helps: sudo apt install python3-venv")
    if shutil.disk_usage(str(ROOT)).free < 3e9:
        sys.exit("Less than 3 GB are free here: make room, then start again.")
    if ENVIRONMENT.exists():
        if Path(sys.prefix) == ENVIRONMENT:
            sys.exit("The environment must be made anew: leave it (deactivate) and start again.")
        shutil.rmtree(str(ENVIRONMENT))
    ENVIRONMENT.mkdir()
    STAMP.write_text(UNFINISHED, encoding="utf-8")
    if run([sys.executable, "-m", "venv", str(ENVIRONMENT)]) != 0:
        sys.exit(f"Python could not make an environment in {ENVIRONMENT}: see above.")


def reachable(url, seconds=3):
    """Whether the address answers in time. In a thread: a name look-up knows no time limit."""
    answers = []

    def ask():
        try:
            request = urllib.request.Request(url, method="HEAD")
            with urllib.request.urlopen(request, timeout=seconds) as reply:
                answers.append(reply.status)
        except Exception:
            pass  # whatever the reason, there is no answer

    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    asking.join(seconds)
    return answers == [200]


def wants_cpu_build():
    """Whether PyTorch's CPU build is the better one and can be had: it saves gigabytes of CUDA.

    Only Linux has the choice: for Windows and macOS PyPI itself holds builds without CUDA.
    """
    return sys.platform.startswith("linux") and shutil.which("nvidia-smi") is None and reachable(CPU_INDEX + "/torch/")


def pip_install(*arguments):
    """Run the environment's pip; gives its errors, which stay visible, or "" when all went well."""
    command = [str(environment_python()), "-m", "pip", "install", "--disable-pip-version-check"]
    command += ["--constraint", str(CONSTRAINTS), *arguments]
    options = {"stderr": subprocess.PIPE, "universal_newlines": True, "errors": "replace"}
    process = subprocess.Popen(command, cwd=str(ROOT), **options)
    lines = []
    for line in process.stderr:
        sys.stderr.write(line)
        lines.append(line)
    return "" if process.wait() == 0 else "".join(lines) or "no reason given"


def explain(errors):
    """One sentence on why an install failed and what to do."""
    if DISK_FULL.search(errors):
        return "The disk is full: make room (3 GB, with CUDA about 10), then start again."
    if NO_NETWORK.search(errors):
        return "The packages could not be downloaded: connect to the internet, then start again."
    return "pip could not install the course: its reason is above. Mend that, then start again."


def install(extras):
    """Make, finish or renew `.venv` so that it holds the course with these extras; its Python."""
    if installed(extras):
        return environment_python()
    print("Installing the course into .venv: minutes now, seconds from then on.", flush=True)
    if not usable():
        make_environment()
    STAMP.write_text(UNFINISHED, encoding="utf-8")
    if wants_cpu_build():  # if this fails, the next line takes what PyPI has
        pip_install("--no-deps", "--index-url", CPU_INDEX, "torch", "torchvision")
    errors = pip_install("--editable", f".[{extras}]")
    if not errors:
        STAMP.write_text(stamp(extras), encoding="utf-8")
        return environment_python()
    if NO_NETWORK.search(errors):
        STAMP.unlink()  # pip downloads first and changes nothing before: the environment is whole
    sys.exit(explain(errors))


def run(command, environment=None, folder=ROOT):
    """Run a command in a folder to its end; Ctrl-C is for the command to answer."""
    process = subprocess.Popen([str(part) for part in command], cwd=str(folder), env=environment)
    while True:
        try:
            return process.wait()
        except KeyboardInterrupt:
            pass


def open_course(python, arguments):
    """JupyterLab at the first lesson, with the whole course in its file list."""
    if not FIRST_LESSON.exists():
        sys.exit(f"{FIRST_LESSON} is missing: get the course's folder afresh.")
    settings = ENVIRONMENT / "share" / "jupyter" / "lab" / "settings" / "overrides.json"
    settings.parent.mkdir(parents=True, exist_ok=True)
    settings.write_text(json.dumps(NO_NEWS), encoding="utf-8")  # else JupyterLab would ask before the first lesson
    command = [python, "-m", "jupyterlab", f"--ServerApp.root_dir={ROOT}"]
    command += [f"--LabApp.default_url=/lab/tree/lessons/{FIRST_LESSON.name}"]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        command.append("--allow-root")  # a container: JupyterLab would refuse to start
    return run(command + arguments)


def run_tests(here, profile, arguments):
    """The whole test suite, or what pytest's arguments choose."""
    environment = dict(os.environ)
    if here:
        if importlib.util.find_spec("pytest") is None:
            sys.exit("This Python has no pytest: install it, or leave out --here.")
        paths = [str(ROOT), environment.get("PYTHONPATH", "")]
        environment["PYTHONPATH"] = os.pathsep.join(path for path in paths if path)
    python = sys.executable if here else install(FOR_TESTS)
    arguments = (["--profile", profile] if profile else []) + arguments
    return run([python, "-m", "pytest", *arguments], environment)


def parse(arguments):
    """The command (the first word; in `--ip 0.0.0.0` there is none), its options, and what is passed on."""
    parser = argparse.ArgumentParser("python start.py", usage="%(prog)s [COMMAND] [options]", allow_abbrev=False)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.description = "\n".join(f"{name:10}{what}" for name, what in COMMANDS.items())
    named = bool(arguments) and not arguments[0].startswith("-")
    command = arguments[0] if named else "open"
    if command not in COMMANDS:
        parser.error(f"there is no command '{command}'; choose one of: {', '.join(COMMANDS)}")
    parser.add_argument("--no-browser", action="store_true", help="start JupyterLab, but open no window")
    parser.add_argument("--port", type=int, help="the port for JupyterLab")
    parser.add_argument("--here", action="store_true", help="test: use this Python and install nothing")
    parser.add_argument("--profile", choices=["quick", "laptop", "gpu"], help="test: how big; else quick")
    options, rest = parser.parse_known_args(arguments[named:])
    if command == "setup" and rest:
        parser.error("setup takes no arguments, but got: " + " ".join(rest))
    if command != "test" and (options.here or options.profile):
        parser.error("--here and --profile are for `test`: python start.py test --here")
    return command, options, rest


def main(arguments):
    """Do what the command line says; the exit status."""
    check_python()
    command, options, rest = parse(arguments)
    if command == "test":
        return run_tests(options.here, options.profile, rest)
    python = install(FOR_LESSONS)
    if command == "setup":
        print("Ready. Open the course with: python start.py")
        return 0
    if command in ("doctor", "progress", "colorize"):
        # In the folder where you are: photographs are found from there.
        return run([python, "-m", "colorlib", command, *rest], folder=os.getcwd())
    rest += ["--no-browser"] if options.no_browser else []
    rest += [f"--port={options.port}"] if options.port else []
    return open_course(python, rest)


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit("Stopped. The next call of start.py goes on from here.")
    except OSError as error:
        sys.exit(f"{error}. Is the disk full, or the course's folder not yours to write in?")
