"""Every system in one table, on the same pictures: `python -m colorlib compare`. Lesson 06 reads what it measured."""

import importlib
import math
import zlib
from collections.abc import Collection
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
# All are measured on the same pictures: SEED draws those of a world; of CIFAR-10 the first test pictures of a class.
HELD_OUT, OF_A_CLASS, SEED = 200, 20, 1_000_003
MEASURES = ("ab_error", "psnr", "ssim", "ciede2000", "colorfulness", "accuracy_2", "accuracy_5")
MEASURES += ("chroma", "palette_distance", "palette_use", "background_error")  # which worlds alone have
TRUE = ("colorfulness", "chroma", "palette_distance", "palette_use", "background_error", "named")  # told of the truth


@dataclass(frozen=True)
class Plan:
    """One training: settings, pictures, and how long. `epochs` of nogan are those of its first stage, at full size."""

    recipe: str
    seed: int
    settings: dict
    pictures: data.DataSet
    epochs: int


def known(recipes: Collection[str]) -> None:
    """Refuse, in a sentence, what is no recipe; said before anything is fetched or trained."""
    for recipe in recipes:
        if recipe not in RECIPES:
            raise ValueError(f"There is no recipe {recipe!r}: choose one of {', '.join(RECIPES)}.")


def plan(recipe: str, name: str, profile: str, seed: int = 0, epochs: int | None = None) -> Plan:
    """A training by name. Each seed draws another world; files are the same for all: none trains on held-out ones."""
    known([recipe])
    n, planned = AMOUNTS[profile]
    drawn = seed if name in ("scenes", "photos", *scenes.WORLDS) else 0
    settings = {"size": 32} if name == "cifar10" else {}
    if recipe == "nogan":
        published = importlib.import_module("colorlib.nogan").PUBLISHED
        small = {"quick": "train_nogan_quick", "laptop": "train_nogan"}
        settings = published | (training.laptop(small[profile]) if planned else {}) | settings
        *growing, (_, frozen, whole) = settings["sizes"]
        smaller = [stage for stage in growing if stage[0] < settings["size"]]
        settings["sizes"] = (*smaller, (settings["size"], frozen, epochs or whole))
        return Plan(recipe, seed, settings, data.load(name, settings["size"], n, drawn), epochs or whole)
    published = training.RECIPES[recipe][1]
    if planned:
        kind = "train_with_critic" if recipe in training.ADVERSARIAL else "train"
        settings = training.laptop("train_wgan_gp" if recipe == "wgan_gp" else kind)
    found = data.load(name, settings.get("size") or published["size"], n, drawn)
    if planned:
        epochs = epochs or planned * (2 if recipe == "wgan_gp" else 1)
        settings |= {"epochs": epochs, "steps": epochs * max(1, len(found.train) // settings["batch_size"])}
    return Plan(recipe, seed, settings, found, epochs or published.get("epochs", training.Settings.epochs))


def train(planned: Plan, out: str | Path, resume: bool):
    """Train as planned, measuring held-out pictures after each epoch."""
    found, seed = planned.pictures, planned.seed
    if planned.recipe == "nogan":
        return importlib.import_module("colorlib.nogan").fit(found, planned.settings, seed, out, resume)
    recipe = training.build(planned.recipe, seed=seed, **planned.settings)
    options = {"validate": metrics.validator(found, ("ab_error", "colorfulness")), "out": out, "resume": resume}
    return training.fit(recipe, found.train, epochs=planned.epochs, **options)


def held_out(name: str, size: int, found: data.DataSet | None = None):
    """The pictures that all are measured on, and of CIFAR-10 the numbers of their classes; of other files `found`'s."""
    world = "mixed" if name == "scenes" else name
    if world in scenes.WORLDS:
        return scenes.draw(HELD_OUT, size, SEED, world), None
    if name == "cifar10":
        folders = [download.CIFAR10.get() / "test" / kind for kind in download.CIFAR10.classes]
        paths = [path for folder in folders for path in pictures.listing(folder)[:OF_A_CLASS]]
        return pictures.cache(paths, size)[0], torch.arange(len(folders)).repeat_interleave(OF_A_CLASS)
    return data.spread(found.valid, HELD_OUT), None


class Judge:
    """Measures colors of the same pictures, those of gray and of the truth too."""

    def __init__(self, name: str, found: data.DataSet):
        of, self.classes = held_out(name, found.train.shape[-1], found)
        self.gray, self.truth, self.world = metrics.held_out(of, len(of))
        self.classifier = None if self.classes is None else models.load_encoder("color_classifier")
        self.true = self.row(self.truth)

    def row(self, ab: torch.Tensor) -> dict[str, float]:
        """All measures of these colors. `named`: a classifier that sees them names what the picture shows."""
        row = metrics.measure(ab, self.truth, self.gray, self.world, MEASURES)
        if self.classes is not None:
            named = models.paint(self.classifier, 2 * color.from_gray_ab(self.gray, ab) - 1).argmax(dim=1)
            row["named"] = float((named == self.classes).float().mean())
        return row


def place(name: str, profile: str) -> Path:
    """Where `compare` keeps its trainings; folders of the same name get each a place of their own."""
    folder = Path(name).expanduser().absolute()
    same_name = f"-{zlib.crc32(str(folder).encode()):08x}" if folder.is_dir() else ""
    return Path("runs") / "compare" / f"{folder.name}{same_name}-{profile}"


def rows(recipes: Collection[str], name: str, profile: str, seeds: int, folder: Path) -> list[dict]:
    """Train each recipe with each seed, or load what an earlier call left in the folder; a row for each."""
    known(recipes)
    judges, result = {}, []
    for recipe, seed in product(recipes, range(seeds)):
        planned = plan(recipe, name, profile, seed)
        size, out = planned.pictures.train.shape[-1], folder / f"{recipe}-seed{seed}"
        judge = judges[size] = judges.get(size) or Judge(name, planned.pictures)
        if not result:
            result = [{"recipe": "gray", "seed": 0} | facts(judge, judge.row(0 * judge.truth))]
        row = {"recipe": recipe, "seed": seed} | measured(planned, judge, out)
        print(f"{recipe}, seed {seed}: {'loaded from' if row['loaded'] else 'trained, kept in'} {out.name}", flush=True)
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
    """A row as JSON has it: true colors beside those measured, on how many pictures, and what the training took."""
    counts = {"parameters": 0, "pictures_seen": 0, "seconds": 0.0, "loaded": False} | counts
    true = {f"true_{key}": judge.true[key] for key in TRUE if key in judge.true}
    return row | true | counts | {"measured_on": len(judge.gray)}


def table(result: list[dict]) -> metrics.Table:
    """The rows as a table, a line a recipe, its seeds together; gray first and the truth last."""
    lines = {}
    for row in result:
        lines.setdefault(row["recipe"], []).append(row)
    perfect = {"ab_error": 0.0, "psnr": math.inf, "ssim": 1.0, "ciede2000": 0.0, "accuracy_2": 1.0, "accuracy_5": 1.0}
    perfect |= {key.removeprefix("true_"): value for key, value in result[0].items() if key.startswith("true_")}
    return metrics.Table(lines | {"truth": [perfect]}, result[0]["measured_on"])
