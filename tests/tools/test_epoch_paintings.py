"""Paintings of a training: after the chosen epochs, and found again by a resumed training."""

import pytest
import torch
from train_weights import EpochPaintings

from colorlib import data, models, training
from colorlib.worlds import scenes

PICTURES = scenes.draw(40, 32, seed=1, world="ambiguous").pictures
GRAY, _ = next(data.batches(PICTURES, 3, flips=False))


def fit(paintings, **options):
    recipe = training.build("unet_l1", 32, width=0.125, batch_size=20)
    return training.fit(recipe, PICTURES, on_epoch=paintings, progress=False, **options)


def test_the_same_pictures_after_chosen_epochs_counted_from_1():
    paintings = EpochPaintings((3, 1), GRAY)
    run = fit(paintings, epochs=3)
    assert list(paintings.painted) == [1, 3]
    torch.testing.assert_close(paintings.painted[3], models.paint(run.generator, GRAY))
    assert not torch.allclose(paintings.painted[1], paintings.painted[3], atol=1e-3)
    for epochs in ((), (0, 1), (-1,)):
        with pytest.raises(ValueError, match="counted from 1"):
            EpochPaintings(epochs, GRAY)


def test_a_resumed_training_finds_the_earlier_ones(tmp_path):
    where = {"out": tmp_path / "run", "resume": True}
    first, second, third, fresh = (EpochPaintings((1, 2, 4), GRAY, tmp_path / "kept") for _ in range(4))
    fit(first, epochs=2, **where)
    fit(second, epochs=4, **where)
    assert list(first.painted) == [1, 2] and list(second.painted) == [1, 2, 4]
    run = fit(third, epochs=4, **where)
    assert not third.painted  # there was nothing left to train
    third(run)
    earlier = first.painted | {4: second.painted[4]}
    torch.testing.assert_close(third.painted, earlier, atol=5e-3, rtol=0)  # kept in half precision
    assert models.load(tmp_path / "kept" / "epoch-2.safetensors").metadata["epochs"] == "2"
    fit(fresh, epochs=1)
    assert list(fresh.painted) == [1]  # what lies in the folder of another training is not taken for this one's
