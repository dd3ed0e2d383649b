"""PatchGAN, a critic that judges patches. Lesson 03 builds it."""

from functools import partial

from torch import nn

from colorlib.models.blocks import scaled
from colorlib.models.pix2pix import normal_weights

# Layer norm is a group norm of one group, so that it fits every picture size.
NORMS = {
    "batch": nn.BatchNorm2d,
    "layer": partial(nn.GroupNorm, 1),
    "instance": partial(nn.InstanceNorm2d, affine=True),
    "none": lambda channels: nn.Identity(),
}


def block(before: int, after: int, stride: int, norm: str = "batch", slope: float = 0.2) -> nn.Sequential:
    """A 4×4 convolution, a norm, LeakyReLU."""
    convolution = nn.Conv2d(before, after, 4, stride, padding=1, bias=norm == "none")
    return nn.Sequential(convolution, NORMS[norm](after), nn.LeakyReLU(slope))


class PatchGAN(nn.Module):
    """A logit for each patch of the picture: above 0 it looks real, below 0 fake.

    `layers` convolutions halve: three see 70×70 pixels and give 30×30 logits at 256, as published; one sees 16×16.
    """

    def __init__(self, size=256, width=1.0, layers=3, inputs=3, norm="batch", slope=0.2):
        super().__init__()
        if norm not in NORMS:
            raise ValueError(f"There is no norm {norm!r}: choose one of {', '.join(NORMS)}.")
        if layers < 1 or (size >> layers) < 3:
            raise ValueError(f"No PatchGAN of {layers} layers for {size} pixels: at least 1, and 3·2^layers pixels.")
        channels = [scaled(64 * min(2**layer, 8), width) for layer in range(layers + 1)]
        # No norm on the pictures themselves, and no bias: the published count has none.
        first = nn.Sequential(nn.Conv2d(inputs, channels[0], 4, 2, padding=1, bias=False), nn.LeakyReLU(slope))
        strides = [2] * (layers - 1) + [1]
        steps = zip(channels, channels[1:], strides, strict=False)
        blocks = [block(before, after, stride, norm, slope) for before, after, stride in steps]
        self.inputs = inputs
        self.layers = nn.Sequential(first, *blocks, nn.Conv2d(channels[-1], 1, 4, padding=1))
        self.apply(normal_weights)

    def forward(self, pictures):
        return self.layers(pictures)
