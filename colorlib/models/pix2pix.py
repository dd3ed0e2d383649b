"""`pix2pix`: the U-Net generator of Isola et al. (2017). Lesson 03; lesson 02 borrows it, slim."""

from torch import nn

from colorlib.models.blocks import UShape, colored, halvings, require_halvings, scaled
from colorlib.models.encoder import Residual


def down(before: int, after: int, first: bool = False, norm: bool = True) -> nn.Sequential:
    """LeakyReLU (but for the picture itself), a 4×4 convolution that halves, batch norm."""
    layers = [] if first else [nn.LeakyReLU(0.2)]
    layers.append(nn.Conv2d(before, after, 4, 2, padding=1, bias=False))
    return nn.Sequential(*layers, *([nn.BatchNorm2d(after)] if norm else []))


def up(before: int, after: int, dropout: float = 0.0) -> nn.Sequential:
    """ReLU, a transposed 4×4 convolution that doubles, batch norm, dropout."""
    convolution = nn.ConvTranspose2d(before, after, 4, 2, padding=1, bias=False)
    return nn.Sequential(nn.ReLU(), convolution, nn.BatchNorm2d(after), nn.Dropout(dropout))


def normal_weights(module: nn.Module) -> None:
    """The DCGAN start, for `network.apply`: weights from N(0, .02), batch norm's from N(1, .02)."""
    if isinstance(module, nn.Conv2d | nn.ConvTranspose2d | nn.BatchNorm2d):
        nn.init.normal_(module.weight, 1.0 if isinstance(module, nn.BatchNorm2d) else 0.0, 0.02)
        if module.bias is not None:
            nn.init.zeros_(module.bias)


class Pix2Pix(UShape):
    """Halve the picture down to one pixel (8 times at most), then double it back, joined by skips.

    `dropout` in the three innermost doublings is its only noise. `levels` stops earlier, `coarse=2` or 4 leaves out the
    last doublings, `resnet` adds a residual block to each, as one published WGAN-GP has them.
    """

    def __init__(
        self, size=256, width=1.0, levels=None, skips=True, dropout=0.5, inputs=1, outputs="ab", coarse=1, resnet=False
    ):
        super().__init__()
        require_halvings("pix2pix", size, levels or 4)
        if coarse not in (1, 2, 4):
            raise ValueError(f"A color can be for 1 pixel or for squares of 2 or 4 pixels a side, not {coarse}.")
        levels = levels or min(8, halvings(size))
        channels = [scaled(64 * min(2**level, 8), width) for level in range(levels)]
        self.inputs, self.outputs, self.skips = inputs, outputs, skips
        self.down = nn.ModuleList([down(inputs, channels[0], first=True, norm=False)])
        for before, after in zip(channels, channels[1:], strict=False):
            # No norm innermost: on a 1×1 map at batch 1 it would erase everything.
            self.down.append(down(before, after, norm=len(self.down) < levels - 1))
        self.up, before = nn.ModuleList(), channels[-1]
        doublings = levels - halvings(coarse)  # the last of them colors, unless it is left out
        for after in channels[-2::-1][:doublings]:
            doubling = up(before, after, dropout if len(self.up) < 3 else 0.0)
            self.up.append(nn.Sequential(doubling, Residual(after, after)) if resnet else doubling)
            before = 2 * after if skips else after
        last = colored(before, outputs, kernel=4 if coarse == 1 else 1, doubling=coarse == 1)
        self.last = nn.Sequential(nn.ReLU(), *last)
        self.apply(normal_weights)
