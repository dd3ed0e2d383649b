"""The adversarial recipes: who changes in whose step, what the critic sees, published settings, resume."""

import copy
import math
from functools import partial

import pytest
import torch
from test_training import interrupted, same_history, same_weights, stop

from colorlib import data, losses, models, training
from colorlib.course.lesson_03 import exercises
from colorlib.training import folder, frozen
from colorlib.worlds import scenes

PICTURES = scenes.draw(40, 32, seed=1, world="ambiguous").pictures
GRAY, AB = next(data.batches(PICTURES, 16, flips=False))
NAMES = training.ADVERSARIAL
RESUMED = {
    "cgan": {"patience": 0},
    "keras_gan": {"epochs": 6},
    "wgan_gp": {"critic_steps": 3},
    "flow": {"average": 0.2},
}


def recipe(name, size=32, **settings):
    critic = {"critic_width": 0.25} if name in NAMES else {}
    return training.build(name, size, **{"width": 0.125, "batch_size": 8, **critic, **settings})


def turn(a_recipe):
    """What both steps are given, from a generator whose dropout is the same each time."""
    torch.manual_seed(0)
    seen, truth = a_recipe.pair(GRAY, AB)
    return seen, truth, a_recipe.generator(seen)


def snapshot(network):
    """Weights and running statistics."""
    return copy.deepcopy(network.state_dict())


def equal(one, other):
    return all(torch.equal(one[key], other[key]) for key in one)


@pytest.mark.parametrize("mine, other", [("generator", "critic"), ("critic", "generator")])
@pytest.mark.parametrize("name", NAMES)
def test_each_step_changes_its_own_network_alone(name, mine, other):
    a_recipe = recipe(name)
    given, before = turn(a_recipe), {key: snapshot(network) for key, network in a_recipe.networks.items()}
    getattr(a_recipe, f"{mine}_step")(*given)
    assert equal(before[other], a_recipe.networks[other].state_dict())
    assert all(weight.grad is None and weight.requires_grad for weight in a_recipe.networks[other].parameters())
    after = a_recipe.networks[mine].state_dict()
    learned = [key for key in after if key.endswith(("weight", "running_mean"))]
    changed = [not torch.equal(before[mine][key], after[key]) for key in learned]
    assert all(changed) if mine == "critic" else any(changed)


def test_a_frozen_critic_judges_as_in_its_own_step():
    critic = models.build("patchgan", 32, 0.25)
    pictures = torch.cat((GRAY, AB), dim=1)
    own = critic(pictures)
    with frozen(critic):
        assert torch.equal(critic(pictures), own)
        assert not torch.equal(critic.eval()(pictures), own)  # its running statistics are others
    with pytest.raises(RuntimeError), frozen(critic):
        raise RuntimeError
    assert all(p.requires_grad for p in critic.parameters())


@pytest.mark.parametrize("name, told", [("pix2pix", True), ("pix2pix", False), ("cgan", True), ("keras_gan", False)])
def test_swapped_gray_is_noticed_by_conditional_critics_alone(name, told):
    """Learning to tell the true gray of some colors from another picture's: hopeless without the gray."""
    a_recipe = recipe(name, critic_lr=2e-3, conditional=told)
    seen, truth = a_recipe.pair(GRAY, AB)
    for _ in range(40):
        right, _ = a_recipe.verdict("real", seen, truth, 1.0)
        wrong, _ = a_recipe.verdict("fake", seen.flip(0), truth, 0.0)
        a_recipe.descend("critic", right + wrong)
    a_recipe.networks["critic"].eval()
    told_apart = a_recipe.judge(seen, truth).mean() - a_recipe.judge(seen.flip(0), truth).mean()
    assert told_apart > 1 if told else told_apart == 0


@pytest.mark.parametrize("size", [32, 256])
@pytest.mark.parametrize("name", NAMES)
def test_a_step_small_and_large(name, size):
    a_recipe = recipe(name, size, critic_width=0.125, critic_steps=1)
    gray, ab = next(data.batches(scenes.draw(2, size, world="shapes").pictures, 2))
    terms = a_recipe.step(gray, ab)
    own = {"wgan_gp": "critic_estimate penalty slope"}.get(name, "critic_real critic_fake right_on_real right_on_fake")
    more = "ms_ssim" if name == "pix2pix_ms_ssim" else ""
    assert set(terms) == set(f"critic_gradient adversarial l1 gradient {own} {more}".split())
    assert all(math.isfinite(value) for value in terms.values())
    assert terms["gradient"] > 0 and terms["critic_gradient"] > 0
    assert models.Colorizer(a_recipe.generator)(gray).shape == ab.shape


def test_cgan_takes_two_steps_of_the_generator_and_slows_down_on_a_plateau():
    a_recipe, taken = recipe("cgan", patience=1), []
    descend = a_recipe.descend
    a_recipe.descend = lambda name, loss: taken.append(name) or descend(name, loss)
    a_recipe.step(GRAY, AB)
    assert taken == ["critic", "generator", "generator"]
    for l1, lower in ((0.5, 1), (0.4, 1), (0.4, 1), (0.4, 0.1)):
        a_recipe.end_epoch({"l1": l1})
        rates = [a_recipe.optimizers[name].param_groups[0]["lr"] for name in ("generator", "critic")]
        assert rates == pytest.approx([lower * 3e-4, lower * 3e-5])


