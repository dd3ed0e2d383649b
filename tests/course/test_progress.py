"""Progress: kept, merged, moved elsewhere, and never in the way."""

import base64
import json
import os
import zlib
from unittest.mock import Mock

import pytest

from colorlib.course import check, hint, predict
from colorlib.course.lesson_00.exercises import mean_squared_error
from colorlib.course.progress import progress, recall, record
from colorlib.course.questions import Quiz

DAMAGED = [
    {"00": 7},
    {"00": {"exercises": []}},
    {"00": {"exercises": {"squared_error": True}, "quizzes": {"take_away.why_brown": "right"}}},
    {"00": {"exercises": {"squared_error": {"hints": "two"}}, "predictions": {"guess_or_brown": {"answer": None}}}},
]


def test_progress_travels_as_a_code(tmp_path, monkeypatch, said):
    check("00.squared_error", mean_squared_error)
    code = progress().code()
    monkeypatch.setenv("COLORLIB_HOME", str(tmp_path / "elsewhere"))
    assert sum(Quiz("00.take_away").answer(0, option)[0] for option in range(3)) == 1
    board = progress().restore(code)
    assert board.counts()["00"] == {"exercises": (1, 1), "quizzes": (1, 3), "predictions": (0, 1)}
    assert "1 of 1 ✓" in repr(board)
    board.restore("nonsense")
    assert "can't be read" in said[-1]


def test_progress_survives_a_broken_file_and_a_folder_that_cannot_be_written(own_home, tmp_path, monkeypatch, said):
    (own_home / "progress.json").write_text("{broken")
    record("00", "exercises", "squared_error", passed=True)
    assert (own_home / "progress.broken.json").read_text() == "{broken" and "kept as" in said[0]
    assert json.loads((own_home / "progress.json").read_text())["schema"] == 1
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("COLORLIB_HOME", str(tmp_path / "file"))
    record("00", "quizzes", "take_away.why_brown", right=True)
    assert recall("00", "quizzes", "take_away.why_brown") == {"right": True}
    assert "memory only" in progress()._repr_mimebundle_()["text/html"]


@pytest.mark.parametrize("lessons", DAMAGED)
def test_half_a_progress_file_stops_nothing(lessons, own_home, said):
    board, stored = progress(), {"schema": 1, "lessons": lessons}
    code = base64.urlsafe_b64encode(zlib.compress(json.dumps(stored).encode())).decode()
    board.restore(code)
    assert "can't be read" in said.pop() and not (own_home / "progress.json").exists()
    for use in (
        lambda: check("00.squared_error", lambda *_: 7),
        lambda: hint("00.squared_error"),
        lambda: Quiz("00.take_away").answer(0, 0),
        lambda: predict("00.guess_or_brown"),
        lambda: repr(board),
    ):
        (own_home / "progress.json").write_text(json.dumps(stored))
        use()
        assert (own_home / "progress.broken.json").read_text() == json.dumps(stored)


def test_a_file_that_cannot_be_replaced_leaves_nothing_behind(own_home, monkeypatch, said):
    monkeypatch.setattr(os, "replace", Mock(side_effect=PermissionError("another program has the file open")))
    record("00", "exercises", "squared_error", passed=True)
    assert list(own_home.iterdir()) == []
    assert recall("00", "exercises", "squared_error") == {"passed": True}
    (own_home / "progress.json").write_text("{broken")
    assert check("00.squared_error", mean_squared_error) is mean_squared_error  # nor can it be set aside
    assert (own_home / "progress.json").read_text() == "{broken"
    assert progress().counts()["00"]["exercises"] == (1, 1)
    assert "memory only" in progress()._repr_mimebundle_()["text/html"]


def test_progress_of_a_newer_course_is_left_alone(own_home):
    newer = json.dumps({"schema": 99, "lessons": {}})
    (own_home / "progress.json").write_text(newer)
    record("00", "exercises", "squared_error", passed=True)
    assert (own_home / "progress.json").read_text() == newer
    assert recall("00", "exercises", "squared_error") == {"passed": True}
