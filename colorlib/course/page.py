"""How what the course says looks: one card, readable in the light and the dark theme, and as plain text."""

import base64
import html
import io
import re

import ipywidgets as widgets
from IPython.display import display
from PIL import Image

from colorlib import color

# Accents from the color-blind-safe palette. Each kind also carries a word, so that color is never alone.
ACCENTS = {"right": "#009E73", "wrong": "#D55E00", "note": "#0072B2", "quiet": "#8a8d94"}
GRAY_WASH = "rgba(127,127,127,.09)"


def inline(text):
    """Plain text with `code` and *emphasis* to HTML."""
    text = html.escape(" ".join(text.split()), quote=False)
    text = re.sub(r"`([^`]+)`", r"<code>\1</code>", text)
    return re.sub(r"\*([^*]+)\*", r"<em>\1</em>", text)


def plain(markup):
    """HTML to text, for screens that show no HTML."""
    text = re.sub(r"<(br|/p|/div|/li|/tr|/summary)[^>]*>", "\n", markup)
    text = html.unescape(re.sub(r"<[^>]+>", " ", text))
    return re.sub(r"\s*\n\s*", "\n", re.sub(r"[ \t]+", " ", text)).strip()


def card(body, kind="note", role=""):
    """A card around HTML. `role="status"` makes a screen reader speak it when it changes."""
    look = (
        f"border-left:5px solid {ACCENTS[kind]};background:{GRAY_WASH};border-radius:6px;"
        "padding:10px 16px;margin:4px 0;max-width:52em;line-height:1.5"
    )
    spoken = f' role="{role}"' if role else ""
    return f'<div style="{look}"{spoken}>{body}</div>'


def details(summary, body, open_=False):
    """Something to unfold by mouse or keyboard, without a kernel."""
    return (
        f"<details style='margin:6px 0'{' open' if open_ else ''}>"
        f"<summary style='cursor:pointer'>{summary}</summary>"
        f"<div style='padding:6px 0 2px 14px'>{body}</div></details>"
    )


def say(body, kind="note"):
    """Show a card in the notebook."""
    display({"text/html": card(body, kind), "text/plain": plain(body)}, raw=True)


def picture(picture, alt, width=128):
    """A picture (3, H, W) as an <img> with alt text, enlarged without blur when it is small."""
    array = color.to_uint8(picture) if picture.is_floating_point() else picture
    buffer = io.BytesIO()
    Image.fromarray(array.movedim(0, -1).numpy()).save(buffer, format="webp", lossless=True)
    data = base64.b64encode(buffer.getvalue()).decode()
    scaling = "image-rendering:pixelated;" if array.shape[-1] < width else ""
    look = f"width:{width}px;max-width:100%;height:auto;border-radius:6px;{scaling}"
    return f'<img alt="{html.escape(alt)}" style="{look}" src="data:image/webp;base64,{data}">'


def button(text):
    """A button as wide as its text, at the left."""
    return widgets.Button(description=text, layout=widgets.Layout(width="auto", align_self="flex-start"))


# Two repairs that Python can't make, for those who use the keyboard. JupyterLab takes arrows and letters for
# its own shortcuts even inside a menu ("b" would insert a cell), so they are kept here; and ipywidgets gives
# the radio buttons of a group no common name, without which arrows don't move among them.
KEYBOARD = """
const panel = this.closest('.colorlib-panel');
panel.addEventListener('keydown', event => {
  if (!(event.ctrlKey || event.metaKey || event.altKey || event.shiftKey)) event.stopPropagation();
});
panel.addEventListener('focusin', event => {
  const group = event.target.type === 'radio' && event.target.closest('.widget-radio-box');
  if (group && !event.target.name) {
    const name = 'choice-' + Math.random();
    group.querySelectorAll('input').forEach(radio => radio.name = name);
  }
});
"""


class Panel(widgets.VBox):
    """A box of widgets that works by keyboard, and has `as_text()` for readers without a kernel.

    ipywidgets 8 asks `_repr_mimebundle_`, ipywidgets 7 (Colab) `_ipython_display_`.
    """

    def __init__(self, children, **options):
        # An image that can't be loaded is the one way in which an HTML widget runs a line of its own.
        start = f'<img alt="" src="data:," style="display:none" onerror="{KEYBOARD}">'
        super().__init__([*children, widgets.HTML(start)], **options)
        self.add_class("colorlib-panel")

    def as_text(self):
        raise NotImplementedError

    def _bundle(self):
        view = {"version_major": 2, "version_minor": 0, "model_id": self.model_id}
        text = self.as_text()
        return {
            "application/vnd.jupyter.widget-view+json": view,
            "text/html": text,
            "text/plain": plain(text),
        }

    def _repr_mimebundle_(self, include=None, exclude=None):
        return self._bundle()

    def _ipython_display_(self, **_):
        display(self._bundle(), raw=True)
