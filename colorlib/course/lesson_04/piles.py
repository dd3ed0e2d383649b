"""Lesson 04: two piles on a line, one of which slides. Jensen–Shannon does not see how far it is; W₁ does."""

import math

import torch
from scipy.spatial.distance import jensenshannon

from colorlib import plots
from colorlib.course import controls, page

COUNT, SPREAD, REACH, STEP = 200, 0.7, 10, 0.5
# As wide as a step of the slider: then a step moves each number by one whole bin.
BINS = torch.arange(-REACH - 5, REACH + 5 + STEP, STEP, dtype=torch.float64)
SHIFTS = torch.arange(-REACH, REACH + STEP, STEP)
LOOKS = {
    "real": {"color": plots.CYCLE[0]},
    "painted": {"facecolor": "none", "edgecolor": plots.CYCLE[1], "hatch": "//"},
}


def earth_moved(one, other):
    """W₁ of two samples of one size: how far their numbers must move on average. Sorted, nobody crosses another."""
    one, other = (torch.as_tensor(sample, dtype=torch.float64) for sample in (one, other))
    if one.ndim != 1 or one.shape != other.shape or not len(one):
        shapes = f"{tuple(one.shape)} and {tuple(other.shape)}"
        raise ValueError(f"Each number needs a partner: give two rows of the same length, not of the shapes {shapes}.")
    return (one.sort().values - other.sort().values).abs().mean().item()


def jensen_shannon(one, other):
    """By the share of each in every bin: 0 where both share out alike, ln 2 where no bin holds numbers of both."""
    return jensenshannon(*(torch.histogram(sample, BINS).hist for sample in (one, other))) ** 2


class Piles:
    """Real numbers around 0, and painted ones that a shift carries along. Needs no browser."""

    def __init__(self, seed=0):
        dice = torch.Generator().manual_seed(seed)
        self.real, self.painted = SPREAD * torch.randn(2, COUNT, generator=dice, dtype=torch.float64)

    def distances(self, shift):
        """W₁ and Jensen–Shannon."""
        moved = self.painted + shift
        return earth_moved(self.real, moved), jensen_shannon(self.real, moved)

    def slopes(self, shift):
        """By how much each changes where the painted pile moves on by 1."""
        there, here = self.distances(shift + STEP), self.distances(shift - STEP)
        return [(after - before) / (2 * STEP) for after, before in zip(there, here, strict=True)]


class TwoPiles(page.Live):
    """The slider, the piles, and below them both distances with a mark at the present shift."""

    invitation = "Run this lesson to move the pile."

    def __init__(self, seed=0):
        self.piles = Piles(seed)
        curves = zip(*map(self.piles.distances, SHIFTS.tolist()), strict=True)
        self.curves = dict(zip(("W₁", "Jensen–Shannon"), curves, strict=True))
        look = {"label": "150px", "width": "520px", "readout_format": ".1f"}
        look["continuous_update"] = False  # a figure takes longer than a mouse moves
        self.slider = self.follow(controls.slider("Shift of the painted", -REACH, REACH, 8, STEP, **look))
        self.told = controls.Told()
        super().__init__(self.slider, self.told)

    def draw(self):
        self.told.say(self.words(self.slider.value))
        return self.figure(self.slider.value).html

    def words(self, shift):
        w, js = self.piles.distances(shift)
        # + 0.0 makes a plain zero of the −0.0 that rounding leaves.
        w_slope, js_slope = (round(slope, 2) + 0.0 for slope in self.piles.slopes(shift))
        return (
            f"<b>Shift {shift:g}</b>: W₁ is {w:.2f}, Jensen–Shannon {js:.2f} (ln 2 is {math.log(2):.2f}).<br>Moving "
            f"the painted pile by 1 to the right changes W₁ by {w_slope:.2f} and Jensen–Shannon by {js_slope:.2f}."
        )

    def figure(self, shift, size=(plots.WIDTH, 5.2)):
        w, js = self.piles.distances(shift)
        apart = "They share no place." if js > math.log(2) - 1e-6 else "They overlap."
        alt = (
            f"Two piles of {COUNT} numbers on a line, the real around 0, the painted around {shift:g}. {apart} "
            f"Below, over the shift, W₁ as a V with its foot at 0, marked at {w:.2f}, and Jensen–Shannon, flat at ln 2 "
            f"but for a notch around 0, marked at {js:.2f}."
        )
        options = {"sharex": True, "height_ratios": (3, 2, 2)}
        with plots.drawing(3, 1, size, **options) as (canvas, (above, *below)):
            for (name, look), numbers in zip(LOOKS.items(), (self.piles.real, self.piles.painted + shift), strict=True):
                filled = BINS[(BINS > numbers.min() - STEP) & (BINS < numbers.max() + STEP)]
                above.hist(numbers.numpy(), filled.numpy(), label=name, linewidth=1.2, **look)
            above.set(ylabel="how many", xlim=(-REACH - 3, REACH + 3))
            above.legend(ncols=2, loc="lower left", bbox_to_anchor=(0, 1))
            marks = zip(below, self.curves.items(), (w, js), plots.CYCLE[2:], strict=False)
            for axes, (name, curve), now, ink in marks:
                axes.plot(SHIFTS, curve, color=ink, linestyle="-")
                axes.plot(shift, now, "o", ms=10, mfc="white", mec=plots.INK, mew=2, clip_on=False)
                axes.set(ylabel=name, ylim=(0, 1.08 * max(curve)))
            axes.set_xlabel("place of the numbers; for the curves, shift of the painted pile")
            return plots.Figure(canvas, alt)

    def as_text(self):
        shown = "".join(f"<p>{self.words(shift)}</p>{self.figure(shift, (6.4, 4)).html}" for shift in (8.0, 5.0, 1.0))
        return page.box(f"<b>Two piles on a line</b>{shown}<br><small>{self.invitation}</small>")


two_piles = TwoPiles
