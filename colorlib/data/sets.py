"""Data sets by name, cleaned and split. Lesson 01 builds the split by hue."""

from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from colorlib.data import download, pictures
from colorlib.data.batches import chunks
from colorlib.worlds import scenes

# Color photographs that scikit-image and scikit-learn ship. A crop of a photograph that was trained
# on tests nothing, so whole photographs are held out; the stereo pair stays on one side.
TRAIN_PHOTOS = "astronaut.png coffee.png rocket.jpg china.jpg motorcycle_left.png motorcycle_right.png".split()
VALID_PHOTOS = "chelsea.png flower.jpg".split()
SHOWN = [name for name in (*TRAIN_PHOTOS, *VALID_PHOTOS) if "motorcycle" not in name]
OWN = "meadow.webp farmhouse.webp mountains.webp".split()  # see CREDITS.md beside them
EVERY = 10  # every tenth picture validates
AT_LEAST_2 = "At least 2 are needed: one to train on, one to validate on."


@dataclass(repr=False)
class DataSet:
    """Pictures to train on and to validate on, as uint8 tensors N×3×H×W."""

    name: str
    train: torch.Tensor
    valid: torch.Tensor
    naturally_gray: torch.Tensor  # cleaned out of the others: color what never had color
    train_scenes: scenes.Scenes | None = None  # worlds know their masks and palettes
    valid_scenes: scenes.Scenes | None = None
    test: torch.Tensor | None = None  # where a data set brings a test part of its own

    def __repr__(self):
        parts = {"train": self.train, "valid": self.valid, "test": self.test, "naturally gray": self.naturally_gray}
        counts = [f"{len(part):,} {name}" for name, part in parts.items() if part is not None]
        height, width = self.train.shape[-2:]
        return f"{self.name}: {', '.join(counts)} pictures of {width}×{height}"


def load(name, size=32, n=None, seed=0) -> DataSet:
    """A data set by name, or a folder of pictures by its path, as squares of `size` pixels.

    Names: `scenes` (the world mixed), each of scenes.WORLDS, `photos` (crops of the photographs that scikit-image and
    scikit-learn ship), `cifar10`, `photographs` (Imagenette; `photos` where it cannot be had). `n` is how many pictures
    to take in all, a tenth of them for validation; without it worlds give 2,048, photos 1,024, files all there are.
    """
    if n is not None and n < 2:
        raise ValueError(f"n is {n}. {AT_LEAST_2}")
    world = "mixed" if name == "scenes" else name
    if world in scenes.WORLDS:
        return _load_world(name, world, size, n or 2048, seed)
    if name == "cifar10":
        return _load_archive(name, download.CIFAR10, size, n, seed)
    if name == "photographs":
        try:
            return _load_archive(name, download.IMAGENETTE, size, n, seed)
        except download.DownloadError as error:
            print(f"Imagenette cannot be had ({error.__cause__}), so `photos` stands in: crops of a few photographs.")
            name = "photos"
    if name == "photos":
        return _load_photos(size, n or 1024, seed)
    if not Path(name).expanduser().is_dir():
        names = ", ".join(("scenes", *scenes.WORLDS, "photos", "cifar10", "photographs"))
        raise ValueError(f"There is no data set or folder '{name}'. Names of data sets: {names}.")
    return _load_folder(name, name, size, n, seed)


