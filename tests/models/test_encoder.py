"""The encoder, its training, and `fusion_pretrained`, which is told what a frozen encoder sees."""

import copy
import json
from pathlib import Path

import pytest
import torch
from PIL import Image
from test_models import grays

from colorlib import data, models, training
from colorlib.data import download
from colorlib.models.fusion import without_parameters

TOOLS = Path(__file__).resolve().parents[2] / "tools"
SETTINGS = dict(epochs=6, batch_size=16, lr=3e-3, seed=0)


@pytest.fixture
def tool(monkeypatch):
    monkeypatch.syspath_prepend(str(TOOLS))
    import train_encoder

    return train_encoder


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
    encoder = models.build("encoder", size, 0.5).eval()
    gray = grays(size)
    maps = encoder.features(gray)
    sides = [size, -(-size // 2), -(-size // 4), -(-size // 8)]
    assert [tuple(m.shape) for m in maps] == [(2, c, s, s) for c, s in zip((8, 24, 56, 120), sides, strict=True)]
    assert encoder(gray).shape == (2, 10)
    torch.testing.assert_close(encoder.head(maps[-1].mean(dim=(2, 3))), encoder(gray))
    assert torch.equal(encoder.body(gray), maps[-1])


def test_it_is_small_and_learns_with_all_its_layers():
    torch.manual_seed(0)
    encoder = models.build("encoder", 32)
    assert 0.9e6 < models.count_parameters(encoder) < 1.05e6
    encoder(grays(32, n=1)).logsumexp(dim=1).sum().backward()  # at batch 1, too
    assert all(p.grad.isfinite().all() and p.grad.abs().max() > 0 for p in encoder.parameters())


@pytest.mark.parametrize("options", [{"size": 16}, {"classes": 1}])
def test_refusals(options):
    with pytest.raises(ValueError, match=f"at least .*{min(options.values())}"):
        models.build("encoder", **{"size": 32, **options})


@pytest.mark.parametrize("size", [32, 64])
def test_fastais_unet_is_built_on_its_body(size):
    try:
        from fastai.vision.models.unet import DynamicUnet
    except (ImportError, RuntimeError) as error:
        pytest.skip(f"fastai's vision part cannot be imported here: {error}")
    encoder = models.build("encoder", size, 0.5)
    unet = DynamicUnet(encoder.body, 2, (size, size), y_range=(-1, 1)).eval()
    gray = grays(size)
    with torch.no_grad():
        ab = unet(gray)
        skips = [hook.stored for hook in unet.sfs]
    assert ab.shape == (2, 2, size, size) and -1 < ab.min() < ab.max() < 1
    expected = encoder.eval().features(gray)[2::-1]  # a skip of each size, from the deepest on
    assert all(torch.equal(skip, feature) for skip, feature in zip(skips, expected, strict=True))


def test_save_and_load(tmp_path, shipped):
    found = models.load_encoder()
    assert not found.training and torch.equal(found(grays(32)), shipped(grays(32)))
    path = models.save(models.build("encoder", 32), tmp_path / "half.safetensors", half=True)
    assert path.stat().st_size <= 2.1e6
    assert models.load_encoder(path)(grays(64)).isfinite().all()
    with pytest.raises(ValueError, match="gives no colors: use models.load_encoder"):
        models.load(path)
    models.save(models.build("cnn", 32, 0.25), path)
    with pytest.raises(ValueError, match="holds no encoder: use models.load"):
        models.load_encoder(path)


def test_without_weights_it_is_said_how_to_make_them(tmp_path, monkeypatch):
    monkeypatch.setattr(models, "WEIGHTS", tmp_path)
    for make in (models.load_encoder, lambda: training.build("fusion_pretrained", 32, width=0.125)):
        with pytest.raises(FileNotFoundError, match="python tools/train_encoder.py"):
            make()


def test_the_published_count_of_fusion_pretrained():
    with torch.device("meta"):
        network = models.build("fusion_pretrained", 224, classes=1000, pooled=False)
    assert models.count_parameters(network, statistics=False) == 6_573_794  # without its classifier


@pytest.mark.parametrize("pooled", [True, False])
def test_the_frozen_encoder_speaks_to_every_pixel_and_stays_frozen(shipped, pooled):
    pictures = data.load("ambiguous", 32, 20).train
    recipe = training.build("fusion_pretrained", 32, width=0.125, lr=1e-2, pooled=pooled)
    network = recipe.generator
    assert all(torch.equal(value, shipped.state_dict()[key]) for key, value in network.encoder.state_dict().items())
    gray, ab = next(data.batches(pictures, 18))
    expected = shipped.pooled(gray) if pooled else shipped(gray)
    torch.testing.assert_close(network.whole(gray), expected)
    assert network.whole(grays(64)).shape == expected[:2].shape  # larger pictures are shown to it smaller
    names = [name for name, _ in network.named_parameters()]
    assert names and not [name for name in names if name.startswith("encoder")]
    before = copy.deepcopy(network.state_dict())
    network.requires_grad_(True)  # even a careless thaw leaves the encoder alone
    losses = [float(recipe.step(gray, ab)["mse"].detach()) for _ in range(10)]
    assert losses[-1] < losses[0]
    for key, value in network.state_dict().items():
        assert torch.equal(value, before[key]) == key.startswith("encoder"), key
    silenced = network.eval()(gray).detach()
    network.encoder.head.bias.add_(1)
    network.encoder.body[-1].change[-1][-1].bias.add_(1)
    assert ((network(gray) - silenced).abs().amax(dim=(1, 2, 3)) > 0).all()


def test_fusion_pretrained_refuses_what_the_encoder_does_not_fit(shipped):
    with pytest.raises(ValueError, match="trained on 10 classes, no others"):
        training.build("fusion_pretrained", 32, width=0.125, classes=1000)
    assert training.build("fusion_pretrained", width=0.125).settings.size == 224


def test_fusion_pretrained_trains_saves_and_resumes(shipped, tmp_path):
    pictures = data.load("ambiguous", 32, 40).train
    settings = dict(width=0.125, batch_size=12, steps=6)
    whole = training.fit(training.build("fusion_pretrained", 32, **settings), pictures, progress=False)
    for epochs in (1, 2):
        recipe = training.build("fusion_pretrained", 32, **settings)
        run = training.fit(recipe, pictures, epochs=epochs, out=tmp_path / "run", resume=True, progress=False)
    file = models.load(tmp_path / "run" / "generator.safetensors")
    for key, value in file.network.state_dict().items():
        assert torch.equal(value, run.recipe.generator.state_dict()[key]), key
        assert torch.equal(value, whole.recipe.generator.state_dict()[key]), key
    assert torch.equal(file.network.encoder(grays(32)), shipped(grays(32)))


def test_frozen_weights_keep_their_names():
    network = models.build("encoder", 32, 0.25)
    before, given = copy.deepcopy(network.state_dict()), network.eval()(grays(32))
    assert without_parameters(network) is network and not list(network.parameters())
    assert set(network.state_dict()) == set(before) and torch.equal(network(grays(32)), given)


def stripes(n, seed):
    """Gray pictures of two classes: stripes that lie, stripes that stand, in noise and at any phase."""
    generator = torch.Generator().manual_seed(seed)
    classes = torch.arange(n) % 2
    phase = torch.rand(n, 1, 1, generator=generator) * 8
    wave = (torch.arange(32.0).view(1, 32, 1) + phase).mul(0.8).sin().expand(n, 32, 32)
    wave = torch.where(classes.view(n, 1, 1) == 1, wave.mT, wave)
    return (wave[:, None] * 0.4 + 0.2 * torch.randn(n, 1, 32, 32, generator=generator)).clamp(-1, 1), classes


def test_the_tool_learns_resumes_and_ships(tool, tmp_path, monkeypatch, capsys):
    learn, held_out = stripes(96, seed=0), stripes(40, seed=1)
    whole = tool.train(learn, held_out, tmp_path / "whole", tool.Settings(**SETTINGS))
    assert [row["epoch"] for row in whole.history] == [1, 2, 3, 4, 5, 6] and whole.history[-1]["valid_accuracy"] > 0.9
    accuracy = tool.Classifier.accuracy

    def cut(recipe, pictures):
        if recipe.schedulers["generator"].last_epoch == 12:
            raise KeyboardInterrupt
        return accuracy(recipe, pictures)

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):  # in the second epoch
        patch.setattr(tool.Classifier, "accuracy", cut)
        tool.train(learn, held_out, tmp_path / "cut", tool.Settings(**SETTINGS))
    resumed = tool.train(learn, held_out, tmp_path / "cut", tool.Settings(**SETTINGS))
    terms = [[{k: v for k, v in row.items() if k != "seconds"} for row in run.history] for run in (whole, resumed)]
    assert terms[0] == terms[1]
    again = tool.train(learn, held_out, tmp_path / "cut", tool.Settings(**SETTINGS))  # finished: nothing is left to do
    assert again.history == resumed.history and capsys.readouterr().out.count("epoch 6") == 2
    with pytest.raises(ValueError, match="made with lr = 0.003"):
        tool.train(learn, held_out, tmp_path / "cut", tool.Settings(**SETTINGS | {"lr": 1e-3}))

    path = tool.ship(again, held_out, tmp_path / "encoders")
    card = json.loads(path.with_suffix(".json").read_text())
    assert card["held_out"]["guess"] == [{"accuracy": 0.5}] and card["epochs"] == 6
    named = models.load_encoder(path)(held_out[0]).argmax(dim=1)
    share = (named == held_out[1]).float().mean().item()
    assert share > 0.9 and card["held_out"]["encoder"][0]["accuracy"] == pytest.approx(share, abs=0.03)


def test_pictures_are_shifted_each_on_its_own(tool):
    gray = grays(32, n=40)
    moved = tool.shifted(gray, torch.Generator().manual_seed(0))
    padded = torch.nn.functional.pad(gray, [4] * 4, mode="reflect")
    places = []
    for before, after in zip(padded, moved, strict=True):
        found = [(y, x) for y in range(9) for x in range(9) if torch.equal(before[:, y : y + 32, x : x + 32], after)]
        places += found
    assert moved.shape == gray.shape and len(places) == 40 and len(set(places)) > 20


def test_labeled_pictures_keep_their_class(tmp_path, monkeypatch):
    """Each class has a brightness of its own; naturally gray pictures, of any class, are left out of training."""
    monkeypatch.setenv("FASTAI_HOME", str(tmp_path))
    monkeypatch.setenv("COLORLIB_HOME", str(tmp_path / "home"))
    for part, count in (("train", 10), ("test", 2)):
        for number, name in enumerate(download.CIFAR10.classes):
            folder = tmp_path / "data" / "cifar10" / part / name
            folder.mkdir(parents=True)
            for picture in range(count):
                Image.new("RGB", (32, 32), (20 * number, 200 - picture, 250)).save(folder / f"{picture}.png")
    Image.new("RGB", (32, 32), (7, 7, 7)).save(tmp_path / "data" / "cifar10" / "train" / "bird" / "gray.png")
    parts = tool.labeled_cifar10()
    assert {part: len(labels) for part, (_, labels) in parts.items()} == {"train": 90, "valid": 10, "test": 20}
    for pictures, classes in parts.values():
        assert torch.equal(pictures[:, 0, 0, 0].long() // 20, classes) and pictures.dtype == torch.uint8
    found = data.load("cifar10")
    assert torch.equal(parts["train"][0], found.train) and torch.equal(parts["valid"][0], found.valid)
