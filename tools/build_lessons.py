"""Make both notebooks of a lesson from its one source, solutions/NN_name.py.

    python tools/build_lessons.py            every lesson; runs the solutions whose source has changed
    python tools/build_lessons.py 01         only lesson 01
    python tools/build_lessons.py --check    builds nothing, tells what has drifted (exit 1)
    python tools/build_lessons.py --minutes  builds nothing, tells what each section has and takes (tools/minutes.py)
    python tools/build_lessons.py --repository https://github.com/someone/fork
                                             writes that address into every badge and Colab cell

lessons/NN_name.ipynb has blank exercises and no outputs; solutions/NN_name.ipynb was run at `laptop`.
In the source, an exercise's answer stands between `# BEGIN SOLUTION` and `# END SOLUTION`. Minutes are written in by
this tool: the first cell says `these {minutes} minutes`, and headings say none.
"""

import argparse
import hashlib
import html
import json
import os
import re
import sys
import tempfile
import time
import tomllib
from pathlib import Path

import jupytext
import minutes
import nbformat

from colorlib import files

ROOT = Path(__file__).resolve().parent.parent
SOURCES = ROOT / "solutions"
GLOSSARY = ROOT / "colorlib" / "course" / "glossary.toml"
LESSONS = ROOT / "lessons"
LARGEST = 3_000_000  # bytes a solution may have
SOLUTION = re.compile(r"^( *)# BEGIN SOLUTION\n(.*?)^ *# END SOLUTION\n?", re.MULTILINE | re.DOTALL)
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
# What Colab does not bring along; installed by name, and without touching what it has.
COLAB_LACKS = "torchmetrics lightning-utilities"


def repository():
    with open(ROOT / "pyproject.toml", "rb") as file:
        return tomllib.load(file)["tool"]["course"]["repository"].rstrip("/")


def setup_cell(address):
    """The first code cell of a lesson: installs colorlib on Colab, does nothing where it is installed."""
    if not address:
        return (
            "# Is colorlib here? (`python start.py` installs it.)\n"
            "import importlib.util\n\n"
            'if importlib.util.find_spec("colorlib") is None:\n'
            '    raise ModuleNotFoundError("Run `python start.py` in the course folder first.")'
        )
    return (
        "# On Colab this installs the course's library; where it is installed already it does nothing.\n"
        "import importlib.util\n\n"
        'if importlib.util.find_spec("colorlib") is None:\n'
        f'    %pip install -q --no-deps "colorlib @ git+{address}" {COLAB_LACKS}'
    )


def badges(address, name):
    """Links that open a lesson on Colab and Binder; nothing while the address is not known."""
    if not address:
        return ""
    path = address.removeprefix("https://github.com/")
    colab = f"https://colab.research.google.com/github/{path}/blob/main/lessons/{name}.ipynb"
    binder = f"https://mybinder.org/v2/gh/{path}/main?urlpath=lab/tree/lessons/{name}.ipynb"
    return (
        f"[![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)]({colab}) "
        f"[![Open on Binder](https://mybinder.org/badge_logo.svg)]({binder})"
    )


def blank(source):
    """An exercise without its answer."""
    return SOLUTION.sub(r'\1raise NotImplementedError("your turn")\n', source).rstrip("\n")


def solved(source):
    return SOLUTION.sub(r"\2", source).rstrip("\n")


def source_hash(source):
    return hashlib.sha256(source.encode()).hexdigest()[:16]


def read(source_path):
    """The cells of a source, and its sections with their minutes."""
    cells = jupytext.read(source_path, fmt="py:percent").cells
    return cells, minutes.sections(cells, source_path.name[:2], blank)


