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

OFFLINE = 'Without a network, load("photos") and load("scenes") need no download.'
SECONDS = 5  # to wait for a sign of the network
TIMEOUT = 15  # seconds without a byte


class DownloadError(OSError):
    """A data set that could not be had; the message says why and what to do."""


@dataclass(frozen=True)
class Archive:
    """One of fastai's archives and what fastai itself checks of it: the size and the MD5 of the first megabyte.

    The rest is covered by the checksum at the end of every gzip file.
    """

    title: str
    url: str
    size: int
    head_md5: str
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
        folder = self.folder
        if self.is_here():  # asked before anything is written: a shared folder may be read-only
            return folder
        try:
            folder.parent.mkdir(parents=True, exist_ok=True)
            with FileLock(f"{folder}.lock"):
                if self.is_here():  # another process was faster
                    return folder
                if folder.exists():
                    raise OSError("some of it is missing. Delete that folder and try again")
                _unpack(self._fetch(), folder)
        except OSError as error:
            raise DownloadError(f"There is no whole {self.title} at {folder}: {error}. {OFFLINE}") from error
        return folder

    def _fetch(self):
        """The archive itself in fastai's archive folder, downloaded unless it is there and right."""
        path = fastai_folder("archive") / Path(self.url).name
        if path.exists() and self._is_whole(path):
            return path
        path.unlink(missing_ok=True)
        if not answers(self.url):
            raise OSError(f"{self.url} cannot be reached")
        import pooch  # slow, and rarely needed

        pooch.get_logger().setLevel("WARNING")  # it would ask for a hash of the whole file, which nobody published
        downloader = pooch.HTTPDownloader(progressbar=True, chunk_size=2**18, timeout=TIMEOUT)
        pooch.retrieve(self.url, None, path.name, path.parent, downloader=downloader)
        if not self._is_whole(path):
            path.unlink()
            raise OSError(f"{self.url} arrived damaged, so it was deleted. Try again")
        return path

    def _is_whole(self, path):
        with open(path, "rb") as file:
            head = hashlib.md5(file.read(2**20), usedforsecurity=False).hexdigest()
        return (path.stat().st_size, head) == (self.size, self.head_md5)


CIFAR10 = Archive(
    title="CIFAR-10",
    url="https://s3.amazonaws.com/fast-ai-sample/cifar10.tgz",
    size=168_168_549,
    head_md5="a5f8c31371b63a406b23368042812d3c",
    parts=("train", "test"),
    classes=tuple("airplane automobile bird cat deer dog frog horse ship truck".split()),
)
IMAGENETTE = Archive(  # ten classes of ImageNet, the short side 160 pixels; ImageNet's numbers name the folders
    title="Imagenette",
    url="https://s3.amazonaws.com/fast-ai-imageclas/imagenette2-160.tgz",
    size=99_003_388,
    head_md5="c475f8f7617a200ba35b9facc48443c3",
    parts=("train", "val"),
    classes=tuple(
        "n01440764 n02102040 n02979186 n03000684 n03028079 n03394916 n03417042 n03425413 n03445777 n03888257".split()
    ),
)


def answers(url, seconds=SECONDS) -> bool:
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


def _unpack(archive, folder):
    """The one folder in an archive, beside its place first, then renamed: none that is half full has its name."""
    try:
        with (
            tempfile.TemporaryDirectory(prefix=f"{folder.name}.", dir=folder.parent) as beside,
            tarfile.open(archive, "r:gz") as tar,
        ):
            tar.extractall(beside, filter="data")  # refuses paths that lead out of the folder
            os.replace(Path(beside) / folder.name, folder)
    except (tarfile.TarError, zlib.error, EOFError, FileNotFoundError) as error:
        raise OSError(f"{archive} could not be unpacked ({error}). Delete it and try again") from error
