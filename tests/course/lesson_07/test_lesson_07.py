"""Lesson 07 without a browser: its plane, its chooser, its dice, and the recorded audits."""

import re

import numpy as np
import pytest
import scipy.stats
import torch

from colorlib import color, metrics, models, training
from colorlib.course.lesson_07 import choose, dice, exercises, plane
from colorlib.worlds import scenes

WORLD = scenes.draw(12, 32, seed=7, world="ambiguous")
GRAY, AB = color.to_gray_ab(WORLD.pictures)
CHANCES = (0.7, 0.2, 0.1)


@pytest.fixture(scope="module")
def arrows():
    """Trained as in the lesson, at its size `quick`."""
    palette = torch.tensor(scenes.DEFAULT_PALETTE) / plane.UNIT
    network = training.seeded(0, plane.Arrows)
    optimizer = torch.optim.Adam(network.parameters(), lr=6e-3)
    one_cycle = training.one_cycle(optimizer, 400)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        for _ in range(400):
            loss = exercises.flow_loss(network, palette[torch.multinomial(torch.tensor(CHANCES), 512, True)])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            one_cycle.step()
    return network


def test_one_step_ends_at_the_mean_and_twenty_at_the_colors_with_their_chances(arrows):
    noise = torch.randn(1000, 2, generator=torch.Generator().manual_seed(1))
    palette = torch.tensor(scenes.DEFAULT_PALETTE)
    with torch.no_grad():
        one, few, many = (plane.UNIT * exercises.draw(arrows, noise, steps) for steps in (1, 4, 20))
    assert (one.mean(dim=0) - torch.tensor(CHANCES) @ palette).norm() < 8 and one.std(dim=0).max() < 15
    figure = plane.ends_in_the_plane({"1 step": one, "20 steps": many})
    few, many = (metrics.palette_use(ends, palette) for ends in (few, many))
    assert (many - torch.tensor(CHANCES)).abs().max() < 0.05 and few[2] < many[2]
    near = [int(share) for share in re.findall(r"steps? (\d+)%", figure.alt)]
    assert near[0] < 20 and near[1] > 90


def test_the_slider_moves_the_time(arrows):
    widget = plane.FlowInThePlane(arrows)
    flow, start = widget.flow, widget.view.value
    assert torch.equal(flow.way[0], flow.noise) and len(flow.way) == plane.STEPS + 1
    assert "time 0.00" in widget.told.value and flow.told(0) in start
    widget.slider.value = plane.STEPS
    assert "time 1.00" in widget.told.value and flow.told(plane.STEPS) in widget.view.value != start
    assert sum(flow.near(plane.STEPS)) > 0.9 > 0.4 > sum(flow.near(0))
    text = widget.bundle()
    assert text["text/html"].count("<img alt=") == 3 and "time 0.50" in text["text/plain"]


