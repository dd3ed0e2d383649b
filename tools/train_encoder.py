"""Train the encoder of lesson 05, a classifier of CIFAR-10's pictures in gray; write its weights and its card.

    python tools/train_encoder.py

A stopped call goes on after the last whole epoch: its checkpoint lies in runs/weights/encoder.
"""

import argparse
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

SHIFT = 4  # pixels at most

Labeled = tuple[torch.Tensor, torch.Tensor]  # gray pictures, the numbers of their classes


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What the training is told; `steps` comes from the number of pictures."""

    recipe: str = "classifier"
    batch_size: int = 128
    lr: float = 3e-3
    steps: int | None = None
    seed: int = 0
    epochs: int = 16
    weight_decay: float = 0.05
    label_smoothing: float = 0.1


class Classifier(Recipe):
    """The encoder and its cross-entropy. What `step` takes in the place of ab are the classes."""

    def __init__(self, size: int, classes: int, settings: Settings):
        encoder = seeded(settings.seed, models.build, "encoder", size, classes=classes)
        optimizer = torch.optim.AdamW(encoder.parameters(), settings.lr, weight_decay=settings.weight_decay)
        cycle = one_cycle(optimizer, settings.steps)
        super().__init__(settings, {"generator": encoder}, {"generator": optimizer}, {"generator": cycle})

    def step(self, gray, classes):
        logits = self.forward(self.generator, gray)
        loss = functional.cross_entropy(logits, classes, label_smoothing=self.settings.label_smoothing)
        right = (logits.argmax(dim=1) == classes).float().mean()
        return {"cross_entropy": loss, "accuracy": right, "gradient": self.descend("generator", loss)}

    @torch.no_grad()
    def accuracy(self, pictures: Labeled) -> float:
        """The share of pictures whose class the encoder names."""
        device, right = self.accelerator.device, 0
        self.generator.eval()
        for gray, classes in zip(*(part.split(500) for part in pictures), strict=True):
            right += int((self.forward(self.generator, gray.to(device)).argmax(dim=1).cpu() == classes).sum())
        self.generator.train()
        return right / len(pictures[0])


def labeled_cifar10() -> dict[str, Labeled]:
    """CIFAR-10's parts `train`, `valid` (as in data.load) and `test`: pictures, and the numbers of their classes."""
    parts = {}
    for folder in download.CIFAR10.parts:
        decoded = pictures.cache(download.CIFAR10.get() / folder, 32)
        classes = torch.tensor([download.CIFAR10.classes.index(Path(path).parent.name) for path in decoded.paths])
        places = {"test": torch.arange(len(classes))}
        if folder == "train":
            colored = torch.nonzero(~data.is_gray(decoded.pictures))[:, 0]
            split = data.hue_sorted_split(data.mean_hue(decoded.pictures)[colored])
            places = dict(zip(("train", "valid"), (colored[part] for part in split), strict=True))
        parts |= {part: (torch.from_numpy(decoded.take(at)), classes[at]) for part, at in places.items()}
    return parts


def in_gray(pictures: torch.Tensor, classes: torch.Tensor) -> Labeled:
    """What the encoder sees of them, a thousand at a time."""
    return torch.cat([color.to_gray_ab(some)[0] for some in pictures.split(1000)]), classes


def shifted(gray: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """Each picture moved by up to SHIFT pixels; what comes in at its edges mirrors what is there."""
    height, width = gray.shape[-2:]
    padded = functional.pad(gray, [SHIFT] * 4, mode="reflect")
    windows = padded.unfold(2, height, 1).unfold(3, width, 1)  # every place of the window, without a copy
    down, right = torch.randint(2 * SHIFT + 1, (2, len(gray)), generator=generator)
    return windows[torch.arange(len(gray)), :, down, right]


def batches(pictures: Labeled, batch_size: int, generator: torch.Generator):
    """An epoch, mirrored and moved at random; the pictures left over wait for another order."""
    gray, classes = pictures
    for rows in torch.randperm(len(gray), generator=generator).split(batch_size):
        if len(rows) == batch_size:
            yield shifted(augment.flip(gray[rows], generator), generator), classes[rows]


def train(learn: Labeled, held_out: Labeled, out: Path, settings: Settings) -> training.Run:
    """All epochs, or those that the checkpoint in `out` has not seen; each has its own random numbers."""
    epochs, batch_size = settings.epochs, settings.batch_size
    steps = epochs * (len(learn[0]) // batch_size)
    recipe = Classifier(learn[0].shape[-1], int(learn[1].max()) + 1, replace(settings, steps=steps))
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


def ship(run: training.Run, test: Labeled, folder: Path) -> Path:
    """The weights, halved, and their card; its accuracy on the test part is that of the halved ones."""
    recipe, encoder = run.recipe, run.recipe.generator
    facts = {"seed": recipe.settings.seed, "epochs": recipe.settings.epochs}
    path = models.save(encoder, folder / "encoder.safetensors", half=True, **facts)
    encoder.load_state_dict(models.load_encoder(path).state_dict())
    guess = test[1].bincount().max().item() / len(test[1])
    card = {
        "name": "encoder",
        "data": "cifar10 in gray: naturally gray pictures left out, every tenth in the order of hue held out",
        "measured_on": f"{len(test[0])} pictures of the test part",
        **{key: value for key, value in recipe.facts().items() if key != "seed"},
        **{key: value for key, value in encoder.settings.items() if key != "options"},
        "parameters": models.count_parameters(encoder),
        "epochs": recipe.settings.epochs,
        "hardware": hardware(),
        "seconds": [round(run.seconds, 1)],
        "seeds": [recipe.settings.seed],
        "held_out": {"guess": [{"accuracy": guess}], "encoder": [{"accuracy": recipe.accuracy(test)}]},
        "history": [rounded(row) for row in run.history],
    }
    write(path.with_suffix(".json"), card)
    return path


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=models.WEIGHTS / "encoders", help="another folder")
    out = parser.parse_args().out
    try:
        parts = {name: in_gray(*part) for name, part in labeled_cifar10().items()}
        run = train(parts["train"], parts["valid"], ROOT / "runs" / "weights" / "encoder", Settings())
    except (Stopped, OSError, ValueError) as error:
        sys.exit(str(error))
    path = ship(run, parts["test"], out)
    accuracy = run.history[-1]["valid_accuracy"]
    print(f"{path.name}: {path.stat().st_size / 1e6:.2f} MB, {run.seconds:.0f} s, {accuracy:.1%} of the held-out named")


if __name__ == "__main__":
    main()
