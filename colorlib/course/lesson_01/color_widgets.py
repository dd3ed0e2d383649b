"""Lesson 01: the parts of a picture, and sliders to blur them, to walk through the gamut, to place color hints."""

import ipywidgets as widgets
import numpy as np
import torch
from scipy import ndimage, sparse
from scipy.sparse.linalg import spsolve

from colorlib import color
from colorlib.course import controls, page
from colorlib.course.lesson_00.ab_plane import ab_plane, gamut_slice

HINTS = {
    "red": (60, 40),
    "yellow": (0, 65),
    "green": (-40, 30),
    "blue": (5, -45),
    "no color": (0, 0),
}


def blur(picture, color_blur, lightness_blur):
    """A float picture whose ab and L were blurred separately (radius in pixels)."""
    lab = color.rgb_to_lab(picture).numpy()
    radii = (lightness_blur, color_blur, color_blur)
    soft = [ndimage.gaussian_filter(c, r) if r else c for c, r in zip(lab, radii, strict=True)]
    return color.lab_to_rgb(torch.from_numpy(np.stack(soft)))


def lab_parts(picture):
    """A picture with only some of L, a and b, by name. What is left out is the same everywhere: L 65, a 0, b 0."""
    lab, same = color.rgb_to_lab(picture), torch.tensor((65.0, 0, 0)).view(3, 1, 1)
    kept = {"L": (1, 0, 0), "a": (0, 1, 0), "b": (0, 0, 1), "a and b": (0, 1, 1)}
    masks = {name: torch.tensor(channels).view(3, 1, 1) for name, channels in kept.items()}
    return {name: color.lab_to_rgb(mask * lab + (1 - mask) * same) for name, mask in masks.items()}


def spread_hints(gray, hints, softness=0.01):
    """Color from a few hints: neighbors of like gray take like color (one sparse linear system).

    `gray` (1, H, W) in -1…1, `hints` {(row, column): ab in Lab units}; returns ab (2, H, W) in -1…1.
    """
    _, height, width = gray.shape
    values = gray.numpy().ravel() / 2
    index = np.arange(height * width).reshape(height, width)
    pairs = [(index[:, :-1], index[:, 1:]), (index[:-1], index[1:])]
    first = np.concatenate([a.ravel() for a, _ in pairs])
    second = np.concatenate([b.ravel() for _, b in pairs])
    likeness = np.exp(-((values[first] - values[second]) ** 2) / (2 * softness**2)) + 1e-4
    links = sparse.coo_matrix((likeness, (first, second)), shape=(values.size, values.size))
    links = (links + links.T).tocsr()
    pinned, goal = np.zeros(values.size), np.zeros((values.size, 2))
    for (row, column), ab in hints.items():
        pinned[index[row, column]], goal[index[row, column]] = 1e3, ab
    laplacian = sparse.diags(np.asarray(links.sum(axis=1)).ravel() + pinned + 1e-9) - links
    ab = spsolve(laplacian.tocsc(), goal * pinned[:, None])
    return torch.from_numpy(ab.T.reshape(2, height, width) / color.AB_SCALE).float()


class BlurSliders(page.Live):
    """Two sliders: blur the color, blur the lightness."""

    def __init__(self, picture):
        self.picture = picture
        self.color_blur = self.follow(controls.slider("Blur the color", 0, 12, 0, label="120px"))
        self.lightness_blur = self.follow(controls.slider("Blur the lightness", 0, 12, 0, label="120px"))
        super().__init__(self.color_blur, self.lightness_blur)

    def draw(self):
        radii = self.color_blur.value, self.lightness_blur.value
        alt = f"The photo with its color blurred by {radii[0]} pixels and its lightness by {radii[1]} pixels."
        return page.picture(blur(self.picture, *radii), alt, 420)


class GamutSlider(page.Live):
    """One slider: the colors a screen can show at lightness L."""

    def __init__(self, lightness=55):
        # A figure takes longer than a mouse moves.
        slider = controls.slider("Lightness L", 1, 99, lightness, label="120px", continuous_update=False)
        self.slider = self.follow(slider)
        super().__init__(self.slider)

    def draw(self):
        lightness = self.slider.value
        plane = gamut_slice(lightness)
        share = 100 * plane[..., 3].mean()
        alt = (
            f"The ab plane at L = {lightness}: a patch of color around gray in the middle, covering "
            f"{share:.0f} percent of the square from -110 to 110 in a and b."
        )
        note = f"<br>A screen can show <b>{share:.0f} %</b> of this square at L = {lightness}."
        return ab_plane(lightness, alt=alt).html + note


class ColorHints(page.Live):
    """Place a few color hints on a gray picture and watch them spread along like gray."""

    def __init__(self, picture):
        self.gray, _ = color.to_gray_ab(picture)
        side = picture.shape[-1] - 1
        self.across = self.follow(controls.slider("Across", 0, side, side // 2, label="120px"))
        self.down = self.follow(controls.slider("Down", 0, side, side // 2, label="120px"))
        self.name = widgets.Dropdown(options=list(HINTS), description="Color")
        place = controls.button("Place this hint", self.place)
        clear = controls.button("Start again", self.clear)
        self.hints = {}
        super().__init__(self.across, self.down, widgets.HBox([self.name, place, clear]))

    def place(self):
        self.hints[(self.down.value, self.across.value)] = HINTS[self.name.value]
        self.redraw()

    def clear(self):
        self.hints.clear()
        self.redraw()

    def colored(self):
        nothing = self.gray.new_zeros(2, *self.gray.shape[1:])
        ab = spread_hints(self.gray, self.hints) if self.hints else nothing
        return color.from_gray_ab(self.gray, ab)

    def draw(self):
        shown = self.colored()
        row, column = self.down.value, self.across.value
        for r, c in ((row - 1, column), (row + 1, column), (row, column - 1), (row, column + 1)):
            if 0 <= r < shown.shape[1] and 0 <= c < shown.shape[2]:
                shown[:, r, c] = 1.0 - shown[:, r, c].round()
        alt = f"The picture with {len(self.hints)} color hints spread; cursor at row {row}, column {column}."
        return page.picture(shown, alt, 384)


blur_sliders, gamut_slider, color_hints = BlurSliders, GamutSlider, ColorHints
