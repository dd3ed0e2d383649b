"""Quizzes, loss quizzes and predictions, without a browser."""

import pytest
import torch

from colorlib.course import loss_quiz, page, predict, progress, quiz, saw, texts
from colorlib.course.progress import recall, record
from colorlib.course.questions import Quiz

ALL_QUIZZES = [f"{lesson}.{name}" for lesson, text in texts.lessons().items() for name in text["quizzes"]]


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


def test_right_answers_are_not_always_in_the_same_place():
    places = [
        [bool(o.get("right")) for o in question["options"]].index(True)
        for identifier in ALL_QUIZZES
        for question in Quiz(identifier).questions
    ]
    assert all(places.count(place) <= len(places) / 2 for place in set(places))


def test_answers_are_remembered_with_their_misconception():
    asked = Quiz("00.take_away")
    assert [asked.answer(0, option)[0] for option in (0, 1)] == [False, True]
    known = recall("00", "quizzes", "take_away.where_is_the_color")
    assert known == {"tries": 2, "right": True, "misconception": "gray_hides_the_color"}
    assert progress().counts()["00"]["quizzes"] == (1, 3)


def test_the_quiz_widget_tells_by_its_status():
    widget = quiz("00.take_away")
    choice = widget.choices[0]
    choice.button.click()
    assert "Choose an answer first" in choice.told.value
    choice.options.value = 0
    choice.button.click()
    assert "Not yet" in choice.told.value
    choice.options.value = 1
    choice.button.click()
    assert "Right" in choice.told.value
    bundle = widget.bundle()
    assert "Answers" in bundle["text/html"] and "Where is its color?" in bundle["text/plain"]
    assert bundle["application/vnd.jupyter.widget-view+json"]["model_id"] == widget.model_id


def test_a_prediction_is_kept_and_compared():
    before = predict("00.guess_or_brown")
    before.choice.button.click()
    assert "Choose" in before.choice.told.value
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


def test_the_loss_quiz_explains_every_wrong_match():
    losses = ("gray", "l2", "l1", "truth")
    numbers = {"chroma": 9.0, "true_chroma": 55.0, "l1_chroma": 14.0, "l2_chroma": 9.0, "background_error": 5.0}
    paintings = {loss: torch.rand(2, 3, 8, 8) for loss in losses}
    widget = loss_quiz("02.which_loss", paintings, dict.fromkeys(losses, numbers))
    asked = widget.quiz
    for letter, truth in asked.rows.items():
        for loss in asked.losses:
            right, why = asked.answer(letter, loss)
            assert right == (loss == truth) and len(why) > 25 and "{" not in why
    widget.check()
    assert "has no loss yet" in widget.verdicts["A"].value
    for letter, truth in asked.rows.items():
        widget.menus[letter].value = truth
    widget.check()
    assert all("Right" in verdict.value for verdict in widget.verdicts.values())
    assert progress().counts()["02"]["quizzes"][0] == 4
    assert "<b>L2 (squared error)</b>" in asked.as_text()
    with pytest.raises(ValueError, match="just these"):
        loss_quiz("02.which_loss", {"l2": torch.rand(1, 3, 8, 8)}, {})
