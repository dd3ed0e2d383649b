"""Lesson 04: the color GAN once more, with critics that measure a distance: weights clipped, or the slope penalized."""

import torch
from scipy.optimize import linear_sum_assignment

from colorlib import color, losses
from colorlib.course.lesson_03.color_gan import ColorGAN


class DistanceGAN(ColorGAN):
    """A color GAN whose critic gives heights: it holds real colors above the fakes, and the generator climbs.

    How far above measures a distance only if the slope is limited: a subclass says how. Here nothing does.
    """

    n_critic = 5

    def __init__(self, seed=0, memory=0.9, **options):
        super().__init__(seed, memory=memory, **options)

    def critic_loss(self, real, fake):
        return losses.wasserstein_critic(self.critic(real), self.critic(fake))

    def generator_loss(self, fake):
        return losses.wasserstein_generator(self.critic(fake))

    def _judged(self, real, fake):
        loss = self.critic_loss(real, fake)
        return loss, {"critic": loss.item()}

    def now(self):
        """On the dots that are shown: the critic's estimate of the distance, the distance, and its slopes.

        A height of 1 is 1 Lab unit of distance, if the slope is 1.
        """
        real, fake = self.same_real, self.fakes() / color.AB_SCALE
        between = losses.between(real, fake, torch.Generator().manual_seed(0))  # looking throws none of its dice
        with torch.no_grad():
            estimate = -losses.wasserstein_critic(self.critic(real), self.critic(fake)) * color.AB_SCALE
        return {
            "estimate": estimate.item(),
            "distance": earth_moved(real, fake) * color.AB_SCALE,
            "slope_at_dots": losses.slopes(self.critic, None, torch.cat((real, fake))).mean().item(),
            "slope_between": losses.slopes(self.critic, None, between).mean().item(),
        }


class ClippedGAN(DistanceGAN):
    """As the first Wasserstein GAN: after each step no weight of the critic may be outside ±clip."""

    def __init__(self, seed=0, clip=0.01, **options):
        super().__init__(seed, **options)
        self.clip = clip

    def critic_step(self):
        terms = super().critic_step()
        with torch.no_grad():
            for weight in self.critic.parameters():
                weight.clamp_(-self.clip, self.clip)
        return terms


class PenaltyGAN(DistanceGAN):
    """As WGAN-GP: between real dots and fakes, a slope other than 1 costs.

    λ weighs slopes against distances, and all distances are below 1 here. The published 10 measures them well in the
    end, but bends so slowly that the generator never meets a critic of three colors; 1 bends in time, with a slope
    some 25 % too steep at the start.
    """

    def __init__(self, seed=0, lam_gp=1.0, **options):
        super().__init__(seed, **options)
        self.lam_gp = lam_gp

    def critic_loss(self, real, fake):
        penalty = losses.gradient_penalty(self.critic, None, real, fake, self.dice)
        return super().critic_loss(real, fake) + self.lam_gp * penalty


def earth_moved(one, other):
    """W₁ of two samples (N, 2), by the pairs that are nearest in sum: in a plane, sorting can't find them."""
    far = (one[:, None] - other).norm(dim=2)
    return far[linear_sum_assignment(far.numpy())].mean().item()
