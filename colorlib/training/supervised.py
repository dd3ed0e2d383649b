"""The supervised recipes: one network, and a loss between what it gives and the truth. Lesson 02 writes their step."""

from functools import partial

import torch

from colorlib import bins, data, losses, models
from colorlib.training.recipe import Recipe, one_cycle, seeded, target


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
