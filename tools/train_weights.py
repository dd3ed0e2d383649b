"""Train the small generators that the course ships, and write their weights and cards.

    python tools/train_weights.py --list
    python tools/train_weights.py --only ambiguous_l1

Each of RUNS is a `laptop` run that a lesson shows where the profile is too small for the effect. It is
trained with three seeds: the first one's weights and history are shipped, the card has the measures
of all. SWEEPS vary one of them: of each variant the measures, the first seed's history and a few
pictures it painted are shipped, but no weights. A stopped call goes on where it was: checkpoints
lie in runs/weights.
"""

import argparse
import json
import platform
import sys
from collections.abc import Iterable
from functools import partial
from pathlib import Path

import torch

from colorlib import color, data, files, metrics, models, training
from colorlib.worlds import scenes

ROOT = Path(__file__).parent.parent
SEEDS = (0, 1, 2)
ONE_SEED = ("l2_by_heart",)  # of many steps
PICTURES = 2048  # of a world; of photos all there are
HELD_OUT = 1000  # at most so many are measured
SEEN = ("ab_error", "chroma", "chroma_share")  # what is measured on training pictures of a world, too
PIX2PIX, WGAN_GP = (partial(training.build, name) for name in ("pix2pix", "wgan_gp"))

# Name: the data, and what makes the recipe of training/laptop.toml's settings. Lessons 02 to 05 and 07 show them.
RUNS = {
    "ambiguous_l2": ("ambiguous", training.Supervised),
    "ambiguous_l1": ("ambiguous", training.Supervised),
    "ambiguous_classify": ("ambiguous", training.Classify),
    "ambiguous_pix2pix": ("ambiguous", PIX2PIX),
    "ambiguous_pix2pix_dropout": ("ambiguous", PIX2PIX),
    "ambiguous_wgan_gp": ("ambiguous", WGAN_GP),
    "ambiguous_flow": ("ambiguous", partial(training.build, "flow")),
    "context_fusion": ("context", training.Supervised),
    "context_local": ("context", training.Supervised),
}
BASES = {"texture_unet": ("texture", training.Supervised), "cifar10_l1": ("cifar10", training.Supervised)}
BASES |= RUNS  # what sweeps vary; not all of them are shipped


FACTORS = (0.3, 1, 3, 10, 30)
JUDGED, SHORT = training.laptop("ambiguous_pix2pix"), training.laptop("train")
LAYERS = JUDGED["critic_options"]


def rates(run: str, factor: float) -> dict:
    """Both networks' learning rates times a factor."""
    settings = training.laptop(run)
    return {} if factor == 1 else {name: factor * settings[name] for name in ("lr", "critic_lr")}


