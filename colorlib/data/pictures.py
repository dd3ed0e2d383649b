"""Reading any picture a person has, and a cache of decoded pictures on disk; from lesson 01 on."""

import hashlib
import json
import os
import textwrap
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import torch
from PIL import Image, ImageChops, ImageOps, UnidentifiedImageError
from tqdm import tqdm

from colorlib import files, profile

FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "TIFF", "BMP", "PPM")
PIXEL_LIMIT = 100_000_000  # a small file can unpack to gigabytes; 300 MB of RGB is enough
CHUNK = 128  # pictures decoded at a time: what the cache needs of RAM


class PictureError(ValueError):
    """A picture that cannot be used; the message names the file and the reason."""

    def __init__(self, path, reason):
        super().__init__(f"{os.path.basename(path) or path} {reason}.")
        self.reason = reason


def read(path) -> np.ndarray:
    """Any picture file as an upright RGB array, H×W×3 uint8; of an animation, the first frame."""
    return np.array(_open(path))


def read_to_keep(path) -> tuple[np.ndarray, dict]:
    """As `read`, with its alpha if it has one; and its `format`, whether it is `animated` and `deep` (over 8 bits)."""
    image = _open(path, alpha=True)
    return np.array(image), image.info


def square(path, size) -> np.ndarray:
    """The middle square of a picture file, resized with antialiasing: 3×size×size, uint8."""
    image = ImageOps.fit(_open(path, size), (size, size), method=Image.Resampling.BICUBIC)
    return np.moveaxis(np.asarray(image), -1, 0)


def _open(path, size=None, alpha=False):
    """An upright RGB image, or RGBA where `alpha` is asked for; with `size`, a JPEG is decoded no finer than needed."""
    try:
        with Image.open(path, formats=FORMATS) as image:
            if image.width * image.height > PIXEL_LIMIT:
                raise Image.DecompressionBombError
            if size:
                image.draft(None, (2 * size, 2 * size))
            # Adobe inverts CMYK, and Pillow takes every JPEG for Adobe's: undo it for others.
            negative = image.format == "JPEG" and image.mode == "CMYK" and "adobe" not in image.info
            # More than 8 bits a number: Pillow says so of gray in the mode, of color where it decodes.
            deep = image.mode[0] in "IF" or any(";16" in str(tile.args) for tile in getattr(image, "tile", ()))
            facts = {"format": image.format, "animated": getattr(image, "is_animated", False), "deep": deep}
            upright = _to_rgb(ImageOps.exif_transpose(image), negative, alpha)
            upright.info = facts
            return upright
    except UnidentifiedImageError:
        reason = "is not a picture that can be read here (JPEG, PNG, WebP, GIF, TIFF, BMP)"
    except Image.DecompressionBombError:
        reason = f"is too large (the limit is {PIXEL_LIMIT // 10**6} million pixels)"
    except Exception as error:  # decoders fail in many ways: OSError, SyntaxError, zlib.error, …
        reason = f"cannot be read ({getattr(error, 'strerror', None) or error})"
    raise PictureError(path, reason)


def _to_rgb(image, negative, alpha=False):
    if image.mode[0] in "IF":  # more than 8 bits a pixel: scale, since Pillow would clip
        values = np.nan_to_num(np.asarray(image, dtype=np.float32))
        top = max(65535 if image.mode[0] == "I" else 1, values.max())
        image = Image.fromarray((values / top * 255).clip(0, 255).round().astype(np.uint8))
    if negative:
        image = ImageChops.invert(image)
    if image.has_transparency_data:
        image = image.convert("RGBA")
        if alpha:
            return image
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    return image.convert("RGB")


def listing(folder) -> list[str]:
    """The files of a folder, hidden ones left out, at any depth, sorted."""
    found = []
    for place, folders, names in os.walk(os.path.abspath(os.path.expanduser(folder))):  # glob would follow links
        folders[:] = [name for name in folders if not name.startswith(".")]
        found += [os.path.join(place, name) for name in names if not name.startswith(".")]
    if not found:
        raise PictureError(folder, "is not a folder, or an empty one: give the path of a folder of pictures")
    return sorted(found)


