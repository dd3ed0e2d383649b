"""Train NoGAN's three stages for lesson 05, and beginners on two encoders; write weights, paintings and cards.

    python tools/train_nogan.py --list
    python tools/train_nogan.py --only nogan_ambiguous

A stage that is finished is found again in runs/weights: a stopped call goes on with the next one.
"""

import argparse
import json
import math
import os
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import torch
from safetensors.torch import load_file, save
from torch import nn
from train_weights import (
    HELD_OUT,
    PAINTED,
    PICTURES,
    SEEDS,
    described,
    folder_of,
    hardware,
    rounded,
    write,
)

from colorlib import color, data, files, metrics, models, nogan
from colorlib.course.lesson_05 import stages, stops
from colorlib.course.lesson_05.snapshots import Snapshots
from colorlib.training import Stopped, seeded
from colorlib.worlds import scenes

SIZE = 32
CHOOSING = 300  # photos that the stop is chosen on; it is reported on others
WATCHED = 256  # photos that a beginner is measured on as it goes on
WORLD = dict(pretrained=True, width=1.0, stages=3, blur=True, features=())
# Sizes: pixels, epochs frozen, epochs unfrozen.
WORLD |= dict(pictures=PICTURES, batch_size=64, sizes=((16, 1, 1), (32, 0, 3)), lr=3e-3)
WORLD |= dict(share=1.0, critic_width=0.125, critic_batch_size=64, critic_epochs=1, critic_lr=5e-4)
WORLD |= dict(weights=(1, 60), threshold=0.65, gan_batch_size=32, every=20, last=300)
WORLD |= dict(gan_lr=3e-4, critic_rate=2)
FEATURES = (0.2, 0.7, 0.1)  # the published weights of the three stages
# The features pull more than twice as hard as the pixels: a third of the weight holds the critic in check.
PHOTOS = WORLD | dict(features=FEATURES, weights=(1, 20))
PHOTOS |= dict(pictures=9600, batch_size=32, sizes=((16, 1, 1), (32, 1, 2)), share=0.085)
BEGINNER = dict(width=1.0, stages=4, blur=True, pictures=4096, batch_size=32, lr=3e-3, every=16)
BEGINNER |= dict(features=FEATURES)  # measured by them, trained by pixels alone

# Name: the data, the seeds, the settings. Of the first seed the stop is shipped, and what its snapshots painted.
RUNS = {"nogan_ambiguous": ("ambiguous", SEEDS, WORLD), "nogan_cifar10": ("cifar10", SEEDS[:1], PHOTOS)}
VARIANTS = {"nogan_ambiguous": {"sure critic": dict(critic_epochs=2, critic_lr=1e-3)}}  # after the same stage 1
COMPARED = {"nogan_pretrained": ("cifar10", SEEDS, BEGINNER)}
STAGES = {"stage 1": "stage_1.safetensors", "stop": "stage_3.safetensors"}  # in a run's own folder


def load(source: str, seed: int) -> data.DataSet:
    """All pictures of a world or of photos."""
    return data.load(source, SIZE, PICTURES if source in scenes.WORLDS else None, seed)


def fewer(pictures: data.DataSet, n: int) -> data.DataSet:
    """At most n pictures to train on, from all over."""
    return replace(pictures, train=data.spread(pictures.train, n), valid=data.spread(pictures.valid, HELD_OUT))


def parts(pictures: data.DataSet) -> tuple:
    """Held-out pictures to choose the stop on, and others to report it on: of photos those of all other cards."""
    if pictures.valid_scenes:
        return pictures.valid_scenes[::2], pictures.valid_scenes[1::2]
    places = data.spread(torch.arange(len(pictures.valid)), HELD_OUT)
    others = torch.ones(len(pictures.valid), dtype=torch.bool)
    others[places] = False
    return data.spread(pictures.valid[others], CHOOSING), pictures.valid[places]


def pixels(of: scenes.Scenes | torch.Tensor) -> torch.Tensor:
    return of.pictures if isinstance(of, scenes.Scenes) else of


