"""Every exercise of every lesson: right answers pass, wrong ones are told why, and the hints lead to a right one."""

import copy
import inspect
from importlib import import_module

import pytest
import torch
from fastai.vision.models.unet import DynamicUnet
from torch import nn

from colorlib import color, nogan
from colorlib.course import check, checks, texts
from colorlib.course.progress import recall
from colorlib.training import frozen

# A lesson's `RIGHT`, where it has some, are right answers beside the reference.
ANSWERS = {lesson: import_module(f"course.lesson_{lesson}.wrong_answers") for lesson in texts.lessons()}
WRONG = {f"{lesson}.{name}": wrong for lesson, own in ANSWERS.items() for name, wrong in own.WRONG.items()}
RIGHT = {f"{lesson}.{name}": r for lesson, own in ANSWERS.items() for name, r in getattr(own, "RIGHT", {}).items()}

# Where a lesson's parameters have other names than the library's, or defaults.
ARGUMENTS = {
    "01.hue_sorted_split": "hues, every=10",
    "02.decoder": "channels",
    "03.receptive_field": "layers",
    "04.gradient_penalty": "critic, gray, real, fake",
    "05.choose_stop": "rows, tolerance=0.02",
}


@pytest.mark.parametrize("identifier", WRONG)
def test_a_check_accepts_the_reference_and_other_right_answers(identifier, said):
    lesson, name = identifier.split(".")
    exercise, dice = checks.exercise_of(lesson, name), torch.get_rng_state()
    for function in (exercise.reference, *RIGHT.get(identifier, {}).values()):
        assert check(identifier, function) is function, said[-1]
        assert "✓" in said[-1]
    assert recall(lesson, "exercises", name) == {"passed": True}
    if lesson >= "04":
        assert torch.equal(torch.get_rng_state(), dice), "a check throws no dice of the lesson"


@pytest.mark.parametrize("identifier, mistake", [(exercise, name) for exercise in WRONG for name in WRONG[exercise]])
def test_a_check_rejects_a_plausible_mistake_with_a_helpful_sentence(identifier, mistake, said):
    function, words = WRONG[identifier][mistake]
    assert check(identifier, function) is checks.exercise_of(*identifier.split(".")).reference
    assert "✗" in said[0] and "Hint 1" in said[0]
    assert words.lower() in said[0].lower() or words.strip("`") in said[0], said[0]


@pytest.mark.parametrize("lesson", texts.lessons())
def test_every_exercise_has_wrong_answers_and_its_texts(lesson):
    names = texts.names(lesson)["exercises"]
    assert set(names) == set(ANSWERS[lesson].WRONG)
    for name in names:
        _, _, text = texts.find("exercises", f"{lesson}.{name}")
        assert len(ANSWERS[lesson].WRONG[name]) >= 2 <= len(text["hints"]) and text["right"]
        assert set(text["look"]) == {label for label, _ in checks.exercise_of(lesson, name).cases()}, name


@pytest.mark.parametrize("identifier", WRONG)
def test_the_solution_at_the_top_of_the_hint_ladder_is_right(identifier):
    lesson, name, text = texts.find("exercises", identifier)
    exercise = checks.exercise_of(lesson, name)
    arguments = ARGUMENTS.get(identifier) or ", ".join(inspect.signature(exercise.reference).parameters)
    body = "\n    ".join(text["solution"].strip().splitlines())
    known = {"torch": torch, "nn": nn, "frozen": frozen, "bce": nn.functional.binary_cross_entropy_with_logits}
    known |= {"WHITE": torch.tensor(color.WHITE).view(3, 1, 1)}
    known |= {"copy": copy, "nogan": nogan, "DynamicUnet": DynamicUnet}
    exec(f"def solution({arguments}):\n    {body}", known)
    assert checks.compare(known["solution"], exercise) is None
