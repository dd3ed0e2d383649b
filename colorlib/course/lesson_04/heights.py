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


def score(heights, real, painted):
    """The mean height of the real less that of the painted; `real` and `painted` count how many stand at each place."""
    heights, real, painted = (torch.as_tensor(row, dtype=torch.float64) for row in (heights, real, painted))
    return ((heights * real).sum() / real.sum() - (heights * painted).sum() / painted.sum()).item()


def distance(real, painted):
    """W₁ by sorting, without any critic."""
    line = torch.arange(len(real))
    return piles.wasserstein(*(line.repeat_interleave(torch.as_tensor(counts)) for counts in (real, painted)))


def too_steep(heights):
    """The places from which the next is more than 1 higher or lower."""
    steps = torch.as_tensor(heights, dtype=torch.float64).diff()
    return (steps.abs() > STEEPEST + 1e-9).nonzero().flatten().tolist()


def best(real, painted):
    """Heights with the greatest score: a full step up wherever more painted than real stand up to there, else down.

    Each step counts for all who stand beyond it, so that each can be chosen by itself.
    """
    surplus = (torch.as_tensor(painted) - torch.as_tensor(real)).cumsum(dim=0)[:-1]
    heights = torch.cat((torch.zeros(1), STEEPEST * surplus.sign())).cumsum(dim=0)
    return (heights - (heights.max() + heights.min()) / 2).tolist()  # what is added to all changes no score


def draw_piles(dice):
    """New piles, far enough apart to be worth a critic."""
    while True:
        places = torch.randint(PLACES, (2, EACH), generator=dice)
        real, painted = (row.bincount(minlength=PLACES).tolist() for row in places)
        if distance(real, painted) >= 1:
            return real, painted


def words(heights, real, painted):
    """How the heights do, and the kind of card that says so."""
    goal, mine = distance(real, painted), score(heights, real, painted)
    if steep := too_steep(heights):
        where = ", ".join(f"{i} and {i + 1} ({heights[i + 1] - heights[i]:+g})" for i in steep)
        return f"<b>Too steep</b> between {where}: at most {STEEPEST} is allowed, so this does not count.", "wrong"
    told = f"Your critic holds the real numbers <b>{mine:.2f}</b> above the painted. W₁ by sorting: <b>{goal:.2f}</b>."
    if mine > goal - 1e-6:
        return f"{told} Higher is not possible.", "right"
    return f"{told} It can be {goal - mine:.2f} more.", "note"


def figure(heights, real, painted, size=(plots.WIDTH, 4.4)):
    """The heights as a line, steep pieces dashed; below, the real as bars up and the painted as bars down."""
    options = {"sharex": True, "height_ratios": (3, 2)}
    with plots.drawing(2, 1, size, **options) as (canvas, (above, below)):
        above.plot(range(PLACES), heights, "o-", color=plots.INK)
        for i in too_steep(heights):
            above.plot((i, i + 1), heights[i : i + 2], color=plots.CYCLE[1], linestyle=":", linewidth=5)
        above.set(ylabel="height", ylim=(-HIGHEST - 0.4, HIGHEST + 0.4))
        above.grid(True, axis="y")
        for name, counts, way in (("real", real, 1), ("painted", painted, -1)):
            label = f"{name}, {'up' if way > 0 else 'down'}"
            bars = below.bar(
                range(PLACES), [way * n or math.nan for n in counts], 0.6, label=label, **piles.LOOKS[name]
            )
            below.bar_label(bars, [n or "" for n in counts], padding=2)
        below.axhline(0, color=plots.INK, linewidth=0.8, linestyle="-")
        most = max(*real, *painted) + 1.2
        below.set(xlabel="place", ylabel="how many", xticks=range(PLACES), ylim=(-most, most), yticks=[])
        below.legend(ncols=2, loc="lower left", bbox_to_anchor=(0, 1))
        return plots.Figure(canvas, described(heights, real, painted))


def described(heights, real, painted):
    """The alt text."""
    steep = ", ".join(f"from {i} to {i + 1}" for i in too_steep(heights))
    return (
        f"Nine places on a line. Real numbers at places 0 to 8: {', '.join(map(str, real))}; painted ones: "
        f"{', '.join(map(str, painted))}. The critic's heights: {', '.join(f'{height:g}' for height in heights)}"
        + (f"; too steep {steep}." if steep else ".")
    )


class BeTheCritic(page.Live):
    """Nine sliders, one a place, and the score of their heights beside W₁."""

    def __init__(self, seed=0):
        self.dice = torch.Generator().manual_seed(seed)
        self.real, self.painted = FIRST
        self.sliders = [self.slider(place) for place in range(PLACES)]
        presses = {
            "Show a best one": lambda: self.set(best(self.real, self.painted)),
            "All to 0": lambda: self.set([0] * PLACES),
            "New piles": self.new,
        }
        self.buttons = {name: controls.button(name) for name in presses}
        for name, press in presses.items():
            self.buttons[name].on_click(lambda _, press=press: press())
        self.told = controls.told()
        super().__init__(widgets.HBox(self.sliders), widgets.HBox(list(self.buttons.values())), self.told)

    def slider(self, place):
        look = {"orientation": "vertical", "layout": widgets.Layout(width="94px", height="170px")}
        slider = widgets.FloatSlider(
            min=-HIGHEST, max=HIGHEST, step=0.5, description=f"Height at {place}", readout_format=".1f", **look
        )
        slider.continuous_update = False  # a figure takes longer than a mouse moves
        slider.observe(self.redraw, names="value")
        return slider

    @property
    def heights(self):
        return [slider.value for slider in self.sliders]

    def set(self, heights):
        """All at once, drawn once."""
        for slider, height in zip(self.sliders, heights, strict=True):
            slider.unobserve(self.redraw, names="value")
            slider.value = height
            slider.observe(self.redraw, names="value")
        self.redraw()

    def new(self):
        self.real, self.painted = draw_piles(self.dice)
        self.redraw()

    def draw(self):
        state = self.heights, self.real, self.painted
        self.told.value = page.card(*words(*state))
        return figure(*state).html

    def as_text(self):
        shown = best(self.real, self.painted)
        mine, goal = score(shown, self.real, self.painted), distance(self.real, self.painted)
        return page.card(
            "<b>Be the critic</b> (run the cell to set its heights). Real and painted numbers at nine places, and a "
            f"best critic: no step is above {STEEPEST}, and it holds the real {mine:.2f} above the painted. W₁ by "
            f"sorting: {goal:.2f}.<br>{figure(shown, self.real, self.painted, (6.4, 4)).html}"
        )


be_the_critic = BeTheCritic
