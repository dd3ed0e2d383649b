"""When to stop NoGAN: measures of each snapshot, and the one to take. Lesson 05 beats it by eye, or tries to."""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
import torch.nn.functional as F

from colorlib import color, losses, metrics, tables
from colorlib.worlds import scenes

SPOT = 10.0  # Lab units from the neighbors' median color: a spot, where L shows no reason for one
SMOOTH = 4.0  # L units between the darkest and the lightest of the neighbors: L shows no reason
GLOW = 0.05  # outside of what a screen can show, in parts of its range
MEASURES = {
    "chroma_share": ("of true chroma", "{:.0%}"),
    "glitches": ("glitches", "{:.2%}"),
    "l1": ("L1", "{:.4f}"),
    "palette_distance": ("to palette", "{:.1f}"),
    "background_error": ("background error", "{:.1f}"),
    "ab_error": ("ab error", "{:.1f}"),
    "colorfulness": ("colorfulness", "{:.1f}"),
    "spill": ("spill", "{:.0%}"),
}
OF_WORLDS, OF_PHOTOGRAPHS = (
    ("palette_distance", "background_error", "chroma_share"),
    ("ab_error", "colorfulness", "spill"),
)


def _neighbors(values):
    """Each value's 3×3 neighborhood, N×C×9×H×W; at the edge the nearest ones count again."""
    windows = F.unfold(F.pad(values, (1, 1, 1, 1), mode="replicate"), 3)
    return windows.view(*values.shape[:2], 9, *values.shape[2:])


def glitches(gray: torch.Tensor, ab: torch.Tensor) -> torch.Tensor:
    """True for pixels (N×H×W) whose color has no reason in the picture: spots and glows.

    A spot is more than SPOT Lab units away from the median color of its 3×3 neighborhood, while L there is smooth: it
    differs by at most SMOOTH. A glow is a color that no screen can show at its L, by more than GLOW. Neither needs the
    truth to be known; real photographs have next to none.
    """
    lab = color.to_lab(gray, ab)
    light = _neighbors(lab[:, :1])[:, 0]
    smooth = light.amax(dim=1) - light.amin(dim=1) <= SMOOTH
    spots = (lab[:, 1:] - _neighbors(lab[:, 1:]).median(dim=2).values).norm(dim=1) > SPOT
    return (spots & smooth) | ~color.in_gamut(lab, GLOW)


def measure(painted: Mapping[int, torch.Tensor], of: scenes.Scenes | torch.Tensor) -> dict[int, dict]:
    """Measures of each snapshot's ab of the same pictures: scenes of a world, or photographs (uint8).

    Chroma is that of ambiguous objects on worlds, of photographs that of all pixels.
    """
    world = of if isinstance(of, scenes.Scenes) else None
    gray, truth = color.to_gray_ab(of.pictures if world else of)
    rows = {}
    for batch, ab in sorted(painted.items()):
        if ab.shape != truth.shape:
            raise ValueError(f"Snapshot {batch} paints {tuple(ab.shape)}, but the true ab is {tuple(truth.shape)}.")
        row = {"chroma_share": float(ab.norm(dim=1).mean() / truth.norm(dim=1).mean())}
        row |= {"glitches": float(glitches(gray, ab).float().mean()), "l1": float(losses.l1(ab, truth))}
        rows[batch] = row | metrics.measure(ab, truth, gray, world, OF_WORLDS if world else OF_PHOTOGRAPHS)
    return rows


@dataclass(repr=False)
class Stop:
    """The proposed batch, the measures it was chosen by, and the limit for what is feared. Shows itself as a table."""

    batch: int
    rows: dict[int, dict[str, float]]
    limit: float
    feared: str = "glitches"

    def why(self) -> str:
        chosen, first = self.rows[self.batch], self.rows[min(self.rows)]
        too_many = sum(row[self.feared] > self.limit for row in self.rows.values())
        label, form = MEASURES[self.feared]
        return (
            f"Stop at batch {self.batch}: chroma is {chosen['chroma_share']:.0%} of the truth (stage 1: "
            f"{first['chroma_share']:.0%}); {label} {form.format(chosen[self.feared])} (limit "
            f"{form.format(self.limit)}; {too_many} of {len(self.rows)} snapshots have more)."
        )

    def cells(self) -> list[list[str]]:
        names = [name for name in MEASURES if name in self.rows[self.batch]]
        table = [["batch", *(MEASURES[name][0] for name in names)]]
        for batch, row in self.rows.items():
            mark = " ← stop" if batch == self.batch else ""
            table.append([f"{batch}{mark}", *(MEASURES[name][1].format(row[name]) for name in names)])
        return table

    def __repr__(self):
        return tables.as_text(self.cells(), self.why())

    def _repr_html_(self):
        return tables.as_html(self.cells(), self.why())


def propose(rows: Mapping[int, Mapping[str, float]], tolerance: float = 0.02, feared: str = "glitches") -> Stop:
    """Of the snapshots with at most stage 1's glitches plus `tolerance` the one whose chroma is nearest to the truth.

    On the world ambiguous stage 1 has about .1 % of them, and snapshots that spill or glow visibly have 2 to 10 %. On
    photographs, which show next to none, `feared` is another measure, such as the ab error.
    `rows` as `measure` gives them, of pictures set aside for this choice; the first row is stage 1's. Report what the
    chosen one does on other pictures: chosen by these, its measures here flatter it.
    """
    if not rows:
        raise ValueError("There are no snapshots to choose from.")
    limit = rows[min(rows)][feared] + tolerance
    fit = [batch for batch, row in rows.items() if row[feared] <= limit]
    return Stop(min(fit, key=lambda batch: abs(1 - rows[batch]["chroma_share"])), dict(rows), limit, feared)
