"""Quizzes: a plain class that knows the answers, and a widget on top of it (keyboard, ipywidgets 7 and 8)."""

from dataclasses import dataclass

import ipywidgets as widgets

from colorlib.course import content, page, progress_file


@dataclass(frozen=True)
class Verdict:
    right: bool
    why: str
    misconception: str = ""


class Quiz:
    """The questions of one quiz, and what each answer says about the one who gave it. Needs no browser."""

    def __init__(self, identifier):
        self.lesson, self.name, text = content.find("quizzes", identifier)
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
        tries = progress_file.recall(self.lesson, "quizzes", name).get("tries", 0) + 1
        facts = {"right": True} if verdict.right else {"misconception": verdict.misconception}
        progress_file.record(self.lesson, "quizzes", name, tries=tries, **facts)
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
        choices = choice_list(self.quiz.options(number))
        button = page.button(f"Check answer {number + 1}")
        told = page.told()

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


def choice_list(texts):
    """Radio buttons, none chosen, whose values are 0, 1, …; long texts wrap instead of being cut."""
    options = [(text.replace("`", ""), number) for number, text in enumerate(texts)]
    choices = widgets.RadioButtons(options=options, value=None)
    choices.layout = widgets.Layout(width="auto", max_width="54em")
    choices.add_class("colorlib-choices")
    return choices


def quiz(identifier):
    """Show a quiz: `quiz("01.take_away")`."""
    return QuizWidget(identifier)