@pytest.mark.parametrize("name, highest", [("unet_l1", [1e-3]), ("cgan", [1e-3, 1e-4]), ("keras_gan", [1e-3, 1e-4])])
def test_steps_plan_one_cycle_however_often_a_network_steps(name, highest):
    critics = {"critic_width": 0.25, "critic_lr": 1e-4} if name in NAMES else {}
    a_recipe, rates = training.build(name, 32, width=0.125, steps=9, lr=1e-3, **critics), []
    for a_recipe.epoch in range(9):  # with noise in keras_gan's third
        rates.append([optimizer.param_groups[0]["lr"] for optimizer in a_recipe.optimizers.values()])
        a_recipe.step(GRAY, AB)
    rates, highest = torch.tensor(rates), torch.tensor(highest)
    torch.testing.assert_close(rates.amax(dim=0), highest, rtol=0.1, atol=0)
    assert (rates[-1] < 0.1 * highest).all() and (rates[0] < 0.2 * highest).all()


def test_keras_gan_shows_noise_in_every_third_epoch():
    a_recipe = recipe("keras_gan")
    shown = [a_recipe.step(GRAY, AB).keys() for a_recipe.epoch in range(6)]
    assert [epoch for epoch, terms in enumerate(shown) if "right_on_noise" in terms] == [2, 5]


def test_keras_gan_refits_a_critic_that_fell_behind():
    a_recipe = recipe("keras_gan", epochs=4, critic_lr=3e-3)
    a_recipe.begin(PICTURES.repeat(50, 1, 1, 1))
    before, generator = a_recipe.held_out_accuracy(), snapshot(a_recipe.generator)
    row = {"right_on_fake": 0.79, "l1": 0.2}
    a_recipe.end_epoch(row)
    assert before < 0.9 <= a_recipe.held_out_accuracy()
    assert 0 < row["refit_steps"] < 100 and row["refit_steps"] % 5 == 0
    assert equal(generator, a_recipe.generator.state_dict()) and a_recipe.generator.training
    assert a_recipe.networks["critic"].training
    for a_recipe.epoch, right in ((0, 0.81), (2, 0.1)):  # good enough; in the second half
        a_recipe.end_epoch(row := {"right_on_fake": right, "l1": 0.2})
        assert row["refit_steps"] == 0


@pytest.mark.parametrize("name, more", RESUMED.items())
def test_a_resumed_training_ends_with_the_same_weights(name, more, tmp_path, monkeypatch):
    """In mid-epoch: cgan's plateau, keras_gan's refit, wgan_gp before a generator's step, flow's average must go on."""
    monkeypatch.setattr(folder, "EVERY", 0)
    fit = partial(training.fit, pictures=PICTURES, progress=False, epochs=3)
    with pytest.warns(UserWarning, match="Stopped by hand"):
        fit(interrupted(stop, recipe(name, **more)), out=tmp_path)
    resumed, whole = fit(recipe(name, **more), out=tmp_path, resume=True), fit(recipe(name, **more))
    for network in whole.recipe.networks:
        same_weights(*(run.recipe.networks[network].state_dict() for run in (resumed, whole)))
    same_history(resumed.history, whole.history)
    assert name != "keras_gan" or any(row["refit_steps"] for row in whole.history)
    for one, other in zip(*(run.recipe.optimizers.values() for run in (resumed, whole)), strict=True):
        assert one.param_groups[0]["lr"] == pytest.approx(other.param_groups[0]["lr"])


def test_the_losses_on_logits():
    logits = torch.tensor([-3.0, 0.0, 2.0])
    softplus = torch.nn.functional.softplus
    torch.testing.assert_close(losses.adversarial(logits, 1.0), softplus(-logits).mean())
    torch.testing.assert_close(losses.adversarial(logits, 0.0), softplus(logits).mean())
    torch.testing.assert_close(losses.fooling(logits), softplus(-logits).mean())
    torch.testing.assert_close(losses.fooling(logits, saturating=True), -softplus(logits).mean())
    with pytest.raises(ValueError, match="between 0"):
        losses.adversarial(logits, 1.5)


def test_several_critic_steps_see_fresh_pictures_for_one_step_of_the_generator():
    a_recipe, seen, moved = recipe("pix2pix", critic_steps=3, steps=6, lr=1e-2), [], []
    step = a_recipe.critic_step
    a_recipe.critic_step = lambda gray, *rest: seen.append(gray.sum().item()) or step(gray, *rest)
    for gray, ab in list(data.batches(PICTURES, 6, flips=False))[:6]:
        before = [weight.clone() for weight in a_recipe.generator.parameters()]
        terms = a_recipe.step(gray, ab)
        moved.append(not all(map(torch.equal, before, a_recipe.generator.parameters())))
        assert moved[-1] == ("adversarial" in terms)
    assert moved == [False, False, True, False, False, True] and len(set(seen)) == 6
    # Each rate has gone through the whole of its own cycle.
    assert [a_recipe.schedulers[f"cycle {name}"].last_epoch for name in ("generator", "critic")] == [2, 6]


def test_the_steps_that_lesson_03_writes_are_the_librarys():
    a_recipe = recipe("pix2pix", dropout=0.0, lam=30)
    generator, critic = (copy.deepcopy(net) for net in a_recipe.networks.values())
    adam = [torch.optim.Adam(net.parameters(), 2e-4, (0.5, 0.999)) for net in (generator, critic)]
    for gray, ab in list(data.batches(PICTURES, 8, flips=False))[:3]:
        fake = generator(gray)
        critics = exercises.critic_step(critic, adam[1], gray, ab, fake)
        generators = exercises.generator_step(critic, adam[0], gray, ab, fake, 30)
        terms = a_recipe.step(gray, ab)
        assert critics == pytest.approx(float(terms["critic_real"] + terms["critic_fake"]) / 2, rel=1e-4)
        assert generators == pytest.approx(float(terms["adversarial"] + 30 * terms["l1"]), rel=1e-4)
