"""A learner for each stage of NoGAN: pretrain the generator, pretrain the critic, then a pinch of GAN. Lesson 05."""

import warnings
from contextlib import contextmanager
from functools import partial

import torch
from fastai.callback.core import Callback
from fastai.callback.schedule import Learner
from fastai.data.core import DataLoaders
from fastai.metrics import LossMetrics
from fastai.optimizer import Adam
from fastai.torch_core import params
from fastai.vision import gan
from torch import nn

from colorlib.nogan.loaders import SameOrder
from colorlib.nogan.networks import FeatureLoss, Generator

# At each fit fastai warns that names in its own GANTrainer are names of its own learner too.
warnings.filterwarnings("ignore", r"You are shadowing an attribute \((generator|critic|gen_mode)\)")


def generator_learner(dls: DataLoaders, generator: Generator, loss=None, seed=0, cbs=(), **options) -> Learner:
    """Stage 1: a Learner whose `freeze` holds the encoder, and which reports every term of a FeatureLoss."""
    loss = (loss or FeatureLoss()).to(dls.device)
    terms = LossMetrics(list(loss.weights)) if isinstance(loss, FeatureLoss) else None
    cbs = [SameOrder(seed), *cbs]
    return Learner(dls, generator, loss, splitter=Generator.groups, metrics=terms, cbs=cbs, **options)


def critic_learner(dls: DataLoaders, critic: nn.Module, seed=0, cbs=(), **options) -> Learner:
    """Stage 2: real or painted? A plain classifier, on pictures painted beforehand."""
    loss, measure, cbs = gan.AdaptiveLoss(nn.BCEWithLogitsLoss()), gan.accuracy_thresh_expand, [SameOrder(seed), *cbs]
    return Learner(dls, critic.requires_grad_(True), loss, splitter=params, metrics=measure, cbs=cbs, **options)


class Together(Callback):
    """Several processes train one network: each on its share of every batch, by the mean of all gradients."""

    def before_fit(self):
        self.processes = torch.distributed.get_world_size()
        self.dls.train.share = slice(torch.distributed.get_rank(), None, self.processes)

    def after_backward(self):
        self.learn.loss = self.loss.detach()  # fastai decides by it whose turn is next: in all of them alike
        for value in (self.loss, *(p.grad for p in self.model.parameters() if p.grad is not None)):
            torch.distributed.all_reduce(value)
            value.div_(self.processes)


class Rest(Callback):
    """The network whose turn it is not stays as it is."""

    run_valid = False

    def before_batch(self):
        self.resting = self.model.critic if self.gan_trainer.gen_mode else self.model.generator
        self.resting.eval()  # fastai puts both into train mode, where batch norm changes with all that it is shown

    def before_step(self):
        for parameter in self.resting.parameters():
            parameter.grad = None  # both have one optimizer: gradients of zero would let Adam's memory fade

    def after_fit(self):
        self.model.requires_grad_(True)  # GANTrainer leaves one of them frozen


def gan_learner(generator, critic, weights=(1.0, 60.0), threshold=0.65, critic_rate=5.0, seed=0, cbs=()) -> Learner:
    """Stage 3: both networks together, to `fit` at a small rate; `weights` are the verdict's and stage 1's loss's."""
    cbs = [SameOrder(seed), Rest(), gan.GANDiscriminativeLR(critic_rate), *cbs]
    switcher = gan.AdaptiveGANSwitcher(critic_thresh=threshold)  # the critic learns while its loss is above
    options = {"opt_func": partial(Adam, mom=0.0, sqr_mom=0.99, wd=0.0), "splitter": params, "cbs": cbs}
    return gan.GANLearner.from_learners(generator, critic, switcher, weights, path=generator.path, **options)


@contextmanager
def silent(learner: Learner):
    """In here a learner shows neither bars nor rows of numbers; `learner.recorder` keeps them all the same."""
    with learner.no_bar(), learner.no_logging():
        yield learner
