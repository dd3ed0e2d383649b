"""Data sets, cleaning, the hue-sorted split and batches."""

import colorsys
import importlib

import numpy as np
import pytest
import torch
from PIL import Image

from colorlib import color, data
from colorlib.data import augment, sets
from colorlib.worlds import scenes


def noise(n, size=8, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.randint(0, 256, (n, 3, size, size), dtype=torch.uint8, generator=generator)


def collected(*arguments, **options):
    return [torch.cat(batch, dim=1) for batch in data.batches(*arguments, **options)]


def album(folder, colored=40, gray=4):
    """Flat colored pictures of different hues, gray ones among them, and a broken file."""
    folder.mkdir()
    for number in range(colored):
        rgb = [int(255 * channel) for channel in colorsys.hsv_to_rgb(number / colored, 0.8, 0.9)]
        Image.new("RGB", (20, 16), tuple(rgb)).save(folder / f"color{number:03}.png")
    for number in range(gray):
        level = np.random.default_rng(number).integers(0, 256, (16, 20), dtype=np.uint8)
        Image.fromarray(level).convert("RGB").save(folder / f"a gray one {number}.jpg", quality=70)
    (folder / "broken.jpg").write_bytes(b"\xff\xd8\xff nothing more")
    return folder


@pytest.mark.parametrize("name", ["scenes", *scenes.WORLDS])
def test_worlds(name):
    found = data.load(name, size=32, n=40, seed=3)
    for pictures, drawn, count in ((found.train, found.train_scenes, 36), (found.valid, found.valid_scenes, 4)):
        assert pictures.shape == (count, 3, 32, 32) and pictures.dtype == torch.uint8
        assert torch.equal(drawn.pictures, pictures) and drawn.world == ("mixed" if name == "scenes" else name)
    assert found.naturally_gray.shape == (0, 3, 32, 32) and found.test is None
    again, other = data.load(name, n=40, seed=3), data.load(name, n=40, seed=4)
    assert torch.equal(found.train, again.train) and torch.equal(found.valid, again.valid)
    assert not torch.equal(found.train, other.train) and not torch.equal(found.valid, other.valid)


def test_photos_split_by_photograph():
    found = data.load("photos", size=32, n=100)
    assert found.train.shape == (90, 3, 32, 32) and found.valid.shape == (10, 3, 32, 32)
    assert torch.equal(found.train, data.load("photos", size=32, n=100).train)
    assert found.train.flatten(1).unique(dim=0).shape[0] == 90  # no crop twice
    assert not data.is_gray(found.train).any()
    files = sets.photo_files(sets.TRAIN_PHOTOS + sets.VALID_PHOTOS)
    assert len(files) == 8 and not set(sets.TRAIN_PHOTOS) & set(sets.VALID_PHOTOS)  # all of them still ship


@pytest.mark.parametrize("as_text", [True, False])
def test_a_folder_of_pictures(tmp_path, capsys, as_text):
    folder = album(tmp_path / "album")
    found = data.load(str(folder) if as_text else folder, size=16)
    assert "broken.jpg" in capsys.readouterr().out
    assert "36 train, 4 valid, 4 naturally gray pictures of 16×16" in repr(found)
    together = torch.cat([found.train, found.valid])
    assert data.is_gray(found.naturally_gray).all() and not data.is_gray(together).any()
    assert len(together.flatten(1).unique(dim=0)) == 40  # nothing is in both parts, nothing is lost
    hues = data.mean_hue(found.valid).sort().values
    assert torch.allclose(hues, torch.tensor([0, 0.25, 0.5, 0.75]), atol=0.01)
    parts = (found.train, found.valid, found.naturally_gray)  # one behind another in one file: nothing is copied
    assert len({part.untyped_storage().data_ptr() for part in parts}) == 1
    again = data.load(folder, size=16)
    assert all(map(torch.equal, parts, (again.train, again.valid, again.naturally_gray)))


def test_some_of_a_folder(tmp_path):
    folder = album(tmp_path / "album", gray=0)
    (folder / "broken.jpg").unlink()
    some, again, other = (data.load(folder, 16, n=20, seed=seed) for seed in (0, 0, 1))
    assert len(some.train) == 18 and len(some.valid) == 2
    assert torch.equal(some.train, again.train) and not torch.equal(some.train, other.train)
    assert len(data.load(folder, 16, n=1000).train) == 36


def test_names_and_numbers_that_do_not_work(tmp_path):
    with pytest.raises(ValueError, match="no data set or folder 'cats'.*photos, cifar10, photographs"):
        data.load("cats")
    with pytest.raises(ValueError, match="At least 2"):
        data.load("photos", n=1)
    folder = album(tmp_path / "gray", colored=1, gray=3)
    with pytest.raises(ValueError, match="Of 4 pictures 1 are in color"):
        data.load(folder, 16)


def test_gray_pictures_are_told_from_colored_ones():
    gray = noise(20)[:, :1].expand(-1, 3, -1, -1).clone()
    assert data.is_gray(gray).all() and not data.is_gray(noise(20)).any()
    off_by_one, one_pixel = gray.clone().clamp(0, 254), gray.clone()
    off_by_one[:, 1, ::2] += 1
    one_pixel[:, :, 3, 3] = torch.tensor([90, 100, 90], dtype=torch.uint8)
    assert data.is_gray(off_by_one).all()
    assert not data.is_gray(one_pixel).any()
    assert data.is_gray(gray[:0]).shape == (0,)


def test_mean_hue_agrees_with_scikit_image():
    from skimage.color import rgb2hsv

    images = torch.cat([noise(50), noise(10) // 128 * 255, noise(5)[:, :1].expand(-1, 3, -1, -1)])
    expected = rgb2hsv(images.permute(0, 2, 3, 1).numpy())[..., 0].mean((1, 2))
    assert np.abs(data.mean_hue(images).numpy() - expected).max() < 1e-5
    large = noise(20, size=512)  # too large for one go
    one_by_one = torch.cat([data.mean_hue(image[None]) for image in large])
    assert torch.allclose(data.mean_hue(large), one_by_one)


def test_the_split_gives_both_parts_the_same_colors():
    hues = torch.rand(1000, generator=torch.Generator().manual_seed(0))
    train, valid = data.hue_sorted_split(hues)
    assert len(train) == 900 and len(valid) == 100
    assert torch.equal(torch.cat([train, valid]).sort().values, torch.arange(1000))
    levels = torch.linspace(0.01, 0.99, 50)
    gap = (hues[train].quantile(levels) - hues[valid].quantile(levels)).abs().max()
    chance = torch.randperm(1000, generator=torch.Generator().manual_seed(1))
    random_gap = hues[chance[100:]].quantile(levels) - hues[chance[:100]].quantile(levels)
    assert gap < 0.02 < random_gap.abs().max()
    assert set(valid.tolist()) == set(torch.argsort(hues)[::10].tolist())


def test_batches_give_every_picture_once_as_networks_see_it():
    images = noise(50)
    found = list(data.batches(images, 8, flips=False))
    assert [gray.shape for gray, _ in found] == [(8, 1, 8, 8)] * 6 + [(2, 1, 8, 8)]
    shown = torch.cat([color.to_uint8(color.from_gray_ab(*batch)) for batch in found])
    assert torch.equal(shown.flatten(1).unique(dim=0), images.flatten(1).unique(dim=0))  # in the same order
    for nothing, size in ((images[:0], 4), (images, 0)):
        with pytest.raises(ValueError, match="1 at least"):
            next(data.batches(nothing, size))


@pytest.mark.parametrize("in_memory", [True, False])
def test_prepared_pictures_give_the_same_batches_but_for_rounding(monkeypatch, tmp_path, in_memory):
    monkeypatch.setenv("COLORLIB_HOME", str(tmp_path))
    monkeypatch.setattr(importlib.import_module("colorlib.data.batches"), "IN_MEMORY", 2**30 if in_memory else 0)
    images, unit = noise(300, size=64), torch.tensor((50.0, 110.0, 110.0)).view(3, 1, 1)
    prepared, again = data.prepared(images), data.prepared(images)
    assert torch.equal(prepared, again) and len(list(tmp_path.rglob("*.colors"))) == (not in_memory)
    for exact, rounded in zip(collected(images, 64, epoch=1), collected(prepared, 64, epoch=1), strict=True):
        assert rounded.dtype == torch.float32 and ((exact - rounded) * unit).abs().max() < 0.03
    other = data.prepared(images.flip(0))
    assert torch.equal(other, prepared.flip(0))


def test_batches_depend_on_seed_and_epoch_alone():
    images = noise(40)
    first = collected(images, 8, seed=1, epoch=2)
    torch.manual_seed(77)  # the global generator has no say
    assert all(map(torch.equal, first, collected(images, 8, seed=1, epoch=2)))
    for seed, epoch in ((1, 3), (2, 2), (2, 1)):
        other = collected(images, 8, seed=seed, epoch=epoch)
        assert not any(map(torch.equal, first, other))


def test_flips_move_gray_and_ab_together():
    images = noise(64)
    plain = torch.cat(collected(images, 16, flips=False))
    flipped = torch.cat(collected(images, 16))
    same = (flipped == plain).flatten(1).all(1)
    mirrored = (flipped == plain.flip(-1)).flatten(1).all(1)
    assert (same ^ mirrored).all() and 16 < same.sum() < 48
    repeated = collected(images[:16].repeat(2, 1, 1, 1), 16)
    assert not torch.equal(*repeated)  # each batch is flipped in its own way


def test_changes_reach_what_they_are_meant_for():
    images = noise(16)
    gray, ab = next(data.batches(images, 16))
    stretched, same_ab = next(data.batches(images, 16, change_gray=augment.random_stretch))
    assert torch.equal(ab, same_ab) and not torch.equal(gray, stretched)
    _, changed = next(data.batches(images, 16, change_pictures=augment.jitter))
    assert not torch.allclose(ab, changed, atol=1e-3)
