"""The house rules: one source, short cells, alt text, small modules, imports one way, clean code."""

import ast
import re
import subprocess
import sys
import tomllib
from collections import Counter
from itertools import product
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).resolve().parent.parent
SOLUTIONS = sorted(ROOT.glob("solutions/*.ipynb"))
LESSONS = sorted(ROOT.glob("lessons/*.ipynb"))
MODULES = sorted(ROOT.glob("colorlib/**/*.py"))
NOTEBOOKS = [pytest.param(path, id=f"{path.parent.name}/{path.stem}") for path in LESSONS + SOLUTIONS]
TEXTS = [".py", ".md", ".toml", ".yml", ".txt", ".ipynb", ".json", ".cff", ""]
# Low to high: a module imports only from layers before its own.
LAYERS = (
    "memory repair color files tables, profile, worlds, data, bins, losses models, training, colorize, metrics, plots"
)
LAYERS = [layer.split() for layer in (LAYERS + ", nogan, compare, course, doctor, __main__").split(", ")]
# Lines of Python that each part may have. One that outgrows its budget has a subject too many, or says a thing twice.
BUDGETS = {"core": 4_600, "kit": 900, "a lesson's folder": 450, "tests": 8_000, "benchmarks": 450}


@pytest.fixture(scope="session")
def builder():
    sys.path.insert(0, str(ROOT / "tools"))
    import build_lessons

    yield build_lessons
    sys.path.remove(str(ROOT / "tools"))


def cells(path, kind):
    return [cell for cell in nbformat.read(path, 4).cells if cell.cell_type == kind]


def sources(builder):
    return sorted(builder.SOURCES.glob("[0-9][0-9]_*.py"))


def test_notebooks_follow_from_their_sources(builder):
    found = [sentence for path in sources(builder) for sentence in builder.drift(path, builder.repository())]
    assert not found, found


def test_a_rebuild_changes_no_byte_and_drift_is_noticed(builder, tmp_path, monkeypatch):
    source = sources(builder)[0]
    first, second = (builder.as_text(builder.build(source, "", for_students=True)) for _ in range(2))
    assert first == second
    monkeypatch.setattr(builder, "ROOT", tmp_path)
    for name in ("SOURCES", "LESSONS"):
        folder = tmp_path / name.lower()
        folder.mkdir()
        monkeypatch.setattr(builder, name, folder)
    copy = builder.SOURCES / source.name
    copy.write_text(source.read_text(encoding="utf-8"), encoding="utf-8")
    builder.write(builder.LESSONS / f"{source.stem}.ipynb", first)
    solution = builder.build(copy, "", for_students=False)
    solution.metadata["colorlib"]["seconds"] = 1
    builder.write(builder.SOURCES / f"{source.stem}.ipynb", builder.as_text(solution))
    assert not list(builder.drift(copy, ""))
    assert list(builder.drift(copy, "https://github.com/someone/fork"))
    copy.write_text(copy.read_text(encoding="utf-8").replace("# # Start", "# # Begin"), encoding="utf-8")
    drift = list(builder.drift(copy, ""))
    assert len(drift) == 2 and not any("was not run" in sentence for sentence in drift)  # prose is not run
    copy.write_text(copy.read_text(encoding="utf-8").replace("import ", "import  ", 1), encoding="utf-8")
    assert any("was not run" in sentence for sentence in builder.drift(copy, ""))


def test_markers_cut_solutions_out(builder):
    source = "def f(x):\n    # BEGIN SOLUTION\n    y = x\n    return y\n    # END SOLUTION\n\n\nf = check('1', f)"
    assert builder.blank(source).startswith('def f(x):\n    raise NotImplementedError("your turn")\n\n')
    assert builder.solved(source).startswith("def f(x):\n    y = x\n    return y\n\n")
    for path in LESSONS:
        code = "\n".join(cell.source for cell in cells(path, "code"))
        assert "BEGIN SOLUTION" not in code
        assert code.count("= check(") == code.count('NotImplementedError("your turn")')


