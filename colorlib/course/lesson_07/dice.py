"""How the systems of the course throw their dice, and the recorded audits of them all. Lesson 07 holds the audit."""

import json
from collections.abc import Collection
from importlib import resources
from itertools import combinations

import torch
from torch import nn

from colorlib import color, metrics, models, plots, tables
from colorlib.course.lesson_02 import sample_bins
from colorlib.worlds import scenes

COLORS = ("red", "blue", "green")
STUDENT = 4.303  # three seeds leave two degrees of freedom: 95 % lie within so many standard errors
SHOWN = {
    "off": ("off ↓", "{:.0%}"),
    "undecided": ("undecided ↓", "{:.0%}"),
    "spread": ("inside objects ↓", "{:.1f}"),
    "background_error": ("background error ↓", "{:.1f}"),
}


@torch.no_grad()
def throws(model, gray: torch.Tensor, n: int, seed: int = 0) -> torch.Tensor:
    """A network's `n` answers to the same gray pictures, n×N×2×H×W, each by whatever chance there is in it.

    `flow` draws samples, `classify` a bin for each pixel; where there is dropout it is switched on. Others repeat
    themselves.
    """
    network, dice = model.network, torch.Generator().manual_seed(seed)
    if hasattr(network, "arrows"):
        return models.sample(model, gray, n, seed=seed)
    if network.outputs == "bins":
        logits = models.paint(network, gray)
        return torch.stack([sample_bins(logits, dice) for _ in range(n)])
    dropouts = [module for module in network.modules() if isinstance(module, nn.Dropout) and module.p > 0]
    if not dropouts:
        return models.paint(model, gray).expand(n, -1, -1, -1, -1)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        nn.ModuleList(dropouts).train()
        answers = torch.stack([models.paint(model, gray) for _ in range(n)])
    nn.ModuleList(dropouts).eval()
    return answers


def true_dice(world: scenes.Scenes, chances, n: int, seed: int = 0) -> torch.Tensor:
    """What a perfect network would answer: the true colors, but for the objects, whose color is thrown anew."""
    _, ab = color.to_gray_ab(world.pictures)
    dice, slots = torch.Generator().manual_seed(seed), world.palette_index.shape
    thrown = torch.multinomial(torch.tensor(chances), n * slots.numel(), replacement=True, generator=dice)
    colors = (world.palette / color.AB_SCALE)[thrown].view(n, *slots, 2)
    inside = (world.objects.long() - 1).clamp(min=0)
    painted = colors[:, torch.arange(len(world))[:, None, None], inside].movedim(-1, 2)
    return torch.where(world.objects[:, None] > 0, painted, ab)


def _nearest(ab: torch.Tensor, world: scenes.Scenes) -> torch.Tensor:
    """The palette color that each object is nearest to."""
    return torch.cdist(metrics.object_colors(ab * color.AB_SCALE, world), world.palette).argmin(dim=1)


def right(samples: torch.Tensor, world: scenes.Scenes) -> float:
    """The share of throws in the object's true color: a die cannot know it, a memory of training pictures can."""
    true = _nearest(color.to_gray_ab(world.pictures)[1], world)
    return torch.stack([_nearest(ab, world) == true for ab in samples]).float().mean().item()


def alike(samples: torch.Tensor, world: scenes.Scenes) -> float:
    """Of all pairs of objects in one picture the share in one color; true dice give the sum of the squared chances."""
    present = (world.palette_index >= 0).sum(dim=1).tolist()
    parts = [part for ab in samples for part in _nearest(ab, world).split(present)]
    pairs = [part[i] == part[j] for part in parts for i, j in combinations(range(len(part)), 2)]
    return sum(map(float, pairs)) / max(1, len(pairs))


def all_green(samples: torch.Tensor, world: scenes.Scenes) -> float:
    """Of pictures with three objects, the share of answers in which all three are green: 1 in 27 for true dice."""
    present = (world.palette_index >= 0).sum(dim=1).tolist()
    parts = [part for ab in samples for part in _nearest(ab, world).split(present) if len(part) == 3]
    return sum(bool((part == COLORS.index("green")).all()) for part in parts) / len(parts)


