"""Weights in files: saving, loading, and files that are none."""

import os

import pytest
import torch
from safetensors.torch import load_file, save_file
from test_models import VARIANTS, grays

from colorlib import bins, losses, models


@pytest.mark.parametrize(("name", "options"), VARIANTS)
def test_save_and_load(name, options, tmp_path):
    torch.manual_seed(0)
    network = models.build(name, size=32, width=0.125, **options)
    network(grays(32).expand(-1, network.inputs, -1, -1))  # so that running statistics move
    path = models.save(network, tmp_path / "deep" / "net.safetensors", recipe="unet_l1", seed=3)
    assert [entry.name for entry in path.parent.iterdir()] == ["net.safetensors"]
    state = torch.get_rng_state()
    loaded = models.load(path)
    assert torch.equal(state, torch.get_rng_state())  # loading leaves the seed alone
    assert not loaded.training
    facts = dict(recipe="unet_l1", seed="3", network=name, size="32", outputs=network.outputs)
    assert facts.items() <= loaded.metadata.items()
    with torch.no_grad():
        found, expected = loaded(grays(32)), models.Colorizer(network.eval())(grays(32))
    assert found.shape == (2, 2, 32, 32) and torch.equal(found, expected)
    loaded.train()(grays(32)).mean().backward()  # and training can go on
    assert models.save(loaded, path) == path  # a colorizer saves the network inside


def test_half_precision_halves_the_file_and_hardly_the_result(tmp_path):
    network = models.build("unet", size=32, width=0.25).eval()
    full = models.save(network, tmp_path / "full.safetensors")
    half = models.save(network, tmp_path / "half.safetensors", half=True)
    assert half.stat().st_size < 0.55 * full.stat().st_size
    assert load_file(half)["down.0.2.running_var"].dtype == torch.float32
    assert 0 < (models.load(half)(grays(32)) - models.load(full)(grays(32))).abs().max() < 0.01
    assert all(p.dtype == torch.float32 for p in models.load(half).parameters())


def test_a_network_that_could_not_be_rebuilt_is_not_saved(tmp_path):
    with pytest.raises(ValueError, match="Only networks from models.build"):
        models.save(torch.nn.Conv2d(1, 2, 3), tmp_path / "net.safetensors")
    assert os.listdir(tmp_path) == []


def test_files_that_are_none_or_do_not_fit(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    good = models.save(models.build("cnn", size=32, width=0.25), tmp_path / "net.safetensors")
    bad = tmp_path / "bad.safetensors"
    pickled = b"cos\nmkdir\n(S'exploded'\ntR."  # whoever opens this pickle makes a folder
    for content in (b"", b"PNG and so on", good.read_bytes()[:-100], good.read_bytes()[:20], pickled):
        bad.write_bytes(content)
        with pytest.raises(ValueError, match="bad.safetensors is not a whole safetensors file"):
            models.load(bad)
    assert not os.path.exists("exploded")
    tensors, facts = load_file(good), {"network": "cnn", "size": "32", "width": "0.25", "options": "{}"}
    save_file(tensors, good, facts)
    models.load(good)
    wrong = [("network", "alexnet"), ("width", "0.5"), ("width", "1e300"), ("size", "big")]
    wrong += [("options", text) for text in ("{", "[1]", '{"levels": 2}', '{"levels": "two"}')]
    for key, value in wrong:
        save_file(tensors, good, facts | {key: value})
        with pytest.raises(ValueError, match="net.safetensors does not fit"):
            models.load(good)
    save_file(tensors, good)
    with pytest.raises(ValueError, match="does not say which .network"):
        models.load(good)


def test_names_of_weights(tmp_path, monkeypatch):
    monkeypatch.setattr(models, "WEIGHTS", tmp_path)
    with pytest.raises(FileNotFoundError, match="nothing_here.*none yet"):
        models.load("nothing_here")
    models.save(models.build("cnn", size=32, width=0.25), tmp_path / "tiny.safetensors")
    assert models.load("tiny").metadata["network"] == "cnn"
    with pytest.raises(FileNotFoundError, match="nothing_here.*: tiny"):
        models.load("nothing_here")
    for missing in (tmp_path / "missing.safetensors", tmp_path):
        with pytest.raises(FileNotFoundError, match=f"No weights at {missing}.*folder that a training left"):
            models.load(missing)
    trained = models.save(models.build("unet", size=32, width=0.25), tmp_path / "run" / "generator.safetensors")
    for path in (trained, trained.parent):
        assert models.load(path).metadata["network"] == "unet"


@pytest.mark.skipif(not os.path.exists("/proc/self/maps"), reason="only Linux lists the files that a process maps")
def test_what_is_loaded_does_not_hang_on_the_file(tmp_path):
    """Windows replaces no file that is still mapped: a lesson that saves what it loaded would fail there."""
    path = models.save(models.build("cnn", size=32, width=0.25), tmp_path / "net.safetensors")
    loaded = models.load(path)
    with open("/proc/self/maps") as maps:
        assert loaded and str(path) not in maps.read()


def test_a_classifier_may_be_the_first_to_need_the_table_of_bins(tmp_path):
    """`load` rebuilds without memory, and inference keeps no gradients: the table must not be made in that state."""
    path = models.save(models.build("unet", size=32, width=0.125, outputs="bins"), tmp_path / "net.safetensors")
    for table in (bins.ab_bins, bins._nearest_bins):
        table.cache_clear()
    with torch.inference_mode():
        ab = models.load(path)(grays(32))
        bins.soft_encode(ab)
    assert ab.isfinite().all() and ab.device.type == bins.ab_bins().device.type == "cpu"
    logits = torch.zeros(2, len(bins.ab_bins()), 32, 32, requires_grad=True)
    losses.cross_entropy(logits, ab.clone()).backward()
    bins.annealed_mean(logits).sum().backward()
