"""`python -m colorlib train`: what it leaves, what it says, how it ends."""

import json
from argparse import Namespace

import pytest
import torch

from colorlib import __main__, data, models, training
from colorlib.__main__ import main


@pytest.fixture
def train(tmp_path, monkeypatch):
    """A training of seconds; the folder that it leaves."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(__main__.AMOUNTS, "quick", (40, 2))
    tiny = {"width": 0.125, "batch_size": 16}
    laptop = training.laptop
    monkeypatch.setattr(training, "laptop", lambda name: laptop(name) | tiny)
    return lambda *more: main(["train", *more, "--profile", "quick"])


def test_it_leaves_weights_history_and_a_table(train, tmp_path, capsys):
    assert train("unet_l1", "--data", "texture", "--out", "here", "--seed", "5") == 0
    history = json.loads((tmp_path / "here" / "history.json").read_text())
    assert len(history) == 2 and {"l1", "valid_ab_error"} <= history[0].keys()
    metadata = models.load(tmp_path / "here" / "generator.safetensors").metadata
    assert (metadata["recipe"], metadata["seed"], metadata["epochs"]) == ("unet_l1", "5", "2")
    said = capsys.readouterr().out
    assert "detail error" in said and "\n   gray" in said and "4 of 4 steps" in said


def test_the_adversarial_ones_too(train, tmp_path, capsys):
    assert train("cgan", "--data", "ambiguous", "--out", "here") == 0
    history = json.loads((tmp_path / "here" / "history.json").read_text())
    assert {"critic_real", "right_on_fake", "l1", "valid_ab_error"} <= history[-1].keys()
    assert "palette use" in capsys.readouterr().out


def test_the_generator_of_wgan_gp_gets_its_share_of_the_steps(train, tmp_path):
    assert train("wgan_gp", "--data", "ambiguous", "--out", "here") == 0
    history = json.loads((tmp_path / "here" / "history.json").read_text())
    assert len(history) == 4 and {"critic_estimate", "slope", "valid_ab_error"} <= history[-1].keys()


def test_epochs_and_a_folder_of_its_own(train, tmp_path):
    assert train("cnn", "--data", "shapes", "--epochs", "1") == 0
    assert len(json.loads((tmp_path / "runs/cnn-shapes-seed0/history.json").read_text())) == 1


def test_resuming_what_is_finished_changes_nothing(train, tmp_path):
    assert train("unet_l1", "--out", "here", "--resume") == 0  # nothing there: starts afresh
    weights = tmp_path / "here" / "generator.safetensors"
    before = weights.stat().st_mtime_ns
    assert train("unet_l1", "--out", "here", "--resume") == 0
    assert weights.stat().st_mtime_ns == before
    assert train("unet_l1", "--out", "here") == 0
    assert weights.stat().st_mtime_ns != before


@pytest.mark.parametrize(
    "arguments, sentence",
    [
        (["unet_l3"], "no recipe 'unet_l3'"),
        (["cnn", "--data", "nowhere"], "folder 'nowhere'"),
        (["cnn", "--epochs", "0"], "from 1 on, not 0"),
        (["cnn", "--seed", "-1"], "from 0 on, not -1"),
        (["unet_l3", "--data", "nowhere"], "no recipe 'unet_l3'"),  # before any data is looked for
    ],
)
def test_bad_input_gets_a_sentence(train, capsys, arguments, sentence):
    assert train(*arguments) == 2
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
    def stop(self, gray, ab):
        raise KeyboardInterrupt

    monkeypatch.setattr(training.Supervised, "step", stop)
    with pytest.warns(UserWarning, match="Stopped by hand"):
        assert train("unet_l1") == 1
