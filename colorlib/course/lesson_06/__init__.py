"""What lesson 06 alone needs: its texts, its exercises, its widgets, its recorded tables."""

from colorlib.course.lesson_06.fooling import FoolingTest as fooling_test
from colorlib.course.lesson_06.own import OwnPhotographs as own_photographs
from colorlib.course.lesson_06.sortable import Sortable as sortable_table
from colorlib.course.lesson_06.wipe import Wipe as wipe

__all__ = ["fooling_test", "own_photographs", "sortable_table", "wipe"]
