"""A generator's colors for gray pictures, and paintings kept small in a file. Lesson 04's gallery shows them."""

from collections.abc import Callable
from pathlib import Path

import torch
from safetensors.torch import load_file, save
from torch import nn

STEPS = 127  # between 0 and 1, in a file: finer than a Lab unit


@torch.no_grad()
def paint(generator: Callable, gray: torch.Tensor, batch_size: int = 64, **how) -> torch.Tensor:
    """A generator's ab for any number of gray pictures, on the CPU. It may be any function of gray pictures."""
    # Of pictures larger than 45 pixels fewer at a time, so that memory does not grow with them.
    batch_size = min(batch_size, max(1, 2**17 // (gray.shape[-1] * gray.shape[-2])))
    weights = list(generator.parameters()) if isinstance(generator, nn.Module) else []
    device = weights[0].device if weights else gray.device
    return torch.cat([generator(part.to(device), **how).float().cpu() for part in gray.split(batch_size)])


def sample(generator: nn.Module, gray: torch.Tensor, n: int = 6, steps: int = 20, seed: int = 0, **how) -> torch.Tensor:
    """`n` samples of ab for each gray picture, n×N×2×H×W, by a network that draws them (`flow`), in so many steps."""
    dice = torch.Generator().manual_seed(seed)
    return torch.stack([paint(generator, gray, steps=steps, dice=dice, **how) for _ in range(n)])


def pack(paintings: dict[str, torch.Tensor]) -> bytes:
    """Pictures in −1…1 by name, each number in a byte: what `unpack` reads."""
    return save({name: (STEPS * ab.clamp(-1, 1)).round().to(torch.int8).contiguous() for name, ab in paintings.items()})


def unpack(file: str | Path) -> dict[str, torch.Tensor]:
    """The paintings of a file, as floats."""
    return {name: ab.float() / STEPS for name, ab in load_file(file).items()}
