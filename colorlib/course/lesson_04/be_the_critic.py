"""Lesson 04: be the critic. Nine heights, no step above 1, that hold real numbers as far above painted as can be."""

import math

import ipywidgets as widgets
import torch

from colorlib import plots
from colorlib.course import controls, page, texts
from colorlib.course.lesson_04 import piles

PLACES, HIGHEST, STEEPEST = 9, 4, 1
EACH = 6  # as many real as painted: each can have a partner
FIRST = (2, 1, 0, 0, 0, 0, 1, 2, 0), (0, 0, 0, 2, 2, 1, 0, 0, 1)  # the best critic of these goes down, up and down


class Task:
    """Counts of real and of painted numbers at each place, and how well heights tell them apart. Needs no browser."""

    def __init__(self, real, painted):
        self.real, self.painted = real, painted
        self.surplus = torch.tensor(real) - torch.tensor(painted)
        places = [torch.arange(PLACES).repeat_interleave(torch.tensor(counts)) for counts in (real, painted)]
        self.goal = piles.earth_moved(*places)
        self.texts = texts.find("widgets", "04.be_the_critic")[2]

    def score(self, heights):
        """The mean height of the real less that of the painted."""
        return (torch.as_tensor(heights, dtype=torch.float64) @ self.surplus.double()).item() / EACH

    def best(self):
        """Heights with the greatest score: a step up wherever more painted than real stand up to there, else down."""
        steps = -STEEPEST * self.surplus.cumsum(dim=0)[:-1].sign()
        heights = torch.cat((torch.zeros(1), steps)).cumsum(dim=0)
        return (heights - (heights.max() + heights.min()) / 2).tolist()  # what is added to all changes no score

    def verdict(self, heights):
        """How the heights do, and the kind of box that says so."""
        if steep := too_steep(heights):
            where = ", ".join(f"{i} and {i + 1} ({heights[i + 1] - heights[i]:+g})" for i in steep)
            return self.texts["steep"].format(where=where, steepest=STEEPEST), "wrong"
        missing = self.goal - self.score(heights)
        done = missing < 1e-6
        more = self.texts["done" if done else "more"].format(missing)
        return f"{self.texts['held'].format(self.score(heights), self.goal)} {more}", "right" if done else "note"

    def figure(self, heights, size=(plots.WIDTH, 4.4)):
        """The heights as a line, steep pieces dashed; below, the real as bars up and the painted as bars down."""
        with plots.drawing(2, 1, size, sharex=True, height_ratios=(3, 2)) as (canvas, (above, below)):
            above.plot(range(PLACES), heights, "o-", color=plots.INK)
            for i in too_steep(heights):
                above.plot((i, i + 1), heights[i : i + 2], color=plots.CYCLE[1], linestyle=":", linewidth=5)
            above.set(ylabel="height", ylim=(-HIGHEST - 0.4, HIGHEST + 0.4))
            above.grid(True, axis="y")
            for name, counts, way, label in (("real", self.real, 1, "up"), ("painted", self.painted, -1, "down")):
                lengths = [way * n or math.nan for n in counts]
                bars = below.bar(range(PLACES), lengths, 0.6, label=f"{name}, {label}", **piles.LOOKS[name])
                below.bar_label(bars, [n or "" for n in counts], padding=2)
            below.axhline(0, color=plots.INK, linewidth=0.8, linestyle="-")
            most = max(*self.real, *self.painted) + 1.2
            below.set(xlabel="place", ylabel="how many", xticks=range(PLACES), ylim=(-most, most), yticks=[])
            below.legend(ncols=2, loc="lower left", bbox_to_anchor=(0, 1))
            steep = ", ".join(f"from {i} to {i + 1}" for i in too_steep(heights))
            rows = (", ".join(f"{number:g}" for number in row) for row in (self.real, self.painted, heights))
            return plots.Figure(canvas, self.texts["alt"].format(*rows, f"; too steep {steep}" if steep else ""))


def too_steep(heights):
    """The places from which the next is more than 1 higher or lower."""
    return (torch.as_tensor(heights, dtype=torch.float64).diff().abs() > STEEPEST + 1e-9).nonzero().flatten().tolist()


class BeTheCritic(page.Live):
    """Nine sliders, one a place, and the score of their heights beside W₁."""

    def __init__(self, seed=0):
        self.dice, self.task = torch.Generator().manual_seed(seed), Task(*FIRST)
        look = {"label": "", "width": "94px", "orientation": "vertical"} | piles.SLIDER
        self.sliders = [controls.slider(f"Height at {n}", -HIGHEST, HIGHEST, 0, **look) for n in range(PLACES)]
        for slider in self.sliders:
            slider.layout.height = "170px"
            self.follow(slider)
        presses = {"Show a best one": lambda: self.set(self.task.best()), "All to 0": lambda: self.set([0] * PLACES)}
        presses["New piles"] = self.new
        self.buttons = {name: controls.button(name, press) for name, press in presses.items()}
        self.told = controls.Told()
        super().__init__(widgets.HBox(self.sliders), widgets.HBox(list(self.buttons.values())), self.told)

    def set(self, heights):
        """All at once, drawn once."""
        for slider, height in zip(self.sliders, heights, strict=True):
            slider.unobserve(self.redraw, names="value")
            slider.value = height
            self.follow(slider)
        self.redraw()

    def new(self):
        """New piles, far enough apart to be worth a critic."""
        while True:
            places = torch.randint(PLACES, (2, EACH), generator=self.dice)
            self.task = Task(*(row.bincount(minlength=PLACES).tolist() for row in places))
            if self.task.goal >= 1:
                return self.redraw()

    def draw(self):
        heights = [slider.value for slider in self.sliders]
        self.told.say(*self.task.verdict(heights))
        return self.task.figure(heights).html

    def as_text(self):
        best, told = self.task.best(), self.task.texts["as_text"]
        told = told.format(self.task.score(best), self.task.goal, steepest=STEEPEST)
        return page.box(f"{told}<br>{self.task.figure(best, (6.4, 4)).html}")
