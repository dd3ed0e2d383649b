"""The recipe `keras_gan`: a critic that sees colors alone and is kept ahead. Lesson 03 compares with it."""

import torch

from colorlib import color, data, losses
from colorlib.training.adversarial import Adversarial


class KerasGAN(Adversarial):
    """As in GAN_Colorizer: no condition, no pixel loss, and a critic that is kept ahead, by noise and by refits."""

    kind = "keras_gan"

    def begin(self, pictures):
        self.device = next(self.generator.parameters()).device
        # Every tenth one is even, so the refit, on odd ones, never sees those that tell when it is done.
        self.held_out, self.pictures = color.to_gray_ab(pictures[::10][:64].to(self.device)), pictures[1::2]

    def critic_step(self, seen, truth, fake):
        noise = [("noise", torch.rand_like(truth) * 2 - 1, 0.0)] if self.epoch % 3 == 2 else []
        terms = {}
        for name, colors, label in [("real", truth, self.settings.real_label), *noise, ("fake", fake.detach(), 0.0)]:
            loss, more = self.verdict(name, seen, colors, label)
            terms |= more | {"critic_gradient": self.descend("critic", loss)}
        return terms

    def end_epoch(self, row):
        super().end_epoch(row)
        lost = row["right_on_fake"] < 0.8 and self.epoch < self.settings.epochs / 2
        row["refit_steps"] = self.refit() if lost else 0

    def refit(self) -> int:
        """Train the critic alone until it is right about .90 of held-out pictures, 100 steps at most; how many."""
        more = data.batches(self.pictures, self.settings.batch_size, self.settings.seed, self.epoch, self.device)
        for steps, (gray, ab) in zip(range(100), more, strict=False):
            if steps % 5 == 0 and self.held_out_accuracy() >= 0.9:
                return steps
            # Both kinds in one batch: batch norm would hide what sets batches of one kind apart.
            real, fake = self.judge_both(gray, ab)
            loss = losses.adversarial(real, self.settings.real_label) + losses.adversarial(fake, 0.0)
            self.descend("critic", loss / 2)
        return steps + 1

    def judge_both(self, gray: torch.Tensor, ab: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """The critic's logits for real pictures and for fakes; the generator stays as it is."""
        seen, truth = self.pair(gray, ab)
        with torch.no_grad():
            fake = self.forward(self.generator.eval(), seen)
        self.generator.train()
        return self.judge(torch.cat((seen, seen)), torch.cat((truth, fake))).chunk(2)

    @torch.no_grad()
    def held_out_accuracy(self) -> float:
        """The share of held-out pictures that the critic is right about; in all processes, so that they agree."""
        critic = self.networks["critic"].eval()
        real, fake = self.judge_both(*self.held_out)
        right = torch.cat((real > 0, fake <= 0)).float().mean()
        critic.train()
        return float(self.accelerator.reduce(right, "mean") if self.accelerator else right)
