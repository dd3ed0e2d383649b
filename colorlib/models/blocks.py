"""What the architectures share: layers, channel counts, sizes, and what a network's last layer gives."""

import torch
from torch import nn

from colorlib.bins import ab_bins

SMALLEST = 32  # pixels a side; below it batch norm meets maps of one pixel
OUTPUTS = {  # what a network gives: its channels and the last activation
    "ab": (2, nn.Tanh),
    "lab": (3, nn.Tanh),  # gray and ab
    "rgb": (3, nn.Tanh),  # a picture scaled to −1…1
    "picture": (3, nn.ReLU),  # 0…1 once clipped
    "bins": (len(ab_bins()), nn.Identity),  # a logit for each bin of quantized ab
}


def scaled(channels: int, width: float) -> int:
    """A layer's channel count at a width: 1.0 is the published one, and 8 is the least."""
    return max(8, round(channels * width))


def conv(before: int, after: int, stride: int = 1, kernel: int = 3, norm: bool = False) -> nn.Sequential:
    """A convolution and ReLU. Batch norm between them would subtract the bias again, so it has none then."""
    convolution = nn.Conv2d(before, after, kernel, stride, kernel // 2, bias=not norm)
    return nn.Sequential(convolution, *([nn.BatchNorm2d(after)] if norm else []), nn.ReLU())


def colored(before: int, outputs: str, kernel: int = 3, doubling: bool = False) -> tuple[nn.Module, nn.Module]:
    """The last convolution, a transposed one where it doubles the map, and its activation."""
    if outputs not in OUTPUTS:
        raise ValueError(f"Unknown outputs {outputs!r}: choose one of {', '.join(OUTPUTS)}.")
    last, activation = OUTPUTS[outputs]
    if doubling:
        return nn.ConvTranspose2d(before, last, kernel, 2, padding=1), activation()
    return nn.Conv2d(before, last, kernel, padding=kernel // 2), activation()


def halvings(size: int) -> int:
    """How often a size can be halved before it turns odd: 256 gives 8, 96 gives 5."""
    return (size & -size).bit_length() - 1


def require_halvings(network: str, size: int, times: int) -> None:
    """Refuse, in a sentence, a size that a network cannot halve that often."""
    if size < SMALLEST or halvings(size) < times:
        sizes = f"at least {SMALLEST} and a multiple of {2**times}"
        raise ValueError(f"{network} halves its picture {times} times: the size must be {sizes}, not {size}.")


def maps_of(stages: nn.Module, x: torch.Tensor) -> list[torch.Tensor]:
    """What each stage makes of what the one before it gave."""
    maps = []
    for stage in stages:
        x = stage(x)
        maps.append(x)
    return maps


class UShape(nn.Module):
    """The U of a U-Net: each map on the way `down` is joined to its mirror on the way `up`, unless `skips` is off."""

    def forward(self, x):
        *mirrors, x = maps_of(self.down, x)
        for block, mirror in zip(self.up, reversed(mirrors), strict=False):  # a coarse network leaves out the last
            x = block(x)
            if self.skips:
                x = torch.cat((x, mirror), dim=1)
        return self.last(x)
