"""A fooling test: one picture at a time, in its true colors or colored by a network. Can you tell?"""

import random
from functools import partial

import ipywidgets as widgets

from colorlib import color
from colorlib.course import controls, page
from colorlib.course.lesson_06.exercises import interval as wilson
from colorlib.course.progress import recall, record, shuffled

KEPT = "06", "games", "fooling_test"  # where the progress file has the best score
TITLE = "<b style='font-size:1.1em'>True colors, or colored by a network?</b>"
TRUE, COLORED = "true colors", "colored by a network"
ABOVE = "lies above 50 %: you can tell them better than by guessing."
BELOW = "lies below 50 %: more often than not the networks fooled you."
AROUND = "contains 50 %, so this is no evidence that you can tell them."


class FoolingTest(page.Panel):
    """`true` N×3×H×W, `colored` {system: N×3×H×W}; `interval(hits, rounds)` gives the two ends of the 95 % interval."""

    def __init__(self, true, colored, rounds=20, interval=wilson):
        self.pictures, self.rounds, self.interval, self.games = {TRUE: true} | colored, rounds, interval, 0
        self.view, self.told = widgets.HTML(), controls.Told()
        self.buttons = [controls.button(name, partial(self.answer, name == TRUE)) for name in (TRUE, COLORED)]
        self.again = controls.button("start again", self.start)
        super().__init__([widgets.HTML(TITLE), self.view, widgets.HBox(self.buttons), self.told, self.again])
        self.start()

    def dealt(self, seed):
        """For each round the number of a picture, and who colored it; a coin says whether anybody did."""
        dice, count, systems = random.Random(seed), len(self.pictures[TRUE]), list(self.pictures)[1:]
        numbers = [number for _ in range(0, self.rounds, count) for number in dice.sample(range(count), count)]
        turns = [system for _ in range(self.rounds) for system in dice.sample(systems, len(systems))]
        return [(number, TRUE if dice.random() < 0.5 else turns.pop()) for number in numbers[: self.rounds]]

    def start(self):
        """Other rounds each time, in this student's own order."""
        key = f"06.fooling_test.{recall(*KEPT).get('tries', 0)}.{self.games}"
        self.deal, self.answers, self.games = self.dealt(str(shuffled(range(30), key))), [], self.games + 1
        self.told.value, self.view.value = "", self.shown(self.deal, 0)

    def shown(self, deal, at, width=256):
        """A round, from 0. Its alt text tells the mean color, which does not give the answer away."""
        picture = self.pictures[deal[at][1]][deal[at][0]]
        a, b = color.rgb_to_lab(picture)[1:].mean(dim=(1, 2))
        alt = f"Picture {at + 1}, its mean color: a {a:.0f}, b {b:.0f}"
        return f"<p>Picture {at + 1}</p>{page.picture(picture, alt, width)}"

    def answer(self, true):
        """Say of the picture that is shown whether its colors are true."""
        if len(self.answers) == self.rounds:
            return
        system = self.deal[len(self.answers)][1]
        self.answers.append((system, true))
        right, at = true == (system == TRUE), len(self.answers)
        by = "has its true colors" if system == TRUE else f"was colored by {page.inline(system)}"
        told = f"<b>{'✓ Right' if right else '✗ Wrong'}.</b> Picture {at} of {self.rounds} {by}."
        if at < self.rounds:
            self.view.value = self.shown(self.deal, at)
        self.told.say(told if at < self.rounds else told + self.result(), "right" if right else "wrong")

    def result(self):
        """The score of a finished game, what it means, and how often each system was taken for true."""
        hits, known = sum(said == (system == TRUE) for system, said in self.answers), recall(*KEPT)
        share = round(100 * hits / self.rounds)
        best = record(*KEPT, tries=known.get("tries", 0) + 1, best=max(share, known.get("best", 0)))["best"]
        low, high = (100 * float(end) for end in self.interval(hits, self.rounds))
        means = ABOVE if low > 50 else BELOW if high < 50 else AROUND
        taken = {name: [said for system, said in self.answers if system == name] for name in self.pictures}
        lines = "".join(f"<li>{page.inline(name)}: {sum(said)} of {len(said)}</li>" for name, said in taken.items())
        told = f"<b>Right in {hits} of {self.rounds} rounds: {share} %.</b> Your best so far: {best} %. "
        told += f"50 % is guessing. Your interval is {low:.0f} % to {high:.0f} %: it {means}"
        return f"<p>{told}</p>Taken for true:<ul>{lines}</ul>"

    def as_text(self):
        deal = self.dealt(0)[:6]  # the same for everybody: a notebook keeps it
        cell = "<div style='display:inline-block;margin:4px'>{}</div>".format
        row = "".join(cell(self.shown(deal, at, 128)) for at in range(len(deal)))
        unfold = page.details("Answers", "<br>".join(f"{at}: {page.inline(by)}" for at, (_, by) in enumerate(deal, 1)))
        return page.box(f"{TITLE}<br>{row}{unfold}<small>Run this lesson to take the test.</small>")
