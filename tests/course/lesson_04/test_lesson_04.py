"""Lesson 04's widgets, without a browser: two piles, the heights of a critic, color GANs that measure a distance."""

import math

import pytest
import torch
from scipy.optimize import linprog
from scipy.stats import wasserstein_distance
from test_losses import dice

from colorlib import color
from colorlib.course import page
from colorlib.course.lesson_03 import color_gan
from colorlib.course.lesson_04 import be_the_critic, distance_gan_lab, distance_gans, piles, two_piles
from colorlib.course.lesson_04.be_the_critic import FIRST, Task, too_steep
from colorlib.course.lesson_04.distance_gans import DistanceGAN


@pytest.mark.parametrize("seed", range(4))
def test_the_sorted_distance_is_that_of_scipy(seed):
    one, other = torch.randn(2, 6, generator=dice(seed), dtype=torch.float64)
    other = 0.5 * other + seed
    assert piles.earth_moved(one, other) == pytest.approx(wasserstein_distance(one, other), abs=1e-12)
    with pytest.raises(ValueError, match="needs a partner"):
        piles.earth_moved(one, other[:1])


def test_far_apart_one_tells_how_far_and_the_other_nothing():
    """At the outermost shifts, too: nothing may fall out of the bins at the ends."""
    demo = piles.Piles()
    demo.painted = demo.real.flip(0)
    assert demo.distances(0) == (0, 0)
    for far in (5, 10, -10):
        assert demo.distances(far) == pytest.approx((abs(far), math.log(2)))
    for curve, low in zip(two_piles().curves.values(), (0.2, 0.05), strict=True):
        assert min(curve) == curve[20] < low and len(curve) == 41


@pytest.mark.parametrize("seed", range(20))
def test_no_critic_scores_more_than_the_sorted_distance(seed):
    """Kantorovich and Rubinstein's theorem, by linear programming."""
    task = Task(*(row.bincount(minlength=9).tolist() for row in torch.randint(9, (2, 6), generator=dice(seed))))
    step = torch.eye(9)[1:] - torch.eye(9)[:-1]
    limits = {"A_ub": torch.cat((step, -step)).numpy(), "b_ub": [1] * 16, "bounds": [(-4, 4)] * 9}
    most = -linprog(-(task.surplus / 6).numpy(), **limits).fun
    best = task.best()
    assert most == pytest.approx(task.goal, abs=1e-6) and task.score(best) == pytest.approx(most, abs=1e-6)
    assert too_steep(best) == []
    assert all(abs(height) <= 4 and (2 * height).is_integer() for height in best)  # the sliders can be set so


def test_the_sliders_are_scored_and_steep_ones_do_not_count():
    shown = be_the_critic()
    assert [slider.description for slider in shown.sliders] == [f"Height at {place}" for place in range(9)]
    assert "<b>0.00</b> above the painted" in shown.told.value and "It can be 2.33 more" in shown.told.value
    shown.sliders[0].value = 1  # where two of six real numbers stand
    assert "<b>0.33</b> above" in shown.told.value and "It can be 2.00 more" in shown.told.value
    shown.sliders[0].value = 4
    words = page.plain(shown.told.value)
    assert "Too steep between 0 and 1 (-4)" in words and "does not count" in words and "above" not in words
    assert "too steep from 0 to 1." in shown.view.value


def test_the_buttons_set_all_heights_and_bring_new_piles_that_are_worth_a_critic():
    shown, drawn = be_the_critic(), set()
    for _ in range(5):
        drawn.add(str((shown.task.real, shown.task.painted)))
        assert sum(shown.task.real) == sum(shown.task.painted) == 6 and shown.task.goal >= 1
        shown.buttons["Show a best one"].click()
        assert "Higher is not possible" in shown.told.value
        view = shown.view.value
        shown.buttons["New piles"].click()
        assert shown.view.value != view and "Higher is not possible" not in shown.told.value
    assert len(drawn) == 5 and str(FIRST) in drawn
    shown.buttons["All to 0"].click()
    assert {slider.value for slider in shown.sliders} == {0}
    shown.sliders[4].value = 0.5  # and one slider alone still draws
    assert "0, 0, 0, 0, 0.5, 0, 0, 0, 0" in shown.view.value


@pytest.mark.parametrize("seed", range(2))
def test_the_penalty_finds_all_colors_and_keeps_them(seed):
    gan = DistanceGAN(seed, lam_gp=1)
    start = gan.now()["distance"]
    for rounds, near in ((60, 0.7), (60, 0.75)):
        gan.rounds(rounds)
        assert gan.shares().min() >= 0.1 and gan.shares().sum() > near
    now = gan.now()
    assert now["distance"] < start / 2 and now["estimate"] < start / 2
    assert 0.75 < now["slope_at_dots"] < 1.25 and 0.75 < now["slope_between"] < 1.25


