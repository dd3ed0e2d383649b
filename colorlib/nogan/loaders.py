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

    def create_item(self, place):
        return place  # the batch is cut at once: one picture at a time would cost more than a small network

    def create_batch(self, places):
        return self.dataset[places]

    def retain(self, batch, places):
        return batch

    def after_batch(self, batch):
        pictures, *labels = batch
        gray, ab = color.to_gray_ab(augment.flip(pictures) if self.shuffle else pictures)
        lab = torch.cat((gray, ab), dim=1)
        return (lab, *labels) if labels else (gray, lab)

    def show_batch(self, b=None, max_n=6, **ignored):
        """gray | truth in real colors; of a critic's batch the pictures and what they are."""
        _show(max_n, *(self.one_batch() if b is None else b))

    def show_results(self, b, out, max_n=6, **ignored):
        """gray | truth | painted; of a critic how likely it takes each picture to be real."""
        _show(max_n, *b, out[0] if isinstance(out, list | tuple) else out)


def _pictures(lab):
    gray, ab = lab.detach().cpu().split((1, lab.shape[1] - 1), dim=1)
    return color.from_gray_ab(gray, ab if ab.shape[1] else torch.zeros_like(gray).expand(-1, 2, -1, -1))


def _show(n, seen, target, out=None):
    """The first n pictures of a batch: rows of a generator's, or a critic's with what they are and its verdicts."""
    if target.ndim > 1:
        rows = {"gray": seen, "truth": target} | ({} if out is None else {"painted": out})
        alt = f"{len(seen[:n])} pictures of a batch, in each column one of them: {', then '.join(rows)}."
        display(plots.pictures([_pictures(lab[:n]) for lab in rows.values()], row_titles=list(rows), alt=alt))
        return
    titles = ["real" if label > 0.5 else "painted" for label in target[:n]]
    if out is not None:
        shares = out[:n].detach().float().sigmoid().flatten()
        titles = [f"{title}:\n{share:.0%} real" for title, share in zip(titles, shares.tolist(), strict=True)]
    alt = f"Pictures shown to a critic: {'; '.join(titles)}."
    display(plots.pictures(_pictures(seen[:n]), titles=titles, alt=alt))


def dataloaders(pictures: data.DataSet, batch_size: int = 64, path: str | Path = ".", device=None) -> DataLoaders:
    """(gray, [L, ab]) batches of a data set's pictures; learners save their files in `path`/models."""
    return _loaders((pictures.train,), (pictures.valid,), batch_size, path, device)


def shrunk(pictures: data.DataSet, size: int) -> data.DataSet:
    """The same pictures at a smaller size, each pixel the mean of those it stands for: stage 1 grows from there."""
    if size > pictures.train.shape[-1]:
        raise ValueError(f"Pictures of {pictures.train.shape[-1]} pixels can't be shrunk to {size}.")

    def small(part):
        chunks = [F.adaptive_avg_pool2d(chunk.float(), size).round().byte() for chunk in part.split(1024)]
        return torch.cat(chunks) if chunks else part

    parts = {name: small(getattr(pictures, name)) for name in ("train", "valid", "naturally_gray")}
    return replace(pictures, **parts, train_scenes=None, valid_scenes=None, test=None)


def _loaders(train, valid, batch_size, path, device):
    if not 1 <= batch_size <= len(train[0]):
        raise ValueError(f"No batches of {batch_size} from {len(train[0])} pictures: at least 1, at most all of them.")
    common = {"bs": batch_size, "num_workers": 0}  # the tensors are in memory: workers would only copy them
    loaders = [Loader(TensorDataset(*train), shuffle=True, drop_last=True, **common)]
    loaders += [Loader(TensorDataset(*valid), **common)]
    return DataLoaders(*loaders, path=path, device=torch.device(device) if device else default_device())


class SameOrder(Callback):
    """Each epoch's shuffling, flips and dropout follow from its number: a resumed training repeats what it missed.

    Processes that train together shuffle alike, each taking its own part of the order; flips and dropout differ.
    """

    def __init__(self, seed: int = 0):
        self.first = 100_003 * seed

    def before_epoch(self):
        torch.manual_seed(self.first + self.epoch + 1_009 * rank_distrib())
        loader = getattr(self.dls.train, "dl", self.dls.train)  # the one that shuffles, inside fastai's DistributedDL
        loader.rng = random.Random(self.first + self.epoch)


def save_generated(generator: nn.Module, pictures: data.DataSet, file: str | Path, share: float = 1.0) -> Path:
    """Stage 2 begins: paint a share of the training pictures, and all held-out ones, once; keep them in one file.

    The file holds uint8 tensors. fastai's users know a PNG for each picture, to be decoded again in every epoch.
    """
    if not 0 < share <= 1:
        raise ValueError(f"The share of pictures to paint must be above 0 and at most 1, not {share}.")
    train = data.spread(pictures.train, math.ceil(share * len(pictures.train)))
    mode, kept = generator.training, {}
    generator.eval()
    for part, real in (("train", train), ("valid", pictures.valid)):
        painted = [_painted(generator, chunk) for chunk in real.split(256)]
        kept |= {f"{part}_real": real, f"{part}_painted": torch.cat(painted)}
    generator.train(mode)
    files.write(file, save(kept))
    return Path(file)


def _painted(generator, pictures):
    gray, _ = color.to_gray_ab(pictures)
    return color.to_uint8(color.from_gray_ab(gray, models.paint(generator, gray)[:, -2:]))


def critic_dataloaders(file: str | Path, batch_size: int = 64, path: str | Path = ".", device=None) -> DataLoaders:
    """([L, ab], 1 real or 0 painted) batches of what save_generated left."""
    parts = []
    try:
        kept = load_file(file)
        for part in ("train", "valid"):
            real, painted = kept[f"{part}_real"], kept[f"{part}_painted"]
            labels = torch.cat((torch.ones(len(real)), torch.zeros(len(painted))))
            parts.append((torch.cat((real, painted)), labels))
    except (FileNotFoundError, SafetensorError, KeyError) as error:
        raise ValueError(f"{file} holds no generated pictures ({error}): call save_generated first.") from None
    return _loaders(*parts, batch_size, path, device)
