"""Train NoGAN's three stages for lesson 05, and beginners on two encoders; write weights, paintings and cards.

    python tools/train_nogan.py --list
    python tools/train_nogan.py --only nogan_ambiguous
    python tools/train_nogan.py --only photo_nogan --small FOLDER --large FOLDER

The last line is for photographs: `--small` and `--large` as in tools/train_photos.py. A stage that is finished is found
again in runs/weights: a stopped call goes on with the next one.
"""

import argparse
import os
import sys
from dataclasses import replace
from functools import cache
from pathlib import Path

import torch
from train_photos import ASIDE, MEASURED_AT, STORED, kept_aside, measured, resized, to_train_on
from train_weights import HELD_OUT, PAINTED, PICTURES, SEEDS, described, folder_of, hardware, rounded, write

from colorlib import color, data, files, metrics, models, nogan
from colorlib.colorize import looked_at
from colorlib.course.lesson_05 import stages, stops
from colorlib.nogan.recipe import MOST, build_generator, finished, one_cycle
from colorlib.training import Stopped
from colorlib.worlds import scenes

CHOOSING = 160  # small photographs that the stop is chosen on; it is reported on others
WATCHED = 100  # photographs that a beginner is measured on as it goes on
WORLD = dict(size=32, encoder="encoder", pretrained=True, width=1.0, stages=3, blur=True, features=())
# Sizes: pixels, epochs frozen, epochs unfrozen.
WORLD |= dict(pictures=PICTURES, batch_size=64, sizes=((16, 1, 1), (32, 0, 3)), lr=3e-3)
WORLD |= dict(share=1.0, critic_width=0.125, critic_batch_size=64, critic_epochs=1, critic_lr=5e-4)
WORLD |= dict(weights=(1, 60), threshold=0.65, gan_batch_size=32, every=20, last=300)
WORLD |= dict(gan_lr=3e-4, critic_rate=2)
FEATURES = (0.2, 0.7, 0.1)  # the published weights of the three stages
PHOTOS = WORLD | dict(size=64, encoder="photo_encoder", stages=4, narrow=96, half=True, features=FEATURES)
PHOTOS |= dict(pictures=10_000, batch_size=32, lr=1e-3, sizes=((32, 1, 1), (64, 0, 1)), share=0.085)
# The features pull more than twice as hard as the pixels: a third of the weight holds the critic in check.
PHOTOS |= dict(weights=(1, 20), last=400)
BEGINNER = dict(size=64, encoder="photo_encoder", width=1.0, stages=4, narrow=96, blur=True, half=True)
BEGINNER |= dict(pictures=4000, batch_size=32, lr=2e-3, every=50)

# Name: the data, the seeds, the settings. Of the first seed the stop is shipped, and what its snapshots painted.
RUNS = {"nogan_ambiguous": ("ambiguous", SEEDS, WORLD), "photo_nogan": ("photographs", SEEDS[:1], PHOTOS)}
VARIANTS = {"nogan_ambiguous": {"sure critic": dict(critic_epochs=2, critic_lr=1e-3)}}  # after the same stage 1
COMPARED = {"photo_pretrained": ("photographs", SEEDS, BEGINNER)}
STAGES = {"stage 1": "stage_1", "stop": "stage_3"}  # a run's networks, in its own folder
DATA = "small pictures in color of 200 classes, 10 crops of each of 600 photographs"
FULL = ("rocket", "coffee", "chelsea", "farmhouse")  # painted whole at stage 1, the stop and the end

Folders = tuple[Path, Path] | tuple[()]  # of small and of large photographs


def load(source: str, settings: dict, seed: int, folders: Folders) -> data.DataSet:
    """All pictures of a world or of photographs."""
    if source == "photographs":
        return of_photographs(settings["size"], *folders)
    return data.load(source, settings["size"], PICTURES, seed)


@cache
def of_photographs(size: int, small: Path, large: Path) -> data.DataSet:
    """Those of tools/train_photos.py in another size: `valid` is of the small ones, `test` of the large ones."""
    squares = (to_train_on(small, large), data.load(small, STORED).valid)
    train, valid = (torch.cat([color.to_uint8(resized(some, size)) for some in part.split(1000)]) for part in squares)
    return data.DataSet("photographs", train, valid, train[:0], test=kept_aside(large, size))


