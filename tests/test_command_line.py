"""`python -m colorlib train` and `compare`: what they leave, what they say, how they end."""

import json
from pathlib import Path
from unittest.mock import Mock

import pytest
import torch

from colorlib import compare, data, models, training


@pytest.fixture
def train(call):
    return lambda *more: call("train", *more)


@pytest.mark.parametrize(
    "recipe, world, epochs, terms, measure",
    [
        ("unet_l1", "texture", 2, {"l1"}, "detail error"),
        ("cgan", "ambiguous", 2, {"critic_real", "right_on_fake", "l1"}, "palette use"),
        ("wgan_gp", "ambiguous", 4, {"critic_estimate", "slope"}, "palette use"),  # half of its steps are the critic's
    ],
)
def test_it_leaves_weights_history_and_a_table(train, capsys, recipe, world, epochs, terms, measure):
    assert train(recipe, "--data", world, "--out", "here", "--seed", "5") == 0
    history = json.loads(Path("here/history.json").read_text())
    assert len(history) == epochs and terms | {"valid_ab_error"} <= history[-1].keys()
    metadata = models.load("here").metadata
    assert (metadata["recipe"], metadata["seed"], metadata["epochs"]) == (recipe, "5", str(epochs))
    said = capsys.readouterr().out
    assert measure in said and " gray  " in said and f"{2 * epochs} of {2 * epochs} steps" in said


def test_it_has_a_folder_of_its_own_and_resuming_what_is_finished_changes_nothing(train):
    arguments, folder = ("cnn", "--data", "shapes", "--epochs", "1"), Path("runs/cnn-shapes-seed0")
    assert train(*arguments, "--resume") == 0  # nothing there: starts afresh
    assert len(json.loads((folder / "history.json").read_text())) == 1
    weights = folder / "generator.safetensors"
    before = weights.stat().st_mtime_ns
    assert train(*arguments, "--resume") == 0
    assert weights.stat().st_mtime_ns == before


def test_bad_input_gets_a_sentence_before_any_data_is_looked_for_or_anything_is_trained(call, capsys, monkeypatch):
    monkeypatch.setattr(compare, "train", lambda *_: pytest.fail("it trained"))
    told = {"train cnn --data nowhere": "folder 'nowhere'", "train cnn --epochs 0": "from 1 on, not 0"}
    told |= {"train cnn --seed -1": "from 0 on, not -1", "train unet_l3 --data nowhere": "no recipe 'unet_l3'"}
    told |= {"compare --recipes cnn nope": "no recipe 'nope'", "compare --seeds 0": "from 1 on, not 0"}
    told |= {"compare --recipes cnn --data nowhere": "folder 'nowhere'"}
    for arguments, sentence in told.items():
        assert call(*arguments.split()) == 2
        assert sentence in capsys.readouterr().err


def test_at_gpu_all_is_as_published(monkeypatch):
    monkeypatch.setattr(data, "load", lambda name, size, n, seed: size)
    planned = compare.plan("valid_unet", "shapes", "gpu")
    assert (planned.pictures, planned.epochs) == (120, 100)
    with torch.device("meta"):
        assert training.build("valid_unet", **planned.settings).settings.lr == 5e-4
    assert compare.plan("valid_unet", "shapes", "gpu", epochs=3).epochs == 3
    assert compare.plan("valid_unet", "cifar10", "gpu").pictures == 32


@pytest.mark.parametrize("words", ["train unet_l1", "compare --recipes unet_l1 --data shapes"])
def test_a_stop_is_told_to_the_shell(call, monkeypatch, words):
    monkeypatch.setattr(training.Supervised, "step", Mock(side_effect=KeyboardInterrupt))
    with pytest.warns(UserWarning, match="Stopped by hand"):
        assert call(*words.split()) == 1
