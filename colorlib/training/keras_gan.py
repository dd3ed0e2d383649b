"""The recipe `keras_gan`: a critic that sees colors alone and is kept ahead. Lesson 03 compares with it."""

from dataclasses import dataclass
from itertools import islice

import torch

from colorlib import color, data, losses
from colorlib.training.adversarial import Adversarial, AdversarialSettings


@dataclass(frozen=True, kw_only=True)
class KerasGANSettings(AdversarialSettings):
    """A refit of the critic ends after so many steps, whether it helped or not."""

    most_refit_steps: int = 100


class KerasGAN(Adversarial):
    """As in GAN_Colorizer: no condition, no pixel loss, and a critic that is kept ahead.

    It steps on the real pictures, then on the fakes, and in every third epoch on noise too. While it knows less than
    .8 of an epoch's fakes, in the first half of `epochs`, it is refitted before the next.
    """

    settings_type, kind = KerasGANSettings, "keras_gan"

    def begin(self, pictures):
        # Every tenth one is even, so the refit, on odd ones, never sees those that tell when it is done.
        self.held_out, self.pictures = color.to_gray_ab(pictures[::10][:64]), pictures[1::2]

    def critic_step(self, seen, truth, fake):
        noise = [("noise", torch.rand_like(truth) * 2 - 1, 0.0)] if self.epoch % 3 == 2 else []
        kinds = [("real", truth, self.settings.real_label), *noise, ("fake", fake.detach(), 0.0)]
        terms = {}
        for kind in kinds:
            loss, more = self.verdict(kind[0], seen, *kind[1:])
            terms |= more | {"critic_gradient": self.descend("critic", loss)}
        return terms

    def end_epoch(self, row):
        super().end_epoch(row)
        lost = row["right_on_fake"] < 0.8 and self.epoch < self.settings.epochs / 2
        row["refit_steps"] = self.refit() if lost else 0

    def refit(self) -> int:
        """Train the critic alone until it is right about .90 of held-out pictures; the steps that took."""
        device = next(self.generator.parameters()).device
        more = data.batches(self.pictures, self.settings.batch_size, self.settings.seed, self.epoch, device)
        steps = 0
        for gray, ab in islice(more, self.settings.most_refit_steps):
            if steps % 5 == 0 and self.held_out_accuracy() >= 0.9:
                break
            # Both kinds in one batch: batch norm would hide what sets batches of one kind apart.
            real, fake = self.judge_both(*self.pair(gray, ab)).chunk(2)
            loss = losses.adversarial(real, self.settings.real_label) + losses.adversarial(fake, 0.0)
            self.descend("critic", loss / 2)
            steps += 1
        return steps

    def judge_both(self, seen: torch.Tensor, truth: torch.Tensor) -> torch.Tensor:
        """The critic's logits for real pictures and then for fakes; the generator stays as it is."""
        with torch.no_grad():
            fake = self.forward(self.generator.eval(), seen)
            self.generator.train()
        return self.judge(torch.cat((seen, seen)), torch.cat((truth, fake)))

    @torch.no_grad()
    def held_out_accuracy(self) -> float:
        """The share of held-out pictures, real and painted, that the critic is right about."""
        critic = self.networks["critic"].eval()
        seen, truth = self.pair(*(part.to(next(critic.parameters()).device) for part in self.held_out))
        real, fake = self.judge_both(seen, truth).chunk(2)
        right = torch.cat((real > 0, fake <= 0)).float().mean()
        critic.train()
        # Several processes must agree on when to stop.
        return float(self.accelerator.reduce(right, "mean") if self.accelerator else right)
