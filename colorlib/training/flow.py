"""Flow matching: learn which way leads from noise to color. Lesson 07 writes its target and its sampling."""

import copy
from dataclasses import dataclass

import torch

from colorlib import losses
from colorlib.training.recipe import Recipe, Settings, one_cycle


@dataclass(frozen=True, kw_only=True)
class FlowSettings(Settings):
    """What flow matching is told besides."""

    average: float = 0.01  # of the trained weights' newest values, in the averaged weights that paint
    blind: float = 0.0  # share of pictures whose gray is hidden, so that sampling can be guided


class Flow(Recipe):
    """One network learns by squared error; the generator is its average over the last steps (1 / `average` or so)."""

    def __init__(self, **given):
        settings = FlowSettings.read("flow", given)
        trained = settings.build()
        optimizer = torch.optim.Adam(trained.parameters(), settings.lr, fused=True)
        schedulers = {"trained": one_cycle(optimizer, settings.steps)} if settings.steps else {}
        networks = {"generator": copy.deepcopy(trained).requires_grad_(False), "trained": trained}
        super().__init__(settings, networks, {"trained": optimizer}, schedulers)

    def step(self, gray, ab):
        network, each = self.networks["trained"], (len(ab), 1, 1, 1)
        colors = network.shrink(ab)
        noise = torch.randn_like(colors)
        time = torch.randn(each, device=ab.device).sigmoid()  # the middle of the way more often than its ends
        seen = gray * (torch.rand(each, device=ab.device) >= self.settings.blind)
        guess = self.forward(network.arrows, torch.lerp(noise, colors, time), time, seen)
        loss = losses.mse(guess, colors - noise)
        gradient = self.descend("trained", loss)
        with torch.no_grad():
            for mean, newest in zip(self.generator.parameters(), network.parameters(), strict=True):
                mean.lerp_(newest, self.settings.average)
        return {"mse": loss, "gradient": gradient}
