"""One loop for every recipe: progress, history, resume. Lesson 02 writes its inner step by hand."""

import atexit
import contextlib
import os
import sys
import time
import warnings
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import islice

import torch
from accelerate import Accelerator
from accelerate.state import is_initialized
from tqdm import tqdm

from colorlib import data, files, models
from colorlib.training.folder import Folder, fingerprint
from colorlib.training.recipe import Recipe, Stopped


def best_precision() -> str:
    """`bf16` or `fp16` where this machine is faster in half precision, else `no`. Accelerate's variable overrules."""
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
    if accelerator.num_processes > 1:  # torch asks that they close their group
        atexit.register(accelerator.end_training)
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

    @property
    def pictures_seen(self) -> int:
        """Those of all batches so far."""
        return self.step * self.recipe.settings.batch_size

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
    recipe, pictures, *, epochs=None, validate=None, on_epoch=None, out=None, resume=False, progress=True, **changes
):
    """Train a recipe on uint8 pictures, for as many epochs or for as long as the recipe plans.

    After each epoch `validate(generator)` may give measures for the history (a dict, kept as `valid_…`), and
    `on_epoch(run)` may draw curves or keep paintings. With `out` the history, the weights and a checkpoint (each epoch,
    and once a minute) are written there, and `resume` goes on from the checkpoint. Interrupt it at any time: what was
    learned is kept. `changes` are those of data.batches: `flips`, `change_pictures` and `change_gray`.
    """
    if resume and not out:
        raise ValueError("Resuming needs `out`, the folder that holds the checkpoint.")
    _check(recipe, pictures, any_size=changes.get("change_pictures"))
    settings, accelerator = recipe.settings, start_accelerator()
    main = accelerator.is_main_process
    batch_size = _batch_size(pictures, settings.batch_size, accelerator.num_processes)
    per_epoch = len(pictures) // batch_size
    run = Run(recipe, _count_steps(settings, epochs, per_epoch))
    facts = {"batch_size": batch_size, "pictures": len(pictures)}
    facts |= {"fingerprint": fingerprint(pictures), "flips": changes.get("flips", True)}
    folder = Folder(out, recipe.facts() | facts, main) if out else None
    recipe.move_to(accelerator)
    recipe.begin(pictures)
    if resume and folder.restore(run) and run.step >= run.total:
        return run
    seen = pictures if changes.get("change_pictures") else data.prepared(pictures)
    here = [accelerator.device] if accelerator.device.type == "cuda" else []
    if here and seen.nbytes < torch.cuda.mem_get_info()[0] / 4:  # of what is free on the GPU
        seen = seen.to(accelerator.device)
    feed = partial(data.batches, seen, batch_size, settings.seed, device=accelerator.device, **changes)
    looks, smaller = {"validate": validate, "on_epoch": on_epoch}, 0
    bar = tqdm(total=run.total, initial=run.step, file=sys.stdout, disable=not (progress and main))
    with bar, torch.random.fork_rng(devices=here):  # the caller's random numbers go on as if nothing was
        try:
            _train(run, feed, per_epoch, bar, folder, validate, on_epoch)
        except (KeyboardInterrupt, Stopped, files.CannotWrite) as stop:
            run.stopped = str(stop) or "Stopped by hand."
        except torch.OutOfMemoryError:
            run.stopped = f"Batches of {batch_size} pictures do not fit into memory."
            smaller = batch_size // 2 if run.step == 0 and accelerator.num_processes == 1 else 0
    if smaller:  # nothing has been learned yet
        print(f"{run.stopped} Here are batches of {smaller}.")
        torch.cuda.empty_cache()
        recipe.settings = replace(settings, batch_size=smaller)
        epochs = None if settings.steps else epochs
        return fit(recipe, pictures, epochs=epochs, out=out, progress=progress, **looks, **changes)
    if run.stopped:
        _keep(run, folder)
    return run


def _check(recipe, pictures, any_size):
    """Say at once what would fail, or train on nonsense, later."""
    shape = list(getattr(pictures, "shape", []))
    size = shape[-1] if shape and any_size else recipe.settings.size
    if getattr(pictures, "dtype", None) != torch.uint8 or shape[1:] != [3, size, size]:
        wanted, found = f"a tensor of uint8 pictures, N×3×{size}×{size}", shape or type(pictures).__name__
        raise ValueError(f"A training needs {wanted}, not {found}. Of a data set `world` give world.train.")
    if any(getattr(schedule, "last_epoch", 0) for schedule in recipe.schedulers.values()):
        raise ValueError("This recipe has been trained, and its learning rate with it: build a fresh recipe.")


def _batch_size(pictures, wanted, processes):
    """Of all processes together."""
    batch_size = min(wanted, len(pictures))
    if batch_size < processes or batch_size % processes:
        whole = f"A batch of {wanted} from {len(pictures)} pictures"
        raise ValueError(f"{whole} cannot be shared evenly by {processes} process(es): choose another batch size.")
    return batch_size


def _count_steps(settings, epochs, per_epoch):
    steps = settings.steps or settings.epochs * per_epoch if epochs is None else epochs * per_epoch
    if steps < 1:
        raise ValueError(f"{steps} steps are no training: at least 1 is needed.")
    if settings.steps and steps > settings.steps:
        raise ValueError(f"The rate is planned for {settings.steps} steps: build the recipe with steps={steps}.")
    return steps


def _train(run, feed, per_epoch, bar, folder, validate, on_epoch):
    recipe, started = run.recipe, time.monotonic() - run.seconds
    share = slice(recipe.accelerator.process_index, None, recipe.accelerator.num_processes)  # of each batch
    while run.step < run.total:
        recipe.epoch, start = divmod(run.step, per_epoch)
        for network in recipe.networks.values():
            network.train()
        for batch in islice(feed(epoch=recipe.epoch, start=start), min(per_epoch - start, run.total - run.step)):
            if folder and run.sums:  # in mid-epoch
                folder.save_checkpoint(run, now=False)
            recipe.number = run.step
            # A step's own random numbers let a stopped run repeat its dropout.
            torch.manual_seed(10**9 * recipe.settings.seed + 1000 * run.step + recipe.accelerator.process_index)
            run.add(recipe.step(*(part[share] for part in batch)))
            run.seconds = time.monotonic() - started
            bar.update()
            if not bar.disable and run.step % 10 == 0:
                bar.set_postfix(run.means(), refresh=False)
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
    """After a stop: a row for the part of an epoch that was done, and the weights, if they are numbers still."""
    if run.sums:
        run.history.append(run.row())
    told = f"What was learned in {run.step} of {run.total} steps is kept."
    tensors = run.recipe.generator.state_dict().values()  # a loss can spoil batch norm's before it is noticed
    if not all(tensor.isfinite().all() for tensor in tensors):
        told = "The network is full of NaN by now: only what `out` holds, of the last whole epoch, can be used."
    elif folder:
        with contextlib.suppress(files.CannotWrite):  # why it stopped, and it has been said
            folder.save_result(run)
    warnings.warn(f"{run.stopped} {told}", stacklevel=3)
