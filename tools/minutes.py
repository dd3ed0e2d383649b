"""How many minutes a section of a lesson takes: not by feeling, but by a formula, from what stands in it.

    minutes = words of prose / 35 + lines of code / 40 + 3/4 for each figure, table or widget
              + 4 for each exercise + 1/2 for each question

A question is one question of a quiz, one row of a loss quiz, or a prediction, before its experiment and once more after
it; its own words are part of that half minute. Exercises count with their blanks. Comments are prose that stands in
code, so they count as lines. What stands before the first heading counts to the first section. A section's minutes are
rounded, to 1 at least. Waiting for a training is not counted: one reads on while it runs.

The five numbers were fitted to what a first-time reader needed for lessons 02 and 03 as they once stood: 17 sections of
4 to 27 minutes. They miss a section by 1.2 minutes on average and by 4 at most; the two lessons, which took 87 and 138
minutes, come out at 89 and 138. It was one reader, so another may need a third more or less. And that prose was hard to
read: plainer prose should go faster, which the formula does not know.

`grade` is the Flesch-Kincaid grade of a lesson's prose: .39 x words a sentence + 11.8 x syllables a word - 15.59,
about the year of an American school in which one reads such a text with ease. A syllable is a group of vowels; an e
that ends a word is silent. Formulas and code are left out, and a code word within a sentence is skipped.

`trainings` counts what trains while a student waits: a call of `fit`, `fit_one_cycle` or `fine_tune`, and a loop in
which an optimizer or the student's own `…_step` function steps, unless it is a comparison of ten steps at most. A
function that trains counts each time that it is called, and as often as a loop over a written-out list repeats the
call. What a widget trains on a few points behind its buttons is no training.
"""

import ast
import re
import tomllib
from dataclasses import dataclass, fields
from pathlib import Path

COURSE = Path(__file__).resolve().parent.parent / "colorlib" / "course"
HEADING = re.compile(r"^## (.*?)(?: \(\d+ min\))?$", re.MULTILINE)
PROMISE = re.compile(r"these (?:\d+|\{minutes\}) minutes")
SHOWS = {"pictures", "curves", "Figure", "LiveCurves", "picture_gallery", "show_batch"}
SHOWS |= {"evaluate", "table", "side_slider"}
ASKS = re.compile(r'\b(quiz|loss_quiz|predict|saw)\("\d\d\.(\w+)"')
FITS = {"fit", "fit_one_cycle", "fine_tune"}
SEVERAL = 10  # a loop of at most so many steps compares two steps; it trains nothing


@dataclass
class Section:
    """What stands between two headings of the second level."""

    heading: str
    words: int = 0
    lines: int = 0
    figures: int = 0
    exercises: int = 0
    questions: int = 0
    trainings: int = 0

    @property
    def core(self):
        return not self.heading.startswith("Extra")

    @property
    def minutes(self):
        read = self.words / 35 + self.lines / 40
        return max(1, round(read + 0.75 * self.figures + 4 * self.exercises + 0.5 * self.questions))


def prose(markdown):
    """The words of a text cell, without headings, formulas, code, tags and the addresses of links."""
    text = re.sub(r"(?m)^#.*$|^\|.*$|(?s:\$\$.*?\$\$)", "", markdown)
    text = re.sub(r"\$[^$]*\$|`[^`]*`|<[^>]*>", " ", text)
    return re.sub(r"!?\[([^]]*)\]\([^)]*\)", r"\1", text)


def words(text):
    return re.findall(r"[^\W_][\w’'-]*", text)


def sections(cells, lesson, blank):
    """The sections of a lesson; `blank` takes the answers out of a code cell."""
    with open(COURSE / f"lesson_{lesson}" / "texts.toml", "rb") as file:
        texts = tomllib.load(file)
    found, widgets, trainers = [Section("before the first heading")], set(), set()
    for cell in cells:
        if cell.cell_type == "markdown":
            before, *rest = re.split(r"^(?=## )", cell.source, flags=re.MULTILINE)
            found[-1].words += len(words(prose(before)))
            for part in rest:
                found.append(Section(HEADING.match(part)[1], words=len(words(prose(part)))))
            continue
        section, source = found[-1], blank(cell.source)
        section.lines += sum(bool(line.strip()) for line in source.splitlines())
        section.exercises += source.count("= check(")
        section.questions += sum(_questions(texts, *asked) for asked in ASKS.findall(source))
        tree = ast.parse(source)
        widgets |= set(_imported(tree))
        section.figures += _figures(tree, widgets)
        section.trainings += _trainings(ast.parse(cell.source), trainers)
    opening, first = found[:2]
    for field in fields(Section)[1:]:
        setattr(first, field.name, getattr(first, field.name) + getattr(opening, field.name))
    return found[1:]


