"""Reading any picture a person has, and a cache of decoded pictures on disk; from lesson 01 on."""

import contextlib
import errno
import hashlib
import json
import os
import shutil
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageChops, ImageOps, UnidentifiedImageError
from tqdm import tqdm

from colorlib import files, profile

FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "TIFF", "BMP", "PPM")
PIXEL_LIMIT = 100_000_000  # a small file can unpack to gigabytes; 300 MB of RGB is enough
MEMORY_LIMIT = 2**27  # bytes of pictures that `take` holds in RAM: 128 MB, whatever the folder
DAY = 24 * 3600  # seconds
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
    """An upright array of a picture file, with its alpha where it has one, H×W×3 or 4, and what else its file says.

    That is the `format`, and whether it is `animated` and `deep` (of more than 8 bits).
    """
    image = _open(path, alpha=True)
    return np.array(image), image.info


def square(path, size) -> np.ndarray:
    """The middle square of a picture file, resized with antialiasing: 3×size×size, uint8."""
    image = ImageOps.fit(_open(path, size), (size, size), method=Image.Resampling.BICUBIC)
    return np.moveaxis(np.asarray(image), -1, 0)


def _open(path, size=None, alpha=False):
    """An upright RGB image, or RGBA where `alpha` is asked for; with `size`, a JPEG is decoded no finer than needed."""
    try:
        if os.path.getsize(path) == 0:
            raise PictureError(path, "is empty")
        with Image.open(path, formats=FORMATS) as image:
            if image.width * image.height > PIXEL_LIMIT:
                raise Image.DecompressionBombError(f"{image.width}×{image.height} pixels")
            if size:
                image.draft(None, (2 * size, 2 * size))
            # Adobe inverts CMYK, and Pillow takes every JPEG for Adobe's: undo it for others.
            negative = image.format == "JPEG" and image.mode == "CMYK" and "adobe" not in image.info
            animated, deep = getattr(image, "is_animated", False), _is_deep(image)
            upright = _to_rgb(ImageOps.exif_transpose(image), negative, alpha)
            upright.info = {"format": image.format, "animated": animated, "deep": deep}
            return upright
    except PictureError:
        raise
    except UnidentifiedImageError:
        reason = "is not a picture that can be read here (JPEG, PNG, WebP, GIF, TIFF, BMP)"
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        reason = f"is too large (the limit is {PIXEL_LIMIT // 10**6} million pixels)"
    except (FileNotFoundError, IsADirectoryError, PermissionError) as error:
        reason = f"cannot be opened ({error.strerror})"
    except Exception as error:  # decoders fail in many ways: OSError, SyntaxError, zlib.error, …
        reason = f"is broken or cut off ({error})"
    raise PictureError(path, reason)


def _is_deep(image):
    """More than 8 bits a number: Pillow says so of gray in the mode, of color where it decodes."""
    return image.mode[0] in "IF" or any(";16" in str(tile.args) for tile in getattr(image, "tile", ()))


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


@dataclass(repr=False)
class DecodedPictures:
    """Pictures decoded once, in a file that is mapped into memory rather than read."""

    pictures: np.memmap  # uint8, N×3×size×size
    paths: list[str]
    faults: list[tuple[str, str]]  # path and reason

    def report(self, most=5) -> str:
        """The files that were left out, by name and with the reason, in one short message."""
        total, left_out = len(self.paths) + len(self.faults), len(self.faults)
        names = [f"{os.path.basename(path)} {reason}" for path, reason in self.faults[:most]]
        if left_out > most:
            names.append(f"and {left_out - most:,} more")
        return f"Left out {left_out:,} of {total:,} files: {'; '.join(names)}."

    def take(self, index) -> np.ndarray:
        """These pictures in this order: in RAM, or if they are many in a mapped file as well."""
        index = np.asarray(index, dtype=np.int64)
        if len(index) * self.pictures[0].nbytes <= MEMORY_LIMIT:
            return np.array(self.pictures[index])
        source, size = Path(self.pictures.filename), self.pictures.shape[-1]
        target = source.with_name(f"{source.stem}-{_hash([index.tobytes()])}.npy")
        rows = ((self.paths[i], self.pictures[i]) for i in index)
        return (_load(target) or _write(target, rows, len(index), size)).pictures


