"""The measures against hand-made cases, and the table that always has the gray row."""

import math

import numpy as np
import pytest
import torch
from skimage.color import deltaE_ciede2000
from skimage.metrics import peak_signal_noise_ratio

from colorlib import color, data, metrics
from colorlib.worlds import scenes

WORLD = scenes.draw(30, 32, seed=3, world="ambiguous")
GRAY, AB = color.to_gray_ab(WORLD.pictures)
UNITS = AB * color.AB_SCALE


def flat(*rgb, n=1):
    return torch.tensor(rgb).view(1, 3, 1, 1).expand(n, 3, 16, 16)


def test_accuracy_needs_both_channels():
    truth = torch.zeros(1, 2, 16, 16)
    ab, gray = truth.clone(), truth[:, :1]
    ab[0, 0, :4], ab[0, 0, 4:8], ab[0, 1, 4:8], ab[0, 1, 8:12] = 4.3, 4.3, 4.5, 12.0
    measures = metrics.measure(ab / color.AB_SCALE, truth, gray, names=("accuracy_2", "accuracy_5"))
    assert measures == {"accuracy_2": 0.5, "accuracy_5": 0.75}  # 4.4 Lab units at 2 %, 11 at 5 %


def test_color_that_changes_where_nothing_ends_has_spilled():
    truth, gray = torch.zeros(1, 2, 16, 16), torch.zeros(1, 1, 16, 16)
    truth[..., 8:] = 30.0
    slope = 30 * torch.linspace(0, 1, 16).expand_as(truth)  # 15 steps of color, one of them at the edge
    assert metrics.spill(truth, truth, gray) == 0 == metrics.spill(0 * truth, truth, gray)
    assert metrics.spill(slope, truth, gray) == pytest.approx(14 / 15)
    gray[..., 4:] = 0.5  # where the gray changes the color may
    assert metrics.spill(slope, truth, gray) == pytest.approx(13 / 15)


def test_colorfulness_signs_matter():
    """Half red, half green: the published slip (absolute differences) sees no spread at all."""
    picture = torch.cat((flat(1.0, 0.0, 0.0), flat(0.0, 1.0, 0.0)), dim=-1)
    red_green = np.r_[np.full(50, 255.0), np.full(50, -255.0)]
    yellow_blue = np.full(100, 127.5)
    expected = math.hypot(red_green.std(), yellow_blue.std())
    expected += 0.3 * math.hypot(red_green.mean(), yellow_blue.mean())
    assert metrics.colorfulness(picture) == pytest.approx(expected, rel=1e-5)
    assert metrics.colorfulness(flat(0.3, 0.3, 0.3)) == 0
    each = [metrics.colorfulness(p[None]) for p in WORLD.pictures / 255]
    assert metrics.colorfulness(WORLD.pictures / 255) == pytest.approx(sum(each) / 30)


def test_psnr_and_ciede2000():
    dull = metrics.measure(AB * 0.5, AB, GRAY, names=["psnr", "ciede2000"])
    painted, true = (color.from_gray_ab(GRAY, ab).numpy() for ab in (AB * 0.5, AB))
    each = [peak_signal_noise_ratio(*pair, data_range=1) for pair in zip(true, painted, strict=True)]
    assert dull["psnr"] == pytest.approx(np.mean(each), rel=1e-4)
    assert metrics.measure(AB, AB, GRAY, names=["psnr"])["psnr"] == math.inf
    one, other = (color.to_lab(GRAY, ab).movedim(1, -1).numpy() for ab in (AB * 0.5, AB))
    assert dull["ciede2000"] == pytest.approx(deltaE_ciede2000(one, other).mean(), rel=1e-4)


def test_the_truth_is_perfect_and_gray_is_not():
    truth = metrics.measure(AB, AB, GRAY, WORLD)
    for name in ("ab_error", "ciede2000", "background_error"):
        assert truth[name] == pytest.approx(0, abs=1e-4)
    assert truth["accuracy_2"] == 1 and truth["ssim"] == pytest.approx(1)
    palette = WORLD.palette.norm(dim=1)
    assert palette.min() < truth["chroma"] < palette.max()
    assert truth["palette_distance"] < 1.5 and truth["palette_use"] > 0.15
    gray = metrics.measure(AB * 0, AB, GRAY, WORLD)
    assert gray["chroma"] == gray["palette_use"] == 0
    assert gray["colorfulness"] == pytest.approx(0, abs=0.1)
    assert gray["ab_error"] == pytest.approx(float(UNITS.norm(dim=1).mean()), rel=1e-5)
    assert gray["palette_distance"] == pytest.approx(float(palette.min()), rel=1e-5)
    dull = metrics.measure(AB * 0.3, AB, GRAY, WORLD, names=["chroma_share"])
    assert dull == {"chroma_share": pytest.approx(0.3, abs=1e-4)}


def test_objects_are_averaged_before_their_chroma_is_taken():
    """Half of an object red and half of it green is no color: that is the point of the measure."""
    colors = metrics.object_colors(UNITS, WORLD)
    places = (WORLD.palette_index >= 0).nonzero().tolist()
    there = [UNITS[n][:, WORLD.objects[n] == m + 1].mean(1) for n, m in places]
    torch.testing.assert_close(colors, torch.stack(there), atol=1e-3, rtol=0)
    checkers = torch.where((torch.arange(32) % 2).bool(), 40.0, -40.0).expand(30, 2, 32, 32)
    assert metrics.object_colors(checkers, WORLD).norm(dim=1).mean() < 15
    assert metrics.object_spread(checkers, WORLD).min() > 40  # of at most 40 √2 = 57
    assert metrics.object_spread(torch.full_like(checkers, 30.0), WORLD).max() < 0.1