# Name: the run that is varied, and in each variant what is not as there (or a recipe and all its settings, or another
# run and what is not as there). Lessons 02 to 04 show them.
SWEEPS = {
    # Skips make the later layers wider; a little more width makes up for it: 387,138 and 387,942 parameters.
    "texture_skips": ("texture_unet", {"U-Net": {}, "skips cut": {"skips": False, "width": 0.264}}),
    # 110 epochs, eleven times as long as in the lesson; `fresh` draws new pictures for every batch.
    "l2_by_heart": (
        "ambiguous_l2",
        {"the same pictures": {"steps": 3080}, "new pictures": {"steps": 3080, "fresh": True}},
    ),
    "pix2pix_lambda": ("ambiguous_pix2pix", {f"λ = {lam}": {"lam": lam} for lam in (0, 1, 10, 100, 300, 1000)}),
    "pix2pix_condition": (
        "ambiguous_pix2pix",
        {
            "sees L": {"lam": 0},
            "sees another L": {"lam": 0, "conditional": "shuffled"},
            "sees ab alone": {"lam": 0, "conditional": False},
        },
    ),
    # The same network and as many steps, with and without a critic.
    "pix2pix_l1": (
        "ambiguous_pix2pix",
        {
            "L1 alone": ("ambiguous_l1", {name: JUDGED[name] for name in ("width", "steps")}),
            "L1 and a critic": {},
        },
    ),
    # 224 steps of the generator each.
    "pix2pix_critic": (
        "ambiguous_pix2pix",
        {
            "1 critic step": {"steps": 224},
            "4 critic steps": {"steps": 896, "critic_steps": 4},
            "critic asleep": {"steps": 224, "critic_lr": 1e-5},
        },
    ),
    "pix2pix_stabilizers": (
        "ambiguous_pix2pix",
        {
            name: {"steps": 224, **change}
            for name, change in {
                "nothing changed": {},
                "no label smoothing": {"real_label": 1.0},
                "dropout 0.5": {"dropout": 0.5},
                "β₁ = 0.9": {"betas": (0.9, 0.999)},
                "β₁ = 0": {"betas": (0.0, 0.999)},
                "critic's rate ÷ 10": {"critic_lr": 1e-4},
                "critic without batch norm": {"critic_options": {**LAYERS, "norm": "none"}},
                "critic with ReLU": {"critic_options": {**LAYERS, "slope": 0.0}},
                "saturating loss": {"saturating": True},
            }.items()
        },
    ),
    "pix2pix_forms": (
        "ambiguous_pix2pix",
        {
            "pix2pix": {},
            "pix2pix_rgb": ("pix2pix_rgb", JUDGED),
            "pix2pix_ms_ssim": ("pix2pix_ms_ssim", JUDGED),
            "cgan": ("cgan", dict(SHORT, critic_width=0.375, critic_options=LAYERS, critic_lr=3e-4, steps=448)),
            "keras_gan": ("keras_gan", dict(SHORT, critic_width=0.5, lr=1e-3, epochs=16)),
        },
    ),
    "rates_pix2pix": (
        "ambiguous_pix2pix",
        {f"rates × {factor}": rates("ambiguous_pix2pix", factor) for factor in FACTORS},
    ),
    "rates_wgan_gp": (
        "ambiguous_wgan_gp",
        {f"rates × {factor}": rates("ambiguous_wgan_gp", factor) for factor in FACTORS[:-1]},
    ),
    # One epoch each: about a minute.
    "cifar10_losses": (
        "cifar10_l1",
        {"L1": {"width": 0.25, "steps": 694}, "pix2pix": ("pix2pix", dict(JUDGED, width=0.25, steps=694))},
    ),
}
PAINTED = 8  # held-out pictures whose colors a sweep keeps
FILMED = 4  # of them, whose colors a gallery keeps
# After these epochs.
GALLERIES = {"ambiguous_pix2pix": (1, 2, 3, 4, 5, 8, 16)}


class EpochPaintings:
    """An `on_epoch` for training.fit: `painted` has the ab of the same gray pictures after each of chosen epochs.

    With a `folder` the generators are kept there, so that a resumed training finds the earlier ones again. One that is
    finished no longer calls: then call `paintings(run)`.
    """

    def __init__(self, epochs: Iterable[int], gray: torch.Tensor, folder: str | Path | None = None):
        self.epochs, self.gray, self.painted = sorted(epochs), gray, {}
        self.folder = Path(folder) if folder else None
        if not self.epochs or self.epochs[0] < 1:
            raise ValueError(f"Epochs are counted from 1, and at least one must be chosen; these are {self.epochs}.")

    def __call__(self, run):
        now = run.history[-1]["epoch"]
        for epoch in self.epochs:
            kept = self.folder / f"epoch-{epoch}.safetensors" if self.folder else None
            if epoch == now:
                self.painted[epoch] = models.paint(run.generator, self.gray)
                if kept:
                    models.save(run.generator, kept, half=True, epochs=epoch)
            elif epoch < now and epoch not in self.painted and kept and kept.is_file():
                self.painted[epoch] = models.paint(models.load(kept), self.gray)


def varied(name: str, variant: str) -> tuple:
    """The plan of a sweep's variant: the data, what makes its recipe, and the settings."""
    base, variants = SWEEPS[name]
    source, make = BASES[base]
    changes = variants[variant]
    if isinstance(changes, tuple):
        recipe, settings = changes
        if recipe in RUNS:
            return *RUNS[recipe], training.laptop(recipe) | settings
        return source, partial(training.build, recipe), settings
    return source, make, training.laptop(base) | changes


def train(name: str, plan: tuple, seed: int) -> tuple[training.Run, metrics.Table, data.DataSet]:
    """One run, from its checkpoint if it has one, and its measures on held-out pictures."""
    source, make, settings = plan
    fresh = partial(drawn_anew, world=source) if settings.get("fresh") else None
    pictures = data.load(source, 32, PICTURES if source in scenes.WORLDS else None, seed)
    out = folder_of(name, seed)
    run = training.fit(
        make(seed=seed, **{key: value for key, value in settings.items() if key != "fresh"}),
        pictures.train,
        validate=watched(pictures),
        on_epoch=gallery(name, source, pictures, out) if name in GALLERIES else None,
        out=out,
        resume=True,
        change_pictures=fresh,
    )
    if run.stopped:
        sys.exit(f"{name}, seed {seed}: {run.stopped}")
    return run, metrics.evaluate({name: run.generator}, pictures, n=HELD_OUT), pictures


