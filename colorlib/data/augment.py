"""Random changes, each picture of a batch on its own. Lesson 01 shows when they help and harm."""

import math

import numpy as np
import torch

from colorlib import color

STRETCHES = ("adaptive", "percentiles", "equalize")
FLAT = 1 / 255  # less than one step of an 8-bit picture: stretching it would only show rounding


def flip(pictures, generator=None):
    """Mirror every other picture (N×C×H×W) at random; drawn on the CPU, so that every device gets the same."""
    chosen = torch.rand(len(pictures), generator=generator) < 0.5
    return torch.where(chosen.view(-1, 1, 1, 1).to(pictures.device), pictures.flip(-1), pictures)


def stretch(gray, kind):
    """Stretch the histogram of gray pictures (N×1×H×W in −1…1); a flat picture stays as it is."""
    if kind not in STRETCHES:
        raise ValueError(f"There is no stretch '{kind}'. Choose one of: {', '.join(STRETCHES)}.")
    values = ((gray.detach().cpu().numpy() + 1) / 2).clip(0, 1).astype(np.float64)
    stretched = np.stack([_stretched(picture, kind) for picture in values[:, 0]])
    return torch.from_numpy(stretched[:, None] * 2 - 1).to(gray)


def _stretched(picture, kind):
    from skimage import exposure  # slow to import, and few trainings need it

    low, high = np.percentile(picture, (2, 98)) if kind == "percentiles" else (picture.min(), picture.max())
    if high - low < FLAT:
        return picture
    if kind == "adaptive":  # in the neighborhood of each pixel
        return exposure.equalize_adapthist(picture)
    if kind == "equalize":  # all gray values equally common
        return exposure.equalize_hist(picture)
    return exposure.rescale_intensity(picture, in_range=(low, high), out_range=(0.0, 1.0))


def random_stretch(gray, generator=None):
    """One of the three stretches at random for each gray picture: for the input, not for the ab."""
    chosen = torch.randint(len(STRETCHES), (len(gray),), generator=generator).tolist()
    return torch.cat([stretch(one[None], STRETCHES[kind]) for one, kind in zip(gray, chosen, strict=True)])


def jitter(pictures, generator=None, contrast=0.1, hue=10.0, saturation=0.1):
    """Small random changes of RGB pictures (N×3×H×W, float 0…1 or uint8), as floats; `hue` is in degrees."""

    def draw(reach):
        return (-reach + 2 * reach * torch.rand(len(pictures), 1, 1, generator=generator)).to(pictures.device)

    lightness, a, b = color.rgb_to_lab(pictures).unbind(-3)
    mean = lightness.mean(dim=(-2, -1), keepdim=True)
    lightness = mean + (lightness - mean) * (1 + draw(contrast))
    angle, scale = draw(math.radians(hue)), 1 + draw(saturation)
    a, b = (a * angle.cos() - b * angle.sin()) * scale, (a * angle.sin() + b * angle.cos()) * scale
    return color.lab_to_rgb(torch.stack((lightness, a, b), dim=-3))
