"""Pictures as the course shows them, and the gallery, which lessons share."""

import base64
import io
import re

import pytest
import torch
from PIL import Image

from colorlib.course import page, picture_gallery


def test_every_kind_of_picture_can_be_shown():
    white = torch.ones(3, 4, 6, requires_grad=True)
    for picture in (torch.full((3, 4, 6), 255, dtype=torch.uint8), white, white[:1], white[0]):
        tag = page.picture(picture, 'white "paper"')
        shown = Image.open(io.BytesIO(base64.b64decode(re.search(r"base64,([^\"]+)", tag)[1])))
        assert shown.size == (6, 4) and shown.convert("L").getextrema() == (255, 255)
        assert page.plain(tag) == '[white "paper"]'


def test_a_gallery_shows_the_stop_of_its_slider_and_says_which():
    rows = {f"λ = {n}": torch.full((3, 3, 8, 8), n / 10) for n in (0, 5)}
    shown = picture_gallery("λ", rows, {"λ = 5": "half way"}, {"the truth": torch.ones(3, 3, 8, 8)})
    assert "λ = 0" in shown.told.value and shown.view.value.count("<img") == 6
    assert "λ = 0, picture 1" in shown.view.value and "the truth, picture 3" in shown.view.value
    shown.slider.value = 2
    assert "half way" in shown.told.value and "λ = 5, picture 1" in shown.view.value
    text = shown.as_text()
    assert text.count("<img") == 9 and "λ = 0" in text and "half way" in text
    with pytest.raises(ValueError, match="at least one row"):
        picture_gallery("λ", {})
