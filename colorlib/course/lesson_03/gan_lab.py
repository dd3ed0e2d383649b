"""Lesson 03: the color GAN, taken one step at a time. Lesson 04 uses the lab again."""

import math

import ipywidgets as widgets
import torch

from colorlib import color, plots
from colorlib.course import controls, page
from colorlib.course.lesson_03.color_gan import ColorGAN

NAMES = ("red", "blue", "green")  # of scenes.DEFAULT_PALETTE
PLACES = *NAMES, "gray"
GUESSING = 2 * math.log(2)  # the loss of a critic that says one half to all
LOSSES = {"fool the critic (in use)": False, "the minimax's own (saturating)": True}
REACH = color.AB_SCALE  # Lab units that the plane shows, to each side: all that a generator can give
ARROWS = 32  # as many fakes have an arrow: more would hide the dots
LONGEST = 25  # Lab units for an arrow


def near(gan):
    shares = gan.shares().tolist()
    named = ", ".join(f"{share:.0%} near {name}" for share, name in zip(shares, NAMES, strict=True))
    return f"of its fakes {named}, {abs(1 - sum(shares)):.0%} near none"


class Verdicts:
    """How lesson 03's critic is shown: by its probabilities. Lesson 04 has heights to show in their place."""

    arrow = 800  # Lab units drawn for a slope of 1 a Lab unit

    @staticmethod
    def judged(gan):
        now = gan.now()
        return (
            f"Its loss is {now['critic']:.2f}, where guessing costs 2 ln 2 = "
            f"{GUESSING:.2f}; it is right about {now['right_on_real']:.0%} of the real dots and "
            f"{now['right_on_fake']:.0%} of the fakes."
        )

    @staticmethod
    def pushed(slope):
        return f"lower a fake's loss by {10 * slope:.3f} on average"

    @staticmethod
    def at_places(gan):
        chances = gan.verdict(places(gan)).sigmoid()
        named = ", ".join(f"{name} {chance:.0%}" for name, chance in zip(PLACES, chances, strict=True))
        return f"The critic's probability that a color is real: {named}"

    @staticmethod
    def draw_map(axes, gan, axis, grid):
        real_looking = gan.verdict(grid).sigmoid()
        # The gray scale ends above black, or the dots' dark outlines would be lost on it.
        axes.contourf(axis, axis, real_looking, levels=torch.linspace(0, 1, 13), cmap="gray", vmin=-0.6, vmax=1)
        if real_looking.min() < 0.5 < real_looking.max():
            axes.contour(axis, axis, real_looking, levels=[0.5], colors=plots.INK, linewidths=1, linestyles="--")
        return "the critic: light = real, dark = fake"


def places(gan):
    return torch.cat((gan.palette, torch.zeros(1, 2)))


def told(gan, reading=Verdicts):
    """How things stand, in words."""
    return (
        f"<b>Critic</b>, steps: {gan.steps('critic')}. {reading.judged(gan)}<br>"
        f"<b>Generator</b>, steps: {gan.steps('generator')}; {near(gan)}.<br>"
        f"<b>Arrows</b>: 10 Lab units along its arrow {reading.pushed(gan.pushes().norm(dim=1).mean())}."
    )


def described(gan, reading=Verdicts):
    """The alt text."""
    a, b = gan.fakes().mean(dim=0)
    return (
        f"The ab plane after {gan.steps('critic')} steps of the critic and {gan.steps('generator')} of the generator: "
        f"{near(gan)}; their mean is a = {a:.0f}, b = {b:.0f}. {reading.at_places(gan)}"
    )


def paint(ab, lightness=55.0):
    """Colors (N, 2) as a figure wants them, each as it looks at that L."""
    lab = torch.cat((torch.full((len(ab), 1), lightness), ab), dim=1)
    return color.lab_to_rgb(lab.T[:, None])[:, 0].T.numpy()


