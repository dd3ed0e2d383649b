"""What stands in procedural scenes, and where: things of any hue, surroundings, sun and moon, shapes.

Whatever is drawn with `shades` of a color has a lightness between 51 and 60 that shading and grain vary
at random: the color is in gamut there, and the gray keeps no trace of it.
"""

import math
from collections.abc import Callable
from typing import NamedTuple

import torch

from colorlib.worlds.canvas import Spot, box, disc, polygon, texture

LIGHTNESS = (51.0, 60.0)  # of everything that takes its color from a palette
CUE_RADIUS = 0.106  # of the crescent moon; the sun is smaller and has the same area


def shade(spot, relief=0.0):
    """Lightness of a colored thing: a base of its own, its relief and grain, always within LIGHTNESS."""
    canvas = spot.canvas
    middle, reach = sum(LIGHTNESS) / 2, (LIGHTNESS[1] - LIGHTNESS[0]) / 2 - 0.2
    light = canvas.uniform(-2.5, 2.5) + relief + 0.8 * canvas.speckle
    return middle + reach * torch.tanh(light / reach)


# --- surroundings ---


def clouds(canvas):
    """How much of the sky they cover, less and less downwards."""
    noise = canvas.noise(7, 4, canvas.layout) + 0.35 * canvas.noise(14, 9, canvas.layout)
    return (noise - 0.4).clamp(0, 1) * (1.1 - canvas.y).clamp(0, 1)


def heavens(canvas):
    """A sky that grows paler downwards, with clouds."""
    canvas.fill(1, 78 + 7 * canvas.y, (-9, -24), (9, -24))
    canvas.fill(clouds(canvas), 94, (-1, -3), (2, -7))
    if canvas.sun_or_moon:
        heavenly_body(canvas, canvas.uniform(0.15, 0.85), 0.13)


def ridge(canvas, height, swing):
    """Signed distance to a rolling horizon."""
    phase, bend = canvas.uniform(0, 7), canvas.uniform(3, 8)
    return height + swing * torch.sin(bend * canvas.x + phase) - canvas.y


def meadow(canvas):
    """Sky, far hills and a field of grass."""
    heavens(canvas)
    canvas.fill(canvas.cover(ridge(canvas, 0.62, 0.05)), 66, (-16, 8), (4, -24))
    canvas.fill(canvas.cover(ridge(canvas, 0.72, 0.04)), 57 + canvas.speckle, (-26, 26), (0, -32))
    near = 40 + 8 * canvas.y + 5 * texture(canvas, "grass")
    canvas.fill(canvas.cover(ridge(canvas, 0.8, 0.03)), near, (-30, 34), (-2, -30))


def street(canvas):
    """Sky, a hedge, a curb and a road."""
    heavens(canvas)
    hedge = 44 + 8 * texture(canvas, "leaves")
    canvas.fill(canvas.cover(ridge(canvas, 0.45, 0.03)), hedge, (-24, 28), (-2, -26))
    canvas.fill(canvas.cover(0.66 - canvas.y), 72 + canvas.speckle, (1, 6), (3, -12))
    canvas.fill(canvas.cover(0.7 - canvas.y), 38 + 1.5 * canvas.speckle, (0, -2), (3, -14))
    dash = (canvas.x * 4 + canvas.uniform(0, 1)) % 1 - 0.5
    canvas.fill(canvas.cover(box(dash / 4, canvas.y - 0.94, 0.07, 0.018)), 80, (0, 10), (2, -8))


def facade(canvas):
    """A house whose color follows from its texture: brick is red, boards are cream; roof and pavement."""
    heavens(canvas)
    tiles = 42 + 4 * texture(canvas, "brick")
    canvas.fill(canvas.cover(0.15 - canvas.y), tiles, (16, 10), (10, -12))
    masonry = canvas.uniform(0, 1) < 0.5
    boards = ((canvas.y * canvas.size).floor() % (4 * canvas.texel) < canvas.texel) * -7.0
    wall = torch.where(masonry, 56 + 5 * texture(canvas, "brick"), 84 + boards + 0.7 * canvas.speckle)
    color = torch.where(masonry[:, :, 0], torch.tensor([24.0, 20.0]), torch.tensor([1.0, 16.0]))
    canvas.fill(canvas.cover(0.25 - canvas.y), wall, color)
    canvas.fill(canvas.cover(0.9 - canvas.y), 62 + 3 * texture(canvas, "sand"), (0, 4), (3, -12))


