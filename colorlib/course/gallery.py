"""One slider over the same pictures, painted in several ways: by λ in lesson 03, as training goes on in 04 and 05."""

from colorlib.course import controls, page


class Gallery(page.Live):
    """`stops` {"λ = 10": pictures N×3×H×W, …}; `notes` say a sentence about each; `fixed` rows stay below."""

    invitation = "Run this lesson to move the slider."

    def __init__(self, name, stops, notes=None, fixed=None, width=96):
        if not stops:
            raise ValueError("A gallery needs at least one row of pictures.")
        self.stops, self.notes, self.width = stops, notes or {}, width
        self.below = "".join(f"<div>{page.inline(at)}</div>{self.row(at, p)}" for at, p in (fixed or {}).items())
        # The slider's own number means nothing: what is told says where it stands.
        self.slider = self.follow(controls.slider(name, 1, len(stops), 1, readout=False))
        self.told = controls.Told()
        super().__init__(self.slider, self.told)

    def draw(self):
        stop = list(self.stops)[self.slider.value - 1]
        self.told.say(self.note(stop))
        return self.row(stop, self.stops[stop]) + self.below

    def note(self, stop):
        """Where the slider stands, in words."""
        return f"<b>{page.inline(stop)}</b> {page.inline(self.notes.get(stop, ''))}"

    def row(self, label, pictures):
        return f"<div style='margin:6px 0'>{page.row(pictures, label, self.width)}</div>"

    def as_text(self):
        rows = "".join(self.note(stop) + self.row(stop, pictures) for stop, pictures in self.stops.items())
        return page.box(f"{rows}{self.below}<small>{self.invitation}</small>")


picture_gallery = Gallery
