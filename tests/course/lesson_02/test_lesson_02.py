"""Lesson 02's dials, without a browser, and the theory behind them."""

import pytest
import torch

from colorlib import bins, color, models
from colorlib.course.lesson_02 import balloon_dial, sample_bins, temperature_dial, theory
from colorlib.course.lesson_02.balloon_dial import CHANCES
from colorlib.worlds import scenes


def test_theory_agrees_with_the_grid():
    palette = torch.tensor(scenes.DEFAULT_PALETTE)
    axis = torch.arange(-60.0, 71)
    grid = torch.cartesian_prod(axis, axis)
    for chances in CHANCES.values():
        p = torch.tensor(chances)
        for closed, loss in ((theory.mean, theory.squared), (theory.median, theory.absolute)):
            best = theory.best_color(grid, palette, p, loss)
            costs = [(p @ torch.stack([loss(c, t) for t in palette])).item() for c in (best, closed(palette, p))]
            assert costs[1] <= costs[0] + 1e-3
    drawn = [theory.sample(palette, torch.tensor([0.9, 0.0, 0.1])).tolist() for _ in range(300)]
    assert palette[1].tolist() not in drawn and 230 < drawn.count(palette[0].tolist()) < 295


def test_the_dial_paints_what_it_says():
    shown = balloon_dial()
    assert "mean" in shown.told.value and "chroma 10" in shown.told.value and "at the stop mean" in shown.view.value
    shown.slider.value = 3
    assert "mode" in shown.told.value and "a real balloon" in shown.told.value
    shown.slider.value, shown.menu.value = 2, "red 60 %, green 40 %"
    assert "chroma 72, a real balloon" in shown.told.value and "a = 60, b = 40" in shown.view.value
    plain = shown.dial
    inside = plain.cover > 0.99
    for ab in plain.palette:
        painted = color.rgb_to_lab(plain.paint(ab))[1:, inside].mean(dim=1)
        assert (painted - ab).norm() < 1.5


def test_the_temperature_goes_from_dull_to_strong_and_samples_differ():
    generator = models.load("ambiguous_classify")
    gray, _ = color.to_gray_ab(scenes.draw(3, size=32, seed=5, world="ambiguous").pictures)
    shown = temperature_dial(generator, gray, torch.ones(len(bins.ab_bins())))
    chroma = []
    for value in (1.0, 0.1, 0.0):
        shown.slider.value = value
        chroma.append(shown.colors().norm(dim=1).mean().item())
        assert f"temperature {value:.2f}" in shown.told.value
    assert chroma[0] < chroma[1] < chroma[2]
    shown.button.click()
    assert "a sample" in shown.told.value and not torch.equal(shown.colors(), shown.colors())
    shown.slider.value = 0.5
    assert "temperature 0.50" in shown.told.value


def test_samples_are_as_frequent_as_the_network_says():
    logits = torch.full((1, len(bins.ab_bins()), 64, 64), -1e4)
    logits[:, 200], logits[:, 20] = torch.log(torch.tensor([0.6, 0.4]))
    drawn = sample_bins(logits, torch.Generator().manual_seed(0)) * color.AB_SCALE
    near = (drawn - bins.ab_bins()[200].view(1, 2, 1, 1)).norm(dim=1) < 1
    assert near.float().mean() == pytest.approx(0.6, abs=0.03)
    assert torch.equal(drawn, sample_bins(logits, torch.Generator().manual_seed(0)) * 110)
