"""What the lessons teach with: checks with hints, predictions, quizzes, progress."""

from colorlib.course.checks import check, hint
from colorlib.course.predictions import predict, saw
from colorlib.course.progress_file import progress
from colorlib.course.quizzes import quiz

__all__ = ["check", "hint", "predict", "progress", "quiz", "saw"]