def heavenly_body(canvas, x, y):
    """The sun by day, the moon by night: disc or crescent, of the same area, so their mean gray is equal."""
    spot = Spot(canvas, x, y, CUE_RADIUS / 1.25)
    night = canvas.night[:, None, None]
    side = canvas.whole(2) * 2 - 1.0
    crescent = torch.maximum(disc(spot.x, spot.y, 1.25), -disc(spot.x - 0.77 * side, spot.y, 1.08))
    spot.fill(torch.where(night, crescent, disc(spot.x, spot.y, 1.0)), 92, (-4, 44), (-2, 8))


def small_things(canvas):
    """Bright dots and dark posts, two pixels wide in a picture of 32: distance, lightness, ab of each."""
    cell = torch.arange(canvas.size) * 8 // canvas.size  # a grid of 8 × 8 cells, at most one thing in each

    def choose(below):
        return torch.randint(below, (canvas.n, 8, 8), generator=canvas.layout)[:, cell][:, :, cell]

    sort, right, down = choose(8), choose(3), choose(2)
    x = canvas.x - (4 * cell.view(1, 1, -1) + 1 + right) / 32
    y = canvas.y - (4 * cell.view(1, -1, 1) + 1 + down) / 32
    dot = box(x, y, 1 / 32, 1 / 32, 1 / 32 - 0.5 / canvas.size)  # square at 32 pixels, rounder as they grow
    post = box(x, y - 0.5 / 32, 1 / 32, 1.5 / 32)
    yield torch.where(sort == 0, dot, 1.0), 86, (0, 66)
    yield torch.where(sort == 1, post, 1.0), 32, (32, -60)


# --- things: each draws one of them into a spot ---


def balloon(spot, shades, label):
    """A hot-air balloon: a tapering envelope with gores, ropes and a basket."""
    x, y = spot.x, spot.y
    spot.fill(box(x.abs() - 0.27 + 0.1 * (y - 1), y - 1.3, 0.05, 0.5), 36, (6, 16))
    spot.fill(box(x, y - 1.72, 0.3, 0.22, 0.06), 44, (12, 28))
    width = x * (1 + 0.32 * y.clamp(min=0) ** 2)
    gores = torch.cos(7 * torch.asin((width / 1.05).clamp(-1, 1)))
    envelope = disc(width, y * torch.where(y > 0, 0.84, 1.0), 1.0)
    spot.fill(envelope, shade(spot, 2.4 * gores - 2.2 * x - 2 * y), shades, label=label)


def car(spot, shades, label):
    """A car from the side: body and cabin in its color, windows, wheels, a lamp."""
    x, y = spot.x, spot.y
    spot.fill(disc(x, (y - 0.5) * 7, 0.95) / 4, 24, (0, -2))
    body = box(x, y - 0.06, 1.0, 0.34, 0.18)
    cabin = box(x * (1 - 0.4 * (y + 0.2)) + 0.06, y + 0.44, 0.68, 0.36, 0.18)
    spot.fill(torch.minimum(body, cabin), shade(spot, -4 * (y + 0.2)), shades, label=label)
    for middle in (-0.37, 0.25):
        spot.fill(box(x * (1 - 0.4 * (y + 0.2)) - middle, y + 0.47, 0.21, 0.16, 0.05), 82, (-6, -8))
    for middle in (-0.55, 0.55):
        spot.fill(disc(x - middle, y - 0.4, 0.23), 18, (0, -1))
        spot.fill(disc(x - middle, y - 0.4, 0.1), 72, (0, -2))
    spot.fill(disc(x - 0.9, y - 0.02, 0.08), 92, (-2, 30))


def flower(spot, shades, label):
    """A flower with five to eight petals on a stem."""
    x, y = spot.x, spot.y
    spot.fill(box(x + 0.1 * torch.sin(2 * y), y - 3, 0.09, 3), 36, (-26, 30))
    for side in (-1, 1):
        spot.fill(disc(x - 0.42 * side, (y - 1.55 + 0.5 * side * x) * 2.2, 0.4), 42, (-30, 34))
    petals, length = spot.canvas.whole(4) + 5, torch.hypot(x, y)
    wave = torch.cos(petals / 2 * (torch.atan2(y, x) + math.pi)).abs()
    light = shade(spot, 3.5 * wave - 4 + 2.5 * length)
    spot.fill(0.85 * (length - 0.62 - 0.38 * wave.sqrt()), light, shades, label=label)
    spot.fill(disc(x, y, 0.27), 78 - 8 * y, (8, 62))


