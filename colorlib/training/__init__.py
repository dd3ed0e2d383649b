"""Recipes and the loop that trains them. Lesson 02 writes the inner step by hand before it imports this."""

from colorlib.training.loop import Run, best_precision, fit, start_accelerator
from colorlib.training.published import ADVERSARIAL, RECIPES, build
from colorlib.training.recipe import Recipe, Stopped, frozen, one_cycle, seeded, target
from colorlib.training.supervised import Supervised

__all__ = [
    "ADVERSARIAL",
    "RECIPES",
    "Recipe",
    "Run",
    "Stopped",
    "Supervised",
    "best_precision",
    "build",
    "fit",
    "frozen",
    "one_cycle",
    "seeded",
    "start_accelerator",
    "target",
]