def _questions(texts, kind, name):
    if kind == "quiz":
        return len(texts["quizzes"][name]["questions"])
    return len(texts["loss_quizzes"][name]["losses"]) if kind == "loss_quiz" else 1


def _name(node):
    """What a call calls: `fit` in training.fit(…)."""
    called = node.func if isinstance(node, ast.Call) else None
    return getattr(called, "attr", getattr(called, "id", ""))


def _imported(tree):
    """Names from a lesson's own folder: what a cell ends in, of these, is a widget."""
    for node in tree.body:
        if isinstance(node, ast.ImportFrom) and node.module.startswith("colorlib.course.lesson_"):
            yield from (alias.name for alias in node.names)


def _figures(tree, widgets):
    last = tree.body[-1] if tree.body else None
    ends_in_widget = isinstance(last, ast.Expr) and _name(last.value) in widgets
    shown = [node for node in ast.walk(tree) if _name(node) in SHOWS]
    # What is called with nothing shows nothing: sweep.pictures() only fetches them.
    return sum(bool(node.args or node.keywords) for node in shown) + ends_in_widget


def _trainings(tree, trainers):
    """How often this cell trains; functions that train are added to `trainers`."""

    def steps(node):
        called = [(_name(inner), inner) for inner in ast.walk(node) if isinstance(inner, ast.Call)]
        return any(name == "step" or isinstance(c.func, ast.Name) and name.endswith("_step") for name, c in called)

    def count(node):
        inside = sum(map(count, ast.iter_child_nodes(node)))
        if isinstance(node, ast.FunctionDef):
            if inside:
                trainers.add(node.name)
            return 0
        if isinstance(node, ast.For | ast.While) and not inside and steps(node):
            return not _few(node)
        if isinstance(node, ast.For | ast.DictComp | ast.ListComp) and inside:
            over = node.iter if isinstance(node, ast.For) else node.generators[0].iter
            over = over.func.value if isinstance(over, ast.Call) and hasattr(over.func, "value") else over
            return inside * len(getattr(over, "elts", getattr(over, "keys", [0])))
        return inside + (_name(node) in FITS | trainers)

    return count(tree)


def _few(loop):
    """Whether a loop says that it takes a few steps: `range(5)`."""
    ranges = [node for node in ast.walk(getattr(loop, "iter", loop)) if _name(node) == "range"]
    return any(isinstance(r.args[-1], ast.Constant) and r.args[-1].value <= SEVERAL for r in ranges)


def write_into(cells, found):
    """Put the minutes behind each heading, and their sum into the title."""
    total = sum(section.minutes for section in found if section.core)
    cells[0].source = PROMISE.sub(f"these {total} minutes", cells[0].source)
    rest = iter(found)
    for cell in cells:
        if cell.cell_type == "markdown":
            cell.source = HEADING.sub(lambda heading: f"## {heading[1]} ({next(rest).minutes} min)", cell.source)


def grade(cells):
    """The Flesch-Kincaid grade of a lesson's prose."""
    texts = [prose(cell.source) for cell in cells if cell.cell_type == "markdown"]
    sentences = [part for text in texts for part in re.split(r"[.!?]\W*\s|\n\s*\n|\n- ", text) if words(part)]
    all_words = [word for sentence in sentences for word in words(sentence)]
    syllables = sum(len(re.findall(r"[aeiouy]+", re.sub(r"e$", "", word.lower()))) or 1 for word in all_words)
    return 0.39 * len(all_words) / len(sentences) + 11.8 * syllables / len(all_words) - 15.59


def table(found, grade):
    """What `python tools/build_lessons.py --minutes` prints."""
    names = [field.name for field in fields(Section)[1:]] + ["minutes"]
    lines = [f"{'':44}" + "".join(f"{name:>10}" for name in names)]
    for section in found:
        lines.append(f"{section.heading[:43]:44}" + "".join(f"{getattr(section, name):10}" for name in names))
    core = [sum(getattr(section, name) for section in found if section.core) for name in names]
    lines.append(f"{'Core':44}" + "".join(f"{number:10}" for number in core))
    return "\n".join([*lines, f"reading level of its prose: grade {grade:.1f}"])
