"""The textbook way, as most tutorials write it: what colorlib's speed is measured against. Nothing here is colorlib's."""

import numpy as np
import torch
from PIL import Image
from skimage.color import rgb2lab
from torch import nn
from torch.utils.data import DataLoader, Dataset


class Photos(Dataset):
    """Open, resize, convert: one picture at a time, in every epoch."""

    def __init__(self, paths, size):
        self.paths, self.size = paths, size

    def __len__(self):
        return len(self.paths)

    def __getitem__(self, index):
        picture = Image.open(self.paths[index]).convert("RGB").resize((self.size, self.size), Image.BICUBIC)
        lab = rgb2lab(np.array(picture)).astype("float32")
        lab = torch.from_numpy(lab).permute(2, 0, 1)
        return lab[:1] / 50 - 1, lab[1:] / 110


def loader(paths, size, batch_size):
    return DataLoader(Photos(paths, size), batch_size, shuffle=True, drop_last=True)


class UNet(nn.Module):
    """Five levels of 64 to 512 channels, batch norm, skips: the usual one for 32 pixels."""

    def __init__(self):
        super().__init__()
        widths = (64, 128, 256, 512, 512)
        self.first = self.down(1, widths[0], stride=1)
        self.downs = nn.ModuleList(self.down(*pair, stride=2) for pair in zip(widths, widths[1:], strict=False))
        self.ups = nn.ModuleList([self.up(512, 512), self.up(1024, 256), self.up(512, 128), self.up(256, 64)])
        self.last = nn.Conv2d(128, 2, 1)

    @staticmethod
    def down(before, after, stride):
        convolution = nn.Conv2d(before, after, 3 if stride == 1 else 4, stride, 1)
        return nn.Sequential(convolution, nn.BatchNorm2d(after), nn.LeakyReLU(0.2))

    @staticmethod
    def up(before, after):
        return nn.Sequential(nn.ConvTranspose2d(before, after, 4, 2, 1), nn.BatchNorm2d(after), nn.ReLU())

    def forward(self, x):
        skips = [self.first(x)]
        for down in self.downs:
            skips.append(down(skips[-1]))
        x = skips.pop()
        for up in self.ups:
            x = torch.cat((up(x), skips.pop()), dim=1)
        return torch.tanh(self.last(x))


def train_unet(paths, epochs, batch_size=64, rate=1e-3):
    """Mean squared error and Adam in full precision; yields the network after each epoch."""
    network = UNet()
    optimizer = torch.optim.Adam(network.parameters(), lr=rate)
    for _ in range(epochs):
        network.train()
        for gray, ab in loader(paths, 32, batch_size):
            optimizer.zero_grad()
            loss = nn.functional.mse_loss(network(gray), ab)
            loss.backward()
            optimizer.step()
            loss.item()  # for the history
        yield network
