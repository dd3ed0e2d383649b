"""What lesson 00 alone needs: its texts, its exercises, its widgets, its figure."""

from colorlib.course.lesson_00.ab_plane import ab_plane
from colorlib.course.lesson_00.balloon_game import be_the_network

__all__ = ["ab_plane", "be_the_network"]
