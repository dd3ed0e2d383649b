"""Lessons 00 and 01 in JupyterLab, in a real browser, by keyboard alone."""

from pathlib import Path

import pytest
from lab import BROWSER, BROWSER_OPTIONS, Lab, Page

ROOT = Path(__file__).resolve().parent.parent
sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")


@pytest.fixture(scope="module")
def browser():
    if not BROWSER:
        pytest.skip("no Chromium found: install one (Debian: apt-get install chromium), or set CHROMIUM")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=BROWSER, args=BROWSER_OPTIONS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    lab = Lab(tmp_path_factory.mktemp("lab"))
    yield lab
    lab.close()


@pytest.fixture
def opened(browser, lab, tmp_path, monkeypatch):
    """Opens a lesson and runs all its cells; fails on any error of a cell or the console."""
    pages = []

    def open_lesson(name):
        page = Page(browser, lab, ROOT / "lessons" / f"{name}.ipynb")
        pages.append(page)
        page.run_all()
        assert page.cell_errors() == []
        return page

    yield open_lesson
    for page in pages:
        errors = page.errors
        page.close()
        assert not errors, errors


def answer(cell, page, number, presses, verdict):
    """Answer a question of the quiz by keyboard: arrow keys choose, Space presses the button."""
    group = cell.locator(".widget-radio-box").nth(number - 1)
    radios = group.get_by_role("radio")
    radios.first.focus()
    page.keyboard.press("Space")
    for _ in range(presses):
        page.keyboard.press("ArrowDown")
    cell.get_by_role("button", name=f"Check answer {number}", exact=True).focus()
    page.keyboard.press("Space")
    cell.get_by_role("status").filter(has_text=verdict).first.wait_for()


def choose(menu, page, text):
    """Choose from a menu by typing the beginning of an option."""
    menu.focus()
    page.keyboard.type(text)
    assert menu.evaluate("e => e.selectedOptions[0].textContent").startswith(text)


def test_lesson_00_by_keyboard(opened):
    lesson = opened("00_start_here")
    page = lesson.page

    cell = lesson.show('quiz("00.take_away")')
    answer(cell, page, 1, presses=0, verdict="Not yet")
    answer(cell, page, 1, presses=1, verdict="Right")

    cell = lesson.show("be_the_network(")
    for number in range(1, 11):
        choose(cell.get_by_role("combobox", name=f"Balloon {number}", exact=True), page, "blue")
    cell.get_by_role("img", name="Balloon 10, painted blue").wait_for()
    cell.get_by_role("button", name="Score my colors").focus()
    page.keyboard.press("Enter")
    cell.get_by_role("status").filter(has_text="Your mean squared error").wait_for()
    assert "of 10" in cell.get_by_role("status").first.inner_text()
    for number in range(1, 6):
        choose(cell.get_by_role("combobox", name=f"Pair {number}", exact=True), page, "left")
    cell.get_by_role("button", name="Score my verdicts").focus()
    page.keyboard.press("Enter")
    cell.get_by_role("status").filter(has_text="of 5 right").wait_for()


def test_lesson_01_by_keyboard(opened):
    lesson = opened("01_lab_color_space")
    page = lesson.page

    cell = lesson.show('predict("01.blue_or_green")')
    cell.get_by_role("radio").nth(2).focus()
    page.keyboard.press("Space")
    cell.get_by_role("button", name="Keep my prediction").focus()
    page.keyboard.press("Enter")
    cell.get_by_role("status").filter(has_text="Kept").wait_for()

    cell = lesson.show("gamut_slider()")
    before = cell.get_by_role("img").get_attribute("alt")
    cell.get_by_role("slider").first.focus()
    for _ in range(10):
        page.keyboard.press("ArrowRight")
    cell.get_by_text("at L = 65").first.wait_for()
    assert cell.get_by_role("img").get_attribute("alt") != before

    cell = lesson.show('quiz("01.take_away")')
    answer(cell, page, 1, presses=1, verdict="Not yet")
    answer(cell, page, 1, presses=2, verdict="Right")


def test_solutions_can_be_read_without_a_kernel(browser, lab):
    """Opened but not run, a solution shows its figures with alt text and its quiz as text."""
    lesson = Page(browser, lab, ROOT / "solutions" / "01_lab_color_space.ipynb")
    cell = lesson.show('quiz("01.take_away")')
    assert cell.get_by_text("one channel at 255").count() == 1
    cell.get_by_text("Answers").first.click()
    cell.get_by_text("RGB numbers say how hard a screen works").wait_for()
    assert cell.locator("img, .jp-OutputArea-output").count()
    picture = lesson.show("color_widgets.gamut_slider()").get_by_role("img")
    assert picture.evaluate("e => e.naturalWidth") > 200 and picture.get_attribute("alt")
    lesson.close()
