"""One loop for every recipe: progress, history, resume. Lesson 02 writes its inner step by hand."""

import atexit
import contextlib
import os
import sys
import time
import warnings
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import torch
from accelerate import Accelerator, PartialState
from accelerate.state import is_initialized
from tqdm import tqdm

from colorlib import data, files, models
from colorlib.training.folder import Folder
from colorlib.training.recipe import Recipe, Stopped


def best_precision() -> str:
    """`bf16` or `fp16` where this machine calculates faster in half precision, else `no`.

    A CPU without bf16 units is slower in bf16, so it is asked first. Accelerate's own environment variable overrules.
    """
    wish = os.environ.get("ACCELERATE_MIXED_PRECISION")
    if wish or torch.backends.mps.is_available():
        return wish or "no"
    if torch.cuda.is_available() and os.environ.get("ACCELERATE_USE_CPU", "false") == "false":
        return "bf16" if torch.cuda.is_bf16_supported(including_emulation=False) else "fp16"
    units = getattr(torch.cpu, "get_capabilities", dict)()
    return "bf16" if units.get("avx512_bf16") or units.get("amx_bf16") else "no"


def start_accelerator() -> Accelerator:
    """The device, the precision and this process's place among several; once a Python session."""
    accelerator = Accelerator(mixed_precision=None if is_initialized() else best_precision())
    if accelerator.num_processes > 1:  # torch asks that its process group be closed before the end
        atexit.register(PartialState().destroy_process_group)
    return accelerator


@dataclass(repr=False)
class Run:
    """A training. `history` has a row an epoch; `stopped` says why it ended early, if it did."""

    recipe: Recipe
    total: int  # steps
    step: int = 0
    seconds: float = 0.0
    history: list[dict] = field(default_factory=list)
    sums: dict = field(default_factory=dict)  # [sum, count] of each term in the epoch under way
    stopped: str | None = None

    @property
    def generator(self) -> models.Colorizer:
        """What was trained, as gray → ab, in eval mode."""
        return models.Colorizer(self.recipe.generator).eval()

    def __repr__(self):
        last = ", ".join(f"{key} {value:.4g}" for key, value in (self.history or [{}])[-1].items())
        return f"{self.step} of {self.total} steps in {self.seconds:.0f} s; last epoch: {last}"

    def add(self, terms):
        """Count one step's terms, of all processes. They stay on the device: reading them would make it wait."""
        accelerator = self.recipe.accelerator
        values = torch.stack([torch.as_tensor(value, device=accelerator.device).detach() for value in terms.values()])
        for name, value in zip(terms, accelerator.reduce(values.float(), "mean"), strict=True):
            total, count = self.sums.get(name, (0.0, 0))
            self.sums[name] = [total + value, count + 1]
        self.step += 1

    def means(self):
        return {name: float(total) / count for name, (total, count) in self.sums.items()}

    def row(self):
        """The history's row for the epoch under way, as far as it was done."""
        done = {"epoch": self.recipe.epoch + 1, "step": self.step, "seconds": round(self.seconds, 2)}
        return {**done, "processes": self.recipe.accelerator.num_processes, **self.means()}


def fit(
    recipe: Recipe,
    pictures,
    *,
    epochs: int | None = None,
    validate: Callable | None = None,
    on_epoch: Callable | None = None,
    out: str | Path | None = None,
    resume: bool = False,
    progress: bool = True,
    flips: bool = True,
    change_pictures: Callable | None = None,
    change_gray: Callable | None = None,
) -> Run:
    """Train a recipe on uint8 pictures, for as many epochs or for as long as the recipe plans.

    After each epoch `validate(generator)` may give measures for the history (a dict, kept as `valid_…`), and
    `on_epoch(run)` may draw curves or keep paintings. With `out` the history, the weights and a checkpoint (each epoch,
    and once a minute) are written there, and `resume` goes on from the checkpoint. Interrupt it at any time: what was
    learned is kept. `flips` and both changes are those of data.batches.
    """
    if resume and not out:
        raise ValueError("Resuming needs `out`, the folder that holds the checkpoint.")
    _check(pictures, recipe, any_size=change_pictures is not None)
    accelerator = start_accelerator()
    feed = _Feed(
        pictures, recipe.settings, accelerator, flips=flips, change_pictures=change_pictures, change_gray=change_gray
    )
    run = Run(recipe, _count_steps(recipe.settings, epochs, feed.per_epoch))
    folder = Folder(out, recipe.facts() | feed.facts, accelerator.is_main_process) if out else None
    recipe.move_to(accelerator)
    recipe.begin(pictures)
    if resume and folder.restore(run) and run.step >= run.total:
        return run
    silent = not (progress and accelerator.is_main_process)
    with tqdm(total=run.total, initial=run.step, file=sys.stdout, disable=silent) as bar:
        try:
            _train(run, feed, bar, folder, validate, on_epoch)
        except (KeyboardInterrupt, Stopped, files.CannotWrite) as stop:
            run.stopped = str(stop) or "Stopped by hand."
    if run.stopped:
        _keep(run, folder)
    return run


