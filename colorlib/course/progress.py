"""What a student has done: kept in a file between visits, merged when restored, never in the way."""

import base64
import contextlib
import json
import os
import random
import secrets
import zlib

from colorlib import files, profile, tables
from colorlib.course import page, texts

SCHEMA = 1
KINDS = {"exercises": "exercises", "quizzes": "quiz answers", "predictions": "predictions"}
DONE = {"exercises": "passed", "quizzes": "right", "predictions": "answer"}  # the fact that makes it so
_memory = {}  # used where no file can be written


def _file():
    return profile.home() / "progress.json"


def _read():
    """All that is known, and whether the file may be written: not one of a newer course, nor one that can't be read."""
    path = _file()
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
        if stored["schema"] > SCHEMA:
            return _memory, False
        lessons = stored["lessons"]
        if not _sound(lessons):
            raise ValueError
    except FileNotFoundError:
        lessons = {}
    except OSError:
        return _memory, False
    except (ValueError, KeyError, TypeError, AttributeError):
        lessons = {}
        try:
            os.replace(path, path.with_suffix(".broken.json"))
        except OSError:
            return _memory, False
        page.say("Your progress file could not be read. It was kept as <code>progress.broken.json</code>.")
    return merge(lessons, _memory), True


def _sound(known, depth=4):
    """Whether this is {lesson: {kind: {name: {fact: value}}}}, with whole numbers where numbers are counted."""
    if not isinstance(known, dict):
        return False
    if depth == 1:
        return all(isinstance(known.get(count, 0), int) for count in ("hints", "tries", "answer"))
    return all(_sound(inner, depth - 1) for inner in known.values())


def _write(lessons, allowed):
    if allowed:
        with contextlib.suppress(files.CannotWrite):
            files.write(_file(), json.dumps({"schema": SCHEMA, "lessons": lessons}, indent=1).encode())
            _memory.clear()
            return
    _memory.update(lessons)


def merge(lessons, other):
    """Both histories in one: what was right stays right, counts keep the larger, texts the later."""
    if not (isinstance(lessons, dict) and isinstance(other, dict)):
        return max(lessons, other) if isinstance(lessons, int) and isinstance(other, int) else other
    merged = dict(lessons)
    for key, value in other.items():
        merged[key] = merge(merged[key], value) if key in merged else value
    return merged


@contextlib.contextmanager
def changing(lesson, kind, name):
    """`with changing("00", "exercises", "squared_error") as known:` what is known of it, kept as it is at the end."""
    lessons, allowed = _read()
    known = lessons.setdefault(lesson, {}).setdefault(kind, {}).setdefault(name, {})
    yield known
    _write(lessons, allowed)


def record(lesson, kind, name, **facts):
    """Add facts about one exercise, question or prediction; returns all that is known of it."""
    with changing(lesson, kind, name) as known:
        known.update(facts)
    return dict(known)


def recall(lesson, kind, name):
    """What is known about one exercise, question or prediction."""
    return dict(_read()[0].get(lesson, {}).get(kind, {}).get(name, {}))


def shuffled(items, key):
    """The same things in an order that depends on the student and the key, and is the same on every visit."""
    where = "student", "quizzes", "order"
    number = recall(*where).get("number") or record(*where, number=1 + secrets.randbelow(1_000_000))["number"]
    return random.Random(f"{number} {key}").sample(list(items), len(items))


class Progress:
    """The board: what is done in each lesson. Shows itself; `code()` and `restore()` move it elsewhere."""

    def counts(self):
        """{lesson: {kind: (done, of)}}, the totals read from the course's own texts."""
        lessons, _ = _read()
        table = {}
        for lesson in texts.lessons():
            names, known = texts.names(lesson), lessons.get(lesson, {})
            for kind in KINDS:
                done = sum(DONE[kind] in known.get(kind, {}).get(name, {}) for name in names[kind])
                table.setdefault(lesson, {})[kind] = done, len(names[kind])
        return table

    def code(self):
        """A text that holds your progress: paste it into `progress().restore("…")` on another machine."""
        lessons, _ = _read()
        packed = zlib.compress(json.dumps({"schema": SCHEMA, "lessons": lessons}).encode(), 9)
        return base64.urlsafe_b64encode(packed).decode()

    def restore(self, code):
        """Add what a code holds to what is known here; nothing is lost on either side."""
        try:
            stored = json.loads(zlib.decompress(base64.urlsafe_b64decode(code.strip().encode())))
            lessons = stored["lessons"] if stored["schema"] <= SCHEMA else None
        except (ValueError, zlib.error, KeyError, TypeError):
            lessons = None
        if _sound(lessons):
            known, allowed = _read()
            _write(merge(known, lessons), allowed)
        else:
            page.say("That code can't be read. Copy the whole text that <code>progress().code()</code> gave.", "wrong")
        return self

    def _rows(self):
        yield ["lesson", *KINDS.values()]
        for lesson, kinds in self.counts().items():
            cells = [f"{done} of {of}{' ✓' if done == of else ''}" for done, of in kinds.values()]
            yield [f"{lesson} {texts.lessons()[lesson]['title']}", *cells]

    def _repr_mimebundle_(self, include=None, exclude=None):
        table = tables.as_html(list(self._rows()))
        kept = f"Kept in <code>{profile.shown(_file())}</code>."
        note = "Kept in memory only: no file can be written here." if _memory else kept
        board = page.box(f"<b>Your progress</b>{table}<small>{note}</small>")
        return {"text/html": board, "text/plain": repr(self)}

    def __repr__(self):
        return "Your progress\n" + tables.as_text(list(self._rows()))


progress = Progress
