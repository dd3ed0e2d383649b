"""`python -m colorlib train`: what it leaves, what it says, how it ends."""

import json
from argparse import Namespace
from pathlib import Path
from unittest.mock import Mock

import pytest
import torch

from colorlib import __main__, data, models, training
from colorlib.__main__ import main


@pytest.fixture
def train(tmp_path, monkeypatch):
    """A training of seconds, in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(__main__.AMOUNTS, "quick", (40, 2))
    laptop = training.laptop
    monkeypatch.setattr(training, "laptop", lambda name: laptop(name) | {"width": 0.125, "batch_size": 16})
    return lambda *more: main(["train", *more, "--profile", "quick"])


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
    assert train(*arguments) == 0
    assert weights.stat().st_mtime_ns != before


def test_bad_input_gets_a_sentence_before_any_data_is_looked_for(train, capsys):
    told = {"cnn --data nowhere": "folder 'nowhere'", "cnn --epochs 0": "from 1 on, not 0"}
    told |= {"cnn --seed -1": "from 0 on, not -1", "unet_l3 --data nowhere": "no recipe 'unet_l3'"}
    for arguments, sentence in told.items():
        assert train(*arguments.split()) == 2
        assert sentence in capsys.readouterr().err


def test_at_gpu_all_is_as_published(monkeypatch):
    monkeypatch.setattr(data, "load", lambda name, size, n, seed: size)
    options = dict(recipe="valid_unet", data="shapes", profile="gpu", seed=0)
    with torch.device("meta"):
        recipe, size, epochs = __main__.planned(Namespace(**options, epochs=None))
        assert (size, epochs) == (120, 100) and recipe.settings.lr == 5e-4
        assert __main__.planned(Namespace(**options, epochs=3))[2] == 3
        assert __main__.planned(Namespace(**options | {"data": "cifar10"}, epochs=3))[1] == 32


def test_a_stop_is_told_to_the_shell(train, monkeypatch, capsys):
    monkeypatch.setattr(training.Supervised, "step", Mock(side_effect=KeyboardInterrupt))
    with pytest.warns(UserWarning, match="Stopped by hand"):
        assert train("unet_l1") == 1