def test_badges_and_colab_come_from_one_setting(builder):
    address = "https://github.com/someone/fork"
    notebook = builder.build(sources(builder)[0], address, for_students=True)
    assert "colab.research.google.com/github/someone/fork" in notebook.cells[0].source
    assert "%pip install -q --no-deps" in notebook.cells[1].source and address in notebook.cells[1].source
    plain = builder.build(sources(builder)[0], "", for_students=True)
    assert "badge" not in plain.cells[0].source and "%pip" not in plain.cells[1].source


def test_only_a_repository_on_github_is_taken(builder, tmp_path, monkeypatch):
    monkeypatch.setattr(builder, "ROOT", tmp_path)
    settings = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    (tmp_path / "pyproject.toml").write_text(settings, encoding="utf-8")
    for end in ("", "/", ".git", ".git/"):
        builder.set_repository("")
        builder.set_repository(f"https://github.com/someone/a-fork{end}")
        assert builder.repository() == "https://github.com/someone/a-fork"
    for address in ("github.com/a/b", "https://github.com/a", "https://github.com/a/b/tree/main", 'https://x.org/"'):
        with pytest.raises(SystemExit, match="give https://github.com/owner/name"):
            builder.set_repository(address)
    assert builder.repository() == "https://github.com/someone/a-fork"
    assert b"\r" not in (tmp_path / "pyproject.toml").read_bytes()


@pytest.mark.parametrize("path", NOTEBOOKS)
def test_headings_title_and_readme_tell_the_same_minutes(path):
    text = "\n".join(cell.source for cell in cells(path, "markdown"))
    headings = re.findall(r"^## (.*?)(?: \((\d+) min\))?$", text, re.MULTILINE)
    core = sum(int(minutes) for heading, minutes in headings if not heading.startswith("Extra"))
    assert len(headings) >= 5 and f"After these {core} minutes" in text
    table = (ROOT / "README.md").read_text(encoding="utf-8")
    assert re.search(rf"\(lessons/{path.stem}\.ipynb\).*\| {core} min \|", table)


@pytest.mark.parametrize("lesson", [path.stem for path in LESSONS])
def test_a_core_fits_its_time(lesson, builder):
    _, sections = builder.read(builder.SOURCES / f"{lesson}.py")
    core = [section for section in sections if section.core]
    assert sum(section.minutes for section in core) <= {"00": 15, "01": 45}.get(lesson[:2], 60)
    assert sum(section.exercises for section in core) <= 3 and sum(section.trainings for section in core) <= 5


def test_minutes_and_trainings_are_counted_from_what_stands_there(builder):
    code = """from colorlib.course.lesson_00 import be_the_network
        def mine(network):
            for batch in batches:
                optimizer.step()
        for seed in (1, 2, 3):
            training.fit(recipe)
        for _ in range(5):
            optimizer.step()
        mine(a), mine(b)
        quiz("00.take_away")
        be_the_network()"""
    texts = "# T\n\nthese {minutes} minutes", "## A (9 min)\n\n" + 70 * "word " + "$x + y$ `z`"
    made = [*map(nbformat.v4.new_markdown_cell, texts), nbformat.v4.new_code_cell(code.replace("\n        ", "\n"))]
    (section,) = builder.minutes.sections(made, "00", builder.blank)
    counted = section.words, section.lines, section.figures, section.questions, section.trainings
    assert counted == (73, 11, 1, 3, 5) and section.minutes == 5
    builder.minutes.write_into(made, [section])
    assert "these 5 minutes" in made[0].source and made[1].source.startswith("## A (5 min)\n")


def test_a_word_unfolds_where_it_comes_first(builder):
    texts = "# The critic\n\nA critic judges.", "## 1. Strides\n\nA `stride`, $stride$, a [batch](x) and *dropout*."
    texts += "Two *logits*, dropout and batch norms, then strides.", "A batch with another stride and a critic."
    made = [nbformat.v4.new_markdown_cell(text) for text in texts]
    builder.unfold_words(made)
    unfolded = [re.findall("<summary>Words: (.*?)</summary>", cell.source) for cell in made]
    assert unfolded == [[], [], ["batch norm, stride"], ["batch, critic"]]
    assert "`.eval()`" not in made[2].source and "<code>.eval()</code>" in made[2].source
    meanings = tomllib.loads(builder.GLOSSARY.read_text(encoding="utf-8"))
    assert len(meanings) >= 40 and list(meanings) == sorted(meanings, key=str.lower)


