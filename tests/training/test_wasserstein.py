"""The gradient penalty against closed forms and the mistakes that are in print; the recipe that uses it."""

import math
from functools import partial
from itertools import product
from types import SimpleNamespace

import pytest
import torch
from test_adversarial import AB, GRAY, turn
from test_losses import dice
from torch import nn
from torch.func import functional_call

from colorlib import losses, models, training

FAKE = AB.flip(0) / 2


def recipe(size=32, **settings):
    return training.build("wgan_gp", size, **{"width": 0.125, "critic_width": 0.125, "batch_size": 8, **settings})


@pytest.mark.parametrize("length", [0.0, 0.5, 1.0, 3.0])
def test_a_linear_critic_has_one_slope_everywhere(length):
    """Exactly (‖w‖ − 1)², below 1 too, whatever the pictures; no single axis has that length."""
    weight = torch.nn.functional.normalize(torch.randn(2, 32, 32, generator=dice()), dim=(0, 1, 2)) * length

    def whole(shown):
        return (shown[:, 1:] * weight).sum(dim=(1, 2, 3))

    critics = [whole, lambda shown: whole(shown) + 100 * shown[:, 0].sum(dim=(1, 2))]  # steep in gray
    critics.append(lambda shown: (shown[:, 1:] * weight).sum(dim=1, keepdim=True) * 32 * 32)  # patches of the same mean
    for critic, fake in product(critics, (FAKE, torch.rand_like(AB), AB)):
        penalty = losses.gradient_penalty(critic, GRAY, AB, fake)
        torch.testing.assert_close(penalty, torch.tensor((length - 1) ** 2), atol=1e-5, rtol=1e-5)


def test_each_picture_has_a_place_of_its_own_on_the_way_from_fake_to_real():
    shown, seen, fake = [], torch.rand(2000, 1, 4, 4), torch.zeros(2000, 2, 4, 4)
    critic = nn.Sequential(nn.Flatten(), nn.Linear(48, 1))
    critic.register_forward_pre_hook(lambda _, pictures: shown.append(pictures[0].detach()))
    for seed in (0, 0, 1):
        losses.gradient_penalty(critic, seen, fake + 1, fake, dice(seed))
    places = shown[0][:, 1:]
    way = places[:, 0, 0, 0]
    assert torch.equal(places, way.view(-1, 1, 1, 1).expand_as(places))  # a straight line
    evenly = (torch.arange(2000) + 0.5) / 2000
    assert (way.sort().values - evenly).abs().max() < 0.05  # one of its own each, U(0, 1), none outside
    assert torch.equal(shown[0], shown[1]) and not torch.equal(shown[1], shown[2])
    assert all(torch.equal(pictures[:, :1], seen) for pictures in shown)


def test_where_the_slope_differs_the_penalty_is_a_mean_over_places():
    """Slope x at x, between 0 and 1: ∫(x − 1)² = 1/3. One place for all, or a normal one, gives another number."""
    penalty = losses.gradient_penalty(lambda x: x.square() / 2, None, torch.ones(4000, 1), torch.zeros(4000, 1), dice())
    assert penalty.item() == pytest.approx(1 / 3, abs=0.02)


