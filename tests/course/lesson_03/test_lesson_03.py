"""The color GAN of lessons 03 and 04, and its lab, without a browser."""

import copy

import pytest
import torch
from torch.nn.utils import parameters_to_vector as vector

from colorlib import color
from colorlib.course import page
from colorlib.course.lesson_03 import color_gan_lab, exercises
from colorlib.course.lesson_03.color_gan import GAMES, ColorGAN
from colorlib.course.lesson_03.gan_lab import GUESSING, Reading, paint_dots
from colorlib.course.recorded import Sweep, card_of


@pytest.mark.parametrize("mine, other", [("critic", "generator"), ("generator", "critic")])
def test_a_step_moves_one_network_and_leaves_the_other_untouched(mine, other):
    gan = ColorGAN()
    gan.rounds(2)  # so that both optimizers have a past, and both networks a gradient
    before = {name: vector(getattr(gan, name).parameters()) for name in (mine, other)}
    gradients = [values.grad.clone() for values in getattr(gan, other).parameters()]
    getattr(gan, f"{mine}_step")()
    assert not torch.equal(vector(getattr(gan, mine).parameters()), before[mine])
    assert torch.equal(vector(getattr(gan, other).parameters()), before[other])
    assert all(torch.equal(v.grad, old) for v, old in zip(getattr(gan, other).parameters(), gradients, strict=True))
    assert all(values.requires_grad for values in gan.critic.parameters())


@pytest.mark.parametrize("saturating", [False, True])
def test_pushes_point_uphill_and_tell_the_slope(saturating):
    gan = ColorGAN(saturating=saturating)
    gan.critic_steps(10)
    fakes, pushes = gan.fakes(), gan.pushes()
    steps = 0.1 * pushes / pushes.norm(dim=1, keepdim=True)
    assert (gan.verdict(fakes + steps) > gan.verdict(fakes)).all()
    with torch.no_grad():
        below, above = (gan.generator_loss(ab / color.AB_SCALE) for ab in (fakes - steps, fakes + steps))
    falls = len(fakes) * (below - above) / 0.2  # a Lab unit, all fakes together
    assert falls.item() == pytest.approx(pushes.norm(dim=1).sum().item(), rel=0.03)


@pytest.mark.parametrize("seed", range(4))
def test_the_story_that_the_lesson_tells(seed):
    gan = ColorGAN(seed)
    assert gan.shares().sum() < 0.1 and gan.fakes().norm(dim=1).mean() < 20
    assert gan.now()["critic"] == pytest.approx(GUESSING, abs=0.15)
    gan.critic_steps(10)
    assert min(gan.now()["right_on_real"], gan.now()["right_on_fake"]) > 0.9
    alone = copy.deepcopy(gan)
    for _ in range(10):
        alone.generator_step()
    assert alone.shares().sum() < 0.15 and alone.now()["right_on_fake"] == 0  # fooled where nothing is real
    assert (gan.verdict(gan.palette) > 0).all() and gan.verdict(gan.palette.mean(dim=0)) < 0
    gan.rounds(200)
    shares = gan.shares()
    assert shares.sum() > 0.75 and (shares >= 0.1).sum() >= 2
    sure = ColorGAN(seed)
    sure.critic_steps(50)
    assert sure.now()["critic"] < 0.1
    long, sure.saturating = sure.pushes().norm(dim=1).mean(), True
    assert sure.pushes().norm(dim=1).mean() < long / 30  # saturating arrows vanish where the critic is sure


def test_a_button_does_what_it_says_and_starting_again_undoes_it():
    lab = color_gan_lab()
    start = lab.view.value, lab.told.value
    buttons = {"One critic step": (1, 0), "One generator step": (0, 1), "Ten critic steps": (10, 0)}
    for name, steps in (buttons | {"Ten rounds": (10, 10)}).items():
        lab.buttons[name].click()
        assert (lab.gan.steps("critic"), lab.gan.steps("generator")) == steps
        assert lab.view.value != start[0]
        words = page.plain(lab.told.value)
        assert f"Critic , steps: {steps[0]}." in words and f"Generator , steps: {steps[1]};" in words
        lab.buttons["Start again"].click()
        assert (lab.view.value, lab.told.value) == start


