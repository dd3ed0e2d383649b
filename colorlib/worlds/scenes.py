"""Procedural worlds whose color ambiguity is known (lessons 00 to 06 draw their pictures from here)."""

from dataclasses import dataclass, fields, replace
from functools import partial

import torch
from torch.nn import functional as F

from colorlib.color import in_gamut
from colorlib.worlds.canvas import LIGHTNESS, Canvas
from colorlib.worlds.things import SHAPES, THINGS, draw_context, draw_shapes, draw_texture, draw_things

WORLDS = {
    "texture": draw_texture,  # every color follows from the gray: materials from texture, small things from lightness
    "ambiguous": draw_things,  # balloons, cars, flowers, doors in colors of a palette, of which the gray tells nothing
    "context": draw_context,  # day or night decides every color, and only the sun or moon at the top tells
    "mixed": partial(draw_things, cue=True),  # ambiguous things by day and by night
    "shapes": draw_shapes,  # each shape has its own color
}
KINDS = tuple(THINGS)
LIMITS = {kind: len(sizes) for kind, (_, _, sizes, _) in THINGS.items()} | {"shapes": 4}  # objects in a picture
# Red, blue and green whose channel-by-channel median is dull: neither L2 nor L1 can guess a true color.
DEFAULT_PALETTE = ((60.0, 40.0), (10.0, -52.0), (-40.0, 10.0))
CHUNK = 64  # pictures drawn at a time: small enough to stay in the processor's cache


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
        kept = {field.name for field in fields(self)} - {"palette", "world"}
        return replace(self, **{name: getattr(self, name)[index] for name in kept})


def draw(n, size=32, seed=0, world="mixed", palette=None, probabilities=None, kinds=None, most=4) -> Scenes:
    """Draw n pictures of one of the WORLDS; the same arguments always give the same pictures.

    Worlds ambiguous and mixed can be had with other colors (`palette`, ab in Lab units, each with one of the
    `probabilities`), with only some of the KINDS, and with at most so many objects in a picture.
    """
    if n < 0 or size < 16:
        raise ValueError(f"Cannot draw n={n}, size={size}: n ≥ 0 and size ≥ 16 are needed.")
    palette, weights, kinds = _check(world, palette, probabilities, kinds)
    choices = torch.Generator().manual_seed(seed)
    limits = torch.tensor([LIMITS.get(kind, 0) for kind in kinds]).clamp(max=most)
    kind_of = torch.randint(len(kinds), (n,), generator=choices)
    night = torch.rand(n, generator=choices) < (0.5 if world in ("context", "mixed") else 0)
    counts = 1 + (torch.rand(n, generator=choices) * limits[kind_of]).long()
    edges = weights.double().cumsum(0)  # in float32 a chance just below 1 could land beyond the last edge
    numbers = torch.full((n, int(limits.max())), -1)
    for slot, colors in enumerate(numbers.T):
        # One number each, whatever the palette: so the same seed draws the same picture in other colors.
        chance = torch.rand(n, generator=choices).double() * edges[-1]
        colors[:] = torch.where(slot < counts, torch.searchsorted(edges, chance, right=True), -1)
    pictures = torch.zeros(n, 3, size, size, dtype=torch.uint8)
    masks = {name: torch.zeros(n, size, size, dtype=torch.bool) for name in ("ambiguous", "details", "far")}
    masks |= {name: torch.zeros(n, size, size, dtype=torch.int8) for name in ("objects", "materials")}
    for number, kind in enumerate(kinds):
        members = (kind_of == number).nonzero()[:, 0]
        for start in range(0, len(members), CHUNK):
            chunk = members[start : start + CHUNK]
            seeds = torch.randint(2**31, (2,), generator=choices).tolist()
            canvas = Canvas(size, night[chunk], palette, numbers[chunk], seeds)
            for name, mask in WORLDS[world](canvas, kind).items():
                masks[name][chunk] = mask
            pictures[chunk] = canvas.pictures()
    return Scenes(pictures=pictures, palette_index=numbers, palette=palette, world=world, night=night, **masks)


def _check(world, palette, probabilities, kinds):
    """The palette, a weight for each of its colors, and the kinds; or a sentence about what is wrong with them."""
    if world not in WORLDS:
        raise ValueError(f"There is no world {world!r}; choose one of {', '.join(WORLDS)}.")
    if world not in ("ambiguous", "mixed"):
        if any(option is not None for option in (palette, probabilities, kinds)):
            raise ValueError(f"World {world!r} is drawn as it is: palettes and kinds are for ambiguous and mixed.")
        palette = torch.tensor([color for _, color in SHAPES.values()] if world == "shapes" else []).view(-1, 2)
        return palette, torch.ones(len(palette)), (world,)
    kinds = KINDS if kinds is None else tuple(kinds)
    if not kinds or not set(kinds) <= set(KINDS):
        raise ValueError(f"There are the kinds {', '.join(KINDS)}; {kinds} asks for something else.")
    palette = torch.as_tensor(DEFAULT_PALETTE if palette is None else palette, dtype=torch.float32)
    ends = (F.pad(palette, (1, 0), value=lightness).T[..., None] for lightness in LIGHTNESS)
    if palette.shape[1:] != (2,) or not all(in_gamut(lab).all() for lab in ends):
        raise ValueError(f"A palette is a list of colors (a, b) that a screen can show at L 51 to 60, not {palette}.")
    weights = torch.ones(len(palette)) if probabilities is None else torch.as_tensor(probabilities).float()
    if weights.shape != (len(palette),) or not (weights >= 0).all() or not weights.sum() > 0:
        raise ValueError(f"Give one probability, 0 or more, for each of the {len(palette)} palette colors.")
    return palette, weights, kinds
