"""The tool that trains NoGAN's stages, on tiny networks: what it ships, how it goes on; narrow generators."""

import json
import shutil
import sys
from dataclasses import replace
from unittest.mock import Mock

import pytest
import torch
import train_nogan as tool
import train_weights

from colorlib import color, data, metrics, models, nogan
from colorlib.course.lesson_05 import stops
from colorlib.nogan import recipe

TINY = dict(pretrained=False, width=0.125, stages=2, pictures=80, batch_size=24, sizes=((16, 0, 1), (32, 0, 1)))
TINY |= dict(critic_width=0.03, critic_batch_size=24, gan_batch_size=16, gan_lr=1e-2, every=2, last=5)
TINY |= dict(share=0.5, threshold=10.0)  # so that both take turns
WORLD = tool.WORLD | TINY
BATCHES = [0, 2, 4, 5]
pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(scope="module", autouse=True)
def tiny_settings():
    """The tool with runs that take a second."""
    little = dict(size=32, stages=2, narrow=4, half=False)
    photos = tool.PHOTOS | TINY | little | dict(pretrained=True, sizes=((16, 1, 1), (32, 0, 1)), share=0.2)
    beginner = tool.BEGINNER | little | dict(width=0.125, pictures=48, batch_size=12, every=2)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ACCELERATE_MIXED_PRECISION", "no")
        runs = {"tiny": ("ambiguous", (0, 1), WORLD), "tiny_photos": ("photographs", (0,), photos)}
        patch.setattr(tool, "RUNS", runs)
        patch.setattr(tool, "VARIANTS", {"tiny": {"faster": {"critic_lr": 5e-2}}})
        patch.setattr(tool, "COMPARED", {"tiny_compared": ("photographs", (0, 1), beginner)})
        patch.setattr(tool, "PICTURES", 80)
        yield


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """Where runs lie, a folder for each test."""
    monkeypatch.setattr(train_weights, "ROOT", tmp_path)
    return tmp_path


@pytest.fixture(scope="module")
def tiny(tiny_settings, one_thread, tmp_path_factory):
    """The folder of a run on a world that was shipped whole, its card and its paintings."""
    folder = tmp_path_factory.mktemp("tiny")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(train_weights, "ROOT", folder)
        tool.ship("tiny", folder / "out", ())
    return folder, *shipped(folder / "out", "tiny")


@pytest.fixture
def photos(tmp_path, monkeypatch):
    """A few photos instead of all, and a random encoder for the one that comes with colorlib."""
    few = data.load("photos", 32, 200)  # 20 of them held out
    few = replace(few, valid=few.valid[:14], test=few.valid[14:])
    monkeypatch.setattr(tool, "load", lambda *_: few)
    monkeypatch.setattr(tool, "kept_aside", lambda large, side: few.test)
    monkeypatch.setattr(tool, "MEASURED_AT", (32,))
    monkeypatch.setattr(models, "WEIGHTS", tmp_path / "weights")
    torch.manual_seed(5)
    models.save(models.build("encoder", 32, 0.125), tmp_path / "weights" / "encoders" / "photo_encoder.safetensors")
    return few


def shipped(folder, name):
    (file,) = folder.rglob(f"{name}.json")  # a world's lies beside its paintings
    card = json.loads(file.read_text(encoding="utf-8"))
    return card, models.unpack(folder / "galleries" / f"{name}.safetensors")


def stop_of(folder):
    return models.load(folder / "runs" / "weights" / "tiny-seed0" / "stage_3.safetensors")


def far(one, other):
    return (one - other).abs().max().item()


def without_seconds(reports):
    return [{name: {**stage, "seconds": 0} for name, stage in report.items()} for report in reports]


