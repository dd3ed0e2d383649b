"""Train the encoder of lesson 05, a classifier of CIFAR-10's pictures in gray; write its weights and its card.

    python tools/train_encoder.py
    python tools/train_encoder.py --pictures FOLDER --size 64 --name photo_encoder
    python tools/train_encoder.py --color --width 0.5 --epochs 12 --name color_classifier

The second line takes photographs, FOLDER/train/CLASS/…, as in Tiny ImageNet. The third sees colors, for lesson 06. A
stopped call goes on after the last whole epoch: its checkpoint lies in runs/weights, in a folder of the encoder's name.
"""

import argparse
import os
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch.nn import functional
from train_weights import ROOT, hardware, rounded, write

from colorlib import color, data, models, training
from colorlib.data import augment, download, pictures
from colorlib.training import Recipe, Stopped, one_cycle, seeded
from colorlib.training.folder import Folder

SHIFT = 1 / 8  # of a side, at most
LEFT_OUT = "naturally gray pictures left out, every tenth in the order of hue held out"

Labeled = tuple[torch.Tensor, torch.Tensor]  # pictures as the network sees them, the numbers of their classes


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What the training is told; `steps` comes from the number of pictures."""

    recipe: str = "classifier"
    batch_size: int = 128
    lr: float = 3e-3
    steps: int | None = None
    seed: int = 0
    epochs: int = 16
    width: float = 1.0
    weight_decay: float = 0.05
    label_smoothing: float = 0.1


class Classifier(Recipe):
    """The encoder and its cross-entropy. What `step` takes in the place of ab are the classes."""

    def __init__(self, seen: torch.Tensor, classes: int, settings: Settings):
        size, shape = seen.shape[-1], {"classes": classes, "inputs": seen.shape[1]}
        encoder = seeded(settings.seed, models.build, "encoder", size, settings.width, **shape)
        optimizer = torch.optim.AdamW(encoder.parameters(), settings.lr, weight_decay=settings.weight_decay)
        cycle = one_cycle(optimizer, settings.steps)
        super().__init__(settings, {"generator": encoder}, {"generator": optimizer}, {"generator": cycle})

    def step(self, seen, classes):
        logits = self.forward(self.generator, seen)
        loss = functional.cross_entropy(logits, classes, label_smoothing=self.settings.label_smoothing)
        right = (logits.argmax(dim=1) == classes).float().mean()
        return {"cross_entropy": loss, "accuracy": right, "gradient": self.descend("generator", loss)}

    @torch.no_grad()
    def accuracy(self, labeled: Labeled) -> float:
        """The share of pictures whose class the encoder names."""
        device, right = self.accelerator.device, 0
        self.generator.eval()
        for seen, classes in zip(*(part.split(500) for part in labeled), strict=True):
            right += int((self.forward(self.generator, seen.to(device)).argmax(dim=1).cpu() == classes).sum())
        self.generator.train()
        return right / len(labeled[0])


def labeled(folder: Path, size: int) -> tuple[torch.Tensor, torch.Tensor]:
    """The pictures of a folder of classes, and the numbers of their classes."""
    squares, paths = pictures.cache(pictures.listing(folder), size)
    names = [Path(path).relative_to(os.path.abspath(folder)).parts[0] for path in paths]
    classes = sorted(set(names))
    return squares, torch.tensor([classes.index(name) for name in names])


def seen_at(squares: torch.Tensor, classes: torch.Tensor, places: torch.Tensor, in_color: bool) -> Labeled:
    """What the encoder sees of the pictures at these places, a thousand at a time."""
    chunks = (squares[some] for some in places.split(1000))
    seen = [chunk / 127.5 - 1 if in_color else color.to_gray_ab(chunk)[0] for chunk in chunks]
    return torch.cat(seen), classes[places]


def parts(source: Path | None, size: int, in_color: bool = False) -> dict[str, Labeled]:
    """`train`, `valid` (as in data.load) and `test`, which is CIFAR-10's own; other folders are tested on `valid`."""
    root = source or download.CIFAR10.get()
    squares, classes = labeled(root / "train", size)
    colored = torch.nonzero(~data.is_gray(squares))[:, 0]
    split = data.hue_sorted_split(data.mean_hue(squares)[colored])
    train, valid = (seen_at(squares, classes, colored[part], in_color) for part in split)
    if source:
        return {"train": train, "valid": valid, "test": valid}
    squares, classes = labeled(root / "test", size)
    return {"train": train, "valid": valid, "test": seen_at(squares, classes, torch.arange(len(classes)), in_color)}