@pytest.mark.parametrize("path", NOTEBOOKS)
def test_cells_are_short_pictures_have_alt_text_and_no_widget_state_is_kept(path):
    notebook = nbformat.read(path, 4)
    assert "widgets" not in notebook.metadata
    for cell in notebook.cells:
        if cell.cell_type == "code":
            assert len(cell.source.splitlines()) <= 25 and "import *" not in cell.source, cell.source
        images = re.findall(r"!\[(.*?)\]\(", cell.source) if cell.cell_type == "markdown" else []
        assert all(len(alt) > 8 for alt in images), cell.source
        for output in cell.get("outputs", []):
            kinds = output.get("data", {})
            assert "image/png" not in kinds, f"a picture without alt text comes from: {cell.source}"
            assert not any("widget" in kind for kind in kinds)
            html = "".join(kinds.get("text/html", ""))
            assert all("alt=" in tag for tag in re.findall(r"<img[^>]*>", html))


def test_lessons_have_no_outputs_and_solutions_have_all():
    for path in LESSONS:
        assert all(not c.outputs and c.execution_count is None for c in cells(path, "code")), path.name
    for path in SOLUTIONS:
        assert path.stat().st_size <= 3_000_000
        code = [cell for cell in cells(path, "code") if cell.source.strip()]
        assert all(cell.execution_count for cell in code), path.name
        bad = [o for cell in code for o in cell.outputs if o.output_type == "error" or o.get("name") == "stderr"]
        assert not bad, f"{path.name} shows students an error or a warning: {str(bad[0])[:300]}"


def test_the_readme_tells_the_lessons_and_their_measured_times(builder, tmp_path, monkeypatch):
    import time_lessons

    monkeypatch.setattr(sys, "argv", ["time_lessons.py", "--check"])
    time_lessons.main()
    stale = tmp_path / "README.md"
    monkeypatch.setattr(time_lessons, "README", stale)
    stale.write_text("<!-- lessons -->\nnothing\n<!-- /lessons -->\n", encoding="utf-8")
    with pytest.raises(SystemExit, match="out of step"):
        time_lessons.main()
    assert "nothing" in stale.read_text(encoding="utf-8"), "--check must not write"
    monkeypatch.setattr(sys, "argv", ["time_lessons.py"])
    time_lessons.main()
    assert stale.read_text(encoding="utf-8").count("](lessons/") == len(SOLUTIONS)


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md"])
def test_links_lead_to_files_that_exist(name):
    links = re.findall(r"\]\(([^)#\s]+)", (ROOT / name).read_text(encoding="utf-8"))
    broken = [link for link in links if "://" not in link and not (ROOT / link).exists()]
    assert not broken, f"{name} links to {broken}"


IDEAS = "U-Net, label smoothing, perceptual loss, spectral norm, self-attention, colorfulness, Wasserstein, batch norm"
IDEAS = [*IDEAS.split(", "), "dropout", "PatchGAN", "one.cycle", "CIEDE2000"]


