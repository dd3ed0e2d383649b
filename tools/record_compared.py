"""Write the recorded tables of lesson 06: what `python -m colorlib compare` measured, and some of what it painted.

    python -m colorlib compare --data scenes --profile laptop --seeds 3 --json rows.json
    python tools/record_compared.py scenes --rows rows.json
    python tools/record_compared.py photographs --large FOLDER

The second line reads the networks that the first one left in runs/compare. The third one measures the networks of
photographs that come with colorlib on the photographs that no network was trained on, as in tools/train_photos.py.
"""

import argparse
import json
import zlib
from pathlib import Path

import torch
from train_photos import SHARED, kept_aside
from train_weights import hardware, rounded, write

from colorlib import color, compare, files, metrics, models
from colorlib.course.recorded import card_of
from colorlib.worlds import scenes

SHOWN = 10  # pictures whose colors are kept
PHOTOGRAPHS = {"L1": "photo_l1", "classify": "photo_classify", "pix2pix": "photo_pix2pix"}
PHOTOGRAPHS |= {"wgan_gp": "photo_wgan_gp", "nogan": "photo_nogan", "flow": "photo_flow"}
NOTES = {
    "scenes": "the world mixed: 2,048 pictures, a tenth of them held out; measured on 200 others, always the same",
    "cifar10": "2,048 pictures of CIFAR-10, a tenth of them held out; measured on the first 20 of each class in its "
    "test part (here of a copy with 100 pictures a class)",
    "photographs": "small photographs of 200 classes and crops of 600 large ones; measured on the middle squares of "
    "others, 64 pixels a side",
}


def record(name: str, rows: list[dict], trained: Path, folder: Path) -> None:
    """The rows of a table; what the networks of seed 0 made of a few pictures, and each one's worst."""
    of, _ = compare.held_out(name, 32)
    whole = of.pictures if isinstance(of, scenes.Scenes) else of
    gray, truth = color.to_gray_ab(whole)
    # Of CIFAR-10 one picture of each class.
    some = slice(None, None, len(whole) // SHOWN) if name == "cifar10" else slice(SHOWN)
    paintings, worst = {"gray": gray[some], "truth": truth[some]}, {}
    for recipe in dict.fromkeys(row["recipe"] for row in rows if row["recipe"] != "gray"):
        ab = models.paint(models.load(trained / f"{recipe}-seed0"), gray)
        wrong = metrics.ab_distance(ab * color.AB_SCALE, truth * color.AB_SCALE).mean(dim=(1, 2))
        place = int(wrong.argmax())
        worst[recipe] = {"place": place, "ab_error": round(wrong[place].item(), 2)}
        paintings |= {recipe: ab[some], f"worst {recipe}": ab[place : place + 1]}
        paintings |= {f"gray {place}": gray[place : place + 1], f"truth {place}": truth[place : place + 1]}
    files.write(folder / f"{name}.safetensors", models.pack(paintings))
    finish(name, rows, whole, folder, {"worst": worst})


def record_photographs(large: Path, folder: Path) -> None:
    """The shipped networks of photographs, measured alike."""
    squares = kept_aside(large, 64)
    gray, truth = color.to_gray_ab(squares)

    def measured(ab):
        return metrics.measure(ab, truth, gray, names=compare.MEASURES)

    true = {"true_colorfulness": measured(truth)["colorfulness"]}
    rows = [{"recipe": "gray", "seed": 0, **measured(0 * truth), **true}]
    for recipe, name in PHOTOGRAPHS.items():
        card, network = card_of(name), models.load(name)
        row = {"recipe": recipe, "seed": 0, **measured(models.paint(network, gray)), **true}
        rows.append(row | {"parameters": models.count_parameters(network.network), "seconds": sum(card["seconds"])})
        rows[-1] |= {"loaded": True, "pictures_seen": seen(card)}
    finish("photographs", rows, squares, folder, {})


def seen(card: dict) -> int:
    """How many pictures a network of photographs was shown; nogan's in all three stages."""
    if card["recipe"] != "nogan":
        return int(card["history"][-1]["step"] * SHARED["batch_size"])
    once = seen(card_of("photo_l1")) // int(card_of("photo_l1")["epochs"])  # all that stage 2 paints a share of
    return int(card["pictures"] * card["epochs"] + 2 * card["share"] * once + card["gan_batch_size"] * card["last"])


def finish(name: str, rows: list[dict], pictures: torch.Tensor, folder: Path, more: dict) -> None:
    """Write the card. By its fingerprint anybody can see whether they measured on the same pictures."""
    card = {"name": name, "data": NOTES[name], "pictures": len(pictures), "hardware": hardware()}
    card |= {"fingerprint": zlib.crc32(pictures.contiguous().numpy()), **more}
    keep = ("recipe", "loaded", "parameters", "pictures_seen", "seed")
    for row in rows:
        numbers = rounded({key: value for key, value in row.items() if key not in keep}) | {
            "measured_on": len(pictures)
        }
        card.setdefault("rows", []).append({key: row[key] for key in keep if key in row} | numbers)
    write(folder / f"{name}.json", card)
    print(compare.table(card["rows"]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("name", choices=NOTES)
    parser.add_argument("--rows", type=Path, help="what compare wrote with --json")
    parser.add_argument("--trained", type=Path, help="the networks that compare left, if not in runs/compare")
    parser.add_argument("--large", type=Path, help="folder of large photographs")
    parser.add_argument("--out", type=Path, default=models.WEIGHTS / "compared", help="another folder")
    options = parser.parse_args()
    torch.manual_seed(0)
    if options.name == "photographs":
        record_photographs(options.large, options.out)
    else:
        trained = options.trained or Path("runs/compare") / f"{options.name}-laptop"
        record(options.name, json.loads(options.rows.read_text(encoding="utf-8")), trained, options.out)


if __name__ == "__main__":
    main()
