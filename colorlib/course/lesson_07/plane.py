"""Flow matching where it can be seen whole: points of the ab plane, a small network of arrows, a slider for time."""

import torch
from torch import nn

from colorlib import plots
from colorlib.course import controls, page
from colorlib.course.lesson_03.gan_lab import paint_dots
from colorlib.course.lesson_07.exercises import draw
from colorlib.worlds import scenes

UNIT = 50.0  # Lab units: about as far as the colors lie from gray, and the noise from its middle
DOTS, STEPS, NEAR = 240, 20, 20.0  # points; steps of sampling; Lab units from a color that count as near
REACH = 110


class Arrows(nn.Module):
    """A place (N×2) and its time (N×1) to the arrow there: where a point should move. Three hidden layers."""

    def __init__(self, width=96):
        super().__init__()
        inner = [layer for _ in range(2) for layer in (nn.Linear(width, width), nn.SiLU())]
        self.layers = nn.Sequential(nn.Linear(9, width), nn.SiLU(), *inner, nn.Linear(width, 2))

    def forward(self, places, time):
        angles = torch.pi * time * torch.tensor([1.0, 2.0, 4.0])
        return self.layers(torch.cat((places, time, angles.sin(), angles.cos()), dim=1))


class Flow:
    """The way of some points from noise to color, along a network's arrows. Needs no browser."""

    def __init__(self, arrows, palette=scenes.DEFAULT_PALETTE, seed=0):
        self.arrows, self.palette = arrows, torch.tensor(palette)
        self.noise = torch.randn(DOTS, 2, generator=torch.Generator().manual_seed(seed))
        self.way = []  # where the points are at each step
        with torch.no_grad():
            draw(self._kept, self.noise, STEPS)
            self.way.append(draw(arrows, self.noise, STEPS))

    def _kept(self, places, time):
        self.way.append(places)
        return self.arrows(places, time)

    def near(self, step):
        """The share of the points near each palette color."""
        distance, nearest = torch.cdist(UNIT * self.way[step], self.palette).min(dim=1)
        return [(distance[nearest == number] < NEAR).sum().item() / DOTS for number in range(len(self.palette))]

    def told(self, step):
        shares = zip(self.near(step), ("red", "blue", "green"), strict=False)
        return f"time {step / STEPS:.2f}: " + ", ".join(f"{share:.0%} near {name}" for share, name in shares)

    def figure(self, step, size=(5.4, 5.0)):
        """The points, each in the color of its place, over the arrows of this time."""
        axis = torch.linspace(-100, 100, 13)
        grid = torch.cartesian_prod(axis, axis)
        time = torch.full((len(grid), 1), min(step / STEPS, 0.99))
        with torch.no_grad():
            arrows = UNIT * self.arrows(grid / UNIT, time)
        with plots.drawing(1, 1, size) as (canvas, axes):
            look = {"angles": "xy", "scale_units": "xy", "scale": 7, "width": 0.004, "color": "0.55"}
            axes.quiver(*grid.T, *arrows.T, **look)
            dots = UNIT * self.way[step]
            axes.scatter(*dots.T, c=paint_dots(dots), s=26, edgecolors=plots.INK, linewidths=0.6, zorder=3)
            axes.scatter(*self.palette.T, s=260, facecolors="none", edgecolors=plots.INK, linewidths=1.8, zorder=4)
            axes.set(xlim=(-REACH, REACH), ylim=(-REACH, REACH), aspect="equal", title=f"time {step / STEPS:.2f}")
            axes.set(xlabel="a   (green … magenta)", ylabel="b   (blue … yellow)")
            return plots.Figure(canvas, f"{DOTS} points and arrows in the ab plane at {self.told(step)}.")


def ends_in_the_plane(ends, palette=scenes.DEFAULT_PALETTE):
    """Where points end in Lab units, {"1 step": N×2, …}: a plane for each."""
    told = {name: torch.cdist(points, torch.tensor(palette)).amin(dim=1) < NEAR for name, points in ends.items()}
    with plots.drawing(1, len(ends), (plots.WIDTH, 2.7), sharey=True) as (canvas, panels):
        for (name, points), axes in zip(ends.items(), panels, strict=True):
            axes.scatter(*points.T, c=paint_dots(points), s=10, edgecolors=plots.INK, linewidths=0.3)
            axes.scatter(*torch.tensor(palette).T, s=220, facecolors="none", edgecolors=plots.INK, linewidths=1.6)
            axes.set(xlim=(-REACH, REACH), ylim=(-REACH, REACH), aspect="equal", title=name, xlabel="a")
        panels[0].set_ylabel("b")
        shares = ", ".join(f"after {name} {near.float().mean():.0%}" for name, near in told.items())
        return plots.Figure(canvas, f"Where the points end in the ab plane; near a palette color are {shares}.")


class FlowInThePlane(page.Live):
    """A slider for time: the points go from noise to the colors, and the arrows change on their way."""

    def __init__(self, arrows, palette=scenes.DEFAULT_PALETTE, seed=0):
        self.flow, self.told = Flow(arrows, palette, seed), controls.Told()
        self.slider = self.follow(controls.slider("Time, in steps", 0, STEPS, 0, label="110px"))
        super().__init__(self.slider, self.told)

    def draw(self):
        self.told.say(f"<b>{self.flow.told(self.slider.value)}</b>")
        return self.flow.figure(self.slider.value).html

    def as_text(self):
        shown = "".join(
            f"<figure style='display:inline-block;margin:4px;max-width:32%'>{self.flow.figure(step, (3.6, 3.6)).html}"
            f"<figcaption>{self.flow.told(step)}</figcaption></figure>"
            for step in (0, STEPS // 2, STEPS)
        )
        return page.box(f"<b>From noise to color</b> (run the cell to move the time).<p>{shown}</p>")
