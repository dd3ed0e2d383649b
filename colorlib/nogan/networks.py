"""NoGAN's networks and the loss of its first stage, on fastai. Lesson 05 takes them apart."""

import copy
from collections.abc import Sequence

import torch
import torchvision
from fastai.callback.hook import num_features_model
from fastai.layers import Lambda, NormType, SelfAttention
from fastai.vision.gan import gan_critic
from fastai.vision.learner import create_body
from fastai.vision.models.unet import DynamicUnet
from torch import nn

from colorlib import color, losses, models
from colorlib.models.blocks import maps_of, scaled
from colorlib.models.encoder import normed


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
        body = self.network.layers[0].named_parameters() if isinstance(self.network, DynamicUnet) else ()
        encoder = [parameter for name, parameter in body if not name.startswith("narrow")]
        others = [parameter for parameter in self.parameters() if parameter not in set(encoder)]
        return [encoder, others] if encoder else [others]


def unet(
    encoder: nn.Module, size: int, spectral=False, attention=False, blur=False, stages=None, narrow=None
) -> Generator:
    """fastai's DynamicUnet on a copy of the encoder's `body`, or of its first `stages`."""
    if stages not in (None, *range(2, len(encoder.body) + 1)):
        raise ValueError(f"The generator can stand on 2 to {len(encoder.body)} stages of its encoder, not {stages}.")
    body = copy.deepcopy(encoder.body[:stages]).requires_grad_(True)
    if narrow:  # so many channels are left of the deepest map, where most parameters are
        body.add_module("narrow", nn.Sequential(normed(num_features_model(body), narrow, kernel=1), nn.ReLU()))
    looks = {"norm_type": NormType.Spectral if spectral else None, "self_attention": attention, "blur": blur}
    generator = Generator(DynamicUnet(body, 2, (size, size), y_range=(-1, 1), **looks))  # without a range: no bounds
    if attention and not any(isinstance(module, SelfAttention) for module in generator.modules()):
        raise ValueError("Self-attention comes at the third doubling from the end. There are fewer: take more stages.")
    if hasattr(encoder, "settings"):  # then models.save and models.load can rebuild it
        own = encoder.settings
        options = {"encoder": own["network"], "encoder_options": own["options"]}
        options |= {"spectral": spectral, "attention": attention, "blur": blur, "stages": stages, "narrow": narrow}
        generator.settings = {"network": "dynamic_unet", "size": size, "width": own["width"], "options": options}
    return generator


def build_unet(size: int, width: float, encoder: str, encoder_options: dict, **options) -> Generator:
    """The same for models.load, on a fresh encoder by name."""
    fresh = resnet34(False) if encoder == "resnet34" else models.build(encoder, size, width, **encoder_options)
    return unet(fresh, size, **options)


def as_trained(gray: torch.Tensor) -> torch.Tensor:
    """From gray in −1…1 to the scale of torchvision's weights, by the mean and spread of ImageNet in 0…1."""
    return ((gray + 1) / 2 - 0.449) / 0.226


def resnet34(pretrained: bool = True) -> nn.Module:
    """torchvision's ResNet-34 as an encoder of gray pictures, 83 MB, for lesson 05 where there is a GPU."""
    theirs = torchvision.models.resnet34(weights="IMAGENET1K_V1" if pretrained else None)
    layers = create_body(theirs, n_in=1, pretrained=pretrained, cut=-2)  # sums the kernels of red, green and blue
    encoder = nn.Module()
    encoder.body = nn.Sequential(nn.Sequential(Lambda(as_trained), *layers[:3]), layers[3:5], *layers[5:]).eval()
    encoder.settings = {"network": "resnet34", "width": 1.0, "options": {}}
    return encoder


def critic(size: int, width: float = 1.0) -> nn.Sequential:
    """The critic of fastai: spectral norm, dropout, self-attention, no batch norm; width 1 is the published one."""
    if size < 16 or size & (size - 1):
        raise ValueError(f"The critic halves its picture down to 4 pixels: the size must be 16, 32, 64 …, not {size}.")
    return nn.Sequential(gan_critic(3, scaled(256, width), n_blocks=size.bit_length() - 4), nn.Flatten())


class FeatureLoss(nn.Module):
    """`pixel` times L1 between colors, and `features` times L1 between what the encoder's stages make of both."""

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
        """What each stage makes of red, green and blue in turn, as through filters: the encoder knows gray alone."""
        # Not clipped: where clipped, no gradient would pass.
        picture = color.lab_to_rgb(color.to_lab(lab[:, :1], lab[:, 1:]), clip=False)
        return maps_of(self.stages, picture.flatten(0, 1)[:, None] * 2 - 1)
