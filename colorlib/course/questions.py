"""Quizzes and predictions: they know the answers, remember what was answered, and work by keyboard."""

from functools import partial

import ipywidgets as widgets

from colorlib.course import controls, page, texts
from colorlib.course.progress import changing, recall, record, shuffled


class Asked(page.Panel):
    """A text of questions, whose `parts` a subclass makes, and the tries of whoever answers them."""

    def __init__(self, identifier):
        self.lesson, self.name, self.text = texts.find(self.kind, identifier)
        self.title = f"<b style='font-size:1.1em'>{self.text.get('title')}</b>"
        super().__init__(list(self.parts()))
        self.add_class("colorlib-asked")

    def order(self, items, key=""):
        """In this student's own order: where the right one stands cannot be learned by heart."""
        return shuffled(items, f"{self.lesson}.{self.name}.{key}")

    def judged(self, question, right, why, misconception):
        """Keep an answer in the student's progress; returns whether it was right, and why."""
        with changing(self.lesson, "quizzes", f"{self.name}.{question}") as known:
            known["tries"] = known.get("tries", 0) + 1
            known |= {"right": True} if right else {"misconception": misconception}
        return right, why


def _text(text):
    """A paragraph no wider than can be read with ease."""
    return widgets.HTML(f"<p style='margin:10px 0 2px;line-height:1.5;max-width:54em'>{text}</p>")


def _lettered(lines):
    return "".join(["<ol type='A'>", *(f"<li>{page.inline(line)}</li>" for line in lines), "</ol>"])


class Quiz(Asked):
    """Questions to click through: choose with the arrow keys, check with Enter or Space."""

    kind = "quizzes"

    def parts(self):
        self.questions = [q | {"options": self.order(q["options"], q["id"])} for q in self.text["questions"]]
        self.choices = []
        yield widgets.HTML(self.title)
        for number, question in enumerate(self.questions):
            options = [option["text"] for option in question["options"]]
            self.choices.append(controls.Choice(options, f"Check answer {number + 1}", partial(self.tell, number)))
            yield from (_text(f"{number + 1}. {page.inline(question['ask'])}"), *self.choices[-1].parts)

    def tell(self, number, option):
        self.choices[number].told.verdict(*self.answer(number, option))

    def answer(self, number, option):
        """Answer question `number` with option `option`, both from 0, as they are shown: is it right, and why?"""
        chosen = self.questions[number]["options"][option]
        right, misconception = bool(chosen.get("right")), chosen.get("misconception", "")
        return self.judged(self.questions[number]["id"], right, chosen["why"], misconception)

    def as_text(self):
        """The quiz for readers without a kernel: each question, its options, the answers to unfold."""
        parts = [self.title]
        for number, question in enumerate(self.questions, 1):
            options = question["options"]
            answers = [f"{'✓' if option.get('right') else '✗'} {option['why']}" for option in options]
            parts.append(f"<p>{number}. {page.inline(question['ask'])}</p>{_lettered(o['text'] for o in options)}")
            parts.append(page.details("Answers", _lettered(answers)))
        return page.box("".join(parts))


