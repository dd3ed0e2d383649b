"""`compare` and `train nogan`: the rows, what a second call finds again, and what an interruption leaves."""

import json
from itertools import product
from pathlib import Path
from unittest.mock import Mock

import pytest
import torch
from safetensors.torch import load_file

from colorlib import compare, models, nogan, training

KEYS = "recipe seed ab_error psnr ssim ciede2000 colorfulness accuracy_2 accuracy_5 chroma true_chroma palette_distance"
KEYS += " palette_use background_error parameters pictures_seen seconds loaded"
NOGAN = "train nogan --data ambiguous --out here".split()
pytestmark = pytest.mark.usefixtures("one_thread", "small")


@pytest.fixture
def small(call, tmp_path, monkeypatch):
    """Few held-out pictures, and a small random encoder for the one that comes with colorlib."""
    monkeypatch.setattr(compare, "HELD_OUT", 8)
    monkeypatch.setattr(models, "WEIGHTS", tmp_path / "weights")
    encoder = training.seeded(5, models.build, "encoder", 32, 0.125)
    models.save(encoder, tmp_path / "weights" / "encoders" / "encoder.safetensors")


def test_every_training_has_a_row_and_a_second_call_loads_it(call, capsys):
    words = "compare --recipes unet_l2 nogan --data ambiguous --seeds 2 --json rows.json".split()
    assert call(*words) == 0 and "trained, kept in" in capsys.readouterr().out
    rows = json.loads(Path("rows.json").read_text())
    assert [(row["recipe"], row["seed"]) for row in rows] == [("gray", 0), *product(("unet_l2", "nogan"), (0, 1))]
    assert all(set(KEYS.split()) <= row.keys() for row in rows) and not any(row["loaded"] for row in rows)
    assert rows[0]["chroma"] < 0.1 < rows[0]["true_chroma"] and rows[0]["parameters"] == 0
    assert all(row["parameters"] and row["pictures_seen"] and row["seconds"] for row in rows[1:])
    assert rows[1]["ab_error"] != rows[2]["ab_error"] and rows[3]["ab_error"] != rows[4]["ab_error"], "by its seed"
    assert call(*words) == 0 and "2 seeds: mean" in capsys.readouterr().out
    again = [row | {"loaded": row["recipe"] != "gray"} for row in rows]
    assert json.loads(Path("rows.json").read_text()) == again


def test_nogan_is_trained_by_one_call_and_goes_on_with_the_stage_that_was_stopped(call, capsys, monkeypatch):
    assert call(*NOGAN) == 0 and "palette use" in capsys.readouterr().out
    assert models.load("here").metadata["recipe"] == "nogan"
    history = json.loads(Path("here/history.json").read_text())
    assert {row["stage"] for row in history} == {1, 2, 3} and Path("here/checkpoint/stage_3.json").exists()
    kept = {path: path.stat().st_mtime_ns for path in Path("here").rglob("*.*")}
    assert call(*NOGAN, "--resume") == 0
    assert kept == {path: path.stat().st_mtime_ns for path in Path("here").rglob("*.*")}
    assert call(*NOGAN, "--resume", "--epochs", "2") == 2 and "made with other settings" in capsys.readouterr().err
    weights = Path("here/generator.safetensors")
    whole, written = load_file(weights), kept[weights]
    with monkeypatch.context() as patch:
        patch.setattr(nogan.Stages, "together", Mock(side_effect=KeyboardInterrupt))
        assert call(*NOGAN) == 1 and "Stopped by hand: --resume goes on" in capsys.readouterr().out
    for stage in ("generate", "criticize"):
        monkeypatch.setattr(nogan.Stages, stage, lambda _: pytest.fail("it is finished"))
    assert call(*NOGAN, "--resume") == 0 and weights.stat().st_mtime_ns > written
    torch.testing.assert_close(load_file(weights), whole, atol=0, rtol=0)
