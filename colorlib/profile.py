"""How big: a lesson in three sizes. `quick` for tests and Binder, `laptop` for two cores, `gpu` for real."""

import os
from pathlib import Path

from colorlib import tables

PROFILES = ("quick", "laptop", "gpu")


def current():
    """The profile in force: $COLORLIB_PROFILE where set, else `gpu` with an NVIDIA GPU, else `laptop`."""
    name = os.environ.get("COLORLIB_PROFILE", "").strip().lower()
    if not name:
        import torch

        return "gpu" if torch.cuda.is_available() else "laptop"
    if name not in PROFILES:
        raise ValueError(f"COLORLIB_PROFILE is '{name}'. Set it to one of: {', '.join(PROFILES)}.")
    return name


def home():
    """The folder where colorlib keeps progress and caches: $COLORLIB_HOME, else ~/.colorlib."""
    return Path(os.environ.get("COLORLIB_HOME") or "~/.colorlib").expanduser()


def shown(path):
    """A path as people write it: `~` for their own folder."""
    return f"~/{path.relative_to(Path.home()).as_posix()}" if path.is_relative_to(Path.home()) else str(path)


class Settings:
    """A lesson's numbers, each given as (quick, laptop, gpu): `settings.steps` is the one of the profile in force."""

    def __init__(self, **table):
        self._table, self._column = table, PROFILES.index(current())
        for name, row in table.items():
            if len(row) != len(PROFILES):
                raise ValueError(f"'{name}' needs three numbers: {', '.join(PROFILES)}.")
            setattr(self, name, row[self._column])

    def _rows(self):
        force = PROFILES[self._column]
        rows = [["setting", *(f"{name} (in force)" if name == force else name for name in PROFILES)]]
        for name, row in self._table.items():
            rows.append([name, *(f"{value:,}" if isinstance(value, int) else str(value) for value in row)])
        return rows

    def __repr__(self):
        return tables.as_text(self._rows())

    def _repr_html_(self):
        return tables.as_html(self._rows(), bold=1 + self._column)


settings = Settings
