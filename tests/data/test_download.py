"""Fetching archives: from a server on this machine that can cut connections, damage files and refuse."""

import dataclasses
import hashlib
import io
import os
import tarfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import product
from unittest.mock import Mock

import numpy as np
import pytest
from PIL import Image

from colorlib import data
from colorlib.data import download
from colorlib.data.download import CIFAR10, IMAGENETTE, DownloadError


class Server:
    """Sends `content`, or no more than `cut_at` bytes of it; `asked` counts."""

    def __init__(self):
        self.content, self.cut_at, self.asked = b"", None, 0
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_HEAD(self):
                self.send_response(200)
                self.end_headers()

            def do_GET(self):
                server.asked += 1
                if "missing" in self.path:
                    return self.send_error(404)
                self.send_response(200)
                self.send_header("Content-Length", str(len(server.content)))
                self.end_headers()
                self.wfile.write(server.content[: server.cut_at])

            def log_message(self, *_):
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.http.serve_forever, args=(0.01,), daemon=True).start()
        self.url = f"http://127.0.0.1:{self.http.server_port}"

    def stop(self):
        self.http.shutdown()
        self.http.server_close()

    def offers(self, archive, content):
        """The archive as if it came from here."""
        self.content, head = content, hashlib.md5(content[: 2**20]).hexdigest()
        url = f"{self.url}/{archive.url.rpartition('/')[2]}"
        return dataclasses.replace(archive, url=url, size=len(content), head_md5=head)


@pytest.fixture
def server():
    server = Server()
    yield server
    server.stop()


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("FASTAI_HOME", str(tmp_path))
    return tmp_path


def packed(archive, pictures=1, name=None):
    """An archive with the layout of fastai's, so many noisy pictures a class."""
    content, dice = io.BytesIO(), np.random.default_rng(0)
    with tarfile.open(fileobj=content, mode="w:gz") as tar:
        for part, one, number in product(archive.parts, archive.classes, range(pictures)):
            picture = io.BytesIO()
            Image.fromarray(dice.integers(0, 256, (32, 32, 3), dtype=np.uint8)).save(picture, "PNG")
            entry = tarfile.TarInfo(name or f"{archive.folder.name}/{part}/{one}/{number}.png")
            entry.size = picture.tell()
            picture.seek(0)
            tar.addfile(entry, picture)
    return content.getvalue()


def names(folder):
    return sorted(path.name for path in folder.iterdir() if path.suffix != ".lock") if folder.exists() else []


def test_fastai_agrees(home, monkeypatch):
    """The library may not import fastai here, so that a lesson starts fast; the test may."""
    from fastai.data import download_checks, external

    (home / "config.ini").write_text(f"[DEFAULT]\ndata = {home / 'big disk'}\narchive = packed\n")
    assert download.fastai_folder("data") == home / "big disk"
    assert download.fastai_folder("archive") == home / "packed"
    (home / "config.ini").unlink()
    assert download.fastai_folder("data") == home / "data" and names(home) == []  # looking changes nothing
    external.fastai_cfg.cache_clear()
    for kind in ("data", "archive"):
        assert external.fastai_path(kind) == download.fastai_folder(kind)
    external.fastai_cfg.cache_clear()
    assert (CIFAR10.url, IMAGENETTE.url) == (external.URLs.CIFAR, external.URLs.IMAGENETTE_160)
    with open(download_checks.__file__) as file:
        lines = "".join(file.read().split())
    for archive in (CIFAR10, IMAGENETTE):
        assert f"'{archive.url}':({archive.size},'{archive.head_md5}')" in lines
    monkeypatch.delenv("FASTAI_HOME")
    assert download.fastai_folder("data").is_absolute()


@pytest.mark.parametrize("archive", [CIFAR10, IMAGENETTE])
def test_an_archive_is_fetched_once_and_unpacked_where_fastai_looks(home, server, archive, capfd):
    here = server.offers(archive, packed(archive))
    assert not here.is_here()
    folder = here.get()
    assert folder == home / "data" / archive.url.rpartition("/")[2].removesuffix(".tgz") and here.is_here()
    assert len(list(folder.glob("*/*/*.png"))) == 20 and names(home / "data") == [folder.name]
    assert here.get() == folder and "known_hash" not in capfd.readouterr().err
    os.rename(folder, home / "elsewhere")
    assert here.get() == folder and server.asked == 1  # unpacked again, not fetched
    os.rename(folder, home / "some place else")
    (home / "archive" / f"{folder.name}.tgz").write_bytes(b"something else")
    with pytest.raises(DownloadError, match="was damaged, so it was deleted"):
        here.get()
    assert here.get() == folder and server.asked == 2


