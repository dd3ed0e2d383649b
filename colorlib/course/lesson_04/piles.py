"""Lesson 04: two piles on a line, one of which slides. Jensen–Shannon does not see how far it is; W₁ does."""

import math

import torch
from scipy.spatial.distance import jensenshannon

from colorlib import plots
from colorlib.course import controls, page, texts

COUNT, SPREAD, REACH, STEP = 200, 0.7, 10, 0.5
BINS = torch.arange(-REACH - 5, REACH + 5 + STEP, STEP, dtype=torch.float64)  # a step moves each number by one bin
SHIFTS = torch.arange(-REACH, REACH + STEP, STEP)
LOOKS = {"real": {"color": plots.CYCLE[0]}}
LOOKS |= {"painted": {"facecolor": "none", "edgecolor": plots.CYCLE[1], "hatch": "//"}}
SLIDER = {"step": 0.5, "readout_format": ".1f", "continuous_update": False}  # a figure takes longer than a mouse moves


def earth_moved(one, other):
    """W₁ of two samples of one size: how far their numbers must move on average. Sorted, nobody crosses another."""
    one, other = (torch.as_tensor(sample, dtype=torch.float64) for sample in (one, other))
    if one.ndim != 1 or one.shape != other.shape or not len(one):
        raise ValueError("Each number needs a partner: give two rows of the same length.")
    return (one.sort().values - other.sort().values).abs().mean().item()


def two_critics(half=4.0):
    """The best critic of verdicts and the best one of heights, of numbers painted around -half and real around half."""
    places = torch.linspace(-2 * half, 2 * half, 401)
    verdict = (2 * half * places / SPREAD**2).sigmoid()  # the share of real ones at each place, where both are normal
    curves = {"Lesson 03: a verdict (probability of real)": verdict, "Today: a height": places}
    with plots.drawing(1, 2, (plots.WIDTH, 2.9)) as (canvas, panels):
        for axes, (title, curve) in zip(panels, curves.items(), strict=True):
            for name, middle in (("painted", -half), ("real", half)):
                look = {"alpha": 0.4, "label": f"{name} numbers"} | LOOKS[name]
                axes.axvspan(middle - 2 * SPREAD, middle + 2 * SPREAD, **look)
            axes.plot(places, curve, color=plots.INK, linestyle="-")
            axes.set(title=title, xlabel="a number")
        canvas.legend(*axes.get_legend_handles_labels(), loc="outside lower center", ncols=2)
        return plots.Figure(canvas, texts.find("widgets", "04.two_piles")[2]["critics"])


class Piles:
    """Real numbers around 0, and painted ones that a shift carries along. Needs no browser."""

    def __init__(self, seed=0):
        dice = torch.Generator().manual_seed(seed)
        self.real, self.painted = SPREAD * torch.randn(2, COUNT, generator=dice, dtype=torch.float64)

    def distances(self, shift):
        """W₁, and Jensen–Shannon by the share of each in every bin: ln 2 where no bin holds numbers of both."""
        moved = self.painted + shift
        shares = (torch.histogram(numbers, BINS).hist for numbers in (self.real, moved))
        return earth_moved(self.real, moved), jensenshannon(*shares) ** 2


class TwoPiles(page.Live):
    """The slider, the piles, and below them both distances with a mark at the present shift."""

    def __init__(self, seed=0):
        self.piles, self.texts = Piles(seed), texts.find("widgets", "04.two_piles")[2]
        curves = zip(*map(self.piles.distances, SHIFTS.tolist()), strict=True)
        self.curves = dict(zip(("W₁", "Jensen–Shannon"), curves, strict=True))
        slider = controls.slider("Shift of the painted", -REACH, REACH, 8, label="150px", width="520px", **SLIDER)
        self.slider, self.told = self.follow(slider), controls.Told()
        super().__init__(self.slider, self.told)

    def draw(self):
        self.told.say(self.words(self.slider.value))
        return self.figure(self.slider.value).html

    def words(self, shift):
        """Both distances, and by how much each changes where the painted pile moves on by 1."""
        around = zip(self.piles.distances(shift + 0.5), self.piles.distances(shift - 0.5), strict=True)
        # + 0.0 makes a plain zero of the −0.0 that rounding leaves.
        slopes = [round(after - before, 2) + 0.0 for after, before in around]
        return self.texts["words"].format(*self.piles.distances(shift), *slopes, shift=shift, limit=math.log(2))

    def figure(self, shift, size=(plots.WIDTH, 5.2)):
        w, js = self.piles.distances(shift)
        apart = self.texts["apart" if js > math.log(2) - 1e-6 else "overlap"]
        with plots.drawing(3, 1, size, sharex=True, height_ratios=(3, 2, 2)) as (canvas, (above, *below)):
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
            return plots.Figure(canvas, self.texts["alt"].format(w, js, count=COUNT, shift=shift, apart=apart))

    def as_text(self):
        shown = "".join(f"<p>{self.words(shift)}</p>{self.figure(shift, (6.4, 4)).html}" for shift in (8.0, 5.0, 1.0))
        return page.box(f"<b>Two piles on a line</b>{shown}<br><small>Run this lesson to move the pile.</small>")
