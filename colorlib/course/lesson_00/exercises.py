"""Lesson 00's exercises: the reference of each, and the cases that a check tries, in order."""

import torch

from colorlib.course.exercise import Exercise, call, random


def mean_squared_error(painted, truth):
    """The mean, over colors, of the squared distance between two lists of ab colors (N, 2)."""
    return ((painted - truth) ** 2).sum(dim=1).mean()


def _squared_error_cases():
    red, brown = torch.tensor([[60.0, 40]]), torch.tensor([[10.0, 0]])
    many = random(2, 10, 2) * 100 - 50
    return [
        ("a balloon painted in its own color", call(red, red)),
        ("one balloon painted brown instead of red", call(brown, red)),
        ("brown and red the other way round", call(red, brown)),
        ("ten balloons", call(many[0], many[1])),
    ]


EXERCISES = {"squared_error": Exercise(mean_squared_error, _squared_error_cases)}
