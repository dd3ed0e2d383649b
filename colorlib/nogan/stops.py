"""When to stop NoGAN: snapshots on the way, their measures, and the one to take. Lesson 05 writes the choice."""

from collections.abc import Mapping

import torch
import torch.nn.functional as F
from fastai.callback.core import Callback, CancelFitException

from colorlib import color, losses, metrics, models
from colorlib.worlds import scenes

SPOT = 10.0  # Lab units from the neighbors' median color: a spot, where L shows no reason for one
SMOOTH = 4.0  # L units between the darkest and the lightest of the neighbors: L shows no reason
GLOW = 0.05  # outside of what a screen can show, in parts of its range
OF_WORLDS = ("palette_distance", "background_error", "chroma_share")
OF_PHOTOGRAPHS = ("ab_error", "colorfulness", "spill")


class Snapshots(Callback):
    """What the generator paints, its weights (`states`), and all losses, by batch: 0 is stage 1, `last` ends it."""

    run_valid = False

    def __init__(self, gray: torch.Tensor, every: int = 20, last: int | None = None, show=None):
        if every < 1:
            raise ValueError(f"Snapshots need at least 1 batch between them, not {every}.")
        self.gray, self.every, self.last, self.show = gray, every, last, show or (lambda _: None)
        self.painted, self.states, self.batches = {}, {}, 0
        self.losses = {"generator": {}, "critic": {}}

    def before_fit(self):
        self.take()

    def after_batch(self):
        self.batches += 1
        self.losses["generator" if self.gan_trainer.gen_mode else "critic"][self.batches] = self.loss.item()
        if self.batches % self.every == 0 or self.batches == self.last:
            self.take()
        if self.batches == self.last:
            raise CancelFitException

    def take(self):
        generator = self.model.generator
        mode = generator.training
        self.painted[self.batches] = models.paint(generator.eval(), self.gray)[:, -2:]
        generator.train(mode)
        self.states[self.batches] = {name: value.cpu().clone() for name, value in generator.state_dict().items()}
        self.show(self)


def _neighbors(values):
    """Each value's 3×3 neighborhood, N×C×9×H×W; at the edge the nearest ones count again."""
    windows = F.unfold(F.pad(values, (1, 1, 1, 1), mode="replicate"), 3)
    return windows.view(*values.shape[:2], 9, *values.shape[2:])


def glitches(gray: torch.Tensor, ab: torch.Tensor) -> torch.Tensor:
    """True for pixels (N×H×W) whose color has no reason in the picture: spots and glows. The truth is not needed."""
    lab = color.to_lab(gray, ab)
    light = _neighbors(lab[:, :1])[:, 0]
    smooth = light.amax(dim=1) - light.amin(dim=1) <= SMOOTH
    spots = (lab[:, 1:] - _neighbors(lab[:, 1:]).median(dim=2).values).norm(dim=1) > SPOT
    return (spots & smooth) | ~color.in_gamut(lab, GLOW)


def measure(painted: Mapping[int, torch.Tensor], of: scenes.Scenes | torch.Tensor) -> dict[int, dict]:
    """Measures of each snapshot's ab of the same pictures: scenes of a world, or photographs (uint8)."""
    gray, truth, world = metrics.held_out(of, len(of))
    rows = {}
    for batch, ab in sorted(painted.items()):
        if ab.shape != truth.shape:
            raise ValueError(f"Snapshot {batch} paints {tuple(ab.shape)}, but the true ab is {tuple(truth.shape)}.")
        # Chroma of all pixels, which a world replaces by that of ambiguous objects.
        row = {"chroma_share": float(ab.norm(dim=1).mean() / truth.norm(dim=1).mean())}
        row |= {"glitches": float(glitches(gray, ab).float().mean()), "l1": float(losses.l1(ab, truth))}
        rows[batch] = row | metrics.measure(ab, truth, gray, world, OF_WORLDS if world else OF_PHOTOGRAPHS)
    return rows


def best_batch(rows: Mapping[int, Mapping[str, float]], tolerance: float = 0.02, feared: str = "glitches") -> int:
    """Of the snapshots with at most stage 1's glitches plus `tolerance` the one whose chroma is nearest to the truth.

    Photographs show next to no glitches: there `feared` is another measure, such as the ab error. Report what the
    chosen one does on other pictures than those of the `rows`: chosen by these, its measures here flatter it.
    """
    if not rows:
        raise ValueError("There are no snapshots to choose from.")
    limit = rows[min(rows)][feared] + tolerance  # the first row is stage 1's
    fit = [batch for batch, row in rows.items() if row[feared] <= limit]
    return min(fit, key=lambda batch: abs(1 - rows[batch]["chroma_share"]))