def listing(source) -> list[str]:
    """The files of a folder, hidden ones left out, at any depth, sorted; or the paths given."""
    if not isinstance(source, (str, os.PathLike)):
        return [os.fspath(path) for path in source]
    root = os.path.abspath(os.path.expanduser(source))
    if not os.path.isdir(root):
        raise PictureError(source, "is not a folder: give the path of a folder of pictures")
    found = []
    for folder, folders, names in os.walk(root):
        folders[:] = [name for name in folders if not name.startswith(".")]
        found += [os.path.join(folder, name) for name in names if not name.startswith(".")]
    if not found:
        raise PictureError(source, "is an empty folder: put pictures into it, or give another")
    return sorted(found)


def cache(source, size) -> DecodedPictures:
    """Decode a folder (or some paths) once into a file; later calls open that file in no time.

    What cannot be read is left out and reported. Delete $COLORLIB_HOME/cache whenever you like.
    """
    paths = listing(source)
    if not paths:
        raise PictureError("The list of pictures", "is empty")
    target = profile.home() / "cache" / f"{_hash(_stamps(paths, size))}.npy"
    decoded = _load(target) or _write(target, _decode(paths, size), len(paths), size)
    if decoded.faults:
        print(decoded.report())
    return decoded


def _hash(parts):
    return hashlib.sha256(b"\0".join(parts)).hexdigest()[:24]


def _stamps(paths, size):
    """What the cache depends on. A changed file has another size or time, so it is decoded anew."""
    yield f"pictures 1, {size}".encode()
    for path in paths:
        status = os.stat(path) if os.path.exists(path) else None
        stamp = f"{status.st_size} {status.st_mtime_ns}" if status else "missing"
        yield os.fsencode(os.path.abspath(path)) + stamp.encode()


def _decode(paths, size):
    """Pairs of path and pixels, or PictureError. Threads do, as Pillow lets go of Python's lock."""

    def attempt(path):
        try:
            return path, square(path, size)
        except PictureError as error:
            return path, error

    starts = range(0, len(paths), CHUNK)
    with ThreadPoolExecutor(min(8, os.cpu_count() or 1)) as pool:
        for start in tqdm(starts, desc="Decoding pictures", unit_scale=CHUNK, delay=1):
            yield from pool.map(attempt, paths[start : start + CHUNK])


def _write(target, rows, most, size):
    """An ordinary .npy file, with the names of its pictures as JSON behind the pixels."""
    needed = most * 3 * size * size
    with contextlib.suppress(OSError):  # another process may be quicker
        for left in target.parent.glob("*.part"):  # by writers that were killed
            if time.time() - left.stat().st_mtime > DAY:
                left.unlink()
    try:
        with files.replacing(target) as beside, open(beside, "wb") as file:
            if shutil.disk_usage(target.parent).free < needed:  # said at once, not after minutes of decoding
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            _fill(file, rows, size)
    except files.CannotWrite as error:
        # Of several writers the last one wins. But Windows does not replace a file that another process has mapped.
        if not (isinstance(error.__cause__, PermissionError) and target.exists()):
            advice = f"These are {needed / 1e9:.3g} GB of decoded pictures; COLORLIB_HOME can name a folder elsewhere."
            raise files.CannotWrite(f"{error} {advice}") from error
    return _load(target)


def _fill(file, rows, size):
    def header(count):  # numpy leaves room for the count to grow in place
        form = dict(descr="|u1", fortran_order=False, shape=(count, 3, size, size))
        np.lib.format.write_array_header_1_0(file, form)

    paths, faults = [], []
    header(0)
    for path, pixels in rows:
        if isinstance(pixels, PictureError):
            faults.append((path, pixels.reason))
        else:
            paths.append(path)
            file.write(pixels.tobytes())
    if not paths:
        folder = os.path.commonpath([os.path.dirname(os.path.abspath(path)) for path, _ in faults])
        report = DecodedPictures(None, paths, faults).report()
        raise PictureError(folder, f"has no picture that can be read. {report[:-1]}")
    file.write(json.dumps({"paths": paths, "faults": faults}).encode())
    file.seek(0)
    header(len(paths))


def _load(target):
    """A finished cache, or None. Copy on write: to change a picture does not change the file."""
    try:
        pictures = np.lib.format.open_memmap(target, mode="c")
        with open(target, "rb") as file:
            file.seek(pictures.offset + pictures.nbytes)
            return DecodedPictures(pictures, **json.load(file))
    except (OSError, ValueError):
        return None
