"""The WGAN-GP recipe: a critic that measures a distance instead of giving a verdict. Lesson 04 writes its steps."""

from dataclasses import dataclass

import torch

from colorlib import losses
from colorlib.training.adversarial import Adversarial, CriticSettings


@dataclass(frozen=True, kw_only=True)
class WassersteinSettings(CriticSettings):
    """Wasserstein says what limits the critic's slope."""

    lam_gp: float
    clip: float | None


class Wasserstein(Adversarial):
    """An adversarial recipe whose critic gives heights: how far above the fakes it can hold real pictures.

    That estimates a distance only while the critic's slope is limited: by `lam_gp` times the gradient penalty or, for
    comparison, by `clip`, which keeps each of its weights within ±clip. Its norm is by default layer norm: with batch
    norm a picture's slope would depend on the others.
    """

    settings_type, kind = WassersteinSettings, "wgan_gp"

    def __init__(self, *, lam_gp: float | None = None, clip: float | None = None, critic_options=None, **given):
        if clip is not None and lam_gp:
            raise ValueError("Clip the critic's weights or penalize its slope: `clip` and `lam_gp` do not go together.")
        if lam_gp is None:
            lam_gp = 10.0 if clip is None else 0.0
        if not lam_gp >= 0 or not (clip is None or clip > 0):
            raise ValueError(f"`lam_gp` must be 0 or more and `clip` above 0; these are {lam_gp} and {clip}.")
        super().__init__(**given, lam_gp=lam_gp, clip=clip, critic_options={"norm": "layer", **(critic_options or {})})

    def critic_step(self, seen, truth, fake):
        critic, fake = self.networks["critic"], fake.detach()
        loss = losses.wasserstein_critic(self.judge(seen, truth), self.judge(seen, fake))
        # As losses.gradient_penalty, by hand: the history shows the slope too.
        slope = losses.slopes(critic, self.condition(seen), losses.between(truth, fake))
        penalty, lam_gp, clip = (slope - 1).square().mean(), self.settings.lam_gp, self.settings.clip
        terms = {"critic_estimate": -loss.detach(), "penalty": penalty.detach(), "slope": slope.detach().mean()}
        terms["critic_gradient"] = self.descend("critic", loss + lam_gp * penalty if lam_gp else loss)
        if clip:
            with torch.no_grad():
                for weight in critic.parameters():
                    weight.clamp_(-clip, clip)
        return terms

    def fooling(self, heights):
        return losses.wasserstein_generator(heights)