def drawn_anew(batch: torch.Tensor, dice: torch.Generator, world: str) -> torch.Tensor:
    """New pictures of a world in place of a batch: what no network can learn by heart."""
    seed = int(torch.randint(2**31, (), generator=dice))
    return scenes.draw(len(batch), batch.shape[-1], seed, world).pictures


def watched(pictures: data.DataSet):
    """After each epoch all measures on held-out pictures; of a world, some on training pictures as well: `seen_…`."""
    held_out = metrics.validator(pictures, metrics.MEASURES)
    if pictures.train_scenes is None:
        return held_out
    seen = metrics.validator(pictures.train_scenes, SEEN)
    return lambda generator: held_out(generator) | {f"seen_{k}": value for k, value in seen(generator).items()}


def folder_of(name: str, seed: int) -> Path:
    """Where a run keeps its checkpoints."""
    return ROOT / "runs" / "weights" / f"{name}-seed{seed}"


def some(source: str, pictures: data.DataSet) -> torch.Tensor:
    """Held-out pictures to show."""
    return pictures.valid[:PAINTED] if source in scenes.WORLDS else data.spread(pictures.valid, PAINTED)


def gallery(name: str, source: str, pictures: data.DataSet, out: Path) -> EpochPaintings:
    """What the run paints of them after the chosen epochs, kept in its folder."""
    gray, _ = color.to_gray_ab(some(source, pictures)[:FILMED])
    return EpochPaintings(GALLERIES[name], gray, out / "gallery")


def ship_gallery(name: str, run: training.Run, pictures: data.DataSet, folder: Path) -> dict:
    """The pictures of a gallery; gives the measures of held-out ones at each stop."""
    source, out = RUNS[name][0], folder_of(name, run.recipe.settings.seed)
    then = {f"epoch {epoch}": models.load(out / "gallery" / f"epoch-{epoch}.safetensors") for epoch in GALLERIES[name]}
    gray, truth = color.to_gray_ab(some(source, pictures)[:FILMED])
    paintings = {stop: models.paint(generator, gray) for stop, generator in then.items()}
    paintings |= {"truth": truth, "gray": gray}
    files.write(folder / "galleries" / f"{name}.safetensors", models.pack(paintings))
    table = metrics.evaluate(then, pictures, n=HELD_OUT)
    return {stop: rounded(table[stop]) for stop in then}


def described(source: str) -> str:
    """The data in the words of a card."""
    if source in scenes.WORLDS:
        return f"world {source}: {PICTURES} pictures, a tenth of them held out"
    return f"{source}: naturally gray pictures left out, every tenth in the order of hue held out"


def hardware() -> str:
    """The machine in words that name nobody's machine."""
    if torch.cuda.is_available():
        return f"1 GPU ({torch.cuda.get_device_name()})"
    cores = torch.get_num_threads()
    return f"{cores} CPU core{'s'[: cores - 1]} ({platform.machine()}, {training.best_precision()})"


def ship(name: str, folder: Path) -> None:
    """Train with each seed; write the first one's weights and history, and the card."""
    seeds = SEEDS[:1] if name in ONE_SEED else SEEDS
    done = [train(name, (*RUNS[name], training.laptop(name)), seed) for seed in seeds]
    run, table, _ = done[0]
    recipe, epochs = run.recipe, run.history[-1]["epoch"]
    path = models.save(
        recipe.generator,
        folder / f"{name}.safetensors",
        half=True,
        **{"recipe": recipe.settings.recipe, "seed": recipe.settings.seed, "epochs": epochs},
    )
    card = {
        "name": name,
        "data": described(RUNS[name][0]),
        "measured_on": table.pictures,
        **{key: value for key, value in recipe.facts().items() if key != "seed"},
        "parameters": models.count_parameters(recipe.generator),
        "epochs": epochs,
        "hardware": hardware(),
        "seconds": [round(run.seconds, 1) for run, *_ in done],
        "seeds": list(seeds),
        "held_out": held_out(done),
        **({"critic_on": [asked(run, pictures) for run, _, pictures in done]} if "critic" in recipe.networks else {}),
        "note": "Weights and history are those of the first seed, held_out has a figure for each.",
        "history": [rounded(row) for row in run.history],
    }
    if name in GALLERIES:
        card["gallery"] = ship_gallery(name, *done[0][::2], folder)
    write(path.with_suffix(".json"), card)
    print(f"{name}: {path.stat().st_size / 1e6:.2f} MB, {card['seconds']} s\n{table}\n")


