"""What lesson 02 alone needs: its texts, its exercises, its widgets."""

from colorlib.course.lesson_02.dial import balloon_dial
from colorlib.course.lesson_02.temperature import sample_bins, temperature_dial

__all__ = ["balloon_dial", "sample_bins", "temperature_dial"]
