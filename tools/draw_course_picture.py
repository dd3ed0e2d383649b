"""Draw the README's picture, docs/course.png, with the network that the course ships.

python tools/draw_course_picture.py
"""

import io
from pathlib import Path

import torch
from PIL import Image

from colorlib import color, models, plots
from colorlib.worlds import scenes

TARGET = Path(__file__).resolve().parent.parent / "docs" / "course.png"


def main():
    options = dict(size=32, seed=2_026, world="ambiguous")
    pictures = torch.cat([scenes.draw(2, kinds=(kind,), **options).pictures for kind in scenes.KINDS])
    gray, _ = color.to_gray_ab(pictures)
    brown = color.from_gray_ab(gray, models.paint(models.load("ambiguous_l2"), gray))
    figure = plots.pictures(
        [plots.gray_picture(pictures), brown, pictures],
        row_titles=("gray", "a network's\nbest guess", "the truth"),
        cell=1.1,
        alt="Three rows of small landscapes: gray, with dull objects, with red, blue and green objects.",
    )
    TARGET.parent.mkdir(exist_ok=True)
    Image.open(io.BytesIO(figure.webp)).convert("RGB").save(TARGET, optimize=True)
    print(f"wrote {TARGET.name}, {TARGET.stat().st_size / 1e3:.0f} kB")


if __name__ == "__main__":
    main()
