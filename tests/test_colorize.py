"""Photographs of any size through a network: lightness kept, colors within edges; the command, its hostile folder."""

import os
import subprocess
import sys

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


class Painter(torch.nn.Module):
    """Colors everything alike, and remembers what it saw."""

    def __init__(self, a, b):
        super().__init__()
        self.network = torch.nn.Identity()
        self.network.settings, self.ab, self.seen = {"size": 64}, (a, b), []

    def forward(self, gray):
        self.seen.append(tuple(gray.shape[-2:]))
        return torch.tensor(self.ab).view(1, 2, 1, 1).expand(-1, -1, *gray.shape[-2:]) / color.AB_SCALE


def lightness(picture):
    return color.rgb_to_lab(torch.from_numpy(picture).movedim(-1, 0))[0].numpy()


# --- the picture ---


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
    lab = torch.tensor(
        [[2.0, 50.0, 98.0, 0.0, 100.0], [80.0, 100.0, -60.0, 90.0, 50.0], [-90.0, 20.0, 60.0, 9.0, -50.0]]
    )
    back = color.rgb_to_lab(shown(lab[:, None].clone()))[:, 0]
    assert (back[0] - lab[0]).abs().max() < 0.1
    ab, wanted = back[1:, :3], lab[1:, :3]
    assert ((ab[0] * wanted[1] - ab[1] * wanted[0]).abs() / wanted.norm(dim=0) < 0.5).all()  # the same hue
    share = ab.norm(dim=0) / wanted.norm(dim=0)
    assert ((share > 0.02) & (share < 1)).all() and back[1:, 3:].abs().max() < 0.5
    bolder = torch.cat((lab[:1, :3], wanted * (share + 0.02)))
    assert not color.in_gamut(bolder[:, None], 2e-3).any()  # as bold as can be


def test_the_side_is_what_the_network_sees():
    painter = Painter(20.0, 10.0)
    for side in (None, 96, 200):
        colorize(COFFEE, painter, side)
    assert painter.seen == [(64, 96), (96, 128), (192, 288)]
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
    truth, painter = truth * color.AB_SCALE, Painter(0.0, 0.0)
    small = torch.nn.functional.interpolate(truth, (64, 96), mode="area")
    painter.forward = lambda gray: small / color.AB_SCALE
    ours = torch.cat([lab[1:] for _, lab in colored_bands(picture.movedim(0, -1).numpy(), painter)], dim=1)[None]
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
    out = subprocess.run([sys.executable, "-c", script, str(weights)], capture_output=True, text=True, check=True)
    assert float(out.stdout) < 130  # the result, Pillow's copy, a band


# --- the command ---


@pytest.fixture
def run(weights, tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)

    def run(*arguments):
        status = main(["colorize", *map(str, arguments), "--out", "out", "--model", str(weights)])
        return status, "".join(capfd.readouterr())

    return run


def picture(mode="RGB", size=(48, 32)):
    return Image.fromarray(COFFEE[: size[1], : size[0]]).resize(size).convert(mode)


def test_the_hostile_folder(run, tmp_path):
    folder = tmp_path / "photos"
    (folder / "deep" / "er").mkdir(parents=True)
    (folder / ".hidden").mkdir()
    turned = Image.Exif()
    turned[0x0112] = 6
    picture().save(folder / "turned.jpg", exif=turned)
    picture("CMYK").save(folder / "cmyk.jpg")
    picture("P").save(folder / "palette.png")
    faded = picture("RGBA")
    faded.putalpha(Image.linear_gradient("L").resize(faded.size))
    faded.save(folder / "faded.tif")
    Image.fromarray(np.arange(48 * 32, dtype=np.uint16).reshape(32, 48) * 40).save(folder / "deep16.tif")
    picture().save(folder / "moving.gif", save_all=True, append_images=[picture().rotate(180)])
    for name, size in {"dot.png": (1, 1), "thread.png": (3000, 24), "moving.png": (48, 32)}.items():
        picture(size=size).save(folder / name)
    odd = ["with space ü 図.jpg", "-dash.jpg", "deep/er/turned.jpg", ".hidden/no.jpg"]
    for name in odd:
        picture().save(folder / name)
    (folder / "broken.jpg").write_bytes((folder / "turned.jpg").read_bytes()[:700])
    (folder / "empty.png").touch()
    (folder / "text.jpg").write_text("no picture")
    status, said = run(folder, tmp_path / "nowhere.jpg")
    assert status == 1 and "moving.gif: an animation, its first picture is colored" in said
    assert all(name in said for name in ("broken.jpg", "empty.png", "text.jpg", "nowhere.jpg"))
    out = tmp_path / "out"
    colored = {path.relative_to(out).as_posix(): Image.open(path) for path in out.rglob("*") if path.is_file()}
    assert colored["turned.jpg"].size == (32, 48) and 0x0112 not in colored["turned.jpg"].getexif()
    assert colored["dot.png"].size == (1, 1) and colored["thread.png"].size == (3000, 24)
    assert colored["deep16.png"].mode == "RGB"
    assert colored["faded.png"].getchannel("A").tobytes() == faded.getchannel("A").tobytes()
    assert {"moving.png", "moving-2.png", "cmyk.jpg", "palette.png", "deep/er/turned.jpg", *odd[:2]} <= colored.keys()
    assert not any("hidden" in name or name.endswith(".part") for name in colored)
    for image in colored.values():
        assert image.getexif()[0x010E] == "colored by colorlib, tiny"
    assert f"{len(colored)} colored, 0 left out, 4 failed" in said


