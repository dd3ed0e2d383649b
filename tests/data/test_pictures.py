"""Reading every kind of picture file, and the cache of decoded pictures."""

import os
import subprocess
import sys
import tracemalloc
from pathlib import Path
from unittest.mock import Mock

import numpy as np
import pytest
from PIL import Image

from colorlib.data import pictures
from colorlib.data.pictures import PictureError

RED, GREEN, BLUE = (220, 30, 40), (20, 160, 60), (30, 60, 200)
QUARTERS = np.full((32, 48, 3), BLUE, np.uint8)  # it shows at once if this picture is turned
QUARTERS[:16, :24], QUARTERS[:16, 24:] = RED, GREEN


@pytest.fixture(autouse=True)
def own_home(tmp_path, monkeypatch):
    monkeypatch.setenv("COLORLIB_HOME", str(tmp_path / "home"))


def assert_quarters(image, tolerance):
    assert image.dtype == np.uint8 and image.shape == (32, 48, 3)
    corners = np.stack([image[2, 2], image[2, -3], image[-3, 2]]).astype(int)
    assert np.abs(corners - [RED, GREEN, BLUE]).max() <= tolerance


@pytest.mark.parametrize("suffix", ["jpg", "png", "webp", "gif", "tif", "bmp"])
def test_every_format_is_read_as_rgb_and_of_an_animation_the_first_frame(tmp_path, suffix):
    path, first = tmp_path / f"picture.{suffix}", Image.fromarray(QUARTERS)
    more = {"save_all": True, "append_images": [first.rotate(180)]} if suffix in ("gif", "webp", "png", "tif") else {}
    first.save(path, **more | ({"quality": 95} if suffix in ("jpg", "webp") else {}))
    assert_quarters(pictures.read(path), tolerance=8)


