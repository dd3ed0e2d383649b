"""Batches of what networks see and should give, in an order that a stopped training can go on with. Lesson 01."""

import numpy as np
import torch

from colorlib import color
from colorlib.data import augment


def batches(
    images, batch_size, seed=0, epoch=0, device="cpu", flips=True, start=0, change_pictures=None, change_gray=None
):
    """Yield (gray, ab) on the device, an epoch over uint8 pictures; the last batch may be smaller.

    Each (seed, epoch) has its own order, and each batch its own random numbers: a run that was stopped goes on at
    batch `start` as if nothing had been. `flips` mirrors. `change_pictures` and `change_gray` (augment.jitter,
    augment.random_stretch) take a batch and a torch.Generator.
    """
    if batch_size < 1 or len(images) == 0:
        raise ValueError(f"No batches of {batch_size} from {len(images)} pictures: 1 at least.")
    order = torch.randperm(len(images), generator=_generator(seed, epoch))
    for number, places in list(enumerate(order.split(batch_size)))[start:]:
        generator = _generator(seed, epoch, number)
        pictures = images[places].to(device)
        if flips:
            pictures = augment.flip(pictures, generator)
        if change_pictures:
            pictures = change_pictures(pictures, generator)
        gray, ab = color.to_gray_ab(pictures)
        yield (change_gray(gray, generator) if change_gray else gray), ab


def _generator(*numbers):
    state = np.random.SeedSequence(numbers).generate_state(1, dtype=np.uint64)[0]
    return torch.Generator().manual_seed(int(state) % 2**63)
