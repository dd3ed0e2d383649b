"""NoGAN in its three stages on fastai, which this package alone imports. Lesson 05 trains them."""

from colorlib.nogan.learners import Learner, Snapshots, critic_learner, gan_learner, generator_learner, silent
from colorlib.nogan.loaders import critic_dataloaders, dataloaders, save_generated, shrunk
from colorlib.nogan.networks import FeatureLoss, Generator, as_critic, critic, unet

__all__ = [
    "FeatureLoss",
    "Generator",
    "Learner",
    "Snapshots",
    "as_critic",
    "critic",
    "critic_dataloaders",
    "critic_learner",
    "dataloaders",
    "gan_learner",
    "generator_learner",
    "save_generated",
    "shrunk",
    "silent",
    "unet",
]
