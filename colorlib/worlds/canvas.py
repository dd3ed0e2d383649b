"""What scenes are drawn with, a batch at once: a canvas in Lab, shapes, textures. Sizes are fractions of a picture."""

import functools
import math

import torch

from colorlib.color import lab_to_rgb_by_formula, rgb_to_lab_by_formula

LIGHTNESS = (51.0, 60.0)  # of everything that takes its color from a palette; Spot and `scenes` rely on it
STEP = 0.005  # of lightness, from one shade to the next
SPREAD = 3.0  # how far in ab a screen color may be from the color that it stands for


@functools.cache
def shades(a, b, lowest, highest):
    """The screen color to use for ab at each STEP of lightness: steps×3, in lab."""
    # Near one ab a screen has few lightnesses, and others for every hue: their pattern would give the hue away.
    ends = torch.tensor([[light, a, b] for light in (lowest, highest)])[:, :, None, None]
    low, high = (lab_to_rgb_by_formula(ends) * 255).int()[:, :, 0, 0].tolist()
    box = [torch.arange(max(0, start - 8), min(255, end + 8) + 1) for start, end in zip(low, high, strict=True)]
    lab = rgb_to_lab_by_formula(torch.cartesian_prod(*box).T[:, :, None] / 255)[:, :, 0].T
    lab = lab[(lab[:, 1:] - torch.tensor([a, b])).norm(dim=1) < SPREAD]  # so far away any lightness is found
    lab = lab[lab[:, 0].argsort()]
    halfway, wanted = (lab[1:, 0] + lab[:-1, 0]) / 2, torch.arange(lowest + STEP / 2, highest, STEP)
    return lab[torch.searchsorted(halfway, wanted)]


class Canvas:
    """A batch of square Lab pictures and, beside each, a map of labels: which thing a pixel belongs to."""

    def __init__(self, size, night, palette, numbers, seeds):
        self.n, self.size, self.night, self.palette, self.numbers = len(night), size, night, palette, numbers
        self.counts = (numbers >= 0).sum(1).view(-1, 1, 1)  # of objects; `numbers` are those of their colors
        # Places come from one generator, grain from another, since how much of it is needed depends on the size.
        self.layout, self.grain = (torch.Generator().manual_seed(seed) for seed in seeds)
        axis = (torch.arange(size) + 0.5) / size
        self.x, self.y = axis.view(1, 1, size), axis.view(1, size, 1)
        self.lab = torch.zeros(self.n, 3, size, size)
        self.labels = torch.zeros(self.n, size, size, dtype=torch.int8)
        self.touched = self.labels > 0  # soft edges too
        # A texel is a pixel at 32 pixels and grows more slowly than the picture, which so gains fine texture, no more:
        # one seed gives the same composition at 32, 64 and 128 pixels.
        self.texel = max(1, round((size / 32) ** 0.5))
        self.fine = round((size * 32) ** 0.5)
        self.speckle = torch.randn(self.n, size, size, generator=self.grain)

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

    def fill(self, distance, lightness, color, night=None, label=0, strength=1):
        """Lay a color over a shape, given by its signed distance (-1: everywhere). Only its inside gets the label."""
        distance, lightness, color = (torch.as_tensor(x, dtype=torch.float32) for x in (distance, lightness, color))
        cover = ((0.5 - distance * self.size).clamp(0, 1) * strength).expand_as(self.speckle)
        if color.ndim == 3:  # shades, a row for each picture: in gray they are like any hue
            lowest = color[0, 0, 0].round()  # whole, and the same for every hue; the first shade lies just above
            step = ((lightness - lowest) / STEP).floor().long().clamp(0, color.shape[1] - 1)
            lightness, *ab = color[torch.arange(self.n)[:, None, None], step].unbind(-1)
            color = torch.stack(ab, dim=1)
        else:  # ab in Lab units, of the day if `night` gives another
            color = color if night is None else torch.where(self.night[:, None], torch.tensor(night), color)
            color = color.expand(self.n, 2)[:, :, None, None]
        self.lab[:, 0].lerp_(lightness.expand_as(cover), cover)  # in Lab soft edges are free of the hue
        self.lab[:, 1:].lerp_(color, cover[:, None])
        label = torch.as_tensor(label, dtype=torch.int8).view(-1, 1, 1)
        self.labels = torch.where(cover > 0, torch.where(cover >= 1, label, 0), self.labels)
        self.touched = torch.where(cover >= 1, label > 0, self.touched | (cover > 0) & (label > 0))

    def pictures(self):
        """The uint8 pictures, rounded up or down at random, so that the mean of every color stays the same."""
        # The noise is a bit narrower than a step: shades, which are whole steps already, stay as they are.
        noise = 0.02 + 0.96 * torch.rand(self.lab.shape, generator=self.grain)
        return (lab_to_rgb_by_formula(self.lab) * 255 + noise).to(torch.uint8)


