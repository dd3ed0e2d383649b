"""Photographs at full size in a lesson: those that ship, what a network makes of them, and a quiz about it."""

from importlib import resources

import torch

from colorlib import color, colorize, data, metrics
from colorlib.course import gallery, questions
from colorlib.data import pictures as files
from colorlib.data import sets

OF_LIBRARIES = "astronaut.png coffee.png chelsea.png rocket.jpg china.jpg flower.jpg".split()
OWN = "meadow.webp farmhouse.webp mountains.webp".split()  # the last two never had color; see CREDITS.md there
MEASURES = ("ab_error", "colorfulness", "spill")
WIDTH = 440  # pixels on the screen


def pictures():
    """The photographs that ship, {name: H×W×3 array}. `farmhouse` (1940) and `mountains` (1870) never had color."""
    own = [resources.files(data) / "photographs" / name for name in OWN]
    return {file.stem: files.read(file) for file in [*sets.photo_files(OF_LIBRARIES), *own]}


def measured(colored, photograph):
    """What can be said of a colored photograph beside the true one: `ab_error`, and that of gray as `gray_error`; …"""
    gray, truth = color.to_gray_ab(_tensor(photograph)[None])
    _, ab = color.to_gray_ab(_tensor(colored)[None])
    row, true, plain = (metrics.measure(each, truth, gray, names=MEASURES) for each in (ab, truth, 0 * truth))
    beside = {"true_colorfulness": true["colorfulness"], "true_spill": true["spill"]}
    return row | beside | {"gray_error": plain["ab_error"]}


def loss_quiz(identifier, networks, picture):
    """Which loss painted this photograph? `networks` {loss: a network or its name; None for the true colors}."""
    photograph = pictures()[picture]
    colored = {loss: colorize.colorize(photograph, by) if by else photograph for loss, by in networks.items()}
    measures = {loss: measured(array, photograph) for loss, array in colored.items()}
    return questions.loss_quiz(identifier, {loss: _tensor(array)[None] for loss, array in colored.items()}, measures)


def side_slider(photograph, network, sides=(64, 96, 128, 192)):
    """A slider for the short side, in pixels, at which a network looks at a photograph, an array H×W×3."""
    stops = {f"side {side}": _tensor(colorize.colorize(photograph, network, side))[None] for side in sides}
    return gallery.picture_gallery("side", stops, width=WIDTH)


def _tensor(array):
    return torch.from_numpy(array).movedim(-1, 0)