def test_a_download_that_fails_leaves_nothing_and_says_why_with_the_way_out(home, server):
    here = server.offers(CIFAR10, packed(CIFAR10))
    for wrong in ({"size": 1_600_000}, {"head_md5": "0" * 32}):
        with pytest.raises(DownloadError, match="was damaged, so it was deleted"):
            dataclasses.replace(here, **wrong).get()
    server.cut_at = len(server.content) // 2
    with pytest.raises(DownloadError, match="IncompleteRead|bytes read"):
        here.get()
    assert names(home / "archive") == names(home / "data") == []
    with pytest.raises(DownloadError, match=r'404.*Not Found.*load\("photos"\)'):
        dataclasses.replace(here, url=f"{server.url}/missing/cifar10.tgz").get()
    server.stop()
    with pytest.raises(DownloadError, match=rf'cannot be had at .*{here.url} cannot be reached.*load\("photos"\)'):
        here.get()


def test_a_network_without_answer_is_given_up_in_time(monkeypatch):
    monkeypatch.setattr("socket.getaddrinfo", lambda *_, **__: time.sleep(10))
    began = time.monotonic()
    assert not download.answers("http://name.invalid/", seconds=0.3)
    assert time.monotonic() - began < 3


def test_a_shared_folder_need_not_be_writable(server, monkeypatch):
    here, refuse = server.offers(CIFAR10, packed(CIFAR10)), Mock(side_effect=PermissionError(13, "Permission denied"))
    with monkeypatch.context() as read_only:
        read_only.setattr(download, "FileLock", refuse)
        with pytest.raises(DownloadError, match=r'Permission denied.*load\("photos"\)'):
            here.get()
    folder = here.get()
    monkeypatch.setattr(download, "FileLock", refuse)
    monkeypatch.setattr(download.Path, "mkdir", refuse)
    assert here.get() == folder


def test_an_archive_that_cannot_be_used_leaves_nothing(home, server):
    whole, escaping = packed(CIFAR10), packed(CIFAR10, name="../escaped.txt")
    for content in (whole[: len(whole) // 2], b"no archive at all", packed(IMAGENETTE), escaping):
        with pytest.raises(DownloadError, match="Delete it and .*cifar10.tgz, if they are there"):
            server.offers(CIFAR10, content).get()
        (home / "archive" / "cifar10.tgz").unlink()
        assert names(home / "data") == [] and not list(home.rglob("escaped.txt"))
    (CIFAR10.folder / "train" / "cat").mkdir(parents=True)
    with pytest.raises(DownloadError, match="at .*cifar10: .* not empty.* Delete it"):
        server.offers(CIFAR10, whole).get()


def test_several_at_once_fetch_it_once(server):
    here = server.offers(CIFAR10, packed(CIFAR10, pictures=40))
    with ThreadPoolExecutor() as pool:  # a lock on a file does not ask whether it is a process or a thread that waits
        folders = list(pool.map(lambda _: here.get(), range(4)))
    assert folders == [here.folder] * 4 and server.asked == 1


@pytest.mark.parametrize("name, archive", [("cifar10", CIFAR10), ("photographs", IMAGENETTE)])
def test_pictures_of_an_archive(server, monkeypatch, name, archive):
    here = server.offers(archive, packed(archive, pictures=6))
    monkeypatch.setattr(download, {"cifar10": "CIFAR10", "photographs": "IMAGENETTE"}[name], here)
    found = data.load(name, size=16)
    assert found.name == name and found.train.shape == (54, 3, 16, 16)
    assert len(found.valid) == 6 and len(found.test) == 60 and len(found.naturally_gray) == 0
    Image.new("RGB", (32, 32), (7, 7, 7)).save(here.folder / archive.parts[0] / archive.classes[3] / "gray.png")
    assert len(data.load(name, 16).naturally_gray) == 1
    some, other = data.load(name, 16, n=20, seed=2), data.load(name, 16, n=20, seed=3)
    assert len(some.train) + len(some.valid) + len(some.naturally_gray) == 20 and len(some.test) == 20
    assert not np.array_equal(some.train[:15], other.train[:15])


def test_without_a_network_crops_stand_in_for_photographs(server, monkeypatch, capsys):
    monkeypatch.setattr(download, "IMAGENETTE", server.offers(IMAGENETTE, b""))
    server.stop()
    found = data.load("photographs", size=16, n=20, seed=4)
    said = capsys.readouterr().out
    assert said.count("\n") == 1 and "Imagenette cannot be had" in said and "`photos` stands in" in said
    assert found.name == "photos" and (found.train == data.load("photos", 16, n=20, seed=4).train).all()
