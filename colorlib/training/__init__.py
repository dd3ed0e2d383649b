"""Recipes by name, their settings (published.toml: those of the papers, laptop.toml: small ones), and `fit`."""
# ruff: noqa: F401  some are for others to import

import tomllib
from pathlib import Path

from colorlib.training.adversarial import Adversarial, Wasserstein
from colorlib.training.flow import Flow
from colorlib.training.keras_gan import KerasGAN
from colorlib.training.loop import Run, best_precision, fit, start_accelerator
from colorlib.training.recipe import Recipe, Settings, Stopped, frozen, one_cycle, seeded
from colorlib.training.supervised import Classify, Pretrained, Supervised

KINDS = {kind.__name__: kind for kind in (Adversarial, Classify, Flow, KerasGAN, Pretrained, Supervised, Wasserstein)}


def _tables(file: str) -> dict[str, dict]:
    """The settings of a file, by name; what a table has not itself is as in the one that it is `like`."""
    tables = tomllib.loads((Path(__file__).parent / file).read_text())
    for name, own in tables.items():  # the one that it is like stands before it
        inherited = tables[own.pop("like")] if "like" in own else {}
        own = {key: tuple(value) if isinstance(value, list) else value for key, value in own.items()}
        tables[name] = inherited | own
    return tables


PUBLISHED = _tables("published.toml")
NOGAN = PUBLISHED.pop("nogan")  # which has no step: colorlib.nogan trains it
RECIPES = {name: (KINDS[settings.pop("kind")], settings) for name, settings in PUBLISHED.items()}
ADVERSARIAL = [name for name, (kind, _) in RECIPES.items() if issubclass(kind, Adversarial)]


def build(name: str, size: int | None = None, **settings) -> Recipe:
    """A published recipe, ready to train. It takes what its Settings list, and the options of its network."""
    if name not in RECIPES:
        raise ValueError(f"There is no recipe {name!r}: choose one of {', '.join(RECIPES)}.")
    if "network" in settings:
        another = 'training.Supervised(network="pix2pix", loss="l1", size=32)'
        raise ValueError(f"{name} has the network that it was published with. Another one goes as in {another}.")
    kind, published = RECIPES[name]
    return kind(**{"recipe": name, **published, **({"size": size} if size else {}), **settings})


def laptop(name: str) -> dict:
    """The small settings of a run: pictures of 32 pixels, a minute or so on two cores. laptop.toml has them all."""
    return _tables("laptop.toml")[name]
