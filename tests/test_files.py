"""Files are written whole or not at all, and whoever can't write is told so in a sentence."""

import errno
import os
import subprocess
import sys

import pytest

from colorlib import files


@pytest.fixture
def old(tmp_path):
    """A file that is there already, alone in its folder."""
    path = tmp_path / "kept.json"
    path.write_text("old")
    return path


def test_a_full_disk_and_whoever_stops_in_the_middle_leave_the_old_file_whole(old):
    full, advice = OSError(errno.ENOSPC, "No space left on device"), "kept.json could not be written: No space left"
    for error, told in ((full, f"{advice}.*whole. Make room"), (KeyboardInterrupt("by hand"), "^by hand$")):
        with pytest.raises((files.CannotWrite, KeyboardInterrupt), match=told), files.replacing(old) as beside:
            beside.write_text("half of the n")
            raise error
        assert old.read_text() == "old" and os.listdir(old.parent) == [old.name]


def test_a_place_that_cannot_be_written(old):
    for path in (old / "below a file.json", old.parent):
        with pytest.raises(files.CannotWrite, match="choose another folder"):
            files.write(path, b"new")
    assert old.read_text() == "old" and os.listdir(old.parent) == [old.name]


def test_two_processes_do_not_mix_their_files(old):
    theirs = f"from colorlib import files; files.write({str(old)!r}, b'theirs')"
    with files.replacing(old) as beside:
        beside.write_text("mine")
        subprocess.run([sys.executable, "-c", theirs], check=True)
        assert old.read_text() == "theirs" and beside.read_text() == "mine"
    assert old.read_text() == "mine" and os.listdir(old.parent) == [old.name]
