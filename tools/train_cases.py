"""Train the published experiments that lesson 06 shows as small cases; write their measures and paintings.

    python tools/train_cases.py --list
    python tools/train_cases.py --only case_fusion

Each of CASES is a sweep as in tools/train_weights.py, on CIFAR-10: of each variant the measures of all seeds on the
same pictures, the first seed's history, and what it painted. A stopped call goes on where it was: checkpoints lie in
runs/weights. The last case, grays that never had color, trains nothing: it asks the networks that
`python -m colorlib compare --data cifar10` left.
"""

import argparse
import json
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import torch
from train_weights import PAINTED, EpochPaintings, folder_of, hardware, rounded, write

from colorlib import color, compare, data, files, metrics, models, nogan, training
from colorlib.data import augment, download, pictures

N, EPOCHS, SEEDS = 4096, 8, (0, 1, 2)  # pictures in all, and epochs of a training
MEASURED = ("ab_error", "psnr", "ssim", "ciede2000", "colorfulness", "accuracy_2", "accuracy_5")
SHORT, JUDGED = training.laptop("train"), training.laptop("train_with_critic")
WGAN_GP = training.laptop("train_wgan_gp")
STOPS = (1, 10, 25, 50)  # epochs after which WGAN-GP is looked at
DATA = f"cifar10: {N} pictures, naturally gray ones left out, every tenth in the order of hue held out"


class Clipped(training.Wasserstein):
    """WGAN as first published: no penalty, the critic's weights are clipped after each of its steps."""

    def critic_step(self, seen, truth, fake):
        terms = super().critic_step(seen, truth, fake)
        with torch.no_grad():
            for weight in self.networks["critic"].parameters():
                weight.clamp_(-0.01, 0.01)
        return terms


