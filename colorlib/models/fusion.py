"""`fusion`: a local network that is told what the whole picture shows. Lesson 02, Extra."""

import torch
from torch import nn

from colorlib.models.blocks import output_layer, require_halvings, scaled


def conv(before: int, after: int, stride: int = 1, kernel: int = 3) -> nn.Sequential:
    """A convolution and ReLU."""
    return nn.Sequential(nn.Conv2d(before, after, kernel, stride, kernel // 2), nn.ReLU())


class GlobalBranch(nn.Module):
    """The whole map to one vector: 4 convolutions, then dense layers, the first one huge."""

    def __init__(self, before: int, grid: int, width: float):
        super().__init__()
        wide, first, second, last = (scaled(c, width) for c in (512, 1024, 512, 256))
        grid //= 4

        def norm():
            # A 1×1 map has no spread within a picture to normalize by: at batch 1 that is an error.
            return nn.BatchNorm2d(wide) if grid > 1 else nn.Identity()

        self.layers = nn.Sequential(
            *(conv(before, wide, 2), conv(wide, wide), nn.BatchNorm2d(wide)),
            *(conv(wide, wide, 2), conv(wide, wide), norm()),
            nn.Flatten(),
            *(nn.Linear(wide * grid**2, first), nn.ReLU()),
            *(nn.Linear(first, second), nn.ReLU()),
            *(nn.Linear(second, last), nn.ReLU()),
        )

    def forward(self, shared):
        return self.layers(shared)


class Fusion(nn.Module):
    """Shared layers, then a local and a global branch; the global vector is laid over every pixel.

    The dense layers fix the picture's size. `levels` (3 are published) and `global_branch=False`
    are for the lesson's comparison: a local network too shallow to see a cue far away.
    """

    def __init__(
        self,
        size: int = 256,
        width: float = 1.0,
        levels: int = 3,
        global_branch: bool = True,
        outputs: str = "ab",
    ):
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
        self.whole = GlobalBranch(middle, size >> levels, width) if global_branch else None
        self.fuse = conv(c256 * (2 if global_branch else 1), c256, kernel=1)
        last, activation = output_layer(outputs)
        self.decoder = nn.Sequential(
            conv(c256, c128),
            nn.Upsample(scale_factor=2 if levels > 1 else 1),
            conv(c128, c64),
            nn.Upsample(scale_factor=2 if levels > 2 else 1),
            *(conv(c64, c32), conv(c32, c16)),
            *(nn.Conv2d(c16, last, 3, padding=1), activation),
            nn.Upsample(scale_factor=2),  # after tanh, as published: the output comes in 2×2 blocks
        )

    def forward(self, gray):
        shared = self.shared(gray)
        features = self.local(shared)
        if self.whole is not None:
            vector = self.whole(shared)[:, :, None, None]
            features = torch.cat((features, vector.expand(-1, -1, *features.shape[-2:])), dim=1)
        return self.decoder(self.fuse(features))
