"""`valid_unet`: a published tutorial's U-Net without padding, gray to RGB. Lesson 02, Extra."""

import torch
from torch import nn

from colorlib.models.blocks import maps_of, require_halvings, scaled

KERNELS = (5, 3, 3)  # without padding: 4 + 2 + 2, so that each block takes 8 pixels off a side


def block(*channels: int, mirrored: bool = False) -> nn.Sequential:
    """Three convolutions that take 8 pixels off a side; mirrored, transposed ones that give them back."""
    kernels = KERNELS[::-1] if mirrored else KERNELS
    convolution, activation = (nn.ConvTranspose2d, nn.ReLU()) if mirrored else (nn.Conv2d, nn.LeakyReLU(0.3))
    layers = []
    for before, after, kernel in zip(channels, channels[1:], kernels, strict=False):
        layers += [convolution(before, after, kernel), activation]
    return nn.Sequential(*layers)


class ValidUNet(nn.Module):
    """Three blocks down (120 → 112 → 104 → 96 pixels), a tanh in the middle, three blocks up to a `picture`.

    It shrinks by its missing padding alone: an output pixel sees 51×51, and every layer works at nearly full size.
    """

    def __init__(self, size=120, width=1.0):
        super().__init__()
        require_halvings("valid_unet", size, 0)
        c16, c32, c64, c128 = (scaled(c, width) for c in (16, 32, 64, 128))
        self.inputs, self.outputs = 1, "picture"
        self.down = nn.ModuleList([block(1, c16, c32, c32), block(c32, c32, c64, c64), block(c64, c64, c128, c128)])
        self.middle = nn.Sequential(nn.Conv2d(c128, c128, 3, padding=1), nn.Tanh())
        ups = (2 * c128, c128, c128, c64), (2 * c64, c64, c64, c32), (2 * c32, c32, c32, 3)
        self.up = nn.ModuleList(block(*channels, mirrored=True) for channels in ups)
        # A ReLU that starts below 0 everywhere gets no gradient and stays black: start at mid-gray.
        nn.init.constant_(self.up[-1][-2].bias, 0.5)

    def forward(self, gray):
        maps = maps_of(self.down, (gray + 1) / 2)
        x = self.middle(maps[-1])
        for block, mirror in zip(self.up, reversed(maps), strict=True):
            x = block(torch.cat((x, mirror), dim=1))
        return x
