"""Train the networks of photographs, one for each way of the course: alike in pictures, and but for flow in network.

    python tools/train_photos.py photo_l1 --small FOLDER --large FOLDER
    python tools/train_photos.py photo_l1 --small FOLDER --large FOLDER --ship

`--small` is a folder of some ten thousand small color pictures (those of Tiny ImageNet), `--large` one of photographs
of 256 pixels or more a side, of which every fourth is kept aside to measure on. A stopped call goes on after its last
checkpoint, in runs/photos. `--ship` writes weights and card of what has been trained into colorlib/weights.
"""

import argparse
import json
import sys
from functools import partial
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch.nn import functional
from train_weights import hardware, rounded, write

from colorlib import color, data, metrics, models, profile, training
from colorlib.data import pictures

STORED = 96  # pixels a side of the squares to train on
SIDES = (64, 64, 96)  # a batch is shown at one of these, so that the scale matters less
LEAST = 2 / 3  # of a square: what a random crop keeps
CROPS = 10  # squares of each large photograph
KEPT_ASIDE = 4  # every fourth large photograph
MEASURED_AT = (64, 96, 128, 192)
NAMES = ("ab_error", "ciede2000", "colorfulness", "spill")
ASIDE = (*NAMES, "psnr", "ssim")
SHARED = dict(size=64, batch_size=64, seed=0)
NETWORK = SHARED | dict(network="pix2pix", width=0.375, levels=5, dropout=0.0)
CRITIC = NETWORK | dict(lr=5e-4, critic_lr=5e-4, critic_width=0.5, lam=100.0)
FLOW = SHARED | dict(network="flow_unet", width=0.6875, levels=4, fold=4, scale=4.0, lr=2e-3, average=0.005, blind=0.1)
WGAN_GP = CRITIC | dict(critic_steps=2, betas=(0.0, 0.9))
SAMPLES, CHOSEN_FROM = 24, 6  # of a network that draws them: for their mean, and for the best of some
# Name: the kind of recipe, its epochs, and its settings.
TRAININGS = {
    "photo_l1": (training.Supervised, 12, NETWORK | dict(loss="l1", lr=2e-3)),
    "photo_classify": (training.Classify, 8, NETWORK | dict(coarse=4, lr=2e-3)),
    "photo_pix2pix": (partial(training.Adversarial, recipe="pix2pix"), 5, CRITIC | dict(real_label=0.9)),
    "photo_wgan_gp": (partial(training.Wasserstein, recipe="wgan_gp"), 5, WGAN_GP),
    "photo_flow": (partial(training.Flow, recipe="flow"), 18, FLOW),
}
# Those with a critic begin with a network that knows what is where. From scratch and with λ = 40, pix2pix was as
# colorful as the truth after 7 epochs, at an ab error of 1.27 times that of gray.
BEGIN_WITH = {"photo_pix2pix": "photo_l1", "photo_wgan_gp": "photo_l1"}
# What ships is this much of the trained weights, and the rest of the network that it began with: unmixed, photo_wgan_gp
# is 81 % as colorful as the truth at 1.16 times gray's ab error, mixed 73 % at 1.11.
MIXED = {"photo_wgan_gp": 0.95}
# Samples start from this much of the noise: from all of it, photo_flow's best of six errs 14.9 (L1 14.5), the mean of
# 24 samples 1.11 times as much as L1, and one sample is 85 % as colorful as the truth.
NOISE = {"photo_flow": 0.95}


def to_train_on(small: Path, large: Path) -> torch.Tensor:
    """Squares of STORED pixels: the small ones in color but for every tenth, and crops of the large photographs."""
    kept = profile.home() / "cache" / "photographs.npy"
    if not kept.exists():
        trained_on = [path for place, path in enumerate(pictures.listing(large)) if place % KEPT_ASIDE]
        np.save(kept, np.concatenate([crops_of(path) for path in trained_on]))
    return torch.cat((data.load(small, STORED).train, torch.from_numpy(np.load(kept))))


def crops_of(path: str) -> np.ndarray:
    """Random squares of a photograph, from STORED pixels to its whole short side, N×3×S×S; none of a gray one."""
    photo = pictures.read(path)
    if data.is_gray(np.moveaxis(photo, -1, 0)[None])[0]:
        return np.empty((0, 3, STORED, STORED), dtype=np.uint8)
    image, dice = Image.fromarray(photo), np.random.default_rng(len(path))
    squares = []
    for _ in range(CROPS):
        side = dice.integers(min(STORED, *image.size), min(image.size) + 1)
        x, y = (dice.integers(length - side + 1) for length in image.size)
        square = image.resize((STORED, STORED), Image.Resampling.BICUBIC, (x, y, x + side, y + side))
        squares.append(np.moveaxis(np.asarray(square), -1, 0))
    return np.stack(squares)


