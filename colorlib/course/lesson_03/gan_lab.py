"""Lesson 03: the color GAN, taken one step at a time. Lesson 04 uses the lab again."""

import io
import math
from functools import partial

import ipywidgets as widgets
import numpy as np
import torch
from PIL import Image

from colorlib import color, plots
from colorlib.course import controls, page, texts
from colorlib.course.lesson_03.color_gan import ColorGAN

NAMES = ("red", "blue", "green")  # of scenes.DEFAULT_PALETTE
GUESSING = 2 * math.log(2)  # the loss of a critic that says one half to all
LOSSES = {"fool the critic (in use)": ColorGAN, "the minimax's own (saturating)": partial(ColorGAN, saturating=True)}
REACH = color.AB_SCALE  # Lab units that the plane shows, to each side: all that a generator can give
ARROWS = 32  # as many fakes have an arrow: more would hide the dots
LONGEST = 25  # Lab units for an arrow


class Reading:
    """How a color GAN is shown: in words, and as a plane with the critic's probabilities. Needs no browser."""

    sentences = "03.color_gan_lab"
    unit = 1  # of what the critic gives
    arrow = 800  # Lab units drawn for a slope of 1 a Lab unit

    def __init__(self, gan):
        self.gan = gan
        self.texts = texts.find("widgets", self.sentences)[2]

    def near(self):
        shares = self.gan.shares().tolist()
        named = ", ".join(f"{share:.0%} near {name}" for share, name in zip(shares, NAMES, strict=True))
        return f"of its fakes {named}, {abs(1 - sum(shares)):.0%} near none"

    def told(self):
        """How things stand, in words."""
        judged = self.texts["judged"].format(guessing=GUESSING, **self.gan.now())
        pushed = self.texts["pushed"].format(10 * self.gan.pushes().norm(dim=1).mean() * self.unit)
        return (
            f"<b>Critic</b>, steps: {self.gan.steps('critic')}. {judged}<br>"
            f"<b>Generator</b>, steps: {self.gan.steps('generator')}; {self.near()}.<br>"
            f"<b>Arrows</b>: 10 Lab units along its arrow {pushed} on average."
        )

    def map(self, ab):
        """What the critic thinks of colors."""
        return self.gan.verdict(ab).sigmoid()

    def described(self):
        """The alt text."""
        a, b = self.gan.fakes().mean(dim=0)
        said = zip((*NAMES, "gray"), self.map(torch.cat((self.gan.palette, torch.zeros(1, 2)))).tolist(), strict=True)
        places = [f"{name} {self.texts['place'].format(value)}" for name, value in said]
        return (
            f"The ab plane after {self.gan.steps('critic')} steps of the critic and {self.gan.steps('generator')} of "
            f"the generator: {self.near()}; their mean is a = {a:.0f}, b = {b:.0f}. "
            f"{self.texts['places']}: {', '.join(places)}"
        )

    def draw_map(self, axes, axis, shown):
        """The critic in gray; gives the title. The scale ends above black, or dark outlines would be lost on it."""
        axes.contourf(axis, axis, shown, levels=torch.linspace(0, 1, 13), cmap="gray", vmin=-0.6, vmax=1)
        if shown.min() < 0.5 < shown.max():
            axes.contour(axis, axis, shown, levels=[0.5], colors=plots.INK, linewidths=1, linestyles="--")
        return "the critic: light = real, dark = fake"

    def plane(self, size=(5.2, 4.6), bare=False):
        """The critic as a map in gray; on it real and fake dots in their own color. If not bare: arrows, and words."""
        axis = torch.linspace(-REACH, REACH, 73)
        grid = torch.stack(torch.meshgrid(axis, axis, indexing="xy"), dim=-1)
        fakes, pushes = self.gan.fakes(), self.gan.pushes()[:ARROWS] * self.arrow
        pushes = pushes * (LONGEST / pushes.norm(dim=1, keepdim=True).clamp(min=1e-9)).clamp(max=1)
        with plots.drawing(1, 1, size) as (canvas, axes):
            title = self.draw_map(axes, axis, self.map(grid))
            for name, dots, marker in (("real", self.gan.same_real * color.AB_SCALE, "o"), ("fake", fakes, "^")):
                look = {"marker": marker, "s": 30, "edgecolors": plots.INK, "linewidths": 0.8, "zorder": 3}
                axes.scatter(*dots.T, c=paint_dots(dots), label=name, **look)
            axes.set(xlim=(-REACH, REACH), ylim=(-REACH, REACH), aspect="equal")
            if bare:
                axes.set(xticks=[], yticks=[])
                return plots.Figure(canvas, self.described())
            look = {"angles": "xy", "scale_units": "xy", "scale": 1, "width": 0.006, "color": plots.INK}
            axes.quiver(*fakes[:ARROWS].T, *pushes.T, zorder=2, **look)
            axes.set(title=title, xlabel="a   (green … magenta)", ylabel="b   (blue … yellow)")
            legend = canvas.legend(loc="outside lower center", ncols=2)
            for handle in legend.legend_handles:
                handle.set_facecolor("white")  # shapes tell real from fake, whatever the color
            return plots.Figure(canvas, self.described())

    def stage(self, name):
        """One of several planes side by side, for readers without a kernel."""
        return (
            "<figure style='display:inline-block;margin:4px;max-width:31%'>"
            f"{self.plane((3.4, 3.7)).html}<figcaption>{name}: {self.near()}</figcaption></figure>"
        )