def recipe(name: str, epochs: int = EPOCHS, **changes) -> Callable:
    """What makes a recipe for so many pictures and this seed, with the small settings."""
    kind = WGAN_GP if name == "wgan_gp" else JUDGED if name in training.ADVERSARIAL else SHORT

    def make(n: int, seed: int):
        settings = kind | {"steps": epochs * (n // kind["batch_size"])} | changes
        if name == "clipped":
            published = training.RECIPES["wgan_gp"][1]
            settings = published | WGAN_GP | {"steps": settings["steps"], "lam_gp": 0.0}
            return Clipped(recipe="wgan_clipped", seed=seed, **settings)
        if name == "fusion_l2":
            return training.Supervised(network="fusion", loss="mse", seed=seed, **settings)
        return training.build(name, seed=seed, **settings)

    return make


# Name: in each variant what makes its recipe, and what is changed in the pictures or in the choice of them.
CASES = {
    "case_fusion": {
        "fusion, MS-SSIM": (recipe("fusion"), {}),
        "fusion, L2": (recipe("fusion_l2"), {}),
        "fusion_pretrained, L2": (recipe("fusion_pretrained"), {}),
    },
    "case_changes": {
        "unchanged": (recipe("unet_l1"), {}),
        "histogram stretches": (recipe("unet_l1"), {"change_gray": augment.random_stretch}),
        "color jitter": (recipe("unet_l1"), {"change_pictures": augment.jitter}),
    },
    "case_residual": {
        "wgan_gp": (recipe("wgan_gp", 2 * EPOCHS), {}),
        "with residual blocks": (recipe("wgan_gp", 2 * EPOCHS, resnet=True), {}),
    },
    "case_epochs": {
        "gradient penalty": (recipe("wgan_gp", STOPS[-1]), {"stops": STOPS}),
        "weights clipped": (recipe("clipped", STOPS[-1]), {"stops": STOPS}),
    },
    "case_landscapes": {
        "trained on deer": (recipe("keras_gan", 2 * EPOCHS), {"classes": ("deer",)}),
        "trained on ships": (recipe("keras_gan", 2 * EPOCHS), {"classes": ("ship",)}),
    },
    "case_split": {
        f"{name}, {split}": (recipe(name) if name != "nogan" else None, {"split": split})
        for split in ("by hue", "at random")
        for name in ("unet_l1", "pix2pix", "nogan")
    },
}
FEWER = {"case_epochs": 1, "case_landscapes": 1, "case_residual": 1, "case_split": 1}  # seeds


def load(changes: dict, seed: int) -> data.DataSet:
    """CIFAR-10's pictures: of all classes or of some, split by hue or at random."""
    if classes := changes.get("classes"):
        folder = download.CIFAR10.get() / "train" / classes[0]
        return data.load(str(folder), 32, N, seed)
    whole = data.load("cifar10", 32, N, seed)
    if changes.get("split") != "at random":
        return whole
    both = torch.cat((whole.train, whole.valid))
    order = torch.randperm(len(both), generator=torch.Generator().manual_seed(seed))
    return replace(whole, train=both[order[len(whole.valid) :]], valid=both[order[: len(whole.valid)]])


def place(name: str, variant: str, seed: int) -> Path:
    """Where a run keeps its checkpoints."""
    return folder_of(f"{name}-{variant}".replace(" ", "_").replace(",", ""), seed)


def train(name: str, variant: str, seed: int):
    """One run from its checkpoint if it has one, and the pictures it belongs to."""
    make, changes = CASES[name][variant]
    found, out = load(changes, seed), place(name, variant, seed)
    if make is None:
        settings = nogan.PUBLISHED | training.laptop("train_nogan")
        return nogan.fit(found, settings, seed, out, resume=True), found
    gray, _ = color.to_gray_ab(shown())
    stops = EpochPaintings(changes["stops"], gray, out / "stops") if "stops" in changes else None
    options = {key: changes[key] for key in ("change_gray", "change_pictures") if key in changes}
    check = metrics.validator(found, ("ab_error", "colorfulness"))
    run = training.fit(
        make(len(found.train), seed), found.train, validate=check, on_epoch=stops, out=out, resume=True, **options
    )
    return run, found


def shown() -> torch.Tensor:
    """The few test pictures whose colors are kept: one of each class but two."""
    of, _ = compare.held_out("cifar10", 32)
    return of[:: compare.OF_A_CLASS][:PAINTED]


def test_pictures(name: str) -> torch.Tensor:
    """What all variants of a case are measured on; landscapes are shown ships."""
    if name == "case_landscapes":
        return pictures.cache(pictures.listing(download.CIFAR10.get() / "test" / "ship"), 32)[0]
    return compare.held_out("cifar10", 32)[0]


def ship(name: str, folder: Path) -> None:
    """Train every variant with each seed; write what a Sweep reads."""
    seeds = SEEDS[: FEWER.get(name)]
    card = {"name": name, "data": DATA, "hardware": hardware(), "seeds": list(seeds)}
    card |= {"note": "Histories and paintings are those of the first seed.", "variants": {}}
    of = test_pictures(name)
    gray, truth = color.to_gray_ab(of[:PAINTED] if name == "case_landscapes" else shown())
    paintings = {"gray": gray, "truth": truth}
    for variant, (_, changes) in CASES[name].items():
        done = [train(name, variant, seed) for seed in seeds]
        # By its own held-out pictures where the question is what a split does to the scores.
        own = "split" in changes
        tables = [
            metrics.evaluate({variant: run.generator}, found if own else of, n=1000, names=MEASURED)
            for run, found in done
        ]
        facts = {
            "seconds": [round(run.seconds, 1) for run, _ in done],
            "held_out": {row: [rounded(table.seeds[row][0]) for table in tables] for row in tables[0].seeds},
            "history": [rounded({k: v for k, v in row.items() if v is not None}) for row in done[0][0].history],
        }
        for stop in changes.get("stops", ()):
            kept = models.load(place(name, variant, 0) / "stops" / f"epoch-{stop}.safetensors")
            paintings[f"{variant}, epoch {stop}"] = models.paint(kept, gray)
            facts.setdefault("stops", {})[stop] = rounded(metrics.evaluate({"": kept}, of, n=1000, names=MEASURED)[""])
        paintings[variant] = models.paint(done[0][0].generator, gray)
        card["variants"][variant] = facts
        card["measured_on"] = tables[0].pictures
        print(f"{name}, {variant}: {facts['seconds']} s\n{tables[0]}\n", flush=True)
    if name == "case_split":
        card["random_splits"] = spread_of_splits()
    files.write(folder / "sweeps" / f"{name}.safetensors", models.pack(paintings))
    write(folder / "sweeps" / f"{name}.json", card)


def spread_of_splits(times: int = 100) -> dict[str, list[float]]:
    """What plain gray errs on the held-out part: split at random so many times, and by hue with as many choices."""
    errors = {"at random": [], "by hue": []}
    whole = data.load("cifar10", 32, N, 0)
    both = torch.cat((whole.train, whole.valid))
    _, truth = color.to_gray_ab(both)
    wrong, hues = (truth * color.AB_SCALE).norm(dim=1).mean(dim=(1, 2)), data.mean_hue(both)
    order = torch.argsort(hues, stable=True)
    for seed in range(times):
        chosen = torch.randperm(len(both), generator=torch.Generator().manual_seed(seed))[: len(whole.valid)]
        errors["at random"].append(round(wrong[chosen].mean().item(), 3))
        if seed < 10:  # there are ten ways to take every tenth
            errors["by hue"].append(round(wrong[order[seed::10]].mean().item(), 3))
    return errors


def ship_never_colored(folder: Path, trained: Path) -> None:
    """Naturally gray pictures, colored by the networks that compare left; how colorful each makes them."""
    grays = data.load("cifar10", 32).naturally_gray
    some, (gray, _) = data.spread(grays, PAINTED), color.to_gray_ab(grays)
    paintings = {"gray": color.to_gray_ab(some)[0]}
    card = {"name": "never_colored", "pictures": len(grays), "systems": {}}
    for recipe_name in compare.RECIPES:
        network = models.load(trained / f"{recipe_name}-seed0")
        painted = models.paint(network, gray)
        card["systems"][recipe_name] = round(float(metrics.colorfulness(color.from_gray_ab(gray, painted))), 2)
        paintings[recipe_name] = models.paint(network, paintings["gray"])
    files.write(folder / "compared" / "never_colored.safetensors", models.pack(paintings))
    write(folder / "compared" / "never_colored.json", card)
    print(json.dumps(card["systems"]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--list", action="store_true", help="say what there is")
    parser.add_argument("--only", choices=[*CASES, "never_colored"], metavar="NAME", help="train just this one")
    parser.add_argument("--out", type=Path, default=models.WEIGHTS, help="another folder")
    parser.add_argument("--trained", type=Path, default=Path("runs/compare/cifar10-laptop"), help="what compare left")
    options = parser.parse_args()
    works = {name: partial(ship, name, options.out) for name in CASES}
    works["never_colored"] = partial(ship_never_colored, options.out, options.trained)
    for name, work in works.items():
        if options.list:
            made = "made" if list(options.out.glob(f"*/{name}.json")) else "to do"
            print(f"{name:18} {made:6} {', '.join(CASES.get(name, ()))}")
        elif options.only in (None, name):
            work()


if __name__ == "__main__":
    main()
