"""`encoder`: a small residual network that names what a picture shows. Lesson 05 builds on one for gray pictures."""

import torch
from torch import nn

from colorlib.models.blocks import maps_of, require_halvings, scaled

CHANNELS = (16, 48, 112, 240)  # the deep maps are small, so that width costs little time there


def normed(before: int, after: int, stride: int = 1, kernel: int = 3) -> nn.Sequential:
    """A convolution and batch norm, which makes a bias pointless."""
    convolution = nn.Conv2d(before, after, kernel, stride, kernel // 2, bias=False)
    return nn.Sequential(convolution, nn.BatchNorm2d(after))


class Residual(nn.Module):
    """Two convolutions, added to what came in; a 1×1 convolution fits it where the shape changes."""

    def __init__(self, before: int, after: int, stride: int = 1):
        super().__init__()
        self.change = nn.Sequential(normed(before, after, stride), nn.ReLU(), normed(after, after))
        same = before == after and stride == 1
        self.shortcut = nn.Identity() if same else normed(before, after, stride, kernel=1)

    def forward(self, x):
        return torch.relu(self.shortcut(x) + self.change(x))


class Encoder(nn.Module):
    """Gray in, a logit a class out; the four maps on the way (whole, half, quarter, eighth size) are its features."""

    def __init__(self, size=32, width=1.0, classes=10, inputs=1):
        super().__init__()
        require_halvings("encoder", size, 0)  # that of the training; any from 32 pixels on will do later
        self.inputs, self.outputs = inputs, "classes"  # with 3 inputs it sees RGB in −1…1 instead
        self.channels = [scaled(channels, width) for channels in CHANNELS]
        first, *others = self.channels
        stages = [nn.Sequential(normed(inputs, first), nn.ReLU(), Residual(first, first))]
        stages += [Residual(*pair, stride=2) for pair in zip(self.channels, others, strict=False)]
        self.body = nn.Sequential(*stages)  # as fastai's DynamicUnet takes it
        self.head = nn.Linear(self.channels[-1], classes)

    def features(self, gray: torch.Tensor) -> list[torch.Tensor]:
        """What each stage makes of the picture, the finest map first."""
        return maps_of(self.body, gray)

    def pooled(self, gray: torch.Tensor) -> torch.Tensor:
        """The mean of the last map: one vector for what the whole picture shows."""
        return self.body(gray).mean(dim=(-2, -1))

    def forward(self, gray):
        return self.head(self.pooled(gray))
