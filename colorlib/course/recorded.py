"""Trainings in a lesson: curves that grow while it trains, and recorded runs where `quick` is too small."""

import json
import math
import time
from functools import partial

from IPython.display import display

from colorlib import color, metrics, models, plots, profile
from colorlib.course import page


class LiveCurves:
    """An `on_epoch` for training.fit: draws the history so far, at most once in `seconds`.

    With `pictures` (N×3×H×W) it paints them anew after each epoch, beside the curves, and keeps them in `stops`
    {"epoch 1": N×3×H×W, …}. `lines` {"truth": 56.1} go across. What cannot be negative starts at 0.
    """

    def __init__(self, *names, title="", seconds=1.0, pictures=None, lines=None):
        self.names, self.title, self.seconds, self.lines = names, title, seconds, lines
        self.gray = None if pictures is None else color.to_gray_ab(pictures)[0]
        self.handle, self.drawn, self.stops = None, 0.0, {}

    def __call__(self, run):
        if self.gray is not None:
            self.stops[f"epoch {len(run.history)}"] = painted(run.generator, self.gray)
        if time.monotonic() - self.drawn < self.seconds and run.step < run.total:
            return
        self.drawn = time.monotonic()
        shown = self.figure(run).html
        if self.stops:
            stop, pictures = list(self.stops.items())[-1]
            shown += f"<div style='width:272px'>{page.row(pictures, stop, 128)}<br><small>{stop}</small></div>"
        shown = f"<div style='display:flex;flex-wrap:wrap;gap:12px;align-items:center'>{shown}</div>"
        bundle = {"text/html": shown, "text/plain": page.plain(shown)}
        show = self.handle.update if self.handle else partial(display, display_id=True)
        self.handle = show(bundle, raw=True) or self.handle

    def figure(self, run):
        """Terms of the history as curves; their alt text says where each began and ended."""
        rows = [row for row in run.history if all(name in row for name in self.names)]  # a stopped run's last is short
        series = {name.removeprefix("valid_").replace("_", " "): [row[name] for row in rows] for name in self.names}
        told = "; ".join(f"{name} from {v[0]:.3g} to {v[-1]:.3g}" for name, v in series.items())
        told += "".join(f"; a line for {name} at {y:.3g}" for name, y in (self.lines or {}).items())
        alt = f"Curves of {self.title or 'a training'} over {len(rows)} epochs: {told}."
        look = {"size": (plots.WIDTH, 3.2) if self.gray is None else (5.8, 2.6), "lines": self.lines}
        zero = min(map(min, series.values())) >= 0
        return plots.curves(series, xlabel="epoch", title=self.title, alt=alt, from_zero=zero, **look)


def painted(generator, gray):
    """Pictures N×3×H×W as a generator colors these."""
    return color.from_gray_ab(gray, models.paint(generator, gray))


def card_of(name):
    """What is told of a recorded run: `card_of("ambiguous_l1")`, `card_of("sweeps/pix2pix_lambda")`."""
    return json.loads((models.WEIGHTS / f"{name}.json").read_text(encoding="utf-8"))


class Recorded:
    """A `laptop` run that comes with the course: what it trained, its history, and its card."""

    def __init__(self, name):
        self.name, self.generator, self.card = name, models.load(name), card_of(name)
        self.history, self.seconds = self.card["history"], self.card["seconds"][0]

    def table(self, *names):
        """The card's measures on held-out pictures, of all its seeds."""
        return _table(self.card["held_out"], names, self.card.get("measured_on", 200))

    def __repr__(self):
        steps = self.history[-1]["step"]
        return f"recorded run {self.name}: {steps:.0f} steps on {self.card['hardware']}, {self.seconds:.0f} s"


class Sweep:
    """A recorded run in several variants: measures of three seeds, history and a few paintings of the first one."""

    def __init__(self, name):
        self.name, self.card = name, card_of(f"sweeps/{name}")
        self.variants = self.card["variants"]
        self.paintings = models.unpack(models.WEIGHTS / "sweeps" / f"{name}.safetensors")

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
        """The measures of all variants and seeds, between the gray row and the truth."""
        first = next(iter(self.variants.values()))["held_out"]
        rows = {"gray": first["gray"]}
        rows |= {variant: facts["held_out"][variant] for variant, facts in self.variants.items()}
        return _table(rows | {"truth": first["truth"]}, names, self.card["measured_on"])


def recorded_stops(name):
    """What a recorded run painted on its way, {"epoch 1": pictures, …}, in the order of training."""
    paintings = models.unpack(models.WEIGHTS / "galleries" / f"{name}.safetensors")
    gray = paintings["gray"]
    stops = [key for key in paintings if key.startswith(("epoch ", "batch "))]
    stops.sort(key=lambda stop: int(stop.split()[1]))
    return {stop: color.from_gray_ab(gray, paintings[stop]) for stop in stops}


def _table(held_out, names, pictures):
    truth = [seed | {"psnr": math.inf} for seed in held_out["truth"]]  # which a card cannot hold
    rows = (held_out | {"truth": truth}).items()
    return metrics.Table(
        {row: [{name: seed[name] for name in names} for seed in seeds] for row, seeds in rows}, pictures
    )


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
