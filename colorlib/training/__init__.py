"""Recipes and the loop that trains them. Lesson 02 writes the inner step by hand before it imports this."""

from colorlib.training.adversarial import Adversarial
from colorlib.training.flow import Flow
from colorlib.training.loop import Run, best_precision, fit, start_accelerator
from colorlib.training.published import ADVERSARIAL, RECIPES, build, laptop
from colorlib.training.recipe import Recipe, Settings, Stopped, frozen, one_cycle, seeded
from colorlib.training.supervised import Classify, Supervised
from colorlib.training.wasserstein import Wasserstein

__all__ = ["ADVERSARIAL", "RECIPES", "Adversarial", "Classify", "Flow", "Recipe", "Run", "Settings", "Stopped"]
__all__ += ["Supervised", "Wasserstein", "best_precision", "build", "fit", "frozen", "laptop", "one_cycle", "seeded"]
__all__ += ["start_accelerator"]
