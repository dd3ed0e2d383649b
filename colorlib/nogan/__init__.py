"""NoGAN in its three stages on fastai, which this package alone imports. Lesson 05 trains them."""

from fastai.callback.core import Callback
from fastai.callback.schedule import Learner  # with fit_one_cycle, fine_tune and lr_find
from fastai.layers import SelfAttention
from fastai.vision.models.unet import DynamicUnet

from colorlib.nogan.learners import Snapshots, critic_learner, gan_learner, generator_learner, silent
from colorlib.nogan.loaders import SameOrder, critic_dataloaders, dataloaders, save_generated, shrunk
from colorlib.nogan.networks import FeatureLoss, Generator, build_unet, critic, unet

__all__ = ["Callback", "DynamicUnet", "Learner", "SelfAttention"]  # fastai's own
__all__ += ["FeatureLoss", "Generator", "SameOrder", "Snapshots", "build_unet", "critic", "critic_dataloaders"]
__all__ += ["critic_learner", "dataloaders", "gan_learner", "generator_learner", "save_generated", "shrunk", "silent"]
__all__ += ["unet"]
