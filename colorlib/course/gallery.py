"""One slider over the same pictures, painted in several ways: by λ in lesson 03, as training goes on in 04 and 05."""

import ipywidgets as widgets

from colorlib.course import controls, page


class Gallery(page.Live):
    """`stops` {"λ = 10": pictures N×3×H×W, …}; `notes` say a sentence about each; `fixed` rows stay below."""

    invitation = "Run this lesson to move the slider."

    def __init__(self, name, stops, notes=None, fixed=None, width=84):
        if not stops:
            raise ValueError("A gallery needs at least one row of pictures.")
        self.stops, self.notes, self.fixed, self.width = stops, notes or {}, fixed or {}, width
        look = {"style": {"description_width": "90px"}, "layout": widgets.Layout(width="420px")}
        self.slider = widgets.IntSlider(description=name, min=1, max=len(stops), value=1, readout=False, **look)
        self.told = controls.told()  # the slider's own number means nothing: this says where it stands
        self.slider.observe(self.redraw, names="value")
        super().__init__(self.slider, self.told)

    @property
    def stop(self):
        return list(self.stops)[self.slider.value - 1]

    def draw(self):
        self.told.value = page.card(self.note(self.stop))
        return self.row(self.stop, self.stops[self.stop]) + self.below()

    def note(self, stop):
        """Where the slider stands, in words."""
        return f"<b>{page.inline(stop)}</b> {page.inline(self.notes.get(stop, ''))}"

    def row(self, label, pictures):
        shown = " ".join(page.picture(p, f"{label}, picture {i}", self.width) for i, p in enumerate(pictures, 1))
        return f"<div style='margin:6px 0'>{shown}</div>"

    def below(self):
        return "".join(f"<div>{page.inline(label)}</div>{self.row(label, p)}" for label, p in self.fixed.items())

    def as_text(self):
        rows = "".join(self.note(stop) + self.row(stop, pictures) for stop, pictures in self.stops.items())
        return page.card(f"{rows}{self.below()}<small>{self.invitation}</small>")


picture_gallery = Gallery
