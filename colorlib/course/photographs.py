"""Photographs at full size in a lesson: what networks make of them, measured, and a quiz about it."""

from colorlib import color, data, metrics
from colorlib.colorize import colorize
from colorlib.course import gallery, questions


def measured(versions, photograph):
    """Colored versions of a photograph {name: 3×H×W} measured, {name: {measure: number}}, beside plain gray."""
    gray, truth = color.to_gray_ab(photograph[None])
    colors = {name: color.to_gray_ab(version[None])[1] for name, version in versions.items()}
    colors["gray"], names = 0 * truth, ("ab_error", "colorfulness", "spill")
    return {version: metrics.measure(ab, truth, gray, names=names) for version, ab in colors.items()}


def loss_quiz(identifier, networks, photograph):
    """Which loss painted this photograph? `networks` {loss: a network or its name; None for the true colors}."""
    true = data.photographs()[photograph]
    colored = {loss: colorize(true, by) if by else true for loss, by in networks.items()}
    rows = {loss: picture[None] for loss, picture in colored.items()}
    return questions.loss_quiz(identifier, rows, measured(colored, true))


def side_slider(photograph, network, sides=(64, 96, 128, 192)):
    """A slider for the short side, in pixels, at which a network looks at a photograph."""
    stops = {f"side {side}": colorize(photograph, network, side)[None] for side in sides}
    return gallery.picture_gallery("side", stops, width=440)
