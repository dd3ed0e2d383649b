"""What a loss wants when several colors fit: the color with the smallest expected loss. Lesson 02 builds it."""

import torch


def squared(candidates, truth):
    """L2: the squared distance in the ab plane, for each candidate."""
    return ((candidates - truth) ** 2).sum(dim=-1)


def absolute(candidates, truth):
    """L1: the distance in a plus the distance in b, for each candidate."""
    return (candidates - truth).abs().sum(dim=-1)


def best_color(grid, palette, probabilities, loss):
    """Of the colors of a grid (N, 2), the one whose expected loss over the palette (K, 2) is smallest."""
    expected = sum(p * loss(grid, truth) for p, truth in zip(probabilities, palette, strict=True))
    return grid[expected.argmin()]


def mean(palette, probabilities):
    """What squared error wants."""
    return probabilities @ palette


def median(palette, probabilities):
    """What absolute error wants: the median of each channel, in the middle where any value between is as good."""
    ordered, order = palette.sort(dim=0)
    below = probabilities[order].cumsum(dim=0)
    low = (below < 0.5 - 1e-6).sum(dim=0)
    high = (below <= 0.5 + 1e-6).sum(dim=0)
    return (ordered.gather(0, low[None]) + ordered.gather(0, high[None]))[0] / 2


def mode(palette, probabilities):
    """The likeliest color; the first of them if several are."""
    return palette[probabilities.argmax()]


def sample(palette, probabilities, generator=None):
    """One of the colors, as often as it occurs."""
    return palette[torch.multinomial(probabilities, 1, generator=generator)[0]]
