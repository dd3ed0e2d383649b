"""What lesson 00 alone needs: its texts, its exercises, its widgets."""

from colorlib.course.lesson_00.balloon_game import be_the_network

__all__ = ["be_the_network"]
