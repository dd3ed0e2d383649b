"""What worlds promise of their pictures. Each proof of ambiguity can fail: its models succeed where colors are seen."""

import dataclasses
from itertools import product

import numpy as np
import pytest
import torch
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from torch import nn
from torch.nn import functional as F

from colorlib.color import in_gamut, lab_to_rgb, rgb_to_lab, to_uint8
from colorlib.worlds import scenes
from colorlib.worlds.canvas import LIGHTNESS, MATERIALS, Canvas
from colorlib.worlds.things import SHAPES

every_world = pytest.mark.parametrize("world", list(scenes.WORLDS))
OWN = {"palette": torch.tensor([(55.0, 30.0), (0.0, -40.0)]), "probabilities": (0.9, 0.1)}
REFUSED = [
    ("no world 'moon'; choose one of texture", [{"world": "moon"}]),
    ("the kinds balloon, car", [{"kinds": kinds} for kinds in (("boat",), "car", ())]),
    ("drawn as it is", [{"world": "texture", "kinds": ("car",)}, {"world": "shapes", "palette": [(0, 0)]}]),
    ("a screen can show", [{"palette": palette} for palette in ([(0, 0), (100, 100)], [60, 40], [])]),
    ("for each of the 3", [{"probabilities": these} for these in ((0.5, 0.5), (1, 1, -1), (0, 0, 0))]),
    ("n ≥ 0 and size ≥ 16", [{"n": -1}, {"size": 8}]),
]


def things(drawn, lab):
    """For each object its number in the palette, and its lab values (3 × pixels)."""
    places = (drawn.palette_index >= 0).nonzero().tolist()
    return [(int(drawn.palette_index[i, m]), lab[i][:, drawn.objects[i] == m + 1]) for i, m in places]


def fine_features(values):
    """What one might try on the lightnesses of an object: moments, size, histograms, also of decimals."""
    values = values.double().numpy()
    decimals = [np.histogram(values % 1, bins, (0, 1))[0] for bins in (5, 10)]
    spread = np.histogram(values, 24, (48, 62))[0]
    return np.r_[values.mean(), values.std(), len(values), np.concatenate([*decimals, spread]) / len(values)]


def scores(rows, labels):
    """How well two kinds of model tell the labels of the second half after learning the first."""
    half = len(labels) // 2
    line = make_pipeline(StandardScaler(), LogisticRegression(max_iter=200))
    trees = HistGradientBoostingClassifier(max_iter=30, max_leaf_nodes=8)
    return [model.fit(rows[:half], labels[:half]).score(rows[half:], labels[half:]) for model in (line, trees)]


def network_score(pictures, labels, classes):
    """The same by a small network that looks for the best place in a picture."""
    torch.manual_seed(0)
    network = nn.Sequential(
        *(nn.Conv2d(pictures.shape[1], 24, 5, padding=2), nn.BatchNorm2d(24), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Conv2d(24, 32, 5, padding=2), nn.ReLU(), nn.AdaptiveMaxPool2d(1), nn.Flatten()),
        nn.Linear(32, classes),
    )
    optimizer, half = torch.optim.Adam(network.parameters(), 3e-3), len(labels) // 2
    for _ in range(6):
        for batch in torch.randperm(half).split(64):
            optimizer.zero_grad()
            F.cross_entropy(network(pictures[batch]), labels[batch]).backward()
            optimizer.step()
    return float((network.eval()(pictures[half:]).argmax(1) == labels[half:]).float().mean())


def chance(classes, tests):
    """What pure guessing stays below, but for one time in seven hundred (three deviations)."""
    return 1 / classes + 3 * ((classes - 1) / classes**2 / tests) ** 0.5


@every_world
def test_one_seed_gives_one_set_of_pictures(world):
    state = torch.get_rng_state()
    first, again, other = (scenes.draw(70, 32, seed, world) for seed in (3, 3, 4))
    assert torch.equal(torch.get_rng_state(), state), "drawing must leave the global generator alone"
    for field in dataclasses.fields(first):
        one, two = getattr(first, field.name), getattr(again, field.name)
        assert torch.equal(one, two) if torch.is_tensor(one) else one == two, field.name
    assert (first.pictures != other.pictures).any(1).float().mean() > 0.5


