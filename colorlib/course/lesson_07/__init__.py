"""What lesson 07 alone needs: its texts, its exercises, its widgets, its audits."""

from colorlib.course.lesson_07.choose import Answers as choose_answer
from colorlib.course.lesson_07.plane import FlowInThePlane as flow_in_the_plane

__all__ = ["choose_answer", "flow_in_the_plane"]
