"""A photograph of any size, colored: a network sees a small copy, the photograph keeps its lightness. Lesson 02 on."""

import io
import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import nn

from colorlib import color, files, models
from colorlib.data import pictures

MULTIPLE = 32  # networks halve their picture up to five times
LONGEST = 16  # times the short side: what a network sees of a thread
SIDES = range(1, 2049)  # what `side` may be
BAND = 2**19  # pixels of the photograph in work at a time
EDGE = 10.0  # variance of L around a small pixel from which on the color follows it
FORMATS = {"JPEG": ".jpg", "WEBP": ".webp", "TIFF": ".tif", "PNG": ".png"}  # others have few colors, or no label


def colorize(picture, model, side: int | None = None, **how):
    """Color a picture of any size: an array H×W×3 or a tensor 3×H×W, uint8; the result is of the same kind.

    `model` is a network from models.load, or its name or path; `side` the short side at which it looks, by default as
    in its training; `how` the `dice` and `steps` of one that draws samples. L stays, by a paler color where it must.
    """
    if isinstance(picture, torch.Tensor):
        return torch.from_numpy(colorize(np.moveaxis(picture.cpu().numpy(), 0, -1), model, side, **how)).movedim(-1, 0)
    result = np.empty(picture.shape, np.uint8)
    for rows, lab in colored_bands(picture, model, side, **how):
        result[rows] = color.to_uint8(shown(lab)).movedim(0, -1).numpy()
    return result


