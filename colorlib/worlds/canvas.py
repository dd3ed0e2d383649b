"""What procedural scenes are drawn with: a canvas in Lab, shapes, textures (`scenes` puts them together).

Everything is drawn for a whole batch at once. Places and sizes are fractions of the picture, so that one seed
gives the same composition at 32, 64 and 128 pixels; only fine texture adds detail as the pictures grow.
"""

import functools
import math

import torch

from colorlib.color import lab_to_rgb, rgb_to_lab

MATERIALS = {  # ab, in Lab units
    "grass": (-36, 44),
    "brick": (36, 26),
    "water": (-20, -18),
    "sand": (8, 38),
    "sky": (6, -36),
    "leaves": (30, 56),
}
STEP = 0.005  # of lightness, from one shade to the next
SPREAD = 3.0  # how far in ab a screen color may be from the color that it stands for


@functools.cache
def shades(colors, lowest, highest):
    """For each color (ab), the screen color to use at each STEP of lightness: K×steps×3, in lab.

    A screen has 256 steps of red, green and blue, so near one ab it has few lightnesses, and others for every
    hue: their pattern alone gives the hue away. Among all colors up to SPREAD away, any lightness is found.
    """
    wanted, rows = torch.arange(lowest + STEP / 2, highest, STEP), []
    for color in colors:
        ends = torch.tensor([[light, *color] for light in (lowest, highest)])[:, :, None, None]
        low, high = (lab_to_rgb(ends) * 255).int()[:, :, 0, 0].tolist()
        box = [torch.arange(max(0, a - 8), min(255, b + 8) + 1) for a, b in zip(low, high, strict=True)]
        lab = rgb_to_lab(torch.cartesian_prod(*box).T[:, :, None] / 255)[:, :, 0].T
        lab = lab[(lab[:, 1:] - torch.tensor(color)).norm(dim=1) < SPREAD]
        lab = lab[lab[:, 0].argsort()]
        rows.append(lab[torch.searchsorted((lab[1:, 0] + lab[:-1, 0]) / 2, wanted)])
    return torch.stack(rows)


class Canvas:
    """A batch of square Lab pictures and, beside each, a map of labels: which thing a pixel belongs to."""

    def __init__(self, night, size, layout, grain):
        self.n, self.size, self.layout, self.grain = len(night), size, layout, grain
        self.night, self.sun_or_moon = night, False
        axis = (torch.arange(size) + 0.5) / size
        self.x, self.y = axis.view(1, 1, size), axis.view(1, size, 1)
        self.lab = torch.zeros(self.n, 3, size, size)
        self.labels = torch.zeros(self.n, size, size, dtype=torch.int8)
        self.touched = self.labels > 0  # soft edges too
        # A texel is a pixel at 32 pixels and grows more slowly than the picture, which so gains fine texture.
        self.texel = max(1, round((size / 32) ** 0.5))
        self.fine = round((size * 32) ** 0.5)
        self.speckle = torch.randn(self.n, size, size, generator=grain)

    def uniform(self, low, high):
        """A random number for each picture, shaped to be combined with x and y."""
        return low + (high - low) * torch.rand(self.n, 1, 1, generator=self.layout)

    def whole(self, below):
        """A random whole number 0…below-1 for each picture, shaped like `uniform`."""
        return torch.randint(below, (self.n, 1, 1), generator=self.layout)

    def noise(self, rows, columns, generator=None):
        """Smooth noise with mean 0 and deviation 1: a random grid of rows × columns, seen out of focus."""
        grid = torch.randn(self.n, rows, columns, generator=generator or self.grain)
        return blur(self.size, rows) @ grid @ blur(self.size, columns).T

    def cover(self, distance):
        """From a signed distance (in fractions of the picture) to how much of each pixel is covered."""
        return (0.5 - distance * self.size).clamp(0, 1)

    def fill(self, cover, lightness, color, night=None, label=0):
        """Lay a color over the pictures where `cover` says. Wholly covered pixels get the label.

        `color` is ab in Lab units, of the day if `night` gives another; or shades, a row for each picture, which are
        in gray like any hue. Mixing in Lab keeps the lightness of soft edges free of the hue.
        """
        cover, lightness, color = (torch.as_tensor(given, dtype=torch.float32) for given in (cover, lightness, color))
        if color.ndim == 3:
            lowest = color[0, 0, 0].round()  # whole, and the same for every hue; the first shade lies just above
            step = ((lightness - lowest) / STEP).floor().long().clamp(0, color.shape[1] - 1)
            lightness, *ab = color[torch.arange(self.n)[:, None, None], step].unbind(-1)
            color = torch.stack(ab, dim=1)
        else:
            if night is not None:
                color = torch.where(self.night[:, None], torch.tensor(night, dtype=torch.float32), color)
            color = color.expand(self.n, 2)[:, :, None, None]
        cover = cover.expand_as(self.speckle)
        self.lab[:, 0].lerp_(lightness.expand_as(cover), cover)
        self.lab[:, 1:].lerp_(color, cover[:, None])
        label = torch.as_tensor(label, dtype=torch.int8).view(-1, 1, 1)
        self.labels = torch.where(cover > 0, torch.where(cover >= 1, label, 0), self.labels)
        self.touched = torch.where(cover >= 1, label > 0, self.touched | (cover > 0) & (label > 0))

    def pictures(self):
        """The uint8 pictures, rounded up or down at random, so that the mean of every color stays the same.

        The noise is a bit narrower than a step: shades, which are whole steps already, stay as they are.
        """
        noise = 0.02 + 0.96 * torch.rand(self.lab.shape, generator=self.grain)
        return (lab_to_rgb(self.lab) * 255 + noise).to(torch.uint8)


