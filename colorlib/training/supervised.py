"""The supervised recipes: one network, and a loss between what it gives and the truth. Lesson 02 writes their step."""

from dataclasses import dataclass
from functools import partial

import torch
from torch.nn import functional

from colorlib import bins, color, losses, models
from colorlib.training.recipe import Recipe, Settings, one_cycle, target


@dataclass(frozen=True, kw_only=True)
class SupervisedSettings(Settings):
    """What a supervised recipe is told besides: the weights of its losses."""

    loss: dict[str, float]


@dataclass(frozen=True, kw_only=True)
class ClassifySettings(SupervisedSettings):
    """`mix` says how far rare colors count as much as others: 1, and they do not count more."""

    mix: float = 0.5


class Supervised(Recipe):
    """One network, and a loss between what it gives and the truth: the name of one, or the weights of several.

    `Supervised(network="pix2pix", loss="l1", size=32)` is the recipe `pix2pix_l1`; the squared error is called L2.
    """

    settings_type = SupervisedSettings

    def __init__(self, *, loss: str | dict[str, float], **given):
        loss = {loss: 1.0} if isinstance(loss, str) else loss
        kind = "_".join(loss).replace("mse", "l2")
        settings = self.settings_type.read(kind, {"loss": loss, **given})
        self.loss = losses.combine(loss)
        generator = settings.build()
        optimizer = torch.optim.Adam(generator.parameters(), settings.lr)
        schedulers = {"generator": one_cycle(optimizer, settings.steps)} if settings.steps else {}
        super().__init__(settings, {"generator": generator}, {"generator": optimizer}, schedulers)

    def step(self, gray, ab):
        prediction = self.forward(self.generator, gray.expand(-1, self.generator.inputs, -1, -1))
        truth = target(self.generator.outputs, gray, ab)
        coarser = truth.shape[-1] // prediction.shape[-1]
        if coarser > 1:  # one color for each square of pixels
            truth = functional.avg_pool2d(truth, coarser)
        loss, terms = self.loss(prediction, truth)
        return terms | {"gradient": self.descend("generator", loss)}


class Classify(Supervised):
    """A probability for each color bin. Rare colors count more, unless `mix` is 1."""

    settings_type = ClassifySettings

    def __init__(self, **given):
        super().__init__(
            **{"recipe": f"{given.get('network')}_classify", **given}, loss="cross_entropy", outputs="bins"
        )

    def begin(self, pictures):
        _, ab = color.to_gray_ab(pictures[:500])
        weighted = partial(losses.cross_entropy, weights=bins.bin_weights(ab, self.settings.mix))
        self.loss = losses.combine({"cross_entropy": 1.0}, cross_entropy=weighted)


class Pretrained(Supervised):
    """`fusion_pretrained` with the encoder that comes with colorlib, trained; it stays as it is."""

    def __init__(self, **given):
        super().__init__(network="fusion_pretrained", loss="mse", **given)
        trained = models.load_encoder().state_dict()
        try:
            self.generator.encoder.load_state_dict(trained)
        except RuntimeError:
            classes = len(trained["head.bias"])
            raise ValueError(f"The encoder of fusion_pretrained was trained on {classes} classes, no others.") from None