def _load_world(name, world, size, n, seed):
    held_out = max(1, n // EVERY)
    train = scenes.draw(n - held_out, size, seed, world)
    # Far from the seeds people choose: with seeds 0, 1, 2 nobody validates on training data.
    valid = scenes.draw(held_out, size, seed + 1_000_003, world)
    return DataSet(name, train.pictures, valid.pictures, train.pictures[:0], train, valid)


def _load_photos(size, n, seed):
    held_out, rng = max(1, n // EVERY), np.random.default_rng(seed)
    train, valid = _crops(TRAIN_PHOTOS, size, n - held_out, rng), _crops(VALID_PHOTOS, size, held_out, rng)
    return DataSet("photos", train, valid, train[:0])


def _crops(names, size, n, rng):
    """Random squares of the photographs in turn, from a third of the short side to all of it."""
    photos = [Image.fromarray(pictures.read(file)) for file in photo_files(names)]
    squares = np.empty((n, 3, size, size), dtype=np.uint8)
    for i in range(n):
        photo = photos[i % len(photos)]
        short = min(photo.size)
        side = rng.integers(min(short, max(size, short // 3)), short + 1)
        x, y = (rng.integers(length - side + 1) for length in photo.size)
        square = photo.resize((size, size), Image.Resampling.BICUBIC, (x, y, x + side, y + side))
        squares[i] = np.moveaxis(np.asarray(square), -1, 0)
    return torch.from_numpy(squares)


def photo_files(names) -> list[Path]:
    """Where the photographs of these names lie, in scikit-image or in scikit-learn."""
    skimage, sklearn = (Path(find_spec(name).origin).parent for name in ("skimage", "sklearn"))
    folders = (skimage / "data", sklearn / "datasets" / "images")
    return [folder / name for name in names for folder in folders if (folder / name).exists()]


def photographs() -> dict[str, torch.Tensor]:
    """Those that are shown in full size, {name: 3×H×W}. `farmhouse` (1940) and `mountains` (1870) never had color."""
    found = (*photo_files(SHOWN), *(Path(__file__).parent / "photographs" / name for name in OWN))
    return {file.stem: torch.from_numpy(pictures.read(file)).movedim(-1, 0) for file in found}


def squares(size) -> torch.Tensor:
    """The middle squares of the photographs that scikit-image and scikit-learn ship, without the stereo pair."""
    return torch.from_numpy(np.stack([pictures.square(file, size) for file in photo_files(SHOWN)]))


def _load_archive(name, archive, size, n, seed):
    train, test = (archive.get() / part for part in archive.parts)
    found, (test, _) = _load_folder(name, train, size, n, seed), pictures.cache(_some(test, n, seed), size)
    return replace(found, test=test[~is_gray(test)])


def _load_folder(name, folder, size, n, seed):
    """The naturally gray pictures aside, the others split by hue."""
    return DataSet(str(name), *pictures.sorted_cache(_some(folder, n, seed), size, _train_valid_gray)[0])


def _some(folder, n, seed):
    """At most n files of a folder, chosen at random, in their order."""
    paths = pictures.listing(folder)
    if n is not None:
        paths = sorted(np.random.default_rng(seed).choice(paths, min(n, len(paths)), replace=False).tolist())
    return paths


def _train_valid_gray(found):
    """The places of these parts."""
    gray, hues = is_gray(found), mean_hue(found)
    colored = torch.nonzero(~gray)[:, 0]
    if len(colored) < 2:
        raise ValueError(f"Of {len(gray):,} pictures {len(colored)} are in color. {AT_LEAST_2}")
    train, valid = hue_sorted_split(hues[colored])
    return colored[train], colored[valid], torch.nonzero(gray)[:, 0]


def spread(pictures: torch.Tensor, n: int) -> torch.Tensor:
    """At most n of the pictures, from all over: photos often lie sorted by what they show."""
    n = min(n, len(pictures))
    return pictures[torch.arange(n) * len(pictures) // max(1, n)]


def is_gray(images) -> torch.Tensor:
    """True for pictures (N×3×H×W uint8) with R=G=B in every pixel; JPEG's rounding is forgiven."""
    parts = chunks(torch.as_tensor(images))
    return torch.cat([(part.amax(dim=1) - part.amin(dim=1) <= 1).flatten(1).all(dim=1) for part in parts])


def mean_hue(images) -> torch.Tensor:
    """The mean HSV hue (0…1) of each picture; a gray pixel counts as hue 0."""
    return torch.cat([_mean_hue(part.float()) for part in chunks(images)])


def _mean_hue(rgb):
    high, strongest = rgb.max(dim=1)
    span = high - rgb.amin(dim=1)
    red, green, blue = rgb.unbind(1)
    # Which sixth of the color circle: around red, around green, or around blue.
    steps = torch.stack((green - blue, blue - red, red - green), dim=1)
    step = steps.gather(1, strongest[:, None])[:, 0] / span.clamp(min=1e-9)
    angle = (step + 2 * strongest) / 6 % 1
    return torch.where(span > 0, angle, 0).flatten(1).mean(dim=1)


def hue_sorted_split(hues, every=EVERY) -> tuple[torch.Tensor, torch.Tensor]:
    """Places to train on and to validate on: every tenth by mean hue, so both have the same colors. Lesson 01."""
    order = torch.argsort(hues, stable=True)
    held_out = torch.isin(torch.arange(len(hues)), order[::every])
    return torch.nonzero(~held_out)[:, 0], torch.nonzero(held_out)[:, 0]
