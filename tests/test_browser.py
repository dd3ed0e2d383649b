"""The lessons in JupyterLab, in a real browser, by keyboard alone."""

from pathlib import Path

import pytest
from lab import BROWSER, BROWSER_OPTIONS, Lab, Page
from PIL import Image

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
def opened(browser, lab):
    """Opens a lesson and runs all its cells, or a solution as it is; fails on any error of a cell or the console."""
    pages = []

    def open_notebook(name, folder="lessons"):
        pages.append(Page(browser, lab, ROOT / folder / f"{name}.ipynb"))
        if folder == "lessons":
            pages[-1].run_all()
            assert pages[-1].cell_errors() == []
        return pages[-1]

    yield open_notebook
    for page in pages:
        page.page.close()
        assert not page.errors, page.errors


def slide(lesson, cell, name, key="ArrowRight", times=1):
    lesson.tab_to(cell.get_by_role("slider", name=name))
    for _ in range(times):
        lesson.page.keyboard.press(key)


def another_picture(cell, before):
    """The picture's alt text is no longer the one before. Waits: a picture may come a moment after its words."""
    sync_api.expect(cell.get_by_role("img")).not_to_have_attribute("alt", before, timeout=30_000)


def press(lesson, cell, name, key="Space"):
    lesson.tab_to(cell.get_by_role("button", name=name, exact=True))
    lesson.page.keyboard.press(key)


def choose(lesson, cell, name, text):
    """Choose from a menu by typing the beginning of an option."""
    menu = cell.get_by_role("combobox", name=name, exact=True)
    lesson.tab_to(menu)
    lesson.page.keyboard.type(text)
    chosen = menu.evaluate("e => e.selectedOptions[0].textContent").replace("\N{NO-BREAK SPACE}", " ")
    assert chosen.startswith(text)


def test_lesson_00_by_keyboard(opened):
    lesson = opened("00_start_here")

    cell = lesson.show('quiz("00.take_away")')
    cell.get_by_role("radiogroup", name="Where is its color?").wait_for()
    # A screen reader speaks only what comes into a status that was there before.
    assert cell.get_by_role("status").all_inner_texts() == ["", "", ""]
    told = ""
    for option in range(3):  # one is right, all are explained
        cell = lesson.show('quiz("00.take_away")')
        group, status = cell.get_by_role("radiogroup").first, cell.get_by_role("status").first
        lesson.tab_to(group)
        lesson.page.keyboard.press("ArrowDown" if option else "Space")
        press(lesson, cell, "Check answer 1")
        sync_api.expect(status).not_to_have_text(told.split("\n")[-1])
        told += "\n" + status.inner_text()
    assert told.count("Right.") == 1 and told.count("Not yet.") == 2

    cell = lesson.show("be_the_network(")
    for number in range(1, 11):
        choose(lesson, cell, f"Balloon {number}", "blue")
    cell.get_by_role("img", name="Balloon 10, painted blue").wait_for()
    for label in cell.locator(".widget-dropdown .widget-label").all():
        assert label.evaluate("e => e.scrollWidth <= e.clientWidth"), f"{label.inner_text()} is cut off"
    press(lesson, cell, "Score my colors", "Enter")
    cell.get_by_role("status").filter(has_text="Your mean squared error").wait_for()
    assert "of 10" in cell.get_by_role("status").first.inner_text()
    for number in range(1, 6):
        choose(lesson, cell, f"Pair {number}", "left")
    press(lesson, cell, "Score my verdicts", "Enter")
    cell.get_by_role("status").filter(has_text="of 5 right").wait_for()


def test_lesson_01_by_keyboard(opened):
    lesson = opened("01_lab_color_space")
    keyboard = lesson.page.keyboard

    cell = lesson.show('predict("01.blue_or_green")')
    lesson.tab_to(cell.get_by_role("radiogroup", name="Which gives the lighter gray?"))
    keyboard.press("Space")
    keyboard.press("ArrowDown")
    assert cell.get_by_role("radio", name="Blue is lighter").is_checked()
    press(lesson, cell, "Keep my prediction", "Enter")
    cell.get_by_role("status").filter(has_text="Kept").wait_for()

    cell = lesson.show("gamut_slider()")
    before = cell.get_by_role("img").get_attribute("alt")
    slide(lesson, cell, "Lightness L", times=10)
    cell.get_by_text("at L = 65").first.wait_for()
    another_picture(cell, before)


def test_lesson_02_by_keyboard(opened):
    lesson = opened("02_baseline_cnn")

    cell = lesson.show("balloon_dial()")
    told = cell.get_by_role("status")
    assert "mean: what L2 wants" in told.inner_text() and "no balloon's color" in told.inner_text()
    choose(lesson, cell, "The world", "red 6")
    told.filter(has_text="chroma 34").wait_for()  # the mean of the new world: the kernel has answered
    slide(lesson, cell, "Dial")
    told.filter(has_text="median").filter(has_text="a real balloon's color").wait_for()
    cell.get_by_role("img", name="The balloon painted at the stop median").wait_for()

    match_losses(lesson, ["L2 (squared error)", "L1 (absolute error)", "no network", "the true colors"])


def match_losses(lesson, labels, source="loss_quiz("):
    """Each label is tried on all rows still open: right for one of them, explained on the others."""
    letters = "ABCDEFGH"[: len(labels)]
    rows = list(letters)
    for label in labels:
        cell = lesson.show(source)
        for row in rows:
            choose(lesson, cell, f"Row {row}", label)
        press(lesson, cell, "Check my matches")
        statuses = cell.get_by_role("status")
        statuses.filter(has_text="Right.").nth(len(letters) - len(rows)).wait_for()
        verdicts = dict(zip(letters, statuses.all_inner_texts(), strict=True))
        wrong = [row for row, verdict in verdicts.items() if "Not yet." in verdict]
        assert len(wrong) == len(rows) - 1 and all(len(verdicts[row]) > 40 for row in wrong), verdicts
        rows = wrong
    assert rows == []


