"""Lesson 04: lesson 03's lab for critics that give heights, with a menu of what keeps their slope in bounds."""

from functools import partial

from matplotlib.ticker import MaxNLocator

from colorlib import color, plots
from colorlib.course import page
from colorlib.course.lesson_03 import gan_lab
from colorlib.course.lesson_03.color_gan import ColorGAN
from colorlib.course.lesson_04.distance_gans import ClippedGAN, DistanceGAN, PenaltyGAN

KINDS = {
    "verdicts, as in lesson 03": ColorGAN,
    "weights within ±0.01": partial(ClippedGAN, clip=0.01),
    "weights within ±0.1": partial(ClippedGAN, clip=0.1),
    "slope penalized": PenaltyGAN,
}


def heights(gan, ab):
    """The critic's heights above its mean for the fakes: only differences mean something."""
    return (gan.verdict(ab) - gan.verdict(gan.fakes()).mean()) * color.AB_SCALE


class Heights:
    """How a critic of heights is shown: by contour lines, its estimate and its slopes."""

    arrow = 20 * color.AB_SCALE  # a slope of 1 gets an arrow of 20 Lab units

    @staticmethod
    def judged(gan):
        now = gan.now()
        return (
            f"It holds the real dots {now['estimate']:.3g} above the fakes; the fakes have {now['distance']:.3g} Lab "
            f"units to go. Its slope: {now['slope_at_dots']:.2g} at the dots, {now['slope_between']:.2g} between them."
        )

    @staticmethod
    def pushed(slope):
        return f"raise a fake by {10 * slope * color.AB_SCALE:.2g} on average"

    @staticmethod
    def at_places(gan):
        above = zip(gan_lab.PLACES, heights(gan, gan_lab.places(gan)).tolist(), strict=True)
        return "The critic's heights above the fakes: " + ", ".join(f"{name} {height:.3g}" for name, height in above)

    @staticmethod
    def draw_map(axes, gan, axis, grid):
        shown = heights(gan, grid)
        levels = MaxNLocator(14).tick_values(shown.min().item(), shown.max().item())
        low, high = levels[0], levels[-1]
        # The gray scale ends above black, as in lesson 03.
        axes.contourf(axis, axis, shown, levels=levels, cmap="gray", vmin=low - 0.6 * (high - low), vmax=high)
        axes.contour(axis, axis, shown, levels=levels, colors=plots.INK, linewidths=0.6, linestyles="-")
        return f"the critic: light = high, a line every {levels[1] - levels[0]:.3g}"


def reading_of(gan):
    return Heights if isinstance(gan, DistanceGAN) else gan_lab.Verdicts


class DistanceGANLab(gan_lab.ColorGANLab):
    """The lab with a menu of critics; another critic starts again."""

    asked, choices = "Critic", KINDS

    def __init__(self, seed=0):
        super().__init__(seed)

    def start(self):
        self.gan = KINDS[self.menu.value](seed=self.seed)
        self.reading = reading_of(self.gan)

    def switch(self, _):
        self.start()
        self.redraw()

    def as_text(self):
        shown = ""
        for name, make in KINDS.items():
            gan = make(seed=self.seed)
            gan.rounds(50)
            shown += gan_lab.stage(gan, f"{name}, after 50 rounds", reading_of(gan))
        return page.card(
            "<b>The GAN on the ab plane, with other critics</b> (run the cell to take its steps). Circles are real "
            f"colors, triangles fakes; arrows show where the critic sends them.<div>{shown}</div>"
        )


distance_gan_lab = DistanceGANLab
