"""Lesson 06's widgets without a browser: the table that sorts, the wipe, the fooling test, one's own photographs."""

import base64
import io
import re
from datetime import datetime

import torch
from PIL import Image

from colorlib import metrics
from colorlib.course import page
from colorlib.course.lesson_06 import fooling, own, own_photographs, sortable_table, wipe
from colorlib.course.progress import recall

ROWS = {"gray": (20.0, 0.9), "L1": (15.0, 0.8), "GAN": (17.0, 0.95), "odd": (None, 0.7), "truth": (0.0, 1.0)}
TABLE = metrics.Table(
    {row: [{k: v for k, v in zip(("ab_error", "ssim"), of, strict=True) if v is not None}] for row, of in ROWS.items()},
    pictures=9,
)
rows = re.compile("<th scope='row'>(.*?)</th>").findall
SMALL = torch.randint(0, 256, (30, 3, 16, 16), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))


def sound(widget):
    """What stands in a notebook has alt texts and nothing that runs."""
    text = widget.bundle()["text/html"]
    images = re.findall("<img[^>]*>", text)
    assert "<script" not in text and "Run this lesson to" in text and all('alt="' in image for image in images)
    return images


def test_a_table_is_sorted_by_a_column_and_turned_around():
    widget = sortable_table(TABLE)
    course, error, ssim = widget.buttons
    assert rows(widget.view.value) == list(ROWS) and "aria-sort" not in widget.view.value and sound(widget) == []
    error.click()
    assert rows(widget.view.value) == ["gray", "L1", "GAN", "odd", "truth"]
    assert "Sorted by ab error, smallest first." in widget.told.value
    assert "<th scope='col' aria-sort='ascending'><b>ab error ↓</b></th>" in widget.view.value
    error.click()
    assert rows(widget.view.value) == ["gray", "GAN", "L1", "odd", "truth"] and "largest first" in widget.told.value
    ssim.click()
    assert rows(widget.view.value)[1] == "GAN" and "aria-sort='descending'" in widget.view.value
    course.click()
    assert rows(widget.view.value) == list(ROWS) and "the order of the course" in widget.told.value


def test_a_wipe_has_the_left_pixels_up_to_its_border():
    dark, light = torch.full((3, 20, 100), 40, dtype=torch.uint8), torch.full((3, 20, 100), 0.8)
    widget = wipe({"L1": dark, "GAN": light}, of="coffee")
    widget.border.value = 30
    assert widget.composite()[0, 0].tolist() == [40] * 29 + [0, 255] + [204] * 69
    assert 'alt="coffee: the left 30 % is L1, the right 70 % is GAN"' in widget.view.value
    for border, whole in ((0, 204), (100, 40)):
        widget.border.value = border
        assert (widget.composite() == whole).all()
    widget.left.value = "GAN"
    assert "left 100 % is GAN" in widget.told.value and len(sound(widget)) == 2


def test_a_fooling_test_scores_and_says_what_it_means():
    widget = fooling.FoolingTest(SMALL, {"L1": 255 - SMALL, "GAN": SMALL.flip(1)})
    first, told = list(widget.deal), []
    assert len({number for number, _ in first}) == 20 and {by for _, by in first} == {"true colors", "L1", "GAN"}
    for _, by in first:
        assert not any(name in page.plain(widget.view.value) for name in ("L1", "GAN"))
        widget.buttons[by != fooling.TRUE].click()
        told.append(page.plain(widget.told.value))
    assert all("✓ Right." in line for line in told) and "Right in 20 of 20 rounds: 100 %" in told[-1]
    assert "84 % to 100 %: it lies above 50 %" in told[-1] and "L1: 0 of" in told[-1]
    widget.buttons[0].click()  # it is over
    assert page.plain(widget.told.value) == told[-1]
    assert recall(*fooling.KEPT) == {"tries": 1, "best": 100}
    widget.again.click()
    assert widget.deal != first and not widget.told.value and len(sound(widget)) == 6
    few = fooling.FoolingTest(SMALL[:3], {"L1": SMALL[:3]}, rounds=8, interval=lambda hits, rounds: (0.4, 0.6))
    for _ in range(8):
        few.buttons[1].click()
    assert "40 % to 60 %: it contains 50 %" in few.told.value and "true colors: 0 of" in few.told.value
    assert [round(end, 3) for end in fooling.wilson(10, 20)] == [0.299, 0.701]


def photograph(size, orientation=1, kind="JPEG"):
    exif, file = Image.Exif(), io.BytesIO()
    exif[0x0112] = orientation
    Image.linear_gradient("L").resize(size).convert("RGB").save(file, kind, exif=exif)
    return file.getvalue()


def test_an_uploaded_photograph_is_colored_upright_at_its_own_size_and_nothing_is_replaced(tmp_path):
    widget = own_photographs({"L1": "photo_l1", "pix2pix": "photo_pix2pix"}, tmp_path / "colored")
    widget.colorer.click()
    assert "Choose a photograph first" in widget.told.value
    seven = {"cat.jpg": {"metadata": {"name": "cat.jpg"}, "content": photograph((90, 60), orientation=6)}}
    widget.take({"new": seven})
    assert "60 × 90 pixels" in widget.told.value and 'alt="cat, in gray"' in widget.shown.children[0].value
    widget.colorer.click()
    assert "✗" not in widget.told.value and "Done." in widget.told.value and len(widget.shown.children) == 3
    widget.menu.value = "L1"
    widget.colorer.click()
    saved = sorted(path.name for path in (tmp_path / "colored").iterdir())
    assert saved == ["cat-photo_l1-2.jpg", "cat-photo_l1.jpg", "cat-photo_pix2pix.jpg"]
    shown = widget.shown.children[1].value
    content = base64.b64decode(re.search('download="cat-photo_l1.jpg" href="data:[^,]*,([^"]*)"', shown)[1])
    image = Image.open(io.BytesIO(content))
    assert image.size == (60, 90) and image.getexif()[0x010E] == "colored by colorlib, photo_l1"
    assert "saved as" in shown and 'alt="cat, colored by L1"' in shown and len(set(image.getextrema())) > 1
    assert sound(widget) == []


def test_what_cannot_be_is_said_in_a_sentence(tmp_path, monkeypatch):
    widget = own_photographs({"none": "no_network", "L1": "photo_l1"}, tmp_path)
    widget.opener.click()
    assert "Write the path" in widget.told.value
    eight = {"name": "<b>.png", "content": memoryview(photograph((40, 30), kind="PNG")[:70])}
    widget.upload.value = (eight | {"type": "image/png", "size": 200, "last_modified": datetime.now()},)
    assert "&lt;b&gt;.png is not a picture that can be read" in widget.told.value and not widget.shown.children
    widget.path.value = f'"{tmp_path / "lake.png"}"'
    (tmp_path / "lake.png").write_bytes(photograph((40, 30), kind="PNG"))
    widget.opener.click()
    monkeypatch.setattr(own, "LINKED", 10)
    widget.colorer.click()
    assert "none: No weights at no_network" in widget.told.value and len(widget.shown.children) == 2
    assert "lake-photo_l1.png" in widget.shown.children[1].value and "href" not in widget.shown.children[1].value
    widget.folder = tmp_path / "lake.png"
    widget.colorer.click()
    assert "lake-photo_l1.png could not be written" in widget.told.value and len(widget.shown.children) == 2
