"""Procedural worlds whose color ambiguity is known (lessons 00 to 06 draw their pictures from here).

`texture`: every color follows from the gray: materials from texture, small things from their lightness.
`ambiguous`: balloons, cars, flowers and doors whose hue is drawn from a palette; the gray tells nothing.
`context`: day or night decides every color, and only the sun or moon at the top tells.
`mixed`: ambiguous things by day and by night. `shapes`: each shape has its own color.
"""

from dataclasses import dataclass, fields, replace

import torch

from colorlib.color import in_gamut
from colorlib.worlds import things
from colorlib.worlds.canvas import MATERIALS, Canvas, disc, shades, texture
from colorlib.worlds.things import LIGHTNESS

WORLDS = ("texture", "ambiguous", "context", "mixed", "shapes")
KINDS = tuple(things.THINGS)
SHAPES = tuple(things.SHAPES)
LIMITS = {kind: len(thing.sizes) for kind, thing in things.THINGS.items()}  # objects in a picture
LIMITS |= {"texture": 0, "context": 0, "shapes": 4}
# Red, blue and green whose channel-by-channel median is dull: neither L2 nor L1 can guess a true color.
DEFAULT_PALETTE = ((60.0, 40.0), (10.0, -52.0), (-40.0, 10.0))
GROUND = ((-36.0, 40.0), (6.0, -44.0))  # the context world's, by day and by night
CHUNK = 64  # pictures drawn at a time: small enough to stay in the processor's cache
CUE_REACH = 0.375  # `far` pixels are farther (12 pixels of 32) than this from sun or moon


@dataclass(repr=False, eq=False)
class Scenes:
    """Pictures together with what their maker knows about them."""

    pictures: torch.Tensor  # uint8 N×3×H×W
    ambiguous: torch.Tensor  # bool N×H×W: pixels, soft edges too, of objects whose hue the gray does not tell
    objects: torch.Tensor  # int8 N×H×W: 0 none, else 1…M; only pixels that lie wholly inside
    palette_index: torch.Tensor  # int64 N×M: the color of each object, -1 where there is no such object
    palette: torch.Tensor  # float K×2: ab in Lab units
    world: str
    materials: torch.Tensor  # int8 N×H×W, world texture: 0 none, else 1 + the place in MATERIALS
    details: torch.Tensor  # bool N×H×W, world texture: the small bright and dark things
    far: torch.Tensor  # bool N×H×W, world context: ground whose color only the distant cue decides
    night: torch.Tensor  # bool N: night (moon) rather than day (sun)

    def __len__(self):
        return len(self.pictures)

    def __getitem__(self, index):
        """Some of the scenes: a slice, a list of places, or a tensor of them."""
        index = [index] if isinstance(index, int) else index
        kept = {f.name: getattr(self, f.name) for f in fields(self) if f.name not in ("palette", "world")}
        return replace(self, **{name: values[index] for name, values in kept.items()})


def draw(n, size=32, seed=0, world="mixed", palette=None, probabilities=None, kinds=None, most=None) -> Scenes:
    """Draw n pictures of one of the WORLDS; the same arguments always give the same pictures.

    `palette` (K colors, ab in Lab units) and its `probabilities` are for the objects of worlds ambiguous and
    mixed. `kinds` chooses among KINDS (world shapes: SHAPES); `most` is the most objects in a picture.
    """
    kinds = _check_kinds(world, kinds)
    palette, weights = _check_palette(world, palette, probabilities, kinds)
    if n < 0 or size < 16 or (most is not None and most < 1):
        raise ValueError(f"Cannot draw n={n}, size={size}, most={most}: n ≥ 0, size ≥ 16 and most ≥ 1 are needed.")
    choices = torch.Generator().manual_seed(seed)
    groups = (world,) if world == "shapes" else kinds
    limits = torch.tensor([LIMITS[name] for name in groups]).clamp(max=4 if most is None else most)
    group = torch.randint(len(groups), (n,), generator=choices)
    scenes = _blank(n, size, world, palette, int(limits.max()))
    scenes.night[:] = torch.rand(n, generator=choices) < (0.5 if world in ("context", "mixed") else 0)
    counts = 1 + (torch.rand(n, generator=choices) * limits[group]).long()
    edges = weights.double().cumsum(0)  # in float32 a chance just below 1 could land beyond the last edge
    for slot, colors in enumerate(scenes.palette_index.T):
        # One number each, whatever the palette: so the same seed draws the same picture in other colors.
        chance = torch.rand(n, generator=choices)
        drawn = torch.searchsorted(edges, chance.double() * edges[-1], right=True)
        colors[:] = torch.where(slot < counts, drawn, -1)
    for number, name in enumerate(groups):
        members = (group == number).nonzero()[:, 0]
        for chunk in members.split(CHUNK) if len(members) else ():
            # Places come from one generator, grain from another, since the grain depends on the size.
            seeds = torch.randint(2**31, (2,), generator=choices).tolist()
            canvas = Canvas(scenes.night[chunk], size, *(torch.Generator().manual_seed(s) for s in seeds))
            DRAW[world](canvas, scenes, chunk, name)
            scenes.pictures[chunk] = canvas.pictures()
    return scenes


def _check_kinds(world, kinds):
    """The kinds to draw, or a sentence about what cannot be; a world without kinds is its own only kind."""
    if world not in WORLDS:
        raise ValueError(f"There is no world {world!r}; choose one of {', '.join(WORLDS)}.")
    known = {"ambiguous": KINDS, "mixed": KINDS, "shapes": SHAPES}.get(world, (world,))
    kinds = known if kinds is None else (kinds,) if isinstance(kinds, str) else tuple(kinds)
    if not kinds or not set(kinds) <= set(known):
        raise ValueError(f"World {world!r} draws the kinds {', '.join(known)}; {kinds} asks for something else.")
    return kinds