@pytest.mark.skipif(os.name != "posix", reason="Windows has no such names, and links for administrators only")
def test_links_in_a_circle_and_a_line_break_in_a_name(run, tmp_path):
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "circle").symlink_to(tmp_path / "photos")
    (tmp_path / "photos" / "round.jpg").symlink_to(tmp_path / "photos" / "round.jpg")
    picture().save("photos/line\nbreak.jpg")
    (tmp_path / "photos" / "bro\nken.jpg").touch()
    status, said = run("photos")
    assert status == 1 and "round.jpg" in said and r"bro\nken.jpg" in said and "1 colored, 0 left out, 2 failed" in said
    assert os.listdir("out") == ["line\nbreak.jpg"]


def test_like_named_ones_do_not_replace_each_other(run, tmp_path):
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        picture().save(tmp_path / name / "same.jpg")
    assert run("a/same.jpg", "b/same.jpg", "./a/same.jpg")[0] == 0
    assert sorted(os.listdir("out")) == ["same-2.jpg", "same.jpg"]


def test_nothing_is_replaced_without_force(run, tmp_path):
    picture().save("a.png")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "a.png").write_text("mine")
    status, said = run("a.png")
    assert status == 0 and "--force replaces it" in said and "0 colored, 1 left out, 0 failed" in said
    assert (tmp_path / "out" / "a.png").read_text() == "mine"
    assert run("a.png", "--force", "--side-by-side")[0] == 0
    both = np.array(Image.open("out/a.png"))
    assert both.shape == (32, 96, 3) and np.ptp(both[:, :48], axis=-1).max() == 0
    first = (tmp_path / "out" / "a.png").read_bytes()
    assert run(tmp_path, "--force", "--side-by-side")[0] == 0  # what lies in --out is not colored again
    assert (tmp_path / "out" / "a.png").read_bytes() == first and os.listdir("out") == ["a.png"]


def test_an_original_is_never_replaced(run, tmp_path):
    (tmp_path / "out").mkdir()
    picture().save("out/a.png")
    before = (tmp_path / "out" / "a.png").read_bytes()
    status, said = run("out", "--force")
    assert status == 1 and "choose another --out" in said and (tmp_path / "out" / "a.png").read_bytes() == before


def test_where_nothing_can_be_written_it_stops(run, tmp_path, monkeypatch):
    for name in "ab":
        picture().save(f"{name}.png")
    (tmp_path / "out").write_text("a file, no folder")
    status, said = run("a.png", "b.png")
    assert status == 1 and said.count("could not be written") == 1 and "0 colored, 0 left out, 1 failed" in said


@pytest.mark.parametrize(
    "more, sentence", [(["--side", "0"], "from 1 to 2048"), (["--model", "nothing"], "No weights")]
)
def test_what_cannot_work_is_said_once(run, capfd, weights, more, sentence):
    picture().save("a.png")
    status = main(["colorize", "a.png", "a.png", "--out", "out", "--model", str(weights), *more])
    assert status == 2 and capfd.readouterr().err.count(sentence) == 1 and not os.path.exists("out")
