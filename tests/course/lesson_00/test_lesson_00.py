"""Lesson 00's game, without a browser."""

import torch

from colorlib.course.lesson_00 import balloon_game, be_the_network


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