def test_its_own_gradient_is_that_of_finite_differences():
    """Which takes a second derivative, exact in float64."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        critic = nn.Sequential(nn.Conv2d(3, 4, 3), nn.GroupNorm(1, 4), nn.Tanh(), nn.Conv2d(4, 1, 3)).double()
    pictures, weights = [part[:4, :, :8, :8].double() for part in (GRAY, AB, FAKE)], dict(critic.named_parameters())
    del weights["3.bias"]  # which no slope depends on

    def penalty(*values):
        of = dict(zip(weights, values, strict=True))
        return losses.gradient_penalty(lambda shown: functional_call(critic, of, shown), *pictures, dice())

    assert torch.autograd.gradcheck(penalty, (*weights.values(),), rtol=1e-5, atol=1e-7)
    assert max(slope.abs().max() for slope in torch.autograd.grad(penalty(*weights.values()), weights.values())) > 1e-2


def test_where_a_critic_is_flat_its_penalty_has_a_gradient():
    critic = nn.Linear(2, 1)
    nn.init.zeros_(critic.weight)
    losses.gradient_penalty(critic, None, torch.rand(8, 2), torch.rand(8, 2)).backward()
    assert critic.weight.grad.isfinite().all()


def test_nothing_but_the_critic_is_asked_to_change():
    critic = models.build("patchgan", 32, 0.125, norm="layer")
    seen, real, fake = (part.clone().requires_grad_() for part in (GRAY, AB, FAKE))
    losses.gradient_penalty(critic, seen, real, fake).backward()
    assert real.grad is None and fake.grad is None
    assert all(weight.grad.isfinite().all() for weight in critic.parameters() if weight.ndim > 1)
    with pytest.raises(ValueError, match="same shape"):
        losses.gradient_penalty(critic, GRAY, AB, FAKE[:1])


@pytest.mark.parametrize("norm, coupled", [("batch", True), ("layer", False), ("instance", False), ("none", False)])
def test_a_pictures_slope_depends_on_other_pictures_with_batch_norm_alone(norm, coupled):
    critic = models.build("patchgan", 32, 0.25, layers=2, norm=norm)
    one, other = (losses.slopes(critic, GRAY[index], AB[index])[0] for index in ([0, 1], [0, 5]))
    assert (abs(one - other) > 1e-3 * one) == coupled
    if not coupled:
        alone = losses.slopes(critic, GRAY[:1], AB[:1])[0]
        torch.testing.assert_close(one, alone, rtol=1e-4, atol=0)


@pytest.mark.parametrize("conditional", [True, "shuffled", False])
def test_its_critic_descends_what_the_losses_say(conditional):
    a_recipe, descended = recipe(lam_gp=7.0, conditional=conditional), []
    critic, (seen, truth, fake) = a_recipe.networks["critic"], turn(a_recipe)
    a_recipe.descend = lambda name, loss: descended.append(loss.item())
    torch.manual_seed(5)
    terms = a_recipe.critic_step(seen, truth, fake)
    beside = {True: seen, "shuffled": seen.roll(1, dims=0), False: None}[conditional]
    shown = (ab if beside is None else torch.cat((beside, ab), dim=1) for ab in (truth, fake))
    real_height, fake_height = (critic(pictures).mean() for pictures in shown)
    torch.manual_seed(5)
    penalty = losses.gradient_penalty(critic, beside, truth, fake)
    torch.testing.assert_close(terms["critic_estimate"], (real_height - fake_height).detach())
    torch.testing.assert_close(terms["penalty"], penalty.detach())
    assert descended == pytest.approx([(fake_height - real_height + 7 * penalty).item()], rel=1e-4)


def test_the_generator_pays_for_low_fakes_and_for_l1():
    a_recipe, descended = recipe(lam=30), []
    seen, truth, fake = turn(a_recipe)
    a_recipe.descend = lambda name, loss: descended.append((name, loss.item()))
    terms = a_recipe.generator_step(seen, truth, fake)
    assert terms["adversarial"] == pytest.approx(-a_recipe.judge(seen, fake).mean().item(), rel=1e-4)
    assert descended == [("generator", pytest.approx((terms["adversarial"] + 30 * terms["l1"]).item(), rel=1e-4))]


def test_the_penalty_holds_the_slope_near_1():
    slopes = []
    for lam_gp in (10.0, 0.0):
        a_recipe = recipe(critic_lr=2e-3, lam_gp=lam_gp)
        seen, truth, fake = turn(a_recipe)
        for _ in range(40):
            terms = a_recipe.critic_step(seen, truth, fake)
        slopes.append(terms["slope"].item())
    assert 0.8 < slopes[0] < 1.3 and slopes[1] > 5


def test_in_bf16_all_but_the_penalty_is_calculated_in_it():
    terms, autocast = [], partial(torch.autocast, "cpu", torch.bfloat16)
    for accelerator in (None, SimpleNamespace(num_processes=1, autocast=autocast)):
        a_recipe = recipe()
        given = turn(a_recipe)
        a_recipe.accelerator = accelerator
        terms.append(a_recipe.critic_step(*given))
    full, half = terms
    assert half["penalty"] == full["penalty"] and half["slope"] == full["slope"]
    assert half["critic_estimate"] != full["critic_estimate"]
    assert math.isfinite(half["critic_gradient"])


def test_a_critics_other_options_leave_its_norm_alone():
    assert recipe(critic_options={"slope": 0.0}).settings.critic_options == {"norm": "layer", "slope": 0.0}
