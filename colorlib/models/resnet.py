"""torchvision's ResNet-34 as an encoder of gray pictures, for lesson 05 where there is a GPU: 21 million parameters."""

from urllib.error import URLError

import torch
from torch import nn

MEAN, SPREAD = 0.449, 0.226  # of gray pictures in 0…1, as it was trained: the means of ImageNet's three channels


class AsTrained(nn.Module):
    """From gray in −1…1 to the scale that the weights were trained with."""

    def forward(self, gray):
        return ((gray + 1) / 2 - MEAN) / SPREAD


class ResNet34(nn.Module):
    """Gray in, a logit for each of ImageNet's classes out; `body` has its five stages, as DynamicUnet takes them.

    Its first kernels are those of red, green and blue summed up, which is what a gray picture in RGB would meet.
    """

    def __init__(self, size: int = 64, width: float = 1.0):
        super().__init__()
        if size < 64 or width != 1:
            raise ValueError(
                f"resnet34 comes in one width, 1, and needs pictures of 64 pixels, not {width} and {size}."
            )
        from torchvision.models import resnet34  # seconds: only for those who want it

        network = resnet34(weights=None)
        self.inputs, self.outputs = 1, "classes"
        first = nn.Conv2d(1, 64, 7, stride=2, padding=3, bias=False)
        stages = [nn.Sequential(AsTrained(), first, network.bn1, network.relu)]
        stages += [nn.Sequential(network.maxpool, network.layer1), network.layer2, network.layer3, network.layer4]
        self.body = nn.Sequential(*stages)
        self.head = network.fc

    def forward(self, gray):
        return self.head(self.body(gray).mean(dim=(-2, -1)))

    def take(self, state: dict[str, torch.Tensor]) -> "ResNet34":
        """The weights of torchvision's network."""
        names = {"conv1.": "body.0.1.", "bn1.": "body.0.2.", "layer1.": "body.1.1.", "fc.": "head."}
        names |= {f"layer{number}.": f"body.{number}." for number in (2, 3, 4)}
        own = {}
        for name, value in state.items():
            old = next(old for old in names if name.startswith(old))
            own[names[old] + name.removeprefix(old)] = value.sum(dim=1, keepdim=True) if old == "conv1." else value
        self.load_state_dict(own)
        return self


def fetched() -> dict[str, torch.Tensor]:
    """torchvision's weights, from its cache or over the network: 83 MB."""
    from torchvision.models import ResNet34_Weights

    try:
        return ResNet34_Weights.IMAGENET1K_V1.get_state_dict(progress=False, check_hash=True)
    except (URLError, OSError, RuntimeError) as error:
        raise OSError(
            f"The weights of ResNet-34 are not in torch's cache and could not be fetched ({error}). Try again with a "
            "network, or take the encoder that comes with colorlib: models.load_encoder()."
        ) from None
