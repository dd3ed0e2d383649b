"""Lesson 04's widgets, without a browser: two piles, the heights of a critic, color GANs that measure a distance."""

import math

import pytest
import torch
from scipy.optimize import linprog
from scipy.spatial.distance import jensenshannon
from scipy.stats import wasserstein_distance

from colorlib import color
from colorlib.course import page
from colorlib.course.lesson_03 import color_gan, gan_lab
from colorlib.course.lesson_04 import distance_gans, distance_lab, heights, piles
from colorlib.course.lesson_04.distance_lab import distance_gan_lab
from colorlib.course.lesson_04.heights import be_the_critic
from colorlib.course.lesson_04.piles import two_piles

ROOM = color.AB_SCALE


def dice(seed=0):
    return torch.Generator().manual_seed(seed)


# --- two piles ---


@pytest.mark.parametrize("seed", range(4))
def test_both_distances_are_those_of_scipy(seed):
    one, other = torch.randn(2, 300, generator=dice(seed), dtype=torch.float64)
    other = 0.5 * other + seed
    assert piles.wasserstein(one, other) == pytest.approx(wasserstein_distance(one, other), abs=1e-12)
    shares = [torch.histogram(sample, piles.BINS.double()).hist / 300 for sample in (one, other)]
    theirs = jensenshannon(*(share.numpy() for share in shares)) ** 2
    assert piles.jensen_shannon(one, other, piles.BINS) == pytest.approx(theirs, abs=1e-12)


def test_far_apart_one_tells_how_far_and_the_other_nothing():
    one, bins = [0.0, 1, 2], torch.arange(-1, 40)
    for far in (5, 10, 30):
        moved = [number + far for number in one[::-1]]
        assert piles.wasserstein(one, moved) == pytest.approx(far)
        assert piles.jensen_shannon(one, moved, bins) == pytest.approx(math.log(2))
    assert piles.wasserstein(one, one[::-1]) == piles.jensen_shannon(one, one[::-1], bins) == 0


@pytest.mark.parametrize("other", [[1.0], [], [[1.0, 2, 3]]])
def test_numbers_without_a_partner_are_refused(other):
    with pytest.raises(ValueError, match="needs a partner.*\\(3,\\)"):
        piles.wasserstein([1.0, 2, 3], other)
    with pytest.raises(ValueError, match="needs a partner"):
        piles.wasserstein([], [])


@pytest.mark.parametrize("wrong", [[], [0.5, 99.0]])
def test_numbers_outside_all_bins_are_refused(wrong):
    with pytest.raises(ValueError, match="between the first and the last edge"):
        piles.jensen_shannon([0.5, 0.6], wrong, [0.0, 1, 2])


def test_the_slider_moves_the_pile_and_the_card_says_both_slopes():
    shown = two_piles()
    far = shown.view.value
    assert "W₁ by 1.00 and Jensen–Shannon by 0.00." in shown.told.value and "They share no place" in far
    shown.slider.value = 1.5
    assert "They overlap" in shown.view.value and "around 1.5" in shown.view.value
    w, js = shown.piles.distances(1.5)
    after, before = shown.piles.distances(2.0), shown.piles.distances(1.0)
    words = page.plain(shown.told.value)
    assert f"W₁ is {w:.2f}, Jensen–Shannon {js:.2f}" in words
    assert f"by {after[0] - before[0]:.2f} and Jensen–Shannon by {after[1] - before[1]:.2f}." in words
    assert after[1] - before[1] > 0.1
    shown.slider.value = -8
    assert "W₁ by -1.00 and Jensen–Shannon by 0.00." in shown.told.value


def test_every_shift_of_the_slider_can_be_shown():
    """The outermost bins are filled at the ends: nothing may fall out of them, beyond the ends neither."""
    plain = piles.Piles()
    for shift in (-10.0, 10.0):
        assert [abs(slope) for slope in plain.slopes(shift)] == pytest.approx([1, 0], abs=1e-9)
    w, js = plain.curves()
    assert min(w) == w[20] < 0.2 and min(js) == js[20] < 0.05 and len(w) == len(js) == 41


# --- the critic's heights ---


def random_piles(seed):
    return [row.bincount(minlength=9).tolist() for row in torch.randint(9, (2, 6), generator=dice(seed))]


@pytest.mark.parametrize("seed", range(20))
def test_no_critic_scores_more_than_the_sorted_distance(seed):
    """Kantorovich and Rubinstein's theorem, by linear programming."""
    real, painted = random_piles(seed)
    gain = torch.tensor(real) - torch.tensor(painted)
    step = torch.eye(9)[1:] - torch.eye(9)[:-1]
    limits = {"A_ub": torch.cat((step, -step)).numpy(), "b_ub": [1] * 16, "bounds": [(-4, 4)] * 9}
    most = -linprog(-(gain / 6).numpy(), **limits).fun
    assert heights.distance(real, painted) == pytest.approx(most, abs=1e-6)
    best = heights.best(real, painted)
    assert heights.score(best, real, painted) == pytest.approx(most, abs=1e-6)
    assert heights.too_steep(best) == []
    assert all(abs(height) <= 4 and (2 * height).is_integer() for height in best)  # the sliders can be set so


