"""What the lessons teach with: checks with hints, predictions, quizzes, widgets, progress."""

from colorlib.course.balloon_game import be_the_network
from colorlib.course.checks import check, hint
from colorlib.course.dial import balloon_dial
from colorlib.course.distance_lab import distance_gan_lab
from colorlib.course.gallery import picture_gallery
from colorlib.course.gan_lab import color_gan_lab
from colorlib.course.heights import be_the_critic
from colorlib.course.loss_quizzes import loss_quiz
from colorlib.course.piles import two_piles
from colorlib.course.predictions import predict, saw
from colorlib.course.progress_file import progress
from colorlib.course.quizzes import quiz
from colorlib.course.temperature import temperature_dial

__all__ = [
    "balloon_dial",
    "be_the_critic",
    "be_the_network",
    "check",
    "color_gan_lab",
    "distance_gan_lab",
    "hint",
    "loss_quiz",
    "picture_gallery",
    "predict",
    "progress",
    "quiz",
    "saw",
    "temperature_dial",
    "two_piles",
]
