"""`valid_unet`: a published tutorial's U-Net without padding, gray to RGB. Lesson 02, Extra."""

import torch
from torch import nn

from colorlib.models.blocks import maps_of, require_halvings, scaled

KERNELS = (5, 3, 3)  # without padding: 4 + 2 + 2, so that each block takes 8 pixels off a side


def down(*channels: int) -> nn.Sequential:
    """Three convolutions that shrink the map by 8 pixels a side."""
    layers = []
    for before, after, kernel in zip(channels, channels[1:], KERNELS, strict=False):
        layers += [nn.Conv2d(before, after, kernel), nn.LeakyReLU(0.3)]
    return nn.Sequential(*layers)


def up(*channels: int) -> nn.Sequential:
    """Its mirror: three transposed convolutions that give the 8 pixels back."""
    layers = []
    for before, after, kernel in zip(channels, channels[1:], reversed(KERNELS), strict=False):
        layers += [nn.ConvTranspose2d(before, after, kernel), nn.ReLU()]
    return nn.Sequential(*layers)


class ValidUNet(nn.Module):
    """Three blocks down (120 → 112 → 104 → 96 pixels), a tanh in the middle, three blocks up.

    No stride and no pooling, it shrinks by its missing padding alone: an output pixel sees 51×51
    pixels, and every layer works at nearly full size. It gives a `picture`, from a ReLU.
    """

    def __init__(self, size=120, width=1.0):
        super().__init__()
        require_halvings("valid_unet", size, 0)
        c16, c32, c64, c128 = (scaled(c, width) for c in (16, 32, 64, 128))
        self.inputs, self.outputs = 1, "picture"
        self.down = nn.ModuleList([down(1, c16, c32, c32), down(c32, c32, c64, c64), down(c64, c64, c128, c128)])
        self.middle = nn.Sequential(nn.Conv2d(c128, c128, 3, padding=1), nn.Tanh())
        ups = [up(2 * c128, c128, c128, c64), up(2 * c64, c64, c64, c32), up(2 * c32, c32, c32, 3)]
        self.up = nn.ModuleList(ups)
        # A ReLU that starts below 0 everywhere gets no gradient and stays black: start at mid-gray.
        nn.init.constant_(self.up[-1][-2].bias, 0.5)

    def forward(self, gray):
        maps = maps_of(self.down, (gray + 1) / 2)
        x = self.middle(maps[-1])
        for block, mirror in zip(self.up, reversed(maps), strict=True):
            x = block(torch.cat((x, mirror), dim=1))
        return x
