"""The proof of ambiguity: the gray alone tells no object's hue, and no day from night far from the cue.

Each proof also shows that it can fail: the same models succeed as soon as the answer is there to be seen.
"""

import numpy as np
import torch
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from torch import nn
from torch.nn import functional as F

from colorlib.color import lab_to_rgb, rgb_to_lab, to_uint8
from colorlib.worlds import scenes


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
    models = (
        make_pipeline(StandardScaler(), LogisticRegression(max_iter=200)),
        HistGradientBoostingClassifier(max_iter=30, max_leaf_nodes=8),
    )
    return [model.fit(rows[:half], labels[:half]).score(rows[half:], labels[half:]) for model in models]


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
    with torch.no_grad():
        return float((network.eval()(pictures[half:]).argmax(1) == labels[half:]).float().mean())


def chance(classes, tests):
    """What pure guessing stays below, but for one time in seven hundred (three deviations)."""
    return 1 / classes + 3 * ((classes - 1) / classes**2 / tests) ** 0.5


def test_proof_the_gray_does_not_tell_the_hue_of_an_object():
    drawn = scenes.draw(2000, 32, 0, "ambiguous")
    found = things(drawn, rgb_to_lab(drawn.pictures))
    labels = np.array([number for number, _ in found])
    limit = chance(3, len(labels) // 2)
    assert max(scores(np.stack([fine_features(lab[0]) for _, lab in found]), labels)) < limit
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
    light = lab[:, :1]
    assert network_score(torch.cat((light / 50 - 1, light % 1), 1), labels, 3) < chance(3, 800)
    assert network_score(lab[:, 1:] / 110, labels, 3) > 0.97


def test_proof_only_the_distant_cue_tells_day_from_night():
    drawn = scenes.draw(1600, 32, 0, "context")
    light, night = rgb_to_lab(drawn.pictures)[:, :1], drawn.night.long()
    rows = np.stack([fine_features(one[0, far]) for one, far in zip(light, drawn.far, strict=True)])
    assert max(scores(rows, night.numpy())) < chance(2, 800)
    ground, sky = light[:, :, 20:] / 50 - 1, light[:, :, :20] / 50 - 1
    assert network_score(ground, night, 2) < chance(2, 800)
    assert network_score(sky, night, 2) > 0.95
