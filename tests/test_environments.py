"""The roads into the course agree: pyproject.toml, constraints.txt, environment.yml and binder/."""

import ast
import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
EXTRAS = PROJECT["optional-dependencies"]
IMPORT_NAMES = {"PIL": "pillow", "skimage": "scikit-image", "sklearn": "scikit-learn"}


def ranges(lines):
    """{package: range} of requirement lines."""
    return {canonicalize_name(one.name): one.specifier for one in map(Requirement, lines)}


def conda(path):
    """{package: range} of a conda environment, its pip part included."""
    lines = yaml.safe_load((ROOT / path).read_text())["dependencies"]
    pip = [line for part in lines if isinstance(part, dict) for line in part["pip"]]
    lines = [line for line in lines if isinstance(line, str)]
    lines = [line if set("<>!") & set(line) else line.replace("=", "==") for line in lines]
    return ranges(lines + [line for line in pip if not line.startswith("-")])


LESSONS = ranges(PROJECT["dependencies"] + EXTRAS["lab"])


@pytest.mark.parametrize("path, torch", [("environment.yml", "pytorch"), ("binder/environment.yml", "pytorch-cpu")])
def test_conda_has_every_dependency_in_the_same_range(path, torch):
    found = conda(path)
    found["torch"] = found.pop(torch)
    assert {name: versions for name, versions in found.items() if name not in ("pip", "python")} == LESSONS


def test_conda_takes_a_python_that_the_package_allows():
    allowed = SpecifierSet(PROJECT["requires-python"])
    assert conda("environment.yml")["python"] == allowed
    [binder] = conda("binder/environment.yml")["python"]
    assert binder.operator == "==" and binder.version in allowed


def test_constraints_pin_every_dependency_within_its_range():
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    pinned = ranges(line for line in lines if not line.startswith("#"))
    for name, pins in pinned.items():
        assert [pin.operator for pin in pins] == ["=="] and "+" not in str(pins), f"{name} is not one version for all"
        assert not name.startswith(("nvidia", "cuda", "triton")), f"{name} is not for all machines"
    for name, allowed in {**LESSONS, **ranges(EXTRAS["dev"])}.items():
        [pin] = pinned[name]
        assert pin.version in allowed, f"{name} {pin.version} is outside {allowed}"


def test_every_import_of_the_library_is_declared():
    declared = set(ranges(PROJECT["dependencies"]))
    for path in (ROOT / "colorlib").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [name.name for name in node.names] if isinstance(node, ast.Import) else []
            names += [node.module] if isinstance(node, ast.ImportFrom) and not node.level else []
            for name in {name.split(".")[0] for name in names} - sys.stdlib_module_names:
                package = canonicalize_name(IMPORT_NAMES.get(name, name))
                assert name == "colorlib" or package in declared, f"{path.name} imports {name}"


@pytest.mark.skipif(os.name == "nt", reason="Binder runs Linux, and its scripts need a shell")
def test_binder_starts_small_and_hands_over():
    start = ROOT / "binder" / "start"
    say = 'echo "$COLORLIB_PROFILE $OMP_NUM_THREADS $0 $1"'
    run = subprocess.run([start, "sh", "-c", say, "a", "b c"], capture_output=True, text=True)
    assert run.stdout.strip() == "quick 1 a b c"
    assert os.access(ROOT / "binder" / "postBuild", os.X_OK)
    assert "--no-deps" in (ROOT / "binder" / "postBuild").read_text()
