"""Lesson 01: what its checks must reject, and words of the sentence that they should say then."""

import torch

from colorlib import color

WHITE = torch.tensor(color.WHITE).view(3, 1, 1)


def lab_without_line(xyz):
    x, y, z = (xyz / WHITE).pow(1 / 3)
    return torch.stack((116 * y - 16, 500 * (x - y), 200 * (y - z)))


def hues_instead_of_places(hues, every=10):
    ordered = hues.sort().values
    held_out = torch.arange(len(hues)) % every == 0
    return ordered[~held_out], ordered[held_out]


def first_tenth(hues, every=10):
    order = hues.argsort()
    return order[len(hues) // every :], order[: len(hues) // every]


def unsorted_split(hues, every=10):
    places = torch.arange(len(hues))
    return places[places % every != 0], places[places % every == 0]


WRONG = {
    "transfer_curve": {
        "the straight line everywhere": (lambda v: v / 12.92, "White must stay 1"),
        "the power everywhere": (lambda v: ((v + 0.055) / 1.055) ** 2.4, "straight line"),
        "the other direction": (color.linear_to_srgb, "0.214"),
        "an if instead of where": (
            lambda v: v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4,
            "torch.where",
        ),
    },
    "xyz_to_lab": {
        "not divided by white": (lambda xyz: color.xyz_to_lab(xyz * WHITE), "divide by white"),
        "no straight line near black": (lab_without_line, "0.008856"),
        "a sign": (lambda xyz: color.xyz_to_lab(xyz) * torch.tensor([1.0, -1, 1]).view(3, 1, 1), "signs"),
    },
    "hue_sorted_split": {
        "not sorted": (unsorted_split, "sort by hue"),
        "hues instead of places": (hues_instead_of_places, "pictures 0 and 10"),
        "the first tenth": (first_tenth, "0 and 10"),
    },
}