def colored_bands(picture: np.ndarray, model, side: int | None = None, **how) -> Iterator[tuple[slice, torch.Tensor]]:
    """The colored picture, some rows at a time so that memory stays small: which rows, and their lab 3×h×W."""
    if picture.dtype != np.uint8 or picture.ndim != 3 or picture.shape[-1] != 3 or not picture.size:
        raise ValueError(f"Give an array H×W×3 or a tensor 3×H×W of uint8, not {picture.dtype} {picture.shape}.")
    start, slope = colors_by_lightness(*looked_at(picture, model, side, **how))
    (height, width), (small_height, small_width) = picture.shape[:2], start.shape[-2:]
    wide = torch.cat((start, slope)) @ enlarging(small_width, width)
    tall, step = enlarging(small_height, height).T, max(1, BAND // width)
    for top in range(0, height, step):
        rows = slice(top, top + step)
        lightness = color.rgb_to_lab(torch.from_numpy(np.array(picture[rows])).movedim(-1, 0))[:1]
        start, slope = torch.matmul(tall[rows], wide).split(2)
        yield rows, torch.cat((lightness, start + slope * lightness))


def looked_at(picture: np.ndarray, model, side: int | None = None, **how) -> tuple[torch.Tensor, torch.Tensor]:
    """L and ab of the small copy that the network colors."""
    model = models.load(model) if isinstance(model, str | os.PathLike) else model
    multiple = max(MULTIPLE, 2 ** len(getattr(model.network, "down", ())))  # a U-Net halves its picture so often
    side = model.network.settings["size"] if side is None else side
    if side not in SIDES:
        raise ValueError(f"The side must be a whole number from {SIDES[0]} to {SIDES[-1]}, not {side}.")
    height, width = seen_size(*picture.shape[:2], side, multiple)
    small = Image.fromarray(np.ascontiguousarray(picture)).resize((width, height), Image.Resampling.BICUBIC)
    gray, _ = color.to_gray_ab(torch.from_numpy(np.array(small)).movedim(-1, 0)[None])
    try:
        lab = color.to_lab(gray, models.paint(model, gray, **how))[0]
    except RuntimeError as error:
        raise ValueError(f"This network does not color pictures of {height}×{width} pixels ({error}).") from error
    return lab[:1], lab[1:]


def seen_size(height: int, width: int, side: int, multiple: int = MULTIPLE) -> tuple[int, int]:
    """The small copy's height and width: its short side near `side`, both multiples, the shape nearly kept."""
    most = LONGEST * max(1, round(side / multiple))
    scale = side / min(height, width) / multiple
    return tuple(multiple * min(most, max(1, round(length * scale))) for length in (height, width))


def colors_by_lightness(lightness: torch.Tensor, ab: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Around each small pixel the color as a line, start + slope · L, by the guided filter (He and others 2010)."""
    box = nn.AvgPool2d(3, stride=1, padding=1, count_include_pad=False)
    mean_l, mean_ab = box(lightness), box(ab)
    slope = box((box(lightness * ab) - mean_l * mean_ab) / (box(lightness**2) - mean_l**2 + EDGE))
    return ab - slope * lightness, slope  # the small pixel itself keeps its color; the filter's own start smooths


def enlarging(small: int, large: int) -> torch.Tensor:
    """The matrix small×large that resizes a row of pixels, bicubic; only the rows in work are ever large."""
    return F.interpolate(torch.eye(small)[None, None], (small, large), mode="bicubic", antialias=True)[0, 0]


def shown(lab: torch.Tensor) -> torch.Tensor:
    """Lab 3×H×W to a float picture. Colors that no screen shows get paler until one does, at the same L, by halving."""
    picture = color.lab_to_rgb(lab, clip=False)
    outside = (picture != picture.clamp(-1e-3, 1 + 1e-3)).any(dim=0)  # as in_gamut has it
    lightness, ab = lab[:, None, outside].split((1, 2))
    share = torch.zeros_like(lightness)
    for halving in range(1, 11):
        bolder = share + 0.5**halving
        share = torch.where(color.in_gamut(torch.cat((lightness, ab * bolder))), bolder, share)
    picture[:, outside] = color.lab_to_rgb(torch.cat((lightness, ab * share)))[:, 0]
    return picture.clamp(0, 1)


def sources(paths: list[str], out: Path) -> dict[Path, Path]:
    """The files to color, and what each is called below `out`; of a folder all files that `out` does not hold."""
    found = {}
    for path in (Path(os.path.abspath(os.path.expanduser(path))) for path in paths):
        try:
            inside = map(Path, pictures.listing(path))
            found |= {file: file.relative_to(path) for file in inside if out == path or out not in file.parents}
        except pictures.PictureError:  # no folder, or an empty one: whoever reads it is told
            found[path] = Path(path.name)
    return found


def target(out: Path, name: Path, picture: np.ndarray, facts: dict, taken: set[str]) -> Path:
    """Where a result goes. PNG keeps alpha; like-named ones of several folders or formats get a number."""
    suffix = ".png" if picture.shape[-1] == 4 or facts["deep"] else FORMATS.get(facts["format"], ".png")
    place, number = out / name.with_name(name.stem + suffix), 1
    while str(place).casefold() in taken:
        number += 1
        place = out / name.with_name(f"{name.stem}-{number}{suffix}")
    taken.add(str(place).casefold())
    return place


def result(picture: np.ndarray, model, side: int | None, side_by_side: bool, **how) -> np.ndarray:
    """The colored picture, its alpha as it was; with `side_by_side` the gray one to its left."""
    colored = np.dstack((colorize(picture[..., :3], model, side, **how), picture[..., 3:]))
    if side_by_side:
        gray = np.asarray(Image.fromarray(picture[..., :3]).convert("L"))
        colored = np.hstack((np.dstack((gray, gray, gray, picture[..., 3:])), colored))
    return colored


def save(picture: np.ndarray, path: Path, label: str) -> None:
    """Write a picture in the format of its path's suffix; the label becomes its description."""
    exif, file = Image.Exif(), io.BytesIO()
    exif[0x010E] = label  # ImageDescription
    Image.fromarray(picture).save(file, Image.registered_extensions()[path.suffix], quality=95, exif=exif)
    files.write(path, file.getvalue())
