"""What lesson 06 alone needs: its texts, its exercises, its widgets, its recorded tables."""

from colorlib.course.lesson_06.fooling import fooling_test
from colorlib.course.lesson_06.own import own_photographs
from colorlib.course.lesson_06.sortable import sortable_table
from colorlib.course.lesson_06.wipe import wipe

__all__ = ["fooling_test", "own_photographs", "sortable_table", "wipe"]
