"""Draw the README's picture, docs/course.webp, with networks that the course ships: photographs, then a drawn world.

python tools/draw_course_picture.py
"""

import io
from pathlib import Path

import torch
from PIL import Image

from colorlib import color, models, plots
from colorlib.colorize import colorize
from colorlib.data.pictures import square
from colorlib.data.sets import photo_files
from colorlib.worlds import scenes

TARGET = Path(__file__).resolve().parent.parent / "docs" / "course.webp"
PHOTOGRAPHS = ("coffee.png", "flower.jpg", "chelsea.png", "china.jpg", "astronaut.png", "rocket.jpg")
SIDE = 256  # pixels


def photographs() -> plots.Figure:
    truth = torch.stack([torch.from_numpy(square(file, SIDE).copy()) for file in photo_files(PHOTOGRAPHS)])
    gray = color.to_uint8(plots.gray_picture(truth))
    brown, bold = ([colorize(one, model) for one in gray] for model in ("photo_l1", "photo_classify"))
    return plots.pictures(
        [list(gray), brown, bold, list(truth)],
        row_titles=("gray", "colored\nunder L1", "colored by\nclasses", "the truth"),
        cell=1.47,
        alt="Six photographs in four rows: gray, brownish, in color with some red too many, and in truth.",
    )


def world() -> plots.Figure:
    options = dict(size=32, seed=2_026, world="ambiguous")
    pictures = torch.cat([scenes.draw(2, kinds=(kind,), **options).pictures for kind in scenes.KINDS])
    gray, _ = color.to_gray_ab(pictures)
    brown = color.from_gray_ab(gray, models.paint(models.load("ambiguous_l2"), gray))
    return plots.pictures(
        [plots.gray_picture(pictures), brown, pictures],
        row_titles=("gray", "a network's\nbest guess", "the truth"),
        cell=1.1,
        alt="Three rows of small landscapes: gray, with dull objects, with red, blue and green objects.",
    )


def main():
    parts = [Image.open(io.BytesIO(figure.webp)).convert("RGB") for figure in (photographs(), world())]
    width, paper = max(part.width for part in parts), parts[0].getpixel((0, 0))
    whole = Image.new("RGB", (width, sum(part.height for part in parts)), paper)
    top = 0
    for part in parts:
        whole.paste(part, (width - part.width, top))
        top += part.height
    TARGET.parent.mkdir(exist_ok=True)
    whole.save(TARGET, quality=90, method=6)
    print(f"wrote {TARGET.name}, {TARGET.stat().st_size / 1e3:.0f} kB")


if __name__ == "__main__":
    main()