def zoom(batch: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """Random crops of a batch, all of one side, shown at one of SIDES."""
    draw = partial(torch.randint, generator=generator)
    crop = int(draw(round(LEAST * STORED), STORED + 1, (1,)))
    places = draw(STORED - crop + 1, (len(batch), 2)).tolist()
    crops = torch.stack([one[:, y : y + crop, x : x + crop] for one, (y, x) in zip(batch, places, strict=True)])
    return resized(crops, SIDES[int(draw(len(SIDES), (1,)))])


def resized(squares: torch.Tensor, side: int) -> torch.Tensor:
    """Squares of uint8 in another size, as floats 0…1."""
    small = functional.interpolate(squares.float() / 255, (side, side), mode="bicubic", antialias=True)
    return small.clamp(0, 1)


def kept_aside(large: Path, side: int) -> torch.Tensor:
    """The middle squares of the large photographs that nothing was trained on; those without color are left out."""
    squares = [pictures.square(path, side) for path in pictures.listing(large)[::KEPT_ASIDE]]
    squares = torch.from_numpy(np.stack(squares))
    return squares[~data.is_gray(squares)]


def train(name: str, small: Path, large: Path, out: Path, epochs: int | None) -> training.Run:
    """A training, from its checkpoint if there is one."""
    kind, planned, settings = TRAININGS[name]
    epochs, squares = epochs or planned, to_train_on(small, large)
    recipe = kind(steps=epochs * (len(squares) // SHARED["batch_size"]), **settings)
    if name in BEGIN_WITH:
        recipe.generator.load_state_dict(models.load(BEGIN_WITH[name]).network.state_dict())
    check = metrics.validator(kept_aside(large, SHARED["size"]), ("ab_error", "colorfulness"), n=200)
    options = dict(epochs=epochs, validate=check, change_pictures=zoom, out=out, resume=True)
    return training.fit(recipe, squares, **options)


def measured(name: str, generator: models.Colorizer, squares: torch.Tensor, names=NAMES) -> dict:
    """The card's rows: gray, the network, the truth."""
    table = metrics.evaluate({name: generator}, squares, n=len(squares), names=names)
    print(f"{name} at {squares.shape[-1]} pixels\n{table}\n", flush=True)
    return {row: [rounded(seed) for seed in seeds] for row, seeds in table.seeds.items()}


def of_samples(generator: models.Colorizer, squares: torch.Tensor, names=NAMES) -> dict:
    """More rows, for a network that draws samples: the best of some, the mean of many, and L1 beside them."""
    gray, truth = color.to_gray_ab(squares)
    samples = models.sample(generator, gray, SAMPLES)
    wrong = torch.stack([metrics.ab_distance(ab, truth).mean(dim=(1, 2)) for ab in samples[:CHOSEN_FROM]])
    rows = {f"best of {CHOSEN_FROM}": samples[wrong.argmin(dim=0), torch.arange(len(gray))]}
    rows |= {f"mean of {SAMPLES}": samples.mean(dim=0), "photo_l1": models.paint(models.load("photo_l1"), gray)}
    rows = {row: [rounded(metrics.measure(ab, truth, gray, names=names))] for row, ab in rows.items()}
    print(*(f"{row}: {seeds[0]}" for row, seeds in rows.items()), sep="\n", flush=True)
    return rows


def ship(name: str, large: Path, out: Path, folder: Path) -> None:
    """Weights in half precision and their card, measured anew on the photographs kept aside and on those that ship."""
    generator = models.load(out)
    if name in MIXED:
        begun = models.load(BEGIN_WITH[name]).network.state_dict()
        trained = generator.network.state_dict()
        mixed = {key: torch.lerp(begun[key].float(), trained[key].float(), MIXED[name]) for key in trained}
        generator.network.load_state_dict(mixed)
    if name in NOISE:
        generator.network.settings["options"]["noise"] = NOISE[name]  # measured below as it is loaded
    history = json.loads((out / "history.json").read_text(encoding="utf-8"))
    generator.network.settings["size"] = SHARED["size"]
    facts = {key: generator.metadata[key] for key in ("recipe", "seed", "epochs") if key in generator.metadata}
    path = models.save(generator, folder / f"{name}.safetensors", half=True, **facts)
    generator = models.load(path)  # measured as it ships
    at_side = {}
    for side in MEASURED_AT:
        aside = kept_aside(large, side)
        at_side[side] = measured(name, generator, aside, ASIDE)
        if side == SHARED["size"] and name == "photo_flow":
            truth = at_side[side].pop("truth")
            at_side[side] |= of_samples(generator, aside, ASIDE) | {"truth": truth}
    shipped = measured(name, generator, data.squares(SHARED["size"]))
    card = {
        "name": name,
        "data": f"small pictures in color of 200 classes, {CROPS} crops of each of 600 photographs, {STORED} pixels; "
        f"random crops and flips, shown at {sorted(set(SIDES))} pixels",
        "measured_on": len(aside),
        **generator.metadata,
        **({"begins_with": BEGIN_WITH[name]} if name in BEGIN_WITH else {}),
        **({"share_of_trained_weights": MIXED[name]} if name in MIXED else {}),
        "parameters": models.count_parameters(generator.network),
        "hardware": hardware(),
        "seconds": [history[-1]["seconds"]],
        "seeds": [SHARED["seed"]],
        "held_out": at_side[SHARED["size"]],
        "at_side": at_side,
        "shipped": shipped,
        "note": "held_out: the middle squares of photographs never trained on, at the side in pixels that it was "
        "trained for; at_side: at others. shipped: the photographs that come with scikit-image and scikit-learn.",
        "history": [rounded(row) for row in history],
    }
    write(path.with_suffix(".json"), card)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("name", choices=TRAININGS)
    parser.add_argument("--small", type=Path, required=True)
    parser.add_argument("--large", type=Path, required=True)
    parser.add_argument("--epochs", type=int, help="else as planned")
    parser.add_argument("--out", type=Path, help="else runs/photos/NAME")
    parser.add_argument("--ship", action="store_true", help="write weights and card of what has been trained")
    options = parser.parse_args()
    out = options.out or Path("runs/photos") / options.name
    if options.ship:
        ship(options.name, options.large, out, models.WEIGHTS)
        return 0
    run = train(options.name, options.small, options.large, out, options.epochs)
    print(run)
    return 1 if run.stopped else 0


if __name__ == "__main__":
    sys.exit(main())
