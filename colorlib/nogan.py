"""The three NoGAN stages on fastai: pretrain the generator, pretrain the critic, then a pinch of GAN. Lesson 05.

Every network in here gives [L, ab], scaled to −1…1, so that the critic sees the picture that the colors are for.
"""

import copy
from collections.abc import Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import torch
from fastai.callback.core import Callback, CancelFitException
from fastai.callback.progress import ProgressCallback
from fastai.callback.schedule import Learner  # with fit_one_cycle, fine_tune and lr_find
from fastai.data.core import DataLoaders
from fastai.layers import NormType, SelfAttention
from fastai.metrics import LossMetrics
from fastai.optimizer import Adam
from fastai.torch_core import params
from fastai.vision.gan import (
    AdaptiveGANSwitcher,
    AdaptiveLoss,
    GANDiscriminativeLR,
    GANLearner,
    GANTrainer,
    accuracy_thresh_expand,
    gan_critic,
)
from fastai.vision.models.unet import DynamicUnet
from torch import nn

from colorlib import color, losses, metrics, models
from colorlib.nogan_data import SameOrder


class Generator(nn.Module):
    """Any network that maps gray to ab, giving [L, ab]: a critic that fastai shows the output alone knows the gray."""

    inputs, outputs = 1, "lab"

    def __init__(self, network: nn.Module):
        super().__init__()
        self.network = network

    def forward(self, gray):
        return torch.cat((gray, self.network(gray).as_subclass(torch.Tensor)), dim=1)

    def groups(self) -> list[list[nn.Parameter]]:
        """The encoder's parameters and the others: what `Learner.freeze` freezes, and what it leaves."""
        encoder = params(self.network.layers[0]) if isinstance(self.network, DynamicUnet) else []
        known = set(encoder)
        others = [parameter for parameter in self.parameters() if parameter not in known]
        return [encoder, others] if encoder else [others]


def unet(encoder: nn.Module, size: int, spectral=False, attention=False, blur=False, stages=None) -> Generator:
    """fastai's DynamicUnet on a copy of the encoder's `body`; without a `y_range` its output would have no bounds.

    `spectral` norm on every convolution, self-`attention` and `blur` after PixelShuffle are as published. `stages`: how
    many of the body's stages it stands on, all by default; the last one costs most of the parameters.
    """
    if stages not in (None, *range(2, len(encoder.body) + 1)):
        raise ValueError(f"The generator can stand on 2 to {len(encoder.body)} stages of its encoder, not {stages}.")
    body = copy.deepcopy(encoder.body[:stages]).requires_grad_(True)
    norm = NormType.Spectral if spectral else None
    looks = {"norm_type": norm, "self_attention": attention, "blur": blur}
    generator = Generator(DynamicUnet(body, 2, (size, size), y_range=(-1, 1), **looks))
    if attention and not any(isinstance(module, SelfAttention) for module in generator.modules()):
        raise ValueError(
            "fastai puts self-attention at the third doubling from the end, and there are fewer: take more stages."
        )
    if hasattr(encoder, "settings"):  # then models.save and models.load can rebuild it
        own = encoder.settings
        options = {"encoder": own["network"], "encoder_options": own["options"]}
        options |= {"spectral": spectral, "attention": attention, "blur": blur, "stages": stages}
        generator.settings = {"network": "dynamic_unet", "size": size, "width": own["width"], "options": options}
    return generator


def build_unet(
    size=32, width=1, encoder="encoder", encoder_options=None, spectral=False, attention=False, blur=False, stages=None
):
    """The same for models.build, on a fresh encoder by name."""
    return unet(models.build(encoder, size, width, **(encoder_options or {})), size, spectral, attention, blur, stages)


# Else fastai warns at each fit that its own trainer's `generator` and `critic` are names of its own learner's.
GANTrainer.__setattr__ = object.__setattr__
models.NETWORKS["dynamic_unet"] = build_unet  # models.ELSEWHERE says that it is here


def critic(size: int, width: float = 1.0) -> nn.Sequential:
    """The critic of fastai: spectral norm, dropout, self-attention, no batch norm; width 1 is the published one."""
    if size < 16 or size & (size - 1):
        raise ValueError(f"The critic halves its picture down to 4 pixels: the size must be 16, 32, 64 …, not {size}.")
    return as_critic(gan_critic(3, max(8, round(256 * width)), n_blocks=size.bit_length() - 4))


def as_critic(network: nn.Module) -> nn.Sequential:
    """Any network that judges [L, ab], its logits in one row a picture, as fastai's losses expect them."""
    return nn.Sequential(network, nn.Flatten())


class FeatureLoss(nn.Module):
    """`pixel` times L1 between colors, and `features` times L1 between what the encoder's stages make of the pictures.

    The encoder knows gray pictures only: it looks at red, green and blue in turn, as through three color filters.
    """

    def __init__(self, encoder: nn.Module | None = None, pixel: float = 1.0, features: Sequence[float] = ()):
        super().__init__()
        self.weights = {"pixel": pixel} | {f"stage_{i}": w for i, w in enumerate(features, start=1) if w}
        stages = encoder.body if features and encoder else []
        if len(features) > len(stages):
            raise ValueError(f"There are {len(features)} weights for the {len(stages)} stages of the encoder.")
        self.stages = copy.deepcopy(nn.Sequential(*stages[: len(features)])).eval().requires_grad_(False)

    def forward(self, painted, truth):
        terms = {"pixel": losses.l1(painted[:, 1:], truth[:, 1:])}
        maps = zip(self.maps(painted), self.maps(truth), strict=True) if len(self.stages) else ()
        terms |= {f"stage_{number}": losses.l1(*pair) for number, pair in enumerate(maps, start=1)}
        for name in self.weights:
            setattr(self, name, terms[name].detach())  # where LossMetrics looks for them
        return sum(weight * terms[name] for name, weight in self.weights.items())

    def maps(self, lab):
        """What each stage makes of the three filtered pictures. Not clipped: where clipped, no gradient would pass."""
        picture = color.lab_to_rgb(color.to_lab(lab[:, :1], lab[:, 1:]), clip=False)
        x, maps = picture.flatten(0, 1)[:, None] * 2 - 1, []
        for stage in self.stages:
            x = stage(x)
            maps.append(x)
        return maps


