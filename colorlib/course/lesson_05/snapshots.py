"""What NoGAN's third stage leaves on its way: lesson 05 looks for the batch at which to stop."""

import torch

from colorlib import models
from colorlib.nogan import Callback, CancelFitException


class Snapshots(Callback):
    """What the generator paints, its weights (`states`), and all losses, by batch: 0 is stage 1. `last` ends it."""

    run_valid = False

    def __init__(self, gray: torch.Tensor, every: int = 20, last: int | None = None):
        if every < 1:
            raise ValueError(f"Snapshots need at least 1 batch between them, not {every}.")
        self.gray, self.every, self.last = gray, every, last
        self.painted, self.states, self.batches = {}, {}, 0
        self.losses = {"generator": {}, "critic": {}}

    def before_fit(self):
        self.take()

    def after_batch(self):
        self.batches += 1
        self.losses["generator" if self.gan_trainer.gen_mode else "critic"][self.batches] = self.loss.item()
        if self.batches % self.every == 0 or self.batches == self.last:
            self.take()
        if self.batches == self.last:
            raise CancelFitException

    def take(self):
        generator = self.model.generator
        mode = generator.training
        self.painted[self.batches] = models.paint(generator.eval(), self.gray)[:, -2:]
        generator.train(mode)
        self.states[self.batches] = {name: value.cpu().clone() for name, value in generator.state_dict().items()}
