"""What procedural worlds show, and where. Two colors are for day and night; each world tells what it knows."""

import math

import torch

from colorlib.worlds.canvas import MATERIALS, Spot, box, disc, polygon, shades, texture

DETAIL = -1  # the label of small things in the world texture
CUE_RADIUS = 0.106  # of the crescent moon; the sun is smaller and has the same area
CUE_REACH = 0.375  # `far` pixels are farther (12 pixels of 32) than this from sun or moon


def clouds(canvas):
    """How much of the sky they cover, less and less downwards."""
    noise = canvas.noise(7, 4, canvas.layout) + 0.35 * canvas.noise(14, 9, canvas.layout)
    return (noise - 0.4).clamp(0, 1) * (1.1 - canvas.y).clamp(0, 1)


def horizon(canvas, height, swing):
    """The signed distance to all that lies below a rolling line."""
    phase, bend = canvas.uniform(0, 7), canvas.uniform(3, 8)
    return height + swing * torch.sin(bend * canvas.x + phase) - canvas.y


def meadow(canvas):
    """Far hills and a field of grass."""
    canvas.fill(horizon(canvas, 0.62, 0.05), 66, (-16, 8), (4, -24))
    canvas.fill(horizon(canvas, 0.72, 0.04), 57 + canvas.speckle, (-26, 26), (0, -32))
    canvas.fill(horizon(canvas, 0.8, 0.03), 40 + 8 * canvas.y + 5 * texture(canvas, "grass"), (-30, 34), (-2, -30))


def street(canvas):
    """A hedge, a curb and a road."""
    canvas.fill(horizon(canvas, 0.45, 0.03), 44 + 8 * texture(canvas, "leaves"), (-24, 28), (-2, -26))
    canvas.fill(0.66 - canvas.y, 72 + canvas.speckle, (1, 6), (3, -12))
    canvas.fill(0.7 - canvas.y, 38 + 1.5 * canvas.speckle, (0, -2), (3, -14))
    dash = (canvas.x * 4 + canvas.uniform(0, 1)) % 1 - 0.5
    canvas.fill(box(dash / 4, canvas.y - 0.94, 0.07, 0.018), 80, (0, 10), (2, -8))


def facade(canvas):
    """A house whose color follows from its texture: brick is red, boards are cream; roof and pavement."""
    canvas.fill(0.15 - canvas.y, 42 + 4 * texture(canvas, "brick"), (16, 10), (10, -12))
    masonry = canvas.uniform(0, 1) < 0.5
    boards = ((canvas.y * canvas.size).floor() % (4 * canvas.texel) < canvas.texel) * -7.0
    wall = torch.where(masonry, 56 + 5 * texture(canvas, "brick"), 84 + boards + 0.7 * canvas.speckle)
    canvas.fill(0.25 - canvas.y, wall, torch.where(masonry[:, 0], torch.tensor((24, 20)), torch.tensor((1, 16))))
    canvas.fill(0.9 - canvas.y, 62 + 3 * texture(canvas, "sand"), (0, 4), (3, -12))


def sun_or_moon(canvas, x, y):
    """The sun by day, the moon by night: disc or crescent, of the same area, so their mean gray is equal."""
    spot = Spot(canvas, x, y, CUE_RADIUS / 1.25)
    side = canvas.whole(2) * 2 - 1.0
    crescent = torch.maximum(disc(spot.x, spot.y, 1.25), -disc(spot.x - 0.77 * side, spot.y, 1.08))
    spot.fill(torch.where(canvas.night[:, None, None], crescent, disc(spot.x, spot.y, 1.0)), 92, (-4, 44), (-2, 8))


def balloon(spot, x, y):
    """A hot-air balloon: a tapering envelope with gores, ropes and a basket."""
    spot.fill(box(x.abs() - 0.27 + 0.1 * (y - 1), y - 1.3, 0.05, 0.5), 36, (6, 16))
    spot.fill(box(x, y - 1.72, 0.3, 0.22, 0.06), 44, (12, 28))
    width = x * (1 + 0.32 * y.clamp(min=0) ** 2)
    gores = torch.cos(7 * torch.asin((width / 1.05).clamp(-1, 1)))
    spot.fill_shaded(disc(width, y * torch.where(y > 0, 0.84, 1.0), 1.0), 2.4 * gores - 2.2 * x - 2 * y)