def cache(paths, size) -> tuple[torch.Tensor, list[str]]:
    """The middle squares of some picture files, N×3×size×size, and the paths of those that are pictures.

    They are decoded once into a file, which is mapped into memory rather than read. What is left out is reported.
    Delete $COLORLIB_HOME/cache whenever you like.
    """
    (squares,), kept = sorted_cache(paths, size, _all_in_one)
    return squares, kept


def sorted_cache(paths, size, sort) -> tuple[tuple[torch.Tensor, ...], list[str]]:
    """As `cache`, in several parts: `sort` gives the places of each part. They lie in the file one behind another."""
    stamps = repr([size, sort.__name__, *map(_stamp, paths)]).encode()
    target = profile.home() / "cache" / f"{hashlib.sha256(stamps).hexdigest()[:24]}.pixels"
    parts, kept, report = _load(target, size) or _write(target, size, paths, sort)
    if report:
        print(report)
    return parts, kept


def _all_in_one(squares):
    return [torch.arange(len(squares))]


def _stamp(path):
    """A changed file has another size or time, so it is decoded anew."""
    status = os.stat(path) if os.path.exists(path) else None
    return os.path.abspath(path), status and (status.st_size, status.st_mtime_ns)


def _decode(paths, size):
    """Each path and its square, in the making. Threads do, as Pillow lets go of Python's lock."""
    with ThreadPoolExecutor(min(8, os.cpu_count() or 1)) as pool:
        for start in tqdm(range(0, len(paths), CHUNK), desc="Decoding pictures", unit_scale=CHUNK, delay=1):
            yield from [(path, pool.submit(square, path, size)) for path in paths[start : start + CHUNK]]


def _write(target, size, paths, sort):
    """The squares behind one another; then, in a file beside it, their parts, paths and what was left out."""
    kept, faults, report = [], [], ""
    try:
        with files.replacing(target) as beside:
            with open(beside, "wb") as file:
                for path, decoding in _decode(paths, size):
                    try:
                        file.write(decoding.result().tobytes())
                        kept.append(str(path))
                    except PictureError as error:
                        faults.append(str(error))
            if faults or not kept:
                report = f"Left out {len(faults):,} of {len(paths):,} files: "
                report += textwrap.shorten(" ".join(faults), 500, placeholder=" …")
            if not kept:
                raise PictureError("The list of pictures", f"has none that can be read. {report.rstrip('.')}")
            places = _sort(beside, (len(kept), 3, size, size), sort)
        facts = [list(map(len, places)), [kept[place] for part in places for place in part], report]
        files.write(target.with_suffix(".json"), json.dumps(facts).encode())
    except files.CannotWrite as error:
        if not _load(target, size):  # else another process was faster, and Windows replaces nothing that is mapped
            raise files.CannotWrite(f"{error} COLORLIB_HOME can name a folder elsewhere.") from error
    return _load(target, size)


def _sort(path, shape, sort):
    """Bring the squares in a file into the order of their parts; gives the places that they had."""
    squares = torch.from_numpy(np.memmap(path, np.uint8, "c", shape=shape))
    parts = sort(squares)
    order = torch.cat(parts)
    if not torch.equal(order, torch.arange(len(squares))):
        with files.replacing(path) as beside:
            with open(beside, "wb") as file:
                for places in order.split(CHUNK):
                    file.write(squares[places].numpy().tobytes())
            del squares
    return [part.tolist() for part in parts]


def _load(target, size):
    """A finished cache, or None. Copy on write: to change a picture does not change the file."""
    try:
        lengths, kept, report = json.loads(target.with_suffix(".json").read_bytes())
        squares = np.memmap(target, np.uint8, "c", shape=(len(kept), 3, size, size))
        return torch.from_numpy(squares).split(lengths), kept, report
    except (OSError, ValueError):
        return None
