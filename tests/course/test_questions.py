"""Quizzes, loss quizzes and predictions, without a browser."""

import re

import pytest
import torch

from colorlib.course import loss_quiz, page, predict, progress, quiz, saw, texts
from colorlib.course.progress import recall, record, shuffled
from colorlib.course.questions import Quiz


def all_of(kind):
    """Identifiers and texts of all quizzes, loss quizzes or predictions of the course."""
    lessons = texts.lessons().items()
    return {f"{lesson}.{name}": text for lesson, own in lessons for name, text in own.get(kind, {}).items()}


QUESTIONS = {f"{quiz}.{q['id']}": q["options"] for quiz, text in all_of("quizzes").items() for q in text["questions"]}


@pytest.mark.parametrize("identifier", all_of("quizzes"))
def test_every_wrong_answer_has_an_explanation_and_a_misconception(identifier):
    shown = Quiz(identifier)
    ids = [question["id"] for question in shown.questions]
    assert len(set(ids)) == len(ids)
    for question in shown.questions:
        options = question["options"]
        assert sum(bool(o.get("right")) for o in options) == 1 and len(options) >= 3
        assert all(len(o["why"]) > 30 for o in options)
        assert len({o["why"] for o in options}) == len(options)
    text = shown.as_text()
    assert all(page.inline(o["why"]) in text for question in shown.questions for o in question["options"])


def test_the_right_answer_is_seldom_the_longest():
    longest = []
    for name, options in QUESTIONS.items():
        right, *wrong = sorted(options, key=lambda option: not option.get("right"))
        longest += [name] if len(right["text"]) > max(len(option["text"]) for option in wrong) else []
    share = len(longest) / len(QUESTIONS)
    assert share <= 0.4, f"the right option is the longest in {share:.0%} of the questions: {', '.join(longest)}"


def test_outcomes_of_predictions_are_spread_over_the_places():
    places = {name: text["outcome"] for name, text in all_of("predictions").items() if len(text["options"]) == 3}
    for place in range(3):
        names = [name for name in places if places[name] == place]
        assert len(names) <= 0.45 * len(places), f"the outcome stands at place {place} in {', '.join(names)}"


def test_each_student_has_an_own_order_and_keeps_it():
    assert Quiz("00.take_away").questions == Quiz("00.take_away").questions
    first = []
    for student in range(100):
        record("student", "quizzes", "order", number=1000 + student)
        orders = [shuffled(range(3), name) for name in list(QUESTIONS)[:20]]
        first += [order[0] for order in orders]
        assert len(set(map(tuple, orders))) > 2, "not alike in all quizzes of one student"
    assert all(0.3 < first.count(place) / len(first) < 0.37 for place in range(3))


def choose(choice, option):
    """Choose an option by its place, press the button, and read what is told."""
    choice.options.value = option
    choice.button.click()
    return choice.told.value


def test_a_quiz_tells_remembers_and_can_be_read():
    widget = quiz("00.take_away")
    question, choice = widget.questions[0], widget.choices[0]
    right = [bool(option.get("right")) for option in question["options"]]
    assert "Choose one first" in choose(choice, None)
    assert "Not yet" in choose(choice, right.index(False)) and "Right" in choose(choice, right.index(True))
    known = recall("00", "quizzes", f"take_away.{question['id']}")
    misconception = question["options"][right.index(False)]["misconception"]
    assert known == {"tries": 2, "right": True, "misconception": misconception}
    assert progress().counts()["00"]["quizzes"] == (1, 3)
    bundle = widget.bundle()
    assert "Answers" in bundle["text/html"] and page.plain(question["ask"]) in bundle["text/plain"]
    first, second, _ = [bundle["text/plain"].index(label) for label, _ in choice.options.options]
    assert first < second, "text and widget agree"
    assert bundle["application/vnd.jupyter.widget-view+json"]["model_id"] == widget.model_id


def test_a_prediction_is_kept_and_compared():
    before, after = predict("00.guess_or_brown"), saw("00.guess_or_brown")
    outcome, other = after.text["outcome"], (after.text["outcome"] + 1) % 3
    assert "Choose one" in choose(before.choice, None)
    before.sure.value = "certain"
    choose(before.choice, other)
    assert "Look again" in choose(after.choice, other)
    assert "not what you predicted (you were: certain)" in choose(after.choice, outcome)
    again = predict("00.guess_or_brown")
    assert (again.choice.options.value, again.sure.value) == (other, "certain")
    assert recall("00", "predictions", "guess_or_brown") == {"answer": other, "confidence": "certain", "saw": outcome}
    record("00", "predictions", "guess_or_brown", answer=9, confidence="<script>")  # a code from elsewhere
    assert predict("00.guess_or_brown").choice.options.value is None
    told = choose(saw("00.guess_or_brown").choice, 0)
    assert "not what you predicted." in told and "<script>" not in told


@pytest.mark.parametrize("identifier", all_of("loss_quizzes"))
def test_the_loss_quiz_explains_every_wrong_match(identifier):
    lesson, name, text = texts.find("loss_quizzes", identifier)
    numbers = dict.fromkeys(re.findall(r"{(\w+)", str(text["losses"])), 0.5)
    paintings = {loss: torch.rand(2, 3, 8, 8) for loss in text["losses"]}
    asked = loss_quiz(identifier, paintings, dict.fromkeys(paintings, numbers))
    for letter, truth in asked.rows.items():
        for loss in asked.losses:
            right, why = asked.answer(letter, loss)
            assert right == (loss == truth) and len(why) > 25 and "{" not in why
    asked.check()
    assert "has no loss yet" in asked.verdicts["A"].value
    for letter, truth in asked.rows.items():
        asked.menus[letter].value = truth
    asked.check()
    assert all("Right" in verdict.value for verdict in asked.verdicts.values())
    assert progress().counts()[lesson]["quizzes"][0] == len(paintings)
    assert all(f"<b>{loss['label']}</b>" in asked.as_text() for loss in text["losses"].values())
    with pytest.raises(ValueError, match="just these"):
        loss_quiz(identifier, {"another": torch.rand(1, 3, 8, 8)}, {})
