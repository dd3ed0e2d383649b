"""The recipes: published settings, names, the right target, a step that learns, clear refusals."""

import math

import pytest
import torch

from colorlib import color, data, losses, models, training
from colorlib.worlds import scenes

PICTURES = scenes.draw(16, 32, seed=2, world="ambiguous").pictures
GRAY, AB = next(data.batches(PICTURES, 16))
SUPERVISED = ("cnn", "fusion", "valid_unet", "unet_l2", "unet_l1", "unet_ms_ssim", "classify")
REFUSED = [
    ("gan", {}, "no recipe 'gan'.*unet_l1"),
    ("unet_l1", dict(skip=False), "no option 'skip'"),
    ("unet_l1", dict(network="pix2pix"), "unet_l1 has the network that it was published with.*training.Supervised"),
    ("unet_l1", dict(loss="l3"), "Weigh one or more of mse, l1"),
    ("pix2pix", dict(real_label=0.5), "label of real pictures"),
    ("pix2pix", dict(real_label=1.1), "label of real pictures"),
    ("pix2pix", dict(generator_steps=0), "at least one step"),
    ("keras_gan", dict(outputs="bins"), "judges colors"),
    ("wgan_gp", dict(lam_gp=-1.0), "0 or more"),
    ("wgan_gp", dict(lam_gp=math.nan), "0 or more"),
    ("wgan_gp", dict(critic_options={"norm": "group"}), "no norm 'group'"),
]
PUBLISHED = [
    ("unet_l2", dict(loss={"mse": 1.0}, size=32, lr=1e-3, batch_size=128, epochs=200), [16_654_722]),
    ("unet_l1", dict(loss={"l1": 1.0}, lr=1e-3), [16_654_722]),
    ("valid_unet", dict(loss={"mse": 1.0}, size=120, lr=5e-4, epochs=100), [1_406_403]),
    ("fusion", dict(loss={"ms_ssim": 1.0}, size=256, epochs=500), [50_004_370]),
    ("pix2pix", dict(lr=2e-4, betas=(0.5, 0.999), lam=100, critic_weight=0.5), [54_409_858, 2_765_569]),
    ("pix2pix_rgb", dict(lr=2e-4, lam=100, ms_ssim=0, critic_weight=1), [54_413_955, 2_768_641]),
    ("pix2pix_ms_ssim", dict(lam=100, ms_ssim=1, critic_weight=1), [54_413_955, 2_768_641]),
    ("cgan", dict(lr=3e-4, critic_lr=3e-5, betas=(0, 0.999), real_label=0.9), [16_654_722, 2_765_569]),
    ("keras_gan", dict(lr=1e-3, critic_lr=1e-4, lam=0, batch_size=16, epochs=50), [4_726_082, 454_561]),
    ("wgan_gp", dict(lam_gp=10, critic_steps=5, betas=(0.5, 0.99), batch_size=16), [16_654_978, 2_765_569]),
]


def test_a_recipe_of_another_network_is_named_by_both():
    small = dict(size=32, width=0.125, levels=4)
    assert training.Supervised(network="pix2pix", loss="mse", **small).settings.recipe == "pix2pix_l2"
    both = training.Supervised(network="cnn", loss={"l1": 1.0, "ms_ssim": 0.5}, size=32, width=0.125)
    assert both.settings.recipe == "cnn_l1_ms_ssim" and both.settings.loss == {"l1": 1.0, "ms_ssim": 0.5}
    assert training.Classify(network="pix2pix", **small).settings.recipe == "pix2pix_classify"
    assert training.Adversarial(network="unet", size=32, width=0.125, critic_width=0.1).settings.recipe == "unet_gan"


def test_a_coarse_prediction_is_compared_with_the_mean_of_squares():
    recipe = training.Supervised(network="pix2pix", loss="l1", size=32, width=0.125, levels=4, dropout=0.0)
    coarse = torch.zeros(16, 2, 8, 8, requires_grad=True)
    recipe.forward = lambda network, gray: coarse
    terms = recipe.step(GRAY, AB)
    squares = AB.unfold(2, 4, 4).unfold(3, 4, 4).mean(dim=(-1, -2))
    torch.testing.assert_close(terms["l1"], squares.abs().mean())


@pytest.mark.parametrize("name", SUPERVISED)
def test_a_step_learns(name):
    """In a plain loop, as lesson 02 uses it: ten steps on one batch make its loss smaller."""
    recipe = training.build(name, 32, width=0.125, lr=1e-3)
    assert recipe.settings.recipe == name
    recipe.begin(PICTURES)
    terms = [recipe.step(GRAY, AB) for _ in range(10)]
    loss = next(key for key in terms[0] if key != "gradient")
    assert terms[-1][loss] < terms[0][loss] - 1e-3
    assert all(term["gradient"] > 0 for term in terms)
    assert models.Colorizer(recipe.generator)(GRAY).shape == AB.shape


@pytest.mark.parametrize("name, published, parameters", PUBLISHED)
def test_published_settings_are_the_defaults(name, published, parameters):
    with torch.device("meta"):
        recipe = training.build(name)
    settings = recipe.facts() | {"epochs": recipe.settings.epochs}
    assert published.items() <= settings.items()
    assert [models.count_parameters(net, statistics=False) for net in recipe.networks.values()] == parameters
    for network, optimizer in recipe.optimizers.items():
        group, rate = optimizer.param_groups[0], settings["lr"] if network == "generator" else settings["critic_lr"]
        assert group["lr"] == (rate or settings["lr"]) and group["betas"] == settings.get("betas", (0.9, 0.999))


def test_targets():
    picture, recipe = color.from_gray_ab(GRAY, AB), training.build("unet_l1", width=0.125)
    wanted = {"ab": AB, "bins": AB, "picture": picture, "rgb": picture * 2 - 1, "lab": torch.cat((GRAY, AB), dim=1)}
    for recipe.generator.outputs, target in wanted.items():
        assert torch.equal(recipe.pair(GRAY, AB)[1], target)


def test_classify_counts_rare_colors_more():
    recipe = training.build("classify", width=0.125)
    recipe.generator.eval()
    recipe.begin(PICTURES)
    plain = losses.cross_entropy(recipe.generator(GRAY), AB)
    assert float(recipe.step(GRAY, AB)["cross_entropy"]) != pytest.approx(plain.item(), rel=1e-3)


@pytest.mark.parametrize("name, settings, sentence", REFUSED)
def test_clear_refusals(name, settings, sentence):
    with pytest.raises(ValueError, match=sentence):
        training.build(name, **{"size": 32, "width": 0.125} | settings)
