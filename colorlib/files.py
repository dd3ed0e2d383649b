"""One way to write a file: beside its place, then renamed. Whoever reads finds the old file or the new one, whole."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path


class CannotWrite(OSError):
    """A file that could not be written; the message says what to do."""


@contextlib.contextmanager
def replacing(path: str | Path) -> Iterator[Path]:
    """`with replacing(path) as beside:` write to `beside`; at the end it gets the name `path`, or is deleted."""
    path = Path(path)
    beside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield beside
        os.replace(beside, path)
    except OSError as error:
        raise CannotWrite(
            f"{path} could not be written: {error.strerror or error}. What was there before is whole. "
            "Make room or choose another folder, then try again."
        ) from error
    finally:
        with contextlib.suppress(OSError):
            beside.unlink()


def write(path: str | Path, content: bytes) -> None:
    """Write a whole file at once."""
    with replacing(path) as beside:
        beside.write_bytes(content)
