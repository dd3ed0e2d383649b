"""Lesson 02: one gray balloon, one dial from mean over median and mode to sample."""

import torch

from colorlib import color
from colorlib.course import controls, page
from colorlib.course.lesson_00 import ab_plane
from colorlib.course.lesson_02 import theory
from colorlib.worlds import scenes

STOPS = {
    "mean": "mean: what L2 wants",
    "median": "median of a and of b: what L1 wants",
    "mode": "mode: the likeliest color",
    "sample": "sample: one of the colors, as often as it occurs",
}
CHANCES = {
    "red, blue or green, a third each": (1 / 3, 1 / 3, 1 / 3),
    "red or green, 50 / 50": (0.5, 0.0, 0.5),
    "red 60 %, green 40 %": (0.6, 0.0, 0.4),
    "red 90 %, green 10 %": (0.9, 0.0, 0.1),
}


class Dial:
    """The color at each stop of the dial, and the balloon in any color. Needs no browser."""

    def __init__(self, seed=4, size=96):
        self.palette = torch.tensor(scenes.DEFAULT_PALETTE)
        self.dice = torch.Generator().manual_seed(seed)
        options = dict(n=1, size=size, seed=seed, world="ambiguous", kinds=("balloon",), most=1)
        red, blue, _ = (
            color.rgb_to_lab(scenes.draw(probabilities=one, **options).pictures[0]) for one in torch.eye(3).tolist()
        )
        # Where red and blue balloons differ is the balloon, at its soft edge only in part.
        way = self.palette[1] - self.palette[0]
        along = ((blue - red)[1:] * way.view(2, 1, 1)).sum(dim=0) / way.square().sum()
        self.cover, self.red = along.clamp(0, 1), red

    def color_at(self, stop, chances):
        chances = torch.tensor(chances)
        if stop == "sample":
            return theory.sample(self.palette, chances, self.dice)
        return getattr(theory, stop)(self.palette, chances)

    def paint(self, ab):
        """The balloon in a color, as a float picture."""
        lab = self.red.clone()
        lab[1:] += self.cover * (ab - self.palette[0]).view(2, 1, 1)
        return color.lab_to_rgb(lab)

    def facts(self, ab, chances):
        """Expected squared and absolute error of a color, and how far the nearest possible color is."""
        expected = [
            sum(p * loss(ab, truth).item() for p, truth in zip(chances, self.palette, strict=True))
            for loss in (theory.squared, theory.absolute)
        ]
        possible = self.palette[torch.tensor(chances) > 0]
        return *expected, (possible - ab).norm(dim=1).min().item()


class BalloonDial(page.Live):
    """The dial on the screen: a slider with four stops, and a menu for how likely each color is."""

    def __init__(self, seed=4):
        self.dial = Dial(seed)
        self.slider = self.follow(controls.slider("Dial", 1, len(STOPS), 1))
        self.menu = self.follow(controls.menu("The world", CHANCES))
        self.told = controls.Told()
        super().__init__(self.menu, self.slider, controls.button("Draw again", self.redraw), self.told)

    def draw(self):
        stop = list(STOPS)[self.slider.value - 1]
        chances = CHANCES[self.menu.value]
        ab = self.dial.color_at(stop, chances)
        squared, absolute, away = self.dial.facts(ab, chances)
        plane = ab_plane(
            55,
            points=[c for c, p in zip(self.dial.palette.tolist(), chances, strict=True) if p],
            labels=[f"{p:.0%}" for p in chances if p],
            star=ab.tolist(),
            title="possible colors (circles), the dial's (star)",
            alt=f"The ab plane: circles at the possible colors, a star at a = {ab[0]:.0f}, b = {ab[1]:.0f}.",
        )
        real = "a real balloon's color" if away < 1 else f"no balloon's color: the nearest is {away:.0f} away"
        picture = page.picture(
            self.dial.paint(ab),
            f"The balloon painted at the stop {stop}: a = {ab[0]:.0f}, b = {ab[1]:.0f}.",
            300,
        )
        self.told.say(
            f"<b>{STOPS[stop]}</b><br>chroma {ab.norm():.0f}, {real}<br>"
            f"expected squared error {squared:,.0f}, expected absolute error {absolute:,.0f}"
        )
        return f"<div style='display:flex;flex-wrap:wrap;gap:16px;align-items:center'>{picture}{plane.html}</div>"

    def as_text(self):
        (name, chances), *_ = CHANCES.items()
        shown = ""
        for stop in STOPS:
            balloon = self.dial.paint(self.dial.color_at(stop, chances))
            shown += (
                f"<figure style='display:inline-block;margin:4px 10px'>"
                f"{page.picture(balloon, f'Balloon: {stop}; {name}', 110)}<figcaption>{stop}</figcaption></figure>"
            )
        return page.box(f"<b>One gray balloon, one dial</b> (run the cell to turn it).<p>{shown}</p>")


balloon_dial = BalloonDial
