"""Lesson 05: stage 3 as it is seen at its snapshots, and exercises held together with the library's pieces."""

from types import SimpleNamespace

import pytest
import torch
from torch import nn

from colorlib import color, data, models, nogan
from colorlib.colorize import colorize
from colorlib.course import recorded
from colorlib.course.lesson_05 import exercises, stages, stops
from colorlib.course.lesson_05.snapshots import Film
from colorlib.training import seeded
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
    assert stops.propose(seen.rows).batch == 20
    assert torch.allclose(seen.truth, color.from_gray_ab(*color.to_gray_ab(REPORTING.pictures[:8])))
    assert (seen.gray.amax(dim=1) - seen.gray.amin(dim=1)).max() < 0.01
    assert torch.equal(seen.pictures[0], seen.gray) and seen.losses["critic"] == {2: 0.5}


def test_a_film_shows_the_same_four_pictures_after_each_snapshot(monkeypatch):
    shown, gray = [], stages.watched(CHOOSING, REPORTING)
    handle = SimpleNamespace(update=lambda bundle, raw: shown.append(bundle))
    monkeypatch.setattr(recorded, "display", lambda bundle, **_: shown.append(bundle) or handle)
    film = Film(CHOOSING)
    for batch, share in ((0, 0.3), (20, 0.8)):
        film(SimpleNamespace(batches=batch, gray=gray, painted={batch: share * TRUTH}))
    assert len(shown) == 2 and all(bundle["text/html"].count("<img") == 5 for bundle in shown)  # a curve, four pictures
    assert "batch 20" in shown[1]["text/plain"] and "from 0.30 to 0.80" in shown[1]["text/plain"]
    assert torch.equal(film.stops["batch 0"], color.from_gray_ab(gray[20:24], 0.3 * TRUTH[20:24]))


def test_a_photograph_is_shown_as_networks_painted_it_once():
    true, moments = data.photographs()["rocket"], stages.photograph("rocket")
    assert list(moments) == ["stage 1", "stop", "too far"] and all(p.shape == true.shape for p in moments.values())
    began, stopped, now = (p.float() for p in (moments["stage 1"], moments["stop"], colorize(true, "photo_nogan")))
    assert (now - stopped).abs().mean() < 1.5 < (began - stopped).abs().mean()


def test_objects_are_told_in_lab_units_and_pairs_in_one_picture_are_alike_where_all_have_one_color():
    truth, blue = stages.objects_of(TRUTH[20:], REPORTING), REPORTING.palette[1].int().tolist()
    assert stages.alike([blue] * len(truth), REPORTING) == 1
    assert 0.1 < stages.alike(truth, REPORTING) < 0.6
    present = (REPORTING.palette_index >= 0).sum(dim=1).tolist()
    assert len(truth) == sum(present)
    assert torch.cdist(torch.tensor(truth).float(), REPORTING.palette).amin(dim=1).max() < 8
    colors = REPORTING.palette.int().tolist()
    one_of_each = [colors[i] for count in present for i in range(count)]  # no two alike in a picture
    assert max(present) == 3 and stages.alike(one_of_each, REPORTING) == 0


def test_quick_sees_the_recorded_run_and_others_their_own(monkeypatch, said):
    seen = stages.measured(taken(_0=TRUTH), CHOOSING, REPORTING)
    monkeypatch.setenv("COLORLIB_PROFILE", "laptop")
    assert stages.watched_or_recorded(seen, "nogan_ambiguous") is seen
    monkeypatch.setenv("COLORLIB_PROFILE", "quick")
    theirs = stages.watched_or_recorded(seen, "nogan_ambiguous")
    assert "recorded run" in said[0] and "0 batches" in said[0]
    assert max(theirs.rows) == 300 and set(theirs.objects) == {0, stops.propose(theirs.rows).batch}
    assert theirs.pictures[300].shape == (8, 3, 32, 32) == theirs.colored("sure critic").shape


class ColorFilters(nn.Module):
    """The lesson's eyes: an encoder of gray pictures looks at red, green and blue in turn."""

    def __init__(self, encoder):
        super().__init__()
        self.encoder = encoder

    def forward(self, lab):
        picture = color.lab_to_rgb(color.to_lab(lab[:, :1], lab[:, 1:]), clip=False)
        return self.encoder.features(picture.flatten(0, 1)[:, None] * 2 - 1)


def test_the_exercises_feature_loss_is_the_librarys():
    encoder = seeded(0, models.build, "encoder", 32, 0.125).eval()
    truth = torch.cat(color.to_gray_ab(scenes.draw(3, 32, seed=1).pictures), dim=1)
    pushes, weights = [], (2.0, 0.0, 1.0, 0.5)
    for loss in (
        lambda painted: exercises.feature_loss(painted, truth, ColorFilters(encoder), weights),
        lambda painted: nogan.FeatureLoss(encoder, 1.0, weights)(painted, truth),
    ):
        painted = (truth * torch.tensor([1.0, 0.4, -0.4]).view(3, 1, 1)).requires_grad_()
        value = loss(painted)
        value.backward()
        pushes.append(torch.cat((value.detach().view(1), painted.grad[:, 1:].flatten())))
    torch.testing.assert_close(*pushes)
    assert pushes[0][0] > 0.1 and all(parameter.grad is None for parameter in encoder.parameters())


def test_a_students_stop_is_that_of_the_stop_finder_on_any_rows():
    dice, found = torch.Generator().manual_seed(0), set()
    for _ in range(100):
        measured = torch.rand(12, 2, generator=dice, dtype=torch.float64) * torch.tensor([1.5, 0.06])
        rows = {20 * n: {"chroma_share": c, "glitches": g} for n, (c, g) in enumerate(measured.tolist())}
        fitting = [batch for batch in rows if rows[batch]["glitches"] <= rows[0]["glitches"] + 0.01]
        found.add(stop := min(fitting, key=lambda batch: abs(1 - rows[batch]["chroma_share"])))
        assert exercises.choose_stop(rows, 0.01) == stop
    assert len(found) > 6


def test_shrunk_pictures_are_the_means_of_what_they_stand_for():
    pictures = data.load("ambiguous", 32, 40)
    small = stages.shrunk(pictures, 16)
    assert small.train.shape[1:] == (3, 16, 16) and small.train.dtype == torch.uint8
    block = pictures.train[0, :, :2, :2].float().mean(dim=(1, 2))
    assert (small.train[0, :, 0, 0] - block).abs().max() <= 0.5
    assert len(small.valid) == len(pictures.valid) and small.valid_scenes is None and len(small.naturally_gray) == 0
    assert torch.equal(stages.shrunk(pictures, 32).train, pictures.train)
    with pytest.raises(ValueError, match="can't be shrunk to 64"):
        stages.shrunk(pictures, 64)
