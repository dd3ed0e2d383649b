"""What NoGAN's third stage leaves on its way: lesson 05 looks for the batch at which to stop."""

import torch

from colorlib import color, models, plots
from colorlib.course.lesson_05 import stops
from colorlib.course.recorded import LiveCurves
from colorlib.nogan import Callback, CancelFitException


class Snapshots(Callback):
    """What the generator paints, its weights (`states`), and all losses, by batch: 0 is stage 1. `last` ends it.

    `show` is called with this after each snapshot.
    """

    run_valid = False

    def __init__(self, gray: torch.Tensor, every: int = 20, last: int | None = None, show=None):
        if every < 1:
            raise ValueError(f"Snapshots need at least 1 batch between them, not {every}.")
        self.gray, self.every, self.last, self.show = gray, every, last, show or (lambda _: None)
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
        self.show(self)


class Film(LiveCurves):
    """Shown after each snapshot: the chroma so far on scenes to choose by, and four pictures of those to report on."""

    def __init__(self, choosing):
        super().__init__(seconds=0)
        self.choosing, self.shares = choosing, {}

    def __call__(self, taken):
        ab, these = taken.painted[taken.batches], slice(len(self.choosing), len(self.choosing) + 4)
        self.shares |= stops.measure({taken.batches: ab[: len(self.choosing)]}, self.choosing)
        self.stops[f"batch {taken.batches}"] = color.from_gray_ab(taken.gray[these], ab[these])
        super().__call__(taken)

    def figure(self, taken):
        shares = [row["chroma_share"] for row in self.shares.values()]
        alt = f"Chroma as a share of the true one over the batches: from {shares[0]:.2f} to {shares[-1]:.2f}."
        options = {"size": (5.8, 2.6), "from_zero": True, "lines": {"truth": 1.0}, "ylabel": "share of the true chroma"}
        return plots.curves({"chroma": shares}, x=[*self.shares], xlabel="batches of stage 3", alt=alt, **options)
