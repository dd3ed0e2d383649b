"""Match colorings of the same gray pictures to the losses that made them; a wrong match is told by its pixels."""

import random

import ipywidgets as widgets

from colorlib.course import content, page, progress_file
from colorlib.course.quizzes import Verdict

OPEN = "open"  # the value of a menu from which nothing has been chosen


class LossQuiz:
    """Rows of colored pictures under letters. `paintings` {loss: N×3×H×W}, `measures` {loss: {name: number}}.

    The texts say for each loss what gives it away, and for each wrong match why it can't be that one;
    in braces they may name a measure of the row: "chroma {chroma:.0f} of {true_chroma:.0f}".
    """

    def __init__(self, identifier, paintings, measures, seed=0):
        self.lesson, self.name, text = content.find("loss_quizzes", identifier)
        self.title, self.ask, self.losses = text["title"], text["ask"], text["losses"]
        if set(paintings) != set(self.losses):
            raise ValueError(f"{identifier} is about {', '.join(self.losses)}; give pictures of just these.")
        self.paintings, self.measures = paintings, measures
        order = list(paintings)
        random.Random(seed).shuffle(order)
        self.rows = dict(zip("ABCDEFGH", order, strict=False))  # letter: its true loss

    def label(self, loss):
        return self.losses[loss]["label"]

    def answer(self, letter, loss) -> Verdict:
        """Say that row `letter` was painted under `loss`; kept in the student's progress."""
        truth = self.rows[letter]
        right = truth == loss
        text = self.losses[truth]
        why = text["clue"] if right else text["taken_for"][loss]
        name = f"{self.name}.{truth}"
        tries = progress_file.recall(self.lesson, "quizzes", name).get("tries", 0) + 1
        facts = {"right": True} if right else {"misconception": f"{truth}_taken_for_{loss}"}
        progress_file.record(self.lesson, "quizzes", name, tries=tries, **facts)
        return Verdict(right, why.format(**self.measures[truth]))

    def pictures(self, letter):
        """The row's pictures as HTML."""
        shown = self.paintings[self.rows[letter]]
        return " ".join(page.picture(p, f"Row {letter}, picture {i}", 96) for i, p in enumerate(shown, 1))

    def as_text(self):
        rows = "".join(f"<p><b>{letter}</b><br>{self.pictures(letter)}</p>" for letter in self.rows)
        answers = "".join(
            f"<li>{letter}: <b>{self.label(loss)}</b>. "
            f"{page.inline(self.losses[loss]['clue'].format(**self.measures[loss]))}</li>"
            for letter, loss in self.rows.items()
        )
        losses = ", ".join(self.label(loss) for loss in self.losses)
        asked = f"<b>{self.title}</b><p>{page.inline(self.ask)} ({losses})</p>"
        return page.card(asked + rows + page.details("Answers", f"<ul>{answers}</ul>"))


class LossQuizWidget(page.Panel):
    """A `LossQuiz` with a menu beside each row, and one button."""

    def __init__(self, identifier, paintings, measures, seed=0):
        self.quiz = LossQuiz(identifier, paintings, measures, seed)
        ask = f"<p style='line-height:1.5'>{page.inline(self.quiz.ask)}</p>"
        intro = f"<b style='font-size:1.1em'>{self.quiz.title}</b>{ask}"
        self.menus, self.verdicts, rows = {}, {}, []
        options = [("choose…", OPEN), *((self.quiz.label(loss), loss) for loss in self.quiz.losses)]
        for letter in self.quiz.rows:
            layout, style = widgets.Layout(width="300px"), {"description_width": "60px"}
            self.menus[letter] = widgets.Dropdown(
                options=options, value=OPEN, description=f"Row {letter}", layout=layout, style=style
            )
            self.verdicts[letter] = page.told()
            rows += [widgets.HTML(self.quiz.pictures(letter)), self.menus[letter], self.verdicts[letter]]
        button = page.button("Check my matches")
        button.on_click(lambda _: self.check())
        super().__init__([widgets.HTML(intro), *rows, button])

    def check(self):
        for letter, menu in self.menus.items():
            if menu.value == OPEN:
                self.verdicts[letter].value = page.card(f"Row {letter} has no loss yet.", "quiet")
                continue
            verdict = self.quiz.answer(letter, menu.value)
            word, kind = ("✓ Right.", "right") if verdict.right else ("✗ Not yet.", "wrong")
            self.verdicts[letter].value = page.card(f"<b>{word}</b> {page.inline(verdict.why)}", kind)

    def as_text(self):
        return self.quiz.as_text()


loss_quiz = LossQuizWidget
