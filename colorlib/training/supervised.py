"""The supervised recipes: one network, and a loss between what it gives and the truth. Lesson 02 writes their step."""

from dataclasses import dataclass
from functools import partial

import torch

from colorlib import bins, color, losses, models
from colorlib.training.recipe import Recipe, Settings, one_cycle


@dataclass(frozen=True, kw_only=True)
class SupervisedSettings(Settings):
    """What a supervised recipe is told besides: the weights of its losses."""

    loss: dict[str, float]


class Supervised(Recipe):
    """One network and the name of a loss, or the weights of several. A pix2pix with `l1` is the recipe `pix2pix_l1`."""

    def __init__(self, *, loss: str | dict[str, float], **given):
        loss = {loss: 1.0} if isinstance(loss, str) else loss
        kind = "_".join(loss).replace("mse", "l2").replace("cross_entropy", "classify")
        settings = SupervisedSettings.read(kind, {"loss": loss, **given})
        self.loss = losses.combine(loss)
        generator = settings.build()
        optimizer = torch.optim.Adam(generator.parameters(), settings.lr, fused=True)
        schedulers = {"generator": one_cycle(optimizer, settings.steps)} if settings.steps else {}
        super().__init__(settings, {"generator": generator}, {"generator": optimizer}, schedulers)

    def step(self, gray, ab):
        seen, truth = self.pair(gray, ab)
        prediction = self.forward(self.generator, seen)
        # A coarse network gives one color for each square of pixels.
        truth = torch.nn.functional.avg_pool2d(truth, truth.shape[-1] // prediction.shape[-1])
        loss, terms = self.loss(prediction, truth)
        return terms | {"gradient": self.descend("generator", loss)}


class Classify(Supervised):
    """A probability for each color bin. Rare colors count more."""

    def __init__(self, **given):
        super().__init__(**given, loss="cross_entropy", outputs="bins")

    def begin(self, pictures):
        _, ab = color.to_gray_ab(pictures[:500])
        weighted = partial(losses.cross_entropy, weights=bins.bin_weights(ab))
        self.loss = losses.combine({"cross_entropy": 1.0}, cross_entropy=weighted)


class Pretrained(Supervised):
    """`fusion_pretrained` with the encoder that comes with colorlib, trained; it stays as it is."""

    def __init__(self, **given):
        super().__init__(network="fusion_pretrained", loss="mse", **given)
        self.generator.encoder.load_state_dict(models.load_encoder().state_dict())
