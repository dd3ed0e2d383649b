"""The encoder, and `fusion_pretrained`, which is told what a frozen encoder sees."""

import copy

import pytest
import torch
from test_models import grays

from colorlib import data, models, training


@pytest.fixture
def shipped(tmp_path, monkeypatch):
    """A random encoder in the place of the one that comes with colorlib."""
    monkeypatch.setattr(models, "WEIGHTS", tmp_path)
    encoder = models.build("encoder", 32).eval()
    models.save(encoder, tmp_path / "encoders" / "encoder.safetensors")
    return encoder


@pytest.mark.parametrize("size", [32, 45, 64])
def test_features_halve_from_stage_to_stage(size):
    torch.manual_seed(0)
    encoder, gray = models.build("encoder", size, 0.5).eval(), grays(size)
    maps = encoder.features(gray)
    sides = [size, -(-size // 2), -(-size // 4), -(-size // 8)]
    assert [tuple(m.shape) for m in maps] == [(2, c, s, s) for c, s in zip((8, 24, 56, 120), sides, strict=True)]
    assert encoder(gray).shape == (2, 10)
    torch.testing.assert_close(encoder.head(maps[-1].mean(dim=(2, 3))), encoder(gray))
    assert torch.equal(encoder.body(gray), maps[-1])


def test_save_and_load(tmp_path, shipped):
    found = models.load_encoder()
    assert not found.training and torch.equal(found(grays(32)), shipped(grays(32)))
    path = models.save(models.build("encoder", 32), tmp_path / "half.safetensors", half=True)
    assert models.load_encoder(path)(grays(64)).isfinite().all()
    with pytest.raises(ValueError, match="gives no colors: use models.load_encoder"):
        models.load(path)
    models.save(models.build("cnn", 32, 0.25), path)
    with pytest.raises(ValueError, match="holds no encoder: use models.load"):
        models.load_encoder(path)


def test_an_encoder_may_see_colors(tmp_path):
    encoder, pictures = models.build("encoder", 32, 0.25, inputs=3).eval(), torch.rand(2, 3, 32, 32) * 2 - 1
    assert encoder.inputs == 3 and encoder(pictures).shape == (2, 10)
    loaded = models.load_encoder(models.save(encoder, tmp_path / "colors.safetensors"))
    assert torch.equal(loaded(pictures), encoder(pictures))
    with pytest.raises(RuntimeError, match="channels"):
        encoder(grays(32))


def test_the_frozen_encoder_speaks_to_every_pixel_and_stays_frozen(shipped):
    pictures = data.load("ambiguous", 32, 20).train
    recipe = training.build("fusion_pretrained", 32, width=0.125, lr=1e-2)
    network = recipe.generator
    assert all(torch.equal(value, shipped.state_dict()[key]) for key, value in network.encoder.state_dict().items())
    gray, ab = next(data.batches(pictures, 18))
    torch.testing.assert_close(network.whole(gray), shipped.pooled(gray))
    assert network.whole(grays(64)).shape == (2, 240)  # larger pictures are shown to it smaller
    names = [name for name, _ in network.named_parameters()]
    assert names and not [name for name in names if name.startswith("encoder")]
    before = copy.deepcopy(network.state_dict())
    network.requires_grad_(True)  # even a careless thaw leaves the encoder alone
    losses = [float(recipe.step(gray, ab)["mse"].detach()) for _ in range(10)]
    assert losses[-1] < losses[0]
    for key, value in network.state_dict().items():
        assert torch.equal(value, before[key]) == key.startswith("encoder"), key
    silenced = network.eval()(gray).detach()
    network.encoder.body[-1].change[-1][-1].bias.add_(1)
    assert ((network(gray) - silenced).abs().amax(dim=(1, 2, 3)) > 0).all()
