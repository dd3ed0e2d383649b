"""What a student has done: kept in a file between visits, merged when restored, never in the way."""

import base64
import binascii
import json
import os
import tempfile
import zlib

from colorlib import profile
from colorlib.course import page, texts

SCHEMA = 1
KINDS = {"exercises": "exercises", "quizzes": "quiz answers", "predictions": "predictions"}
_memory = {}  # used where no file can be written


def _file():
    return profile.home() / "progress.json"


def _read():
    path = _file()
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
        if stored["schema"] > SCHEMA:
            return dict(_memory)  # from a newer course: left alone
        lessons = stored["lessons"]
        if not _sound(lessons):
            raise ValueError
    except FileNotFoundError:
        lessons = {}
    except OSError:
        return dict(_memory)
    except (ValueError, KeyError, TypeError, AttributeError):
        _set_aside(path)
        lessons = {}
    return merge(lessons, _memory)


def _sound(known, depth=4):
    """Whether this is {lesson: {kind: {name: {fact: value}}}}, with whole numbers where numbers are counted."""
    if not isinstance(known, dict):
        return False
    if depth == 1:
        return all(isinstance(known.get(count, 0), int) for count in ("hints", "tries", "answer"))
    return all(_sound(inner, depth - 1) for inner in known.values())


def _set_aside(path):
    try:
        os.replace(path, path.with_suffix(".broken.json"))
        page.say("Your progress file could not be read. It was kept as <code>progress.broken.json</code>.")
    except OSError:
        pass


def _write(lessons):
    """Beside and renamed, so that a killed kernel leaves the old file whole."""
    path = _file()
    try:
        if path.exists() and json.loads(path.read_text(encoding="utf-8"))["schema"] > SCHEMA:
            raise OSError("written by a newer course")
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, beside = tempfile.mkstemp(dir=path.parent, prefix="progress", suffix=".part")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                json.dump({"schema": SCHEMA, "lessons": lessons}, file, indent=1)
            os.replace(beside, path)
        except OSError:
            os.unlink(beside)  # Windows replaces no file that is open elsewhere
            raise
        _memory.clear()
    except OSError:
        _memory.update(lessons)


def merge(lessons, other):
    """Both histories in one: what was right stays right, counts keep the larger, texts the later."""
    if not (isinstance(lessons, dict) and isinstance(other, dict)):
        return max(lessons, other) if isinstance(lessons, (bool, int)) and isinstance(other, (bool, int)) else other
    merged = dict(lessons)
    for key, value in other.items():
        merged[key] = merge(merged[key], value) if key in merged else value
    return merged


def record(lesson, kind, name, **facts):
    """Add facts about one exercise, question or prediction; returns the whole record of it."""
    lessons = _read()
    entry = lessons.setdefault(lesson, {}).setdefault(kind, {}).setdefault(name, {})
    entry.update(facts)
    _write(lessons)
    return dict(entry)


def recall(lesson, kind, name):
    """What is known about one exercise, question or prediction."""
    return dict(_read().get(lesson, {}).get(kind, {}).get(name, {}))


def _done(kind, entry):
    return bool({"exercises": entry.get("passed"), "quizzes": entry.get("right")}.get(kind, "answer" in entry))


class Progress:
    """The board: what is done in each lesson. Shows itself; `code()` and `restore()` move it elsewhere."""

    def counts(self):
        """{lesson: {kind: (done, of)}}, the totals read from the course's own texts."""
        lessons = _read()
        table = {}
        for lesson in texts.lessons():
            names = texts.names(lesson)
            known = lessons.get(lesson, {})
            table[lesson] = {
                kind: (
                    sum(_done(kind, known.get(kind, {}).get(n, {})) for n in names[kind]),
                    len(names[kind]),
                )
                for kind in KINDS
            }
        return table

    def code(self):
        """A text that holds your progress: paste it into `progress().restore("…")` on another machine."""
        packed = zlib.compress(json.dumps({"schema": SCHEMA, "lessons": _read()}).encode(), 9)
        return base64.urlsafe_b64encode(packed).decode()

    def restore(self, code):
        """Add what a code holds to what is known here; nothing is lost on either side."""
        try:
            stored = json.loads(zlib.decompress(base64.urlsafe_b64decode(code.strip().encode())))
            lessons = stored["lessons"] if stored["schema"] <= SCHEMA else None
        except (ValueError, zlib.error, binascii.Error, KeyError, TypeError):
            lessons = None
        if not _sound(lessons):
            page.say(
                "That code can't be read. Copy the whole text that <code>progress().code()</code> gave.",
                "wrong",
            )
        else:
            _write(merge(_read(), lessons))
        return self

    def _repr_mimebundle_(self, include=None, exclude=None):
        heads = "".join(f"<th scope='col'>{kind}</th>" for kind in KINDS.values())
        rows = ""
        for lesson, kinds in self.counts().items():
            cells = "".join(f"<td>{done} of {of}{' ✓' if done == of else ''}</td>" for done, of in kinds.values())
            rows += f"<tr><th scope='row'>{lesson} {texts.title(lesson)}</th>{cells}</tr>"
        note = (
            f"Kept in <code>{profile.shown(_file())}</code>."
            if not _memory
            else "Kept in memory only: no file can be written here."
        )
        table = f"<table><thead><tr><th scope='col'>lesson</th>{heads}</tr></thead><tbody>{rows}</tbody></table>"
        return {
            "text/html": page.card(f"<b>Your progress</b>{table}<small>{note}</small>"),
            "text/plain": repr(self),
        }

    def __repr__(self):
        lines = [
            f"{lesson} {texts.title(lesson)}: "
            + ", ".join(f"{done} of {of} {KINDS[kind]}" for kind, (done, of) in kinds.items())
            for lesson, kinds in self.counts().items()
        ]
        return "\n".join(["Your progress", *lines])


def progress():
    """Your progress through the course."""
    return Progress()