@every_world
@pytest.mark.parametrize("n, size", [(0, 32), (1, 40), (5, 64)])
def test_shapes_and_types(world, n, size):
    drawn = scenes.draw(n, size, world=world)
    slots = {"texture": 0, "context": 0, "shapes": 4}.get(world, 3)
    assert len(drawn) == n and drawn.world == world
    assert drawn.pictures.shape == (n, 3, size, size) and drawn.pictures.dtype == torch.uint8
    for mask in (drawn.ambiguous, drawn.objects, drawn.materials, drawn.details, drawn.far):
        assert mask.shape == (n, size, size)
    assert drawn.palette_index.shape == (n, slots) and drawn.night.shape == (n,)


@every_world
def test_sizes_show_the_same_composition(world):
    small, large = (scenes.draw(40, size, 1, world).pictures.float() for size in (32, 128))
    large = F.avg_pool2d(large, 4)
    assert (small - large).abs().mean() < 0.35 * (small - large.roll(1, 0)).abs().mean()


@every_world
def test_every_color_is_in_gamut(world, monkeypatch):
    painted, pictures = [], Canvas.pictures
    monkeypatch.setattr(Canvas, "pictures", lambda canvas: painted.append(canvas.lab) or pictures(canvas))
    scenes.draw(200, 32, 1, world)
    assert in_gamut(torch.cat(painted), tolerance=0.004).float().mean() > 0.998


@pytest.mark.parametrize("world, given", [("ambiguous", {}), ("mixed", {}), ("ambiguous", OWN)])
def test_objects_carry_their_palette_color_as_often_as_is_asked(world, given):
    drawn = scenes.draw(300, 32, 2, world, **given)
    found = things(drawn, rgb_to_lab(drawn.pictures))
    assert drawn.ambiguous[drawn.objects > 0].all() and torch.equal(drawn.palette, given.get("palette", drawn.palette))
    assert (drawn.palette_index[:, 0] >= 0).all() and min(lab.shape[1] for _, lab in found) >= 30
    off = torch.stack([lab[1:].mean(1) - drawn.palette[number] for number, lab in found]).norm(dim=1)
    assert off.median() < 0.5 and off.max() < 1.5  # of a chroma of 40 to 72
    assert all(LIGHTNESS[0] < lab[0].min() and lab[0].max() < LIGHTNESS[1] for _, lab in found)
    share = torch.bincount(torch.tensor([number for number, _ in found])) / len(found)
    chances = torch.tensor(given.get("probabilities", (1 / 3,) * 3))
    assert ((share - chances).abs() < 3 * (chances * (1 - chances) / len(found)) ** 0.5).all()


def test_ambiguous_are_just_the_pixels_that_another_throw_would_change():
    red, blue = (scenes.draw(60, 32, 2, "ambiguous", probabilities=p) for p in ((1, 0, 0), (0, 1, 0)))
    changed = (red.pictures != blue.pictures).any(dim=1)
    assert not changed[~red.ambiguous].any()
    assert changed[red.objects > 0].all() and changed[red.ambiguous].float().mean() > 0.97
    assert (red.ambiguous & (red.objects == 0)).any()  # soft edges


@pytest.mark.parametrize("kind", scenes.KINDS)
def test_kinds_and_most(kind):
    for more, most in (({"most": 1}, 1), ({}, scenes.LIMITS[kind])):
        drawn = scenes.draw(60, 32, 0, "ambiguous", kinds=(kind,), **more)
        assert drawn.palette_index.shape[1] == drawn.objects.max() == most


@pytest.mark.parametrize("sentence, options", REFUSED)
def test_what_cannot_be_drawn_gets_a_sentence(sentence, options):
    for each in options:
        with pytest.raises(ValueError, match=sentence):
            scenes.draw(**({"n": 2} | each))


def test_materials_are_equally_light_and_told_apart_by_texture():
    drawn = scenes.draw(600, 32, 0, "texture")
    lab = rgb_to_lab(drawn.pictures)
    light, present = lab[:, 0], range(1, len(MATERIALS) + 1)
    means = [light[drawn.materials == m].mean() for m in present]
    assert max(means) - min(means) < 1
    for m, (ab, _) in zip(present, MATERIALS.values(), strict=True):
        mean = lab.movedim(1, -1)[drawn.materials == m][:, 1:].mean(0)
        assert (mean - torch.tensor(ab)).norm() < 1.5
    across, down = (light.diff(dim=2).abs()[:, 1:], light.diff(dim=1).abs()[:, :, 1:])
    rows, labels = [], []
    for picture, m in product(range(600), present):
        inside = drawn.materials[picture] == m
        inside = inside[1:, 1:] & inside[:-1, 1:] & inside[1:, :-1]
        if inside.sum() > 40:
            steps = [(s[picture][inside].mean(), s[picture][inside].std()) for s in (across, down)]
            rows.append([light[picture, 1:, 1:][inside].mean(), *np.ravel(steps)])
            labels.append(m)
    rows, labels = np.array(rows, dtype=float), np.array(labels)
    assert max(scores(rows, labels)) > 0.85 and max(scores(rows[:, :1], labels)) < 0.3


