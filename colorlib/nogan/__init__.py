"""NoGAN in its three stages on fastai, which this package alone imports. Lesson 05 trains them."""
# ruff: noqa: F401  these are for others to import

from fastai.callback.core import CancelFitException

from colorlib.nogan.learners import Callback, Learner, critic_learner, gan_learner, generator_learner, silent
from colorlib.nogan.loaders import SameOrder, critic_dataloaders, dataloaders, save_generated, shrunk
from colorlib.nogan.networks import DynamicUnet, FeatureLoss, Generator, SelfAttention, critic, resnet34, unet
from colorlib.nogan.recipe import Stages, fit
from colorlib.nogan.stops import Snapshots
from colorlib.training import NOGAN as PUBLISHED