def car(spot, x, y):
    """A car from the side: shadow, body and cabin in its color, windows, wheels, a lamp."""
    spot.fill(disc(x, (y - 0.5) * 7, 0.95) / 4, 24, (0, -2))
    leaning = x * (1 - 0.4 * (y + 0.2))
    body, cabin = box(x, y - 0.06, 1.0, 0.34, 0.18), box(leaning + 0.06, y + 0.44, 0.68, 0.36, 0.18)
    spot.fill_shaded(torch.minimum(body, cabin), -4 * (y + 0.2))
    for middle in (-0.37, 0.25):
        spot.fill(box(leaning - middle, y + 0.47, 0.21, 0.16, 0.05), 82, (-6, -8))
    spot.fill(disc(x.abs() - 0.55, y - 0.4, 0.23), 18, (0, -1))
    spot.fill(disc(x.abs() - 0.55, y - 0.4, 0.1), 72, (0, -2))
    spot.fill(disc(x - 0.9, y - 0.02, 0.08), 92, (-2, 30))


def flower(spot, x, y):
    """A flower with five to eight petals on a stem with two leaves."""
    spot.fill(box(x + 0.1 * torch.sin(2 * y), y - 3, 0.09, 3), 36, (-26, 30))
    for side in (-1, 1):
        spot.fill(disc(x - 0.42 * side, (y - 1.55 + 0.5 * side * x) * 2.2, 0.4), 42, (-30, 34))
    petals, length = spot.canvas.whole(4) + 5, torch.hypot(x, y)
    wave = torch.cos(petals / 2 * (torch.atan2(y, x) + math.pi)).abs()
    spot.fill_shaded(0.85 * (length - 0.62 - 0.38 * wave.sqrt()), 3.5 * wave - 4 + 2.5 * length)
    spot.fill(disc(x, y, 0.27), 78 - 8 * y, (8, 62))


def door(spot, x, y):
    """A door with a frame, panels, a knob and a step; arched in half of the pictures."""
    flat, arched = box(x, y, 0.5, 1.0), spot.canvas.uniform(0, 1) < 0.5
    leaf = torch.maximum(flat, torch.where(arched & (y < -0.5), disc(x, y + 0.5, 0.5), flat))
    spot.fill(leaf - 0.12, 90, (0, 6))
    panels = box(x.abs() - 0.24, (y - 0.1).abs() - 0.42, 0.15, 0.3)
    spot.fill_shaded(leaf, 1.5 - 3 * torch.exp(-((panels / 0.06) ** 2)) - 1.5 * y)
    spot.fill(disc(x - 0.36, y - 0.1, 0.08), 86, (2, 50))
    spot.fill(box(x, y - 1.06, 0.72, 0.07), 74, (0, 3))


THINGS = {  # what draws each, its surroundings, its size if there are one, two, three, and the heights of its middle
    "balloon": (balloon, meadow, (0.22, 0.165, 0.14), (0.26, 0.46)),
    "car": (car, street, (0.36, 0.24), (0.72, 0.76)),
    "flower": (flower, meadow, (0.24, 0.19, 0.162), (0.34, 0.52)),
    "door": (door, facade, (0.27, 0.25, 0.21), None),  # it stands on the pavement
}
SHAPES = {  # signed distance and color
    "circle": (lambda x, y: disc(x, y, 0.9), (58.0, 38.0)),
    "square": (lambda x, y: box(x, y, 0.78, 0.78), (8.0, -48.0)),
    "triangle": (lambda x, y: polygon(x, y, 3, 1.16), (-44.0, 38.0)),
    "star": (lambda x, y: polygon(x, y, 5, 1.12, 0.42), (8.0, 56.0)),
    "cross": (lambda x, y: torch.minimum(box(x, y, 1, 0.36), box(x, y, 0.36, 1)), (48.0, -38.0)),
    "ring": (lambda x, y: (torch.hypot(x, y) - 0.72).abs() - 0.26, (-34.0, 0.0)),
}


def draw_things(canvas, kind, cue=False):
    """Things of one kind side by side in their surroundings, under sun or moon if there is a cue."""
    draw, surroundings, sizes, heights = THINGS[kind]
    canvas.fill(-1, 78 + 7 * canvas.y, (-9, -24), (9, -24))  # a sky that grows paler downwards
    canvas.fill(-1, 94, (-1, -3), (2, -7), strength=clouds(canvas))
    if cue:
        sun_or_moon(canvas, canvas.uniform(0.15, 0.85), 0.13)
    surroundings(canvas)
    size = torch.tensor(sizes)[canvas.counts - 1] * canvas.uniform(0.94, 1.02)
    room = (0.5 / canvas.counts - size).clamp(min=0)
    for place in range(canvas.numbers.shape[1]):
        x = (place + 0.5) / canvas.counts + 0.8 * room * canvas.uniform(-1, 1)
        spot = Spot(canvas, x, canvas.uniform(*heights) if heights else 0.9 - size, size, place)
        draw(spot, spot.x, spot.y)
    return {"objects": canvas.labels, "ambiguous": canvas.touched}


