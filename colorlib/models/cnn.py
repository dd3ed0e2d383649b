"""`cnn`: a plain encoder–decoder. Lesson 02 builds it, its decoder by hand."""

from torch import nn

from colorlib.models.blocks import colored, conv, require_halvings, scaled


def decoder(channels: list[int], outputs: str = "ab", batch_norm: bool = False) -> nn.Sequential:
    """The way back up: double the map for each step of `channels`, deepest first, and smooth it; then color it."""
    layers = []
    for before, after in zip(channels, channels[1:], strict=False):
        layers += [nn.Upsample(scale_factor=2), conv(before, after, norm=batch_norm)]
    return nn.Sequential(*layers, *colored(channels[-1], outputs))


class PlainCNN(nn.Module):
    """Encoder and decoder in a row: all that reaches the decoder is the small map in the middle."""

    def __init__(self, size=256, width=1.0, levels=3, batch_norm=False, dropout=0.0, outputs="ab"):
        super().__init__()
        require_halvings("cnn", size, levels)
        channels = [scaled(32 * 2**level, width) for level in range(levels + 1)]
        self.inputs, self.outputs = 1, outputs
        layers = [conv(1, channels[0], norm=batch_norm)]  # looks at the picture as it is; the others halve it
        layers += [conv(*pair, stride=2, norm=batch_norm) for pair in zip(channels, channels[1:], strict=False)]
        self.encoder, self.dropout = nn.Sequential(*layers), nn.Dropout2d(dropout)
        self.decoder = decoder(channels[::-1], outputs, batch_norm)

    def forward(self, gray):
        return self.decoder(self.dropout(self.encoder(gray)))