class LossQuiz(Asked):
    """Rows of colored pictures, a menu under each. `paintings` {loss: N×3×H×W}, `measures` {loss: {name: number}}.

    The texts say for each loss what gives it away, and for each wrong match why it can't be that one;
    in braces they may name a measure of the row, or of another one: "chroma {chroma:.0f}, in truth {truth_chroma:.0f}".
    """

    kind = "loss_quizzes"

    def __init__(self, identifier, paintings, measures):
        others = {f"{loss}_{name}": value for loss, row in measures.items() for name, value in row.items()}
        self.paintings, self.measures = paintings, {loss: others | row for loss, row in measures.items()}
        super().__init__(identifier)

    def parts(self):
        self.losses = self.text["losses"]
        if set(self.paintings) != set(self.losses):
            raise ValueError(f"{self.name} is about {', '.join(self.losses)}; give pictures of just these.")
        self.rows = dict(zip("ABCDEFGH", self.order(self.losses), strict=False))  # letter: its true loss
        options = [(text["label"], loss) for loss, text in self.losses.items()]
        self.menus, self.verdicts = {}, {letter: controls.Told() for letter in self.rows}
        yield from (widgets.HTML(self.title), _text(page.inline(self.text["ask"])))
        for letter in self.rows:
            self.menus[letter] = controls.menu(f"Row {letter}", options, "60px", "300px", chosen=False)
            yield from (widgets.HTML(self.pictures(letter)), self.menus[letter], self.verdicts[letter])
        yield controls.button("Check my matches", self.check)

    def pictures(self, letter):
        """The row's pictures as HTML."""
        shown = self.paintings[self.rows[letter]]
        return page.row(shown, f"Row {letter}", 440 if shown.shape[-1] > 128 else 96)  # a photograph, or small pictures

    def answer(self, letter, loss):
        """Say that row `letter` was painted under `loss`."""
        truth = self.rows[letter]
        why = self.losses[truth]["clue"] if loss == truth else self.losses[truth]["taken_for"][loss]
        return self.judged(truth, loss == truth, why.format(**self.measures[truth]), f"{truth}_taken_for_{loss}")

    def check(self):
        for letter, menu in self.menus.items():
            if menu.value == controls.OPEN:
                self.verdicts[letter].say(f"Row {letter} has no loss yet.", "quiet")
            else:
                self.verdicts[letter].verdict(*self.answer(letter, menu.value))

    def as_text(self):
        rows = "".join(f"<p><b>{letter}</b><br>{self.pictures(letter)}</p>" for letter in self.rows)
        labels = {loss: text["label"] for loss, text in self.losses.items()}
        clues = {loss: page.inline(text["clue"].format(**self.measures[loss])) for loss, text in self.losses.items()}
        answers = "".join(f"<li>{row}: <b>{labels[loss]}</b>. {clues[loss]}</li>" for row, loss in self.rows.items())
        asked = f"{self.title}<p>{page.inline(self.text['ask'])} ({', '.join(labels.values())})</p>"
        return page.box(asked + rows + page.details("Answers", f"<ul>{answers}</ul>"))


CONFIDENCE = ("guessing", "fairly sure", "certain")


class Prediction(Asked):
    """A question asked before an experiment, `predict("01.lightness")`: an answer, and how sure you are of it."""

    kind = "predictions"

    def parts(self):
        known = recall(self.lesson, self.kind, self.name)
        self.choice = controls.Choice(self.text["options"], "Keep my prediction", self.keep)
        self.sure = controls.menu("I am", CONFIDENCE, "40px", "200px")
        if known.get("answer") in range(len(self.text["options"])):
            self.choice.options.value = known["answer"]
            self.sure.value = known["confidence"] if known.get("confidence") in CONFIDENCE else self.sure.value
            self.choice.told.say("Your prediction of last time is kept. You may change it.", "quiet")
        self.ask = f"<b>Predict.</b> {page.inline(self.text['ask'])}"
        options, *rest = self.choice.parts
        yield from (_text(self.ask), options, self.sure, *rest)

    def keep(self, answer):
        record(self.lesson, self.kind, self.name, answer=answer, confidence=self.sure.value)
        self.choice.told.say("Kept. Now run the experiment below.")

    def as_text(self):
        return page.box(f"<p>{self.ask}</p>{_lettered(self.text['options'])}")


class Outcome(Asked):
    """The same question after the experiment: say what you saw, and the explanation unfolds."""

    kind, ask = "predictions", "<b>What did you see?</b>"

    def parts(self):
        self.truth = page.inline(self.text["options"][self.text["outcome"]])
        self.choice = controls.Choice(self.text["options"], "That is what I saw", self.explain)
        yield from (_text(self.ask), *self.choice.parts)

    def explain(self, seen):
        known = record(self.lesson, self.kind, self.name, saw=seen)
        lines = [] if seen == self.text["outcome"] else [f"Look again. It shows: “{self.truth}”."]
        if "answer" in known:
            hit = "as you predicted" if known["answer"] == self.text["outcome"] else "not what you predicted"
            sure = f" (you were: {known['confidence']})" if known.get("confidence") in CONFIDENCE else ""
            lines.append(f"That is {hit}{sure}.")
        self.choice.told.say(" ".join([*lines, page.inline(self.text["why"])]))

    def as_text(self):
        answer = f"<p><b>{self.truth}.</b> {page.inline(self.text['why'])}</p>"
        return page.box(self.ask + page.details("What happened, and why", answer))


quiz, loss_quiz, predict, saw = Quiz, LossQuiz, Prediction, Outcome
