"""What the architectures share: channel counts, sizes, and what a network's last layer gives."""

import torch
from torch import nn

from colorlib.bins import ab_bins

OUTPUTS = ("ab", "lab", "rgb", "picture", "bins")
SMALLEST = 32  # pixels a side; below it batch norm meets maps of one pixel


def scaled(channels: int, width: float) -> int:
    """A layer's channel count at a width: 1.0 is the published one, and 8 is the least."""
    return max(8, round(channels * width))


def output_layer(outputs: str) -> tuple[int, nn.Module]:
    """Channels and last activation for what a network gives.

    `ab` (2, −1…1), `lab` (gray and ab, −1…1), `rgb` (a picture scaled to −1…1), `picture` (0…1 once
    clipped) or `bins` (a logit for each bin of quantized ab).
    """
    if outputs not in OUTPUTS:
        raise ValueError(f"Unknown outputs {outputs!r}: choose one of {', '.join(OUTPUTS)}.")
    if outputs == "bins":
        return len(ab_bins()), nn.Identity()
    if outputs == "picture":
        return 3, nn.ReLU()
    return (2 if outputs == "ab" else 3), nn.Tanh()


def halvings(size: int) -> int:
    """How often a size can be halved before it turns odd: 256 gives 8, 96 gives 5."""
    return (size & -size).bit_length() - 1


def require_halvings(network: str, size: int, times: int) -> None:
    """Refuse, in a sentence, a size that a network cannot halve that often."""
    if size < SMALLEST or halvings(size) < times:
        raise ValueError(
            f"{network} halves its picture {times} times: the size must be at least {SMALLEST} and "
            f"a multiple of {2**times}, not {size}."
        )


def down_and_up(x, down, up, skips):
    """The U of a U-Net: each map on the way down is joined to its mirror on the way up, unless `skips` is off."""
    maps = []
    for block in down:
        x = block(x)
        maps.append(x)
    for block, mirror in zip(up, maps[-2::-1], strict=True):
        x = block(x)
        if skips:
            x = torch.cat((x, mirror), dim=1)
    return x
