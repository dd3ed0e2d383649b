"""colorlib: the small library behind the course on image colorization and GANs."""

from colorlib import repair

__version__ = "0.1.0"

repair.install()