def _check_palette(world, palette, probabilities, kinds):
    """The palette as a tensor and a weight for each color, or a sentence about what is wrong with them."""
    if world not in ("ambiguous", "mixed"):
        if palette is not None or probabilities is not None:
            raise ValueError(f"The colors of world {world!r} are fixed; palettes are for ambiguous and mixed.")
        colors = [color for _, color in things.SHAPES.values()] if world == "shapes" else []
        return torch.tensor(colors).view(-1, 2), torch.tensor([float(shape in kinds) for shape in SHAPES])
    palette = torch.as_tensor(DEFAULT_PALETTE if palette is None else palette, dtype=torch.float32)
    if palette.ndim != 2 or palette.shape[1] != 2 or len(palette) == 0:
        raise ValueError("A palette is a list of colors (a, b) in Lab units, such as [(60, 40), (10, -52)].")
    for a, b in palette.tolist():
        if not in_gamut(torch.tensor([(light, a, b) for light in LIGHTNESS]).T[:, :, None]).all():
            raise ValueError(
                f"No screen can show the palette color ({a:g}, {b:g}) at the lightness of objects, "
                f"L {LIGHTNESS[0]:g} to {LIGHTNESS[1]:g}; choose one nearer to gray."
            )
    weights = torch.ones(len(palette)) if probabilities is None else torch.as_tensor(probabilities).float()
    if weights.shape != (len(palette),) or not (weights >= 0).all() or not weights.sum() > 0:
        raise ValueError(f"Give one probability, 0 or more, for each of the {len(palette)} palette colors.")
    return palette, weights


def _blank(n, size, world, palette, slots):
    """Scenes in which nothing is drawn yet."""
    blank = torch.zeros(n, size, size, dtype=torch.bool)
    layers = {name: blank.clone() for name in ("ambiguous", "details", "far")}
    layers |= {name: blank.to(torch.int8) for name in ("objects", "materials")}
    pictures = torch.zeros(n, 3, size, size, dtype=torch.uint8)
    index, night = torch.full((n, slots), -1), torch.zeros(n, dtype=torch.bool)
    return Scenes(pictures, palette_index=index, palette=palette, world=world, night=night, **layers)


def _palette_shades(scenes):
    return shades(tuple(map(tuple, scenes.palette.tolist())), *LIGHTNESS)


def _draw_things(canvas, scenes, chunk, kind):
    """Ambiguous and mixed: things of one kind in their surroundings; in mixed under sun or moon."""
    index = scenes.palette_index[chunk]
    canvas.sun_or_moon = scenes.world == "mixed"
    things.place_things(canvas, kind, _palette_shades(scenes)[index], (index >= 0).sum(1))
    scenes.objects[chunk] = canvas.labels
    scenes.ambiguous[chunk] = canvas.touched


def _draw_shapes(canvas, scenes, chunk, _):
    """Shapes on paper."""
    index = scenes.palette_index[chunk]
    canvas.fill(1, 82 + 1.2 * canvas.speckle + 2 * canvas.noise(4, 4), (1, 9))
    things.place_shapes(canvas, index, _palette_shades(scenes)[index])
    scenes.objects[chunk] = canvas.labels


def _draw_texture(canvas, scenes, chunk, _):
    """Three wavy bands, upright or lying, of equally light materials, strewn with small things."""
    order = torch.rand(canvas.n, len(MATERIALS), generator=canvas.layout).argsort(1)
    textures = torch.stack([texture(canvas, name) for name in MATERIALS], dim=1)
    upright = canvas.uniform(0, 1) < 0.5
    across, along = torch.where(upright, canvas.x, canvas.y), torch.where(upright, canvas.y, canvas.x)
    for band in range(3):
        chosen = order[:, band]
        edge = (band + canvas.uniform(-0.3, 0.3)) / 3 + 0.04 * torch.sin(9 * along + canvas.uniform(0, 7))
        light = 60 + 5 * textures[torch.arange(canvas.n), chosen]
        color = torch.tensor(list(MATERIALS.values()), dtype=torch.float32)[chosen]
        canvas.fill(canvas.cover(edge - across) if band else 1, light, color, label=chosen + 1)
    for distance, lightness, ab in things.small_things(canvas):
        cover = canvas.cover(distance)
        canvas.fill(cover, lightness, ab)
        scenes.details[chunk] |= cover >= 1
    scenes.materials[chunk] = canvas.labels


def _draw_context(canvas, scenes, chunk, _):
    """Sun or moon at the top; below, hills that are green by day and blue by night and equally light."""
    x, y = canvas.uniform(0.2, 0.8), canvas.uniform(0.13, 0.16)
    canvas.fill(1, 62 + 8 * canvas.y + 0.6 * canvas.speckle, (-6, -28), (20, -36))
    canvas.fill(things.clouds(canvas), 84, (-2, -6), (8, -14))
    things.heavenly_body(canvas, x, y)
    ground = shades(GROUND, 40, 66)[canvas.night.long()]
    for height, lightness, relief in ((0.46, 61, 1), (0.53, 55, 2), (0.6, 50, 4)):
        hill = canvas.cover(things.ridge(canvas, height, 0.04))
        canvas.fill(hill, lightness + relief * texture(canvas, "grass"), ground, label=1)
    away = disc(canvas.x - x, canvas.y - y, things.CUE_RADIUS) > CUE_REACH
    scenes.far[chunk] = (canvas.labels == 1) & away


DRAW = dict(
    texture=_draw_texture, ambiguous=_draw_things, context=_draw_context, mixed=_draw_things, shapes=_draw_shapes
)
