"""Lesson 01's exercises: the reference of each, and the cases that a check tries, in order."""

import torch

from colorlib import color, data
from colorlib.course.exercise import Exercise, call, random


def _curve_cases():
    return [
        ("white, 1.0", call(torch.tensor([1.0]))),
        ("a middle gray, 0.5", call(torch.tensor([0.5]))),
        ("a very dark value, 0.02", call(torch.tensor([0.02]))),
        ("a whole picture", call(torch.linspace(0, 1, 48).reshape(3, 4, 4))),
        ("the 20 darkest pixel values, light in thousandths", lambda curve: 1000 * curve(torch.arange(20) / 255)),
    ]


def _xyz_cases():
    white = torch.tensor(color.WHITE).view(3, 1, 1)
    return [
        ("white", call(white)),
        ("a middle gray (18 % of white's light)", call(white * 0.18)),
        ("almost black (0.4 % of white's light)", call(white * 0.004)),
        ("dark grays (up to 2 % of white's light)", call(white * torch.linspace(0, 0.02, 81))),
        ("a picture of random colors", call(random(3, 4, 5) * white)),
        ("a picture of random dark colors", call(random(3, 4, 5) * white * 0.02)),
    ]


def _hue_cases():
    hues = torch.linspace(0, 0.9, 20)
    shuffled = hues[random(20).argsort()]
    return [
        ("twenty pictures already in the order of their hue", call(hues)),
        ("the same pictures, shuffled", call(shuffled)),
        ("seven pictures, every third to validation", call(shuffled[:7], 3)),
    ]


EXERCISES = {
    "transfer_curve": Exercise(color.srgb_to_linear, _curve_cases, tolerance=1e-5),
    "xyz_to_lab": Exercise(color.xyz_to_lab, _xyz_cases, tolerance=1e-3),
    "hue_sorted_split": Exercise(data.hue_sorted_split, _hue_cases, ordered=False),
}