def shown(reporting: scenes.Scenes | torch.Tensor) -> torch.Tensor:
    """The few pictures whose colors every snapshot leaves; lesson 05 shows the same of its own training."""
    scene = isinstance(reporting, scenes.Scenes)
    return reporting.pictures[:PAINTED] if scene else data.spread(reporting, PAINTED)


def finished(file: Path, network: nn.Module, settings: dict, work: Callable[[], dict]) -> dict:
    """Do the work, or find the weights that it left; gives its report, which is written last."""
    report, weights = file.with_suffix(".json"), file.with_suffix(".safetensors")
    settings = json.loads(json.dumps(settings))  # as they will be read again
    if not report.exists():
        started = time.monotonic()
        facts = work()
        facts |= {"seconds": round(time.monotonic() - started, 1), "settings": settings}
        if hasattr(network, "settings"):
            models.save(network, weights)
        else:
            state = {name: value.detach().cpu().contiguous() for name, value in network.state_dict().items()}
            files.write(weights, save(state))
        write(report, facts)
        print(f"{file.parent.name}, {file.name}: {facts['seconds']} s", flush=True)
    facts = json.loads(report.read_text(encoding="utf-8"))
    if facts.pop("settings", None) != settings:
        raise ValueError(f"{report} was made with other settings: delete {file.parent} to start anew.")
    network.load_state_dict(load_file(weights))
    return facts


def fit(learner: nogan.Learner, epochs: int, rate: float | slice) -> list[dict]:
    """One cycle in silence; gives a row of measures an epoch."""
    with nogan.silent(learner):
        learner.fit_one_cycle(epochs, rate)
    names = learner.recorder.metric_names[1:-1]  # without the epoch and the time
    return [rounded(dict(zip(names, row, strict=True))) for row in learner.recorder.values]


def feature_loss(settings: dict) -> nogan.FeatureLoss:
    encoder = models.load_encoder() if settings["features"] else None
    return nogan.FeatureLoss(encoder, features=settings["features"])


def distance() -> nogan.FeatureLoss:
    """How far paintings are from the truth in the eyes of the encoder alone: to measure with."""
    return nogan.FeatureLoss(models.load_encoder(), pixel=0.0, features=FEATURES)


def generator_of(settings: dict, pretrained: bool, seed: int) -> nogan.Generator:
    """On the encoder that comes with colorlib, or on a fresh one."""
    fresh = seeded(seed, models.build, "encoder", SIZE, settings["width"])
    encoder = models.load_encoder() if pretrained else fresh
    return seeded(seed, nogan.unet, encoder, SIZE, blur=settings["blur"], stages=settings["stages"])


