"""The texts of hints, quizzes and predictions: one TOML file a lesson, read once."""

import functools
import tomllib
from importlib import resources


@functools.cache
def _texts():
    folders = {
        f.name[-2:]: f / "texts.toml" for f in resources.files("colorlib.course").iterdir() if f.name[:7] == "lesson_"
    }
    return {lesson: tomllib.loads(folders[lesson].read_text(encoding="utf-8")) for lesson in sorted(folders)}


def lessons():
    """The lessons that have texts, in order: "00", "01", …"""
    return list(_texts())


def title(lesson):
    return _texts()[lesson]["title"]


def find(kind, identifier):
    """The text of "01.transfer_curve" among the exercises, quizzes or predictions."""
    lesson, _, name = identifier.partition(".")
    known = _texts().get(lesson, {}).get(kind, {})
    if name not in known:
        here = ", ".join(f"{lesson}.{other}" for other in known) or "none"
        raise KeyError(f"There is no '{identifier}' among the {kind} of lesson {lesson}. There are: {here}.")
    return lesson, name, known[name]


def names(lesson):
    """What can be done in a lesson, by kind; a quiz counts by its questions, a loss quiz by its losses."""
    texts = _texts()[lesson]
    questions = [f"{quiz}.{q['id']}" for quiz, text in texts.get("quizzes", {}).items() for q in text["questions"]]
    matches = [f"{quiz}.{loss}" for quiz, text in texts.get("loss_quizzes", {}).items() for loss in text["losses"]]
    return {
        "exercises": list(texts.get("exercises", {})),
        "quizzes": questions + matches,
        "predictions": list(texts.get("predictions", {})),
    }
