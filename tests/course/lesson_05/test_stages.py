"""Stage 3 as lesson 05 sees it: both halves measured, one answer to each kind of thing, the recorded run at `quick`."""

from types import SimpleNamespace

import pytest
import torch

from colorlib import color
from colorlib.course.lesson_05 import stages
from colorlib.nogan import stops
from colorlib.worlds import scenes

WORLD = scenes.draw(40, 32, seed=3, world="ambiguous")
CHOOSING, REPORTING = WORLD[::2], WORLD[1::2]
TRUTH = color.to_gray_ab(torch.cat((CHOOSING.pictures, REPORTING.pictures)))[1]


def taken(**painted):
    losses = {"generator": {1: 2.0}, "critic": {2: 0.5}}
    return SimpleNamespace(painted={int(name[1:]): ab for name, ab in painted.items()}, losses=losses)


def test_the_snapshots_of_both_halves_are_kept_apart():
    assert torch.equal(stages.watched(CHOOSING, REPORTING)[20:], color.to_gray_ab(REPORTING.pictures)[0])
    half = torch.cat((TRUTH[:20] * 0.5, TRUTH[20:] * 0.8))
    seen = stages.measured(taken(_0=0 * TRUTH, _20=half), CHOOSING, REPORTING)
    assert seen.rows[20]["chroma_share"] == pytest.approx(0.5, abs=0.01)
    assert seen.elsewhere[20]["chroma_share"] == pytest.approx(0.8, abs=0.01)
    assert stops.propose(seen.rows).batch == 20 and "0, 20" in repr(seen)
    assert torch.allclose(seen.truth, color.from_gray_ab(*color.to_gray_ab(REPORTING.pictures[:8])))
    assert (seen.gray.amax(dim=1) - seen.gray.amin(dim=1)).max() < 0.01
    assert torch.equal(seen.pictures[0], seen.gray) and seen.losses["critic"] == {2: 0.5}


def test_objects_are_told_in_lab_units():
    objects = torch.tensor(stages.objects_of(TRUTH[20:], REPORTING)).float()
    assert torch.cdist(objects, REPORTING.palette).amin(dim=1).max() < 8
    assert len(objects) == (REPORTING.palette_index >= 0).sum()


def test_pairs_in_one_picture_are_alike_where_all_have_one_color():
    truth, blue = stages.objects_of(TRUTH[20:], REPORTING), REPORTING.palette[1].int().tolist()
    assert stages.alike([blue] * len(truth), REPORTING) == 1
    assert 0.1 < stages.alike(truth, REPORTING) < 0.6
    present = (REPORTING.palette_index >= 0).sum(dim=1).tolist()
    colors = REPORTING.palette.int().tolist()
    one_of_each = [colors[i] for count in present for i in range(count)]  # no two alike in a picture
    assert max(present) == 3 and stages.alike(one_of_each, REPORTING) == 0


def test_quick_sees_the_recorded_run_and_others_their_own(monkeypatch, capsys):
    seen = stages.measured(taken(_0=TRUTH), CHOOSING, REPORTING)
    monkeypatch.setenv("COLORLIB_PROFILE", "laptop")
    assert stages.or_recorded(seen, "nogan_ambiguous") is seen
    monkeypatch.setenv("COLORLIB_PROFILE", "quick")
    told = []
    monkeypatch.setattr(stages.page, "say", told.append)
    recorded = stages.or_recorded(seen, "nogan_ambiguous")
    assert "recorded run" in told[0] and "0 batches" in told[0]
    assert max(recorded.rows) == 300 and set(recorded.objects) == {0, stops.propose(recorded.rows).batch}
    assert recorded.pictures[300].shape == (8, 3, 32, 32) == recorded.colored("sure critic").shape
