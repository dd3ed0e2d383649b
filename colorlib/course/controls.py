"""The controls that widgets share, named for screen readers and usable by keyboard."""

import ipywidgets as widgets


def button(text):
    """A button as wide as its text, at the left."""
    return widgets.Button(description=text, layout=widgets.Layout(width="auto", align_self="flex-start"))


def told():
    """Where a widget answers. It is there, empty, from the start: only then a screen reader speaks what comes."""
    answer = widgets.HTML()
    answer.add_class("colorlib-told")
    return answer


def choice_list(texts):
    """Radio buttons, none chosen, whose values are 0, 1, …; long texts wrap instead of being cut."""
    options = [(text.replace("`", ""), number) for number, text in enumerate(texts)]
    choices = widgets.RadioButtons(options=options, value=None)
    choices.layout = widgets.Layout(width="auto", max_width="54em")
    choices.add_class("colorlib-choices")
    return choices
