"""Every notebook runs from top to bottom under nbval: lessons unsolved, solutions with all checks passed.

Once a notebook, in a kernel whose network is cut off but for loopback, from the notebook's own folder.
"""

import json
import os
import shutil
import subprocess
import sys
import time
import warnings
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOKS = sorted(ROOT.glob("lessons/*.ipynb")) + sorted(ROOT.glob("solutions/*.ipynb"))
CELL_LIMIT = {"quick": 120, "laptop": 600, "gpu": 1800}  # seconds; nbval notices a dead kernel only by this
AIM = {"quick": 40}  # seconds a notebook should take on two cores that do nothing else
CUT_OFF = ["unshare", "-rn", "sh", "-c", 'ip link set lo up && exec "$@"', "cut-off"]


def _can_cut_off():
    if not (shutil.which("unshare") and shutil.which("ip")):
        return False
    return subprocess.run([*CUT_OFF, "true"], capture_output=True).returncode == 0


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_runs_from_top_to_bottom(notebook, request, tmp_path):
    profile = request.config.getoption("--profile")
    prefix = CUT_OFF if _can_cut_off() else []
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--nbval-lax"]
    command += [f"--nbval-cell-timeout={CELL_LIMIT[profile]}"]
    command += ["--rootdir", str(ROOT), "-c", str(ROOT / "pyproject.toml"), str(notebook)]
    environment = os.environ | {"COLORLIB_HOME": str(tmp_path / "home")}
    started = time.monotonic()
    done = subprocess.run([*prefix, *command], cwd=ROOT, env=environment, capture_output=True, text=True)
    seconds = time.monotonic() - started
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    _exercises_went_as_they_should(notebook, tmp_path / "home" / "progress.json")
    if seconds > AIM.get(profile, float("inf")):  # machines are noisy: told, not asserted
        warnings.warn(f"{notebook.name} took {seconds:.0f} s at {profile}; the aim is 40.", stacklevel=1)
    if not prefix:
        warnings.warn("The network was not cut off: `unshare` and `ip` do that, for a user who may.", stacklevel=1)


def _exercises_went_as_they_should(notebook, progress):
    """In a solution every check has passed; in a lesson none has been written, so none has."""
    checks = [c.source.count("= check(") for c in nbformat.read(notebook, 4).cells if c.cell_type == "code"]
    lessons = json.loads(progress.read_text())["lessons"] if progress.exists() else {}
    exercises = [entry for kinds in lessons.values() for entry in kinds.get("exercises", {}).values()]
    passed = sum(entry.get("passed", False) for entry in exercises)
    assert not any(entry.get("tries") for entry in exercises), "a check found a mistake"
    assert passed == (sum(checks) if notebook.parent.name == "solutions" else 0)
