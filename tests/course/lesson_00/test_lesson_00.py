"""Lesson 00's game, without a browser, and its figure of the ab plane."""

import pytest
import torch
from matplotlib.axes import Axes

from colorlib.course.lesson_00 import ab_plane, balloon_game, be_the_network
from colorlib.course.lesson_00.ab_plane import gamut_slice


def test_the_balloon_game_is_fair():
    game = balloon_game.Game(seed=3)
    assert torch.equal(game.gray[:, 0], game.gray[:, 1])
    mine, brown, hits = game.score(game.color_numbers)
    assert mine == 0 and hits == 10 and brown > 2000
    for k in range(3):
        same = torch.tensor(game.color_numbers) == k
        assert torch.equal(game.painted[k][same], game.real[same])
    assert game.verdicts(game.real_is_left) == balloon_game.PAIRS
    assert game.verdicts([not left for left in game.real_is_left]) == 0


def test_the_balloon_game_on_the_screen():
    play = be_the_network(seed=1)
    play.score_button.click()
    assert "Balloon 1 has no color yet" in play.told.value
    for menu in play.menus:
        menu.value = 2
    play.score_button.click()
    assert "Your mean squared error" in play.told.value and play.critic.children
    for menu, left in zip(play.judgments, play.game.real_is_left, strict=True):
        menu.value = left
    play.judge_button.click()
    assert "5 of 5 right" in play.judged.value


def test_points_and_their_labels(monkeypatch):
    marked = []
    monkeypatch.setattr(Axes, "annotate", lambda _, label, at, **__: marked.append((label, at)))
    alt, points = "A plane with two points, for a test.", [(0.0, 0.0), (10.0, 20.0)]
    assert len(ab_plane(50, points=points, labels=["gray", "orange"], alt=alt).webp) > 1000
    assert marked == [("gray", points[0]), ("orange", points[1])]
    with pytest.raises(ValueError, match="argument 2 is longer"):
        ab_plane(50, points=points, labels=["a", "b", "c"], alt=alt)


def test_the_gamut_is_a_small_part_of_the_plane():
    inside = [gamut_slice(lightness)[..., 3].mean() for lightness in (2, 55, 98)]
    assert inside[0] < 0.05 < 0.25 < inside[1] < 0.4 and inside[2] < 0.06
