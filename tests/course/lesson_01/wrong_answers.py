"""Lesson 01: what its checks must reject, and words of the sentence that they should say then."""

import torch

from colorlib import color

WHITE = torch.tensor(color.WHITE).view(3, 1, 1)


def curve(threshold, power=2.4):
    return lambda v: torch.where(v > threshold, ((v + 0.055) / 1.055) ** power, v / 12.92)


def lab(threshold, slope=7.787, start=16 / 116, channels=slice(None)):
    def function(xyz):
        relative = xyz / WHITE
        x, y, z = torch.where(relative[channels] > threshold, relative ** (1 / 3), slope * relative + start)
        return torch.stack((116 * y - 16, 500 * (x - y), 200 * (y - z)))

    return function


def split(order, chosen):
    return order[~chosen], order[chosen]


def tenths(hues, every):
    return torch.arange(len(hues)) % every == 0


WRONG = {
    "transfer_curve": {
        "the straight line everywhere": (lambda v: v / 12.92, "White must stay 1"),
        "0.06 in place of 0.04045": (curve(0.06), "meet at 0.04045"),
        "0.0031308, which belongs to the way back": (curve(0.0031308), "straight line"),
        "the power 2.2": (curve(0.04045, 2.2), "The power is 2.4"),
        "the other direction": (color.linear_to_srgb, "0.214"),
        "an if instead of where": (lambda v: curve(0.04045)(v) if v <= 1 else v, "torch.where"),
    },
    "xyz_to_lab": {
        "not divided by white": (lambda xyz: color.xyz_to_lab(xyz * WHITE), "divide by white"),
        "no straight line near black": (lab(0), "0.008856"),
        "0.0045 in place of 0.008856": (lab(0.0045), "meet at 0.008856"),
        "0.01 in place of 0.008856": (lab(0.01), "meet at 0.008856"),
        "Y chooses for all three": (lab(0.008856, channels=slice(1, 2)), "not only Y"),
        "a sign": (lambda xyz: color.xyz_to_lab(xyz) * torch.tensor([1.0, -1, 1]).view(3, 1, 1), "signs"),
    },
    "hue_sorted_split": {
        "not sorted": (lambda h, every=10: split(torch.arange(len(h)), tenths(h, every)), "sort by hue"),
        "hues instead of places": (lambda h, every=10: split(h.sort().values, tenths(h, every)), "pictures 0 and 10"),
        "the first tenth": (lambda h, every=10: split(h.argsort(), torch.arange(len(h)) < len(h) // every), "0 and 10"),
        "always every tenth": (lambda h, every=10: split(h.argsort(), tenths(h, 10)), "another number than ten"),
    },
}
RIGHT = {  # no pixel value lies between 0.0393 and 0.0431; Lab's numbers are also written as fractions
    "transfer_curve": {"the threshold of 1996": curve(0.03928)},
    "xyz_to_lab": {"fractions": lab((6 / 29) ** 3, 841 / 108, 4 / 29)},
}