def fewer(pictures: data.DataSet, n: int) -> data.DataSet:
    """At most n pictures to train on, from all over."""
    return replace(pictures, train=data.spread(pictures.train, n), valid=data.spread(pictures.valid, HELD_OUT))


def parts(pictures: data.DataSet) -> tuple:
    """Held-out pictures to choose the stop on, and others to report it on: of photographs those of all other cards."""
    if pictures.valid_scenes:
        return pictures.valid_scenes[::2], pictures.valid_scenes[1::2]
    return data.spread(pictures.valid, CHOOSING), pictures.test


def pixels(of: scenes.Scenes | torch.Tensor) -> torch.Tensor:
    return of.pictures if isinstance(of, scenes.Scenes) else of


def shown(reporting: scenes.Scenes | torch.Tensor) -> torch.Tensor:
    """The few pictures whose colors every snapshot leaves; lesson 05 shows the same of its own training."""
    scene = isinstance(reporting, scenes.Scenes)
    return reporting.pictures[:PAINTED] if scene else data.squares(reporting.shape[-1])


class Stages(nogan.Stages):
    """The three stages of one run and seed, with all that a card tells of them."""

    def __init__(self, name: str, seed: int, folders: Folders, variant: str | None = None):
        source, _, settings = RUNS[name]
        self.whole = load(source, settings, seed, folders)
        pictures = fewer(self.whole, settings["pictures"])
        super().__init__(pictures, settings, seed, folder_of(name, seed), settings["pretrained"])
        self.to_paint = replace(self.whole, valid=pictures.valid)
        self.changed, self.changes = self.folder / (variant or ""), VARIANTS[name][variant] if variant else {}
        self.choosing, self.reporting = parts(self.whole)
        self.shown = shown(self.reporting)

    def run(self) -> dict[str, dict]:
        """All that are not finished yet; gives the reports of all. A variant shares its first stage with the others."""
        reports = {"stage_1": finished(self.folder / "stage_1", self.generator, self.generate, self.settings)}
        self.folder, self.settings = self.changed, self.settings | self.changes
        works = {"stage_2": (self.critic, self.criticize), "stage_3": (self.generator, self.together)}
        for stage, work in works.items():
            reports[stage] = finished(self.folder / stage, *work, self.settings)
        for stage in ("stage_1", "stage_2"):  # as a reader wants them
            reports[stage]["history"] = [rounded(row) for row in reports[stage]["history"]]
        return reports

    def together(self) -> dict:
        """Stage 3; then the generator is the one of the proposed stop."""
        parts = self.choosing, self.reporting
        gray, truth = color.to_gray_ab(torch.cat([*map(pixels, parts), self.shown]))
        kept = self.pinch(gray)
        counts = [len(pixels(part)) for part in parts] + [len(self.shown)]
        cut = {batch: ab.split(counts) for batch, ab in kept.painted.items()}
        rows = stops.measure({batch: ab[0] for batch, ab in cut.items()}, self.choosing)
        elsewhere = stops.measure({batch: ab[1] for batch, ab in cut.items()}, self.reporting)
        stop = self.stop_of(rows)
        for batch, state in kept.states.items():
            self.generator.load_state_dict(state)
            models.save(self.generator, self.folder / f"batch_{batch}.safetensors", half=True)
        self.generator.load_state_dict(kept.states[stop.batch])
        paintings = {f"batch {batch}": ab[2] for batch, ab in cut.items()}
        paintings |= {"truth": truth.split(counts)[2], "gray": gray.split(counts)[2]}
        files.write(self.folder / "paintings.safetensors", models.pack(paintings))
        facts = {"stop": stop.batch, "why": stop.why(), "limit": stop.limit}
        facts |= {"snapshots": [{"batch": batch} | rounded(row) for batch, row in rows.items()]}
        facts |= {"elsewhere": [{"batch": b} | rounded(row) | self.more(cut[b][1]) for b, row in elsewhere.items()]}
        return facts | {"losses": {network: rounded(values) for network, values in kept.losses.items()}}

    def stop_of(self, rows: dict[int, dict]) -> stops.Stop:
        """Feared are glitches; on photographs, which show none, an ab error of more than MOST above that of gray."""
        if isinstance(self.choosing, scenes.Scenes):
            return stops.propose(rows)
        gray, truth = color.to_gray_ab(self.choosing)
        plain = metrics.measure(0 * truth, truth, gray, names=("ab_error",))["ab_error"]
        return stops.propose(rows, plain + MOST - rows[0]["ab_error"], "ab_error")

    def more(self, ab: torch.Tensor) -> dict:
        """What else a card tells of a snapshot of a world: how its colors are used."""
        if not isinstance(self.reporting, scenes.Scenes):
            return {}
        objects = stages.objects_of(ab, self.reporting)
        return {"objects": objects, "alike": round(stages.alike(objects, self.reporting), 4)}

    def measured(self) -> dict[str, dict]:
        """Stage 1 and the stop between gray and the truth, on pictures that chose nothing."""
        painters = {label: models.load(self.folder / f"{file}.safetensors") for label, file in STAGES.items()}
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


