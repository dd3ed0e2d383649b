"""One loop for every recipe: progress, history, checkpoints, resume. Lesson 02 writes its inner step by hand."""

import errno
import io
import json
import math
import os
import sys
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import torch
from accelerate import Accelerator
from accelerate.state import is_initialized
from safetensors import SafetensorError
from torch import nn
from tqdm import tqdm

from colorlib import data, models


class Stopped(Exception):
    """A training that cannot go on; the message says why and what to try."""


def best_precision() -> str:
    """`bf16` or `fp16` where this machine calculates faster in half precision, else `no`.

    A CPU without bf16 units is slower in bf16, so it is asked; $ACCELERATE_MIXED_PRECISION overrules.
    """
    wish = os.environ.get("ACCELERATE_MIXED_PRECISION")
    if wish or torch.backends.mps.is_available():
        return wish or "no"
    if torch.cuda.is_available() and os.environ.get("ACCELERATE_USE_CPU", "") in ("", "false"):
        return "bf16" if torch.cuda.is_bf16_supported(including_emulation=False) else "fp16"
    units = getattr(torch.cpu, "get_capabilities", dict)()
    return "bf16" if units.get("avx512_bf16") or units.get("amx_bf16") else "no"


class Recipe:
    """Networks, their optimizers, and what one step does with a batch: all that `fit` needs to know.

    `networks` holds the `generator`, and its critic if it has one. A subclass writes `step`. It works
    without `fit` too, in a plain Python loop. While `fit` runs it keeps `epoch` and `number` (of the
    step) up to date; a step must take its randomness from torch.
    """

    def __init__(self, networks, optimizers, schedulers=None, *, batch_size, epochs, **figures):
        self.networks, self.optimizers = networks, optimizers
        self.schedulers = schedulers or {}
        self.batch_size, self.epochs = batch_size, epochs
        self.steps = figures.get("steps")  # where a schedule fixes them
        self.seed = figures.get("seed", 0)
        self.figures = {"batch_size": batch_size, **figures}
        self.epoch = self.number = 0
        self.accelerator = None

    @property
    def generator(self) -> nn.Module:
        return self.networks["generator"]

    def begin(self, pictures) -> None:
        """Called before the first step: a recipe may look at the training pictures."""

    def step(self, gray: torch.Tensor, ab: torch.Tensor) -> dict:
        """One batch, all optimizers; gives the terms for the history."""
        raise NotImplementedError

    def end_epoch(self, row: dict) -> None:
        """Called with each row of the history: some schedules depend on it."""

    def run(self, network: nn.Module, *inputs) -> torch.Tensor:
        """A network's output in float32, calculated in the machine's fastest precision."""
        if self.accelerator is None:
            return network(*inputs)
        with self.accelerator.autocast():
            return network(*inputs).float()

    def descend(self, name: str, loss: torch.Tensor) -> torch.Tensor:
        """One step of an optimizer down the loss; gives the length of the gradient."""
        optimizer, accelerator = self.optimizers[name], self.accelerator
        scaler = getattr(accelerator, "scaler", None)  # fp16 alone needs one
        optimizer.zero_grad()
        accelerator.backward(loss) if accelerator else loss.backward()
        parameters = [p for group in optimizer.param_groups for p in group["params"]]
        gradients = [p.grad for p in parameters if p.grad is not None]
        if accelerator and accelerator.num_processes > 1:
            _average(gradients, accelerator)
        length = torch.nn.utils.get_total_norm(gradients)
        # fp16 overflows now and then by design, and its scaler leaves out such a step.
        healthy = accelerator.reduce(loss.detach(), "mean") if scaler else length
        if not torch.isfinite(healthy):
            raise Stopped(
                f"The {name}'s loss or gradient is no longer a number. Its weights are as they were "
                "before this step. Try a learning rate 3 to 10 times smaller, or look for a division, "
                "root or logarithm at 0 in the loss."
            )
        if scaler:
            length = (length / scaler.get_scale()).nan_to_num(0.0, 0.0, 0.0)
            scaler.step(optimizer)
            scaler.update()
        else:
            optimizer.step()
        if name in self.schedulers:
            self.schedulers[name].step()
        return length

    def move_to(self, accelerator: Accelerator) -> None:
        """Onto the accelerator's device; there, half precision likes a picture's channels side by side."""
        self.accelerator = accelerator
        half = accelerator.mixed_precision != "no"
        layout = torch.channels_last if half else torch.preserve_format
        for network in self.networks.values():
            network.to(accelerator.device, memory_format=layout).train()

    def _parts(self):
        scaler = getattr(self.accelerator, "scaler", None)
        kinds = {"network": self.networks, "optimizer": self.optimizers, "scheduler": self.schedulers}
        parts = {f"{kind} {name}": part for kind, of in kinds.items() for name, part in of.items()}
        return parts | ({"scaler": scaler} if scaler else {})

    def state(self) -> dict:
        """All that a checkpoint must keep."""
        return {name: part.state_dict() for name, part in self._parts().items()}

    def load_state(self, state: dict) -> None:
        for name, part in self._parts().items():
            part.load_state_dict(state[name])


