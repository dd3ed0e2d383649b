"""Paintings of a training: after the chosen epochs, and found again by a resumed training."""

import torch
from train_weights import EpochPaintings

from colorlib import data, models, training
from colorlib.worlds import scenes

PICTURES = scenes.draw(40, 32, seed=1, world="ambiguous").pictures
GRAY, _ = next(data.batches(PICTURES, 3, flips=False))


def fit(paintings, **options):
    recipe = training.build("unet_l1", 32, width=0.125, batch_size=20)
    return training.fit(recipe, PICTURES, on_epoch=paintings, progress=False, **options)


def test_a_resumed_training_finds_the_earlier_ones(tmp_path):
    where = {"out": tmp_path / "run", "resume": True}
    first, second, third, fresh = (EpochPaintings((1, 2, 4), GRAY, tmp_path / "kept") for _ in range(4))
    fit(first, epochs=2, **where)
    run = fit(second, epochs=4, **where)
    torch.testing.assert_close(second.painted[4], models.paint(run.generator, GRAY))
    assert list(first.painted) == [1, 2] and list(second.painted) == [1, 2, 4]
    run = fit(third, epochs=4, **where)
    assert not third.painted  # there was nothing left to train
    third(run)
    earlier = first.painted | {4: second.painted[4]}
    torch.testing.assert_close(third.painted, earlier, atol=5e-3, rtol=0)  # kept in half precision
    assert models.load(tmp_path / "kept" / "epoch-2.safetensors").metadata["epochs"] == "2"
    fit(fresh, epochs=1)
    assert list(fresh.painted) == [1]  # what lies in the folder of another training is not taken for this one's
