"""Batches of what networks see and should give, in an order that a stopped training can go on with. Lesson 01."""

import numpy as np
import torch

from colorlib import color
from colorlib.data import augment
from colorlib.data.sets import rows_of


def batches(
    images,
    batch_size,
    seed=0,
    epoch=0,
    device="cpu",
    shuffle=True,
    flips=True,
    drop_last=False,
    start=0,
    change_pictures=None,
    change_gray=None,
):
    """Yield (gray, ab) on the device, an epoch over uint8 pictures (a tensor, or an array on disk).

    Each (seed, epoch) has its own order, and each batch its own random numbers: a run that was stopped goes on at
    batch `start` as if nothing had been. `flips` mirrors. `change_pictures` and `change_gray` (augment.jitter,
    augment.random_stretch) take a batch and a torch.Generator.
    """
    if batch_size < 1 or len(images) == 0:
        raise ValueError(f"No batches of {batch_size} from {len(images)} pictures: 1 at least.")
    order = torch.arange(len(images))
    if shuffle:
        order = torch.randperm(len(images), generator=_generator(seed, epoch))
    count = len(order) // batch_size if drop_last else -(-len(order) // batch_size)
    for number in range(start, count):
        generator = _generator(seed, epoch, number)
        rows = rows_of(images, order[number * batch_size : (number + 1) * batch_size]).to(device)
        if flips:
            rows = augment.flip(rows, generator)
        if change_pictures:
            rows = change_pictures(rows, generator)
        gray, ab = color.to_gray_ab(rows)
        yield (change_gray(gray, generator) if change_gray else gray), ab


def _generator(*numbers):
    state = np.random.SeedSequence(numbers).generate_state(1, dtype=np.uint64)[0]
    return torch.Generator().manual_seed(int(state) % 2**63)