def test_papers_are_linked_where_their_ideas_are_used(builder):
    """Each link is well formed, as far as can be seen without fetching it."""
    made = [cell for source in sources(builder) for cell in builder.jupytext.read(source, fmt="py:percent").cells]
    text = "\n\n".join(cell.source for cell in made if cell.cell_type == "markdown")
    good = r"https://arxiv\.org/abs/\d{4}\.\d{4,5}|https://doi\.org/10\.\d{4,}/\S+|https://(?!arxiv|doi)\S+|\w+\.ipynb"
    wrong = [link for link in re.findall(r"\]\((.*?)\)", text) if not re.fullmatch(good, link)]
    bare = re.findall(r"(?i)(?<!/)\barxiv[: ]\S+|(?<!\()https?://\S+", text)
    assert not wrong and not bare, f"malformed: {wrong}; no link: {bare}"
    credited = [part for part in re.split(r"\n\s*\n|\n- ", text) if re.search(r"\d{4}\)?\]\(https://", part)]
    credited = " ".join(" ".join(credited).split())
    missing = [idea for idea in IDEAS if not re.search(f"(?i){idea}", credited)]
    assert not missing, f"no paper, with its year, is linked beside: {', '.join(missing)}"


def part_of(path):
    """Whose budget a file counts for, and the folder or file that the table names."""
    first, *rest = path.relative_to(ROOT).parts
    if first == "tests":
        return "benchmarks" if rest[0] == "benchmarks" else "tests", rest[0] if len(rest) > 1 else "files"
    if rest[0] != "course":
        return "core", rest[0]
    return ("a lesson's folder" if len(rest) > 2 else "kit"), rest[1] if len(rest) > 2 else "course"


def test_each_part_keeps_to_its_budget():
    lines = {}
    for path in (*MODULES, *ROOT.glob("tests/**/*.py")):
        part, name = part_of(path)
        counts = lines.setdefault(part, Counter())
        counts[name] += len(path.read_text(encoding="utf-8").splitlines())
    for part, counts in lines.items():
        of = max(counts.values()) if part == "a lesson's folder" else sum(counts.values())
        told = "".join(f"\n  {n:5} {name}" for name, n in sorted(counts.items()))
        print(f"\n{part}: {of} of {BUDGETS[part]} lines{told}")
        assert of <= BUDGETS[part], f"{part} has {of} lines, its budget is {BUDGETS[part]}:{told}"


def imported(path):
    """The colorlib modules that a file imports, at the top or inside functions."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            base = "." * node.level + (node.module or "")
            names = [f"{base}.{alias.name}".replace("..", ".") for alias in node.names]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        else:
            continue
        for name in names:
            parts = name.split(".")
            if parts[0] in ("colorlib", "") and len(parts) > 1:
                yield parts[1]


def test_imports_run_one_way():
    height = {name: number for number, layer in enumerate(LAYERS) for name in layer}
    package = ROOT / "colorlib"
    for path in MODULES:
        own = path.relative_to(package).parts[0].removesuffix(".py")
        assert own in height or own in ("__init__", "weights"), f"{own} has no layer yet: give it one in LAYERS"
        for other in imported(path) if own in height else ():
            assert other not in height or other == own or height[other] < height[own], f"{own} imports {other}"


def test_large_libraries_are_imported_in_one_place():
    places = {"fastai": {"nogan", "doctor"}, "ipywidgets": {"course"}, "matplotlib": {"plots", "course"}}
    for path, (library, allowed) in product(MODULES, places.items()):
        own = path.relative_to(ROOT / "colorlib").parts[0].removesuffix(".py")
        used = re.search(rf"^\s*(import|from) {library}\b", path.read_text(encoding="utf-8"), re.MULTILINE)
        assert not used or own in allowed, f"{path.name} imports {library}"


def test_code_and_notebooks_are_formatted_and_linted():
    for command in (["check"], ["format", "--check"]):
        ruff = [sys.executable, "-m", "ruff", *command, "--no-cache", "."]
        done = subprocess.run(ruff, cwd=ROOT, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]


def test_nothing_speaks_of_the_machine_it_was_made_on():
    tracked = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True)
    if tracked.returncode:
        pytest.skip("not a git checkout")
    private = re.compile(r"(^|[^\w.-])/(work|root|home/\w+)/|/tmp/")
    for name in filter(None, tracked.stdout.split("\0")):
        path = ROOT / name
        if path.suffix in TEXTS and path.exists() and path.name != "test_hygiene.py":
            text = path.read_text(encoding="utf-8", errors="ignore")
            assert not private.search(text), f"{name}: {private.search(text)}"
