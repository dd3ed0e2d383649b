"""Figures: each has alt text and the house style, whatever kind of picture it is given."""

import pytest
import torch

from colorlib import plots

ALT = "Some pictures side by side, for a test."


def test_pictures_of_every_kind():
    batch, gray, whole = torch.rand(2, 3, 8, 8), torch.rand(1, 8, 8), torch.zeros(3, 3, 8, 8, dtype=torch.uint8)
    for shown in (batch, [gray, gray[0]], [whole, batch]):
        figure = plots.pictures(shown, alt=ALT, titles=("a", "b"), row_titles=("one", "two"))
        assert figure.webp.startswith(b"RIFF") and f'alt="{ALT}"' in figure.html


@pytest.mark.parametrize(
    "columns, cell, names", [(1, None, ""), (8, 0.3, ""), (8, 1.05, "a critic that sees ab"), (16, None, "L2")]
)
def test_a_small_picture_takes_64_pixels_on_the_screen_and_goes_on_below(columns, cell, names, monkeypatch):
    drawn = []
    monkeypatch.setattr(plots, "Figure", lambda canvas, alt: drawn.append(canvas))
    rows = [torch.rand(columns, 3, 32, 32)] * 2
    titles = [str(column) for column in range(columns)]
    plots.pictures(rows, alt=ALT, cell=cell, titles=titles, row_titles=[names] * 2 if names else ())
    drawn[0].set_dpi(110)
    drawn[0].draw_without_rendering()
    used = [axes for axes in drawn[0].axes if axes.images]
    assert len(used) == 2 * columns and {axes.get_title("left") for axes in used} == {*titles, ""}
    sides = [axes.get_window_extent().width for axes in used]
    assert min(sides) >= 64 and max(sides) < 300 and drawn[0].bbox.width <= 960, "a notebook of 1,280 pixels has 1,100"


def test_a_figure_needs_alt_text_which_reaches_both_screen_and_text():
    with pytest.raises(ValueError, match="alt text"):
        plots.curves({"L2": [1.0]}, alt="")
    bundle = plots.curves({"a": [1, 2], "b": [2, 1]}, alt='Two lines that "cross".')._repr_mimebundle_()
    assert "&quot;cross&quot;" in bundle["text/html"] and 'Two lines that "cross"' in bundle["text/plain"]