def test_what_is_shipped_is_the_stop_and_its_way(tiny):
    folder, card, paintings = tiny
    assert set(paintings) == {*(f"batch {batch}" for batch in BATCHES), "truth", "gray", "faster"}
    report = card["stages"][0]["stage_3"]
    painted = models.paint(stop_of(folder), paintings["gray"])
    off = {batch: far(painted, paintings[f"batch {batch}"]) for batch in BATCHES}
    assert min(off, key=off.get) == report["stop"] and sorted(off.values())[0] < 0.01 < sorted(off.values())[1]
    assert [row["batch"] for row in report["snapshots"]] == BATCHES
    assert {int(b) for part in report["losses"].values() for b in part} == {1, 2, 3, 4, 5}
    assert 0 <= card["stages"][0]["stage_2"]["accuracy"] <= 1
    assert [row["size"] for row in card["stages"][0]["stage_1"]["history"]] == [16, 32] and card["epochs"] == 2
    assert card["seeds"] == [0, 1] and without_seconds(card["stages"])[0] != without_seconds(card["stages"])[1]
    for base, changed in zip(card["stages"], card["variants"]["faster"]["stages"], strict=True):
        assert base["stage_1"] == changed["stage_1"] and base["stage_2"] != changed["stage_2"]


def test_the_stop_is_chosen_on_one_half_and_reported_on_the_other(tiny):
    folder, card, paintings = tiny
    world = data.load("ambiguous", 32, 80, 0).valid_scenes
    reporting = world[1::2]
    gray, truth = color.to_gray_ab(reporting.pictures)
    assert far(paintings["gray"], gray) < 5e-3 and far(paintings["truth"], truth) < 5e-3  # all four are shown
    report = card["stages"][0]["stage_3"]
    for row in report["elsewhere"]:
        ab = paintings[f"batch {row['batch']}"]
        for name, value in stops.measure({row["batch"]: ab}, reporting)[row["batch"]].items():
            assert value == pytest.approx(row[name], rel=0.02, abs=2e-3)
        assert ("objects" in row) == (row["batch"] in (0, report["stop"]))
    assert report["stop"] == stops.propose({row["batch"]: row for row in report["snapshots"]}).batch
    table = metrics.evaluate({"tiny": stop_of(folder)}, reporting)
    assert list(card["held_out"]) == ["gray", "stage 1", "tiny", "truth"] and card["measured_on"] == 4
    for label in ("gray", "tiny", "truth"):
        assert card["held_out"][label][0]["ab_error"] == pytest.approx(table[label]["ab_error"], abs=0.1)


def test_a_stopped_call_goes_on_with_the_next_stage(tiny, tmp_path, monkeypatch):
    calls = []
    monkeypatch.setitem(tool.RUNS, "tiny", ("ambiguous", (0,), WORLD))
    monkeypatch.setattr(tool, "VARIANTS", {})
    for stage in ("generate", "criticize", "together"):
        work = getattr(tool.Stages, stage)
        monkeypatch.setattr(tool.Stages, stage, lambda run, n=stage, w=work: calls.append(n) or w(run))

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):  # at the end of stage 3
        patch.setattr(tool.stops, "propose", Mock(side_effect=KeyboardInterrupt))
        tool.ship("tiny", tmp_path / "out", ())
    assert not list(tmp_path.glob("out/*.*")) and calls == ["generate", "criticize", "together"]
    tool.ship("tiny", tmp_path / "out", ())
    tool.ship("tiny", tmp_path / "out", ())  # all is finished
    assert calls[3:] == ["together"]
    (_, one, painted), (other, painted_too) = tiny, shipped(tmp_path / "out", "tiny")
    assert without_seconds(one["stages"][:1]) == without_seconds(other["stages"])
    assert {row: measures[:1] for row, measures in one["held_out"].items()} == other["held_out"]
    assert all(torch.equal(value, painted[name]) for name, value in painted_too.items())


