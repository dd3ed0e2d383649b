"""Quizzes: a plain class that knows the answers, and a widget on top of it (keyboard, ipywidgets 7 and 8)."""

import random
from dataclasses import dataclass

import ipywidgets as widgets

from colorlib.course import controls, page, texts
from colorlib.course.progress import recall, record


@dataclass(frozen=True)
class Verdict:
    right: bool
    why: str
    misconception: str = ""


class Quiz:
    """The questions of one quiz, and what each answer says about the one who gave it. Needs no browser."""

    def __init__(self, identifier):
        self.lesson, self.name, text = texts.find("quizzes", identifier)
        self.title = text.get("title", "Quiz")
        self.questions = text["questions"]

    def options(self, number):
        return [option["text"] for option in self.questions[number]["options"]]

    def answer(self, number, option) -> Verdict:
        """Answer question `number` with option `option` (both from 0); kept in the student's progress."""
        question = self.questions[number]
        chosen = question["options"][option]
        verdict = Verdict(bool(chosen.get("right")), chosen["why"], chosen.get("misconception", ""))
        name = f"{self.name}.{question['id']}"
        tries = recall(self.lesson, "quizzes", name).get("tries", 0) + 1
        facts = {"right": True} if verdict.right else {"misconception": verdict.misconception}
        record(self.lesson, "quizzes", name, tries=tries, **facts)
        return verdict

    def as_text(self):
        """The quiz for readers without a kernel: each question, its options, the answers to unfold."""
        parts = [f"<b>{self.title}</b>"]
        for number, question in enumerate(self.questions, 1):
            options = "".join(f"<li>{page.inline(option['text'])}</li>" for option in question["options"])
            answers = "".join(
                f"<li>{'✓' if option.get('right') else '✗'} {page.inline(option['why'])}</li>"
                for option in question["options"]
            )
            parts.append(
                f"<p>{number}. {page.inline(question['ask'])}</p><ol type='A'>{options}</ol>"
                + page.details("Answers", f"<ol type='A'>{answers}</ol>")
            )
        return page.card("".join(parts))


class QuizWidget(page.Panel):
    """A `Quiz` to click through: choose with the arrow keys, check with Enter or Space."""

    def __init__(self, identifier):
        self.quiz = Quiz(identifier)
        parts = [widgets.HTML(f"<b style='font-size:1.1em'>{self.quiz.title}</b>")]
        for number in range(len(self.quiz.questions)):
            parts += self._question(number)
        super().__init__(parts, layout=widgets.Layout(padding="4px 0", max_width="54em"))

    def _question(self, number):
        question = self.quiz.questions[number]
        asked = f"{number + 1}. {page.inline(question['ask'])}"
        ask = widgets.HTML(f"<p style='margin:10px 0 2px;line-height:1.5'>{asked}</p>")
        choices = controls.choice_list(self.quiz.options(number))
        button = controls.button(f"Check answer {number + 1}")
        told = controls.told()

        def tell(_):
            if choices.value is None:
                told.value = page.card("Choose an answer first.", "quiet")
                return
            verdict = self.quiz.answer(number, choices.value)
            word, kind = ("✓ Right.", "right") if verdict.right else ("✗ Not yet.", "wrong")
            told.value = page.card(f"<b>{word}</b> {page.inline(verdict.why)}", kind)

        button.on_click(tell)
        return [ask, choices, button, told]

    def as_text(self):
        return self.quiz.as_text()


def quiz(identifier):
    """Show a quiz: `quiz("01.take_away")`."""
    return QuizWidget(identifier)


OPEN = "open"  # the value of a menu from which nothing has been chosen