class Stages:
    """The three stages of one run and seed. Each trains a network, and gives what its report says."""

    def __init__(self, name: str, seed: int, variant: str | None = None):
        source, _, self.settings = RUNS[name]
        self.seed, self.folder, self.whole = seed, folder_of(name, seed), load(source, seed)
        self.changed, self.changes = self.folder / (variant or ""), VARIANTS[name][variant] if variant else {}
        self.choosing, self.reporting = parts(self.whole)
        self.pictures = fewer(self.whole, self.settings["pictures"])
        self.shown, self.never = shown(self.reporting), data.spread(self.whole.naturally_gray, PAINTED)
        self.generator = generator_of(self.settings, self.settings["pretrained"], seed)
        self.critic = seeded(seed, nogan.critic, SIZE, self.settings["critic_width"])

    def run(self) -> dict[str, dict]:
        """All that are not finished yet; gives the reports of all."""
        reports = {"stage_1": finished(self.folder / "stage_1", self.generator, self.settings, self.generate)}
        self.folder, self.settings = self.changed, self.settings | self.changes
        works = {"stage_2": (self.critic, self.criticize), "stage_3": (self.generator, self.together)}
        for stage, (network, work) in works.items():
            reports[stage] = finished(self.folder / stage, network, self.settings, work)
        return reports

    def learner(self, batch_size: int, size: int = SIZE) -> nogan.Learner:
        pictures = self.pictures if size == SIZE else stages.shrunk(self.pictures, size)
        dls = nogan.dataloaders(pictures, batch_size, self.folder)
        return nogan.generator_learner(dls, self.generator, feature_loss(self.settings), self.seed)

    def generate(self) -> dict:
        """In growing sizes, each frozen first and then unfrozen: (pixels, epochs frozen, epochs unfrozen)."""
        settings, rows = self.settings, []
        rate = settings["lr"]
        for size, frozen, unfrozen in settings["sizes"]:
            learner = self.learner(settings["batch_size"], size)
            if frozen:
                learner.freeze()
                rows += [{"size": size, **row} for row in fit(learner, frozen, rate)]
            learner.unfreeze()
            both = slice(rate / 10, rate) if settings["pretrained"] else rate
            rows += [{"size": size, **row} for row in fit(learner, unfrozen, both)]
        return {"history": rows}

    def criticize(self) -> dict:
        settings, pictures = self.settings, replace(self.whole, valid=self.pictures.valid)
        file = self.folder / "generated.safetensors"
        nogan.save_generated(self.generator, pictures, file, settings["share"])
        dls = nogan.critic_dataloaders(file, settings["critic_batch_size"], self.folder)
        learner = nogan.critic_learner(dls, self.critic, self.seed)
        rows = fit(learner, settings["critic_epochs"], settings["critic_lr"])
        return {"history": rows, "accuracy": rows[-1]["accuracy_thresh_expand"]}

    def together(self) -> dict:
        """Stage 3; then the generator is the one of the proposed stop."""
        settings, learner = self.settings, self.learner(self.settings["gan_batch_size"])
        parts = (self.choosing, self.reporting)
        gray, truth = color.to_gray_ab(torch.cat([*map(pixels, parts), self.shown]))
        kept = Snapshots(gray, settings["every"], settings["last"])
        judge = nogan.critic_learner(learner.dls, self.critic, self.seed)
        options = {"weights": settings["weights"], "threshold": settings["threshold"]}
        options |= {"critic_rate": settings["critic_rate"], "seed": self.seed}
        both = nogan.gan_learner(learner, judge, **options, cbs=[kept])
        with nogan.silent(both):
            both.fit(math.ceil(settings["last"] / len(learner.dls.train)), settings["gan_lr"])
        counts = [len(pixels(part)) for part in parts] + [len(self.shown)]
        cut = {batch: ab.split(counts) for batch, ab in kept.painted.items()}
        rows = stops.measure({batch: ab[0] for batch, ab in cut.items()}, self.choosing, distance())
        elsewhere = stops.measure({batch: ab[1] for batch, ab in cut.items()}, self.reporting)
        stop = stops.propose(rows)
        self.generator.load_state_dict(kept.states[stop.batch])
        paintings = {f"batch {batch}": ab[2] for batch, ab in cut.items()}
        self.keep_paintings(paintings | {"truth": truth.split(counts)[2], "gray": gray.split(counts)[2]})
        facts = {"stop": stop.batch, "why": stop.why(), "glitch_limit": stop.limit}
        facts |= {"snapshots": [{"batch": batch} | rounded(row) for batch, row in rows.items()]}
        facts |= {"elsewhere": [{"batch": b} | rounded(row) | self.more(cut[b][1]) for b, row in elsewhere.items()]}
        return facts | {"losses": {network: rounded(values) for network, values in kept.losses.items()}}

    def more(self, ab: torch.Tensor) -> dict:
        """What else a card tells of a snapshot: how a world's colors are used, or how colorful photos are."""
        if isinstance(self.reporting, scenes.Scenes):
            objects = stages.objects_of(ab, self.reporting)
            return {"objects": objects, "alike": round(stages.alike(objects, self.reporting), 4)}
        gray, truth = color.to_gray_ab(self.reporting)
        return rounded(metrics.measure(ab, truth, gray, names=("ab_error", "colorfulness")))

    def keep_paintings(self, paintings: dict) -> None:
        """What each snapshot made of a few pictures, and what the stop makes of some that never had color."""
        if len(self.never):
            never, _ = color.to_gray_ab(self.never)
            paintings |= {"never gray": never, "never": models.paint(self.generator.eval(), never)[:, -2:]}
        files.write(self.folder / "paintings.safetensors", models.pack(paintings))

    def measured(self) -> dict[str, dict]:
        """Stage 1 and the stop between gray and the truth, on pictures that chose nothing."""
        painters = {label: models.load(self.folder / file) for label, file in STAGES.items()}
        table = metrics.evaluate(painters, self.reporting, n=HELD_OUT)
        print(f"{self.folder.name}\n{table}\n", flush=True)
        gray, truth = color.to_gray_ab(pixels(self.reporting))
        colors = {"gray": 0 * truth, **{row: models.paint(painters[row], gray) for row in painters}, "truth": truth}
        share = {row: float(stops.glitches(gray, ab).float().mean()) for row, ab in colors.items()}
        return {row: rounded(table[row] | {"glitches": share[row]}) for row in colors}


