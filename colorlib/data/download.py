"""Data sets from the network, checked, in fastai's folders. Lesson 01 shows what CIFAR-10 is."""

import configparser
import contextlib
import hashlib
import os
import tarfile
import tempfile
import threading
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
    parts: tuple[str, str]  # folders of its parts to train on and to test on
    classes: tuple[str, ...]  # folders in each part

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


CIFAR10 = Archive(
    url="https://s3.amazonaws.com/fast-ai-sample/cifar10.tgz",
    size=168_168_549,
    head_md5="a5f8c31371b63a406b23368042812d3c",
    parts=("train", "test"),
    classes=tuple("airplane automobile bird cat deer dog frog horse ship truck".split()),
)
IMAGENETTE = Archive(  # ten classes of ImageNet, the short side 160 pixels; ImageNet's numbers name the folders
    url="https://s3.amazonaws.com/fast-ai-imageclas/imagenette2-160.tgz",
    size=99_003_388,
    head_md5="c475f8f7617a200ba35b9facc48443c3",
    parts=("train", "val"),
    classes=tuple(
        "n01440764 n02102040 n02979186 n03000684 n03028079 n03394916 n03417042 n03425413 n03445777 n03888257".split()
    ),
)


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
