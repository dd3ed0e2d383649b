"""Tables as text and as HTML, and the settings of a lesson, which are one."""

import pytest

from colorlib import profile, tables

ROWS = [["lesson", "done"], ["00 <start>", "2 of 3"], ["01", "1 of 12"]]


def test_html_heads_its_columns_and_rows():
    page = tables.as_html(ROWS, "Yours & mine", bold=1)
    assert page.startswith("<table><caption>Yours &amp; mine</caption><thead>")
    assert "<th scope='col'>lesson</th><th scope='col'><b>done</b></th>" in page
    assert "<tr><th scope='row'>00 &lt;start&gt;</th><td><b>2 of 3</b></td></tr>" in page
    assert page.count("<tr>") == 3 and "caption" not in tables.as_html(ROWS) and "<b>" not in tables.as_html(ROWS)


def test_settings_mark_the_profile_in_force(monkeypatch):
    monkeypatch.setenv("COLORLIB_PROFILE", "laptop")
    settings = profile.settings(steps=(1, 2_000, 3), rate=(0.1, 0.2, 0.3))
    assert settings.steps == 2_000 and settings.rate == 0.2
    page = settings._repr_html_()
    assert "<b>laptop (in force)</b>" in page and "<td>1</td><td><b>2,000</b></td><td>3</td>" in page
    assert repr(settings).splitlines()[0].split() == ["setting", "quick", "laptop", "(in", "force)", "gpu"]
    with pytest.raises(ValueError, match="'steps' needs three numbers"):
        profile.settings(steps=(1, 2))


def test_the_home_is_a_folder_of_ones_own(monkeypatch, tmp_path):
    for name in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(name, str(tmp_path))
    for value, folder in (("~/course", "course"), ("", ".colorlib")):
        monkeypatch.setenv("COLORLIB_HOME", value)
        assert profile.home() == tmp_path / folder and profile.shown(profile.home()) == f"~/{folder}"
