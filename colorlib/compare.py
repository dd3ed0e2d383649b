"""Every system in one table, on the same pictures: `python -m colorlib compare`. Lesson 06 reads what it measured."""

import importlib
import math
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import torch

from colorlib import color, data, metrics, models, training
from colorlib.data import download, pictures
from colorlib.worlds import scenes

RECIPES = (*training.RECIPES, "nogan")
# How many pictures and epochs a training takes; the rest is in training/laptop.toml, at `gpu` as published.
AMOUNTS = {"quick": (256, 2), "laptop": (2048, 16), "gpu": (None, None)}
# All are measured on the same pictures: of a world those that SEED draws, of CIFAR-10 the first ones of each class in
# its test part, of other sets some that seed 0 holds out.
HELD_OUT, OF_A_CLASS, SEED = 200, 20, 1_000_003
MEASURES = ("ab_error", "psnr", "ssim", "ciede2000", "colorfulness", "accuracy_2", "accuracy_5")
OF_WORLDS = ("chroma", "palette_distance", "palette_use", "background_error")


@dataclass(frozen=True)
class Plan:
    """One training: settings, pictures, and how long. `epochs` of nogan are those of its first stage, at full size."""

    recipe: str
    seed: int
    settings: dict
    pictures: data.DataSet
    epochs: int

    @property
    def size(self) -> int:
        """Pixels a side."""
        return self.pictures.train.shape[-1]


