"""Lesson 02: recorded networks of photographs, side by side."""

import math

from colorlib import metrics
from colorlib.course.recorded import card_of


def photo_table(networks, *names):
    """Measures of `networks` {row: name} on the photographs kept aside, as their cards tell them."""
    cards = [card_of(name) for name in networks.values()]
    rows = {"gray": cards[0]["held_out"]["gray"]}
    rows |= {row: card["held_out"][card["name"]] for row, card in zip(networks, cards, strict=True)}
    rows["truth"] = [seed | {"psnr": math.inf} for seed in cards[0]["held_out"]["truth"]]  # which a card cannot hold
    chosen = {row: [{name: seed[name] for name in names} for seed in seeds] for row, seeds in rows.items()}
    return metrics.Table(chosen, cards[0]["measured_on"])
