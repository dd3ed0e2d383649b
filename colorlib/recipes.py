"""The recipes by name: networks, losses, optimizers, and the step that uses them.

Published figures are the defaults; on worlds a lesson sets width, rate and steps. Lesson 02 writes
the supervised step by hand before it imports it from here.
"""

from functools import partial

import torch

from colorlib import bins, data, losses, models
from colorlib.adversarial import Adversarial, KerasGAN
from colorlib.recipe import Recipe, one_cycle, seeded, target
from colorlib.wgan import Wasserstein


class Supervised(Recipe):
    """One network, and a loss between what it gives and the truth."""

    def __init__(
        self,
        recipe: str,
        loss: dict[str, float],
        *,
        network: str,
        size: int,
        width: float = 1.0,
        lr: float = 1e-3,
        steps: int | None = None,
        seed: int = 0,
        batch_size: int = 64,
        epochs: int = 100,
        **options,
    ):
        generator = seeded(seed, models.build, network, size, width, **options)
        optimizer = torch.optim.Adam(generator.parameters(), lr)
        super().__init__(
            {"generator": generator},
            {"generator": optimizer},
            {"generator": one_cycle(optimizer, steps)} if steps else {},
            **dict(recipe=recipe, loss=loss, network=network, size=size, width=width, lr=lr),
            **dict(steps=steps, seed=seed, batch_size=batch_size, epochs=epochs, options=options),
        )
        self.loss = losses.combine(loss)

    def step(self, gray, ab):
        prediction = self.run(self.generator, gray.expand(-1, self.generator.inputs, -1, -1))
        loss, terms = self.loss(prediction, target(self.generator.outputs, gray, ab))
        return terms | {"gradient": self.descend("generator", loss)}


class Classify(Supervised):
    """A probability for each color bin. Rare colors count more, unless `mix` is 1."""

    def __init__(self, recipe="classify", *, mix: float = 0.5, **figures):
        super().__init__(recipe, {"cross_entropy": 1.0}, outputs="bins", **figures)
        self.figures["mix"] = mix

    def begin(self, pictures):
        _, ab = next(data.batches(pictures, 500, shuffle=False, flips=False))
        weights = bins.bin_weights(ab, self.figures["mix"])
        weighted = partial(losses.cross_entropy, weights=weights)
        self.loss = losses.combine({"cross_entropy": 1.0}, cross_entropy=weighted)


class Pretrained(Supervised):
    """The network's encoder is the one that comes with colorlib, trained; it stays as it is."""

    def __init__(self, recipe="fusion_pretrained", **figures):
        super().__init__(recipe, {"mse": 1.0}, **figures)
        trained = models.load_encoder().state_dict()
        try:
            self.generator.encoder.load_state_dict(trained)
        except (AttributeError, RuntimeError):
            classes = len(trained["head.bias"])
            raise ValueError(
                f"The recipe {recipe} needs the network fusion_pretrained, and its encoder the {classes} classes that "
                "it was trained on."
            ) from None


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
