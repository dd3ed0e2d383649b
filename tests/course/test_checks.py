"""Checks and hints: what they say, and that nothing a student writes stops a lesson."""

from unittest.mock import Mock

import pytest
import torch

from colorlib.course import check, hint
from colorlib.course.lesson_00.exercises import mean_squared_error
from colorlib.course.progress import record


def test_an_unwritten_exercise_gives_the_reference_and_no_hint(said):
    not_written = Mock(side_effect=NotImplementedError("your turn"))
    assert check("00.squared_error", not_written) is mean_squared_error
    assert "not yet written" in said[0] and "Hint 1" not in said[0]


def test_a_wrong_answer_earns_a_hint_but_not_after_a_right_one(said):
    def hints_shown():
        check("00.squared_error", lambda *_: 7)
        return said[-1].count("Hint ")

    assert [hints_shown(), hints_shown(), hints_shown()] == [1, 2, 2]
    check("00.squared_error", mean_squared_error)
    record("00", "exercises", "squared_error", hints=0)
    assert hints_shown() == 0 and "✗" in said[-1]


def test_hints_come_one_by_one_and_the_solution_last(said):
    for _ in range(4):
        hint("00.squared_error")
    assert "Hint 1" in said[0] and "Hint 2 of 2" not in said[0]
    assert "Hint 2 of 2" in said[1] and "A solution" not in said[1]
    assert "A solution" in said[2] and ".mean()" in said[2] and said[3] == said[2]


def test_a_check_never_raises_whatever_a_function_does(said):
    def spoils_its_input(painted, truth):
        painted += 1
        raise RuntimeError("<script>")

    assert check("00.squared_error", spoils_its_input) is mean_squared_error
    assert check("00.squared_error", lambda *_: "seven") is mean_squared_error
    assert check("00.squared_error", lambda *_: torch.tensor(float("nan"))) is mean_squared_error
    assert check("00.squared_error", lambda a, b: (a, b)) is mean_squared_error
    assert check("00.squared_error", 7) is mean_squared_error
    assert "RuntimeError" in said[0] and "not numbers" in said[1] and "nan" in said[2]
    check("01.hue_sorted_split", lambda *_: "three")  # whose numbers may come in any order
    check("01.hue_sorted_split", lambda *_: torch.tensor(3))
    assert "a str, not numbers" in said[-2] and "1 thing(s) where 2 are expected" in said[-1]
    with pytest.raises(KeyError, match="00.squared_error"):
        check("00.square", mean_squared_error)
