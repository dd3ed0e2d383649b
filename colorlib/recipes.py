"""The recipes by name: networks, losses, optimizers, and the step that uses them.

Published figures are the defaults; on worlds a lesson sets width, rate and steps. Lesson 02 writes
the supervised step by hand before it imports it from here.
"""

from functools import partial

import torch

from colorlib import bins, color, data, losses, models
from colorlib.recipe import Recipe


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


def target(outputs: str, gray: torch.Tensor, ab: torch.Tensor) -> torch.Tensor:
    """What a network should have given: ab, all of Lab, or the picture."""
    if outputs in ("rgb", "picture"):
        picture = color.from_gray_ab(gray, ab)
        return picture * 2 - 1 if outputs == "rgb" else picture
    return torch.cat((gray, ab), dim=1) if outputs == "lab" else ab


def one_cycle(optimizer: torch.optim.Optimizer, steps: int):
    """A learning rate that rises to the optimizer's own and falls to nothing, in so many steps."""
    highest = [group["lr"] for group in optimizer.param_groups]
    return torch.optim.lr_scheduler.OneCycleLR(optimizer, highest, steps, cycle_momentum=False)


def seeded(seed: int, make, *args, **options):
    """Call `make` with random numbers of its own: a seed always starts from the same weights."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return make(*args, **options)


# The published figures, as far as they are known.
CNN = dict(network="cnn", size=256)
FUSION = dict(network="fusion", size=256, epochs=500)
# As printed: its discriminator never reaches the generator, so squared error is all there is.
VALID_UNET = dict(network="valid_unet", size=120, lr=5e-4, epochs=100)
UNET = dict(network="unet", size=32, lr=1e-3, batch_size=128, epochs=200)  # Nazeri et al.
RECIPES = {
    "cnn": partial(Supervised, "cnn", {"mse": 1.0}, **CNN),
    "fusion": partial(Supervised, "fusion", {"ms_ssim": 1.0}, **FUSION),
    "valid_unet": partial(Supervised, "valid_unet", {"mse": 1.0}, **VALID_UNET),
    "unet_l2": partial(Supervised, "unet_l2", {"mse": 1.0}, **UNET),
    "unet_l1": partial(Supervised, "unet_l1", {"l1": 1.0}, **UNET),
    "unet_ms_ssim": partial(Supervised, "unet_ms_ssim", {"ms_ssim": 1.0}, **UNET),
    "classify": partial(Classify, **UNET),
}


def build(name: str, size: int | None = None, **figures) -> Recipe:
    """A recipe, ready to train.

    The supervised ones take `width`, `lr`, `steps` (then the rate is one cycle of so many steps),
    `seed`, `network`, `batch_size`, `epochs` and the options of their network.
    """
    if name not in RECIPES:
        raise ValueError(f"There is no recipe {name!r}: choose one of {', '.join(RECIPES)}.")
    return RECIPES[name](**({} if size is None else {"size": size}), **figures)
