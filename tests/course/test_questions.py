"""Quizzes, loss quizzes and predictions, without a browser."""

import re

import pytest
import torch

from colorlib.course import loss_quiz, page, predict, progress, quiz, saw, texts
from colorlib.course.progress import recall, record, shuffled
from colorlib.course.questions import Quiz

ALL_QUIZZES = [f"{lesson}.{name}" for lesson, text in texts.lessons().items() for name in text.get("quizzes", {})]


@pytest.mark.parametrize("identifier", ALL_QUIZZES)
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


def all_questions():
    """Each question of the course by its name, and its options."""
    for lesson, text in texts.lessons().items():
        for name, quiz_text in text.get("quizzes", {}).items():
            for question in quiz_text["questions"]:
                yield f"{lesson}.{name}.{question['id']}", question["options"]


def test_the_right_answer_is_seldom_the_longest():
    longest = []
    for name, options in all_questions():
        right, *wrong = sorted(options, key=lambda option: not option.get("right"))
        if len(right["text"]) > max(len(option["text"]) for option in wrong):
            longest.append(name)
    share = len(longest) / len(list(all_questions()))
    assert share <= 0.4, f"the right option is the longest in {share:.0%} of the questions: {', '.join(longest)}"


def test_outcomes_of_predictions_are_spread_over_the_places():
    places = {0: [], 1: [], 2: []}
    for lesson, text in texts.lessons().items():
        for name, prediction in text.get("predictions", {}).items():
            if len(prediction["options"]) == 3:
                places[prediction["outcome"]].append(f"{lesson}.{name}")
    most = 0.45 * sum(map(len, places.values()))
    assert all(len(names) <= most for names in places.values()), f"by the place of their outcome: {places}"


def test_each_student_has_an_own_order_and_keeps_it():
    order = [option["text"] for option in Quiz("00.take_away").questions[0]["options"]]
    assert order == [option["text"] for option in Quiz("00.take_away").questions[0]["options"]]
    questions, first = list(all_questions()), []
    for student in range(100):
        record("student", "quizzes", "order", number=1000 + student)
        orders = [shuffled(range(3), name) for name, _ in questions[:20]]
        first += [order[0] for order in orders]
        assert len(set(map(tuple, orders))) > 2, "not alike in all quizzes of one student"
    assert all(0.3 < first.count(place) / len(first) < 0.37 for place in range(3))


def one_wrong_and_the_right(asked):
    """Places of two options of a quiz's first question, as this student sees them."""
    right = [bool(option.get("right")) for option in asked.questions[0]["options"]]
    return right.index(False), right.index(True)


def test_answers_are_remembered_with_their_misconception():
    asked = Quiz("00.take_away")
    wrong, right = one_wrong_and_the_right(asked)
    assert [asked.answer(0, option)[0] for option in (wrong, right)] == [False, True]
    known = recall("00", "quizzes", f"take_away.{asked.questions[0]['id']}")
    assert known == {"tries": 2, "right": True, "misconception": asked.questions[0]["options"][wrong]["misconception"]}
    assert progress().counts()["00"]["quizzes"] == (1, 3)


def test_the_quiz_widget_tells_by_its_status():
    widget = quiz("00.take_away")
    choice = widget.choices[0]
    choice.button.click()
    assert "Choose one first" in choice.told.value
    for option, verdict in zip(one_wrong_and_the_right(widget), ("Not yet", "Right"), strict=True):
        choice.options.value = option
        choice.button.click()
        assert verdict in choice.told.value
    bundle = widget.bundle()
    assert "Answers" in bundle["text/html"] and page.plain(widget.questions[0]["ask"]) in bundle["text/plain"]
    shown = [label for label, _ in choice.options.options]
    assert bundle["text/plain"].index(shown[0]) < bundle["text/plain"].index(shown[1]), "text and widget agree"
    assert bundle["application/vnd.jupyter.widget-view+json"]["model_id"] == widget.model_id


def test_a_prediction_is_kept_and_compared():
    before = predict("00.guess_or_brown")
    before.choice.button.click()
    assert "Choose one" in before.choice.told.value
    before.choice.options.value, before.sure.value = 0, "certain"
    before.choice.button.click()
    after = saw("00.guess_or_brown")
    after.choice.options.value = 2
    after.choice.button.click()
    assert "Look again" in after.choice.told.value
    after.choice.options.value = 1
    after.choice.button.click()
    assert "not what you predicted (you were: certain)" in after.choice.told.value
    again = predict("00.guess_or_brown")
    assert (again.choice.options.value, again.sure.value) == (0, "certain")
    known = recall("00", "predictions", "guess_or_brown")
    assert known == {"answer": 0, "confidence": "certain", "saw": 1}


def test_a_prediction_from_elsewhere_is_taken_with_care(said):
    record("00", "predictions", "guess_or_brown", answer=9, confidence="<script>")
    assert predict("00.guess_or_brown").choice.options.value is None
    after = saw("00.guess_or_brown")
    after.choice.options.value = 0
    after.choice.button.click()
    assert "not what you predicted." in after.choice.told.value and "<script>" not in after.choice.told.value


ALL_LOSS_QUIZZES = [
    f"{lesson}.{name}" for lesson, text in texts.lessons().items() for name in text.get("loss_quizzes", {})
]


@pytest.mark.parametrize("identifier", ALL_LOSS_QUIZZES)
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
