"""`unet`: the U-Net of Nazeri et al. (2018). Lesson 02 trains it with and without skips."""

from torch import nn

from colorlib.models.blocks import UShape, colored, require_halvings, scaled


def down(before: int, after: int, stride: int = 2) -> nn.Sequential:
    """A 4×4 convolution, batch norm, LeakyReLU."""
    # An even kernel at stride 1 keeps the size only with one more pixel on one side.
    padding = nn.ZeroPad2d(1) if stride == 2 else nn.ZeroPad2d((1, 2, 1, 2))
    convolution = nn.Conv2d(before, after, 4, stride)
    return nn.Sequential(padding, convolution, nn.BatchNorm2d(after), nn.LeakyReLU(0.2))


def up(before: int, after: int, dropout: float = 0.0) -> nn.Sequential:
    """A transposed 4×4 convolution that doubles the map, batch norm, ReLU, dropout."""
    convolution = nn.ConvTranspose2d(before, after, 4, 2, padding=1)
    return nn.Sequential(convolution, nn.BatchNorm2d(after), nn.ReLU(), nn.Dropout(dropout))


class UNet(UShape):
    """Four halvings, four doublings, and skips that carry the detail past the small middle; published for 32 pixels."""

    def __init__(self, size=32, width=1.0, skips=True, dropout=0.5, inputs=1, outputs="ab"):
        super().__init__()
        require_halvings("unet", size, 4)
        channels = [scaled(c, width) for c in (64, 128, 256, 512, 512)]
        self.inputs, self.outputs, self.skips = inputs, outputs, skips
        self.down = nn.ModuleList([down(inputs, channels[0], stride=1)])
        self.down.extend(down(*pair) for pair in zip(channels, channels[1:], strict=False))
        self.up, before = nn.ModuleList(), channels[-1]
        for after, rate in zip(channels[-2::-1], (dropout, dropout, 0, 0), strict=True):
            self.up.append(up(before, after, rate))
            before = 2 * after if skips else after
        self.last = nn.Sequential(*colored(before, outputs, kernel=1))
