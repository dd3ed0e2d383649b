"""fastai's DataLoaders on tensors of pictures, with eyes for color. Lesson 05 looks through them."""

import math
import random
from dataclasses import replace
from pathlib import Path

import torch
import torch.nn.functional as F
from fastai.callback.core import Callback
from fastai.data.core import DataLoaders
from fastai.data.load import DataLoader
from fastai.torch_core import default_device, rank_distrib
from IPython.display import display
from safetensors import SafetensorError
from safetensors.torch import load_file, save
from torch import nn
from torch.utils.data import TensorDataset

from colorlib import color, data, files, models, plots
from colorlib.data import augment


class Loader(DataLoader):
    """Batches cut whole from uint8 pictures, converted on the device; what is shuffled is mirrored at random too.

    Pictures alone become (gray, [L, ab]), all in −1…1; pictures with labels, 1 real and 0 painted, ([L, ab], label).
    """

    share = slice(None)  # of each batch: several processes take different ones

    def create_batches(self, places):
        # One picture at a time would cost much more.
        return (self.dataset[some[self.share]] for some in self.chunkify(places))

    def after_batch(self, batch):
        pictures, *labels = batch
        gray, ab = color.to_gray_ab(augment.flip(pictures) if self.shuffle else pictures)
        lab = torch.cat((gray, ab), dim=1)
        return (lab, *labels) if labels else (gray, lab)

    def show_batch(self, b=None, max_n=6, **ignored):
        self.show_results(b or self.one_batch(), None, max_n)

    def show_results(self, b, out, max_n=6, **ignored):
        """gray | truth | painted; of a critic's batch the pictures, what they are, and how real it takes them to be."""
        seen, target, *out = (part[:max_n].detach().float().cpu() for part in (*b, out) if part is not None)
        if target.ndim > 1:
            gray = torch.cat((seen, 0 * target[:, 1:]), dim=1)
            rows, titles = dict(zip(("gray", "truth", "painted"), (gray, target, *out), strict=False)), ()
            alt = f"{len(seen)} pictures of a batch, in each column one of them: {', then '.join(rows)}."
        else:
            rows, titles = {"": seen}, ["real" if label > 0.5 else "painted" for label in target]
            for logits in out:
                shares = zip(titles, logits.sigmoid().flatten().tolist(), strict=True)
                titles = [f"{title}:\n{share:.0%} real" for title, share in shares]
            alt = f"Pictures shown to a critic: {'; '.join(titles)}."
        pictures = [color.from_gray_ab(lab[:, :1], lab[:, 1:]) for lab in rows.values()]
        display(plots.pictures(pictures, titles=titles, row_titles=list(filter(None, rows)), alt=alt))


def dataloaders(pictures: data.DataSet, batch_size: int = 64, path: str | Path = ".", device=None) -> DataLoaders:
    """(gray, [L, ab]) batches of a data set's pictures; learners save their files in `path`/models."""
    return _loaders((pictures.train,), (pictures.valid,), batch_size, path, device)


def _loaders(train, valid, batch_size, path, device):
    if not 1 <= batch_size <= len(train[0]):
        raise ValueError(f"No batches of {batch_size} from {len(train[0])} pictures: at least 1, at most all of them.")
    train = Loader(TensorDataset(*train), batch_size, shuffle=True, drop_last=True)
    valid = Loader(TensorDataset(*valid), batch_size)
    return DataLoaders(train, valid, path=path, device=torch.device(device) if device else default_device())


def shrunk(pictures: data.DataSet, size: int) -> data.DataSet:
    """The same pictures at a smaller size, each pixel the mean of those it stands for: stage 1 grows from there."""
    if size > pictures.train.shape[-1]:
        raise ValueError(f"Pictures of {pictures.train.shape[-1]} pixels can't be shrunk to {size}.")
    parts = {"train_scenes": None, "valid_scenes": None, "test": None}
    for part in ("train", "valid", "naturally_gray"):
        chunks = getattr(pictures, part).split(1024)
        parts[part] = torch.cat([F.adaptive_avg_pool2d(chunk.float(), size).round().byte() for chunk in chunks])
    return replace(pictures, **parts)


class SameOrder(Callback):
    """Each epoch's shuffling, flips and dropout follow from its number: a resumed training repeats what it missed."""

    def __init__(self, seed: int = 0):
        self.first = 100_003 * seed

    def before_epoch(self):
        torch.manual_seed(self.first + self.epoch + 1_009 * rank_distrib())  # processes share their order alone
        loader = getattr(self.dls.train, "dl", self.dls.train)  # the one that shuffles, inside fastai's DistributedDL
        loader.rng = random.Random(self.first + self.epoch)


def save_generated(generator: nn.Module, pictures: data.DataSet, file: str | Path, share: float = 1.0) -> Path:
    """Stage 2 begins: paint a share of the training pictures, and all held-out ones, once; keep them in one file."""
    if not 0 < share <= 1:
        raise ValueError(f"The share of pictures to paint must be above 0 and at most 1, not {share}.")
    train = data.spread(pictures.train, math.ceil(share * len(pictures.train)))
    mode, kept = generator.training, {}
    generator.eval()
    for part, real in (("train", train), ("valid", pictures.valid)):
        grays = (color.to_gray_ab(chunk)[0] for chunk in real.split(256))
        painted = [color.to_uint8(color.from_gray_ab(gray, models.paint(generator, gray)[:, -2:])) for gray in grays]
        kept[part] = torch.cat((real, *painted))
        kept[f"{part}_labels"] = (torch.arange(2 * len(real)) < len(real)).float()
    generator.train(mode)
    files.write(file, save(kept))
    return Path(file)


def critic_dataloaders(file: str | Path, batch_size: int = 64, path: str | Path = ".", device=None) -> DataLoaders:
    """([L, ab], 1 real or 0 painted) batches of what save_generated left."""
    try:
        kept = load_file(file)
        parts = [(kept[part], kept[f"{part}_labels"]) for part in ("train", "valid")]
    except (FileNotFoundError, SafetensorError, KeyError) as error:
        raise ValueError(f"{file} holds no generated pictures ({error}): call save_generated first.") from None
    return _loaders(*parts, batch_size, path, device)