def shifted(seen: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """Each picture moved by up to SHIFT of its side; what comes in at its edges mirrors what is there."""
    size = seen.shape[-1]
    most = round(SHIFT * size)
    padded = functional.pad(seen, [most] * 4, mode="reflect")
    windows = padded.unfold(2, size, 1).unfold(3, size, 1)  # every place of the window, without a copy
    down, right = torch.randint(2 * most + 1, (2, len(seen)), generator=generator)
    return windows[torch.arange(len(seen)), :, down, right]


def batches(labeled: Labeled, batch_size: int, generator: torch.Generator):
    """An epoch, mirrored and moved at random; the pictures left over wait for another order."""
    seen, classes = labeled
    for rows in torch.randperm(len(seen), generator=generator).split(batch_size):
        if len(rows) == batch_size:
            yield shifted(augment.flip(seen[rows], generator), generator), classes[rows]


def train(learn: Labeled, held_out: Labeled, out: Path, settings: Settings) -> training.Run:
    """All epochs, or those that the checkpoint in `out` has not seen; each has its own random numbers."""
    epochs, batch_size = settings.epochs, settings.batch_size
    steps = epochs * (len(learn[0]) // batch_size)
    recipe = Classifier(learn[0], int(learn[1].max()) + 1, replace(settings, steps=steps))
    recipe.move_to(training.start_accelerator())
    run = training.Run(recipe, steps)
    folder = Folder(out, recipe.facts() | {"epochs": epochs, "pictures": len(learn[0])}, writes=True)
    folder.restore(run)
    for epoch in range(len(run.history), epochs):
        before, started = run.seconds, time.monotonic()
        for part in batches(learn, batch_size, torch.Generator().manual_seed(1000 * settings.seed + epoch)):
            run.add(recipe.step(*(tensor.to(recipe.accelerator.device) for tensor in part)))
        row = {"epoch": epoch + 1, "step": run.step} | run.means() | {"valid_accuracy": recipe.accuracy(held_out)}
        run.seconds = before + time.monotonic() - started
        run.history.append(row | {"seconds": round(run.seconds, 2)})
        run.sums = {}
        folder.save(run)
        print(run, flush=True)
    return run


def ship(run: training.Run, test: Labeled, path: Path, source: Path | None = None) -> Path:
    """The weights, halved, and their card; its accuracy on the test part is that of the halved ones."""
    recipe, encoder = run.recipe, run.recipe.generator
    facts = {"seed": recipe.settings.seed, "epochs": recipe.settings.epochs}
    models.save(encoder, path, half=True, **facts)
    encoder.load_state_dict(models.load_encoder(path).state_dict())
    guess = test[1].bincount().max().item() / len(test[1])
    card = {
        "name": path.stem,
        "data": f"{source.name if source else 'cifar10'} in {'gray' if encoder.inputs == 1 else 'color'}: {LEFT_OUT}",
        "measured_on": f"{len(test[0])} pictures of the {'held-out' if source else 'test'} part",
        **{key: value for key, value in recipe.facts().items() if key != "seed"},
        **{key: value for key, value in encoder.settings.items() if key != "options"},
        "parameters": models.count_parameters(encoder),
        "epochs": recipe.settings.epochs,
        "hardware": hardware(),
        "seconds": [round(run.seconds, 1)],
        "seeds": [recipe.settings.seed],
        "held_out": {"guess": [{"accuracy": guess}], path.stem: [{"accuracy": recipe.accuracy(test)}]},
        "history": [rounded(row) for row in run.history],
    }
    write(path.with_suffix(".json"), card)
    return path


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pictures", type=Path, metavar="FOLDER", help="of classes, in place of CIFAR-10")
    parser.add_argument("--size", type=int, default=32, help="pixels a side (default: 32)")
    parser.add_argument("--color", action="store_true", help="show it the pictures in color")
    parser.add_argument("--width", type=float, default=1.0, help="of the network (default: 1)")
    parser.add_argument("--name", default="encoder", help="of the weights (default: encoder)")
    parser.add_argument("--epochs", type=int, default=Settings.epochs, help=f"default: {Settings.epochs}")
    parser.add_argument("--out", type=Path, default=models.WEIGHTS / "encoders", help="another folder")
    given = parser.parse_args()
    try:
        learn = parts(given.pictures, given.size, given.color)
        settings = Settings(epochs=given.epochs, width=given.width)
        run = train(learn["train"], learn["valid"], ROOT / "runs" / "weights" / given.name, settings)
    except (Stopped, OSError, ValueError) as error:
        sys.exit(str(error))
    path = ship(run, learn["test"], given.out / f"{given.name}.safetensors", given.pictures)
    accuracy = run.history[-1]["valid_accuracy"]
    print(f"{path.name}: {path.stat().st_size / 1e6:.2f} MB, {run.seconds:.0f} s, {accuracy:.1%} of the held-out named")


if __name__ == "__main__":
    main()
