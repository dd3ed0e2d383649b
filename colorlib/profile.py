"""How big: a lesson in three sizes. `quick` for tests and Binder, `laptop` for two cores, `gpu` for real."""

import os
from pathlib import Path

from colorlib import tables

PROFILES = ("quick", "laptop", "gpu")


def current():
    """The profile in force: $COLORLIB_PROFILE where set, else `gpu` with an NVIDIA GPU, else `laptop`."""
    name = os.environ.get("COLORLIB_PROFILE", "").strip().lower()
    if name and name not in PROFILES:
        raise ValueError(f"COLORLIB_PROFILE is '{name}'. Set it to one of: {', '.join(PROFILES)}.")
    if name:
        return name
    import torch

    return "gpu" if torch.cuda.is_available() else "laptop"


def home():
    """The folder where colorlib keeps progress and caches: $COLORLIB_HOME, else ~/.colorlib."""
    return Path(os.environ.get("COLORLIB_HOME") or "~/.colorlib").expanduser()


def shown(path):
    """A path as people write it: `~` for their own folder."""
    path = Path(path)
    return f"~/{path.relative_to(Path.home()).as_posix()}" if path.is_relative_to(Path.home()) else str(path)


class Settings(dict):
    """A lesson's numbers at the profile in force, as attributes: `settings.steps`."""

    def __init__(self, profile, table):
        super().__init__({name: row[PROFILES.index(profile)] for name, row in table.items()})
        self.profile, self.table = profile, table

    def __getattr__(self, name):
        try:
            return self[name]
        except KeyError:
            raise AttributeError(f"No setting '{name}' here. There are: {', '.join(self)}.") from None

    def __repr__(self):
        return tables.as_text(self._rows())

    def _repr_html_(self):
        return tables.as_html(self._rows(), bold=1 + PROFILES.index(self.profile))

    def _rows(self):
        rows = [["setting", *(f"{name} (in force)" if name == self.profile else name for name in PROFILES)]]
        for name, row in self.table.items():
            rows.append([name, *(f"{value:,}" if isinstance(value, int) else str(value) for value in row)])
        return rows


def settings(**table):
    """A lesson's numbers, each as (quick, laptop, gpu); returns those of the profile in force."""
    for name, row in table.items():
        if len(row) != len(PROFILES):
            raise ValueError(f"'{name}' needs three numbers: {', '.join(PROFILES)}.")
    return Settings(current(), table)