def test_the_menu_switches_the_loss_of_the_gan_on_the_screen():
    lab = color_gan_lab()
    lab.gan.critic_steps(40)
    lab.buttons["Ten critic steps"].click()
    words, now = page.plain(lab.told.value), lab.gan.now()
    assert f"Its loss is {now['critic']:.2f}, where guessing costs 2 ln 2 = 1.39" in words
    assert "100% of the real dots and 100% of the fakes" in words and "0% near red" in words
    gan, arrows = lab.gan, Reading(lab.gan).told()
    before = lab.view.value
    lab.menu.value = "the minimax's own (saturating)"
    assert lab.gan is gan and gan.saturating and lab.view.value != before
    assert lab.told.value == page.box(Reading(gan).told()) and Reading(gan).told() != arrows
    lab.buttons["Start again"].click()
    assert lab.gan is not gan and lab.gan.saturating
    lab.menu.value = "fool the critic (in use)"
    assert not lab.gan.saturating


def test_dots_are_drawn_in_their_own_color():
    ab = torch.tensor([[60.0, 40.0], [0.0, 0.0]])
    lab = color.rgb_to_lab(torch.tensor(paint_dots(ab)).T[:, None])[:, 0].T
    assert torch.allclose(lab, torch.tensor([[55.0, 60, 40], [55, 0, 0]]), atol=0.5)


def test_receptive_fields_by_hand():
    assert exercises.receptive_field([(4, 2), (4, 2), (4, 2), (4, 1), (4, 1)]) == 70
    assert exercises.receptive_field([(4, 2), (4, 1), (4, 1)]) == 16 and exercises.receptive_field([]) == 1


@pytest.mark.parametrize("seed", range(3))
def test_a_critic_that_meets_red_fakes_alone_distrusts_red(seed):
    gan = ColorGAN(seed)
    for _ in range(100):
        fakes = gan.palette[0] + gan.spread * torch.randn(gan.dots, 2, generator=gan.dice)
        gan._step(gan.critic, *gan._judged(gan.real(), fakes / color.AB_SCALE))
    red, blue, green = gan.verdict(gan.palette).sigmoid()
    assert 0.1 < red < 0.35 and min(blue, green) > 0.99


def test_what_the_lesson_says_of_its_records():
    same, history = Sweep("pix2pix_l1"), card_of("ambiguous_pix2pix")["history"]
    assert max(same.seeds("L1 alone", "chroma_share")) < 0.3 and max(same.seeds("L1 alone", "palette_use")) == 0
    assert min(same.seeds("L1 and a critic", "palette_use")) > 0.2
    for measure in ("ab_error", "chroma_share", "object_spread"):  # color has its price
        assert max(same.seeds("L1 alone", measure)) < min(same.seeds("L1 and a critic", measure))
    first, best = history[0], max(history, key=lambda row: row["adversarial"])
    assert best["adversarial"] > 1.9 * first["adversarial"]
    assert best["valid_chroma_share"] > 4 * first["valid_chroma_share"]
    assert Sweep("pix2pix_lambda").history("λ = 1000")[-1]["right_on_fake"] > 0.99
    held_out = card_of("photo_pix2pix")["at_side"]
    bolder = [row["photo_pix2pix"][0]["colorfulness"] / row["truth"][0]["colorfulness"] for row in held_out.values()]
    assert bolder == sorted(bolder) and bolder[1] < 1 < bolder[2]


def test_readers_without_a_kernel_see_three_stages_that_were_computed():
    bundle = color_gan_lab(seed=2).bundle()
    gan, text = ColorGAN(seed=2), bundle["text/html"]
    assert text.count("<img alt=") == 3 and text.count("<figcaption>") == 3
    for total, more in ((0, 0), (30, 30), (200, 170)):
        gan.rounds(more)
        assert f"after {total} rounds: {Reading(gan).near()}" in text
        assert Reading(gan).described() in bundle["text/plain"]


@pytest.mark.parametrize("disturbed", [0.0, 1e-4])
def test_the_games_of_the_quiz_on_curves_are_what_their_answers_say(disturbed):
    """Other machines round otherwise: a small push at the start must not change which game is which."""
    curves, shares = {}, {}
    for name, settings in GAMES.items():
        game, seen = ColorGAN(seed=1, **settings), []
        with torch.no_grad():
            for weights in game.generator.parameters():
                weights += disturbed * torch.randn(weights.shape, generator=torch.Generator().manual_seed(9))
        for _ in range(20):
            game.rounds(20)
            seen.append(game.shares())
        curves[name] = torch.tensor(game.history["right_on_fake"]).view(20, 20).mean(dim=1)
        shares[name] = torch.stack(seen)
    swings = {name: (curve.max() - curve.min()).item() for name, curve in curves.items()}
    assert swings["A"] > 0.6 and shares["A"].max() > 0.6 and shares["A"][-1].min() < 0.1  # a collapse
    assert swings["B"] < 0.35 and shares["B"][-1].min() > 0.15 and 0.3 < curves["B"][-1] < 0.7  # healthy
    assert curves["C"][-4:].min() > 0.9 and shares["C"][-1].max() < 0.1  # the critic has won
