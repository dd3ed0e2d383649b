"""`fusion` and `fusion_pretrained`: a local network is told what the whole picture shows. Lessons 02, Extra, and 05."""

import torch
from torch import nn
from torch.nn import functional

from colorlib.models.blocks import SMALLEST, colored, conv, require_halvings, scaled
from colorlib.models.encoder import Encoder


def branch(before: int, grid: int, width: float) -> nn.Sequential:
    """The whole map to one vector: 4 convolutions, then dense layers, the first one huge."""
    wide, first, second, last = (scaled(c, width) for c in (512, 1024, 512, 256))
    grid //= 4
    whole = nn.Sequential()
    whole.layers = nn.Sequential(
        *(conv(before, wide, 2), conv(wide, wide), nn.BatchNorm2d(wide)),
        *(conv(wide, wide, 2), conv(wide, wide)),
        # A 1×1 map has no spread within a picture to normalize by: at batch 1 that is an error.
        nn.BatchNorm2d(wide) if grid > 1 else nn.Identity(),
        *(nn.Flatten(), nn.Linear(wide * grid**2, first), nn.ReLU()),
        *(nn.Linear(first, second), nn.ReLU(), nn.Linear(second, last), nn.ReLU()),
    )
    return whole


class Told(nn.Module):
    """What both have in common: `whole` gives a vector for the picture, laid over every pixel of the `local` map."""

    def forward(self, gray):
        shared = self.shared(gray)
        features = self.local(shared)
        if self.whole is not None:
            vector = self.whole(shared)[:, :, None, None]
            features = torch.cat((features, vector.expand(-1, -1, *features.shape[-2:])), dim=1)
        return self.decoder(self.fuse(features))


class Fusion(Told):
    """Shared layers (3 `levels` as published), a local branch and a global one, whose dense layers fix the size."""

    def __init__(self, size=256, width=1.0, levels=3, global_branch=True, outputs="ab"):
        super().__init__()
        if levels not in (1, 2, 3):
            raise ValueError(f"fusion has 1, 2 or 3 shared levels, not {levels}.")
        require_halvings("fusion", size, levels + 2 * global_branch)
        c16, c32, c64, c128, c256, c512 = (scaled(16 * 2**i, width) for i in range(6))
        self.inputs, self.outputs = 1, outputs
        shared = (
            nn.Sequential(conv(1, c64, 2), conv(c64, c128), nn.BatchNorm2d(c128)),
            nn.Sequential(conv(c128, c128, 2), conv(c128, c256), nn.BatchNorm2d(c256)),
            nn.Sequential(conv(c256, c256, 2), conv(c256, c512)),
        )
        middle = (c128, c256, c512)[levels - 1]
        self.shared = nn.Sequential(*shared[:levels])
        self.local = nn.Sequential(conv(middle, c512), conv(c512, c256))
        self.whole = branch(middle, size >> levels, width) if global_branch else None
        self.fuse = conv(c256 * (2 if global_branch else 1), c256, kernel=1)
        self.decoder = nn.Sequential(
            *(conv(c256, c128), nn.Upsample(scale_factor=2 if levels > 1 else 1)),
            *(conv(c128, c64), nn.Upsample(scale_factor=2 if levels > 2 else 1)),
            *(conv(c64, c32), conv(c32, c16), *colored(c16, outputs)),
            nn.Upsample(scale_factor=2),  # after tanh, as published: the output comes in 2×2 blocks
        )


class FusionPretrained(Told):
    """Fusion without a global branch of its own: a frozen classifier says what the whole picture shows."""

    def __init__(self, size=224, width=1.0, outputs="ab"):
        super().__init__()
        require_halvings("fusion_pretrained", size, 3)
        c32, c64, c128, c256, c512 = (scaled(32 * 2**i, width) for i in range(5))
        self.inputs, self.outputs = 1, outputs
        # The encoder is a random one until training.build or models.load gives it its trained weights.
        self.shared, self.encoder = nn.Identity(), without_parameters(Encoder())
        self.local = nn.Sequential(
            *(conv(1, c64, 2), conv(c64, c128)),
            *(conv(c128, c128, 2), conv(c128, c256)),
            *(conv(c256, c256, 2), conv(c256, c512), conv(c512, c512), conv(c512, c256)),
        )
        self.fuse = conv(c256 + self.encoder.channels[-1], c256, kernel=1)
        self.decoder = nn.Sequential(
            *(conv(c256, c128), nn.Upsample(scale_factor=2)),
            *(conv(c128, c64), conv(c64, c64), nn.Upsample(scale_factor=2)),
            *(conv(c64, c32), *colored(c32, outputs), nn.Upsample(scale_factor=2)),
        )

    def train(self, mode: bool = True):
        super().train(mode)
        self.encoder.eval()  # else its batch norm would go by the batch, and move
        return self

    @torch.no_grad()
    def whole(self, gray: torch.Tensor) -> torch.Tensor:
        """The encoder's pooled features, at the size it was trained at; the published one tells its 1,000 logits."""
        return self.encoder.pooled(functional.interpolate(gray, size=(SMALLEST, SMALLEST), mode="area"))


def without_parameters(network: nn.Module) -> nn.Module:
    """Freeze a network for good: its weights become buffers, saved and moved as ever, that no optimizer finds."""
    for module in network.modules():
        for name, weight in list(module.named_parameters(recurse=False)):
            delattr(module, name)
            module.register_buffer(name, weight.detach())
    return network.eval()