def ship_sweep(name: str, folder: Path) -> None:
    """Train each variant with each seed; write their measures, and what the first seed painted."""
    base, variants = SWEEPS[name]
    source, make = BASES[base]
    seeds = SEEDS[:1] if name in ONE_SEED else SEEDS
    card = {"name": name, "data": described(source), "base": base, "hardware": hardware(), "seeds": list(seeds)}
    card |= {"note": "Histories and paintings are those of the first seed.", "variants": {}}
    paintings = {}
    for variant, changes in variants.items():
        plan = varied(name, variant)
        run_name = base if plan[1:] == (make, training.laptop(base)) else f"{name}-{variant}"
        done = [train(run_name, plan, seed) for seed in seeds]
        run, table, pictures = done[0]
        gray, truth = color.to_gray_ab(some(source, pictures))
        paintings |= {variant: models.paint(run.generator, gray), "truth": truth, "gray": gray}
        card["variants"][variant] = {
            "changes": changes,
            "seconds": [round(run.seconds, 1) for run, *_ in done],
            "held_out": {variant if row == run_name else row: seeds for row, seeds in held_out(done).items()},
            **({"seen": seen(done)} if pictures.train_scenes else {}),
            "history": [rounded(row) for row in run.history],
        }
        card["measured_on"] = table.pictures
        print(f"{name}, {variant}: {card['variants'][variant]['seconds']} s\n{table}\n", flush=True)
    files.write(folder / "sweeps" / f"{name}.safetensors", models.pack(paintings))
    write(folder / "sweeps" / f"{name}.json", card)


@torch.no_grad()
def asked(run: training.Run, pictures: data.DataSet) -> dict:
    """The critic's mean logit for true colors, with their own gray and with that of another picture."""
    run.recipe.networks["critic"].eval()
    device = next(run.generator.parameters()).device
    gray, ab = (part.to(device) for part in color.to_gray_ab(pictures.valid[:HELD_OUT]))
    shown = {"own gray": gray, "another gray": gray.roll(1, dims=0)}
    return rounded({name: run.recipe.judge(gray, ab).mean().item() for name, gray in shown.items()})


def held_out(done: list) -> dict:
    """The measures of all seeds, by row of their tables."""
    tables = [table for _, table, _ in done]
    return {row: [rounded(table.seeds[row][0]) for table in tables] for row in tables[0].seeds}


def seen(done: list) -> list[dict]:
    """A few measures on some of the training pictures, for each seed."""
    measured = (metrics.evaluate({"run": run.generator}, of.train_scenes, names=SEEN) for run, _, of in done)
    return [rounded(table["run"]) for table in measured]


def write(path: Path, card: dict) -> None:
    """A card as JSON, beside and renamed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    files.write(path, (json.dumps(card, indent=1, ensure_ascii=False, default=str) + "\n").encode())


def rounded(row: dict) -> dict:
    """Numbers as a reader wants them; an endless PSNR has no place in JSON."""
    finite = {key: value for key, value in row.items() if abs(value) != float("inf")}
    return {key: float(f"{value:.5g}") for key, value in finite.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--list", action="store_true", help="say what there is")
    parser.add_argument("--only", choices=[*RUNS, *SWEEPS], metavar="NAME", help="train just this one")
    parser.add_argument("--out", type=Path, default=models.WEIGHTS, help="another folder")
    options = parser.parse_args()
    if options.list:
        for name, (base, variants) in SWEEPS.items():
            made = "made" if (options.out / "sweeps" / f"{name}.json").exists() else "to do"
            print(f"{name:20} {made:6} {base} · {', '.join(variants)}")
        for name, (source, _) in RUNS.items():
            made = "made" if (options.out / f"{name}.json").exists() else "to do"
            print(f"{name:20} {made:6} {source} · {training.laptop(name)}")
        return
    for name in [options.only] if options.only else [*RUNS, *SWEEPS]:
        (ship if name in RUNS else ship_sweep)(name, options.out)


if __name__ == "__main__":
    main()