def paint_dots(ab, lightness=55.0):
    """Colors (N, 2) as a figure wants them, each as it looks at that L."""
    lab = torch.cat((torch.full((len(ab), 1), lightness), ab), dim=1)
    return color.lab_to_rgb(lab.T[:, None])[:, 0].T.numpy()


def film_of_dots(rounds=(0, 2, 5, 10, 20, 30, 50, 80, 120, 200)):
    """The game as it goes on, {"10 rounds": 1×3×H×W, …}, for a film strip."""
    gan, stops = ColorGAN(), {}
    for number in rounds:
        gan.rounds(number - gan.steps("generator"))
        with Image.open(io.BytesIO(Reading(gan).plane((2, 2), bare=True).webp)) as plane:
            stops[f"{number} rounds"] = torch.from_numpy(np.array(plane.convert("RGB"))).movedim(-1, 0)[None]
    return stops


class ColorGANLab(page.Live):
    """Buttons for single steps, a menu for the generator's loss, and the plane that follows them."""

    title, asked, choices = "A GAN on the ab plane", "Generator's loss", LOSSES
    stages = {f"after {rounds} rounds": (ColorGAN, rounds) for rounds in (0, 30, 200)}  # for readers without a kernel

    def __init__(self, seed=0):
        self.seed = seed
        self.menu = controls.menu(self.asked, self.choices, "120px")
        self.menu.observe(self.switch, names="value")
        presses = {
            "One critic step": lambda: self.gan.critic_step(),
            "One generator step": lambda: self.gan.generator_step(),
            "Ten critic steps": lambda: self.gan.critic_steps(10),
            "Ten rounds": lambda: self.gan.rounds(10),
            "Start again": self.start,
        }
        self.buttons = {name: controls.button(name, partial(self.press, act)) for name, act in presses.items()}
        self.told = controls.Told()
        self.start()
        row = widgets.HBox(list(self.buttons.values()), layout=widgets.Layout(flex_flow="row wrap"))
        super().__init__(self.menu, row, self.told)

    def press(self, act):
        act()
        self.redraw()

    def start(self):
        self.gan = self.choices[self.menu.value](seed=self.seed)

    def switch(self, _):
        """The same dots and critic, the other loss: so that arrows can be compared."""
        self.gan.saturating = LOSSES[self.menu.value]().saturating
        self.redraw()

    def reading(self, gan):
        return Reading(gan)

    def draw(self):
        reading = self.reading(self.gan)
        self.told.say(reading.told())
        return reading.plane().html

    def as_text(self):
        shown = ""
        for name, (make, rounds) in self.stages.items():
            gan = make(seed=self.seed)
            gan.rounds(rounds)
            shown += self.reading(gan).stage(name)
        return page.box(
            f"<b>{self.title}</b> (run the cell to take its steps). Circles are real colors, triangles fakes; "
            f"arrows show where the critic sends them.<div>{shown}</div>"
        )


color_gan_lab = ColorGANLab
