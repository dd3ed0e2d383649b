"""NoGAN's third stage, watched as it goes on: lesson 05 looks for the batch at which to stop."""

from colorlib import color, plots
from colorlib.course.lesson_05 import stops
from colorlib.course.recorded import LiveCurves
from colorlib.nogan import Snapshots

__all__ = ["Film", "Snapshots"]


class Film(LiveCurves):
    """Shown after each snapshot: the chroma so far on scenes to choose by, and four pictures of those to report on."""

    def __init__(self, choosing):
        super().__init__(seconds=0)
        self.choosing, self.shares = choosing, {}

    def __call__(self, taken):
        ab, these = taken.painted[taken.batches], slice(len(self.choosing), len(self.choosing) + 4)
        self.shares |= stops.measure({taken.batches: ab[: len(self.choosing)]}, self.choosing)
        self.stops[f"batch {taken.batches}"] = color.from_gray_ab(taken.gray[these], ab[these])
        super().__call__(taken)

    def figure(self, taken):
        shares = [row["chroma_share"] for row in self.shares.values()]
        alt = f"Chroma as a share of the true one over the batches: from {shares[0]:.2f} to {shares[-1]:.2f}."
        options = {"size": (5.8, 2.6), "from_zero": True, "lines": {"truth": 1.0}, "ylabel": "share of the true chroma"}
        return plots.curves({"chroma": shares}, x=[*self.shares], xlabel="batches of stage 3", alt=alt, **options)
