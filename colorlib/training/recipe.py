"""What a recipe is: settings, networks, optimizers, a step. published.toml lists them, loop.py runs them."""

from collections.abc import Callable
from contextlib import contextmanager, nullcontext
from dataclasses import asdict, dataclass, field, fields

import torch
from torch import nn

from colorlib import color, models


class Stopped(Exception):
    """A training that cannot go on; the message says why and what to try."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What every recipe is told. With `steps` its learning rate is one cycle of so many steps."""

    recipe: str
    network: str
    size: int
    width: float = 1.0
    lr: float = 1e-3
    steps: int | None = None
    seed: int = 0
    batch_size: int = 64
    epochs: int = 100
    options: dict = field(default_factory=dict)  # the network's own

    @classmethod
    def read(cls, kind: str, given: dict) -> "Settings":
        """From keywords: those that are no setting are options of the network. The network and `kind` make the name."""
        settings = {"recipe": f"{given.get('network')}_{kind}", **given}
        known = {setting.name for setting in fields(cls)}
        options = {name: settings.pop(name) for name in given if name not in known}
        return cls(**settings, options=options)

    def build(self) -> nn.Module:
        """The network, with the weights that the seed draws."""
        return seeded(self.seed, models.build, self.network, self.size, self.width, **self.options)


class Recipe:
    """Settings, networks (the `generator`, and its critic if it has one), their optimizers: all that `fit` must know.

    A subclass writes `step(gray, ab)`, which gives the terms for the history and works in a plain loop too. Its
    randomness comes from torch alone, so that a resumed training can repeat it. `fit` sets `epoch` and `number`.
    """

    def __init__(self, settings, networks: dict, optimizers: dict, schedulers: dict):
        self.settings = settings
        self.networks, self.optimizers, self.schedulers = networks, optimizers, schedulers
        self.generator = networks["generator"]
        self.epoch = self.number = 0
        self.accelerator = None
        self.scaler = torch.amp.GradScaler(enabled=False)  # fp16 alone needs one that does something

    def facts(self) -> dict:
        """The settings as checkpoints, weights and cards keep them; `epochs` may grow, so it is none of them."""
        return {name: value for name, value in asdict(self.settings).items() if name != "epochs"}

    def begin(self, pictures) -> None:
        """Called before the first step: a recipe may look at the training pictures."""

    def end_epoch(self, row: dict) -> None:
        """Called with each row of the history: some schedules depend on it."""

    def pair(self, gray: torch.Tensor, ab: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """What the generator sees, and what it should give: ab, all of Lab, or the picture."""
        seen, outputs = gray.expand(-1, self.generator.inputs, -1, -1), self.generator.outputs
        if outputs in ("rgb", "picture"):
            picture = color.from_gray_ab(gray, ab)
            return seen, picture * 2 - 1 if outputs == "rgb" else picture
        return seen, torch.cat((gray, ab), dim=1) if outputs == "lab" else ab

    def forward(self, network: Callable, *seen: torch.Tensor) -> torch.Tensor:
        """A network's output in float32, calculated in the machine's fastest precision."""
        with self.accelerator.autocast() if self.accelerator else nullcontext():
            return network(*seen).float()

    def descend(self, name: str, loss: torch.Tensor) -> torch.Tensor:
        """One step of an optimizer down the loss; gives the length of the gradient.

        In fp16 numbers overflow now and then. So its scaler makes the loss larger or smaller, and where the gradient
        overflowed it leaves out the step and tries a smaller scale. In other precisions it does nothing, at scale 1.
        """
        optimizer, scaler = self.optimizers[name], self.scaler
        optimizer.zero_grad()
        scaler.scale(loss).backward()
        gradients = [p.grad for group in optimizer.param_groups for p in group["params"] if p.grad is not None]
        if self.accelerator and self.accelerator.num_processes > 1:
            # DistributedDataParallel expects one forward and one backward a step: no two networks that take turns.
            for gradient, mean in zip(gradients, self.accelerator.reduce(gradients, "mean"), strict=True):
                gradient.copy_(mean)
        scaler.unscale_(optimizer)
        length = torch.nn.utils.get_total_norm(gradients)
        overflowed = not torch.isfinite(length)
        if overflowed and scaler.get_scale() <= 1:  # no number at any scale
            raise Stopped(
                f"The {name}'s loss or gradient is no longer a number. Try a learning rate 3 to 10 times smaller, or "
                "look for a division, root or logarithm at 0 in the loss."
            )
        scaler.step(optimizer)
        scaler.update()
        if name in self.schedulers and not overflowed:
            self.schedulers[name].step()
        return torch.zeros_like(length) if overflowed else length

    def move_to(self, accelerator) -> None:
        """Onto the accelerator's device, a pixel's channels side by side, which is faster on all but Apple's."""
        self.accelerator, self.scaler = accelerator, accelerator.scaler or self.scaler
        layout = torch.preserve_format if accelerator.device.type == "mps" else torch.channels_last
        for network in self.networks.values():
            network.to(accelerator.device, memory_format=layout).train()

    def parts(self) -> dict:
        """All that has a state which a checkpoint must keep."""
        kinds = {"network": self.networks, "optimizer": self.optimizers, "scheduler": self.schedulers}
        parts = {f"{kind} {name}": part for kind, of in kinds.items() for name, part in of.items()}
        return parts | {"scaler": self.scaler}


@contextmanager
def frozen(critic: nn.Module):
    """In here the critic judges as it does in its own step, and nothing of it changes.

    Its weights get no gradient, yet let it through. Batch norm goes by the batch, but keeps no running statistics.
    """
    norms = [module for module in critic.modules() if isinstance(module, nn.BatchNorm2d)]
    critic.requires_grad_(False)
    for norm in norms:
        norm.track_running_stats = False
    try:
        yield critic
    finally:
        critic.requires_grad_(True)
        for norm in norms:
            norm.track_running_stats = True


def one_cycle(optimizer: torch.optim.Optimizer, steps: int):
    """A learning rate that rises to the optimizer's own and falls to nothing, in so many steps."""
    return torch.optim.lr_scheduler.OneCycleLR(optimizer, optimizer.defaults["lr"], steps, cycle_momentum=False)


def seeded(seed: int, make, *args, **options):
    """Call `make` with random numbers of its own: a seed always starts from the same weights."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return make(*args, **options)