def test_lesson_03_by_keyboard(opened):
    lesson = opened("03_pix2pix")

    cell = lesson.show("color_gan_lab()")
    told = cell.get_by_role("status")
    assert "guessing costs 2 ln 2 = 1.39" in told.inner_text()
    before = cell.get_by_role("img").get_attribute("alt")
    press(lesson, cell, "Ten rounds")
    told.filter(has_text="Generator, steps: 10;").wait_for()
    another_picture(cell, before)

    cell = lesson.show("picture_gallery(")
    slide(lesson, cell, "λ")
    cell.get_by_role("status").filter(has_text="λ = 1 ").wait_for()
    cell.get_by_role("img", name="λ = 1, picture 1", exact=True).wait_for()


def test_lesson_04_by_keyboard(opened):
    lesson = opened("04_wgan_gp")

    cell = lesson.show("two_piles()")
    told = cell.get_by_role("status")
    assert "Shift 8" in told.inner_text()
    slide(lesson, cell, "Shift of the painted", "ArrowLeft")
    told.filter(has_text="Shift 7.5").filter(has_text="Jensen–Shannon by 0.00").wait_for()

    cell = lesson.show("be_the_critic()")
    slide(lesson, cell, "Height at 0", "ArrowUp", times=4)
    cell.get_by_role("status").filter(has_text="Too steep").wait_for()

    cell = lesson.show("distance_gan_lab()")
    choose(lesson, cell, "Critic", "slope penalized")
    cell.get_by_role("status").filter(has_text="Lab units to go").wait_for()


def test_lesson_05_by_keyboard(opened):
    lesson = opened("05_nogan")
    shown = lesson.show("loaders.show_batch(max_n=6)").get_by_role("img")
    assert shown.get_attribute("alt").startswith("6 pictures")
    match_losses(lesson, ["L1", "pix2pix", "NoGAN", "the true colors"], "photographs.loss_quiz(")


def test_lesson_06_by_keyboard(opened, tmp_path):
    lesson = opened("06_compare")

    cell = lesson.show("sortable_table(")
    press(lesson, cell, "ab error ↓")
    cell.get_by_role("status").filter(has_text="smallest first").wait_for()
    lesson.page.keyboard.press("Enter")  # the focus is still there
    cell.get_by_role("status").filter(has_text="largest first").wait_for()

    cell = lesson.show("wipe(")
    before = cell.get_by_role("img").get_attribute("alt")
    choose(lesson, cell, "left", "pix2pix")
    another_picture(cell, before)
    slide(lesson, cell, "border, in %")
    cell.get_by_role("img", name="51 %").wait_for()

    cell = lesson.show("fooling_test(")
    lesson.tab_to(cell.get_by_role("button", name="true colors", exact=True))
    for number in range(1, 21):
        lesson.page.keyboard.press("Space")
        cell.get_by_role("status").filter(has_text=f"Picture {number} of 20").wait_for()
    cell.get_by_role("status").filter(has_text="Your interval is").wait_for()

    color_a_large_photograph(lesson, tmp_path)


def color_a_large_photograph(lesson, folder):
    """One of 24 megapixels that a phone turned: it reaches the kernel and comes back whole, at its size."""
    exif = Image.Exif()
    exif[0x0112] = 6  # turn it to the right
    Image.linear_gradient("L").resize((6000, 4000)).convert("RGB").save(folder / "phone.jpg", exif=exif)
    cell = lesson.show("own_photographs(")
    told = cell.get_by_role("status")
    with lesson.page.expect_file_chooser() as chooser:
        cell.get_by_role("button", name="Choose a photograph").click()
    chooser.value.set_files(folder / "phone.jpg")
    told.filter(has_text="4000 × 6000 pixels").wait_for()
    choose(lesson, cell, "color with", "L1")
    press(lesson, cell, "Color it")
    told.filter(has_text="Done").wait_for(timeout=90_000)
    with lesson.page.expect_download() as download:
        cell.get_by_role("link", name="Download phone-photo_l1.jpg").click()
    with Image.open(download.value.path()) as colored:
        assert colored.size == (4000, 6000) and colored.getexif()[0x010E] == "colored by colorlib, photo_l1"


def test_lesson_07_by_keyboard(opened):
    lesson = opened("07_dice")

    cell = lesson.show("flow_in_the_plane(")
    told, before = cell.get_by_role("status"), cell.get_by_role("img").get_attribute("alt")
    assert "time 0.00" in told.inner_text()
    slide(lesson, cell, "Time, in steps", "End")
    told.filter(has_text="time 1.00").wait_for()
    another_picture(cell, before)

    cell = lesson.show("choose_answer(")
    choose(lesson, cell, "I choose", "number 5")
    cell.get_by_role("status").filter(has_text="Number 5").wait_for()
    sync_api.expect(cell.get_by_role("img", name="coloring 5")).to_have_count(2)  # small, and in a moment large


def test_solutions_can_be_read_without_a_kernel(opened):
    """Opened but not run, a solution shows its figures with alt text and its quiz as text."""
    lesson = opened("01_lab_color_space", "solutions")
    cell = lesson.show('quiz("01.take_away")')
    assert cell.get_by_text("one channel at 255").count() == 1
    cell.get_by_text("Answers").first.click()
    cell.get_by_text("RGB numbers tell a screen what to send").wait_for()
    picture = lesson.show("gamut_slider()").get_by_role("img")
    assert picture.evaluate("e => e.naturalWidth") > 200 and picture.get_attribute("alt")
