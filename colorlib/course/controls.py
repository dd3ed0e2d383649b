"""The controls that widgets share, named for screen readers and usable by keyboard."""

import ipywidgets as widgets

from colorlib.course import page

OPEN = "open"  # the value of a menu from which nothing has been chosen


class Told(widgets.HTML):
    """Where a widget answers. It is there, empty, from the start: only then a screen reader speaks what comes."""

    def __init__(self):
        super().__init__()
        self.add_class("colorlib-told")

    def say(self, body, kind="note"):
        self.value = page.box(body, kind)

    def verdict(self, right, why):
        word, kind = ("✓ Right.", "right") if right else ("✗ Not yet.", "wrong")
        self.say(f"<b>{word}</b> {page.inline(why)}", kind)


class Choice:
    """Radio buttons, none chosen, a button, and the place of the answer: `chosen(number)` is called with 0, 1, …"""

    def __init__(self, options, text, chosen):
        self.chosen = chosen
        options = [(option.replace("`", ""), number) for number, option in enumerate(options)]
        self.options = widgets.RadioButtons(options=options, value=None)
        self.options.layout = widgets.Layout(width="auto", max_width="54em")  # long texts wrap instead of being cut
        self.options.add_class("colorlib-choices")
        self.button, self.told = button(text, self.press), Told()
        self.parts = self.options, self.button, self.told

    def press(self):
        if self.options.value is None:
            self.told.say("Choose one first; a guess is fine.", "quiet")
        else:
            self.chosen(self.options.value)


def button(text, press):
    """A button as wide as its text, at the left; pressed, it calls a function."""
    made = widgets.Button(description=text, layout=widgets.Layout(width="auto", align_self="flex-start"))
    made.on_click(lambda _: press())
    return made


def slider(name, low, high, value, step=1, label="90px", width="420px", **options):
    """A slider over whole numbers; over decimal ones where its step is one."""
    make = widgets.IntSlider if isinstance(step, int) else widgets.FloatSlider
    look = {"style": {"description_width": label}, "layout": widgets.Layout(width=width)}
    return make(value=value, min=low, max=high, step=step, description=name, **look, **options)


def menu(name, options, label="90px", width="420px", chosen=True):
    """A menu of names, or of (name, value). Where nothing is to be chosen at first, its value is OPEN."""
    options = list(options) if chosen else [("choose…", OPEN), *options]
    look = {"style": {"description_width": label}, "layout": widgets.Layout(width=width)}
    return widgets.Dropdown(description=name, options=options, **look)
