"""Worlds drawn by the library, in which it is known which colors a gray picture tells. Lessons draw them from 00 on."""
