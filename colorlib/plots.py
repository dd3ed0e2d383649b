"""Every figure of the course: one style, safe for color-blind readers, alt text without exception."""

import base64
import contextlib
import html
import io
from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.figure import Figure as Canvas

from colorlib import color

STYLE = matplotlib.rc_params_from_file(Path(__file__).with_name("plots.mplstyle"), use_default_template=False)
INK = STYLE["text.color"]
CYCLE = STYLE["axes.prop_cycle"].by_key()["color"]
LARGE = 300_000  # bytes of a figure
WIDTH = 8.6  # inches: fills a notebook of 1,280 pixels
SMALLEST = 0.78  # inches: what a picture gets at least, so that it has 64 pixels a side on the screen, and its margin


def tag(webp, alt, look=""):
    """An <img> of a WebP's bytes."""
    data, look = base64.b64encode(webp).decode(), f"max-width:100%;height:auto;{look}"
    return f'<img alt="{html.escape(alt)}" style="{look}" src="data:image/webp;base64,{data}">'


class Figure:
    """A finished figure with its alt text: shows itself in a notebook, and gives `html` to widgets."""

    def __init__(self, canvas, alt):
        if len(alt or "") < 15:
            raise ValueError("Every figure needs alt text: say what it shows to someone who can't see it.")
        self.alt = " ".join(alt.split())
        # Without loss the colors stay exact; large photographs would take megabytes: they lose what no eye sees.
        for way in ({"lossless": True}, {"quality": 92}):
            buffer = io.BytesIO()
            look = {"dpi": 110, "bbox_inches": "tight", "pad_inches": 0.15}
            canvas.savefig(buffer, format="webp", pil_kwargs=way, **look)
            if buffer.tell() < LARGE:
                break
        self.webp = buffer.getvalue()

    @property
    def html(self):
        return tag(self.webp, self.alt, "border-radius:8px")

    def _repr_mimebundle_(self, include=None, exclude=None):
        return {"text/html": self.html, "text/plain": f"[Figure: {self.alt}]"}


@contextlib.contextmanager
def drawing(rows=1, columns=1, size=(WIDTH, 3.4), **options):
    """`with drawing(1, 2) as (canvas, axes):` the house style, for figures that only one lesson needs."""
    with matplotlib.rc_context(STYLE):
        canvas = Canvas(figsize=size, layout="constrained")
        yield canvas, canvas.subplots(rows, columns, **options)


def as_array(picture):
    """A tensor (C, H, W) or (H, W) as matplotlib wants it: an array (H, W, 3) or (H, W), float, 0…1."""
    array = (picture.movedim(0, -1).squeeze(-1) if picture.ndim == 3 else picture).detach().cpu().numpy()
    return np.clip(array / 255 if array.dtype == np.uint8 else array, 0, 1)


def gray_picture(picture):
    """What the network sees of a picture: its L, painted without color. Float, same shape."""
    lab = color.rgb_to_lab(picture)
    neutral = color.lab_to_rgb(lab * lab.new_tensor((1, 0, 0)).view(3, 1, 1))
    return neutral[..., 1:2, :, :].expand(lab.shape)  # one channel for all three: no trace of color


def pictures(rows, *, alt, titles=(), row_titles=(), cell=None):
    """Pictures side by side: a batch or list for one row, a list of them for several; `cell` inches wide each."""
    rows = list(rows)
    if not isinstance(rows[0], list | tuple) and rows[0].ndim < 4:
        rows = [rows]
    names = max(map(len, row_titles), default=-4)  # letters; a letter takes .08 inches
    columns, together, above = max(map(len, rows)), len(rows), 0.25 if titles else 0
    beside = 0.32 + 0.08 * names
    fit = min(columns, int((WIDTH - beside) / SMALLEST))  # the others go on below
    rows = [row[start : start + fit] for start in range(0, columns, fit) for row in rows]
    cell = min(max(cell or 2.6, SMALLEST), (WIDTH - beside) / fit)
    height, width = as_array(rows[0][0]).shape[:2]
    size = (cell * fit + beside, (cell * height / width + 0.1) * len(rows) + above)
    with drawing(len(rows), fit, size, squeeze=False) as (canvas, grid):
        for axes in grid.flat:
            axes.set(xticks=[], yticks=[])
            axes.spines[:].set_visible(False)
        for row, places in zip(rows, grid, strict=True):
            for picture, axes in zip(row, places, strict=False):
                axes.imshow(as_array(picture), cmap="gray", vmin=0, vmax=1, interpolation="nearest")
        for number, title in enumerate(titles):
            grid[together * (number // fit), number % fit].set_title(title)
        for title, axes in zip([*row_titles] * len(rows), grid[:, 0], strict=False):
            axes.set_ylabel(title, rotation=0, ha="right", va="center", labelpad=10)
        return Figure(canvas, alt)


def curves(series, *, alt, x=None, xlabel="", ylabel="", title="", size=(WIDTH, 3.2), lines=None, from_zero=False):
    """Named curves, told apart by color, dash and a name at their end; `lines` {name: y} go across, thin and gray."""
    with drawing(1, 1, size) as (canvas, axes):
        axes.grid(True, axis="y")
        ends = []
        for name, values in series.items():
            axis = np.arange(1, len(values) + 1) if x is None else x
            (line,) = axes.plot(axis, values, marker="o" if len(values) == 1 else "")
            ends.append((values[-1], axis[-1], name, line.get_color()))
        for name, y in (lines or {}).items():
            axes.hlines(y, axis[0], axis[-1], color="#5d616a", lw=1)
            ends.append((y, axis[-1], name, "#5d616a"))
        if from_zero:
            axes.set_ylim(bottom=0)
        axes.set(xlabel=xlabel, ylabel=ylabel, title=title)
        if x is None:
            axes.xaxis.get_major_locator().set_params(integer=True, min_n_ticks=1)  # there is no epoch 2.5
        low, high = axes.get_ylim()
        apart, below = (high - low) * 0.25 / size[1], -np.inf  # a line of text, in units of y
        for y, x_end, name, ink in sorted(ends):
            below = max(y, below + apart)
            at_end = {"va": "center", "color": ink, "annotation_clip": False}
            axes.annotate(f"  {name}", (x_end, y), (x_end, below), **at_end)
        return Figure(canvas, alt)