def audit(samples: torch.Tensor, world: scenes.Scenes, chances: Collection[float] | None = None) -> dict:
    """How a network throws its dice: `samples` of a world's pictures, n×N×2×H×W, against the chances of its palette.

    Of all throws, `frequencies` are the shares near each palette color, and `undecided` is the share near none. `off`
    looks at each object by itself: the share of its throws that would have to fall elsewhere to meet the chances.
    `statistic` is Pearson's, the sum over all objects: about `degrees` for true dice, which would reach it with the
    chance `p_value`. `spread` is the mean of metrics.object_spread.
    """
    palette, units = world.palette.to(samples), samples * color.AB_SCALE
    chances = torch.ones(len(palette)) if chances is None else torch.as_tensor(chances)
    if chances.shape != (len(palette),) or not (chances > 0).all():
        raise ValueError(f"Give one chance above 0 for each of the {len(palette)} palette colors, not {chances}.")
    thrown = torch.stack([metrics.decided(metrics.object_colors(ab, world), palette) for ab in units]).double()
    counts, expected = thrown.sum(dim=0), len(thrown) * (chances / chances.sum()).to(thrown)  # a row an object
    degrees, statistic = len(counts) * (len(palette) - 1), ((counts - expected) ** 2 / expected).sum()
    return {
        "frequencies": thrown.mean(dim=(0, 1)).tolist(),
        "undecided": 1 - thrown.sum(dim=-1).mean().item(),
        "off": 1 - torch.minimum(counts, expected).sum(dim=1).mean().item() / len(thrown),
        "statistic": statistic.item(),
        "degrees": degrees,
        "p_value": torch.special.gammaincc(*torch.tensor([degrees, statistic], dtype=torch.float64) / 2).item(),
        "spread": torch.stack([metrics.object_spread(ab, world).mean() for ab in units]).mean().item(),
    }


def interval(values) -> tuple[float, float]:
    """The mean of three seeds and how far the 95 % interval reaches on either side (0 where there is one seed)."""
    values = torch.tensor(values, dtype=torch.float64)
    return values.mean().item(), 0.0 if len(values) < 3 else STUDENT * values.std().item() / len(values) ** 0.5


class Audits:
    """The recorded audits: `dice` {"even": {"chances": …, "systems": {"flow": [one a seed, …]}}}."""

    def __init__(self):
        file = resources.files("colorlib.course.lesson_07") / "audits.json"
        self.card = json.loads(file.read_text(encoding="utf-8"))
        self.dice = self.card["dice"]

    def values(self, die, system, name):
        """One number for each seed; of a list, such as the frequencies, a list for each entry."""
        found = [audit[name] for audit in self.dice[die]["systems"][system] if name in audit]
        return list(zip(*found, strict=True)) if found and isinstance(found[0], list) else found

    def table(self, die):
        """All systems under one die, in percent with 95 % intervals, true dice first."""
        return AuditTable(self, die)

    def reliability(self):
        """How often each color was thrown, over how often it should be: true dice lie on the diagonal."""
        systems = [name for name in self.dice["90/10"]["systems"] if name != "true dice"]
        with plots.drawing(1, len(systems), (plots.WIDTH, 3.0), sharey=True) as (canvas, panels):
            told = []
            for system, panel in zip(systems, panels, strict=True):
                panel.plot([0, 1], [0, 1], color="0.6", linestyle=":")
                for die, facts in self.dice.items():
                    if system in facts["systems"]:
                        means, reach = zip(*map(interval, self.values(die, system, "frequencies")), strict=True)
                        panel.errorbar(facts["chances"], means, reach, fmt="o", color=plots.CYCLE[0], capsize=3)
                        told.append(f"{system} under {die}: " + ", ".join(f"{mean:.0%}" for mean in means))
                panel.set(title=system, xlabel="true chance", xlim=(0, 1), ylim=(-0.05, 1.05))
            panels[0].set_ylabel("how often it was thrown")
            return plots.Figure(canvas, f"One panel for each of {', '.join(systems)}. {'; '.join(told)}.")


class AuditTable:
    """Shows itself as text or HTML; a row a system."""

    def __init__(self, audits, die):
        facts = audits.dice[die]
        names = COLORS if len(facts["chances"]) == 3 else (COLORS[0], COLORS[2])
        heads = [f"{name} ({chance:.0%})" for name, chance in zip(names, facts["chances"], strict=True)]
        self.rows = [["", *heads, *(heading for heading, _ in SHOWN.values())]]
        for system in facts["systems"]:
            row = [system]
            for mean, reach in map(interval, audits.values(die, system, "frequencies")):
                row.append(f"{100 * mean:.0f} ± {100 * reach:.0f} %" if reach else f"{100 * mean:.0f} %")
            for name, (_, form) in SHOWN.items():
                values = audits.values(die, system, name)
                row.append(form.format(interval(values)[0]) if values else "–")
            self.rows.append(row)
        throws = f"{audits.card['throws']} throws for each of {audits.card['pictures']} held-out pictures"
        once = "one for each of 204, where a system always answers the same"
        self.caption = f"{throws}; {once}; ± is the 95 % interval, where three seeds were trained"

    def __repr__(self):
        return tables.as_text(self.rows, self.caption)

    def _repr_html_(self):
        return tables.as_html(self.rows, self.caption)
