"""Lesson 04: be the critic. Nine heights, no step above 1, that hold real numbers as far above painted as can be."""

import math

import ipywidgets as widgets
import torch

from colorlib import plots
from colorlib.course import controls, page
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

    def score(self, heights):
        """The mean height of the real less that of the painted."""
        return (torch.as_tensor(heights, dtype=torch.float64) @ self.surplus.double()).item() / EACH

    def best(self):
        """Heights with the greatest score: a full step up wherever more painted than real stand up to there, else down.

        Each step counts for all who stand beyond it, so that each can be chosen by itself.
        """
        steps = -STEEPEST * self.surplus.cumsum(dim=0)[:-1].sign()
        heights = torch.cat((torch.zeros(1), steps)).cumsum(dim=0)
        return (heights - (heights.max() + heights.min()) / 2).tolist()  # what is added to all changes no score

    def verdict(self, heights):
        """How the heights do, and the kind of box that says so."""
        if steep := too_steep(heights):
            where = ", ".join(f"{i} and {i + 1} ({heights[i + 1] - heights[i]:+g})" for i in steep)
            return f"<b>Too steep</b> between {where}: at most {STEEPEST} is allowed, so this does not count.", "wrong"
        mine, goal = self.score(heights), self.goal
        done = mine > goal - 1e-6
        more = "Higher is not possible." if done else f"It can be {goal - mine:.2f} more."
        told = f"Your critic holds the real numbers <b>{mine:.2f}</b> above the painted."
        return f"{told} W₁ by sorting: <b>{goal:.2f}</b>. {more}", "right" if done else "note"

    def figure(self, heights, size=(plots.WIDTH, 4.4)):
        """The heights as a line, steep pieces dashed; below, the real as bars up and the painted as bars down."""
        options = {"sharex": True, "height_ratios": (3, 2)}
        with plots.drawing(2, 1, size, **options) as (canvas, (above, below)):
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
            alt = (
                f"Nine places on a line. Real numbers at places 0 to 8: {', '.join(map(str, self.real))}; painted "
                f"ones: {', '.join(map(str, self.painted))}. The critic's heights: "
                f"{', '.join(f'{height:g}' for height in heights)}{f'; too steep {steep}' if steep else ''}."
            )
            return plots.Figure(canvas, alt)


def too_steep(heights):
    """The places from which the next is more than 1 higher or lower."""
    steps = torch.as_tensor(heights, dtype=torch.float64).diff()
    return (steps.abs() > STEEPEST + 1e-9).nonzero().flatten().tolist()


def new_task(dice):
    """New piles, far enough apart to be worth a critic."""
    while True:
        places = torch.randint(PLACES, (2, EACH), generator=dice)
        task = Task(*(row.bincount(minlength=PLACES).tolist() for row in places))
        if task.goal >= 1:
            return task


class BeTheCritic(page.Live):
    """Nine sliders, one a place, and the score of their heights beside W₁."""

    def __init__(self, seed=0):
        self.dice, self.task = torch.Generator().manual_seed(seed), Task(*FIRST)
        self.sliders = [self.follow(self.slider(place)) for place in range(PLACES)]
        presses = {
            "Show a best one": lambda: self.set(self.task.best()),
            "All to 0": lambda: self.set([0] * PLACES),
            "New piles": self.new,
        }
        self.buttons = {name: controls.button(name, press) for name, press in presses.items()}
        self.told = controls.Told()
        super().__init__(widgets.HBox(self.sliders), widgets.HBox(list(self.buttons.values())), self.told)

    def slider(self, place):
        look = {"min": -HIGHEST, "max": HIGHEST, "step": 0.5, "readout_format": ".1f", "orientation": "vertical"}
        look["continuous_update"] = False  # a figure takes longer than a mouse moves
        layout = widgets.Layout(width="94px", height="170px")
        return widgets.FloatSlider(description=f"Height at {place}", layout=layout, **look)

    @property
    def heights(self):
        return [slider.value for slider in self.sliders]

    def set(self, heights):
        """All at once, drawn once."""
        for slider, height in zip(self.sliders, heights, strict=True):
            slider.unobserve(self.redraw, names="value")
            slider.value = height
            self.follow(slider)
        self.redraw()

    def new(self):
        self.task = new_task(self.dice)
        self.redraw()

    def draw(self):
        self.told.say(*self.task.verdict(self.heights))
        return self.task.figure(self.heights).html

    def as_text(self):
        best = self.task.best()
        return page.box(
            "<b>Be the critic</b> (run the cell to set its heights). Real and painted numbers at nine places, and a "
            f"best critic: no step is above {STEEPEST}, and it holds the real {self.task.score(best):.2f} above the "
            f"painted. W₁ by sorting: {self.task.goal:.2f}.<br>{self.task.figure(best, (6.4, 4)).html}"
        )


be_the_critic = BeTheCritic