def ship(name: str, folder: Path, folders: Folders) -> None:
    """The three stages with each seed; what the first one's snapshots painted, and the card."""
    source, seeds, settings = RUNS[name]
    runs = [Stages(name, seed, folders) for seed in seeds]
    reports = [run.run() for run in runs]
    first = runs[0]
    card = {
        "name": name,
        "recipe": "nogan",
        "data": described(source) if source in scenes.WORLDS else DATA,
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
        "note": "Weights, paintings and history are those of the first seed; the other lists have an entry for each. "
        "The stop was chosen by stage 3's snapshots on other pictures than held_out tells of. Epochs are of stage "
        "1, steps the batches of stage 3.",
        "history": reports[0]["stage_3"]["snapshots"],
        "stages": reports,
    }
    for variant, changes in VARIANTS.get(name, {}).items():
        varied = [Stages(name, seed, folders, variant).run() for seed in seeds]
        card.setdefault("variants", {})[variant] = {"changes": changes, "stages": varied}
    paintings = models.unpack(first.folder / "paintings.safetensors")
    add = of_world if source in scenes.WORLDS else of_network
    add(name, card, paintings, runs, folder, folders)
    files.write(folder / "galleries" / f"{name}.safetensors", models.pack(paintings))
    write(card_of(name, folder), card)
    print(f"{name}: {card['seconds']} s, {[report['stage_3']['why'] for report in reports]}")


def of_world(name: str, card: dict, paintings: dict, runs: list[Stages], folder: Path, folders: Folders) -> None:
    """Adds a world's measures, and what its variants did in their first batches. Its stop is trained by the lesson."""
    tables = [run.measured() for run in runs]
    card["held_out"] = {name if row == "stop" else row: [table[row] for table in tables] for row in tables[0]}
    varied = card.get("variants", {})
    reports = [report["stage_3"] for kind in (card, *varied.values()) for report in kind["stages"]]
    for report in reports:
        for row in report["elsewhere"]:
            if row["batch"] not in (0, report["stop"]):
                row.pop("objects", None)  # hundreds of colors: kept of these two
    for variant in varied:
        painted = models.unpack(runs[0].folder / variant / "paintings.safetensors")
        paintings[variant] = painted[f"batch {card['every']}"]


def of_network(name: str, card: dict, paintings: dict, runs: list[Stages], folder: Path, folders: Folders) -> None:
    """Writes the stop's weights, measured at several sides, and adds what three networks make of whole photographs."""
    (run,) = runs
    last = f"batch_{card['steps']}.safetensors"
    models.save(models.load(run.folder / "stage_3.safetensors"), folder / f"{name}.safetensors", half=True)
    networks = {"stage 1": models.load(run.folder / "stage_1.safetensors")}
    networks |= {name: models.load(folder / f"{name}.safetensors"), "too far": models.load(run.folder / last)}
    card["held_out"] = {}
    for row, network in networks.items():
        card["held_out"] |= measured(row, network, run.reporting, ASIDE)
    card["held_out"]["truth"] = card["held_out"].pop("truth")  # the last row
    _, large = folders
    card["at_side"] = {side: measured(name, networks[name], kept_aside(large, side), ASIDE) for side in MEASURED_AT}
    card["shipped"] = measured(name, networks[name], data.squares(card["size"]))
    for photograph in FULL:
        for row, network in networks.items():
            _, ab = looked_at(data.photographs()[photograph].movedim(0, -1).numpy(), network, card["size"])
            paintings[f"{'stop' if row == name else row}: {photograph}"] = ab[None] / color.AB_SCALE


