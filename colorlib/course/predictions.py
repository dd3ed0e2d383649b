"""Predict, run, say what you saw, then read why: what a student expects is kept before the run speaks."""

import ipywidgets as widgets

from colorlib.course import content, page, progress_file
from colorlib.course.quizzes import choice_list

CONFIDENCE = ("guessing", "fairly sure", "certain")


class Prediction(page.Panel):
    """A question asked before an experiment: an answer, and how sure you are of it."""

    def __init__(self, identifier):
        self.lesson, self.name, self.text = content.find("predictions", identifier)
        known = progress_file.recall(self.lesson, "predictions", self.name)
        self.choices = choice_list(self.text["options"])
        self.sure = widgets.Dropdown(options=CONFIDENCE, description="I am", layout=widgets.Layout(width="16em"))
        self.button = page.button("Keep my prediction")
        self.told = page.told()
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
        progress_file.record(self.lesson, "predictions", self.name, answer=answer, confidence=confidence)
        self.told.value = page.card("Kept. Now run the experiment below.", "note")

    def as_text(self):
        options = "".join(f"<li>{page.inline(option)}</li>" for option in self.text["options"])
        return page.card(f"<p><b>Predict.</b> {page.inline(self.text['ask'])}</p><ol type='A'>{options}</ol>")


class Outcome(page.Panel):
    """The same question after the experiment: say what you saw, and the explanation unfolds."""

    def __init__(self, identifier):
        self.lesson, self.name, self.text = content.find("predictions", identifier)
        self.choices = choice_list(self.text["options"])
        self.button = page.button("That is what I saw")
        self.told = page.told()
        self.button.on_click(lambda _: self.explain())
        ask = widgets.HTML("<p><b>What did you see?</b></p>")
        super().__init__([ask, self.choices, self.button, self.told])

    def explain(self):
        if self.choices.value is None:
            self.told.value = page.card("Look at the figure and choose what you saw.", "quiet")
            return
        known = progress_file.record(self.lesson, "predictions", self.name, saw=self.choices.value)
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
