"""What lesson 04 alone needs: its texts, its exercises, its widgets."""

from colorlib.course.lesson_04.be_the_critic import BeTheCritic as be_the_critic
from colorlib.course.lesson_04.distance_gans import DistanceGANLab as distance_gan_lab
from colorlib.course.lesson_04.piles import TwoPiles as two_piles
from colorlib.course.lesson_04.piles import two_critics

__all__ = ["be_the_critic", "distance_gan_lab", "two_critics", "two_piles"]
