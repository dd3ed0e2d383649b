"""Pictures to train on and to measure on: sets by name, and batches of them. Lesson 01 is the first to use them."""
# ruff: noqa: F401  these are for others to import

from colorlib.data.batches import batches, prepared
from colorlib.data.sets import DataSet, hue_sorted_split, is_gray, load, mean_hue, photographs, spread, squares