def unfold_words(cells):
    """Below the text in which a word of the glossary comes first, what it means, to unfold without a kernel.

    Not above the first section, so that a lesson's first screen stays its own, and not where the lesson explains the
    word itself, in **bold** or *italics*. Headings, code, formulas and links don't count.
    """
    meanings = tomllib.loads(GLOSSARY.read_text(encoding="utf-8"))
    of = {form.lower(): word for word in meanings for form in word.split("|")}
    forms = "|".join(map(re.escape, sorted(of, key=len, reverse=True)))  # "batch norm" before "batch"
    begun, seen = False, set()
    for cell in cells:
        if cell.cell_type == "markdown":
            begun = begun or bool(re.search("^## ", cell.source, re.MULTILINE))
            text = re.sub(r"```.*?```|\$\$.*?\$\$", "", cell.source, flags=re.DOTALL)
            text = re.sub(r"(?m)^#.*$|`[^`]*`|\$[^$]*\$|!?\[[^]]*\]\([^)]*\)|<[^>]*>", "|", text)
            used = {of[form.lower()]: None for form in re.findall(rf"(?i)(?<![\w-])({forms})s?(?![\w-])", text)}
            explained = {of[form.lower()] for form in re.findall(rf"(?i)\*({forms})s?\*", text)}
            shown = [word for word in used if word not in seen | explained] if begun else []
            seen |= explained | set(shown)
            if shown:
                cell.source += "\n\n" + _unfolding({word.split("|")[0]: meanings[word] for word in shown})


def _unfolding(meanings):
    rows = "".join(f"<li><b>{word}</b>: {html.escape(text, quote=False)}</li>" for word, text in meanings.items())
    rows = re.sub(r"`([^`]*)`", r"<code>\1</code>", rows)
    return f"<details><summary>Words: {', '.join(meanings)}</summary><ul>{rows}</ul></details>"


