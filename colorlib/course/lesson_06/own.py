"""One's own photographs: choose one, color it with some networks, and keep what comes out, at full size."""

import base64
import os
import sys
import tempfile
from html import escape
from pathlib import Path

import ipywidgets as widgets
import torch

from colorlib import colorize, files, plots
from colorlib.course import controls, page
from colorlib.data import pictures

ALL, WIDTH, LINKED = "all of them", 320, 24 * 2**20  # pixels of a preview; bytes that a link holds
ASK = (
    "<b style='font-size:1.1em'>Your own photographs</b><br>Choose a photograph and color it. It stays on the machine "
    "that runs this notebook. A file above 10 MB can be too large for the browser: then write its path."
)
COLAB = " On Colab, the Files panel at the left shows it." if "google.colab" in sys.modules else ""


def preview(picture, alt, caption, gray=False):
    """A picture small, over its caption. Most pixels of a large one are left out first: they take much memory."""
    step = max(1, min(picture.shape[:2]) // (4 * WIDTH))
    few = torch.from_numpy(picture[::step, ::step, :3].copy()).movedim(-1, 0)
    shown = page.picture(plots.gray_picture(few) if gray else few, alt, WIDTH)
    look = f"margin:4px;max-width:{WIDTH}px"
    return widgets.HTML(f"<figure style='{look}'>{shown}<figcaption>{caption}</figcaption></figure>")


def link(place):
    """Where a file lies; and a link that downloads it, unless it is large."""
    told, name = f"saved as <code>{escape(str(place))}</code>", escape(place.name)
    if place.stat().st_size > LINKED:
        return told
    content = f"data:application/octet-stream;base64,{base64.b64encode(place.read_bytes()).decode()}"
    return f'<a download="{name}" href="{content}"><u>Download {name}</u></a><br>{told}'


class OwnPhotographs(page.Panel):
    """`systems` {label: a network's name}; what they make of a photograph is saved in `folder`, nothing replaced."""

    def __init__(self, systems, folder="colored"):
        self.systems, self.folder, self.picture = systems, Path(os.path.expanduser(folder)), None
        self.upload = widgets.FileUpload(accept="image/*", description="Choose a photograph")
        self.upload.layout = widgets.Layout(width="auto", align_self="flex-start")
        self.upload.tooltip = "Choose a photograph"  # else a screen reader says "null"
        self.upload.observe(self.take, names="value")
        self.path = widgets.Text(description="or the path of a file", style={"description_width": "initial"})
        self.opener, self.colorer = controls.button("Open", self.find), controls.button("Color it", self.color)
        self.menu, self.told = controls.menu("color with", [ALL, *systems]), controls.Told()
        self.shown = widgets.Box(layout=widgets.Layout(flex_flow="row wrap"))
        above = widgets.HTML(ASK), self.upload, widgets.HBox([self.path, self.opener]), self.menu, self.colorer
        super().__init__([*above, self.told, self.shown])

    def take(self, change):
        """A photograph from the browser: ipywidgets 7 gives {name: …}, 8 a tuple. It is a file until it is read."""
        for file in change["new"][-1:] if isinstance(change["new"], tuple) else change["new"].values():
            name = Path(file.get("name") or file["metadata"]["name"]).name
            with tempfile.TemporaryDirectory() as folder:
                self.read(Path(folder) / name, bytes(file["content"]))

    def find(self):
        """A photograph by its path, without the quotes that some systems put around it."""
        path = self.path.value.strip().strip("\"'")
        self.read(Path(os.path.expanduser(path))) if path else self.told.say("Write the path of a file first.", "quiet")

    def read(self, path, content=None):
        try:
            if content is not None:
                files.write(path, content)
            self.picture, self.facts = pictures.read_to_keep(path)
        except (ValueError, OSError) as error:
            return self.told.say(escape(str(error)), "wrong")
        self.stem, (height, width) = path.stem, self.picture.shape[:2]
        self.shown.children = [preview(self.picture, f"{self.stem}, in gray", "in gray", gray=True)]
        self.told.say(f"{escape(path.name)} is open: {width} × {height} pixels. Now press “Color it”.")

    def color(self):
        """With the chosen systems, one after the other; one that fails does not stop the others."""
        if self.picture is None:
            return self.told.say("Choose a photograph first.", "quiet")
        chosen, failed = list(self.systems) if self.menu.value == ALL else [self.menu.value], ""
        for number, label in enumerate(chosen, 1):
            self.told.say(f"Coloring with {escape(label)}, {number} of {len(chosen)} … this takes some seconds.")
            try:
                self.shown.children = [*self.shown.children, self.colored(label)]
            except (ValueError, OSError, RuntimeError, MemoryError) as error:
                failed += f"<p>{escape(label)}: {escape(str(error)) or 'there is too little memory.'}</p>"
        done = f"Done. What is colored is below, and in the folder <code>{escape(str(self.folder))}</code>.{COLAB}"
        self.told.say(failed or done, "wrong" if failed else "right")

    def colored(self, label):
        """Color the photograph with a system, save it under a name that is free, and show it small."""
        network, there = self.systems[label], {str(file).casefold() for file in self.folder.glob("*")}
        name = Path(network).stem
        picture = colorize.result(self.picture, network, side=None, side_by_side=False)
        place = colorize.target(self.folder, Path(f"{self.stem}-{name}.any"), self.picture, self.facts, there)
        colorize.save(picture, place, f"colored by colorlib, {name}")
        caption = f"<b>{escape(label)}</b><br>{link(place)}"
        return preview(picture, f"{self.stem}, colored by {label}", caption)

    def as_text(self):
        command = "<p>The command line does it, too: <code>python -m colorlib colorize PATH --out colored</code></p>"
        return page.box(f"{ASK}{command}<small>Run this lesson to color a photograph.</small>")
