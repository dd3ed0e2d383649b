"""What lesson 03 alone needs: its texts, its exercises, its widgets."""

from colorlib.course.lesson_03.gan_lab import color_gan_lab, film_of_dots

__all__ = ["color_gan_lab", "film_of_dots"]
