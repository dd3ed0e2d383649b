"""Flow matching: its target, its averaged weights, its samples; pictures of other sizes."""

import pytest
import torch
from torch.nn import functional as F

from colorlib import data, models, training
from colorlib.worlds import scenes

SMALL = dict(size=32, width=0.125, batch_size=8, lr=3e-3)
PICTURES = scenes.draw(16, 32, seed=2, world="ambiguous").pictures
GRAY, AB = next(data.batches(PICTURES, 8))


def recipe(**settings):
    return training.build("flow", **SMALL | settings)


def watch_arrows(a_recipe, answer):
    """The recipe's arrows become `answer(place, time)`, and what they are asked is kept."""
    network, asked = a_recipe.networks["trained"], []

    def arrows(place, time, gray):
        asked.append((place, time, gray))
        return answer(place, time) + 0 * sum(weights.sum() for weights in network.parameters())

    network.arrows = arrows
    return asked


def test_its_step_is_the_error_of_its_arrows():
    a_recipe = recipe()
    asked = watch_arrows(a_recipe, lambda place, time: torch.sin(3 * place) * time)
    loss = a_recipe.step(GRAY, AB)["mse"]
    (place, time, gray), colors = asked[0], 2.5 * F.avg_pool2d(AB, 2)
    noise = (place - time * colors) / (1 - time)
    assert time.shape == (8, 1, 1, 1) and time.unique().numel() == 8 and torch.equal(gray, GRAY)
    assert noise.std(dim=0).mean() == pytest.approx(1, abs=0.1) and noise.mean() == pytest.approx(0, abs=0.1)
    error = (torch.sin(3 * place) * time - (colors - noise)).square().mean()
    assert loss.item() == pytest.approx(error.item(), rel=1e-4)


def test_a_world_of_one_color_is_learned():
    ab = torch.tensor([0.4, -0.2]).view(1, 2, 1, 1).expand(8, 2, 32, 32)
    a_recipe = recipe(average=0.1, lr=1e-2)
    for _ in range(50):
        a_recipe.step(GRAY, ab)
    painted = models.sample(models.Colorizer(a_recipe.generator), GRAY, 2, steps=8)
    assert (painted - ab).mean(dim=(-1, -2)).abs().max() < 0.1 and (painted - ab).abs().mean() < 0.12


def test_the_generator_is_the_average_of_what_is_trained():
    a_recipe = recipe(average=0.25)
    before = [weights.clone() for weights in a_recipe.generator.parameters()]
    a_recipe.step(GRAY, AB)
    trained = a_recipe.networks["trained"].parameters()
    for mean, start, newest in zip(a_recipe.generator.parameters(), before, trained, strict=True):
        torch.testing.assert_close(mean, start.lerp(newest, 0.25))
        assert not mean.requires_grad and newest.requires_grad


def test_some_pictures_hide_their_gray():
    a_recipe = recipe(blind=0.5)
    asked = watch_arrows(a_recipe, lambda place, time: place)
    for _ in range(20):
        a_recipe.step(GRAY, AB)
    hidden = [(gray == 0).all(dim=(1, 2, 3)).float() for *_, gray in asked]
    assert 0.3 < torch.cat(hidden).mean() < 0.7 and "blind" in a_recipe.facts()


def test_samples_follow_from_their_seed_and_differ_from_each_other(tmp_path):
    network = models.Colorizer(training.seeded(0, models.build, "flow_unet", 32, 0.125)).eval()
    samples = models.sample(network, GRAY, 3, steps=2, seed=4)
    assert samples.shape == (3, 8, 2, 32, 32) and samples.abs().max() <= 1
    assert torch.equal(samples, models.sample(network, GRAY, 3, steps=2, seed=4))
    assert (samples[0] - samples[1]).abs().mean() > 0.05
    assert (samples - models.sample(network, GRAY, 3, steps=2, seed=5)).abs().mean() > 0.05
    assert torch.equal(network(GRAY), network(GRAY))  # without dice: one answer, as of any other network
    half = models.load(models.save(network, tmp_path / "half.safetensors", half=True))
    assert (models.sample(half, GRAY, 3, steps=2, seed=4) - samples).abs().max() < 0.02
    assert torch.equal(network(GRAY, guidance=1.0), network(GRAY))
    assert (network(GRAY, guidance=3.0) - network(GRAY)).abs().max() > 1e-3


@pytest.mark.parametrize("height, width, options", [(32, 32, {}), (40, 64, {}), (32, 96, dict(levels=2, fold=4))])
def test_other_sizes_and_levels(height, width, options):
    network = models.build("flow_unet", 32, 0.125, **options)
    small = network(torch.zeros(2, 1, height, width), steps=1)
    assert small.shape == (2, 2, height // network.fold, width // network.fold)
    assert models.Colorizer(network)(torch.zeros(2, 1, height, width), steps=1).shape == (2, 2, height, width)