def plan(recipe: str, name: str, profile: str, seed: int = 0, epochs: int | None = None) -> Plan:
    """A training by the names of its recipe, its data and its profile."""
    if recipe not in RECIPES:  # said before any data is fetched
        raise ValueError(f"There is no recipe {recipe!r}: choose one of {', '.join(RECIPES)}.")
    n, planned = AMOUNTS[profile]
    settings = {"size": 32} if name == "cifar10" else {}
    if recipe == "nogan":
        published = importlib.import_module("colorlib.nogan").PUBLISHED
        small = {"quick": "train_nogan_quick", "laptop": "train_nogan"}
        settings = published | settings | (training.laptop(small[profile]) if planned else {})
        *growing, (size, frozen, whole) = settings["sizes"]
        settings["sizes"] = (*growing, (size, frozen, epochs or whole))
        return Plan(recipe, seed, settings, data.load(name, settings["size"], n, seed), epochs or whole)
    if planned:
        kind = "train_with_critic" if recipe in training.ADVERSARIAL else "train"
        settings = training.laptop("train_wgan_gp" if recipe == "wgan_gp" else kind)
        epochs = epochs or planned * (2 if recipe == "wgan_gp" else 1)
    published = training.RECIPES[recipe][1]
    found = data.load(name, settings.get("size") or published["size"], n, seed)
    if planned:
        settings["steps"] = epochs * max(1, len(found.train) // settings["batch_size"])
    return Plan(recipe, seed, settings, found, epochs or published.get("epochs", training.Settings.epochs))


def train(planned: Plan, out: str | Path, resume: bool):
    """Train as planned, measuring held-out pictures after each epoch."""
    found, seed = planned.pictures, planned.seed
    if planned.recipe == "nogan":
        return importlib.import_module("colorlib.nogan").fit(found, planned.settings, seed, out, resume)
    recipe = training.build(planned.recipe, seed=seed, **planned.settings)
    check = metrics.validator(found, ("ab_error", "colorfulness"))
    return training.fit(recipe, found.train, epochs=planned.epochs, validate=check, out=out, resume=resume)


def held_out(name: str, size: int) -> tuple[torch.Tensor | scenes.Scenes, torch.Tensor | None]:
    """The pictures that all are measured on, and of CIFAR-10 the numbers of their classes."""
    world = "mixed" if name == "scenes" else name
    if world in scenes.WORLDS:
        return scenes.draw(HELD_OUT, size, SEED, world), None
    if name == "cifar10":
        folders = [download.CIFAR10.get() / "test" / kind for kind in download.CIFAR10.classes]
        paths = [path for folder in folders for path in pictures.listing(folder)[:OF_A_CLASS]]
        return pictures.cache(paths, size)[0], torch.arange(len(folders)).repeat_interleave(OF_A_CLASS)
    return data.spread(data.load(name, size).valid, HELD_OUT), None


class Judge:
    """Measures colors of the same pictures, those of gray and of the truth too."""

    def __init__(self, name: str, size: int):
        of, self.classes = held_out(name, size)
        self.world = of if isinstance(of, scenes.Scenes) else None
        self.gray, self.truth = color.to_gray_ab(of if self.world is None else of.pictures)
        self.names = (*MEASURES, *(OF_WORLDS if self.world is not None and self.world.ambiguous.any() else ()))
        self.true = self.row(self.truth)

    def row(self, ab: torch.Tensor) -> dict[str, float]:
        """All measures of these colors. `named`: a classifier that sees them names what the picture shows."""
        row = metrics.measure(ab, self.truth, self.gray, self.world, self.names)
        if self.classes is not None:
            classifier = models.load_encoder("color_classifier")
            named = models.paint(classifier, 2 * color.from_gray_ab(self.gray, ab) - 1).argmax(dim=1)
            row["named"] = float((named == self.classes).float().mean())
        return row


def rows(recipes: Iterable[str], name: str, profile: str, seeds: int, folder: Path) -> list[dict]:
    """Train each recipe with each seed, or load what an earlier call left in the folder; a row for each."""
    judges, result = {}, []
    for recipe, seed in product(recipes, range(seeds)):
        planned = plan(recipe, name, profile, seed)
        if planned.size not in judges:
            judges[planned.size] = Judge(name, planned.size)
        judge, out = judges[planned.size], folder / f"{recipe}-seed{seed}"
        if not result:
            result = [{"recipe": "gray", "seed": 0} | facts(judge, judge.row(0 * judge.truth))]
        row = {"recipe": recipe, "seed": seed} | measured(planned, judge, out)
        print(f"{recipe}, seed {seed}: {'loaded from' if row['loaded'] else 'trained, and kept in'} {out}", flush=True)
        result.append(row)
    return result


def measured(planned: Plan, judge: Judge, out: Path) -> dict:
    """Train one, or load it; what it does with the judge's pictures."""
    weights = out / "generator.safetensors"
    before = weights.stat().st_mtime_ns if weights.exists() else None
    run = train(planned, out, resume=True)
    if run.stopped:
        raise training.Stopped(f"{planned.recipe}, seed {planned.seed}: {run.stopped}")
    generator = run.generator.cpu().eval()
    counts = {"parameters": models.count_parameters(generator.network), "pictures_seen": run.pictures_seen}
    counts |= {"seconds": round(run.seconds, 1), "loaded": before == weights.stat().st_mtime_ns}
    return facts(judge, judge.row(models.paint(generator, judge.gray)), **counts)


def facts(judge: Judge, row: dict, **counts) -> dict:
    """A row as JSON has it: true colors beside those measured, and what the training took."""
    true = {f"true_{key}": judge.true[key] for key in ("colorfulness", "chroma", "named") if key in judge.true}
    return row | true | {"parameters": 0, "pictures_seen": 0, "seconds": 0.0, "loaded": False} | counts


def table(result: list[dict], pictures: int = HELD_OUT) -> metrics.Table:
    """The rows as a table, a line a recipe, its seeds together; gray first and the truth last."""
    lines = {}
    for row in result:
        lines.setdefault(row["recipe"], []).append(row)
    perfect = {"ab_error": 0.0, "psnr": math.inf, "ssim": 1.0, "ciede2000": 0.0, "accuracy_2": 1.0, "accuracy_5": 1.0}
    perfect |= {key.removeprefix("true_"): value for key, value in result[0].items() if key.startswith("true_")}
    return metrics.Table(lines | {"truth": [perfect]}, pictures)