def build(source_path, address, for_students):
    """One notebook, without outputs."""
    cells, sections = read(source_path)
    minutes.write_into(cells, sections)
    unfold_words(cells)
    title = cells[0]
    links = badges(address, source_path.stem)
    title.source = "\n\n".join(filter(None, [title.source, links]))
    cells.insert(1, nbformat.v4.new_code_cell(setup_cell(address)))
    seen = {}
    for cell in cells:
        digest = source_hash(cell.cell_type + cell.source)[:10]
        seen[digest] = seen.get(digest, 0) + 1
        cell.id = digest if seen[digest] == 1 else f"{digest}-{seen[digest]}"
        if cell.cell_type == "code":
            cell.source = blank(cell.source) if for_students else solved(cell.source)
            cell.outputs, cell.execution_count = [], None
        cell.metadata = {key: value for key, value in cell.metadata.items() if key == "tags"}
    notebook = nbformat.v4.new_notebook(cells=cells)
    notebook.metadata = {
        "accelerator": "GPU",
        "colab": {"gpuType": "T4", "provenance": []},
        # Prose may change without a run; what is run may not.
        "colorlib": {"code": source_hash("\n\n".join(cell.source for cell in cells[2:] if cell.cell_type == "code"))},
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    if for_students:
        del notebook.metadata["colorlib"]
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    return notebook


def execute(notebook):
    """Run a solution at `laptop`, as a student would from its folder, whose quizzes have the same order each time."""
    from nbclient import NotebookClient

    with tempfile.TemporaryDirectory() as home:
        environment = os.environ | {"COLORLIB_PROFILE": "laptop", "HOME": home, "USERPROFILE": home}
        environment.pop("COLORLIB_HOME", None)
        student = {"schema": 1, "lessons": {"student": {"quizzes": {"order": {"number": 1}}}}}
        files.write(Path(home, ".colorlib", "progress.json"), json.dumps(student).encode())
        client = NotebookClient(
            notebook,
            timeout=1200,
            kernel_name="python3",
            resources={"metadata": {"path": SOURCES}},
            coalesce_streams=True,  # of a progress bar only its end is kept
        )
        started = time.monotonic()
        client.execute(env=environment, cwd=str(SOURCES))
        # How long Run All takes: tools/time_lessons.py puts it into the README.
        notebook.metadata["colorlib"]["seconds"] = round(time.monotonic() - started)
    notebook.metadata.pop("widgets", None)
    notebook.metadata["language_info"] = {"name": "python"}
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
        for output in cell.get("outputs", []):
            # Without a kernel a view is an error message; the text beside it is what readers get.
            output.get("data", {}).pop(WIDGET_VIEW, None)
    return notebook


def keep_outputs(notebook, path):
    """Take the outputs of an earlier run, if it was a run of these very cells; False if there is none."""
    if not path.exists():
        return False
    before = nbformat.read(path, as_version=4)
    made_from = before.metadata.get("colorlib", {})
    if made_from.get("code") != notebook.metadata["colorlib"]["code"] or "seconds" not in made_from:
        return False
    notebook.metadata["colorlib"] = made_from
    known = {cell.id: cell for cell in before.cells if cell.cell_type == "code"}
    for cell in notebook.cells:
        if cell.cell_type == "code" and cell.id in known:
            cell.outputs, cell.execution_count = (
                known[cell.id].outputs,
                known[cell.id].execution_count,
            )
    return True


def as_text(notebook):
    return nbformat.writes(notebook).rstrip("\n") + "\n"


def write(path, text):
    """An unchanged file is not touched."""
    if path.exists() and path.read_text(encoding="utf-8") == text:
        return False
    files.write(path, text.encode())
    return True


def drift(source_path, address):
    """What of a lesson does not follow from its source, as sentences."""
    lesson, solution = LESSONS / f"{source_path.stem}.ipynb", SOURCES / f"{source_path.stem}.ipynb"
    wanted = build(source_path, address, for_students=True)
    if not lesson.exists() or lesson.read_text(encoding="utf-8") != as_text(wanted):
        yield f"{lesson.relative_to(ROOT)} does not follow from {source_path.name}"
    wanted = build(source_path, address, for_students=False)
    if not keep_outputs(wanted, solution):
        yield f"{solution.relative_to(ROOT)} was not run from today's {source_path.name}"
    elif solution.read_text(encoding="utf-8") != as_text(wanted):
        yield f"{solution.relative_to(ROOT)} is not as {source_path.name} and the repository's address make it"


def make(source_path, address):
    lesson, solution = LESSONS / f"{source_path.stem}.ipynb", SOURCES / f"{source_path.stem}.ipynb"
    changed = write(lesson, as_text(build(source_path, address, for_students=True)))
    print(f"{'wrote' if changed else 'same '} {lesson.relative_to(ROOT)}")
    notebook = build(source_path, address, for_students=False)
    if not keep_outputs(notebook, solution):
        print(f"running {source_path.name} at laptop …", flush=True)
        notebook = execute(notebook)
    text = as_text(notebook)
    if len(text) > LARGEST:
        sys.exit(f"{solution.name} would have {len(text) / 1e6:.1f} MB; at most 3. Use fewer or smaller figures.")
    print(f"{'wrote' if write(solution, text) else 'same '} {solution.relative_to(ROOT)}")


def set_repository(address):
    """Write the address into pyproject.toml; an empty one takes badges and Colab's install line away."""
    address = address.strip().rstrip("/").removesuffix(".git")
    if address and not re.fullmatch(r"https://github\.com/[\w.-]+/[\w.-]+", address):
        sys.exit(f"{address} is no repository's address: give https://github.com/owner/name.")
    path = ROOT / "pyproject.toml"
    text = re.sub(
        r'^repository = ".*"$',
        f'repository = "{address}"',
        path.read_text(encoding="utf-8"),
        flags=re.M,
    )
    write(path, text)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("lessons", nargs="*", help="numbers, for example 01; all of them if none is given")
    parser.add_argument("--check", action="store_true", help="build nothing, tell what has drifted")
    parser.add_argument("--minutes", action="store_true", help="build nothing, tell what a section has and takes")
    parser.add_argument("--repository", help="the public address for badges and Colab")
    options = parser.parse_args()
    if options.repository is not None:
        set_repository(options.repository)
    sources = [
        p for p in sorted(SOURCES.glob("[0-9][0-9]_*.py")) if not options.lessons or p.name[:2] in options.lessons
    ]
    if not sources:
        sys.exit(f"No source in {SOURCES} matches {options.lessons}.")
    if options.minutes:
        for source in sources:
            cells, sections = read(source)
            print(source.stem, minutes.table(sections, minutes.grade(cells)), "", sep="\n")
        return
    if options.check:
        found = [sentence for source in sources for sentence in drift(source, repository())]
        print("\n".join(found) or f"{len(sources)} lessons are in step with their sources.")
        sys.exit(bool(found))
    for source in sources:
        make(source, repository())


if __name__ == "__main__":
    main()