def card_of(name: str, folder: Path) -> Path:
    """A world's card lies beside its paintings, that of photos beside its weights."""
    if name in COMPARED:
        return folder / "sweeps" / f"{name}.json"
    return folder / ("galleries" if RUNS[name][0] in scenes.WORLDS else "") / f"{name}.json"


def ship(name: str, folder: Path) -> None:
    """The three stages with each seed; the first one's stop, what its snapshots painted, and the card."""
    source, seeds, settings = RUNS[name]
    runs = [Stages(name, seed) for seed in seeds]
    reports, tables = [run.run() for run in runs], [run.measured() for run in runs]
    first = runs[0]
    card = {
        "name": name,
        "recipe": "nogan",
        "data": described(source),
        "chosen_on": len(pixels(first.choosing)),
        "measured_on": len(pixels(first.reporting)),
        **settings,
        "parameters": models.count_parameters(first.generator),
        "critic_parameters": models.count_parameters(first.critic),
        "epochs": sum(frozen + unfrozen for _, frozen, unfrozen in settings["sizes"]),
        "steps": settings["last"],
        "hardware": hardware(),
        "seconds": [round(sum(stage["seconds"] for stage in report.values()), 1) for report in reports],
        "seeds": list(seeds),
        "held_out": {name if row == "stop" else row: [table[row] for table in tables] for row in tables[0]},
        "note": "Weights, paintings and history are those of the first seed; the other lists have an entry for each. "
        "The stop was chosen by stage 3's snapshots on other pictures than held_out tells of. Epochs are of stage "
        "1, steps the batches of stage 3.",
        "history": reports[0]["stage_3"]["snapshots"],
        "stages": reports,
    }
    for variant, changes in VARIANTS.get(name, {}).items():
        varied = [Stages(name, seed, variant).run() for seed in seeds]
        card.setdefault("variants", {})[variant] = {"changes": changes, "stages": varied}
    varied = [report for variant in card.get("variants", {}).values() for report in variant["stages"]]
    for report in (report["stage_3"] for report in [*reports, *varied]):
        for row in report["elsewhere"]:
            if row["batch"] not in (0, report["stop"]):
                row.pop("objects", None)  # hundreds of colors: kept of these two
    if source not in scenes.WORLDS:  # a world's stop is not shipped: the lesson trains it
        network = models.load(first.folder / STAGES["stop"])
        models.save(network, folder / f"{name}.safetensors", half=True, recipe="nogan", seed=first.seed)
    paintings = models.unpack(first.folder / "paintings.safetensors")
    for variant in card.get("variants", {}):  # what the first batches did
        painted = models.unpack(first.folder / variant / "paintings.safetensors")
        paintings[variant] = painted[f"batch {settings['every']}"]
    files.write(folder / "galleries" / f"{name}.safetensors", models.pack(paintings))
    write(card_of(name, folder), card)
    print(f"{name}: {card['seconds']} s, {[report['stage_3']['why'] for report in reports]}")


