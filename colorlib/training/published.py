"""The recipes by name, as published as far as is known; on worlds a lesson sets width, rate and steps."""

import tomllib
from pathlib import Path

from colorlib.training.adversarial import Adversarial
from colorlib.training.flow import Flow
from colorlib.training.keras_gan import KerasGAN
from colorlib.training.recipe import Recipe
from colorlib.training.supervised import Classify, Pretrained, Supervised
from colorlib.training.wasserstein import Wasserstein

UNET = dict(network="unet", size=32, lr=1e-3, batch_size=128, epochs=200)  # Nazeri et al.
# As printed: its discriminator never reaches the generator, so squared error is all there is.
VALID_UNET = dict(network="valid_unet", size=120, lr=5e-4, epochs=100)
# Isola et al. name a batch of 4 and 6 epochs (of ImageNet) for color.
PIX2PIX = dict(network="pix2pix", size=256, batch_size=4, epochs=6)
RGB = dict(PIX2PIX, inputs=3, outputs="rgb", critic_weight=1.0)  # the critic's loss is a sum: chance is 2 ln 2
CGAN = dict(lr=3e-4, critic_lr=3e-5, betas=(0.0, 0.999), real_label=0.9, generator_steps=2, patience=10)
KERAS_GAN = dict(network="keras_gan", critic="keras_critic", size=256, batch_size=16, epochs=50)
KERAS_GAN |= dict(lr=1e-3, critic_lr=1e-4, betas=(0.9, 0.999), lam=0.0, conditional=False)
# The published generator has residual blocks on its way up (`resnet=True`): lesson 06 says what they bring.
WGAN_GP = dict(network="pix2pix", size=32, batch_size=16, betas=(0.5, 0.99), critic_steps=5)
RECIPES = {
    "cnn": (Supervised, dict(loss="mse", network="cnn", size=256)),
    "fusion": (Supervised, dict(loss="ms_ssim", network="fusion", size=256, epochs=500)),
    "fusion_pretrained": (Pretrained, dict(size=224, batch_size=100)),  # Baldassarre et al.
    "valid_unet": (Supervised, dict(VALID_UNET, loss="mse")),
    "unet_l2": (Supervised, dict(UNET, loss="mse")),
    "unet_l1": (Supervised, dict(UNET, loss="l1")),
    "unet_ms_ssim": (Supervised, dict(UNET, loss="ms_ssim")),
    "classify": (Classify, UNET),
    "pix2pix": (Adversarial, PIX2PIX),
    "pix2pix_rgb": (Adversarial, RGB),
    "pix2pix_ms_ssim": (Adversarial, dict(RGB, ms_ssim=1.0)),
    "cgan": (Adversarial, UNET | CGAN),
    "keras_gan": (KerasGAN, KERAS_GAN),
    "wgan_gp": (Wasserstein, WGAN_GP),
    "flow": (Flow, dict(network="flow_unet", size=32, lr=3e-3)),
}
ADVERSARIAL = [name for name, (kind, _) in RECIPES.items() if issubclass(kind, Adversarial)]


def build(name: str, size: int | None = None, **settings) -> Recipe:
    """A published recipe, ready to train. It takes what its Settings list, and the options of its network."""
    if name not in RECIPES:
        raise ValueError(f"There is no recipe {name!r}: choose one of {', '.join(RECIPES)}.")
    if "network" in settings:
        another = 'training.Supervised(network="pix2pix", loss="l1", size=32)'
        raise ValueError(f"{name} has the network that it was published with. Another one goes as in {another}.")
    kind, published = RECIPES[name]
    return kind(**{"recipe": name, **published, **({"size": size} if size else {}), **settings})


def laptop(name: str) -> dict:
    """The small settings of a run: pictures of 32 pixels, a minute or so on two cores. laptop.toml has them all."""
    settings = tomllib.loads((Path(__file__).parent / "laptop.toml").read_text())[name]
    settings = {key: tuple(value) if isinstance(value, list) else value for key, value in settings.items()}
    like = settings.pop("like", None)
    return laptop(like) | settings if like else settings
