"""`keras_gan`: the two networks of pdrabinski's GAN_Colorizer. Lesson 03 (Extra) trains them whole."""

import torch
from torch import nn

from colorlib.models.blocks import colored, require_halvings, scaled


def block(before: int, after: int, stride: int = 1, activation: nn.Module | None = None) -> nn.Sequential:
    """A 3×3 convolution, batch norm, and ReLU if nothing else is named."""
    convolution = nn.Conv2d(before, after, 3, stride, padding=1)
    return nn.Sequential(convolution, nn.BatchNorm2d(after), activation or nn.ReLU())


def doubled(before: int, after: int) -> nn.Sequential:
    """Twice the size by copying pixels, then a block."""
    return nn.Sequential(nn.Upsample(scale_factor=2), block(before, after))


class KerasGenerator(nn.Module):
    """Three halvings, three doublings, skips at half and at quarter size, but none at full size."""

    def __init__(self, size=256, width=1.0, outputs="ab"):
        super().__init__()
        require_halvings("keras_gan", size, 3)
        c64, c128, c256, c512 = (scaled(c, width) for c in (64, 128, 256, 512))
        self.inputs, self.outputs = 1, outputs
        self.at_half = nn.Sequential(block(1, c64, 2), block(c64, c128))
        self.at_quarter = nn.Sequential(block(c128, c128, 2), block(c128, c256))
        self.at_eighth = block(c256, c512, 2)
        self.up_quarter, self.join_quarter = doubled(c512, c256), block(2 * c256, c256)
        self.up_half, self.join_half = doubled(c256, c128), block(2 * c128, c128)
        self.up_full = doubled(c128, c64)
        self.last = nn.Sequential(*colored(c64, outputs))

    def forward(self, gray):
        half = self.at_half(gray)
        quarter = self.at_quarter(half)
        x = self.up_quarter(self.at_eighth(quarter))
        x = self.join_quarter(torch.cat((x, quarter), dim=1))
        x = self.join_half(torch.cat((self.up_half(x), half), dim=1))
        return self.last(self.up_full(x))


class KerasCritic(nn.Module):
    """One logit for a whole picture, from its colors alone: it never sees the gray that they belong to."""

    def __init__(self, size=256, width=1.0, inputs=2):
        super().__init__()
        require_halvings("keras_gan's critic", size, 4)
        c32, c64, c128, c256 = (scaled(c, width) for c in (32, 64, 128, 256))
        self.inputs = inputs
        leaky = nn.LeakyReLU(0.2)
        self.layers = nn.Sequential(
            *(nn.Conv2d(inputs, c32, 3, 2, padding=1), leaky, nn.AvgPool2d(2)),
            *(*block(c32, c64, 1, leaky), nn.Dropout(0.25), nn.AvgPool2d(2)),
            *(*block(c64, c128, 1, leaky), nn.Dropout(0.25)),
            *(*block(c128, c256, 2, leaky), nn.Dropout(0.5)),
            *(nn.Flatten(), nn.Linear(c256 * (size // 16) ** 2, 1)),
        )

    def forward(self, colors):
        return self.layers(colors)
