"""NoGAN in its three stages on fastai, which this package alone imports. Lesson 05 trains them."""

from fastai.callback.core import CancelFitException

from colorlib.nogan.learners import Callback, Learner, critic_learner, gan_learner, generator_learner, silent
from colorlib.nogan.loaders import SameOrder, critic_dataloaders, dataloaders, save_generated
from colorlib.nogan.networks import DynamicUnet, FeatureLoss, Generator, SelfAttention, critic, resnet34, unet

__all__ = ["Callback", "CancelFitException", "DynamicUnet", "Learner", "SelfAttention"]  # fastai's own
__all__ += ["FeatureLoss", "Generator", "SameOrder", "critic", "critic_dataloaders"]
__all__ += ["critic_learner", "dataloaders", "gan_learner", "generator_learner", "resnet34", "save_generated"]
__all__ += ["silent", "unet"]