class Watch(nogan.Callback):
    """Measures a learner's generator every so many batches, before the first one too."""

    run_valid = False

    def __init__(self, pictures: torch.Tensor, distance: nogan.FeatureLoss, every: int):
        self.pictures, self.distance, self.every, self.rows = pictures, distance, every, []

    def before_fit(self):
        self.look(0)

    def after_batch(self):
        if self.train_iter % self.every == 0:
            self.look(self.train_iter)

    def look(self, batch):
        gray, truth = color.to_gray_ab(self.pictures)
        ab = models.paint(self.model.eval(), gray)[:, -2:]
        self.model.train()
        row = stops.measure({batch: ab}, self.pictures, self.distance)[batch]
        row |= metrics.measure(ab, truth, gray, names=("ab_error", "colorfulness"))
        self.rows.append({"step": batch} | rounded(row))


def begin(name: str, kind: str, seed: int) -> tuple[nogan.Generator, dict]:
    """A generator on one of the encoders, trained for one epoch, and its report with the curve."""
    source, _, settings = COMPARED[name]
    whole, folder = load(source, seed), folder_of(f"{name}-{kind}", seed)
    generator = generator_of(settings, kind == "pretrained", seed)
    watch = Watch(data.spread(whole.valid, WATCHED), distance(), settings["every"])

    def work():
        dls = nogan.dataloaders(fewer(whole, settings["pictures"]), settings["batch_size"], folder)
        rows = fit(nogan.generator_learner(dls, generator, seed=seed, cbs=[watch]), 1, settings["lr"])
        return {"history": rows, "curve": watch.rows}

    facts = finished(folder / "training", generator, settings, work)
    return generator.eval(), facts


def compare(name: str, folder: Path) -> None:
    """Both kinds of encoders with each seed, the same batches, loss and rate; their curves and measures in a sweep."""
    source, seeds, settings = COMPARED[name]
    held_out = load(source, seeds[0])
    gray, truth = color.to_gray_ab(shown(data.spread(held_out.valid, HELD_OUT)))
    paintings, variants = {"gray": gray, "truth": truth}, {}
    for kind in ("pretrained", "random"):
        done = [begin(name, kind, seed) for seed in seeds]
        painters = [models.Colorizer(generator) for generator, _ in done]
        table = metrics.evaluate({kind: painters}, held_out, n=HELD_OUT)
        print(f"{name}, {kind}\n{table}\n", flush=True)
        variants[kind] = {
            "seconds": [facts["seconds"] for _, facts in done],
            "held_out": {row: [rounded(measured) for measured in rows] for row, rows in table.seeds.items()},
            "history": done[0][1]["curve"],
            "curves": [facts["curve"] for _, facts in done],
        }
        paintings[kind] = models.paint(painters[0], gray)
    card = {
        "name": name,
        "recipe": "nogan, stage 1",
        "data": described(source),
        "measured_on": table.pictures,
        "watched_on": WATCHED,
        **settings,
        "parameters": models.count_parameters(done[0][0]),
        "hardware": hardware(),
        "seeds": list(seeds),
        "note": "Trained on the L1 of the pixels alone, distance is that of the features. Paintings and history are "
        "those of the first seed, curves has an entry for each.",
        "variants": variants,
    }
    files.write(folder / "sweeps" / f"{name}.safetensors", models.pack(paintings))
    write(card_of(name, folder), card)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--list", action="store_true", help="say what there is")
    parser.add_argument("--only", choices=[*RUNS, *COMPARED], metavar="NAME", help="train just this one")
    parser.add_argument("--out", type=Path, default=models.WEIGHTS, help="another folder")
    options = parser.parse_args()
    os.environ["ACCELERATE_MIXED_PRECISION"] = "no"  # fastai's learners calculate in full precision: the cards say so
    for name, (source, seeds, settings) in (RUNS | COMPARED).items():
        if options.list:
            made = "made" if card_of(name, options.out).exists() else "to do"
            print(f"{name:20} {made:6} {source} · {len(seeds)} seeds · {settings}")
        elif options.only in (None, name):
            try:
                (ship if name in RUNS else compare)(name, options.out)
            except (Stopped, OSError, ValueError) as error:  # files.write raises Stopped
                sys.exit(str(error))


if __name__ == "__main__":
    main()