def test_photographs_begin_frozen_on_the_pretrained_encoder(photos, tmp_path, monkeypatch):
    moved, fit, encoder = [], recipe.one_cycle, models.load_encoder("photo_encoder")

    def watched(learner, *options):
        body = list(learner.model.groups()[0]) if hasattr(learner.model, "groups") else []
        before = [p.detach().clone() for p in body]
        if not moved:
            assert all(torch.equal(p, own) for p, own in zip(body, encoder.body[:2].parameters(), strict=True))
        rows = fit(learner, *options)
        moved.append([not torch.equal(p, b) for p, b in zip(body, before, strict=True) if p.ndim == 4])
        return rows

    monkeypatch.setattr(recipe, "one_cycle", watched)
    tool.ship("tiny_photos", tmp_path / "out", ("small", "large"))
    assert not any(moved[0]) and all(moved[1]) and all(moved[2]) and moved[1]  # frozen, unfrozen, at full size
    assert moved[3] == []  # the critic
    card, paintings = shipped(tmp_path / "out", "tiny_photos")
    rows = card["stages"][0]["stage_1"]["history"]
    assert [row["size"] for row in rows] == [16, 16, 32] and (card["chosen_on"], card["measured_on"]) == (14, 6)
    report = card["stages"][0]["stage_3"]
    gray, truth = color.to_gray_ab(photos.valid)
    plain_error = metrics.measure(0 * truth, truth, gray)["ab_error"]
    assert report["limit"] == pytest.approx(plain_error + tool.MOST, rel=1e-3)
    stop = models.load(tmp_path / "out" / "tiny_photos.safetensors")
    found = tool.measured("tiny_photos", stop, photos.test, tool.ASIDE)
    rows = ["gray", "stage 1", "tiny_photos", "too far", "truth"]
    assert list(card["held_out"]) == rows and card["at_side"]["32"]["tiny_photos"] == found["tiny_photos"]
    assert card["held_out"]["tiny_photos"] == found["tiny_photos"] and card["held_out"]["gray"] == found["gray"]
    gray, ab = (paintings[name] for name in ("gray", f"batch {report['stop']}"))
    assert far(models.paint(stop, gray), ab) < 0.01 and len(ab) == 6


def test_both_beginners_have_curves_and_a_table(photos, tmp_path, monkeypatch):
    tool.compare("tiny_compared", tmp_path / "out", ())
    file = tmp_path / "out" / "sweeps" / "tiny_compared.json"
    card = json.loads(file.read_text(encoding="utf-8"))
    assert list(card["variants"]) == ["pretrained", "random"] and card["measured_on"] == 6
    for facts in card["variants"].values():
        first, second = facts["curves"]
        assert [row["step"] for row in first] == [0, 2, 4] and first != second and facts["history"] == first
    pretrained, fresh = card["variants"].values()
    assert pretrained["curves"][0][0] != fresh["curves"][0][0]
    monkeypatch.setattr(tool, "one_cycle", lambda *_: pytest.fail("it trained again"))
    tool.compare("tiny_compared", tmp_path / "again", ())
    assert (tmp_path / "again" / "sweeps" / "tiny_compared.json").read_bytes() == file.read_bytes()


def test_the_command_lists_trains_and_refuses(tiny, tmp_path, monkeypatch, capsys):
    shutil.copytree(tiny[0] / "runs", tmp_path / "runs")  # what is finished is found there

    def call(*words):
        monkeypatch.setattr(sys, "argv", ["train_nogan.py", "--out", str(tmp_path / "out"), *words])
        tool.main()
        return capsys.readouterr().out

    assert call("--list").count("to do") == 3
    assert "Stop at batch" in call("--only", "tiny")
    assert call("--list").count("to do") == 2
    card, _ = shipped(tmp_path / "out", "tiny")
    assert "bf16" not in card["hardware"] and "/" not in card["hardware"]
    source, seeds, settings = tool.RUNS["tiny"]
    monkeypatch.setitem(tool.RUNS, "tiny", (source, seeds, settings | {"lr": 1e-4}))
    with pytest.raises(SystemExit, match="made with other settings: delete .*tiny-seed0"):
        call("--only", "tiny")
    assert shipped(tmp_path / "out", "tiny")[0] == card


def test_a_narrow_generator_can_be_frozen_and_an_encoder_has_so_many_stages():
    encoder = models.build("encoder", 32, 0.25)
    narrow = nogan.unet(encoder, 32, narrow=8).eval()
    assert len(narrow.groups()[0]) == len(list(encoder.body.parameters())), "freeze leaves the convolution that narrows"
    for wrong in (0, 1, 5, 2.5):
        with pytest.raises(ValueError, match=f"stand on 2 to 4 stages of its encoder, not {wrong}"):
            nogan.unet(encoder, 32, stages=wrong)