def test_the_first_piles_ask_for_more_than_a_straight_line():
    real, painted = heights.FIRST
    assert sum(real) == sum(painted) == heights.EACH and len(real) == len(painted) == heights.PLACES
    lines = [[slope * (place - 4) for place in range(9)] for slope in (-1, 1)]
    goal = heights.distance(real, painted)
    assert max(heights.score(line, real, painted) for line in lines) < goal - 1
    turns = torch.tensor(heights.best(real, painted)).diff().diff()
    assert (turns != 0).sum() == 2  # down, up and down again


def test_new_piles_are_worth_a_critic():
    throws = dice(1)
    drawn = [heights.draw_piles(throws) for _ in range(30)]
    assert all(sum(real) == sum(painted) == 6 and heights.distance(real, painted) >= 1 for real, painted in drawn)
    assert len({str(pair) for pair in drawn}) > 25


def test_the_sliders_are_scored_and_steep_ones_do_not_count():
    shown = be_the_critic()
    assert [slider.description for slider in shown.sliders] == [f"Height at {place}" for place in range(9)]
    assert "<b>0.00</b> above the painted" in shown.told.value and "It can be 2.33 more" in shown.told.value
    shown.sliders[0].value = 1  # where two of six real numbers stand
    assert "<b>0.33</b> above" in shown.told.value and "It can be 2.00 more" in shown.told.value
    before = shown.view.value
    shown.sliders[0].value = 4
    words = page.plain(shown.told.value)
    assert "Too steep between 0 and 1 (-4)" in words and "does not count" in words and "above" not in words
    assert shown.view.value != before and "too steep from 0 to 1." in shown.view.value


def test_the_buttons_set_all_heights_and_bring_new_piles():
    shown = be_the_critic()
    shown.buttons["Show a best one"].click()
    assert shown.heights == heights.best(*heights.FIRST) and "Higher is not possible" in shown.told.value
    view = shown.view.value
    shown.buttons["New piles"].click()
    assert (shown.real, shown.painted) != heights.FIRST and shown.view.value != view
    assert "Higher is not possible" not in shown.told.value
    shown.buttons["Show a best one"].click()
    assert "Higher is not possible" in shown.told.value
    shown.buttons["All to 0"].click()
    assert shown.heights == [0] * 9
    shown.sliders[4].value = 0.5  # and one slider alone still draws
    assert "0, 0, 0, 0, 0.5, 0, 0, 0, 0" in shown.view.value


# --- the color GANs ---


def straightness(gan):
    """The share of the critic's variance over the plane that one tilted plane explains."""
    axis = torch.linspace(-ROOM, ROOM, 31)
    places = torch.cat((torch.cartesian_prod(axis, axis), torch.ones(31 * 31, 1)), dim=1)
    high = gan.verdict(places[:, :2])[:, None]
    rest = high - places @ torch.linalg.lstsq(places, high).solution
    return 1 - (rest.square().sum() / (high - high.mean()).square().sum()).item()


@pytest.mark.parametrize("seed", range(2))
def test_the_penalty_finds_all_colors_and_keeps_them(seed):
    gan = distance_gans.PenaltyGAN(seed)
    start = gan.now()["distance"]
    gan.rounds(60)
    assert gan.shares().min() >= 0.1 and gan.shares().sum() > 0.7
    gan.rounds(60)
    now = gan.now()
    assert gan.shares().min() >= 0.1 and gan.shares().sum() > 0.75
    assert now["distance"] < start / 2 and now["estimate"] < start / 2
    assert 0.75 < now["slope_at_dots"] < 1.25 and 0.75 < now["slope_between"] < 1.25


@pytest.mark.parametrize("seed", range(2))
def test_a_penalized_critic_bends_and_a_clipped_one_stays_straight(seed):
    penalized, clipped = distance_gans.PenaltyGAN(seed), distance_gans.ClippedGAN(seed, clip=0.1)
    for gan in (penalized, clipped):
        for _ in range(100):
            gan.critic_step()
    assert straightness(penalized) < 0.4 < 0.75 < straightness(clipped)
    middle = clipped.palette.mean(dim=0)
    assert (penalized.verdict(penalized.palette) > penalized.verdict(middle)).all()
    assert not (clipped.verdict(clipped.palette) > clipped.verdict(middle)).all()


@pytest.mark.parametrize("lam_gp, excess", [(1.0, 0.25), (10.0, 0.025)])
def test_a_critic_left_alone_measures_the_distance(lam_gp, excess):
    """Where the slope is s, the critic gains s·W and pays λ(s − 1)²: its best s is 1 + W / 2λ, and W about one half."""
    gan = distance_gans.PenaltyGAN(1, lam_gp=lam_gp)
    for _ in range(250):
        gan.critic_step()
    now = gan.now()
    assert now["slope_between"] == pytest.approx(1 + excess, abs=0.1)
    assert now["estimate"] == pytest.approx((1 + excess) * now["distance"], rel=0.1)


