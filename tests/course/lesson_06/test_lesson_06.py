"""Lesson 06: its recorded tables, and what the lessons before it claimed of the same systems."""

import pytest

from colorlib import compare
from colorlib.course.lesson_06.recorded import Compared

WORLD = {"chroma", "true_chroma", "palette_distance", "palette_use", "background_error"}
TABLES = {"scenes": 3, "cifar10": 1}


@pytest.mark.parametrize("name, seeds", TABLES.items())
def test_every_recipe_has_its_rows_and_no_cell_is_empty(name, seeds):
    found = Compared(name)
    assert found.systems == list(compare.RECIPES) and found.rows[0]["recipe"] == "gray"
    for recipe in found.systems:
        rows = [row for row in found.rows if row["recipe"] == recipe]
        assert [row["seed"] for row in rows] == list(range(seeds))
        for row in rows:
            assert set(compare.MEASURES) - WORLD | {"parameters", "pictures_seen", "seconds", "loaded"} < row.keys()
            assert (row.keys() >= WORLD) == (name == "scenes") and ("named" in row) == (name == "cifar10")
            assert row["parameters"] > 10_000 and row["pictures_seen"] > 20_000 and row["seconds"] > 5
    assert "–" not in str(found.table()._rows_and_caption()[0][:-1]).split("'")  # the truth was not trained


def test_the_recorded_table_agrees_with_lessons_02_to_05():
    table = Compared("scenes").table()
    chroma = {name: table[name]["chroma"] / table["truth"]["chroma"] for name in table.seeds}
    # 02: the mean, then the median, both dull; nothing of a palette.
    assert 0.08 < chroma["unet_l2"] < chroma["unet_l1"] < 0.4
    assert max(table[name]["palette_use"] for name in ("unet_l2", "unet_l1")) < 0.05
    # 03, 04: a critic brings the colors back, and costs something in the background.
    for name in ("pix2pix", "wgan_gp"):
        assert chroma[name] > 2 * chroma["unet_l1"] and table[name]["palette_use"] > 0.1
        assert table[name]["background_error"] > table["unet_l1"]["background_error"]
    # 05: NoGAN is between stage 1 and the others.
    assert chroma["unet_l1"] < chroma["nogan"]
    assert table["keras_gan"]["ab_error"] > table["gray"]["ab_error"]  # a critic that sees colors alone
    for name in ("unet_l2", "unet_l1", "classify"):
        assert table[name]["background_error"] < 0.5 * table["gray"]["background_error"]


def test_gray_wins_in_psnr_on_photographs_and_the_classifier_likes_true_colors():
    table = Compared("cifar10").table()
    networks = [name for name in table.seeds if name not in ("gray", "truth")]
    assert all(table[name]["psnr"] < table["gray"]["psnr"] for name in networks)
    assert table["gray"]["named"] < table["truth"]["named"] - 0.05
    large = Compared("photographs").table()
    assert large["L1"]["ab_error"] < large["gray"]["ab_error"] and large.pictures > 100
    assert all("pictures_seen" in row for row in Compared("photographs").rows[1:])


def test_one_sees_what_systems_painted_and_their_worst():
    found = Compared("cifar10")
    paintings = found.paintings()
    assert list(paintings) == ["gray", *found.systems, "truth"] and paintings["truth"].shape == (10, 3, 32, 32)
    assert paintings["gray"].std(dim=1).max() < 0.02 < paintings["truth"].std(dim=1).max()
    for name in found.systems:
        colored, truth, error = found.worst(name)
        assert colored.shape == truth.shape == (3, 32, 32) and error > Compared("cifar10").table()[name]["ab_error"]


def test_ones_own_rows_come_after_the_recorded_ones():
    found = Compared("scenes")
    row = next(row for row in found.rows if row["recipe"] == "unet_l1")
    table = found.table("ab_error", mine=[found.rows[0], row | {"ab_error": 1.0}])
    assert list(table.seeds)[-2:] == ["unet_l1, yours", "truth"] and table["unet_l1, yours"]["ab_error"] == 1
    assert table.names == ["ab_error"]
