"""The stop finder: it counts planted glitches, no others, and proposes the snapshot before them."""

import pytest
import torch

from colorlib import color, metrics
from colorlib.course.lesson_05 import stops
from colorlib.worlds import scenes

WORLD = scenes.draw(24, 32, seed=5, world="ambiguous")
GRAY, TRUTH = color.to_gray_ab(WORLD.pictures)
DULL = TRUTH * 0.3


def with_spots(ab, gray):
    """Single pixels of another color, where L is smooth: nothing in the gray explains them."""
    flat = (gray - gray.roll(1, dims=-1)).abs() < 0.01
    spots = torch.zeros_like(flat)
    spots[:, :, 1:-1:3, 1:-1:3] = flat[:, :, 1:-1:3, 1:-1:3]
    return torch.where(spots, ab + torch.tensor([0.2, -0.2]).view(2, 1, 1), ab)


def test_a_spot_is_a_glitch_where_the_gray_is_smooth_and_there_alone():
    gray, ab = torch.zeros(1, 1, 8, 8), torch.full((1, 2, 8, 8), 0.1)
    ab[0, 0, 4, 4] += 11 / color.AB_SCALE
    found = stops.glitches(gray, ab)
    assert found.nonzero().tolist() == [[0, 4, 4]]
    explained = gray.clone()
    explained[0, 0, 4, 4] = 0.2  # 10 L units lighter: something is there
    assert not stops.glitches(explained, ab).any()
    ab[0, 0, 4, 4] -= 2 / color.AB_SCALE
    assert not stops.glitches(gray, ab).any()


def test_true_colors_and_edges_have_next_to_no_glitches_but_a_color_that_no_screen_shows_is_one():
    assert stops.glitches(GRAY, TRUTH).float().mean() < 5e-4
    assert not stops.glitches(GRAY, TRUTH * 0).any()
    gray, ab = torch.zeros(1, 1, 8, 8), torch.zeros(1, 2, 8, 8)
    ab[..., 4:] = 0.3
    assert not stops.glitches(gray, ab).any()
    ab[..., :4] = torch.tensor([-0.2, -0.9]).view(2, 1, 1)
    assert stops.glitches(gray, ab).float().mean() == 0.5


def test_it_finds_the_snapshot_before_a_planted_glitch():
    painted = {0: DULL, 20: TRUTH * 0.5, 40: TRUTH * 0.7, 60: with_spots(TRUTH * 0.9, GRAY)}
    rows = stops.measure(painted, WORLD)
    assert rows[60]["glitches"] > rows[40]["glitches"] + 0.02
    stop = stops.propose(rows)
    assert stops.propose(stops.measure({**painted, 60: TRUTH * 0.9}, WORLD)).batch == 60
    assert stop.batch == 40 and "batch 40" in stop.why() and "1 of 4 snapshots have more" in stop.why()
    assert stops.propose(rows, tolerance=1.0).batch == 60


def test_of_photographs_another_measure_may_be_feared():
    rows = stops.measure({0: DULL, 20: TRUTH * 0.4, 40: TRUTH * -0.42}, WORLD.pictures)
    assert rows[0]["chroma_share"] == pytest.approx(0.3) and "background_error" not in rows[0]
    assert rows[0]["ab_error"] == pytest.approx(metrics.measure(DULL, TRUTH, GRAY)["ab_error"])
    assert stops.propose(rows).batch == 40, "no glitch in the opposite of all colors"
    stop = stops.propose(rows, 2.0, "ab_error")
    assert stop.batch == 20 and "1 of 3 snapshots have more" in stop.why() and "ab error" in stop.why()


def test_the_table_marks_the_stop_in_text_and_html():
    stop = stops.propose(stops.measure({20: TRUTH * 0.6, 0: DULL}, WORLD))
    lines = repr(stop).splitlines()
    assert [line.split()[0] for line in lines[1:3]] == ["0", "20"] and "← stop" in lines[2]
    assert stop.why() == lines[-1]
    table = stop._repr_html_()
    assert table.count("<tr>") == 3 and "20 ← stop" in table and "<caption>" in table


def test_what_does_not_fit_is_refused():
    with pytest.raises(ValueError, match="no snapshots"):
        stops.propose({})
    with pytest.raises(ValueError, match="Snapshot 20 paints"):
        stops.measure({0: DULL, 20: DULL[:3]}, WORLD)