def _check(pictures, recipe, any_size):
    """Say at once what would fail, or train on nonsense, later. What changes pictures may change their size too."""
    shape = list(getattr(pictures, "shape", []))
    size = shape[-1] if shape and any_size else recipe.settings.size
    if getattr(pictures, "dtype", None) != torch.uint8 or shape[1:] != [3, size, size]:
        raise ValueError(
            f"A training needs a tensor of uint8 pictures, N×3×{size}×{size} as its recipe is planned, not "
            f"{shape or type(pictures).__name__}. Of a data set `world` give world.train."
        )
    if any(getattr(schedule, "last_epoch", 0) for schedule in recipe.schedulers.values()):
        raise ValueError("This recipe has been trained, and its learning rate with it: build a fresh recipe.")


def _count_steps(settings, epochs, per_epoch):
    planned = settings.steps
    steps = planned or settings.epochs * per_epoch if epochs is None else epochs * per_epoch
    if steps < 1:
        raise ValueError(f"{steps} steps are no training: at least 1 is needed.")
    if planned and steps > planned:
        raise ValueError(
            f"The learning rate is planned for {planned} steps, not {steps}: build the recipe with steps={steps}."
        )
    return steps


class _Feed:
    """The batches of this process: its share of the pictures and of every batch."""

    def __init__(self, pictures, settings, accelerator, **options):
        processes, self.place = accelerator.num_processes, accelerator.process_index
        self.share = pictures[self.place :: processes][: len(pictures) // processes]
        self.batch_size, rest = divmod(min(settings.batch_size, len(pictures)), processes)
        if self.batch_size < 1 or rest:
            raise ValueError(
                f"A batch of {settings.batch_size} from {len(pictures)} pictures cannot be shared evenly "
                f"by {processes} process(es). Choose another batch size."
            )
        self.per_epoch = len(self.share) // self.batch_size
        some = pictures[torch.linspace(0, len(pictures) - 1, 64).long()].cpu().contiguous()
        self.facts = {"batch_size": self.batch_size * processes, "pictures": len(pictures)}
        self.facts |= {"fingerprint": zlib.crc32(some.numpy()), "flips": options["flips"]}
        self.seed, self.options = settings.seed, {"device": accelerator.device, **options}

    def __call__(self, step):
        """What is left of the epoch that holds a step. Its own random numbers let a stopped run repeat its dropout."""
        epoch, start = divmod(step, self.per_epoch)
        left = data.batches(self.share, self.batch_size, self.seed, epoch, start=start, **self.options)
        for number, batch in zip(range(step, (epoch + 1) * self.per_epoch), left, strict=False):
            torch.manual_seed(10**9 * self.seed + 1000 * number + self.place)
            yield number, batch


def _train(run, feed, bar, folder, validate, on_epoch):
    recipe, before, started = run.recipe, run.seconds, time.monotonic()
    here = [recipe.accelerator.device] if recipe.accelerator.device.type == "cuda" else []
    with torch.random.fork_rng(devices=here):  # the caller's random numbers go on as if nothing was
        while run.step < run.total:
            recipe.epoch = run.step // feed.per_epoch
            for network in recipe.networks.values():
                network.train()
            for recipe.number, batch in feed(run.step):
                run.add(recipe.step(*batch))
                run.seconds = before + time.monotonic() - started
                bar.update()
                if not bar.disable and run.step % 10 == 0:
                    bar.set_postfix(run.means(), refresh=False)
                if run.step == run.total:
                    break
                if folder and run.step % feed.per_epoch:  # at its end the epoch is saved as a whole
                    folder.save_now_and_then(run)
            row = run.row()
            recipe.end_epoch(row)
            if validate and recipe.accelerator.is_main_process:
                with torch.no_grad():
                    row |= {f"valid_{name}": float(value) for name, value in validate(run.generator).items()}
            run.history.append(row)
            run.sums = {}
            if on_epoch and recipe.accelerator.is_main_process:
                on_epoch(run)
            if folder:
                folder.save(run)


def _keep(run, folder):
    """After a stop: a row for the part of an epoch that was done, and the weights as they are."""
    epochs = run.history[-1]["epoch"] if run.history else 0
    if run.sums:
        run.history.append(run.row())
    tensors = run.recipe.generator.state_dict().values()  # a loss can spoil batch norm's before it is noticed
    if all(tensor.isfinite().all() for tensor in tensors):
        done = f"What was learned in {run.step} of {run.total} steps is kept."
        if folder:
            with contextlib.suppress(files.CannotWrite):  # why it stopped, and it has been said
                folder.save_result(run)
    elif folder and epochs:
        done = f"The network is full of NaN by now; in {folder.path} the weights of epoch {epochs} are kept."
    else:
        done = "The network is full of NaN by now: nothing usable was learned."
    warnings.warn(f"{run.stopped} {done}", stacklevel=3)