def test_palette_use():
    palette = torch.tensor([[60.0, 40.0], [10.0, -52.0], [-40.0, 10.0]])
    colors = torch.tensor([[58.0, 41.0], [61.0, 38.0], [12.0, -50.0], [10.0, 0.0]])
    assert metrics.palette_use(colors, palette).tolist() == [0.5, 0.25, 0]  # brown is near none
    assert metrics.palette_use(colors[:1], palette[:1]).tolist() == [1]


def test_background_is_all_but_the_ambiguous_pixels():
    wrong = torch.where(WORLD.ambiguous[:, None], AB, AB + 10 / color.AB_SCALE)
    measures = metrics.measure(wrong, AB, GRAY, WORLD)
    assert measures["background_error"] == pytest.approx(math.hypot(10, 10), rel=1e-4)
    wrong = torch.where(WORLD.ambiguous[:, None], AB * 0, AB)
    measures = metrics.measure(wrong, AB, GRAY, WORLD)
    assert measures["background_error"] == pytest.approx(0, abs=1e-4)
    assert measures["chroma"] == pytest.approx(0, abs=1e-4) and measures["ab_error"] > 1


@pytest.mark.parametrize("world, mask, name", [("texture", "details", "detail_error"), ("context", "far", "far_error")])
def test_worlds_have_measures_of_their_own(world, mask, name):
    world = scenes.draw(8, 32, seed=1, world=world)
    gray, ab = color.to_gray_ab(world.pictures)
    wrong = torch.where(getattr(world, mask)[:, None], ab + 7 / color.AB_SCALE, ab)
    measures = metrics.measure(wrong, ab, gray, world)
    assert measures[name] == pytest.approx(math.hypot(7, 7), rel=1e-4)
    assert "chroma" not in measures
    if world.world == "texture":
        assert measures["texture_error"] == pytest.approx(0, abs=1e-4)


def sepia(gray):
    return torch.full_like(gray, 0.1).expand(-1, 2, -1, -1)


def test_the_table_has_gray_and_truth_and_rows_of_several_seeds():
    table = metrics.evaluate({"sepia": sepia}, WORLD)
    assert list(table.seeds) == ["gray", "sepia", "truth"]
    assert table["sepia"]["chroma"] == pytest.approx(11 * math.sqrt(2), rel=1e-4)
    assert table["truth"]["chroma_share"] == 1 and table["gray"]["chroma_share"] == 0
    lines = repr(table).splitlines()
    assert lines[1].split()[0] == "gray" and "∞" in lines[3] and "30 held-out" in lines[-1]
    assert len({len(line) for line in lines[:-1]}) == 1  # the columns stand in line
    assert table._repr_html_().count("<tr>") == 4
    scaled = [lambda gray, k=k: sepia(gray) * k for k in (1, 2, 3)]
    table = metrics.evaluate({"sepia": scaled}, WORLD, names=("chroma", "chroma_share"))
    assert table.names == ["chroma", "chroma_share"]
    assert table["sepia"]["chroma"] == pytest.approx(22 * math.sqrt(2), rel=1e-4)
    assert "31.1 (15.6–46.7)" in repr(table) and "3 seeds" in repr(table)


def test_pictures_without_a_world_and_the_same_ones_each_time():
    pictures = WORLD.pictures[:12]
    table, again = (metrics.evaluate({"sepia": sepia}, pictures, n=10) for _ in range(2))
    assert repr(table) == repr(again) and table.pictures == 10
    assert "chroma" not in table.names and "psnr" in table.names
    with pytest.raises(ValueError, match="no pictures"):
        metrics.evaluate({}, pictures[:0])


def test_a_data_set_is_measured_on_what_was_held_out():
    held_out = data.load("ambiguous", n=40)
    table = metrics.evaluate({}, held_out, names=("ab_error", "chroma"))
    assert table.pictures == 4 and table["truth"]["chroma"] > 30
    check = metrics.validator(held_out)
    assert check(sepia) == {"ab_error": pytest.approx(check(sepia)["ab_error"])}
    assert check(sepia)["ab_error"] != table["gray"]["ab_error"]


@pytest.mark.parametrize("names", ["psnr", ("psnr", "beauty"), [3]])
def test_names_that_are_none_of_the_measures(names):
    with pytest.raises(ValueError, match="are no measures.*ab_error, psnr"):
        metrics.validator(WORLD, names)
    with pytest.raises(ValueError, match="are no measures"):
        metrics.evaluate({}, WORLD, names=names)


def test_photos_are_measured_from_all_over_a_world_from_its_start():
    """Photos lie sorted by what they show: the first ones would be airplanes alone."""
    sorted_ = torch.arange(100, dtype=torch.uint8).view(100, 1, 1, 1).expand(-1, 3, 32, 32)
    assert len(data.spread(sorted_, 1000)) == 100 and len(data.spread(sorted_[:0], 5)) == 0
    photos, world = data.DataSet("photos", sorted_, sorted_, sorted_[:0]), data.load("shapes", 32, 200)
    for of, expected in ((photos, sorted_[::10]), (world, world.valid[:10])):
        seen = []
        metrics.validator(of, n=10)(lambda gray, seen=seen: seen.append(gray) or sepia(gray))
        assert torch.equal(torch.cat(seen), color.to_gray_ab(expected)[0])
