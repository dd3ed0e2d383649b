"""A table of measures, sorted by the column whose button is pressed."""

from functools import partial

import ipywidgets as widgets

from colorlib import tables
from colorlib.course import controls, page

COURSE = "the order of the course"
LOOK = "<style>.colorlib-sorted td{text-align:right} .colorlib-sorted :is(td,th){padding:2px 8px}</style><b>Sort by</b>"


class Sortable(page.Panel):
    """A metrics.Table under a button for each column. Gray stays at its top, and the truth at its bottom."""

    def __init__(self, table):
        self.table, self.column, self.largest = table, 0, False  # column 0 holds the names: the order of the course
        (self.heads, *rows), self.caption = table._rows_and_caption()
        self.rows, names = {row[0]: row for row in rows}, [COURSE, *self.heads[1:]]
        self.buttons = [controls.button(name, partial(self.sort, column)) for column, name in enumerate(names)]
        self.told, self.view = controls.Told(), widgets.HTML(self.framed())
        self.view.add_class("colorlib-sorted")
        buttons = widgets.Box(self.buttons, layout=widgets.Layout(flex_flow="row wrap"))
        super().__init__([widgets.HTML(LOOK), buttons, self.told, self.view])

    def sort(self, column):
        """By a column, the better numbers first; by the same column again, the other way round."""
        turned = not self.largest if column == self.column else "↑" in self.heads[column]
        self.column, self.largest = column, turned and column > 0
        by = f"Sorted by {self.heads[column].rstrip(' ↓↑')}, {'largest' if self.largest else 'smallest'} first."
        self.told.say(page.inline(f"{by if column else f'In {COURSE}.'} Gray and truth keep their places."))
        self.view.value = self.framed()

    def order(self):
        """The names of the rows; those that lack the number come last before the truth."""
        names = [row for row in self.rows if row not in ("gray", "truth")]
        if self.column:
            measure = self.table.names[self.column - 1]
            known = {row: self.table[row][measure] for row in names if measure in self.table[row]}
            names = sorted(known, key=known.get, reverse=self.largest) + [row for row in names if row not in known]
        return [row for row in ("gray", *names, "truth") if row in self.rows]

    def framed(self):
        """The table in a frame that scrolls, by keyboard too; the head of its sorted column is bold, and says so."""
        shown = tables.as_html([self.heads, *map(self.rows.get, self.order())], self.caption, self.column or None)
        sort = "descending" if self.largest else "ascending"
        shown = shown.replace("<th scope='col'><b>", f"<th scope='col' aria-sort='{sort}'><b>")
        return f"<div style='overflow-x:auto' tabindex='0' role='region' aria-label='table of measures'>{shown}</div>"

    def as_text(self):
        return f"{self.table._repr_html_()}<small>Run this lesson to sort the table.</small>"
