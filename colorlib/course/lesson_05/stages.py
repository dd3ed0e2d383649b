"""NoGAN's third stage, seen at its snapshots: live, or recorded where `quick` is too short. Lesson 05 stops it."""

from itertools import combinations

import torch

from colorlib import color, data, metrics, models, profile
from colorlib.colorize import colorize
from colorlib.course import page
from colorlib.course.lesson_05 import stops
from colorlib.course.recorded import card_of
from colorlib.nogan import shrunk
from colorlib.worlds import scenes

__all__ = ["shrunk"]  # colorlib's
SHOWN = 8  # pictures that a gallery shows


class Seen:
    """What is known of each snapshot, by its batch.

    `rows`: measures on pictures to choose by; `elsewhere`: on others, to report; `objects`: the colors of the ambiguous
    objects in these others; `pictures`: what each snapshot made of eight of them, beside `gray` and `truth`.
    """

    def __init__(self, rows, elsewhere, objects, paintings, losses):
        self.rows, self.elsewhere, self.objects, self.losses = rows, elsewhere, objects, losses
        self.paintings = paintings
        self.gray = color.from_gray_ab(paintings["gray"], torch.zeros_like(paintings["truth"]))
        self.truth, self.pictures = self.colored("truth"), {batch: self.colored(f"batch {batch}") for batch in rows}

    def colored(self, painting):
        """The eight pictures in the colors of one of the paintings."""
        return color.from_gray_ab(self.paintings["gray"], self.paintings[painting])


def watched(choosing: scenes.Scenes, reporting: scenes.Scenes) -> torch.Tensor:
    """The gray pictures that snapshots paint for `measured`: first those to choose by, then those to report on."""
    return color.to_gray_ab(torch.cat((choosing.pictures, reporting.pictures)))[0]


def measured(taken, choosing: scenes.Scenes, reporting: scenes.Scenes) -> Seen:
    """All measures of a stage 3 whose snapshots painted `watched(choosing, reporting)`."""
    parts = len(choosing), len(reporting)
    first, second = ({b: ab.split(parts)[i] for b, ab in taken.painted.items()} for i in (0, 1))
    gray, truth = color.to_gray_ab(reporting.pictures[:SHOWN])
    paintings = {f"batch {batch}": ab[:SHOWN] for batch, ab in second.items()} | {"gray": gray, "truth": truth}
    rows, elsewhere = stops.measure(first, choosing), stops.measure(second, reporting)
    objects = {batch: objects_of(ab, reporting) for batch, ab in second.items()}
    return Seen(rows, elsewhere, objects, paintings, taken.losses)


def objects_of(ab: torch.Tensor, world: scenes.Scenes) -> list[list[int]]:
    """The mean color of each ambiguous object, whole Lab units of a and b."""
    return metrics.object_colors(ab * color.AB_SCALE, world).round().int().tolist()


def alike(objects: list[list[int]], world: scenes.Scenes) -> float:
    """Of all pairs of ambiguous objects in one picture the share that is nearest to the same color of the palette.

    In truth each object's color is thrown by itself, so it is about a third of the pairs.
    """
    nearest = torch.cdist(torch.tensor(objects).float(), world.palette.float()).argmin(dim=1)
    present = (world.palette_index >= 0).sum(dim=1).tolist()
    pairs = [part[i] == part[j] for part in nearest.split(present) for i, j in combinations(range(len(part)), 2)]
    return sum(map(float, pairs)) / len(pairs)


def card(name: str) -> dict:
    """What is told of a recorded run of NoGAN's stages; a world's lies beside its paintings, for it has no weights."""
    return card_of(f"galleries/{name}")


def recorded(name: str) -> Seen:
    """The snapshots of a run that comes with the course: of its first seed, whose paintings alone are kept."""
    report = card(name)["stages"][0]["stage_3"]
    parts = (report["snapshots"], report["elsewhere"])
    rows, elsewhere = ({r["batch"]: {k: r[k] for k in stops.MEASURES if k in r} for r in part} for part in parts)
    objects = {row["batch"]: row["objects"] for row in report["elsewhere"] if "objects" in row}
    paintings = models.unpack(models.WEIGHTS / "galleries" / f"{name}.safetensors")
    losses = {who: {int(batch): loss for batch, loss in of.items()} for who, of in report["losses"].items()}
    return Seen(rows, elsewhere, objects, paintings, losses)


def watched_or_recorded(seen: Seen, name: str) -> Seen:
    """The live one; at `quick`, where nothing has been learned yet, the recorded one, and says so."""
    if profile.current() != "quick":
        return seen
    page.say(
        f"The profile <b>quick</b> took {max(seen.rows)} batches after a very short stage 1, enough to see that all "
        f"works and too few to learn. From here on you see the <b>recorded run {page.inline(name)}</b>."
    )
    return recorded(name)


class Remembered:
    """In the place of a network: the ab that one gave for this picture."""

    def __init__(self, ab):
        self.ab, self.network = ab, None

    def __call__(self, gray):
        return self.ab


def photograph(name: str, run: str = "photo_nogan") -> dict[str, torch.Tensor]:
    """A photograph as a recorded run's networks colored it, {"stage 1": 3×H×W, "stop": …, "too far": …}."""
    paintings = models.unpack(models.WEIGHTS / "galleries" / f"{run}.safetensors")
    found = {key.removesuffix(f": {name}"): ab for key, ab in paintings.items() if key.endswith(f": {name}")}
    whole, side = data.photographs()[name], card_of(run)["size"]
    return {moment: colorize(whole, Remembered(ab), side) for moment, ab in found.items()}
