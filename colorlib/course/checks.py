"""Checks: they compare a student's function with the library's, and always give back one to go on with."""

import html
import importlib
from collections.abc import Callable

import numpy as np
import torch

from colorlib.course import page, texts
from colorlib.course.exercise import Exercise
from colorlib.course.progress import changing, record


def _arrays(value):
    """A result as a flat list of arrays, so that tuples, tensors and numbers compare alike."""
    if isinstance(value, (tuple, list)) and not all(isinstance(v, (int, float)) for v in value):
        return [array for part in value for array in _arrays(part)]
    value = value.detach().cpu().numpy() if isinstance(value, torch.Tensor) else value
    return [np.asarray(value, dtype=np.float64)]


def _short(values):
    """One number, or up to four in brackets."""
    numbers = [f"{value:g}" for value in np.round(np.ravel(values), 4)]
    return numbers[0] if len(numbers) == 1 else f"({', '.join(numbers)})"


def compare(function, exercise) -> tuple[str, str] | None:
    """The label of the first case in which a function differs from the reference, and how; None where they agree."""
    for label, probe in exercise.cases():
        expected = _arrays(probe(exercise.reference))
        try:
            result = probe(function)
        except NotImplementedError:
            raise
        except Exception as error:
            return label, f"For {label} it stopped with {type(error).__name__}: {error}"
        if result is None:
            return label, f"For {label} it returned nothing. Is the `return` missing?"
        try:
            given = _arrays(result)
        except (TypeError, ValueError):
            return label, f"For {label} it returned a {type(result).__name__}, not numbers."
        if not exercise.ordered:
            given, expected = ([np.sort(a) if a.ndim else a for a in arrays] for arrays in (given, expected))
        if sentence := _difference(label, given, expected, exercise.tolerance):
            return label, sentence
    return None


def _difference(label, given, expected, tolerance):
    if len(given) != len(expected):
        return f"For {label} it returned {len(given)} thing(s) where {len(expected)} are expected."
    for mine, theirs in zip(given, expected, strict=True):
        if mine.shape != theirs.shape:
            return f"For {label} its result has the shape {mine.shape}; expected {theirs.shape}."
        if not np.isfinite(mine).all():
            return f"For {label} its result has values that are not numbers (nan or inf)."
        off = np.abs(mine - theirs) > tolerance
        if off.any() and mine.size <= 4:
            return f"For {label} it gave {_short(mine)}; expected {_short(theirs)}."
        if off.any():
            place = int(np.argmax(off))
            gave = f"it gave {_short(mine.flat[place])}; expected {_short(theirs.flat[place])}"
            return f"For {label} {gave} (first difference at position {place})."
    return None


def exercise_of(lesson: str, name: str) -> Exercise:
    """An exercise's reference and cases, from the folder of its lesson."""
    return importlib.import_module(f"colorlib.course.lesson_{lesson}.exercises").EXERCISES[name]


def check(identifier: str, function: Callable) -> Callable:
    """Check an exercise. Right: returns your function. Not yet: says why, and returns the library's."""
    lesson, name, text = texts.find("exercises", identifier)
    exercise = exercise_of(lesson, name)
    try:
        mismatch = compare(function, exercise)
    except NotImplementedError:
        page.say(
            f"<b>{identifier}: not yet written.</b> Meanwhile the lesson takes the library's version. "
            f'Stuck? Run <code>hint("{identifier}")</code>.',
            "quiet",
        )
        return exercise.reference
    if mismatch is None:
        record(lesson, "exercises", name, passed=True)
        page.say(f"<b>✓ {identifier}: right.</b> {page.inline(text['right'])}", "right")
        return function
    # A wrong answer earns the next hint, unless the exercise was right before.
    with changing(lesson, "exercises", name) as known:
        given = min(known.get("hints", 0) + (not known.get("passed")), len(text["hints"]))
        known |= {"hints": given, "tries": known.get("tries", 0) + 1}
    label, sentence = mismatch
    page.say(
        f"<b>✗ {identifier}: not yet.</b> {html.escape(sentence, quote=False)} {page.inline(text['look'][label])}"
        f"{_ladder(text, given)}<small>The lesson goes on with the library's version.</small>",
        "wrong",
    )
    return exercise.reference


def hint(identifier: str) -> None:
    """The next hint for an exercise; after the last one, its solution."""
    lesson, name, text = texts.find("exercises", identifier)
    with changing(lesson, "exercises", name) as known:
        given = known["hints"] = min(known.get("hints", 0) + 1, len(text["hints"]) + 1)
    page.say(f"<b>{identifier}</b>{_ladder(text, given)}")


def _ladder(text, given):
    """The hints so far, the newest unfolded, and the solution at the top of the ladder."""
    hints, rungs = text["hints"], []
    for number, step in enumerate(hints[:given], 1):
        rungs.append(page.details(f"Hint {number} of {len(hints)}", page.inline(step), open_=number == given))
    if given > len(hints):
        solution = html.escape(text["solution"].strip(), quote=False)
        rungs.append(page.details("A solution", f"<pre>{solution}</pre>", open_=True))
    return "".join(rungs)
