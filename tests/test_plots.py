"""Figures: each has alt text and the house style, whatever kind of picture it is given."""

import numpy as np
import pytest
import torch
from matplotlib.axes import Axes

from colorlib import color, plots
from colorlib.worlds import scenes

ALT = "Some pictures side by side, for a test."


def test_a_figure_needs_alt_text():
    with pytest.raises(ValueError, match="alt text"):
        plots.curves({"L2": [1.0]}, alt="")


@pytest.mark.parametrize(
    "shown",
    [
        torch.rand(2, 3, 8, 8),
        [torch.rand(1, 8, 8), np.random.rand(8, 8, 3)],
        [torch.zeros(3, 3, 8, 8, dtype=torch.uint8), torch.rand(2, 3, 8, 8)],
        np.zeros((2, 8, 8, 3), dtype=np.uint8),
    ],
)
def test_pictures_of_every_kind(shown):
    figure = plots.pictures(shown, alt=ALT, titles=("a", "b"), row_titles=("one", "two"))
    assert figure.webp.startswith(b"RIFF") and f'alt="{ALT}"' in figure.html


def test_alt_text_reaches_both_screen_and_text():
    bundle = plots.curves({"a": [1, 2], "b": [2, 1]}, alt='Two lines that "cross".')._repr_mimebundle_()
    assert "&quot;cross&quot;" in bundle["text/html"] and 'Two lines that "cross"' in bundle["text/plain"]


def test_lab_channels_of_an_array_are_those_of_the_tensor():
    picture = scenes.draw(1, size=24, seed=0).pictures[0]
    tensor, array = (plots.lab_channels(kind, alt=ALT) for kind in (picture, picture.movedim(0, -1).numpy()))
    assert tensor.webp == array.webp


@pytest.mark.parametrize("kind", [list, torch.tensor, np.array])
def test_points_of_every_kind(kind, monkeypatch):
    points, marked = [(0.0, 0.0), (10.0, 20.0)], []
    monkeypatch.setattr(Axes, "annotate", lambda _, label, at, **__: marked.append((label, at)))
    assert len(plots.ab_plane(50, points=kind(points), labels=["gray"], alt=ALT).webp) > 1000
    assert marked == [("gray", points[0]), ("", points[1])]
    with pytest.raises(ValueError, match="3 labels, but 2 points"):
        plots.ab_plane(50, points=kind(points), labels=["a", "b", "c"], alt=ALT)


def test_gray_picture_has_no_color_and_the_same_lightness():
    pictures = scenes.draw(4, size=32, seed=0).pictures
    before, after = color.rgb_to_lab(pictures), color.rgb_to_lab(plots.gray_picture(pictures))
    assert after[:, 1:].abs().max() < 0.1 and (before[:, 0] - after[:, 0]).abs().max() < 0.1
    array = plots.gray_picture(pictures[0].movedim(0, -1).numpy())
    assert np.allclose(array, plots.gray_picture(pictures[0]).movedim(0, -1).numpy(), atol=1e-4)
    turned = plots.gray_picture(pictures[0].movedim(0, -1).numpy()[::-1, ::-1])  # strides below zero
    assert np.allclose(turned, array[::-1, ::-1], atol=1e-4)


def test_the_gamut_is_a_small_part_of_the_plane():
    inside = [plots.gamut_slice(lightness)[..., 3].mean() for lightness in (2, 55, 98)]
    assert inside[0] < 0.05 < 0.25 < inside[1] < 0.4 and inside[2] < 0.06