def door(spot, shades, label):
    """A door with a frame, panels, a knob and a step; arched in half of the pictures."""
    x, y = spot.x, spot.y
    arched = spot.canvas.uniform(0, 1) < 0.5
    flat = box(x, y, 0.5, 1.0)
    arch = torch.maximum(flat, torch.where(y < -0.5, disc(x, y + 0.5, 0.5), flat))
    leaf = torch.where(arched, arch, flat)
    spot.fill(leaf - 0.12, 90, (0, 6))
    panels = box(x.abs() - 0.24, (y - 0.1).abs() - 0.42, 0.15, 0.3)
    edge = 3 * torch.exp(-((panels / 0.06) ** 2))
    spot.fill(leaf, shade(spot, 1.5 - edge - 1.5 * y), shades, label=label)
    spot.fill(disc(x - 0.36, y - 0.1, 0.08), 86, (2, 50))
    spot.fill(box(x, y - 1.06, 0.72, 0.07), 74, (0, 3))


class Thing(NamedTuple):
    """How a kind of thing is placed."""

    draw: Callable
    surroundings: Callable
    sizes: tuple  # when there are one, two, three in the picture
    height: Callable  # of canvas and size: where its middle is, from the top


THINGS = {
    "balloon": Thing(balloon, meadow, (0.22, 0.165, 0.14), lambda canvas, size: canvas.uniform(0.26, 0.46)),
    "car": Thing(car, street, (0.36, 0.24), lambda canvas, size: canvas.uniform(0.72, 0.76)),
    "flower": Thing(flower, meadow, (0.24, 0.19, 0.162), lambda canvas, size: canvas.uniform(0.34, 0.52)),
    "door": Thing(door, facade, (0.27, 0.25, 0.21), lambda canvas, size: 0.9 - size),
}


def place_things(canvas, kind, shades, counts):
    """Draw `counts` things of one kind side by side into their surroundings, labeled 1, 2, 3.

    `shades` holds a row for each thing of each picture.
    """
    thing, counts = THINGS[kind], counts.view(-1, 1, 1)
    thing.surroundings(canvas)
    size = torch.tensor(thing.sizes)[counts - 1] * canvas.uniform(0.94, 1.02)
    for number in range(shades.shape[1]):
        room = (0.5 / counts - size).clamp(min=0)
        x = (number + 0.5) / counts + 0.8 * room * canvas.uniform(-1, 1)
        spot = Spot(canvas, x, thing.height(canvas, size), size, number < counts)
        thing.draw(spot, shades[:, number], number + 1)


# --- shapes: signed distance and color ---

SHAPES = {
    "circle": (lambda x, y: disc(x, y, 0.9), (58.0, 38.0)),
    "square": (lambda x, y: box(x, y, 0.78, 0.78), (8.0, -48.0)),
    "triangle": (lambda x, y: polygon(x, y, 3, 1.16), (-44.0, 38.0)),
    "star": (lambda x, y: polygon(x, y, 5, 1.12, 0.42), (8.0, 56.0)),
    "cross": (lambda x, y: torch.minimum(box(x, y, 1, 0.36), box(x, y, 0.36, 1)), (48.0, -38.0)),
    "ring": (lambda x, y: (torch.hypot(x, y) - 0.72).abs() - 0.26, (-34.0, 0.0)),
}


def place_shapes(canvas, chosen, shades):
    """Draw up to four shapes, turned at random, like cut paper; `chosen` are numbers in SHAPES, -1 for none.

    `shades` holds a row for each shape of each picture.
    """
    counts, corner = (chosen >= 0).sum(1).view(-1, 1, 1), canvas.whole(4)
    for number in range(chosen.shape[1]):
        quarter, jitter = (corner + number) % 4, canvas.uniform(-0.03, 0.03)
        x = torch.where(counts == 1, 0.5, 0.27 + 0.46 * (quarter % 2)) + jitter
        y = torch.where(counts == 1, 0.5, 0.27 + 0.46 * (quarter // 2)) - jitter
        size = torch.where(counts == 1, 0.34, 0.19) * canvas.uniform(0.9, 1.05)
        spot = Spot(canvas, x, y, size, number < counts)
        sine, cosine = (canvas.uniform(0, 2 * math.pi) + torch.tensor([0, math.pi / 2])).sin().split(1, 2)
        across, down = spot.x * cosine + spot.y * sine, spot.y * cosine - spot.x * sine
        distances = torch.stack([distance(across, down) for distance, _ in SHAPES.values()])
        distance = distances[chosen[:, number], torch.arange(canvas.n)]
        shadow = 0.4 * (1 - distance * size / 0.05).clamp(0, 1) ** 2 * spot.present
        canvas.fill(shadow, 45, (2, 8))
        spot.fill(distance, shade(spot, -1.5 * spot.y), shades[:, number], label=number + 1)
