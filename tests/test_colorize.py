"""Photographs of any size through a network: lightness kept, colors within edges; the command, its hostile folder."""

import os
import subprocess
import sys
from pathlib import Path
from unittest.mock import Mock

import numpy as np
import pytest
import torch
from PIL import Image
from skimage import data as photographs

from colorlib import color, metrics, models
from colorlib.__main__ import main
from colorlib.colorize import colored_bands, colorize, seen_size, shown

pytestmark = pytest.mark.usefixtures("one_thread")
COFFEE = photographs.coffee()[100:240, :203]


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    """A network that was never trained: its colors are bold and mean nothing."""
    torch.manual_seed(0)
    network = models.build("pix2pix", 64, 0.125, levels=5, dropout=0.0)
    torch.nn.init.normal_(network.last[1].weight, std=0.2)
    return models.save(network, tmp_path_factory.mktemp("weights") / "tiny.safetensors")


@pytest.fixture(scope="module")
def model(weights):
    return models.load(weights)


def painter(paint):
    """In the place of a network: paints by this function of the gray, and remembers what it saw."""
    return Mock(side_effect=paint, network=Mock(settings={"size": 64}, down=()))


def lightness(picture):
    return color.rgb_to_lab(torch.from_numpy(picture).movedim(-1, 0))[0].numpy()


@pytest.mark.parametrize("height, width", [(1, 1), (1, 40), (24, 3000), (140, 203), (64, 64)])
def test_size_and_lightness_are_kept(model, height, width):
    picture = np.resize(COFFEE, (height, width, 3))
    result = colorize(picture, model)
    assert result.shape == picture.shape and result.dtype == np.uint8
    assert np.abs(lightness(result) - lightness(picture)).max() <= 1
    for rows, lab in colored_bands(picture, model):  # before rounding to uint8
        back = color.rgb_to_lab(shown(lab))[0].numpy()
        assert np.abs(back - lightness(picture[rows])).max() < 0.1


def test_bands_leave_no_seams(model, monkeypatch):
    whole = colorize(COFFEE, model)
    monkeypatch.setattr("colorlib.colorize.BAND", 1000)
    assert np.abs(colorize(COFFEE, model).astype(int) - whole).max() <= 1
    assert len(list(colored_bands(COFFEE, model))) == 35


def test_a_tensor_gives_a_tensor_and_a_path_will_do(model, weights):
    result = colorize(torch.from_numpy(COFFEE).movedim(-1, 0), model)
    assert np.array_equal(result.movedim(0, -1), colorize(COFFEE, str(weights)))
    assert np.array_equal(colorize(COFFEE[:, ::-1], model), colorize(COFFEE[:, ::-1].copy(), model))


def test_colors_out_of_gamut_get_paler_at_their_lightness():
    lab = torch.tensor([[2.0, 80, -90], [50, 100, 20], [98, -60, 60], [0, 90, 9], [100, 50, -50]]).T
    back = color.rgb_to_lab(shown(lab[:, None].clone()))[:, 0]
    assert (back[0] - lab[0]).abs().max() < 0.1
    ab, wanted = back[1:, :3], lab[1:, :3]
    assert ((ab[0] * wanted[1] - ab[1] * wanted[0]).abs() / wanted.norm(dim=0) < 0.5).all()  # the same hue
    share = ab.norm(dim=0) / wanted.norm(dim=0)
    assert ((share > 0.02) & (share < 1)).all() and back[1:, 3:].abs().max() < 0.5
    bolder = torch.cat((lab[:1, :3], wanted * (share + 0.02)))
    assert not color.in_gamut(bolder[:, None], 2e-3).any()  # as bold as can be


def test_the_side_is_what_the_network_sees():
    plain = painter(lambda gray: gray.expand(-1, 2, -1, -1))
    for side in (None, 96, 200):
        colorize(COFFEE, plain, side)
    assert [call.args[0].shape[-2:] for call in plain.call_args_list] == [(64, 96), (96, 128), (192, 288)]
    assert seen_size(24, 3000, 64) == (64, 1024) and seen_size(3000, 24, 64) == (1024, 64)
    assert seen_size(1, 1, 96) == (96, 96) and seen_size(1, 1, 1) == (32, 32)
    assert seen_size(100, 150, 64, multiple=64) == (64, 128)
    assert colorize(COFFEE, models.Colorizer(models.build("pix2pix", 64, 0.125))).shape == COFFEE.shape  # 6 halvings


