"""How what the course says looks: one box, readable in the light and the dark theme, and as plain text."""

import html
import io
import re
from pathlib import Path

import ipywidgets as widgets
from IPython.display import display
from PIL import Image

from colorlib import plots

# Accents from the color-blind-safe palette. Each kind also carries a word, so that color is never alone.
ACCENTS = {"right": "#009E73", "wrong": "#D55E00", "note": "#0072B2", "quiet": "#8a8d94"}
GRAY_WASH = "rgba(127,127,127,.09)"
REPAIRS = html.escape(Path(__file__).with_name("repairs.js").read_text(encoding="utf-8"))


def inline(text):
    """Plain text with `code` and *emphasis* to HTML."""
    text = html.escape(" ".join(text.split()), quote=False)
    text = re.sub(r"`([^`]+)`", r"<code>\1</code>", text)
    return re.sub(r"\*([^*]+)\*", r"<em>\1</em>", text)


def plain(markup):
    """HTML to text, for screens that show no HTML; a picture becomes its alt text."""
    markup = re.sub(r'<img[^>]*\balt="([^"]+)"[^>]*>', r" [\1] ", markup)
    text = re.sub(r"<(br|/p|/div|/li|/tr|/summary)[^>]*>", "\n", markup)
    text = html.unescape(re.sub(r"<[^>]+>", " ", text))
    return re.sub(r"\s*\n\s*", "\n", re.sub(r"[ \t]+", " ", text)).strip()


def look(kind, width):
    """The style of a box, `width` letters wide at most."""
    edge = f"border-left:5px solid {ACCENTS[kind]};background:{GRAY_WASH};border-radius:6px"
    return f"{edge};padding:10px 16px;margin:4px 0;max-width:{width}em;line-height:1.5"


def box(body, kind="note"):
    """A box around HTML."""
    return f'<div style="{look(kind, 52)}">{body}</div>'


def details(summary, body, open_=False):
    """Something to unfold by mouse or keyboard, without a kernel."""
    shown = f"<summary style='cursor:pointer'>{summary}</summary><div style='padding:6px 0 2px 14px'>{body}</div>"
    return f"<details style='margin:6px 0'{' open' if open_ else ''}>{shown}</details>"


def say(body, kind="note"):
    """Show a box in the notebook."""
    display({"text/html": box(body, kind), "text/plain": plain(body)}, raw=True)


def picture(picture, alt, width=128):
    """A picture as an <img> with alt text, enlarged without blur when it is small."""
    array = (plots.as_array(picture) * 255).round().astype("uint8")
    buffer = io.BytesIO()
    image, small = Image.fromarray(array), array.shape[1] <= 128
    image.thumbnail((2 * width, 2 * width))  # sharp on fine screens, and no larger
    image.save(buffer, format="webp", lossless=small, quality=88)
    scaling = "image-rendering:pixelated;" if array.shape[1] < width else ""
    return plots.tag(buffer.getvalue(), alt, f"width:{width}px;border-radius:6px;{scaling}")


def row(pictures, label, width=96):
    """Pictures side by side; label and number are their alt text."""
    return " ".join(picture(shown, f"{label}, picture {i}", width) for i, shown in enumerate(pictures, 1))


class Panel(widgets.VBox):
    """A box of widgets that works by keyboard, and whose `as_text()` is for readers without a kernel.

    `_ipython_display_` is what ipywidgets 7 (Colab) and 8 both give way to.
    """

    def __init__(self, children, **options):
        # An image that can't be loaded is the one way in which an HTML widget runs lines of its own.
        start = f'<img alt="" src="data:," style="display:none" onerror="{REPAIRS}">'
        edge = ".colorlib-panel button{border:1px solid #8a8d94}"
        start += f"<style>{edge}.colorlib-asked{{{look('note', 64)}}}</style>"
        super().__init__([*children, widgets.HTML(start)], **options)
        self.add_class("colorlib-panel")

    def bundle(self):
        """All that a notebook keeps of it: the view for a kernel, and its text for readers without one."""
        view = {"version_major": 2, "version_minor": 0, "model_id": self.model_id}
        text = self.as_text()
        return {"application/vnd.jupyter.widget-view+json": view, "text/html": text, "text/plain": plain(text)}

    def _ipython_display_(self, **_):
        display(self.bundle(), raw=True)


class Live(Panel):
    """Controls above one picture, made by `draw()`, that follows them; without a kernel, that picture as it starts."""

    invitation = "Run this lesson to move the controls."

    def __init__(self, *controls):
        self.view = widgets.HTML(self.draw())
        super().__init__([*controls, self.view])

    def follow(self, control):
        """Draw anew whenever this control changes; gives the control."""
        control.observe(self.redraw, names="value")
        return control

    def redraw(self, _=None):
        self.view.value = self.draw()

    def as_text(self):
        return f"<div>{self.view.value}<br><small>{self.invitation}</small></div>"
