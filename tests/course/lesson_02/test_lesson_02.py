"""Lesson 02's dials, without a browser, and the theory behind them."""

import pytest
import torch

from colorlib import bins, color, data, models, training
from colorlib.course.lesson_02 import balloon_dial, photo_table, sample_bins, temperature_dial, theory
from colorlib.course.lesson_02.balloon_dial import CHANCES
from colorlib.course.lesson_02.exercises import training_step
from colorlib.course.recorded import Sweep
from colorlib.worlds import scenes

PALETTE = torch.tensor(scenes.DEFAULT_PALETTE)


def test_theory_agrees_with_the_grid():
    axis = torch.arange(-60.0, 71)
    grid = torch.cartesian_prod(axis, axis)
    for chances in CHANCES.values():
        p = torch.tensor(chances)
        for closed, loss in ((theory.mean, theory.squared), (theory.median, theory.absolute)):
            best = theory.best_color(grid, PALETTE, p, loss)
            costs = [(p @ torch.stack([loss(c, t) for t in PALETTE])).item() for c in (best, closed(PALETTE, p))]
            assert costs[1] <= costs[0] + 1e-3
    drawn = [theory.sample(PALETTE, torch.tensor([0.9, 0.0, 0.1])).tolist() for _ in range(300)]
    assert PALETTE[1].tolist() not in drawn and 230 < drawn.count(PALETTE[0].tolist()) < 295


def test_the_dial_paints_what_it_says():
    shown = balloon_dial()
    assert "mean" in shown.told.value and "chroma 10" in shown.told.value and "at the stop mean" in shown.view.value
    shown.slider.value = 3
    assert "mode" in shown.told.value and "a real balloon" in shown.told.value
    shown.slider.value, shown.menu.value = 2, "red 60 %, green 40 %"
    assert "chroma 72, a real balloon" in shown.told.value and "a = 60, b = 40" in shown.view.value
    for ab in shown.dial.palette:
        painted = color.rgb_to_lab(shown.dial.paint(ab))[1:, shown.dial.cover > 0.99].mean(dim=1)
        assert (painted - ab).norm() < 1.5


def test_the_temperature_goes_from_dull_to_strong_and_samples_differ():
    generator = models.load("ambiguous_classify")
    gray, _ = color.to_gray_ab(scenes.draw(3, size=32, seed=5, world="ambiguous").pictures)
    shown = temperature_dial(generator, gray, torch.ones(len(bins.ab_bins())))
    shown.button.click()
    assert "a sample" in shown.told.value and not torch.equal(shown.colors(), shown.colors())
    chroma = []
    for value in (0.9, 0.1, 0.0):
        shown.slider.value = value
        chroma.append(shown.colors().norm(dim=1).mean().item())
        assert f"temperature {value:.2f}" in shown.told.value
    assert chroma[0] < chroma[1] < chroma[2]


def test_samples_are_as_frequent_as_the_network_says():
    logits = torch.full((1, len(bins.ab_bins()), 64, 64), -1e4)
    logits[:, 200], logits[:, 20] = torch.log(torch.tensor([0.6, 0.4]))
    drawn = sample_bins(logits, torch.Generator().manual_seed(0)) * color.AB_SCALE
    near = (drawn - bins.ab_bins()[200].view(1, 2, 1, 1)).norm(dim=1) < 1
    assert near.float().mean() == pytest.approx(0.6, abs=0.03)
    assert torch.equal(drawn, sample_bins(logits, torch.Generator().manual_seed(0)) * 110)


def test_the_step_by_hand_is_the_librarys():
    recipe = training.build("cnn", size=32, width=0.25, lr=1e-3, batch_size=8)
    mine = models.build("cnn", size=32, width=0.25)
    mine.load_state_dict(recipe.generator.state_dict())
    optimizer = torch.optim.Adam(mine.parameters(), lr=1e-3)
    for batch in data.batches(data.load("ambiguous", n=27).train, batch_size=8):
        assert training_step(mine, optimizer, *batch) == pytest.approx(recipe.step(*batch)["mse"].item(), rel=1e-4)


def test_an_exact_tie_stays_dull_at_every_temperature_and_a_small_lead_does_not():
    def coldest(*chances):
        index, share = (part.flatten(1) for part in bins.soft_encode(PALETTE.view(3, 2, 1, 1) / color.AB_SCALE))
        likely = torch.full((len(bins.ab_bins()),), 1e-9)
        likely.index_add_(0, index.flatten(), (share * torch.tensor(chances)[:, None]).flatten())
        return bins.annealed_mean(likely.log().view(1, -1, 1, 1), 0.001).flatten() * color.AB_SCALE

    assert torch.cdist(coldest(1 / 3, 1 / 3, 1 / 3)[None], PALETTE).min() > 40
    assert (coldest(0.35, 0.33, 0.32) - PALETTE[0]).norm() < 1


def test_gray_beats_the_bold_network_and_loses_to_the_cautious_one():
    table = photo_table({"L1": "photo_l1", "bold": "photo_classify"}, "psnr", "ssim", "ab_error", "ciede2000")
    for name, better in (("psnr", 1), ("ssim", 1), ("ab_error", -1), ("ciede2000", -1)):
        bold, gray, cautious, truth = (better * table[row][name] for row in ("bold", "gray", "L1", "truth"))
        assert bold < gray < cautious < truth


def test_skips_help_most_in_small_things():
    sweep = Sweep("texture_skips")
    for name, most in (("detail_error", 0.4), ("texture_error", 0.85)):
        assert max(sweep.seeds("U-Net", name)) <= most * min(sweep.seeds("skips cut", name))


def test_l2_learns_old_pictures_by_heart_and_stays_dull_on_new_ones():
    sweep = Sweep("l2_by_heart")
    same, new = (sweep.history(variant) for variant in ("the same pictures", "new pictures"))
    assert len(same) == len(new) == 110
    assert all(row["valid_chroma"] < 15 and row["valid_seen_chroma"] < 15 for row in new[10:])
    assert same[-1]["valid_seen_chroma"] > 1.2 * same[-1]["valid_chroma"] > 2.4 * new[-1]["valid_chroma"]
    errors = [sweep.seeds(variant, "ab_error")[0] for variant in ("the same pictures", "new pictures")]
    assert errors[0] > errors[1]