def test_bad_input_gets_a_sentence(model):
    for side in (0, -64, 5000, 1.5):
        with pytest.raises(ValueError, match="whole number from 1 to 2048"):
            colorize(COFFEE, model, side)
    for picture in (COFFEE / 255, COFFEE[..., 0], COFFEE[:0], np.zeros((4, 4, 4), np.uint8)):
        with pytest.raises(ValueError, match="array H×W×3 or a tensor 3×H×W of uint8"):
            colorize(picture, model)
    with pytest.raises(ValueError, match="does not color pictures of 64×96 pixels"):
        colorize(COFFEE, models.Colorizer(models.build("fusion", 64, 0.125)).eval())


def test_color_stays_within_edges():
    """True colors, made small: enlarged along edges they spill less than by bicubic alone, and are as near."""
    picture = torch.from_numpy(photographs.coffee()[:384, :576]).movedim(-1, 0)
    gray, truth = (x[None] for x in color.to_gray_ab(picture))
    truth = truth * color.AB_SCALE
    small = torch.nn.functional.interpolate(truth, (64, 96), mode="area")
    bands = colored_bands(picture.movedim(0, -1).numpy(), painter(lambda gray: small / color.AB_SCALE))
    ours = torch.cat([lab[1:] for _, lab in bands], dim=1)[None]
    plain = torch.nn.functional.interpolate(small, (384, 576), mode="bicubic")
    error, plain_error = (metrics.ab_distance(ab, truth).mean() for ab in (ours, plain))
    assert metrics.spill(ours, truth, gray) < 0.75 * metrics.spill(plain, truth, gray) and error < 1.03 * plain_error


@pytest.mark.skipif(sys.platform != "linux", reason="ru_maxrss is in kilobytes on Linux only")
def test_memory_is_that_of_bands(weights):
    """6 million pixels: one float64 array of them all would take 144 MB."""
    script = (
        "import resource, sys, numpy as np; from colorlib import models; from colorlib.colorize import colorize\n"
        "peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3\n"
        "model, picture = models.load(sys.argv[1]), np.full((2000, 3000, 3), 90, np.uint8)\n"
        "colorize(picture[:800, :800], model); before = peak(); colorize(picture, model); print(peak() - before)"
    )
    grown = subprocess.check_output([sys.executable, "-c", script, str(weights)])
    assert float(grown) < 130  # the result, Pillow's copy, a band


@pytest.fixture
def run(weights, tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)

    def run(*arguments):
        status = main(["colorize", *map(str, arguments), "--out", "out", "--model", str(weights)])
        return status, "".join(capfd.readouterr())

    return run


def save(place, mode="RGB", size=(48, 32), alpha=None, **options):
    """A photograph at this place, whose folders are made."""
    Path(place).parent.mkdir(parents=True, exist_ok=True)
    picture = Image.fromarray(COFFEE[: size[1], : size[0]]).resize(size).convert(mode)
    if alpha:
        picture.putalpha(alpha)
    picture.save(place, **options)


