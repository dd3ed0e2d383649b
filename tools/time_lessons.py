"""Write the table of lessons into the README: minutes for a student, seconds for the machine.

    python tools/time_lessons.py            rewrites the table
    python tools/time_lessons.py --check    says whether it is in step (exit 1 if not)

The seconds were measured by tools/build_lessons.py, which runs every solution at `laptop` when its
source has changed, and keeps them in the solution's metadata.
"""

import re
import sys
from pathlib import Path

import build_lessons
import nbformat

ROOT = Path(__file__).resolve().parent.parent
README = ROOT / "README.md"
TABLE = re.compile(r"(<!-- lessons -->\n).*?(<!-- /lessons -->)", re.DOTALL)


def row(path):
    """One lesson: its title, what its first cell promises, and what its last full run took."""
    notebook = nbformat.read(path, 4)
    opening = notebook.cells[0].source
    title = opening.splitlines()[0].removeprefix("# ")
    minutes = re.search(r"these (\d+) minutes", opening)[1]
    first_goal = re.search(r"^- (.*?)[;.]$", opening, re.MULTILINE)[1]
    seconds = notebook.metadata["colorlib"]["seconds"]
    link = f"[{path.stem[:2]} {title}](lessons/{path.stem}.ipynb)"
    return f"| {link} | {first_goal} | {minutes} min | {seconds} s |"


def table():
    lines = ["| lesson | afterwards you can | your time | Run All, 2 CPU cores |", "|---|---|---|---|"]
    return "\n".join([*lines, *map(row, sorted(ROOT.glob("solutions/[0-9][0-9]_*.ipynb")))]) + "\n"


def main():
    text = README.read_text(encoding="utf-8")
    wanted = TABLE.sub(lambda found: found[1] + table() + found[2], text)
    if "--check" not in sys.argv:
        build_lessons.write(README, wanted)
    elif wanted != text:
        sys.exit("The README's table of lessons is out of step: run python tools/time_lessons.py")


if __name__ == "__main__":
    main()
