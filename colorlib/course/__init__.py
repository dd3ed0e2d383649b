"""What the lessons teach with: checks with hints, predictions, quizzes, widgets, progress."""

from colorlib.course.checks import check, hint
from colorlib.course.gallery import picture_gallery
from colorlib.course.progress import progress
from colorlib.course.questions import loss_quiz, predict, quiz, saw

__all__ = ["check", "hint", "loss_quiz", "picture_gallery", "predict", "progress", "quiz", "saw"]
