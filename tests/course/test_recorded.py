"""Recorded runs stand in where a training is too short; curves and films tell what they show."""

import io
import types

import pytest
import torch
from PIL import Image
from torch import nn

from colorlib import training
from colorlib.course import recorded
from colorlib.course.lesson_02 import film_strip
from colorlib.course.recorded import LiveCurves, or_recorded

ALT = "Four pictures, gray at first and then in color."


def test_recorded_runs_stand_in_at_quick(monkeypatch, said):
    run = types.SimpleNamespace(step=4, total=4, history=[{"mse": 0.5}, {"mse": 0.25}], generator=nn.Linear(1, 1))
    monkeypatch.setenv("COLORLIB_PROFILE", "quick")
    stand_in = or_recorded(run, "ambiguous_l2")
    assert stand_in.history and stand_in.generator(torch.zeros(1, 1, 32, 32)).shape == (1, 2, 32, 32)
    assert "recorded run ambiguous_l2" in said[0]
    monkeypatch.setenv("COLORLIB_PROFILE", "laptop")
    assert or_recorded(run, "ambiguous_l2") is run
    alt = LiveCurves("mse", lines={"the best": 0.1}).figure(run).alt
    assert "mse from 0.5 to 0.25; a line for the best at 0.1" in alt


@pytest.mark.parametrize("epochs", [1, 3])
def test_painting_while_it_trains_changes_nothing_of_the_training(epochs, monkeypatch, one_thread):
    """pix2pix has batch norm and dropout: both would notice. Who looks may throw dice."""
    shown = []
    handle = types.SimpleNamespace(update=lambda bundle, raw: shown.append(bundle))
    monkeypatch.setattr(recorded, "display", lambda bundle, **_: shown.append(bundle) or handle)
    pictures = torch.randint(256, (16, 3, 32, 32), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    watch = LiveCurves("l1", pictures=pictures[:4], seconds=0, lines={"truth": 0.3})

    def look(run):
        torch.rand(1)
        watch(run)

    weights = []
    for on_epoch in (None, look):
        recipe = training.build("pix2pix", 32, width=0.125, levels=3, batch_size=8, seed=1)
        training.fit(recipe, pictures, epochs=epochs, on_epoch=on_epoch, progress=False)
        weights.append([*recipe.generator.state_dict().values(), *recipe.networks["critic"].state_dict().values()])
    assert all(map(torch.equal, *weights))
    assert list(watch.stops) == [f"epoch {n}" for n in range(1, epochs + 1)] and len(shown) == epochs
    assert shown[-1]["text/html"].count("<img") == 5 and f"epoch {epochs}, picture 4" in shown[-1]["text/plain"]


def test_a_film_plays_once_and_a_still_sheet_stands_beside_it():
    noise = torch.rand(60, 4, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    strip = film_strip({f"epoch {n}": pictures for n, pictures in enumerate(noise, 1)}, alt=ALT)
    film = Image.open(io.BytesIO(strip.webp))
    assert film.n_frames == 20 and film.info["loop"] == 1 and film.height > 96 and film.width > 4 * 96
    assert len(strip.webp) <= 200_000
    shown = strip._repr_mimebundle_()
    assert ALT in shown["text/html"] and "from epoch 1 to epoch 60" in shown["text/html"] and ALT in shown["text/plain"]
    assert '<picture><source media="(prefers-reduced-motion: reduce)"' in shown["text/html"]
    short = film_strip({"epoch 1": noise[0]}, alt=ALT)
    assert short.webp is None and short._repr_mimebundle_()["text/html"].count("<img") == 1
