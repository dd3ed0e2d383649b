"""`flow_unet`: which way a noisy color has to move, at each time; sampling follows it. Lesson 07 builds both."""

import torch
from torch import nn
from torch.nn import functional as F

from colorlib.models.blocks import halvings, require_halvings

PAIRS = 8  # of sine and cosine, that tell the time
GROUPS = 4  # of channels that GroupNorm takes together


class Residual(nn.Module):
    """Two convolutions beside a shortcut. Between them the time is added, a number for each channel."""

    def __init__(self, before, after, time):
        super().__init__()
        self.first, self.second = (
            nn.Sequential(nn.GroupNorm(GROUPS, maps), nn.SiLU(), nn.Conv2d(maps, after, 3, padding=1))
            for maps in (before, after)
        )
        self.time = nn.Linear(time, after)
        self.shortcut = nn.Conv2d(before, after, 1) if before != after else nn.Identity()

    def forward(self, x, time):
        return self.shortcut(x) + self.second(self.first(x) + self.time(time)[..., None, None])


class FlowUNet(nn.Module):
    """A U-Net of residual blocks over colors `fold` times smaller than the gray picture, and `scale` times larger."""

    inputs, outputs = 1, "ab"

    def __init__(self, size=32, width=1.0, levels=3, fold=2, scale=2.5, noise=1.0):
        super().__init__()
        require_halvings("flow_unet", size, halvings(fold) + levels - 1)
        maps = [GROUPS * max(2, round(16 * level * width)) for level in range(1, levels + 1)]
        self.fold, self.scale, self.noise, time = fold, scale, noise, maps[0]  # less noise: nearer to the mean
        self.clock = nn.Sequential(nn.Linear(2 * PAIRS, time), nn.SiLU())
        self.first = nn.Conv2d(2 + fold**2, maps[0], 3, padding=1)
        self.down = nn.ModuleList(Residual(*pair, time) for pair in zip([maps[0], *maps], maps, strict=False))
        self.middle = Residual(maps[-1], maps[-1], time)
        self.up = nn.ModuleList(Residual(a + b, b, time) for a, b in zip(maps[:0:-1], maps[-2::-1], strict=True))
        self.last = nn.Sequential(nn.GroupNorm(GROUPS, maps[0]), nn.SiLU(), nn.Conv2d(maps[0], 2, 3, padding=1))

    def shrink(self, ab):
        """True ab as the network knows it: small, and spread about as far as the noise."""
        return self.scale * F.avg_pool2d(ab, self.fold)

    def arrows(self, x, time, gray):
        """Where each color of `x` should move at its time (N×1×1×1: 0 is noise, 1 is color)."""
        angles = time.flatten(1) * 2.0 ** torch.arange(PAIRS, device=time.device)
        time = self.clock(torch.cat((angles.sin(), angles.cos()), dim=1))
        folded = F.pixel_unshuffle(gray, self.fold)  # each square of pixels becomes as many channels of one place
        x = self.first(torch.cat((x, folded), dim=1))
        mirrors = []
        for number, block in enumerate(self.down):
            x = block(F.avg_pool2d(x, 2) if number else x, time)
            mirrors.append(x)
        x = self.middle(mirrors.pop(), time)
        for block, mirror in zip(self.up, reversed(mirrors), strict=True):
            x = block(torch.cat((F.interpolate(x, scale_factor=2.0), mirror), dim=1), time)
        return self.last(x)

    def forward(self, gray, steps=20, dice=None, guidance=1.0):
        """One sample of small ab for each gray picture: Euler's steps from noise, drawn by `dice`, to color."""
        dice = dice or torch.Generator().manual_seed(0)  # the same sample each time
        height, width = (side // self.fold for side in gray.shape[-2:])
        x = self.noise * torch.randn(len(gray), 2, height, width, generator=dice).to(gray.device)
        for step in range(steps):
            time = torch.full((len(gray), 1, 1, 1), step / steps, device=gray.device)
            arrows = self.arrows(x, time, gray)
            if guidance != 1:  # above 1 it goes further away from what fits no gray at all
                blind = self.arrows(x, time, torch.zeros_like(gray))
                arrows = blind + guidance * (arrows - blind)
            x = x + arrows / steps
        return x / self.scale
