"""Batches of what networks see and should give, in an order that a stopped training can go on with. Lesson 01."""

import hashlib

import numpy as np
import torch

from colorlib import color, files, profile
from colorlib.data import augment

IN_MEMORY = 2**28  # bytes


def chunks(pictures):
    """A few pictures at a time, since floats need much more memory."""
    return pictures.split(max(1, 2**18 // (pictures.shape[-1] * pictures.shape[-2])))


def prepared(pictures):
    """Gray and ab of uint8 pictures in half precision, N×3×H×W: color is converted once, an epoch only copies.

    They are off by less than .03 of a Lab unit. More than IN_MEMORY lie in a file, which is mapped into memory.
    """
    halves = (torch.cat(color.to_gray_ab(chunk), dim=1).half() for chunk in chunks(pictures))
    if 2 * pictures.numel() <= IN_MEMORY:
        found = torch.empty(pictures.shape, dtype=torch.float16)
        for places, half in zip(chunks(found), halves, strict=True):
            places.copy_(half)
        return found
    digest = hashlib.sha256(repr(pictures.shape).encode())
    for chunk in chunks(pictures):
        digest.update(chunk.contiguous().numpy())
    target = profile.home() / "cache" / f"{digest.hexdigest()[:24]}.colors"
    if not target.exists():
        with files.replacing(target) as beside, open(beside, "wb") as file:
            for chunk in halves:
                file.write(chunk.numpy().tobytes())
    return torch.from_numpy(np.memmap(target, np.float16, "c", shape=tuple(pictures.shape)))


def batches(
    images, batch_size, seed=0, epoch=0, device="cpu", flips=True, start=0, change_pictures=None, change_gray=None
):
    """Yield (gray, ab) on the device, an epoch over uint8 or `prepared` pictures; the last batch may be smaller.

    Each (seed, epoch) has its own order, and each batch its own random numbers: a run that was stopped goes on at
    batch `start` as if nothing had been. `flips` mirrors. `change_pictures` and `change_gray` (augment.jitter,
    augment.random_stretch) take a batch and a torch.Generator; the former needs uint8.
    """
    if batch_size < 1 or len(images) == 0:
        raise ValueError(f"No batches of {batch_size} from {len(images)} pictures: 1 at least.")
    order = torch.randperm(len(images), generator=_generator(seed, epoch))
    for number, places in list(enumerate(order.split(batch_size)))[start:]:
        generator = _generator(seed, epoch, number)
        pictures = images.index_select(0, places.to(images.device)).to(device)
        if flips:
            pictures = augment.flip(pictures, generator)
        if change_pictures:
            pictures = change_pictures(pictures, generator)
        halves = pictures.dtype == torch.float16
        gray, ab = pictures.float().split((1, 2), dim=1) if halves else color.to_gray_ab(pictures)
        yield (change_gray(gray, generator) if change_gray else gray), ab


def _generator(*numbers):
    state = np.random.SeedSequence(numbers).generate_state(1, dtype=np.uint64)[0]
    return torch.Generator().manual_seed(int(state) % 2**63)