def _average(gradients, accelerator):
    """Give every process the mean gradient.

    By hand rather than by DistributedDataParallel, which expects one forward and one backward a
    step: two networks that take turns, one of them frozen, are more than it bears.
    """
    flat = accelerator.reduce(torch.cat([g.flatten() for g in gradients]), "mean")
    for gradient, part in zip(gradients, flat.split([g.numel() for g in gradients]), strict=True):
        gradient.copy_(part.view_as(gradient))


@dataclass(repr=False)
class Run:
    """A training, finished or not. `history` has a row an epoch; `stopped` says why it ended early."""

    recipe: Recipe
    total: int  # steps
    step: int = 0
    history: list[dict] = field(default_factory=list)
    seconds: float = 0.0
    stopped: str | None = None
    sums: dict = field(default_factory=dict)  # [sum, count] of each term in the epoch under way

    @property
    def generator(self) -> models.Colorizer:
        """What was trained, as gray → ab, in eval mode."""
        return models.Colorizer(self.recipe.generator).eval()

    def __repr__(self):
        last = ", ".join(f"{key} {value:.4g}" for key, value in (self.history or [{}])[-1].items())
        return f"{self.step} of {self.total} steps in {self.seconds:.0f} s; last epoch: {last}"


def fit(
    recipe: Recipe,
    pictures,
    *,
    epochs: int | None = None,
    steps: int | None = None,
    batch_size: int | None = None,
    validate: Callable | None = None,
    on_epoch: Callable | None = None,
    out: str | Path | None = None,
    resume: bool = False,
    save_every: float = 60.0,
    progress: bool = True,
    **batch_options,
) -> Run:
    """Train a recipe on uint8 pictures, for epochs or for steps (by default as many as it was built for).

    After each epoch `validate(generator)` may give figures for the history (a dict; they are stored as
    `valid_…`), and `on_epoch(run)` may draw curves or keep snapshots. With `out` the history, a
    checkpoint (each epoch and every `save_every` seconds) and at last the weights are written there,
    and `resume` goes on from the checkpoint. Stop at any time: what was learned is kept.
    `batch_options` are those of data.batches, such as `flips`.
    """
    accelerator = Accelerator(mixed_precision=None if is_initialized() else best_precision())
    loop = _Loop(recipe, pictures, batch_size or recipe.batch_size, accelerator, batch_options)
    run = Run(recipe, loop.count_steps(epochs, steps))
    loop.folder = _folder(out, resume, accelerator)
    loop.validate, loop.on_epoch, loop.save_every = validate, on_epoch, save_every
    recipe.move_to(accelerator)
    recipe.begin(pictures)
    try:
        if resume and _restore(run, loop.facts, out) and run.step >= run.total:
            return run
        bar = tqdm(total=run.total, initial=run.step, unit="step", file=sys.stdout,
                   disable=not (progress and accelerator.is_main_process))
        with bar:
            loop.run(run, bar)
    except KeyboardInterrupt:
        run.stopped = "Stopped by hand."
    except Stopped as stop:
        run.stopped = str(stop)
    if run.stopped:
        warnings.warn(f"{run.stopped} Kept: what was learned in {run.step} of {run.total} steps.", stacklevel=2)
    return run
