"""`cnn`: a plain encoder–decoder. Lesson 02 builds it, its decoder by hand."""

from torch import nn

from colorlib.models.blocks import output_layer, require_halvings, scaled


def layer(before: int, after: int, stride: int = 1, batch_norm: bool = False) -> nn.Sequential:
    """A 3×3 convolution and ReLU. Batch norm would subtract the bias again, so it has none then."""
    convolution = nn.Conv2d(before, after, 3, stride, padding=1, bias=not batch_norm)
    norm = [nn.BatchNorm2d(after)] if batch_norm else []
    return nn.Sequential(convolution, *norm, nn.ReLU())


def encoder(channels: list[int], batch_norm: bool = False) -> nn.Sequential:
    """Look at the picture as it is, then halve it for each further entry of `channels`."""
    layers = [layer(1, channels[0], batch_norm=batch_norm)]
    for before, after in zip(channels, channels[1:], strict=False):
        layers.append(layer(before, after, stride=2, batch_norm=batch_norm))
    return nn.Sequential(*layers)


def decoder(
    channels: list[int], outputs: str = "ab", transposed: bool = False, batch_norm: bool = False
) -> nn.Sequential:
    """The way back up: double the map for each step of `channels`, deepest first, then color it.

    Doubling copies each pixel (nearest) and smooths by a convolution. `transposed` does both in one
    layer; its 3×3 kernel overlaps unevenly at stride 2, which shows as a checkerboard.
    """
    layers = []
    for before, after in zip(channels, channels[1:], strict=False):
        if transposed:
            bias = not batch_norm
            layers.append(nn.ConvTranspose2d(before, after, 3, 2, 1, output_padding=1, bias=bias))
            layers += [nn.BatchNorm2d(after)] if batch_norm else []
            layers.append(nn.ReLU())
        else:
            layers.append(nn.Upsample(scale_factor=2))
            layers.append(layer(before, after, batch_norm=batch_norm))
    last, activation = output_layer(outputs)
    return nn.Sequential(*layers, nn.Conv2d(channels[-1], last, 3, padding=1), activation)


class PlainCNN(nn.Module):
    """Encoder and decoder in a row: all that reaches the decoder is the small map in the middle."""

    def __init__(
        self,
        size: int = 256,
        width: float = 1.0,
        levels: int = 3,
        transposed: bool = False,
        batch_norm: bool = False,
        dropout: float = 0.0,
        outputs: str = "ab",
    ):
        super().__init__()
        require_halvings("cnn", size, levels)
        channels = [scaled(32 * 2**level, width) for level in range(levels + 1)]
        self.inputs, self.outputs = 1, outputs
        self.encoder = encoder(channels, batch_norm)
        self.dropout = nn.Dropout2d(dropout)
        self.decoder = decoder(channels[::-1], outputs, transposed, batch_norm)

    def forward(self, gray):
        return self.decoder(self.dropout(self.encoder(gray)))