def plane(gan, size=(5.2, 4.6), reading=Verdicts):
    """The critic as a map in gray; on it real and fake dots in their own color, and the fakes' arrows."""
    axis = torch.linspace(-REACH, REACH, 73)
    grid = torch.stack(torch.meshgrid(axis, axis, indexing="xy"), dim=-1)
    real, fakes, pushes = gan.same_real * color.AB_SCALE, gan.fakes(), gan.pushes()[:ARROWS] * reading.arrow
    pushes = pushes * (LONGEST / pushes.norm(dim=1, keepdim=True).clamp(min=1e-9)).clamp(max=1)
    with plots.drawing(1, 1, size) as (canvas, axes):
        axes.set_title(reading.draw_map(axes, gan, axis, grid))
        for name, dots, marker in (("real", real, "o"), ("fake", fakes, "^")):
            look = {"marker": marker, "s": 30, "edgecolors": plots.INK, "linewidths": 0.8, "zorder": 3}
            axes.scatter(*dots.T, c=paint(dots), label=name, **look)
        look = {"angles": "xy", "scale_units": "xy", "scale": 1, "width": 0.006, "color": plots.INK}
        axes.quiver(*fakes[:ARROWS].T, *pushes.T, zorder=2, **look)
        axes.set(xlim=(-REACH, REACH), ylim=(-REACH, REACH), aspect="equal")
        axes.set(xlabel="a   (green … magenta)", ylabel="b   (blue … yellow)")
        legend = canvas.legend(loc="outside lower center", ncols=2)
        for handle in legend.legend_handles:
            handle.set_facecolor("white")  # shapes tell real from fake, whatever the color
        return plots.Figure(canvas, described(gan, reading))


def stage(gan, name, reading=Verdicts):
    """One of several planes side by side, for readers without a kernel."""
    return (
        "<figure style='display:inline-block;margin:4px;max-width:31%'>"
        f"{plane(gan, (3.4, 3.7), reading).html}<figcaption>{name}: {near(gan)}</figcaption></figure>"
    )


class ColorGANLab(page.Live):
    """Buttons for single steps, a menu for the generator's loss, and the plane that follows them.

    `make` builds the GAN: `ColorGAN` or a class derived from it.
    """

    asked, choices = "Generator's loss", LOSSES
    reading = Verdicts

    def __init__(self, seed=0, make=ColorGAN):
        self.make, self.seed = make, seed
        look = {"style": {"description_width": "120px"}, "layout": widgets.Layout(width="420px")}
        self.menu = widgets.Dropdown(description=self.asked, options=list(self.choices), **look)
        self.menu.observe(self.switch, names="value")
        presses = {
            "One critic step": lambda: self.gan.critic_step(),
            "One generator step": lambda: self.gan.generator_step(),
            "Ten critic steps": lambda: [self.gan.critic_step() for _ in range(10)],
            "Ten rounds": lambda: self.gan.rounds(10),
            "Start again": self.start,
        }
        self.buttons = {name: controls.button(name) for name in presses}
        for name, press in presses.items():
            self.buttons[name].on_click(lambda _, press=press: (press(), self.redraw()))
        self.told = controls.told()
        self.start()
        row = widgets.HBox(list(self.buttons.values()), layout=widgets.Layout(flex_flow="row wrap"))
        super().__init__(self.menu, row, self.told)

    def start(self):
        self.gan = self.make(seed=self.seed, saturating=LOSSES[self.menu.value])

    def switch(self, _):
        """The same dots and critic, the other loss: so that arrows can be compared."""
        self.gan.saturating = LOSSES[self.menu.value]
        self.redraw()

    def draw(self):
        self.told.value = page.card(told(self.gan, self.reading))
        return plane(self.gan, reading=self.reading).html

    def as_text(self):
        gan, shown = self.make(seed=self.seed), ""
        for total in (0, 30, 200):
            gan.rounds(total - gan.steps("generator"))
            shown += stage(gan, f"after {total} rounds")
        return page.card(
            "<b>A GAN on the ab plane</b> (run the cell to take its steps). Circles are real colors, triangles fakes; "
            f"arrows show where the critic sends them.<div>{shown}</div>"
        )


color_gan_lab = ColorGANLab
