"""The recipes by name: networks, losses, optimizers, and the step that uses them.

Published figures are the defaults; on worlds a lesson sets width, rate and steps. Lesson 02 writes
the supervised step by hand before it imports it from here.
"""

from functools import partial

from colorlib.training.adversarial import Adversarial
from colorlib.training.keras_gan import KerasGAN
from colorlib.training.recipe import Recipe
from colorlib.training.supervised import Classify, Pretrained, Supervised
from colorlib.training.wasserstein import Wasserstein

# The published figures, as far as they are known.
CNN = dict(network="cnn", size=256)
FUSION = dict(network="fusion", size=256, epochs=500)
FUSION_PRETRAINED = dict(network="fusion_pretrained", size=224, batch_size=100)  # Baldassarre et al.
# As printed: its discriminator never reaches the generator, so squared error is all there is.
VALID_UNET = dict(network="valid_unet", size=120, lr=5e-4, epochs=100)
UNET = dict(network="unet", size=32, lr=1e-3, batch_size=128, epochs=200)  # Nazeri et al.
# Isola et al. name a batch of 4 and 6 epochs (of ImageNet) for color.
PIX2PIX = dict(network="pix2pix", size=256, batch_size=4, epochs=6)
RGB = dict(PIX2PIX, inputs=3, outputs="rgb", critic_weight=1.0)  # the critic's loss is a sum: chance is 2 ln 2
CGAN = dict(lr=3e-4, critic_lr=3e-5, betas=(0.0, 0.999), real_label=0.9, generator_steps=2, patience=10)
KERAS_GAN = dict(network="keras_gan", critic="keras_critic", size=256, batch_size=16, epochs=50)
KERAS_GAN |= dict(lr=1e-3, critic_lr=1e-4, betas=(0.9, 0.999), lam=0.0, conditional=False)
# The published generator has residual blocks on its way up, which pix2pix has not.
WGAN_GP = dict(network="pix2pix", size=32, batch_size=16, betas=(0.5, 0.99), critic_steps=5)
ADVERSARIAL = {
    "pix2pix": partial(Adversarial, "pix2pix", **PIX2PIX),
    "pix2pix_rgb": partial(Adversarial, "pix2pix_rgb", **RGB),
    "pix2pix_ms_ssim": partial(Adversarial, "pix2pix_ms_ssim", **RGB, ms_ssim=1.0),
    "cgan": partial(Adversarial, "cgan", **UNET | CGAN),
    "keras_gan": partial(KerasGAN, **KERAS_GAN),
    "wgan_gp": partial(Wasserstein, **WGAN_GP),
}
RECIPES = {
    "cnn": partial(Supervised, "cnn", {"mse": 1.0}, **CNN),
    "fusion": partial(Supervised, "fusion", {"ms_ssim": 1.0}, **FUSION),
    "fusion_pretrained": partial(Pretrained, **FUSION_PRETRAINED),
    "valid_unet": partial(Supervised, "valid_unet", {"mse": 1.0}, **VALID_UNET),
    "unet_l2": partial(Supervised, "unet_l2", {"mse": 1.0}, **UNET),
    "unet_l1": partial(Supervised, "unet_l1", {"l1": 1.0}, **UNET),
    "unet_ms_ssim": partial(Supervised, "unet_ms_ssim", {"ms_ssim": 1.0}, **UNET),
    "classify": partial(Classify, **UNET),
    **ADVERSARIAL,
}


def build(name: str, size: int | None = None, **figures) -> Recipe:
    """A recipe, ready to train.

    All take `width`, `lr`, `steps` (then the rate is one cycle of so many steps), `seed`, `network`, `batch_size`,
    `epochs` and the options of their network; the adversarial ones also what Adversarial lists, wgan_gp what
    Wasserstein lists.
    """
    if name not in RECIPES:
        raise ValueError(f"There is no recipe {name!r}: choose one of {', '.join(RECIPES)}.")
    return RECIPES[name](**({} if size is None else {"size": size}), **figures)