def draw_shapes(canvas, _):
    """Up to four shapes, turned at random, like cut paper on paper."""
    canvas.fill(-1, 82 + 1.2 * canvas.speckle + 2 * canvas.noise(4, 4), (1, 9))
    alone, corner = canvas.counts == 1, canvas.whole(4)
    for place in range(canvas.numbers.shape[1]):
        quarter, jitter = (corner + place) % 4, canvas.uniform(-0.03, 0.03)
        x, y = (torch.where(alone, 0.5, 0.27 + 0.46 * half) for half in (quarter % 2, quarter // 2))
        size = torch.where(alone, 0.34, 0.19) * canvas.uniform(0.9, 1.05)
        spot = Spot(canvas, x + jitter, y - jitter, size, place)
        sine, cosine = (canvas.uniform(0, 2 * math.pi) + torch.tensor([0, math.pi / 2])).sin().split(1, 2)
        across, down = spot.x * cosine + spot.y * sine, spot.y * cosine - spot.x * sine
        distances = torch.stack([distance(across, down) for distance, _ in SHAPES.values()])
        distance = distances[canvas.numbers[:, place], torch.arange(canvas.n)]
        shadow = 0.4 * (1 - distance * size / 0.05).clamp(0, 1) ** 2 * spot.present
        canvas.fill(-1, 45, (2, 8), strength=shadow)
        spot.fill_shaded(distance, -1.5 * spot.y)
    return {"objects": canvas.labels}


def draw_texture(canvas, _):
    """Three wavy bands, upright or lying, of equally light materials, strewn with small things."""
    order = torch.rand(canvas.n, len(MATERIALS), generator=canvas.layout).argsort(1)
    textures = torch.stack([texture(canvas, name) for name in MATERIALS], dim=1)
    upright = canvas.uniform(0, 1) < 0.5
    across, along = torch.where(upright, canvas.x, canvas.y), torch.where(upright, canvas.y, canvas.x)
    for band, chosen in enumerate(order[:, :3].T):
        edge = (band + canvas.uniform(-0.3, 0.3)) / 3 + 0.04 * torch.sin(9 * along + canvas.uniform(0, 7))
        light = 60 + 5 * textures[torch.arange(canvas.n), chosen]
        color = torch.tensor([ab for ab, _ in MATERIALS.values()])[chosen]
        canvas.fill(edge - across if band else -1, light, color, label=chosen + 1)
    # Small things: bright dots and dark posts, two pixels wide in a picture of 32, at most one in each of 8 × 8 cells.
    cell = torch.arange(canvas.size) * 8 // canvas.size
    grids = [torch.randint(below, (canvas.n, 8, 8), generator=canvas.layout) for below in (8, 3, 2)]
    sort, right, down = (grid[:, cell][:, :, cell] for grid in grids)
    x = canvas.x - (4 * cell.view(1, 1, -1) + 1 + right) / 32
    y = canvas.y - (4 * cell.view(1, -1, 1) + 1 + down) / 32
    dot = box(x, y, 1 / 32, 1 / 32, 1 / 32 - 0.5 / canvas.size)  # square at 32 pixels, rounder as they grow
    canvas.fill(torch.where(sort == 0, dot, 1.0), 86, (0, 66), label=DETAIL)
    canvas.fill(torch.where(sort == 1, box(x, y - 0.5 / 32, 1 / 32, 1.5 / 32), 1.0), 32, (32, -60), label=DETAIL)
    return {"materials": canvas.labels.clamp(min=0), "details": canvas.labels == DETAIL}


def draw_context(canvas, _):
    """Sun or moon at the top; below, hills that are green by day and blue by night and equally light."""
    x, y = canvas.uniform(0.2, 0.8), canvas.uniform(0.13, 0.16)
    canvas.fill(-1, 62 + 8 * canvas.y + 0.6 * canvas.speckle, (-6, -28), (20, -36))
    canvas.fill(-1, 84, (-2, -6), (8, -14), strength=clouds(canvas))
    sun_or_moon(canvas, x, y)
    ground = torch.stack([shades(a, b, 40, 66) for a, b in ((-36.0, 40.0), (6.0, -44.0))])[canvas.night.long()]
    for height, lightness, relief in ((0.46, 61, 1), (0.53, 55, 2), (0.6, 50, 4)):
        canvas.fill(horizon(canvas, height, 0.04), lightness + relief * texture(canvas, "grass"), ground, label=1)
    return {"far": (canvas.labels == 1) & (disc(canvas.x - x, canvas.y - y, CUE_RADIUS) > CUE_REACH)}
