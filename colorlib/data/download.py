"""Data sets from the network, checked, in fastai's folders. Lesson 01 shows what CIFAR-10 is."""

import configparser
import contextlib
import hashlib
import os
import tarfile
import tempfile
import threading
import tomllib
import urllib.request
import zlib
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock


class DownloadError(OSError):
    """A data set that could not be had; the message says why and what to do."""


@dataclass(frozen=True)
class Archive:
    """One of fastai's archives, and what fastai itself checks of it."""

    url: str
    size: int
    head_md5: str  # of the first megabyte; gzip has a checksum of all
    parts: list[str]  # folders of its parts to train on and to test on
    classes: list[str]  # folders in each part

    @property
    def folder(self) -> Path:
        """Where fastai has it or would have it."""
        return fastai_folder("data") / Path(self.url).stem

    def is_here(self) -> bool:
        """Whether it is on this machine: nothing is downloaded to find out."""
        return all((self.folder / part / name).is_dir() for part in self.parts for name in self.classes)

    def get(self) -> Path:
        """Its folder, which is fetched and unpacked if it is not there. Several processes may ask at once."""
        folder, packed = self.folder, fastai_folder("archive") / Path(self.url).name
        if self.is_here():  # asked before anything is written: a shared folder may be read-only
            return folder
        try:
            folder.parent.mkdir(parents=True, exist_ok=True)
            with FileLock(f"{folder}.lock"):
                if not self.is_here():  # another process may have been faster
                    self._fetch(packed)
                    with tempfile.TemporaryDirectory(dir=folder.parent) as beside, tarfile.open(packed) as tar:
                        tar.extractall(beside, filter="data")  # refuses paths that lead out of the folder
                        os.replace(Path(beside) / folder.name, folder)  # one that is half full never has its name
        except (OSError, EOFError, tarfile.TarError, zlib.error) as error:
            raise DownloadError(
                f"The data set cannot be had at {folder}: {error}. Delete it and {packed}, if they are there, and try "
                'again. Without a network, load("photos") and load("scenes") need no download.'
            ) from error
        return folder

    def _fetch(self, packed):
        """Download it unless it is there, and check it."""
        if not packed.exists():
            if not answers(self.url):
                raise OSError(f"{self.url} cannot be reached")
            import pooch  # slow, and rarely needed

            pooch.get_logger().setLevel("WARNING")  # it would ask for a hash of the whole file, which nobody published
            downloader = pooch.HTTPDownloader(progressbar=True, chunk_size=2**18, timeout=15)
            pooch.retrieve(self.url, None, packed.name, packed.parent, downloader=downloader)
        with open(packed, "rb") as file:
            head = hashlib.md5(file.read(2**20), usedforsecurity=False).hexdigest()
        if (packed.stat().st_size, head) != (self.size, self.head_md5):
            packed.unlink()
            raise OSError(f"{packed} was damaged, so it was deleted")


_ARCHIVES = tomllib.loads(Path(__file__).with_name("archives.toml").read_text(encoding="utf-8"))
CIFAR10, IMAGENETTE = (Archive(**_ARCHIVES[name]) for name in ("cifar10", "imagenette"))


def answers(url, seconds=5) -> bool:
    """Whether the file can be had there, soon. In a thread, because looking up a name knows no time limit."""
    answered = threading.Event()

    def ask():
        with contextlib.suppress(Exception):  # whatever the reason, it is no answer
            urllib.request.urlopen(urllib.request.Request(url, method="HEAD"), timeout=seconds).close()
            answered.set()

    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    asking.join(seconds)
    return answered.is_set()


def fastai_folder(kind) -> Path:
    """Where fastai keeps its `data` or `archive`: in $FASTAI_HOME or ~/.fastai, see config.ini."""
    base = Path(os.environ.get("FASTAI_HOME") or "~/.fastai").expanduser().absolute()
    config = configparser.ConfigParser(defaults={"data": "data", "archive": "archive"})
    config.read(base / "config.ini", encoding="utf8")
    return base / config["DEFAULT"][kind]