@functools.cache
def blur(size, cells):
    """The matrix (size × cells) that enlarges noise smoothly; with rows of norm 1 its strength stays 1."""
    centers = (torch.arange(size)[:, None] + 0.5) / size * cells - 0.5
    weights = torch.exp(-(((centers - torch.arange(cells)[None]) / 0.62) ** 2) / 2)
    return weights / weights.norm(dim=1, keepdim=True)


class Spot:
    """A place on the canvas with coordinates of its own, in which a thing reaches from -1 to 1."""

    def __init__(self, canvas, x, y, size, present=True):
        self.canvas, self.size, self.present = canvas, size, present
        self.x, self.y = (canvas.x - x) / size, (canvas.y - y) / size

    def fill(self, distance, lightness, color, night=None, label=0):
        """A shape given by its signed distance, in the pictures in which the thing is present."""
        cover = self.canvas.cover(distance * self.size) * self.present
        self.canvas.fill(cover, lightness, color, night, label)


# --- shapes: signed distances around (0, 0), negative inside ---


def disc(x, y, radius):
    return torch.hypot(x, y) - radius


def box(x, y, half_width, half_height, corner=0.0):
    """A rectangle with rounded corners."""
    dx, dy = x.abs() - half_width + corner, y.abs() - half_height + corner
    outside = torch.hypot(dx.clamp(min=0), dy.clamp(min=0))
    return outside + torch.maximum(dx, dy).clamp(max=0) - corner


def polygon(x, y, corners, radius, dent=0.0):
    """A regular polygon with a corner at the top; dent > 0 pulls its sides in and makes it a star."""
    step = 2 * math.pi / corners
    angle = torch.atan2(x, -y)
    angle = (torch.remainder(angle + step / 2, step) - step / 2).abs()  # fold onto half a corner
    length = torch.hypot(x, y)
    px, py = length * angle.cos(), length * angle.sin()
    inner = radius * math.cos(step / 2) * (1 - dent)  # how far the middle of a side is from the center
    ax, ay = inner * math.cos(step / 2), inner * math.sin(step / 2)
    nx, ny = ay, radius - ax  # normal of the line from the corner (radius, 0) to the middle of the side
    return ((px - radius) * nx + py * ny) / math.hypot(nx, ny)


# --- textures ---


def mortar(canvas):
    """What is light between courses of bricks, each shifted by half a brick."""
    high, wide = 4 * canvas.texel, 8 * canvas.texel
    pixel = torch.arange(canvas.size)
    row = pixel.view(1, -1, 1) + canvas.whole(high)
    column = pixel.view(1, 1, -1) + canvas.whole(wide) + (row // high % 2) * (wide // 2)
    return (row % high < canvas.texel) | (column % wide < canvas.texel)


def texture(canvas, material):
    """(n, size, size) with mean 0 and deviation 1 in each picture, so that no material is lighter than another."""
    noise, fine = canvas.noise, canvas.fine
    if material == "grass":  # upright blades
        made = noise(fine // 5, fine) + 0.4 * noise(6, 6)
    elif material == "brick":
        made = 2.5 * mortar(canvas) + 0.4 * noise(fine // 4, fine // 6)
    elif material == "water":  # ripples that lie flat
        made = noise(fine // 2, fine // 8) + 0.3 * noise(fine, 6)
    elif material == "sand":  # grain, the same in all directions
        made = noise(fine, fine) + 0.3 * noise(5, 3)
    elif material == "sky":  # nothing but soft clouds
        made = noise(5, 3) + 0.5 * noise(8, 6)
    else:  # leaves: round clumps with sharp edges
        made = torch.tanh(2.5 * noise(fine // 3, fine // 3)) + 0.2 * canvas.speckle
    made = made - made.mean((1, 2), keepdim=True)
    return made / made.std((1, 2), keepdim=True).clamp(min=1e-6)