class LossQuiz:
    """Rows of colored pictures under letters. `paintings` {loss: N×3×H×W}, `measures` {loss: {name: number}}.

    The texts say for each loss what gives it away, and for each wrong match why it can't be that one;
    in braces they may name a measure of the row: "chroma {chroma:.0f} of {true_chroma:.0f}".
    """

    def __init__(self, identifier, paintings, measures, seed=0):
        self.lesson, self.name, text = texts.find("loss_quizzes", identifier)
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
        tries = recall(self.lesson, "quizzes", name).get("tries", 0) + 1
        facts = {"right": True} if right else {"misconception": f"{truth}_taken_for_{loss}"}
        record(self.lesson, "quizzes", name, tries=tries, **facts)
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
            self.verdicts[letter] = controls.told()
            rows += [widgets.HTML(self.quiz.pictures(letter)), self.menus[letter], self.verdicts[letter]]
        button = controls.button("Check my matches")
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


CONFIDENCE = ("guessing", "fairly sure", "certain")


class Prediction(page.Panel):
    """A question asked before an experiment: an answer, and how sure you are of it."""

    def __init__(self, identifier):
        self.lesson, self.name, self.text = texts.find("predictions", identifier)
        known = recall(self.lesson, "predictions", self.name)
        self.choices = controls.choice_list(self.text["options"])
        self.sure = widgets.Dropdown(options=CONFIDENCE, description="I am", layout=widgets.Layout(width="16em"))
        self.button = controls.button("Keep my prediction")
        self.told = controls.told()
        if known.get("answer") in range(len(self.text["options"])):
            self.choices.value = known["answer"]
            self.sure.value = known["confidence"] if known.get("confidence") in CONFIDENCE else self.sure.value
            self.told.value = page.card("Your prediction of last time is kept. You may change it.", "quiet")
        self.button.on_click(lambda _: self.keep())
        ask = widgets.HTML(f"<p style='line-height:1.5'><b>Predict.</b> {page.inline(self.text['ask'])}</p>")
        super().__init__([ask, self.choices, self.sure, self.button, self.told])

    def keep(self):
        if self.choices.value is None:
            self.told.value = page.card("Choose what you expect first; a guess is fine.", "quiet")
            return
        answer, confidence = self.choices.value, self.sure.value
        record(self.lesson, "predictions", self.name, answer=answer, confidence=confidence)
        self.told.value = page.card("Kept. Now run the experiment below.", "note")

    def as_text(self):
        options = "".join(f"<li>{page.inline(option)}</li>" for option in self.text["options"])
        return page.card(f"<p><b>Predict.</b> {page.inline(self.text['ask'])}</p><ol type='A'>{options}</ol>")


class Outcome(page.Panel):
    """The same question after the experiment: say what you saw, and the explanation unfolds."""

    def __init__(self, identifier):
        self.lesson, self.name, self.text = texts.find("predictions", identifier)
        self.choices = controls.choice_list(self.text["options"])
        self.button = controls.button("That is what I saw")
        self.told = controls.told()
        self.button.on_click(lambda _: self.explain())
        ask = widgets.HTML("<p><b>What did you see?</b></p>")
        super().__init__([ask, self.choices, self.button, self.told])

    def explain(self):
        if self.choices.value is None:
            self.told.value = page.card("Look at the figure and choose what you saw.", "quiet")
            return
        known = record(self.lesson, "predictions", self.name, saw=self.choices.value)
        self.told.value = page.card(self._explanation(known), "note")

    def _explanation(self, known):
        options, truth = self.text["options"], self.text["outcome"]
        lines = []
        if self.choices.value != truth:
            lines.append(f"Look again. It shows: “{page.inline(options[truth])}”.")
        if "answer" in known:
            hit = "as you predicted" if known["answer"] == truth else "not what you predicted"
            sure = f" (you were: {known['confidence']})" if known.get("confidence") in CONFIDENCE else ""
            lines.append(f"That is {hit}{sure}.")
        return " ".join([*lines, page.inline(self.text["why"])])

    def as_text(self):
        options, truth = self.text["options"], self.text["outcome"]
        answer = f"<p><b>{page.inline(options[truth])}.</b> {page.inline(self.text['why'])}</p>"
        return page.card("<b>What did you see?</b>" + page.details("What happened, and why", answer))


def predict(identifier):
    """Ask for a prediction before an experiment: `predict("01.lightness")`."""
    return Prediction(identifier)


def saw(identifier):
    """After the experiment: what did you see, and why."""
    return Outcome(identifier)
