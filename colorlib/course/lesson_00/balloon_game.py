"""Lesson 00: the student paints ten gray balloons, is scored by squared error, then plays the critic."""

import ipywidgets as widgets
import torch

from colorlib import color, plots
from colorlib.course import controls, page
from colorlib.course.controls import OPEN
from colorlib.worlds import scenes

NAMES = ("red", "blue", "green")
PAIRS = 5
MENU = {"label": "76px", "width": "168px", "chosen": False}
LESSON_OF_THE_CRITIC = (
    "Brown has the smaller squared error, but a critic sees that it is not real. "
    "Lesson 03 trains a network that must also convince a critic."
)
LOOK_AGAIN = "Look for the dull balloon: real ones are red, blue or green."


class Game:
    """Ten balloons whose color the gray picture doesn't show, and the scores. Needs no browser."""

    def __init__(self, seed=0, count=10, size=64):
        self.palette = torch.tensor(scenes.DEFAULT_PALETTE)
        self.brown = self.palette.mean(dim=0)
        options = dict(n=count, size=size, seed=seed, world="ambiguous", kinds=("balloon",), most=1)
        drawn = scenes.draw(**options)
        self.real, self.color_numbers = drawn.pictures, drawn.palette_index[:, 0].tolist()
        self.truth = self.palette[self.color_numbers]
        self.gray = color.to_uint8(plots.gray_picture(self.real))
        # The same seed draws the same balloons: only their colors change with the palette's probabilities.
        self.painted = [scenes.draw(probabilities=one, **options).pictures for one in torch.eye(3).tolist()]
        self.brown_pictures = scenes.draw(palette=self.brown.repeat(3, 1), **options).pictures
        generator = torch.Generator().manual_seed(seed + 1)
        self.real_is_left = (torch.rand(PAIRS, generator=generator) < 0.5).tolist()

    def error(self, colors):
        """The mean squared distance, in Lab units, between the colors given (N, 2) and the true ones."""
        return ((colors - self.truth) ** 2).sum(dim=1).mean().item()

    def score(self, choices):
        """(the student's error, brown's error, colors that were right) for ten numbers of palette colors."""
        colors = self.palette[torch.tensor(choices)]
        hits = (colors == self.truth).all(dim=1).sum().item()
        return self.error(colors), self.error(self.brown.expand_as(self.truth)), hits

    def pair(self, number):
        """A real and a brown picture of one balloon, in an order that only the game knows."""
        pair = self.real[number], self.brown_pictures[number]
        return pair if self.real_is_left[number] else pair[::-1]

    def look(self, number, side):
        """What one sees on a side of a pair, for those who listen to it."""
        is_real = self.real_is_left[number] == (side == "left")
        return f"a {NAMES[self.color_numbers[number]]} balloon" if is_real else "a dull balloon"

    def verdicts(self, lefts):
        """How many pairs were judged right; `lefts` says of each whether its left picture was called real."""
        return sum(mine == truth for mine, truth in zip(lefts, self.real_is_left, strict=True))