class Watch(nogan.Callback):
    """Measures a learner's generator every so many batches, before the first one too."""

    run_valid = False

    def __init__(self, pictures: torch.Tensor, every: int):
        self.pictures, self.every, self.rows = pictures, every, []

    def before_fit(self):
        self.look(0)

    def after_batch(self):
        if self.train_iter % self.every == 0:
            self.look(self.train_iter)

    def look(self, batch):
        gray, truth = color.to_gray_ab(self.pictures)
        ab = models.paint(self.model.eval(), gray)[:, -2:]
        self.model.train()
        row = metrics.measure(ab, truth, gray, names=("ab_error", "colorfulness"))
        self.rows.append({"step": batch} | rounded(row))


def begin(name: str, kind: str, seed: int, whole: data.DataSet) -> tuple[nogan.Generator, dict]:
    """A generator on one of the encoders, trained for one epoch, and its report with the curve."""
    settings, folder = COMPARED[name][2], folder_of(f"{name}-{kind}", seed)
    generator = build_generator(settings, seed, kind == "pretrained")
    watch = Watch(data.spread(whole.valid, WATCHED), settings["every"])

    def work():
        dls = nogan.dataloaders(fewer(whole, settings["pictures"]), settings["batch_size"], folder)
        learner = nogan.generator_learner(dls, generator, seed=seed, cbs=[watch])
        return {"history": one_cycle(learner, 1, settings["lr"], settings), "curve": watch.rows}

    facts = finished(folder / "training", generator, work, settings)
    return generator.eval(), facts


def compare(name: str, folder: Path, folders: Folders) -> None:
    """Both kinds of encoders with each seed, the same batches, loss and rate; their curves and measures in a sweep."""
    source, seeds, settings = COMPARED[name]
    whole = load(source, settings, seeds[0], folders)
    gray, truth = color.to_gray_ab(shown(whole.test))
    paintings, variants = {"gray": gray, "truth": truth}, {}
    for kind in ("pretrained", "random"):
        done = [begin(name, kind, seed, whole) for seed in seeds]
        painters = [models.Colorizer(generator) for generator, _ in done]
        table = metrics.evaluate({kind: painters}, whole.test, n=HELD_OUT)
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
        "data": DATA,
        "measured_on": table.pictures,
        "watched_on": WATCHED,
        **settings,
        "parameters": models.count_parameters(done[0][0]),
        "hardware": hardware(),
        "seeds": list(seeds),
        "note": "Trained on the L1 of the pixels alone. Measured on photographs that nothing was trained on, watched "
        "on small ones. Paintings and history are those of the first seed, curves has an entry for each.",
        "variants": variants,
    }
    files.write(folder / "sweeps" / f"{name}.safetensors", models.pack(paintings))
    write(card_of(name, folder), card)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--list", action="store_true", help="say what there is")
    parser.add_argument("--only", choices=[*RUNS, *COMPARED], metavar="NAME", help="train just this one")
    parser.add_argument("--small", type=Path, help="folder of small photographs")
    parser.add_argument("--large", type=Path, help="folder of large photographs")
    parser.add_argument("--out", type=Path, default=models.WEIGHTS, help="another folder")
    options = parser.parse_args()
    for name, (source, seeds, settings) in (RUNS | COMPARED).items():
        if options.list:
            made = "made" if card_of(name, options.out).exists() else "to do"
            print(f"{name:20} {made:6} {source} · {len(seeds)} seeds · {settings}")
        elif options.only in (None, name):
            if source == "photographs" and not (options.small and options.large):
                sys.exit(f"{name} needs photographs: --small FOLDER --large FOLDER, as in tools/train_photos.py.")
            if not settings.get("half"):
                os.environ["ACCELERATE_MIXED_PRECISION"] = "no"  # the cards say so
            try:
                (ship if name in RUNS else compare)(name, options.out, (options.small, options.large))
            except (Stopped, OSError, ValueError) as error:  # files.write raises Stopped
                sys.exit(str(error))
            finally:
                os.environ.pop("ACCELERATE_MIXED_PRECISION", None)


if __name__ == "__main__":
    main()