@pytest.mark.parametrize("lam_gp, excess", [(1.0, 0.25), (10.0, 0.025)])
def test_a_critic_left_alone_measures_the_distance(lam_gp, excess):
    """Where the slope is s, the critic gains s·W and pays λ(s − 1)²: its best s is 1 + W / 2λ, and W about one half."""
    gan = DistanceGAN(1, lam_gp=lam_gp)
    gan.critic_steps(250)
    now = gan.now()
    assert now["slope_between"] == pytest.approx(1 + excess, abs=0.1)
    assert now["estimate"] == pytest.approx((1 + excess) * now["distance"], rel=0.1)


def test_published_clipping_leaves_next_to_no_slope():
    gan = DistanceGAN(clip=0.01)
    gan.rounds(30)
    assert max(weight.abs().max() for weight in gan.critic.parameters()) <= 0.01 + 1e-9
    assert 0 < gan.now()["slope_between"] < 0.01 and gan.shares().min() < 0.1


def test_the_distance_in_the_plane_is_by_the_best_pairs():
    one = torch.randn(40, 2, generator=dice())
    mixed = one[torch.randperm(40, generator=dice(1))]
    assert distance_gans.moved_in_the_plane(one, mixed) == 0
    assert distance_gans.moved_in_the_plane(one, mixed + torch.tensor([3.0, 4.0])) == pytest.approx(5, rel=1e-5)
    line = torch.rand(2, 40, 1, generator=dice(2)) * torch.tensor([1.0, 0.0])
    assert distance_gans.moved_in_the_plane(*line) == pytest.approx(piles.earth_moved(*line[..., 0]), rel=1e-5)


@pytest.mark.parametrize("make", [*distance_gans.KINDS.values(), DistanceGAN])
def test_looking_changes_nothing_and_a_seed_takes_one_course_whoever_else_throws_dice(make):
    first, second, other = make(seed=3), make(seed=3), make(seed=4)
    for gan in (first, second, other):
        gan.rounds(2)
        if gan is second:
            torch.rand(gan.dots)
            reading = distance_gan_lab().reading(gan)
            reading.plane(), reading.told()
        gan.rounds(2)
    assert first.history == second.history != other.history and torch.equal(first.fakes(), second.fakes())
    assert (first.steps("critic"), first.steps("generator")) == (4 * first.n_critic, 4)


def test_the_menu_starts_again_with_another_critic():
    lab = distance_gan_lab()
    assert type(lab.gan) is color_gan.ColorGAN and "2 ln 2" in lab.told.value and "probability" in lab.view.value
    lab.buttons["Ten rounds"].click()
    lab.menu.value = "slope penalized"
    assert lab.gan.lam_gp == 1 and lab.gan.steps("critic") == 0
    lab.buttons["Ten rounds"].click()
    words, now = page.plain(lab.told.value), lab.gan.now()
    assert "steps: 50. It holds the real dots" in words and f"have {now['distance']:.3g} Lab units to go" in words
    assert f"{now['slope_at_dots']:.2g} at the dots, {now['slope_between']:.2g} between" in words
    assert "ln 2" not in words and "probability" not in lab.view.value and "heights above the fakes" in lab.view.value
    lab.menu.value = "weights within ±0.1"
    assert lab.gan.clip == 0.1
    lab.buttons["Start again"].click()
    assert lab.gan.clip == 0.1 and lab.gan.steps("critic") == 0


def test_heights_are_told_above_the_mean_fake_in_lab_units():
    gan = DistanceGAN(lam_gp=1)
    gan.rounds(5)
    heights = distance_gans.Heights(gan).map
    assert heights(gan.fakes()).mean().item() == pytest.approx(0, abs=1e-3)
    assert heights(gan.same_real * color.AB_SCALE).mean().item() == pytest.approx(gan.now()["estimate"], abs=1e-3)
    steep = heights(torch.tensor([[20.0, 0.0], [20.1, 0.0]])).diff().abs() / 0.1
    assert steep < 1.5  # a Lab unit of height a Lab unit of color: not 110 times as much


def test_readers_without_a_kernel_see_it_computed():
    told = {make: make().bundle() for make in (two_piles, be_the_critic, distance_gan_lab)}
    assert [bundle["text/html"].count("<img alt=") for bundle in told.values()] == [3, 1, 4]
    words = [bundle["text/plain"] for bundle in told.values()]
    assert all(f"Shift {shift} : W₁ is {shift}.07" in words[0] for shift in (8, 5, 1))
    assert "holds the real 2.33 above the painted. W₁ by sorting: 2.33." in words[1]
    gan = DistanceGAN(lam_gp=1)
    gan.rounds(50)
    reading = distance_gans.Heights(gan)
    assert f"slope penalized, after 50 rounds: {reading.near()}" in words[2] and reading.described() in words[2]