def test_small_things_have_the_color_of_their_lightness():
    drawn = scenes.draw(300, 32, 0, "texture")
    assert 0.06 < drawn.details.float().mean() < 0.1
    assert not (drawn.details & (drawn.materials > 0)).any()
    light, a, b = rgb_to_lab(drawn.pictures).movedim(1, -1)[drawn.details].T
    assert ((light > 80) | (light < 40)).all()
    assert (b[light > 80] > 50).all() and (b[light < 40] < -45).all() and (a[light < 40] > 20).all()


def test_each_shape_has_its_color_and_all_are_equally_light():
    drawn = scenes.draw(300, 32, 0, "shapes")
    found = things(drawn, rgb_to_lab(drawn.pictures))
    assert not drawn.ambiguous.any() and drawn.objects.max() == 4
    for number, name in enumerate(SHAPES):
        mean = torch.stack([lab.mean(1) for shape, lab in found if shape == number]).mean(0)
        assert (mean[1:] - drawn.palette[number]).norm() < 1, name
        assert abs(mean[0] - sum(LIGHTNESS) / 2) < 0.6, name


def test_context_differs_only_at_the_cue_and_far_ground_lies_beyond_reach():
    drawn = scenes.draw(400, 64, 0, "context")
    lab, night = rgb_to_lab(drawn.pictures), drawn.night
    cue = lab[:, 0] > 88
    assert drawn.far.flatten(1).sum(1).min() > 500 and cue.any(2).any(1).all()
    centers = [(cue[i].nonzero().float(), drawn.far[i].nonzero().float()) for i in range(40)]
    assert min(float(torch.cdist(c, f).min()) for c, f in centers) >= 24
    for region in (lab[:, 0], lab[:, 0, :30], lab[:, 0, 40:]):
        day, dark = region[~night].mean((1, 2)), region[night].mean((1, 2))
        assert abs(day.mean() - dark.mean()) < 3 * (day.var() / len(day) + dark.var() / len(dark)) ** 0.5 + 0.05
    ground = [lab.movedim(1, -1)[drawn.far & (night == dark)[:, None, None]].mean(0)[1:] for dark in (0, 1)]
    assert (ground[0] - ground[1]).norm() > 70


def test_proof_the_gray_does_not_tell_the_hue_of_an_object():
    drawn = scenes.draw(2000, 32, 0, "ambiguous")
    found = things(drawn, rgb_to_lab(drawn.pictures))
    labels = np.array([number for number, _ in found])
    assert max(scores(np.stack([fine_features(lab[0]) for _, lab in found]), labels)) < chance(3, len(labels) // 2)
    assert min(scores(np.stack([lab[1:].mean(1).numpy() for _, lab in found]), labels)) > 0.99
    # The same objects in exactly their palette color, rounded the usual way, give it away.
    plain = []
    for number, lab in found:
        exact = torch.cat((lab[:1], drawn.palette[number][:, None].expand(2, lab.shape[1])))[:, :, None]
        plain.append(fine_features(rgb_to_lab(to_uint8(lab_to_rgb(exact)))[0, :, 0]))
    assert min(scores(np.stack(plain), labels)) > 0.7


def test_proof_by_a_network_on_whole_gray_pictures():
    drawn = scenes.draw(1600, 32, 1, "ambiguous", kinds=("balloon", "door"), most=1)
    lab, labels = rgb_to_lab(drawn.pictures), drawn.palette_index[:, 0]
    assert network_score(torch.cat((lab[:, :1] / 50 - 1, lab[:, :1] % 1), 1), labels, 3) < chance(3, 800)
    assert network_score(lab[:, 1:] / 110, labels, 3) > 0.97


def test_proof_only_the_distant_cue_tells_day_from_night():
    drawn = scenes.draw(1600, 32, 0, "context")
    light, night = rgb_to_lab(drawn.pictures)[:, :1], drawn.night.long()
    rows = np.stack([fine_features(one[0, far]) for one, far in zip(light, drawn.far, strict=True)])
    assert max(scores(rows, night.numpy())) < chance(2, 800)
    ground, sky = light[:, :, 20:] / 50 - 1, light[:, :, :20] / 50 - 1
    assert network_score(ground, night, 2) < chance(2, 800)
    assert network_score(sky, night, 2) > 0.95