def test_the_hostile_folder(run):
    turned, alpha = Image.Exif(), Image.linear_gradient("L").resize((48, 32))
    turned[0x0112] = 6
    save("photos/turned.jpg", exif=turned)
    save("photos/cmyk.jpg", "CMYK")
    save("photos/palette.png", "P")
    save("photos/faded.tif", alpha=alpha)
    save("photos/moving.gif", save_all=True, append_images=[alpha])
    save("photos/moving.png")
    save("photos/dot.png", size=(1, 1))
    save("photos/thread.png", size=(3000, 24))
    for name in (odd := ["with space ü 図.jpg", "-dash.jpg", "deep/er/turned.jpg", ".hidden/no.jpg"]):
        save(f"photos/{name}")
    Image.fromarray(np.arange(48 * 32, dtype=np.uint16).reshape(32, 48) * 40).save("photos/deep16.tif")
    whole = Path("photos/turned.jpg").read_bytes()
    for name, content in {"broken.jpg": whole[:700], "empty.png": b"", "text.jpg": b"no picture"}.items():
        Path("photos", name).write_bytes(content)
    status, said = run("photos", "nowhere.jpg")
    assert status == 1 and "moving.gif: an animation, its first picture is colored" in said
    assert all(name in said for name in ("broken.jpg", "empty.png", "text.jpg", "nowhere.jpg"))
    files = [path for path in Path("out").rglob("*") if path.is_file()]
    colored = {path.relative_to("out").as_posix(): Image.open(path) for path in files}
    assert colored["turned.jpg"].size == (32, 48) and 0x0112 not in colored["turned.jpg"].getexif()
    assert colored["dot.png"].size == (1, 1) and colored["thread.png"].size == (3000, 24)
    assert colored["deep16.png"].mode == "RGB" and colored["faded.png"].getchannel("A").tobytes() == alpha.tobytes()
    assert {"moving.png", "moving-2.png", "cmyk.jpg", "palette.png", *odd[:3]} <= colored.keys()
    assert not any("hidden" in name or name.endswith(".part") for name in colored)
    assert {image.getexif()[0x010E] for image in colored.values()} == {"colored by colorlib, tiny"}
    assert f"{len(colored)} colored, 0 left out, 4 failed" in said


@pytest.mark.skipif(os.name != "posix", reason="Windows has no such names, and links for administrators only")
def test_links_in_a_circle_and_a_line_break_in_a_name(run):
    save("photos/line\nbreak.jpg")
    Path("photos/bro\nken.jpg").touch()
    Path("photos/circle").symlink_to(Path("photos").absolute())
    Path("photos/round.jpg").symlink_to(Path("photos/round.jpg").absolute())
    status, said = run("photos")
    assert status == 1 and "round.jpg" in said and r"bro\nken.jpg" in said and "1 colored, 0 left out, 2 failed" in said
    assert os.listdir("out") == ["line\nbreak.jpg"]


def test_like_named_ones_do_not_replace_each_other(run):
    save("a/same.jpg")
    save("b/same.jpg")
    assert run("a/same.jpg", "b/same.jpg", "./a/same.jpg")[0] == 0
    assert sorted(os.listdir("out")) == ["same-2.jpg", "same.jpg"]


def test_nothing_is_replaced_without_force_and_an_original_never(run):
    save("a.png")
    save("out/a.png", size=(1, 1))
    status, said = run("a.png")
    assert status == 0 and "--force replaces it" in said and "0 colored, 1 left out, 0 failed" in said
    assert Image.open("out/a.png").size == (1, 1)
    assert run("a.png", "--force", "--side-by-side")[0] == 0
    both = np.array(Image.open("out/a.png"))
    assert both.shape == (32, 96, 3) and np.ptp(both[:, :48], axis=-1).max() == 0
    assert run(os.getcwd(), "--force", "--side-by-side")[0] == 0  # what lies in --out is not colored again
    assert (np.array(Image.open("out/a.png")) == both).all() and os.listdir("out") == ["a.png"]
    before = Path("out/a.png").read_bytes()
    status, said = run("out", "--force")
    assert status == 1 and "choose another --out" in said and Path("out/a.png").read_bytes() == before


def test_samples_are_several_answers_of_a_network_that_draws_them(run, tmp_path):
    save("a.png")
    status, said = run("a.png", "--samples", "3")
    assert status == 2 and "the network draws samples" in said and not os.path.exists("out")
    drawing = models.save(models.build("flow_unet", 32, 0.125), tmp_path / "drawing.safetensors")
    assert main(["colorize", "a.png", "--out", "out", "--samples", "3", "--model", str(drawing)]) == 0
    answers = [np.array(Image.open(f"out/{name}")).astype(int) for name in ("a.png", "a-2.png", "a-3.png")]
    assert all(np.abs(one - answers[0]).mean() > 1 for one in answers[1:]) and len(os.listdir("out")) == 3
    assert (answers[0] == colorize(COFFEE[:32, :48], models.load(drawing))).all()


def test_where_nothing_can_be_written_it_stops(run):
    save("a.png")
    save("b.png")
    Path("out").write_text("a file, no folder")
    status, said = run("a.png", "b.png")
    assert status == 1 and said.count("could not be written") == 1 and "0 colored, 0 left out, 1 failed" in said
