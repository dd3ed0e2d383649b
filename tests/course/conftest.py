"""What all tests of the course share: a home of their own, and what the course says."""

import pytest

from colorlib.course import page
from colorlib.course.progress import _memory


@pytest.fixture(autouse=True)
def own_home(tmp_path, monkeypatch):
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("COLORLIB_HOME", str(home))
    _memory.clear()
    return home


@pytest.fixture
def said(monkeypatch):
    """What the course says, as plain text."""
    lines = []
    monkeypatch.setattr(page, "say", lambda body, kind="note": lines.append(page.plain(body)))
    return lines
