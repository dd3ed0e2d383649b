"""Histogram stretches and small changes of color."""

import pytest
import torch
from test_losses import dice

from colorlib import color
from colorlib.data import augment


def noise(n, channels=3, size=16):
    return torch.rand(n, channels, size, size, generator=dice(9))


def test_each_stretch_does_what_it_says():
    ramp = torch.linspace(-0.5, 0.5, 1024).view(1, 1, 32, 32)
    low, high = (ramp.flatten().quantile(q) for q in (0.02, 0.98))
    expected = ((ramp - low) / (high - low)).clamp(0, 1) * 2 - 1
    assert torch.allclose(augment.stretch(ramp, "percentiles"), expected, atol=1e-4)
    skewed = noise(1, 1, 64) ** 2 * 2 - 1  # half of the pixels in the darkest quarter
    counts = augment.stretch(skewed, "equalize").histc(4, -1, 1)
    assert ((counts / 64**2 - 0.25).abs() < 0.04).all()  # now a quarter in each quarter
    halves = torch.cat([noise(1, 1, 32) * 0.1 - 0.9, noise(1, 1, 32) * 0.1 + 0.8], dim=-1)
    adapted = augment.stretch(halves, "adaptive")
    gains = [part.std() / 0.03 for part in (adapted[..., 4:28], adapted[..., 36:60])]
    assert min(gains) > 1.5  # both the dark and the bright half gain contrast


@pytest.mark.parametrize("kind", augment.STRETCHES)
@pytest.mark.parametrize("level", [-1.0, -0.3, 1.0])
def test_a_flat_picture_stays_as_it_is(kind, level):
    flat = torch.full((2, 1, 32, 32), level)
    flat[1, 0, 5, 5] += 1e-5  # rounding of the color conversion is no contrast
    assert torch.allclose(augment.stretch(flat, kind), flat, atol=1e-4)
    spot = torch.full((1, 1, 32, 32), -0.5)
    spot[0, 0, 3, 3] = 0.5  # flat between the percentiles
    stretched = augment.stretch(spot, kind)
    assert stretched.shape == spot.shape and stretched.isfinite().all() and stretched.abs().max() <= 1


def test_a_random_stretch_uses_all_three_and_changes_no_input():
    gray = noise(60, 1, 32) * 0.2
    before = gray.clone()
    stretched = augment.random_stretch(gray, dice())
    assert torch.equal(gray, before)
    hits = [torch.isclose(stretched, augment.stretch(gray, kind)).flatten(1).all(1) for kind in augment.STRETCHES]
    assert (torch.stack(hits).sum(0) == 1).all() and all(hit.sum() > 8 for hit in hits)
    assert torch.equal(stretched, augment.random_stretch(gray, dice()))
    with pytest.raises(ValueError, match="no stretch 'histogram'.*adaptive, percentiles, equalize"):
        augment.stretch(gray, "histogram")


def test_jitter_makes_small_changes_of_its_own_to_each_picture():
    pictures = noise(50) * 0.4 + 0.3
    changed = augment.jitter(pictures, dice())
    assert changed.min() >= 0 and changed.max() <= 1
    distance = (color.rgb_to_lab(pictures) - color.rgb_to_lab(changed)).norm(dim=1).mean((1, 2))
    assert (distance > 0.1).all() and (distance < 12).all() and distance.unique().numel() == 50
    assert torch.equal(changed, augment.jitter(pictures, dice()))
    whole = (pictures * 255).to(torch.uint8)
    assert torch.equal(augment.jitter(whole, dice()), augment.jitter(whole / 255, dice()))
    flat = torch.cat([torch.full((1, 3, 8, 8), level) for level in (0.0, 0.5, 1.0)])
    assert torch.allclose(augment.jitter(flat, dice(), contrast=0.5), flat, atol=1e-3)


def test_jitter_changes_only_what_it_is_asked_to():
    pictures = noise(20) * 0.4 + 0.3
    reaches = (0, 0, 0), (0.3, 0, 0), (0, 5, 0), (0, 0, 0.2)
    still, contrast, hue, saturation = (color.rgb_to_lab(augment.jitter(pictures, dice(), *by)) for by in reaches)
    assert torch.allclose(still, color.rgb_to_lab(pictures), atol=0.1)
    assert torch.allclose(contrast.mean((2, 3))[:, 0], still.mean((2, 3))[:, 0], atol=0.5)
    assert (contrast[:, 0].std((1, 2)) / still[:, 0].std((1, 2)) - 1).abs().max() > 0.1
    chroma = still[:, 1:].norm(dim=1)
    assert torch.allclose(hue[:, 1:].norm(dim=1), chroma, atol=0.2)
    ratio = saturation[:, 1:].norm(dim=1).mean((1, 2)) / chroma.mean((1, 2))
    assert 0.79 < ratio.min() < 0.95 and 1.05 < ratio.max() < 1.21
    assert torch.allclose(hue[:, 0], still[:, 0], atol=0.2) and torch.allclose(saturation[:, 0], still[:, 0], atol=0.2)
