"""Trainings in a lesson: curves that grow while it trains, and recorded runs where `quick` is too small."""

import json
import time

from IPython.display import display

from colorlib import color, metrics, models, plots, profile
from colorlib.course import page


class LiveCurves:
    """An `on_epoch` for training.fit: draws the history so far, at most once in `seconds`."""

    def __init__(self, *names, title="", seconds=1.0):
        self.names, self.title, self.seconds = names, title, seconds
        self.handle, self.drawn = None, 0.0

    def __call__(self, run):
        finished = run.step >= run.total
        if len(run.history) < 2 or (time.monotonic() - self.drawn < self.seconds and not finished):
            return
        self.drawn = time.monotonic()
        figure = curves_of(run, *self.names, title=self.title)
        if self.handle is None:
            self.handle = display(figure, display_id=True)
        elif self.handle:
            self.handle.update(figure)


def curves_of(run, *names, title=""):
    """Terms of a run's history as curves; their alt text says where each began and ended."""
    rows = [row for row in run.history if all(name in row for name in names)]  # a stopped run ends in part of one
    series = {name.removeprefix("valid_"): [row[name] for row in rows] for name in names}
    told = "; ".join(f"{name} from {v[0]:.3g} to {v[-1]:.3g}" for name, v in series.items())
    alt = f"Curves of {title or 'a training'} over {len(rows)} epochs: {told}."
    return plots.curves(series, xlabel="epoch", title=title, alt=alt)


class Recorded:
    """A `laptop` run that comes with the course: what it trained, its history, and its card."""

    def __init__(self, name):
        self.name = name
        self.generator = models.load(name)
        self.card = json.loads((models.WEIGHTS / f"{name}.json").read_text(encoding="utf-8"))
        self.history, self.seconds = self.card["history"], self.card["seconds"][0]

    def table(self, *names):
        """The card's figures on held-out pictures, of all its seeds."""
        return _table(self.card["held_out"], names, self.card.get("measured_on", 200))

    def __repr__(self):
        return f"recorded run {self.name}: {self.card['steps']} steps on {self.card['hardware']}, {self.seconds:.0f} s"


class Sweep:
    """A recorded run in several variants: figures of three seeds, history and a few paintings of the first one."""

    def __init__(self, name):
        folder = models.WEIGHTS / "sweeps"
        self.name = name
        self.card = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
        self.variants = self.card["variants"]
        self.paintings = models.unpack(folder / f"{name}.safetensors")

    def history(self, variant):
        return self.variants[variant]["history"]

    def pictures(self):
        """Eight held-out pictures as each variant painted them, and the truth."""
        gray = self.paintings["gray"]
        return {name: color.from_gray_ab(gray, self.paintings[name]) for name in (*self.variants, "truth")}

    def seeds(self, variant, name):
        """One measure on held-out pictures, a number for each seed."""
        return [seed[name] for seed in self.variants[variant]["held_out"][variant]]

    def table(self, *names):
        """The figures of all variants and seeds, between the gray row and the truth."""
        first = next(iter(self.variants.values()))["held_out"]
        rows = {"gray": first["gray"]}
        rows |= {variant: facts["held_out"][variant] for variant, facts in self.variants.items()}
        return _table(rows | {"truth": first["truth"]}, names, self.card["measured_on"])

    def __repr__(self):
        seeds, hardware = len(self.card["seeds"]), self.card["hardware"]
        return f"recorded runs {self.name}: {', '.join(self.variants)}; {seeds} seeds each, on {hardware}"


NEVER = {"never gray": 1, "never": 2}  # in the file of a gallery, and their channels


class Gallery:
    """What a recorded run painted: the same held-out pictures after some epochs or batches, some that never had color.

    `stops` {"epoch 1": pictures, …} in the order of training; worlds have no pictures without color.
    """

    def __init__(self, name):
        paintings = models.unpack(models.WEIGHTS / "galleries" / f"{name}.safetensors")
        self.name, self.gray = name, paintings["gray"]
        self.truth = color.from_gray_ab(self.gray, paintings["truth"])
        stops = [key for key in paintings if key.startswith(("epoch ", "batch "))]
        stops.sort(key=lambda stop: int(stop.split()[1]))
        self.stops = {stop: color.from_gray_ab(self.gray, paintings[stop]) for stop in stops}
        never, ab = (paintings.get(key, self.gray[:0].expand(-1, depth, -1, -1)) for key, depth in NEVER.items())
        self.never_gray, self.never = (color.from_gray_ab(never, colors) for colors in (0 * ab, ab))

    def painted_by(self, generator):
        """The same pictures, painted by another generator."""
        return color.from_gray_ab(self.gray, models.paint(generator, self.gray))

    def __repr__(self):
        return f"gallery {self.name}: {len(self.gray)} pictures at {', '.join(self.stops)}"


def _table(held_out, names, pictures):
    rows = {row: [dict(seed) for seed in seeds] for row, seeds in held_out.items()}
    for seed in rows["truth"]:
        seed["psnr"] = float("inf")  # which a card cannot hold
    kept = {row: [{n: seed[n] for n in names} for seed in seeds] for row, seeds in rows.items()}
    return metrics.Table(kept, pictures)


def or_recorded(run, name):
    """The run itself; at `quick`, where it is too short for its effect, the recorded one, and says so."""
    if profile.current() != "quick":
        run.generator.cpu()  # a lesson's pictures are on the CPU, wherever it trained
        return run
    recorded = Recorded(name)
    page.say(
        f"The profile <b>quick</b> trained {run.step} steps, enough to see that all works and too few to "
        f"learn. From here on you see the <b>{recorded}</b>."
    )
    return recorded
