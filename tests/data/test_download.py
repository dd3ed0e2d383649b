"""Fetching: from a server on this machine that can cut connections, damage files and refuse."""

import hashlib
import io
import os
import tarfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest
from PIL import Image

from colorlib.data import download
from colorlib.data.download import DownloadError, fetch

CONTENT = np.random.default_rng(0).bytes(1_500_000)
SHA256 = hashlib.sha256(CONTENT).hexdigest()


class Server:
    """What to serve, and how badly; `asked` collects the Range headers of the requests."""

    def __init__(self):
        self.content, self.ranges, self.cut_at, self.asked = CONTENT, True, None, []
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                server.answer(self)

            def log_message(self, *_):
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.http.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.http.server_port}/file.bin"

    def answer(self, request):
        asked = request.headers.get("Range")
        self.asked.append(asked)
        if "missing" in request.path:
            return request.send_error(404)
        start = int(asked.removeprefix("bytes=").rstrip("-")) if asked and self.ranges else 0
        if start >= len(self.content):
            return request.send_error(416)
        rest = self.content[start:]
        request.send_response(206 if start else 200)
        request.send_header("Content-Length", str(len(rest)))
        request.end_headers()
        request.wfile.write(rest[: self.cut_at])


@pytest.fixture
def server():
    server = Server()
    yield server
    server.http.shutdown()
    server.http.server_close()


def names(folder):
    return sorted(p.name for p in folder.iterdir() if p.suffix != ".lock")


def test_a_file_arrives_whole_and_is_fetched_once(tmp_path, server):
    path = tmp_path / "new folder" / "file.bin"
    assert fetch(server.url, path, sha256=SHA256) == path
    assert path.read_bytes() == CONTENT and names(path.parent) == ["file.bin"]
    fetch(server.url, path, sha256=SHA256.upper(), size=len(CONTENT))
    assert server.asked == [None]
    path.write_bytes(b"something else")  # not what was asked for: fetched anew
    fetch(server.url, path, sha256=SHA256)
    assert path.read_bytes() == CONTENT


def test_a_cut_connection_is_taken_up_where_it_broke(tmp_path, server):
    server.cut_at = 600_000
    fetch(server.url, tmp_path / "file.bin", sha256=SHA256)
    assert (tmp_path / "file.bin").read_bytes() == CONTENT
    assert server.asked == [None, "bytes=600000-", "bytes=1200000-"]


def test_the_next_call_goes_on_with_the_last_one(tmp_path, server):
    (tmp_path / "file.bin.part").write_bytes(CONTENT[:1_000_000])
    fetch(server.url, tmp_path / "file.bin", sha256=SHA256)
    (tmp_path / "again.bin.part").write_bytes(CONTENT)  # complete, only not yet renamed
    fetch(server.url, tmp_path / "again.bin", sha256=SHA256)
    assert server.asked == ["bytes=1000000-", "bytes=1500000-"]
    assert names(tmp_path) == ["again.bin", "file.bin"]


def test_a_server_that_cannot_resume_starts_over(tmp_path, server):
    server.ranges = False
    (tmp_path / "file.bin.part").write_bytes(b"x" * 1000)
    fetch(server.url, tmp_path / "file.bin", sha256=SHA256)
    assert (tmp_path / "file.bin").read_bytes() == CONTENT


@pytest.mark.parametrize(
    "check, words",
    [
        ({"sha256": "0" * 64}, "SHA-256 differs"),
        ({"size": 1_600_000}, "1,500,000 bytes instead of 1,600,000"),
        ({"head_md5": "0" * 32}, "first megabyte differs"),
    ],
)
def test_a_damaged_file_is_deleted(tmp_path, server, check, words):
    with pytest.raises(DownloadError, match=f"damaged .*{words}"):
        fetch(server.url, tmp_path / "file.bin", **check)
    assert names(tmp_path) == []


def test_why_nothing_came_is_said_in_a_sentence(tmp_path, server):
    with pytest.raises(DownloadError, match=r"missing could not be downloaded \(Not Found\)"):
        fetch(server.url + "/missing", tmp_path / "file.bin")
    server.cut_at = 0
    with pytest.raises(DownloadError, match="the connection was cut"):
        fetch(server.url, tmp_path / "file.bin")
    server.http.shutdown()
    server.http.server_close()
    with pytest.raises(DownloadError, match="refused"):
        fetch(server.url, tmp_path / "file.bin")
    assert not (tmp_path / "file.bin").exists()