@functools.cache
def blur(size, cells):
    """The matrix (size × cells) that enlarges noise smoothly; with rows of norm 1 its strength stays 1."""
    centers = (torch.arange(size)[:, None] + 0.5) / size * cells - 0.5
    weights = torch.exp(-(((centers - torch.arange(cells)[None]) / 0.62) ** 2) / 2)
    return weights / weights.norm(dim=1, keepdim=True)


class Spot:
    """A place on the canvas with coordinates of its own, in which a thing (object 0, 1…) reaches from -1 to 1."""

    def __init__(self, canvas, x, y, size, place=None):
        self.canvas, self.size, self.place = canvas, size, place
        self.x, self.y = (canvas.x - x) / size, (canvas.y - y) / size
        self.present = True if place is None else place < canvas.counts

    def fill(self, distance, *look, **options):
        """A shape given by its signed distance, in the pictures in which the thing is present."""
        self.canvas.fill(distance * self.size, *look, strength=self.present, **options)

    def fill_shaded(self, distance, relief):
        """The part that has the thing's color: a lightness of its own, relief and grain, always within LIGHTNESS."""
        light = self.canvas.uniform(-2.5, 2.5) + relief + 0.8 * self.canvas.speckle
        palette = torch.stack([shades(a, b, *LIGHTNESS) for a, b in self.canvas.palette.tolist()])
        color = palette[self.canvas.numbers[:, self.place]]
        self.fill(distance, 55.5 + 4.3 * torch.tanh(light / 4.3), color, label=self.place + 1)


def disc(x, y, radius):
    """Like all shapes: the signed distance, negative inside, to a shape around (0, 0)."""
    return torch.hypot(x, y) - radius


def box(x, y, half_width, half_height, corner=0.0):
    """A rectangle with rounded corners."""
    dx, dy = x.abs() - half_width + corner, y.abs() - half_height + corner
    outside = torch.hypot(dx.clamp(min=0), dy.clamp(min=0))
    return outside + torch.maximum(dx, dy).clamp(max=0) - corner


def polygon(x, y, corners, radius, dent=0.0):
    """A regular polygon with a corner at the top; dent > 0 pulls its sides in and makes it a star."""
    step, length = 2 * math.pi / corners, torch.hypot(x, y)
    angle = (torch.remainder(torch.atan2(x, -y) + step / 2, step) - step / 2).abs()  # folded onto half a corner
    inner = radius * math.cos(step / 2) * (1 - dent)  # how far the middle of a side is from the center
    nx, ny = inner * math.sin(step / 2), radius - inner * math.cos(step / 2)  # the normal of half a side
    return ((length * angle.cos() - radius) * nx + length * angle.sin() * ny) / math.hypot(nx, ny)


def bricks(canvas):
    """What is light between courses of bricks, each shifted by half a brick."""
    pixel, texel, high, wide = torch.arange(canvas.size), canvas.texel, 4 * canvas.texel, 8 * canvas.texel
    row = pixel.view(1, -1, 1) + canvas.whole(high)
    column = pixel.view(1, 1, -1) + canvas.whole(wide) + (row // high % 2) * (wide // 2)
    return (row % high < texel) | (column % wide < texel)


MATERIALS = {  # ab, in Lab units, and the pattern on a canvas
    "grass": ((-36, 44), lambda on: on.noise(on.fine // 5, on.fine) + 0.4 * on.noise(6, 6)),  # upright blades
    "brick": ((36, 26), lambda on: 2.5 * bricks(on) + 0.4 * on.noise(on.fine // 4, on.fine // 6)),
    "water": ((-20, -18), lambda on: on.noise(on.fine // 2, on.fine // 8) + 0.3 * on.noise(on.fine, 6)),  # ripples
    "sand": ((8, 38), lambda on: on.noise(on.fine, on.fine) + 0.3 * on.noise(5, 3)),  # the same in all directions
    "sky": ((6, -36), lambda on: on.noise(5, 3) + 0.5 * on.noise(8, 6)),  # nothing but soft clouds
    "leaves": ((30, 56), lambda on: torch.tanh(2.5 * on.noise(on.fine // 3, on.fine // 3)) + 0.2 * on.speckle),
}


def texture(canvas, material):
    """(n, size, size) with mean 0 and deviation 1 in each picture, so that no material is lighter than another."""
    made = MATERIALS[material][1](canvas)
    made = made - made.mean((1, 2), keepdim=True)
    return made / made.std((1, 2), keepdim=True).clamp(min=1e-6)
