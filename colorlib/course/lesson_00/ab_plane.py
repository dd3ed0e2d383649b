"""The ab plane at one lightness: what a screen can show there, and points on it. Lessons 00, 01 and 02 draw it."""

import torch

from colorlib import color, plots


def gamut_slice(lightness):
    """The ab plane at one L as an RGBA array: transparent where no screen can show the color."""
    axis = torch.linspace(-110, 110, 221)
    b, a = torch.meshgrid(axis, axis, indexing="ij")
    lab = torch.stack((torch.full_like(a, float(lightness)), a, b))
    return torch.cat((color.lab_to_rgb(lab), color.in_gamut(lab)[None].float())).movedim(0, -1).numpy()


def ab_plane(lightness, *, alt, points=(), labels=(), star=None, title=None):
    """What a screen can show at this L, with labeled points (a, b) and one star in Lab units on it."""
    with plots.drawing(1, 1, (4.6, 4.3)) as (canvas, axes):
        axes.imshow(gamut_slice(lightness), extent=(-110, 110, -110, 110), origin="lower")
        axes.axhline(0, color="#8a8d94", lw=0.7, ls="-")
        axes.axvline(0, color="#8a8d94", lw=0.7, ls="-")
        axes.set(xlabel="a   (green … magenta)", ylabel="b   (blue … yellow)")
        axes.set_title(title or f"Colors a screen can show at L = {lightness:g}")
        for (a, b), label in zip(points, labels, strict=True):
            axes.plot(a, b, "o", ms=9, mfc="none", mec=plots.INK, mew=2)
            axes.annotate(label, (a, b), xytext=(8, 6), textcoords="offset points")
        if star is not None:
            axes.plot(*star, "*", ms=19, mfc="white", mec=plots.INK, mew=1.5)
        return plots.Figure(canvas, alt)
