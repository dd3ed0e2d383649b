"""Lesson 04: lesson 03's lab for critics that give heights, with a menu of what keeps their slope in bounds."""

from functools import partial

from matplotlib.ticker import MaxNLocator

from colorlib import color, plots
from colorlib.course.lesson_03.color_gan import ColorGAN
from colorlib.course.lesson_03.gan_lab import ColorGANLab, Reading
from colorlib.course.lesson_04.distance_gans import ClippedGAN, DistanceGAN, PenaltyGAN

KINDS = {
    "verdicts, as in lesson 03": ColorGAN,
    "weights within ±0.01": partial(ClippedGAN, clip=0.01),
    "weights within ±0.1": partial(ClippedGAN, clip=0.1),
    "slope penalized": PenaltyGAN,
}


class Heights(Reading):
    """How a critic of heights is shown: by contour lines, its estimate and its slopes."""

    arrow = 20 * color.AB_SCALE  # a slope of 1 gets an arrow of 20 Lab units

    def judged(self):
        now = self.gan.now()
        return (
            f"It holds the real dots {now['estimate']:.3g} above the fakes; the fakes have {now['distance']:.3g} Lab "
            f"units to go. Its slope: {now['slope_at_dots']:.2g} at the dots, {now['slope_between']:.2g} between them."
        )

    def pushed(self, slope):
        return f"raise a fake by {10 * slope * color.AB_SCALE:.2g} on average"

    def map(self, ab):
        """Heights above the mean of the fakes: only differences mean something."""
        return (self.gan.verdict(ab) - self.gan.verdict(self.gan.fakes()).mean()) * color.AB_SCALE

    def at_places(self):
        named = ", ".join(f"{name} {height:.3g}" for name, height in self.places())
        return f"The critic's heights above the fakes: {named}"

    def draw_map(self, axes, axis, shown):
        levels = MaxNLocator(14).tick_values(shown.min().item(), shown.max().item())
        low, high = levels[0], levels[-1]
        axes.contourf(axis, axis, shown, levels=levels, cmap="gray", vmin=low - 0.6 * (high - low), vmax=high)
        axes.contour(axis, axis, shown, levels=levels, colors=plots.INK, linewidths=0.6, linestyles="-")
        return f"the critic: light = high, a line every {levels[1] - levels[0]:.3g}"


class DistanceGANLab(ColorGANLab):
    """The lab with a menu of critics; another critic starts again."""

    title, asked, choices = "The GAN on the ab plane, with other critics", "Critic", KINDS

    def start(self):
        self.gan = KINDS[self.menu.value](seed=self.seed)

    def switch(self, _):
        self.press(self.start)

    def reading(self, gan):
        return Heights(gan) if isinstance(gan, DistanceGAN) else Reading(gan)

    def stages(self):
        for name, make in KINDS.items():
            gan = make(seed=self.seed)
            gan.rounds(50)
            yield self.reading(gan).stage(f"{name}, after 50 rounds")


distance_gan_lab = DistanceGANLab
