"""What lesson 02 alone needs: its texts, its exercises, its widgets."""

from colorlib.course.lesson_02.balloon_dial import balloon_dial
from colorlib.course.lesson_02.film import film_strip
from colorlib.course.lesson_02.photo_table import photo_table
from colorlib.course.lesson_02.temperature_dial import sample_bins, temperature_dial

__all__ = ["balloon_dial", "film_strip", "photo_table", "sample_bins", "temperature_dial"]
