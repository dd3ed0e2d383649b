"""What each exercise is held against: a library function as reference, and the cases tried, in order.

A case's label is part of the sentence that a student reads ("For a dark value …"); the content files may
add where to look when that case fails.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch

from colorlib import color, data


@dataclass(frozen=True)
class Exercise:
    reference: Callable
    cases: Callable  # returns [(label, arguments), …]; made when asked, so that importing stays cheap
    tolerance: float = 1e-3
    ordered: bool = True  # False: the order within each result does not matter


def mean_squared_error(painted, truth):
    """Lesson 00: the mean, over colors, of the squared distance between two lists of ab colors (N, 2)."""
    return ((painted - truth) ** 2).sum(dim=1).mean()


def _colors(*rows):
    return torch.tensor(rows, dtype=torch.float32)


def _squared_error_cases():
    red, brown = _colors((60, 40)), _colors((10, 0))
    generator = torch.Generator().manual_seed(0)
    many = torch.rand(2, 10, 2, generator=generator) * 100 - 50
    return [
        ("a balloon painted in its own color", (red, red)),
        ("one balloon painted brown instead of red", (brown, red)),
        ("brown and red the other way round", (red, brown)),
        ("ten balloons", (many[0], many[1])),
    ]


def _curve_cases():
    return [
        ("white, 1.0", (torch.tensor([1.0]),)),
        ("a middle gray, 0.5", (torch.tensor([0.5]),)),
        ("a very dark value, 0.02", (torch.tensor([0.02]),)),
        ("the seam of the two pieces, 0.04045", (torch.tensor([0.04045]),)),
        ("a whole picture", (torch.linspace(0, 1, 48).reshape(3, 4, 4),)),
    ]


def _xyz_cases():
    white = torch.tensor(color.WHITE).view(3, 1, 1)
    generator = torch.Generator().manual_seed(0)
    return [
        ("white", (white,)),
        ("a middle gray (18 % of white's light)", (white * 0.18,)),
        ("almost black (0.4 % of white's light)", (white * 0.004,)),
        ("a picture of random colors", (torch.rand(3, 4, 5, generator=generator) * white,)),
    ]


def _hue_cases():
    generator = torch.Generator().manual_seed(0)
    hues = torch.linspace(0, 0.9, 20)
    shuffled = hues[torch.randperm(20, generator=generator)]
    return [
        ("twenty pictures already in the order of their hue", (hues,)),
        ("the same pictures, shuffled", (shuffled,)),
        ("seven pictures, every third to validation", (shuffled[:7], 3)),
    ]


EXERCISES = {
    "00.squared_error": Exercise(mean_squared_error, _squared_error_cases),
    "01.transfer_curve": Exercise(color.srgb_to_linear, _curve_cases, tolerance=1e-5),
    "01.xyz_to_lab": Exercise(color.xyz_to_lab, _xyz_cases, tolerance=0.01),
    "01.hue_sorted_split": Exercise(
        lambda hue, every=10: data.hue_sorted_split(hue, every), _hue_cases, ordered=False
    ),
}