class BeTheNetwork(page.Panel):
    """The game on the screen: ten menus, then five pairs. Another seed brings other balloons."""

    def __init__(self, seed=0):
        self.game = Game(seed)
        self.menus, cells = [], []
        for i in range(len(self.game.gray)):
            view = widgets.HTML(page.picture(self.game.gray[i], f"Balloon {i + 1}, gray"))
            self.menus.append(self._menu(i, view))
            cells.append(_cell(view, self.menus[i]))
        self.score_button = controls.button("Score my colors", self._score)
        self.told, self.critic = controls.Told(), widgets.VBox()
        intro = widgets.HTML(
            "<b style='font-size:1.1em'>Round 1: you are the network</b><br>"
            "Give each balloon a color from its menu. Your score is the <em>mean squared error</em>: the mean, over "
            "the balloons, of the squared distance from the true color. Lower is better."
        )
        super().__init__([intro, _rows(cells), self.score_button, self.told, self.critic])

    def _menu(self, i, view):
        def paint(change):
            chosen = change["new"]
            shown = self.game.gray[i] if chosen == OPEN else self.game.painted[chosen][i]
            name = "gray" if chosen == OPEN else f"painted {NAMES[chosen]}"
            view.value = page.picture(shown, f"Balloon {i + 1}, {name}")

        menu = controls.menu(f"Balloon {i + 1}", zip(NAMES, range(3), strict=True), **MENU)
        menu.observe(paint, names="value")
        return menu

    def _score(self):
        choices = [menu.value for menu in self.menus]
        if OPEN in choices:
            self.told.say(f"Balloon {choices.index(OPEN) + 1} has no color yet.", "quiet")
            return
        mine, brown, hits = self.game.score(choices)
        truth = "".join(page.picture(p, f"Balloon {i}, its true color", 72) for i, p in enumerate(self.game.real, 1))
        lost = mine > brown
        verdict = (
            "Brown has the smaller error, although no balloon is brown."
            if lost
            else "You beat brown, which a guess rarely does. Run the cell with another seed and try again."
        )
        self.told.say(
            f"<b>You hit {hits} of {len(choices)}.</b> Your mean squared error: <b>{mine:,.0f}</b>. "
            f"A network that paints every balloon the same brown: <b>{brown:,.0f}</b> "
            f"(lower is better). {verdict}"
            f"<p style='margin:8px 0 2px'>The true colors:</p>{truth}",
            "wrong" if lost else "right",
        )
        if not self.critic.children:
            self._start_critic()

    def _start_critic(self):
        self.judgments, cells = [], []
        for i in range(PAIRS):
            sides = zip(("left", "right"), self.game.pair(i), strict=True)
            view = " ".join(
                page.picture(shown, f"Pair {i + 1}, {side}: {self.game.look(i, side)}", 112) for side, shown in sides
            )
            options = [("left is real", True), ("right is real", False)]
            self.judgments.append(controls.menu(f"Pair {i + 1}", options, **MENU))
            cells.append(_cell(widgets.HTML(view), self.judgments[i], "236px"))
        self.judge_button = controls.button("Score my verdicts", self._judge)
        self.judged = controls.Told()
        intro = widgets.HTML(
            "<b style='font-size:1.1em'>Round 2: you are the critic</b><br>"
            "In each pair one picture is real, the other was painted by the brown network."
        )
        self.critic.children = [intro, _rows(cells), self.judge_button, self.judged]

    def _judge(self):
        lefts = [menu.value for menu in self.judgments]
        if OPEN in lefts:
            self.judged.say(f"Pair {lefts.index(OPEN) + 1} has no verdict yet.", "quiet")
            return
        right = self.game.verdicts(lefts)
        self.judged.say(
            f"<b>{right} of {PAIRS} right.</b> {LESSON_OF_THE_CRITIC if right >= PAIRS - 1 else LOOK_AGAIN}",
            "right" if right >= PAIRS - 1 else "wrong",
        )

    def as_text(self):
        rows = {"gray": self.game.gray, "real": self.game.real, "painted brown": self.game.brown_pictures}
        shown = "".join(
            f"<p>{name}<br>{' '.join(page.picture(p, f'Balloon {i}, {name}') for i, p in enumerate(row[:5], 1))}</p>"
            for name, row in rows.items()
        )
        return page.box(
            "<b>Be the network</b> (a game: run the cell to play it). Here are five of its ten gray balloons. Each is "
            f"red, blue or green in truth. Which color has which?{shown}On average a guess has about twice the squared "
            "error of a network that paints them all brown. A critic sees that the brown ones are not real."
        )


def _cell(view, menu, width="172px"):
    return widgets.VBox([view, menu], layout=widgets.Layout(margin="0 10px 12px 0", width=width))


def _rows(cells):
    return widgets.HBox(cells, layout=widgets.Layout(flex_flow="row wrap", max_width="960px"))


be_the_network = BeTheNetwork