def test_published_clipping_leaves_next_to_no_slope():
    gan = distance_gans.ClippedGAN()
    gan.rounds(30)
    assert max(weight.abs().max() for weight in gan.critic.parameters()) <= 0.01 + 1e-9
    assert 0 < gan.now()["slope_between"] < 0.01 and gan.shares().min() < 0.1


def test_the_distance_in_the_plane_is_by_the_best_pairs():
    one = torch.randn(40, 2, generator=dice())
    mixed = one[torch.randperm(40, generator=dice(1))]
    assert distance_gans.wasserstein(one, mixed) == 0
    assert distance_gans.wasserstein(one, mixed + torch.tensor([3.0, 4.0])) == pytest.approx(5, rel=1e-5)
    line = torch.rand(2, 40, 1, generator=dice(2)) * torch.tensor([1.0, 0.0])
    sorted_ = piles.wasserstein(line[0, :, 0], line[1, :, 0])
    assert distance_gans.wasserstein(*line) == pytest.approx(sorted_, rel=1e-5)


def test_every_critic_step_has_fresh_dots_and_a_generator_step_follows():
    seen = []

    class Watched(distance_gans.DistanceGAN):
        def critic_loss(self, real, fake):
            assert not fake.requires_grad
            seen.append((real, fake))
            return super().critic_loss(real, fake)

    gan = Watched(n_critic=3, dots=8)
    gan.rounds(2)
    assert gan.steps("critic") == 6 and gan.steps("generator") == 2
    for kind in zip(*seen, strict=True):
        assert len(kind) == 6 and not any(torch.equal(kind[i], kind[j]) for i in range(6) for j in range(i))


@pytest.mark.parametrize("make", [*distance_lab.KINDS.values(), distance_gans.DistanceGAN])
def test_looking_changes_nothing_and_a_seed_takes_one_course(make):
    first, second = make(seed=3), make(seed=3)
    for gan in (first, second):
        gan.rounds(2)
        if gan is second:
            reading = distance_lab.reading_of(gan)
            gan_lab.plane(gan, reading=reading), gan_lab.told(gan, reading)
        gan.rounds(2)
    assert first.history == second.history and torch.equal(first.fakes(), second.fakes())


def test_arrows_climb():
    gan = distance_gans.PenaltyGAN()
    gan.rounds(5)
    moved = gan.fakes() + gan.pushes() * 10
    assert gan.verdict(moved).mean() > gan.verdict(gan.fakes()).mean()


@pytest.mark.parametrize(
    "make, wrong",
    [
        (distance_gans.DistanceGAN, {"n_critic": 0}),
        (distance_gans.ClippedGAN, {"clip": 0.0}),
        (distance_gans.PenaltyGAN, {"lam_gp": -1.0}),
        (distance_gans.PenaltyGAN, {"lam_gp": math.nan}),
    ],
)
def test_what_cannot_be_built_is_refused(make, wrong):
    with pytest.raises(ValueError, match=f"not {list(wrong.values())[0]}"):
        make(**wrong)


# --- their lab ---


def test_the_menu_starts_again_with_another_critic():
    lab = distance_gan_lab()
    assert type(lab.gan) is color_gan.ColorGAN and "2 ln 2" in lab.told.value and "probability" in lab.view.value
    lab.buttons["Ten rounds"].click()
    lab.menu.value = "slope penalized"
    assert isinstance(lab.gan, distance_gans.PenaltyGAN) and lab.gan.steps("critic") == 0
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
    gan = distance_gans.PenaltyGAN()
    gan.rounds(5)
    assert distance_lab.heights(gan, gan.fakes()).mean().item() == pytest.approx(0, abs=1e-3)
    estimate = distance_lab.heights(gan, gan.same_real * ROOM).mean().item()
    assert estimate == pytest.approx(gan.now()["estimate"], abs=1e-3)
    steep = distance_lab.heights(gan, torch.tensor([[20.0, 0.0], [20.1, 0.0]])).diff().item() / 0.1
    assert abs(steep) < 1.5  # a Lab unit of height a Lab unit of color: not 110 times as much


@pytest.mark.parametrize("make, pictures", [(two_piles, 3), (be_the_critic, 1), (distance_gan_lab, 4)])
def test_readers_without_a_kernel_see_it_computed(make, pictures):
    bundle = make().bundle()
    assert bundle["text/html"].count("<img alt=") == pictures
    words = bundle["text/plain"]
    if make is two_piles:
        assert all(f"Shift {shift} : W₁ is {shift}.07" in words for shift in (8, 5, 1))
    elif make is be_the_critic:
        assert "holds the real 2.33 above the painted. W₁ by sorting: 2.33." in words
    else:
        gan = distance_gans.PenaltyGAN()
        gan.rounds(50)
        assert f"slope penalized, after 50 rounds: {gan_lab.near(gan)}" in words
        assert gan_lab.described(gan, distance_lab.Heights) in words