@pytest.mark.parametrize("suffix", ["jpg", "tif", "png"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_turned_picture_is_read_upright(tmp_path, suffix, orientation):
    upright = Image.fromarray(QUARTERS)
    undo = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}  # how a camera held that way stores it
    stored = upright if orientation == 1 else upright.transpose(undo[orientation])
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored.save(tmp_path / f"turned.{suffix}", exif=exif)
    assert_quarters(pictures.read(tmp_path / f"turned.{suffix}"), tolerance=30)


def test_what_is_transparent_lands_on_white(tmp_path):
    rgba = np.dstack([QUARTERS, np.full((32, 48), 255, np.uint8)])
    rgba[:16, :24, 3] = 0  # the red quarter is invisible
    Image.fromarray(rgba).save(tmp_path / "rgba.png")
    Image.fromarray(rgba).save(tmp_path / "palette.gif")
    Image.fromarray(rgba).quantize(8).save(tmp_path / "palette.png")
    Image.fromarray(rgba).convert("LA").save(tmp_path / "la.png")
    Image.fromarray(QUARTERS).save(tmp_path / "key.png", transparency=RED)
    for path in tmp_path.glob("*.*"):
        image = pictures.read(path)
        assert (image[2, 2] == 255).all() and (image[-3, 2] < 250).any(), path.name
    Image.new("RGBA", (4, 4), (200, 0, 0, 128)).save(tmp_path / "half.png")
    assert np.abs(pictures.read(tmp_path / "half.png")[0, 0] - np.array([227, 127, 127])).max() <= 1


def test_gray_is_read_as_three_equal_channels(tmp_path):
    ramp = np.arange(256, dtype=np.uint8).reshape(16, 16)
    Image.fromarray(ramp).save(tmp_path / "gray.png")
    Image.fromarray(ramp > 99).save(tmp_path / "bits.png")
    assert (pictures.read(tmp_path / "gray.png") == ramp[..., None]).all()
    assert (pictures.read(tmp_path / "bits.png") == (ramp > 99)[..., None] * 255).all()


@pytest.mark.parametrize("brightest", [255, 100])  # a dark picture stays dark
def test_more_than_8_bits_are_scaled_not_clipped(tmp_path, brightest):
    ramp = np.linspace(0, brightest, 256).reshape(16, 16)
    little, big = ((ramp * 257).round().astype(order).tobytes() for order in ("<u2", ">u2"))
    for suffix in ("png", "tif"):
        Image.frombytes("I;16", (16, 16), little).save(tmp_path / f"little.{suffix}")
    Image.frombytes("I;16B", (16, 16), big).save(tmp_path / "big.tif")
    Image.fromarray((ramp / 255).astype(np.float32)).save(tmp_path / "float.tif")
    Image.fromarray((np.linspace(0, 2**30, 256).reshape(16, 16)).astype(np.int32)).save(tmp_path / "int.tif")
    for path in tmp_path.glob("*.*"):
        expected = np.arange(256).reshape(16, 16) if path.stem == "int" else ramp  # its brightest counts as white
        assert np.abs(pictures.read(path) - expected[..., None]).max() <= 1, path.name


def without_adobe_marker(data):
    """The same JPEG as a program other than Adobe's would write it: no APP14 segment."""
    start = data.index(b"\xff\xee")
    length = int.from_bytes(data[start + 2 : start + 4], "big")
    return data[:start] + data[start + 2 + length :]


def test_cmyk_of_both_polarities(tmp_path):
    cmyk, plain = Image.fromarray(QUARTERS).convert("CMYK"), tmp_path / "plain.jpg"
    cmyk.save(tmp_path / "adobe.jpg", quality=95)  # Pillow writes as Adobe does: inverted
    cmyk.save(tmp_path / "cmyk.tif")
    Image.frombytes("CMYK", cmyk.size, (255 - np.asarray(cmyk)).tobytes()).save(plain, quality=95)
    plain.write_bytes(without_adobe_marker(plain.read_bytes()))
    for path in tmp_path.glob("*.*"):
        assert_quarters(pictures.read(path), tolerance=12)


@pytest.mark.parametrize("suffix", ["jpg", "png", "webp", "gif", "tif"])
def test_a_cut_off_file_is_named_with_the_reason(tmp_path, suffix):
    path = tmp_path / f"holiday.{suffix}"
    Image.effect_noise((64, 64), 100).save(path)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(PictureError, match=rf"holiday\.{suffix} (is not a picture|cannot be read)"):
        pictures.read(path)


def test_what_is_no_picture_is_named_with_the_reason(tmp_path):
    (tmp_path / "page").write_text("<html>not found</html>")
    for name, reason in (("page", "is not a picture"), ("", "cannot be"), ("no", "cannot be")):
        with pytest.raises(PictureError, match=f"^{name or tmp_path.name} {reason}.*[.]$"):
            pictures.read(tmp_path / name)


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
@pytest.mark.parametrize("side", [11_000, 14_000])  # from twice its limit on, Pillow refuses by itself
def test_a_bomb_is_refused_without_unpacking_it(tmp_path, side):
    path = tmp_path / "bomb.png"
    Image.new("1", (side, side)).save(path)
    assert path.stat().st_size < 100_000
    tracemalloc.start()
    with pytest.raises(PictureError, match="bomb.png is too large .*100 million pixels"):
        pictures.read(path)
    assert tracemalloc.get_traced_memory()[1] < 2_000_000
    tracemalloc.stop()


def test_square_takes_the_middle_and_antialiases(tmp_path):
    wide = np.zeros((40, 120, 3), np.uint8)
    wide[:, 40:80] = RED  # only the middle square is red
    stripes = np.zeros((256, 256, 3), np.uint8)
    stripes[:, ::2] = 255  # finer than the target: antialiased gray, not black or white
    for suffix in ("png", "jpg"):
        path = tmp_path / f"picture.{suffix}"
        Image.fromarray(wide).save(path, quality=95)
        middle = pictures.square(path, 16).astype(int)
        assert middle.shape == (3, 16, 16) and np.abs(middle[:, 3:-3, 3:-3].T - RED).max() <= 10
        Image.fromarray(stripes).save(path, quality=95)
        assert np.abs(pictures.square(path, 32).astype(int) - 127).max() <= 12
    Image.new("RGB", (1, 9000), BLUE).save(path := tmp_path / "thin.png")
    assert (pictures.square(path, 16).T == BLUE).all()


def fill_folder(folder, count):
    """Flat pictures whose color tells their number."""
    folder.mkdir(exist_ok=True)
    for number in range(count):
        Image.new("RGB", (8, 8), (number % 256, number // 256, 77)).save(folder / f"{number:05}.bmp")
    return folder


def cache_files():
    folder = pictures.profile.home() / "cache"
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


def cache(folder, size):
    return pictures.cache(pictures.listing(folder), size)


def test_the_cache_keeps_the_good_and_names_the_faulty(tmp_path, capsys):
    folder = fill_folder(tmp_path / "album", 300)
    (folder / "00100.bmp").write_bytes(b"")
    (folder / "00200.bmp").write_bytes(b"GIF89a and then nothing")
    (folder / "notes.txt").write_text("no picture")
    (squares, paths), message = cache(folder, 16), capsys.readouterr().out
    assert message.count("\n") == 1 and "Left out 3 of 301 files" in message
    assert all(name in message for name in ("00100.bmp is", "00200.bmp ", "notes.txt is not a picture"))
    assert squares.shape == (298, 3, 16, 16) and len(paths) == 298
    for path, square in zip(paths, squares, strict=True):
        number = int(os.path.basename(path)[:5])
        assert (square[0] == number % 256).all() and (square[1] == number // 256).all()


def test_the_second_call_decodes_nothing(tmp_path, monkeypatch, capsys):
    folder = fill_folder(tmp_path / "album", 20)
    (folder / "bad.png").write_bytes(b"bad")
    first, paths = cache(folder, 8)
    monkeypatch.setattr(pictures, "square", lambda *_: pytest.fail("decoded again"))
    second, again = cache(folder, 8)
    assert (first == second).all() and paths == again
    assert capsys.readouterr().out.count("bad.png") == 2  # still reported
    second[:] = 0  # a copy on write: the file stays as it was
    assert (cache(folder, 8)[0][:, 2] == 77).all()


def test_a_changed_folder_or_size_is_decoded_anew(tmp_path):
    folder = fill_folder(tmp_path / "album", 3)
    cache(folder, 8)
    assert cache(folder, 12)[0].shape == (3, 3, 12, 12)
    Image.new("RGB", (8, 8), GREEN).save(folder / "00001.bmp")  # the same size in bytes
    os.utime(folder / "00001.bmp", ns=(1, 1))
    assert (cache(folder, 8)[0][1, :, 0, 0].numpy() == GREEN).all()
    (folder / "00000.bmp").unlink()
    assert len(cache(folder, 8)[1]) == 2
    assert len(pictures.cache([str(folder / "00002.bmp"), str(folder / "gone.bmp")], 8)[1]) == 1


def test_a_listing_goes_deep_and_takes_any_name(tmp_path):
    folder = tmp_path / ".kept [1]*"
    for place in ("a b.png", "b/x.png", "a/deep/x.png", ".hidden/x.png", "a/.hidden/x.png"):
        (folder / place).parent.mkdir(parents=True, exist_ok=True)
        (folder / place).touch()
    names = [Path(path).relative_to(folder).as_posix() for path in pictures.listing(folder)]
    assert names == ["a b.png", "a/deep/x.png", "b/x.png"]


def test_a_damaged_cache_is_made_anew(tmp_path):
    folder = fill_folder(tmp_path / "album", 5)
    before = cache(folder, 8)[0].clone()
    for file in (pictures.profile.home() / "cache").iterdir():
        for damage in (file.read_bytes()[:40], file.read_bytes()[:-3], b""):
            file.write_bytes(damage)
            assert (cache(folder, 8)[0] == before).all()


@pytest.mark.parametrize("module, killed_in", [(pictures, "square"), (os, "replace"), (pictures.files, "write")])
def test_a_writer_that_is_killed_leaves_no_cache(tmp_path, monkeypatch, module, killed_in):
    """While it decodes, before the squares have their name, before their paths are kept."""
    folder = fill_folder(tmp_path / "album", 300)
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(pictures.files.Path, "unlink", lambda path: None)  # whoever is killed does not tidy up
        patch.setattr(module, killed_in, Mock(side_effect=KeyboardInterrupt))
        cache(folder, 8)
    assert len(cache_files()) == 1 and len(cache(folder, 8)[1]) == 300


def test_another_process_may_write_the_same_at_the_same_time(tmp_path, monkeypatch):
    folder, decode = fill_folder(tmp_path / "album", 200), pictures._decode
    theirs = f"from colorlib.data import pictures; pictures.cache(pictures.listing({str(folder)!r}), 8)"

    def decode_after_them(paths, size):
        subprocess.run([sys.executable, "-c", theirs], check=True)
        assert len(cache_files()) == 3  # theirs, and what is begun here
        return decode(paths, size)

    monkeypatch.setattr(pictures, "_decode", decode_after_them)
    squares, paths = cache(folder, 8)
    assert len(cache_files()) == 2 and len(paths) == 200
    assert (cache(folder, 8)[0] == squares).all()


def test_folders_with_nothing_to_use_are_said_in_a_sentence(tmp_path):
    (tmp_path / "album" / "summer").mkdir(parents=True)
    (tmp_path / "file.jpg").touch()
    for name in ("nowhere", "album", "file.jpg"):
        with pytest.raises(PictureError, match=f"^{name} is not a folder, or an empty one"):
            cache(tmp_path / name, 8)
    with pytest.raises(PictureError, match="^The list of pictures has none that can be read"):
        pictures.cache([], 8)
    (tmp_path / "album" / "bad.jpg").write_bytes(b"bad")
    (tmp_path / "album" / "summer" / "empty.jpg").touch()
    with pytest.raises(PictureError, match="none that can be read. Left out 2 of 2 files: bad.jpg is not a picture"):
        cache(tmp_path / "album", 8)
    with pytest.raises(PictureError, match="Left out 1,000 of 1,000 files") as error:
        pictures.cache([f"{number}.jpg" for number in range(1000)], 8)
    assert len(str(error.value)) < 650
    assert cache_files() == []


def test_what_cannot_be_written_is_said_but_windows_keeps_what_another_process_has_mapped(tmp_path, monkeypatch):
    folder = fill_folder(tmp_path / "album", 5)
    with monkeypatch.context() as patch, pytest.raises(OSError, match="could not be written.*COLORLIB_HOME"):
        patch.setenv("COLORLIB_HOME", str(folder / "00000.bmp"))
        cache(folder, 8)
    cache(folder, 8)
    theirs = {file: file.read_bytes() for file in (pictures.profile.home() / "cache").iterdir()}

    def refuse(beside, target):
        for file, content in faster.items():
            file.write_bytes(content)
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "replace", refuse)
    for file in theirs:
        file.unlink()
    faster = {}
    with pytest.raises(OSError, match="could not be written: Permission denied"):
        cache(folder, 8)
    faster = theirs
    assert len(cache(folder, 8)[1]) == 5 and len(cache_files()) == 2
