"""What a generator paints as its training goes on. Lesson 04's gallery shows it."""

from collections.abc import Iterable
from pathlib import Path

import torch
from safetensors.torch import load_file, save

from colorlib import metrics, models

STEPS = 127  # between 0 and 1, in a file: finer than a Lab unit


class Snapshots:
    """An `on_epoch` for training.fit: `painted` has the ab of the same gray pictures after each of chosen epochs.

    With a `folder` the generators are kept there, so that a resumed training finds the earlier ones again. One that is
    finished no longer calls: then call `snapshots(run)`.
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
                self.painted[epoch] = metrics.paint(run.generator, self.gray)
                if kept:
                    models.save(run.generator, kept, half=True, epochs=epoch)
            elif epoch < now and epoch not in self.painted and kept and kept.is_file():
                self.painted[epoch] = metrics.paint(models.load(kept), self.gray)


def pack(paintings: dict[str, torch.Tensor]) -> bytes:
    """Pictures in −1…1 by name, each number in a byte: what `unpack` reads."""
    return save({name: (STEPS * ab.clamp(-1, 1)).round().to(torch.int8).contiguous() for name, ab in paintings.items()})


def unpack(file: str | Path) -> dict[str, torch.Tensor]:
    """The paintings of a file, as floats."""
    kept = load_file(file)
    return {name: ab.float() / STEPS if ab.dtype == torch.int8 else ab.float() for name, ab in kept.items()}
