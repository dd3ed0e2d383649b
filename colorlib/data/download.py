"""Fetching files: checked, resumed after a cut, in fastai's folders. Lesson 01 fetches CIFAR-10."""

import configparser
import hashlib
import http.client
import os
import shutil
import tarfile
import tempfile
import urllib.error
import urllib.request
import zlib
from pathlib import Path

from filelock import FileLock
from tqdm import tqdm

# fastai's archive and what fastai itself checks of it: the size and the MD5 of the first megabyte.
# The rest is covered by the checksum at the end of every gzip file.
CIFAR10 = {
    "url": "https://s3.amazonaws.com/fast-ai-sample/cifar10.tgz",
    "size": 168_168_549,
    "head_md5": "a5f8c31371b63a406b23368042812d3c",
}
CLASSES = "airplane automobile bird cat deer dog frog horse ship truck".split()
OFFLINE = 'Without a network, load("photos") and load("scenes") need no download.'
TIMEOUT = 15  # seconds without a byte


class DownloadError(OSError):
    """A file that could not be had; the message says why and what to do."""


def fetch(url, path, sha256=None, size=None, head_md5=None) -> Path:
    """Download `url` to `path`, unless the file is there and right; returns the path.

    It arrives as `path`.part, which the next try goes on with; what passes the checks given (SHA-256,
    size in bytes, MD5 of the first megabyte) gets its real name.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    with FileLock(f"{path}.lock"):  # several processes of one training ask for the same file
        if path.exists() and not _mismatch(path, sha256, size, head_md5):
            return path
        _stream(url, part)
        if fault := _mismatch(part, sha256, size, head_md5):
            part.unlink()
            raise DownloadError(f"{url} arrived damaged ({fault}), so it was deleted. Try again.")
        os.replace(part, path)
    return path


def _stream(url, part):
    """Try until all is there, or a try brings nothing: then going on would only hide the reason."""
    while True:
        before = _size(part)
        try:
            return _append(url, part, before)
        except (OSError, http.client.HTTPException) as error:
            if _size(part) <= before:
                reason = getattr(error, "reason", None) or error
                raise DownloadError(f"{url} could not be downloaded ({reason}).") from error


def _append(url, part, have):
    """One try: go on behind the bytes we have if the server can do that, else start over."""
    request = urllib.request.Request(url, headers={"Range": f"bytes={have}-"} if have else {})
    try:
        response = urllib.request.urlopen(request, timeout=TIMEOUT)
    except urllib.error.HTTPError as error:
        if error.code == 416 and have:  # nothing is left to send: the last try got it all
            return
        raise
    have = have if response.status == 206 else 0
    length = response.headers.get("Content-Length")
    total = have + int(length) if length else None
    bar = tqdm(desc=part.stem, initial=have, total=total, unit="B", unit_scale=True, delay=1)
    with response, open(part, "ab" if have else "wb") as file, bar:
        while chunk := response.read(2**18):
            bar.update(file.write(chunk))
    if total and _size(part) < total:
        raise OSError("the connection was cut")


def _size(path):
    return path.stat().st_size if path.exists() else 0


def _mismatch(path, sha256, size, head_md5):
    """What is wrong with a file, in words; nothing if all is well."""
    if size is not None and _size(path) != size:
        return f"{_size(path):,} bytes instead of {size:,}"
    with open(path, "rb") as file:
        head = hashlib.md5(file.read(2**20), usedforsecurity=False).hexdigest()
        if head_md5 and head != head_md5:
            return "the first megabyte differs"
        file.seek(0)
        if sha256 and hashlib.file_digest(file, "sha256").hexdigest() != sha256.lower():
            return "its SHA-256 differs"
    return None


def fastai_folder(kind) -> Path:
    """Where fastai keeps its `data` or `archive`: in $FASTAI_HOME or ~/.fastai, see config.ini."""
    base = Path(os.environ.get("FASTAI_HOME") or "~/.fastai").expanduser().absolute()
    config = configparser.ConfigParser(defaults={"data": "data", "archive": "archive"})
    config.read(base / "config.ini", encoding="utf8")
    return base / config["DEFAULT"][kind]


def unpack(archive, folder):
    """Unpack the one folder of a tar archive as `folder`: beside it first, then renamed."""
    folder = Path(folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    beside = Path(tempfile.mkdtemp(dir=folder.parent, prefix=folder.name + "."))
    try:
        with tarfile.open(archive) as tar:
            tar.extractall(beside, filter="data")  # refuses paths that lead out of the folder
        os.replace(beside / folder.name, folder)
    except (tarfile.TarError, zlib.error, EOFError, OSError) as error:
        raise DownloadError(f"{archive} could not be unpacked ({error}).") from error
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def has_cifar10() -> bool:
    """Whether CIFAR-10 is on this machine: nothing is downloaded to find out."""
    folder = fastai_folder("data") / "cifar10"
    return all((folder / part / name).is_dir() for part in ("train", "test") for name in CLASSES)


def cifar10() -> Path:
    """The folder of CIFAR-10 (train/<class>, test/<class>), where fastai has or would have it."""
    folder = fastai_folder("data") / "cifar10"
    if has_cifar10():  # asked before anything is written: a shared folder may be read-only
        return folder
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(f"{folder}.lock"):
            if has_cifar10():  # another process was faster
                return folder
            if folder.exists():
                raise DownloadError(f"{folder} is not all of CIFAR-10. Delete it and try again.")
            unpack(fetch(path=fastai_folder("archive") / "cifar10.tgz", **CIFAR10), folder)
    except OSError as error:
        reason = str(error).rstrip(".")
        raise DownloadError(f"There is no whole CIFAR-10 at {folder}: {reason}. {OFFLINE}") from error
    return folder