def test_fastai_folders(tmp_path, monkeypatch):
    monkeypatch.setenv("FASTAI_HOME", str(tmp_path))
    assert download.fastai_folder("data") == tmp_path / "data"
    assert not (tmp_path / "config.ini").exists()  # looking changes nothing
    elsewhere = tmp_path / "big disk"
    (tmp_path / "config.ini").write_text(f"[DEFAULT]\ndata = {elsewhere}\narchive = packed\n")
    assert download.fastai_folder("data") == elsewhere
    assert download.fastai_folder("archive") == tmp_path / "packed"
    monkeypatch.delenv("FASTAI_HOME")
    assert download.fastai_folder("data").is_absolute()


def test_fastai_agrees(tmp_path, monkeypatch):
    """The library may not import fastai here, so that a lesson starts fast; the test may."""
    monkeypatch.setenv("FASTAI_HOME", str(tmp_path))
    from fastai.data import download_checks, external

    external.fastai_cfg.cache_clear()
    assert external.fastai_path("data") == download.fastai_folder("data")
    assert external.fastai_path("archive") == download.fastai_folder("archive")
    external.fastai_cfg.cache_clear()
    url, size, md5 = (download.CIFAR10[key] for key in ("url", "size", "head_md5"))
    assert url == external.URLs.CIFAR
    with open(download_checks.__file__) as file:
        lines = "".join(file.read().split())
    assert f"'{url}':({size},'{md5}')" in lines


def cifar_archive(classes=download.CLASSES):
    """An archive with the layout of fastai's, one picture a class."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        for part in ("train", "test"):
            for number, name in enumerate(classes):
                picture = io.BytesIO()
                Image.new("RGB", (32, 32), (number * 20, 99, 30)).save(picture, "PNG")
                entry = tarfile.TarInfo(f"cifar10/{part}/{name}/0.png")
                entry.size = picture.tell()
                picture.seek(0)
                tar.addfile(entry, picture)
    return packed.getvalue()


def serve_cifar(server, content, monkeypatch, home):
    monkeypatch.setenv("FASTAI_HOME", str(home))
    server.content = content
    head = hashlib.md5(content[: 2**20]).hexdigest()
    checks = {"url": server.url, "size": len(content), "head_md5": head}
    monkeypatch.setattr(download, "CIFAR10", checks)


def test_cifar10_is_unpacked_where_fastai_looks(tmp_path, monkeypatch, server):
    serve_cifar(server, cifar_archive(), monkeypatch, tmp_path)
    folder = download.cifar10()
    assert folder == tmp_path / "data" / "cifar10"
    assert len(list(folder.glob("*/*/*.png"))) == 20
    assert names(tmp_path / "data") == ["cifar10"]
    download.cifar10()
    assert len(server.asked) == 1  # found, not fetched again


def test_cifar10_offline_names_the_choice(tmp_path, monkeypatch, server):
    serve_cifar(server, cifar_archive(), monkeypatch, tmp_path)
    server.http.shutdown()
    server.http.server_close()
    with pytest.raises(DownloadError, match=r'could not be downloaded.*load\("photos"\)'):
        download.cifar10()


def test_a_shared_folder_need_not_be_writable(tmp_path, monkeypatch, server):
    serve_cifar(server, cifar_archive(), monkeypatch, tmp_path)

    def refuse(*_, **__):
        raise PermissionError(13, "Permission denied")

    with monkeypatch.context() as read_only:
        read_only.setattr(download, "FileLock", refuse)
        with pytest.raises(DownloadError, match=r'Permission denied\. .*load\("photos"\)'):
            download.cifar10()
    folder = download.cifar10()
    monkeypatch.setattr(download, "FileLock", refuse)
    monkeypatch.setattr(download.Path, "mkdir", refuse)
    assert download.cifar10() == folder


def test_an_archive_that_cannot_be_used_leaves_nothing(tmp_path, monkeypatch, server):
    whole = cifar_archive()
    for content in (whole[: len(whole) // 2], b"no archive at all"):
        serve_cifar(server, content, monkeypatch, tmp_path)
        with pytest.raises(DownloadError, match="could not be unpacked"):
            download.cifar10()
        assert names(tmp_path / "data") == []
    serve_cifar(server, whole, monkeypatch, tmp_path)
    os.makedirs(tmp_path / "data" / "cifar10" / "train" / "cat")
    with pytest.raises(DownloadError, match="not all of CIFAR-10. Delete it"):
        download.cifar10()


def test_an_archive_cannot_write_outside(tmp_path):
    archive = tmp_path / "evil.tgz"
    with tarfile.open(archive, "w:gz") as tar:
        tar.addfile(tarfile.TarInfo("../escaped.txt"))
    with pytest.raises(DownloadError, match="could not be unpacked"):
        download.unpack(archive, tmp_path / "folder" / "evil")
    assert not list(tmp_path.rglob("escaped.txt"))
