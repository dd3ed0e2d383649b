"""The texts of hints, quizzes, predictions and widgets: one TOML file a lesson, read once."""

import functools
import tomllib
from importlib import resources


@functools.cache
def lessons():
    """The texts of each lesson, in order: {"00": {"title": …, "quizzes": …}, "01": …}."""
    course = resources.files("colorlib.course")
    folders = sorted(folder.name for folder in course.iterdir() if folder.name.startswith("lesson_"))
    files = {folder.removeprefix("lesson_"): course / folder / "texts.toml" for folder in folders}
    return {lesson: tomllib.loads(file.read_text(encoding="utf-8")) for lesson, file in files.items()}


def find(kind, identifier):
    """The text of "01.transfer_curve" among the exercises, quizzes, predictions or widgets."""
    lesson, _, name = identifier.partition(".")
    known = lessons().get(lesson, {}).get(kind, {})
    if name not in known:
        here = ", ".join(f"{lesson}.{other}" for other in known) or "none"
        raise KeyError(f"There is no '{identifier}' among the {kind} of lesson {lesson}. There are: {here}.")
    return lesson, name, known[name]


def names(lesson):
    """What can be done in a lesson, by kind; a quiz counts by its questions, a loss quiz by its losses."""
    texts = lessons()[lesson]
    questions = [f"{quiz}.{q['id']}" for quiz, text in texts.get("quizzes", {}).items() for q in text["questions"]]
    matches = [f"{quiz}.{loss}" for quiz, text in texts.get("loss_quizzes", {}).items() for loss in text["losses"]]
    done = {kind: list(texts.get(kind, {})) for kind in ("exercises", "predictions")}
    return done | {"quizzes": questions + matches}
