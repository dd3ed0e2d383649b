"""When to stop NoGAN, as a table: each snapshot's measures, and the one to take. Lesson 05 tries to beat it by eye."""

from collections.abc import Mapping
from dataclasses import dataclass

from colorlib import metrics, tables
from colorlib.nogan.stops import best_batch, glitches, measure

__all__ = ["glitches", "measure"]  # colorlib's
OF_WORLDS = ("palette_distance", "background_error")
OF_PHOTOGRAPHS = ("ab_error", "colorfulness", "spill")
MEASURES = {
    "chroma_share": metrics.MEASURES["chroma_share"],
    "glitches": ("glitches", "{:.2%}"),
    "l1": ("L1", "{:.4f}"),
    **{name: metrics.MEASURES[name] for name in (*OF_WORLDS, *OF_PHOTOGRAPHS)},
}


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
    """The snapshot that `best_batch` takes, and why: `rows` as `measure` gives them."""
    batch = best_batch(rows, tolerance, feared)
    return Stop(batch, dict(rows), rows[min(rows)][feared] + tolerance, feared)
