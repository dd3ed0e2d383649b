"""Lesson 01's parts of a picture and its sliders, without a browser."""

import torch

from colorlib import color
from colorlib.course.lesson_01 import blur_sliders, color_hints, gamut_slider, lab_parts, spread_hints
from colorlib.worlds import scenes


def test_a_part_has_its_channels_and_nothing_else():
    picture = scenes.draw(1, size=16, seed=0).pictures[0] // 2 + 64  # pale: at any L a screen can show it
    lab, parts = color.rgb_to_lab(picture), lab_parts(picture)
    for name, kept in {"L": [0], "a": [1], "b": [2], "a and b": [1, 2]}.items():
        part = color.rgb_to_lab(parts[name])
        for channel, same in enumerate((65, 0, 0)):
            wanted = lab[channel] if channel in kept else same
            assert (part[channel] - wanted).abs().max() < 0.05, (name, channel)


def test_color_widgets_follow_their_controls():
    picture = scenes.draw(1, size=32, seed=0).pictures[0]
    sliders = blur_sliders(picture)
    before = sliders.view.value
    sliders.color_blur.value = 5
    assert "blurred by 5 pixels" in sliders.view.value and sliders.view.value != before
    gamut = gamut_slider()
    gamut.slider.value = 90
    assert "at L = 90" in gamut.view.value
    hints = color_hints(picture)
    hints.place()
    assert "1 color hints" in hints.view.value
    hints.clear()
    assert "0 color hints" in hints.view.value


def test_a_hint_spreads_over_its_region_and_stops_at_the_edge():
    gray = torch.full((1, 16, 16), -0.5)
    gray[:, :, 8:] = 0.5
    ab = spread_hints(gray, {(8, 2): (50, 0), (8, 13): (-50, 20)}) * color.AB_SCALE
    assert (ab[0, :, :7] - 50).abs().max() < 3 and (ab[0, :, 9:] + 50).abs().max() < 3