def generator_learner(dls: DataLoaders, generator: Generator, loss=None, seed=0, cbs=(), **options) -> Learner:
    """Stage 1: a Learner whose `freeze` holds the encoder, and which reports every term of a FeatureLoss."""
    loss = (loss or FeatureLoss()).to(dls.device)
    terms = LossMetrics(list(loss.weights)) if isinstance(loss, FeatureLoss) else None
    options = {"splitter": Generator.groups, "metrics": terms} | options
    return Learner(dls, generator, loss, cbs=[SameOrder(seed), *cbs], **options)


def critic_learner(dls: DataLoaders, critic: nn.Module, seed=0, cbs=(), **options) -> Learner:
    """Stage 2: real or painted? A plain classifier, on pictures painted beforehand."""
    loss = AdaptiveLoss(nn.BCEWithLogitsLoss())
    options = {"metrics": accuracy_thresh_expand, "splitter": params} | options
    return Learner(dls, critic.requires_grad_(True), loss, cbs=[SameOrder(seed), *cbs], **options)


class Rest(Callback):
    """The network whose turn it is not stays as it is.

    fastai gives both one optimizer, whose zeroed gradients would let Adam's memory of the resting one fade; and at the
    start of an epoch it puts both into train mode, where batch norm changes with all that it is shown.
    """

    run_valid = False

    def before_batch(self):
        self.resting = self.model.critic if self.gan_trainer.gen_mode else self.model.generator
        self.resting.eval()

    def before_step(self):
        for parameter in self.resting.parameters():
            parameter.grad = None

    def after_fit(self):
        self.model.requires_grad_(True)  # GANTrainer leaves one of them frozen


class Snapshots(Callback):
    """What the generator paints, and its weights, every so many batches; after `last` batches the training ends.

    `painted` has the ab of the same gray pictures by batch, 0 is stage 1's; `losses` what each network paid in its own
    batches. `restore(batch)` brings the weights back, from the `folder` if there is one, else from memory.
    """

    run_valid = False

    def __init__(self, gray: torch.Tensor, every: int = 20, last: int | None = None, folder: str | Path | None = None):
        if every < 1 or (last is not None and last < 1):
            raise ValueError(f"Snapshots need at least 1 batch between them and in all, not {every} and {last}.")
        self.gray, self.every, self.last, self.folder = gray, every, last, Path(folder) if folder else None
        self.painted, self.states, self.batches = {}, {}, 0
        self.losses = {"generator": {}, "critic": {}}

    def before_fit(self):
        if not self.painted:
            self.take()

    def after_batch(self):
        self.batches += 1
        self.losses["generator" if self.gan_trainer.gen_mode else "critic"][self.batches] = self.loss.item()
        if self.batches % self.every == 0 or self.batches == self.last:
            self.take()
        if self.batches == self.last:
            raise CancelFitException

    def take(self):
        generator, number = self.model.generator, self.batches
        mode = generator.training
        self.painted[number] = metrics.paint(generator.eval(), self.gray)[:, -2:]
        generator.train(mode)
        state = {name: value.detach().cpu().clone() for name, value in generator.state_dict().items()}
        if self.folder:
            self.folder.mkdir(parents=True, exist_ok=True)
            torch.save(state, self.folder / f"batch-{number}.pth")
        self.states[number] = None if self.folder else state

    def restore(self, number: int, generator: nn.Module) -> nn.Module:
        """Give a generator the weights it had after so many batches."""
        if number not in self.states:
            raise ValueError(
                f"There is no snapshot at batch {number}: choose one of {', '.join(map(str, self.states))}."
            )
        file = self.folder and self.folder / f"batch-{number}.pth"
        generator.load_state_dict(torch.load(file, weights_only=True) if file else self.states[number])
        return generator


def gan_learner(
    generator: Learner,
    critic: Learner,
    weights: tuple[float, float] = (1.0, 60.0),
    threshold: float = 0.65,
    critic_rate: float = 5.0,
    seed: int = 0,
    cbs: Sequence[Callback] = (),
    **options,
) -> GANLearner:
    """Stage 3: the two learners' networks together; train it by `fit`, at a small and constant rate.

    `weights` are those of the critic's verdict and of stage 1's loss. The critic learns while its loss is above the
    `threshold`, else the generator does; the critic's rate is `critic_rate` times as high.
    """
    optimizer = partial(Adam, mom=0.0, sqr_mom=0.99, wd=0.0)
    cbs = [SameOrder(seed), Rest(), GANDiscriminativeLR(critic_rate), *cbs]
    switcher = AdaptiveGANSwitcher(critic_thresh=threshold)
    options = {"opt_func": optimizer, "splitter": params, "path": generator.path} | options
    return GANLearner.from_learners(generator, critic, switcher, weights, cbs=cbs, **options)


@contextmanager
def silent(learner: Learner):
    """In here a learner shows neither bars nor rows of numbers; `learner.recorder` keeps them all the same."""
    bars = [callback for callback in learner.cbs if isinstance(callback, ProgressCallback)]
    with learner.removed_cbs(bars), learner.no_logging():
        yield learner
