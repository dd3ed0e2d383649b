"""Photographs in a lesson: free ones, measured one by one, and a quiz that explains by these measures."""

from pathlib import Path

import pytest
import torch

from colorlib import data
from colorlib.course import photographs, questions
from colorlib.data import sets

NETWORKS = {"l1": "photo_l1", "classify": "photo_classify", "truth": None}


def test_the_old_ones_have_no_color_and_each_own_one_is_credited():
    shown = data.photographs()
    gray = {name for name, picture in shown.items() if data.is_gray(picture[None])[0]}
    assert gray == {"farmhouse", "mountains"} and len(shown) == 9
    credits = (Path(sets.__file__).parent / "photographs" / "CREDITS.md").read_text(encoding="utf-8")
    assert all(f"`{name}`: " in credits and "CC0" in credits for name in sets.OWN)


def test_gray_is_as_wrong_as_gray_and_the_truth_is_right():
    photograph = data.photographs()["flower"][:, :128, :128]
    versions = {"true": photograph, "plain": photograph[1:2].expand(3, -1, -1)}
    true, plain, gray = photographs.measured(versions, photograph).values()
    assert true["ab_error"] < 0.01 and true["colorfulness"] > 20 and plain["colorfulness"] < 0.1
    assert plain["ab_error"] == pytest.approx(gray["ab_error"], abs=0.1)


def test_the_quiz_explains_a_wrong_match_by_that_very_picture(monkeypatch):
    asked = {}
    monkeypatch.setattr(questions, "loss_quiz", lambda *given: asked.update(zip("ipm", given, strict=True)))
    photographs.loss_quiz("02.which_loss_photo", NETWORKS, "coffee")
    bold, brown, truth = (asked["m"][loss] for loss in ("classify", "l1", "truth"))
    assert brown["colorfulness"] < bold["colorfulness"] and truth["ab_error"] < brown["ab_error"]
    assert asked["p"]["l1"].shape == (1, 3, 400, 600) and not torch.equal(asked["p"]["l1"], asked["p"]["classify"])


def test_the_slider_shows_each_side():
    slider = photographs.side_slider(data.photographs()["rocket"], "photo_l1", (32, 64))
    assert len(slider.stops) == 2 and "side 32" in slider.as_text()
    assert not torch.equal(*slider.stops.values())
