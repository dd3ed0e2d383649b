"""The tool that trains the encoder: it learns, goes on where it was, ships; a class stays with its pictures."""

import json
from dataclasses import replace
from unittest.mock import Mock

import pytest
import torch
import train_encoder as tool
from PIL import Image
from test_training import same_history

from colorlib import color, data, models
from colorlib.data import download

SETTINGS = tool.Settings(epochs=6, batch_size=16)


def stripes(n, seed):
    """Gray pictures of two classes: stripes that lie, stripes that stand, in noise and at any phase."""
    generator = torch.Generator().manual_seed(seed)
    classes = torch.arange(n) % 2
    phase = torch.rand(n, 1, 1, generator=generator) * 8
    wave = (torch.arange(32.0).view(1, 32, 1) + phase).mul(0.8).sin().expand(n, 32, 32)
    wave = torch.where(classes.view(n, 1, 1) == 1, wave.mT, wave)
    return (wave[:, None] * 0.4 + 0.2 * torch.randn(n, 1, 32, 32, generator=generator)).clamp(-1, 1), classes


def test_the_tool_learns_resumes_and_ships(tmp_path, monkeypatch, capsys):
    learn, held_out = stripes(96, seed=0), stripes(40, seed=1)
    whole = tool.train(learn, held_out, tmp_path / "whole", SETTINGS)
    assert [row["epoch"] for row in whole.history] == [1, 2, 3, 4, 5, 6] and whole.history[-1]["valid_accuracy"] > 0.9
    measured = Mock(side_effect=[whole.history[0]["valid_accuracy"], KeyboardInterrupt])
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):  # in the second epoch
        patch.setattr(tool.Classifier, "accuracy", measured)
        tool.train(learn, held_out, tmp_path / "cut", SETTINGS)
    resumed = tool.train(learn, held_out, tmp_path / "cut", SETTINGS)
    same_history(whole.history, resumed.history)
    again = tool.train(learn, held_out, tmp_path / "cut", SETTINGS)  # finished: nothing is left to do
    assert again.history == resumed.history and capsys.readouterr().out.count("epoch 6") == 2
    with pytest.raises(ValueError, match="made with lr = 0.003"):
        tool.train(learn, held_out, tmp_path / "cut", replace(SETTINGS, lr=1e-3))

    path = tool.ship(again, held_out, tmp_path / "encoders" / "stripes.safetensors")
    card = json.loads(path.with_suffix(".json").read_text())
    assert card["held_out"]["guess"] == [{"accuracy": 0.5}] and card["epochs"] == 6
    named = models.load_encoder(path)(held_out[0]).argmax(dim=1)
    share = (named == held_out[1]).float().mean().item()
    assert share > 0.9 and card["held_out"]["stripes"][0]["accuracy"] == pytest.approx(share, abs=0.03)


def fill(folder, classes, count):
    """Pictures of classes, each of a brightness of its own; of the first one a gray picture, too."""
    for number, name in enumerate(classes):
        place = folder / name / "images"
        place.mkdir(parents=True)
        for picture in range(count):
            Image.new("RGB", (32, 32), (20 * number, 200 - picture, 250)).save(place / f"{picture}.png")
    Image.new("RGB", (32, 32), (7, 7, 7)).save(folder / classes[0] / "images" / "gray.png")


def test_labeled_pictures_keep_their_class(tmp_path, monkeypatch):
    """Naturally gray pictures, of any class, are left out of training."""
    monkeypatch.setenv("FASTAI_HOME", str(tmp_path))
    classes = download.CIFAR10.classes
    fill(tmp_path / "data" / "cifar10" / "train", classes, 10)
    fill(tmp_path / "data" / "cifar10" / "test", classes, 2)
    parts = tool.parts(None, 32)
    assert {part: len(labels) for part, (_, labels) in parts.items()} == {"train": 90, "valid": 10, "test": 21}
    found = data.load("cifar10")
    for part, pictures in (("train", found.train), ("valid", found.valid)):
        gray, labels = parts[part]
        assert torch.equal(gray, color.to_gray_ab(pictures)[0])
        assert torch.equal(labels, pictures[:, 0, 0, 0].long() // 20)
