"""What an exercise is made of: a reference, and cases. A case is a label and a probe, which uses the function."""

from collections.abc import Callable
from dataclasses import dataclass

import torch


@dataclass(frozen=True)
class Exercise:
    reference: Callable
    cases: Callable  # returns [(label, probe), …]; made when asked, so that importing stays cheap
    tolerance: float = 1e-3
    ordered: bool = True  # False: the order within each result does not matter


def call(*arguments):
    """The commonest probe: call the function, with fresh arguments since it may change them."""
    return lambda function: function(*(a.clone() if isinstance(a, torch.Tensor) else a for a in arguments))


def random(*shape):
    """The same random numbers each time, 0…1."""
    return torch.rand(*shape, generator=torch.Generator().manual_seed(0))
