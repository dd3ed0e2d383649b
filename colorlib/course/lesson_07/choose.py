"""Several answers of one network to one photograph, to choose from: the choice is the hint that the gray lacks."""

import ipywidgets as widgets
import torch

from colorlib import color, colorize
from colorlib.course import controls, page, texts

SMALL, LARGE = 250, 640  # pixels on the screen


def answers(photograph, model, n=6, side=None):
    """A photograph colored n times by a network that draws samples."""
    dice = [torch.Generator().manual_seed(seed) for seed in range(n)]
    return [colorize.colorize(photograph, model, side, dice=each) for each in dice]


def mean_of(pictures):
    """The mean color of several colorings of one photograph, at its lightness."""
    lab = torch.stack([color.rgb_to_lab(picture) for picture in pictures])
    return color.to_uint8(color.lab_to_rgb(lab.mean(dim=0)))


class Answers(page.Panel):
    """Six small colorings under numbers, a menu, and the chosen one large beside the words about it."""

    def __init__(self, pictures, name):
        self.pictures, self.name = pictures, name
        self.told, self.view = controls.Told(), widgets.HTML()
        names = [(f"number {number}", number) for number in range(1, len(pictures) + 1)]
        self.menu = controls.menu("I choose", names, chosen=False)
        self.menu.observe(lambda _: self.show(), names="value")
        super().__init__([widgets.HTML(self.small()), self.menu, self.told, self.view])

    def small(self):
        return " ".join(
            f"<figure style='display:inline-block;margin:4px'>{page.picture(picture, self.alt(number), SMALL)}"
            f"<figcaption>number {number}</figcaption></figure>"
            for number, picture in enumerate(self.pictures, 1)
        )

    def alt(self, number):
        """What a coloring looks like, for whoever cannot see it: its mean colors at the top, in the middle, below."""
        lab = color.rgb_to_lab(self.pictures[number - 1])[1:]
        thirds = zip(("top", "middle", "bottom"), lab.chunk(3, dim=1), strict=True)
        means = ", ".join(f"{name} a {part[0].mean():.0f}, b {part[1].mean():.0f}" for name, part in thirds)
        return f"{self.name}, coloring {number}; mean color: {means}"

    def show(self):
        if self.menu.value == controls.OPEN:
            return
        number = self.menu.value
        self.told.say(texts.find("widgets", "07.answers")[2]["chosen"].format(number))
        self.view.value = page.picture(self.pictures[number - 1], self.alt(number), LARGE)

    def as_text(self):
        return page.box(f"{self.small()}<br><small>Run this lesson to choose one.</small>")
