"""The textbook way, as most tutorials write it, with nothing of colorlib: what its speed is measured against."""

import numpy as np
import torch
from PIL import Image
from skimage.color import lab2rgb, rgb2lab
from torch import nn
from torch.utils.data import DataLoader, Dataset


def to_lab(pictures):
    """N×3×H×W in uint8, a picture at a time."""
    return [rgb2lab(picture.transpose(1, 2, 0)) for picture in pictures]


def to_rgb(labs):
    return [lab2rgb(lab.transpose(1, 2, 0)) for lab in labs]


class Photographs(Dataset):
    """Open, resize, convert: one picture at a time, in every epoch."""

    def __init__(self, paths, size):
        self.paths, self.size = paths, size

    def __len__(self):
        return len(self.paths)

    def __getitem__(self, index):
        picture = Image.open(self.paths[index]).convert("RGB").resize((self.size, self.size), Image.BICUBIC)
        lab = torch.from_numpy(rgb2lab(np.array(picture)).astype("float32")).permute(2, 0, 1)
        return lab[:1] / 50 - 1, lab[1:] / 110


def loader(paths, size, batch_size):
    return DataLoader(Photographs(paths, size), batch_size, shuffle=True, drop_last=True)


def down(before, after, norm=True):
    layers = [nn.LeakyReLU(0.2), nn.Conv2d(before, after, 4, 2, 1, bias=False)]
    return nn.Sequential(*layers, *([nn.BatchNorm2d(after)] if norm else []))


def up(before, after):
    convolution = nn.ConvTranspose2d(before, after, 4, 2, 1, bias=False)
    return nn.Sequential(nn.ReLU(), convolution, nn.BatchNorm2d(after))


class Generator(nn.Module):
    """pix2pix' U-Net: each level halves the picture; skips join the way down to the way up."""

    def __init__(self, levels, base=64):
        super().__init__()
        widths = [base * min(2**level, 8) for level in range(levels)]
        self.first = nn.Conv2d(1, base, 4, 2, 1, bias=False)
        pairs = list(zip(widths, widths[1:], strict=False))
        self.downs = nn.ModuleList(down(*pair, norm=pair != pairs[-1]) for pair in pairs)
        self.ups = nn.ModuleList([up(widths[-1], widths[-2])])
        self.ups.extend(up(2 * before, after) for after, before in reversed(pairs[:-1]))
        self.last = nn.Sequential(nn.ReLU(), nn.ConvTranspose2d(2 * base, 2, 4, 2, 1), nn.Tanh())

    def forward(self, x):
        maps = [self.first(x)]
        for level in self.downs:
            maps.append(level(maps[-1]))
        x = maps.pop()
        for level in self.ups:
            x = torch.cat((level(x), maps.pop()), dim=1)
        return self.last(x)


def critic(base=64, layers=3):
    """PatchGAN of gray and ab."""
    widths = [base * min(2**layer, 8) for layer in range(layers + 1)]
    parts = [nn.Conv2d(3, base, 4, 2, 1), nn.LeakyReLU(0.2)]
    for before, after in zip(widths, widths[1:], strict=False):
        stride = 1 if after == widths[-1] else 2
        parts += [nn.Conv2d(before, after, 4, stride, 1), nn.BatchNorm2d(after), nn.LeakyReLU(0.2)]
    return nn.Sequential(*parts, nn.Conv2d(widths[-1], 1, 4, 1, 1))


def pix2pix_steps(batches, levels, base):
    """One step a batch, in full precision; yields after each."""
    generator, judge = Generator(levels, base), critic(base)
    adams = [torch.optim.Adam(net.parameters(), 2e-4, (0.5, 0.999)) for net in (generator, judge)]
    bce = nn.BCEWithLogitsLoss()
    for gray, ab in batches:
        fake = generator(gray)
        adams[1].zero_grad()
        real_logits, fake_logits = judge(torch.cat((gray, ab), 1)), judge(torch.cat((gray, fake.detach()), 1))
        wrong = bce(real_logits, torch.ones_like(real_logits)) + bce(fake_logits, torch.zeros_like(fake_logits))
        (wrong / 2).backward()
        adams[1].step()
        adams[0].zero_grad()
        logits = judge(torch.cat((gray, fake), 1))
        loss = bce(logits, torch.ones_like(logits)) + 100 * nn.functional.l1_loss(fake, ab)
        loss.backward()
        adams[0].step()
        yield loss.item()


def train_unet(paths, epochs, batch_size=64, rate=1e-3):
    """The same U-Net for 32 pixels by mean squared error and Adam, in full precision; yields it after each epoch."""
    network = Generator(levels=5)
    optimizer = torch.optim.Adam(network.parameters(), lr=rate)
    for _ in range(epochs):
        network.train()
        for gray, ab in loader(paths, 32, batch_size):
            optimizer.zero_grad()
            loss = nn.functional.mse_loss(network(gray), ab)
            loss.backward()
            optimizer.step()
        yield network.eval()
