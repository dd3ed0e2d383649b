"""What lesson 01 alone needs: its texts, its exercises, its widgets."""

from colorlib.course.lesson_01.color_widgets import (
    blur,
    blur_sliders,
    color_hints,
    gamut_slider,
    lab_parts,
    spread_hints,
)

__all__ = ["blur", "blur_sliders", "color_hints", "gamut_slider", "lab_parts", "spread_hints"]
