"""For tests/models/test_weights.py, once the weights ship."""

import pytest
from test_weights import CARDS

from colorlib.course.lesson_07.dice import Audits


def test_samples_of_photographs_are_bold_and_their_mean_is_l1s_brown():
    rows = {row: seeds[0] for row, seeds in CARDS["photo_flow"]["held_out"].items()}
    colorful = {row: facts["colorfulness"] / rows["truth"]["colorfulness"] for row, facts in rows.items()}
    assert 0.7 <= colorful["photo_flow"] <= 1.2 and colorful["mean of 24"] < 0.6 * colorful["photo_flow"]
    assert rows["best of 6"]["ab_error"] < rows["photo_l1"]["ab_error"]
    assert rows["mean of 24"]["ab_error"] < 1.1 * rows["photo_l1"]["ab_error"]


def test_what_lesson_07_shows_holds_for_every_seed():
    for seed in CARDS["ambiguous_flow"]["held_out"]["ambiguous_flow"]:
        assert 0.75 <= seed["chroma_share"] <= 1.1 and seed["palette_use"] >= 0.25 and seed["background_error"] <= 6
    audits = Audits()
    for facts in audits.dice.values():
        for audit in facts["systems"]["flow"]:
            assert audit["frequencies"] == pytest.approx(facts["chances"], abs=0.05) and audit["undecided"] <= 0.05
    names = ("off", "undecided", "spread", "background_error")
    for die in ("even", "70/20/10"):
        flow, *others = (
            {name: sum(values) / len(values) for name in names if (values := audits.values(die, system, name))}
            for system in audits.dice[die]["systems"]
            if system != "true dice"
        )
        for other in others:
            assert any(other[name] > flow[name] for name in other) and other["off"] > 2 * flow["off"]
    even = audits.dice["even"]["systems"]
    for one_answer in ("pix2pix", "WGAN-GP", "NoGAN"):
        assert all(audit["off"] > 0.6 for audit in even[one_answer])  # whatever its colors over all pictures