def test_answers_differ_and_their_mean_is_between_them():
    network = models.Colorizer(training.seeded(0, models.build, "flow_unet", 32, 0.125)).eval()
    photograph = torch.randint(60, 200, (3, 40, 50), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    pictures = choose.answers(photograph, network, n=3, side=32)
    assert len({picture.numpy().tobytes() for picture in pictures}) == 3
    mean, *labs = map(color.rgb_to_lab, (choose.mean_of(pictures), *pictures))
    assert (mean - torch.stack(labs).mean(dim=0)).abs().mean() < 2


def test_who_repeats_itself_and_who_throws_dice():
    def built(name, **options):
        return models.Colorizer(training.seeded(0, models.build, name, 32, 0.125, **options)).eval()

    networks = {
        "repeats": built("unet", dropout=0.0),
        "dropout": built("pix2pix", levels=4, dropout=0.5),
        "pixels": built("pix2pix", levels=4, dropout=0.0, outputs="bins"),
        "flow": built("flow_unet"),
    }
    for name, network in networks.items():
        one, again = (dice.throws(network, GRAY[:2], 3, seed=1) for _ in range(2))
        assert one.shape == (3, 2, 2, 32, 32) and torch.equal(one, again)
        assert torch.equal(one[0], one[1]) == (name == "repeats")
        assert not any(module.training for module in network.modules())
        if name == "repeats":
            assert torch.equal(one[0], models.paint(network, GRAY[:2]))


def test_true_dice_have_their_chances_and_know_no_truth():
    thrown = dice.true_dice(WORLD, CHANCES, 200)
    audit = dice.audit(thrown, WORLD, CHANCES)
    assert audit["frequencies"] == pytest.approx(CHANCES, abs=0.03) and audit["undecided"] == 0
    assert audit["p_value"] > 0.01 and audit["spread"] < 0.1 and audit["off"] < 0.05
    outside = (WORLD.objects == 0)[:, None].expand_as(AB)
    assert torch.equal(thrown[3][outside], AB[outside])
    assert dice.alike(thrown, WORLD) == pytest.approx(0.54, abs=0.08)  # .7² + .2² + .1²
    assert dice.right(AB[None], WORLD) == 1 and dice.right(thrown, WORLD) < 0.75


def painted_objects(world, throws):
    """Samples of a world whose objects all have one palette color, a number for each throw; None leaves them gray."""
    samples = torch.zeros(len(throws), len(world), 2, 32, 32)
    for sample, number in zip(samples, throws, strict=True):
        if number is not None:
            sample += (world.palette[number] / color.AB_SCALE).view(2, 1, 1)
    return samples


def test_an_audit_counts_each_object_by_itself():
    objects = int((WORLD.palette_index >= 0).sum())
    always_red, in_turn = (dice.audit(painted_objects(WORLD, t), WORLD) for t in ([0] * 6, [0, 1, 2] * 2))
    assert always_red["frequencies"] == [1, 0, 0] and in_turn["frequencies"] == pytest.approx([1 / 3] * 3)
    assert (always_red["off"], in_turn["off"]) == (pytest.approx(2 / 3), pytest.approx(0))
    assert always_red["statistic"] == pytest.approx(12 * objects) and in_turn["statistic"] == pytest.approx(0)
    assert always_red["degrees"] == 2 * objects and always_red["p_value"] < 1e-9 < 1 == in_turn["p_value"]
    dull = dice.audit(painted_objects(WORLD, [None, 0, None, 0]), WORLD, (0.5, 0.25, 0.25))
    assert dull["undecided"] == 0.5 and dull["off"] == pytest.approx(0.5) and dull["spread"] == 0
    for wrong in ((0.5, 0.5), (1, 0, 0)):
        with pytest.raises(ValueError, match="one chance above 0 for each of the 3"):
            dice.audit(AB[None], WORLD, wrong)


def test_an_audit_is_scipys_test_and_true_dice_pass_it():
    world, ps = WORLD[:1], []
    for seed in range(30):
        generator = torch.Generator().manual_seed(seed)
        thrown = torch.multinomial(torch.tensor(CHANCES), 60, replacement=True, generator=generator).tolist()
        found = dice.audit(painted_objects(world, thrown), world, CHANCES)
        counts, objects = np.bincount(thrown, minlength=3), found["degrees"] // 2
        whole = scipy.stats.chisquare(counts, 60 * np.array(CHANCES))
        assert found["statistic"] == pytest.approx(objects * whole.statistic, rel=1e-4)
        assert found["p_value"] == pytest.approx(scipy.stats.chi2.sf(found["statistic"], found["degrees"]), abs=1e-6)
        ps.append(whole.pvalue)
    assert 0.3 < np.mean(ps) < 0.7


def test_an_interval_of_three_seeds():
    assert dice.interval([0.3, 0.3, 0.3]) == (pytest.approx(0.3), pytest.approx(0))
    mean, reach = dice.interval([1.0, 2.0, 3.0])
    assert mean == 2 and reach == pytest.approx(4.303 / 3**0.5, rel=1e-3)
    assert dice.interval([0.5]) == (0.5, 0)
