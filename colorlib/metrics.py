"""What "good" means, each figure beside that of plain gray. Lesson 02 is the first to use it.

Everything is in Lab units, so that scalings do not matter. PSNR and SSIM alone are won by gray itself:
read them beside ab error and colorfulness.
"""

import html
from collections.abc import Callable, Iterable, Mapping
from functools import partial

import torch
from torchmetrics.functional.image import (
    peak_signal_noise_ratio,
    structural_similarity_index_measure,
)

from colorlib import color, data, scenes

# --- pictures: (prediction, truth) as float pictures N×3×H×W, or as ab in Lab units N×2×H×W ---


def ab_distance(ab: torch.Tensor, truth: torch.Tensor) -> torch.Tensor:
    """How far each pixel's color is from the true one, N×H×W in Lab units."""
    return (ab - truth).norm(dim=1)


def accuracy(ab: torch.Tensor, truth: torch.Tensor, percent: float) -> torch.Tensor:
    """Share of pixels whose a and b are both within 2.2 Lab units a percent. (L is given, not guessed.)"""
    return ((ab - truth).abs() <= 2.2 * percent).all(dim=1).float().mean()


def psnr(picture: torch.Tensor, truth: torch.Tensor) -> torch.Tensor:
    """Peak signal-to-noise ratio in dB, a picture at a time; equal pictures have no end of it."""
    each = partial(peak_signal_noise_ratio, data_range=1.0, reduction="none", dim=(1, 2, 3))
    return each(picture, truth).mean()


def ssim(picture: torch.Tensor, truth: torch.Tensor) -> torch.Tensor:
    """Structural similarity, 1 for equal pictures."""
    return structural_similarity_index_measure(picture, truth, data_range=1.0)


def colorfulness(picture: torch.Tensor) -> torch.Tensor:
    """Hasler and Süsstrunk's colorfulness: 0 for gray, about 30 for photos, 60 for very colorful ones.

    Red − green and yellow − blue keep their signs. Without them (a published slip) the spread of a
    picture that has both red and green comes out too small.
    """
    red, green, blue = (picture * 255).flatten(2).unbind(1)
    opponents = torch.stack((red - green, (red + green) / 2 - blue))
    spread = opponents.std(dim=-1, correction=0).norm(dim=0)
    return (spread + 0.3 * opponents.mean(dim=-1).norm(dim=0)).mean()


# --- worlds, where the painter knows which colors the gray does not tell ---


def object_colors(ab: torch.Tensor, world: scenes.Scenes) -> torch.Tensor:
    """The mean ab of each ambiguous object, a row an object."""
    slots = torch.arange(1, world.palette_index.shape[1] + 1, device=ab.device)
    inside = (world.objects[:, None] == slots.view(1, -1, 1, 1)) & world.ambiguous[:, None]
    pixels = inside.flatten(2).sum(-1)
    sums = torch.einsum("nmhw,nchw->nmc", inside.float(), ab)
    return sums[pixels > 0] / pixels[pixels > 0][:, None]


def palette_use(colors: torch.Tensor, palette: torch.Tensor) -> torch.Tensor:
    """For each palette color the share of objects near it: nearer than half the way to another color.

    Dull objects are near none, so the shares need not add up to 1.
    """
    distance, nearest = torch.cdist(colors, palette).min(dim=1)
    half_way = torch.pdist(palette).min() / 2 if len(palette) > 1 else torch.inf
    chosen = torch.bincount(nearest[distance < half_way], minlength=len(palette))
    return chosen / len(colors)


def _world_measures(ab, truth, world):
    """The measures that a world allows, by name."""
    distance, measures = ab_distance(ab, truth), {}
    if world.ambiguous.any():
        colors, palette = object_colors(ab, world), world.palette.to(ab)
        measures["chroma"] = colors.norm(dim=1).mean()
        measures["palette_distance"] = torch.cdist(colors, palette).amin(dim=1).mean()
        measures["palette_use"] = palette_use(colors, palette).min()
        measures["background_error"] = distance[~world.ambiguous].mean()
    if world.details.any():
        measures["detail_error"] = distance[world.details].mean()
        measures["texture_error"] = distance[world.materials > 0].mean()
    if world.far.any():
        measures["far_error"] = distance[world.far].mean()
    return measures
