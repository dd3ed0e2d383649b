"""Recipes and the loop that trains them. Lesson 02 writes the inner step by hand before it imports this."""
# ruff: noqa: F401  these are for others to import

from colorlib.training.adversarial import Adversarial
from colorlib.training.flow import Flow
from colorlib.training.loop import Run, best_precision, fit, start_accelerator
from colorlib.training.published import ADVERSARIAL, RECIPES, build, laptop
from colorlib.training.recipe import Recipe, Settings, Stopped, frozen, one_cycle, seeded
from colorlib.training.supervised import Classify, Supervised
from colorlib.training.wasserstein import Wasserstein
