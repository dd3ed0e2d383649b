"""Learning that can be watched: the same pictures as training goes on, on a still sheet and in a film."""

import io
import itertools

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from colorlib import plots

COLUMNS, FRAMES, PICTURES = 8, 20, 4  # at most, on the sheet and in the film
SIDE = 96  # pixels of a picture in the film, at least
LARGEST = 200_000  # bytes of a film
RUNS = itertools.count(1)
# Who asked their system for less motion gets one empty pixel in place of the film.
STILL = "data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"


class FilmStrip:
    """`film_strip({"epoch 1": pictures N×3×H×W, …}, alt="…")` in the order of training; shows itself in a notebook."""

    def __init__(self, stops, alt):
        names = _evenly(list(stops), COLUMNS)
        rows = [[stops[name][i] for name in names] for i in range(min(PICTURES, len(stops[names[0]])))]
        self.sheet = plots.pictures(rows, titles=names, cell=1.0 if len(rows) > 1 else 2.0, alt=alt)
        names = _evenly(list(stops), FRAMES)
        self.alt = f"The same pictures as a film from {names[0]} to {names[-1]}. It plays once."
        frames = [_frame(name, stops[name][:PICTURES], n / len(names)) for n, name in enumerate(names, 1)]
        self.webp = _film(frames) if len(frames) > 1 else None

    def _repr_mimebundle_(self, include=None, exclude=None):
        film = ""
        if self.webp:
            image = plots.tag(self.webp, self.alt, "border-radius:8px;margin-top:6px")
            # A browser plays an address once: another one each time that the cell is run.
            image = image.replace("image/webp;", f"image/webp;run={next(RUNS)};")
            film = f'<picture><source media="(prefers-reduced-motion: reduce)" srcset="{STILL}">{image}</picture>'
        return {"text/html": f"<div>{self.sheet.html}<br>{film}</div>", "text/plain": f"[Figure: {self.sheet.alt}]"}


def _evenly(names, most):
    """At most so many of them, evenly chosen, with the first and the last."""
    return [names[i] for i in np.linspace(0, len(names) - 1, min(most, len(names))).round().astype(int)]


def _frame(name, pictures, done):
    """Pictures in a row, under the name of their stop and above a bar that tells how much of the film is over."""
    shown = [Image.fromarray((plots.as_array(picture) * 255).round().astype("uint8")) for picture in pictures]
    larger = -(-SIDE // min(shown[0].size))  # whole times, so that pixels stay squares
    width, height = (larger * side for side in shown[0].size)
    frame = Image.new("RGB", (len(shown) * (width + 8) + 8, height + 44), plots.STYLE["figure.facecolor"])
    draw = ImageDraw.Draw(frame)
    draw.text((8, 6), name, fill=plots.INK, font=ImageFont.load_default(16))
    draw.rectangle((8, height + 36, 8 + done * (frame.width - 16), height + 38), fill=plots.CYCLE[0])
    for number, picture in enumerate(shown):
        frame.paste(picture.resize((width, height), Image.Resampling.NEAREST), (8 + number * (width + 8), 30))
    return frame


def _film(frames):
    """An animated WebP of at most LARGEST bytes, some six seconds long, which stops on its last frame."""
    how = {"save_all": True, "append_images": frames[1:], "loop": 1, "duration": min(800, 6000 // len(frames))}
    for quality in ({"lossless": True}, {"quality": 80}, {"quality": 40}, {"quality": 5}):
        buffer = io.BytesIO()
        frames[0].save(buffer, "webp", **how, **quality)
        if len(buffer.getvalue()) <= LARGEST:
            break
    return buffer.getvalue()


film_strip = FilmStrip
