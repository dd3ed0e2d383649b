"""Lesson 04: the color GAN once more, with critics that measure a distance; lesson 03's lab, with a menu of them."""

from functools import partial

import torch
from matplotlib.ticker import MaxNLocator
from scipy.optimize import linear_sum_assignment

from colorlib import color, losses, plots
from colorlib.course.lesson_03.color_gan import ColorGAN
from colorlib.course.lesson_03.gan_lab import ColorGANLab, Reading


class DistanceGAN(ColorGAN):
    """A color GAN whose critic gives heights: it holds real colors above the fakes, and the generator climbs.

    How far above measures a distance only if the slope is limited. By `clip`: after each step no weight of the critic
    may be outside ±clip. By `lam_gp`: between real dots and fakes, a slope other than 1 costs.
    """

    n_critic = 5

    def __init__(self, seed=0, clip=None, lam_gp=0, memory=0.9, **options):
        super().__init__(seed, memory=memory, **options)
        self.clip, self.lam_gp = clip, lam_gp

    def critic_loss(self, real, fake):
        penalty = losses.gradient_penalty(self.critic, None, real, fake, self.dice) if self.lam_gp else 0
        return losses.wasserstein_critic(self.critic(real), self.critic(fake)) + self.lam_gp * penalty

    def generator_loss(self, fake):
        return losses.wasserstein_generator(self.critic(fake))

    def critic_step(self):
        terms = super().critic_step()
        if self.clip:
            for weight in self.critic.parameters():
                weight.data.clamp_(-self.clip, self.clip)
        return terms

    def now(self):
        """On the dots that are shown: the critic's estimate of the distance in Lab units, the distance, its slopes."""
        real, fake = self.same_real, self.fakes() / color.AB_SCALE
        between = losses.between(real, fake, torch.Generator().manual_seed(0))  # looking throws none of its dice
        estimate = -losses.wasserstein_critic(self.critic(real), self.critic(fake)) * color.AB_SCALE
        return {
            "estimate": estimate.item(),
            "distance": moved_in_the_plane(real, fake) * color.AB_SCALE,
            "slope_at_dots": losses.slopes(self.critic, None, torch.cat((real, fake))).mean().item(),
            "slope_between": losses.slopes(self.critic, None, between).mean().item(),
        }


def moved_in_the_plane(one, other):
    """W₁ of two samples (N, 2), by the pairs that are nearest in sum: in a plane, sorting can't find them."""
    far = (one[:, None] - other).norm(dim=2)
    return far[linear_sum_assignment(far.numpy())].mean().item()


KINDS = {"verdicts, as in lesson 03": ColorGAN}
KINDS |= {f"weights within ±{clip}": partial(DistanceGAN, clip=clip) for clip in (0.01, 0.1)}
KINDS |= {"slope penalized": partial(DistanceGAN, lam_gp=1)}


class Heights(Reading):
    """How a critic of heights is shown: by contour lines, its estimate and its slopes."""

    sentences = "04.distance_gan_lab"
    unit = color.AB_SCALE
    arrow = 20 * color.AB_SCALE  # a slope of 1 gets an arrow of 20 Lab units

    def map(self, ab):
        """Heights above the mean of the fakes: only differences mean something."""
        return (self.gan.verdict(ab) - self.gan.verdict(self.gan.fakes()).mean()) * color.AB_SCALE

    def draw_map(self, axes, axis, shown):
        levels = MaxNLocator(14).tick_values(shown.min().item(), shown.max().item())
        low, high = levels[0], levels[-1]
        axes.contourf(axis, axis, shown, levels=levels, cmap="gray", vmin=low - 0.6 * (high - low), vmax=high)
        axes.contour(axis, axis, shown, levels=levels, colors=plots.INK, linewidths=0.6, linestyles="-")
        return f"the critic: light = high, a line every {levels[1] - levels[0]:.3g}"


class DistanceGANLab(ColorGANLab):
    """The lab with a menu of critics; another critic starts again."""

    title, asked, choices = "The GAN on the ab plane, with other critics", "Critic", KINDS
    stages = {f"{name}, after 50 rounds": (make, 50) for name, make in KINDS.items()}

    def switch(self, _):
        self.press(self.start)

    def reading(self, gan):
        return Heights(gan) if isinstance(gan, DistanceGAN) else Reading(gan)
