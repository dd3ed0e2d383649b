"""Audit the dice of the course's systems, under three dice: what lesson 07 shows.

    python tools/audit_dice.py

Each system of SYSTEMS is trained with its `laptop` settings on the world `ambiguous`, drawn with the chances of DICE,
and asked again and again for the same held-out pictures. Under the even die the first seed's weights are those that
ship. A stopped call goes on where it was: checkpoints lie in runs/weights, beside those of train_weights.py.
"""

import argparse
from pathlib import Path

import torch
from train_weights import PICTURES, RUNS, SEEDS, folder_of, hardware, write

from colorlib import color, files, metrics, models, training
from colorlib.course.lesson_05 import stages
from colorlib.course.lesson_07 import dice
from colorlib.data import sets
from colorlib.worlds import scenes

THROWS, ASKED = 48, 16  # throws for each picture; pictures, of a system that throws dice
RED, BLUE, GREEN = scenes.DEFAULT_PALETTE
# Name: the palette, and the chance of each of its colors.
DICE = {
    "even": ((RED, BLUE, GREEN), (1 / 3, 1 / 3, 1 / 3)),
    "70/20/10": ((RED, BLUE, GREEN), (0.7, 0.2, 0.1)),
    "90/10": ((RED, GREEN), (0.9, 0.1)),
}
# Name: the run whose settings it has, and the dice that it is audited under.
SYSTEMS = {
    "flow": ("ambiguous_flow", ("even", "70/20/10", "90/10")),
    "L2": ("ambiguous_l2", ("even",)),
    "L1": ("ambiguous_l1", ("even", "70/20/10", "90/10")),
    "pix2pix": ("ambiguous_pix2pix", ("even", "70/20/10", "90/10")),
    "pix2pix, dropout on": ("ambiguous_pix2pix_dropout", ("even",)),
    "classify": ("ambiguous_classify", ("even",)),
    "WGAN-GP": ("ambiguous_wgan_gp", ("even",)),
}
PAINTED = 2  # pictures, by a network that sees less far
FEW = 12  # throws, for each held-out picture with three objects
# With three seeds; the others with one.
THREE_TIMES = {("flow", "even"), ("flow", "70/20/10")}
OUT = Path(__file__).parent.parent / "colorlib" / "course" / "lesson_07" / "audits.json"


def drawn(die: str, seed: int) -> tuple[scenes.Scenes, scenes.Scenes]:
    """Scenes to train on and held-out ones, as data.load draws them, but with this die."""
    palette, chances = DICE[die]
    held_out = PICTURES // sets.EVERY
    draw = {"world": "ambiguous", "palette": palette, "probabilities": chances}
    return scenes.draw(PICTURES - held_out, 32, seed, **draw), scenes.draw(held_out, 32, seed + 1_000_003, **draw)


def audited(system: str, die: str, seed: int) -> dict:
    """Train a system under a die, or find it trained, and audit it."""
    name, (train, held_out) = SYSTEMS[system][0], drawn(die, seed)
    if die == "even" and seed == SEEDS[0]:
        generator = models.load(name)
    else:
        out = folder_of(name if die == "even" else f"{name}-{die.replace('/', '-')}", seed)
        generator = trained(name, train.pictures, out, seed)
    gray, _ = color.to_gray_ab(held_out.pictures)
    one, other = dice.throws(generator, gray[:2], 2, seed)
    world = held_out if torch.equal(one, other) else held_out[:ASKED]  # who repeats an answer has soon given all
    samples = dice.throws(generator, gray[: len(world)], THROWS, seed)
    table = metrics.evaluate({"one": generator}, held_out, names=("chroma_share", "palette_use", "background_error"))
    return facts(samples, world, die) | rounded(table["one"])


def facts(samples: torch.Tensor, world: scenes.Scenes, die: str) -> dict:
    """An audit, and how often two objects of one picture are in one color."""
    return rounded(dice.audit(samples, world, DICE[die][1]) | {"alike": dice.alike(samples, world)})


def one_level() -> dict:
    """The audit of a network without the lower levels of the U-Net; its samples are kept in a gallery."""
    train, held_out = drawn("even", SEEDS[0])
    generator = trained("ambiguous_flow", train.pictures, folder_of("flow_local", SEEDS[0]), levels=1)
    gray, _ = color.to_gray_ab(held_out.pictures)
    samples = models.sample(generator, gray[:ASKED], THROWS)
    paintings = {"gray": gray[:PAINTED]}
    paintings |= {f"sample {number}": ab[:PAINTED] for number, ab in enumerate(samples[:6], 1)}
    files.write(models.WEIGHTS / "galleries" / "flow_local.safetensors", models.pack(paintings))
    return facts(samples, held_out[:ASKED], "even")


def left_out() -> dict:
    """How often three objects are all painted green, by a network that was never shown such a picture."""
    train, held_out = drawn("even", SEEDS[0])
    green = (train.palette_index == dice.COLORS.index("green")).sum(dim=1)
    shown = (green < 3) | (green < (train.palette_index >= 0).sum(dim=1))
    world = held_out[(held_out.palette_index >= 0).sum(dim=1) == 3]
    gray, _ = color.to_gray_ab(world.pictures)
    networks = {"flow": models.load("ambiguous_flow")}
    out = folder_of("flow_left_out", SEEDS[0])
    networks["flow, never shown it"] = trained("ambiguous_flow", train.pictures[shown], out)
    answers = {"true dice": dice.true_dice(world, DICE["even"][1], FEW)}
    answers |= {name: models.sample(network, gray, FEW) for name, network in networks.items()}
    shares = {name: dice.all_green(samples, world) for name, samples in answers.items()}
    return {"removed": int((~shown).sum()), "pictures": len(world), "throws": FEW, "all green": rounded(shares)}


def trained(name: str, pictures: torch.Tensor, out: Path, seed: int = SEEDS[0], **changes) -> models.Colorizer:
    """A network with the settings of a run, but for changes; found again where it is trained."""
    recipe = RUNS[name][1](seed=seed, **training.laptop(name) | changes)
    return training.fit(recipe, pictures, out=out, resume=True).generator


def nogan(die: str) -> list[dict]:
    """NoGAN as recorded for lesson 05: one answer for each held-out object, at the batch where it was stopped."""
    palette, chances = (torch.tensor(part) for part in DICE[die])
    audits = []
    for report in stages.card("nogan_ambiguous")["stages"]:
        stage = report["stage_3"]
        row = next(row for row in stage["elsewhere"] if row["batch"] == stage["stop"])
        use = metrics.palette_use(torch.tensor(row["objects"]).float(), palette)
        audit = {
            "frequencies": use.tolist(),
            "undecided": 1 - use.sum().item(),
            "off": 1 - (use * chances).sum().item(),
        }
        audits.append(rounded(audit | {name: row[name] for name in ("alike", "chroma_share", "background_error")}))
    return audits


def rounded(audit: dict) -> dict:
    """Four digits are enough."""

    def short(value):
        return list(map(short, value)) if isinstance(value, list) else float(f"{value:.4g}")

    return {name: short(value) for name, value in audit.items()}


def main() -> None:
    argparse.ArgumentParser(description=__doc__.splitlines()[0]).parse_args()
    card = {"throws": THROWS, "pictures": ASKED, "seeds": list(SEEDS), "hardware": hardware(), "dice": {}}
    for die, (_, chances) in DICE.items():
        worlds = {seed: drawn(die, seed)[1][:ASKED] for seed in SEEDS}
        true = [facts(dice.true_dice(world, chances, THROWS, seed), world, die) for seed, world in worlds.items()]
        systems = {"true dice": true}
        for system, (_, under) in SYSTEMS.items():
            if die in under:
                seeds = SEEDS if (system, die) in THREE_TIMES else SEEDS[:1]
                systems[system] = [audited(system, die, seed) for seed in seeds]
                print(f"{die}, {system}: {systems[system]}", flush=True)
        if die == "even":
            systems["NoGAN"] = nogan(die)
        card["dice"][die] = {"chances": list(chances), "systems": systems}
    write(OUT, card | {"left_out": left_out(), "one_level": one_level()})


if __name__ == "__main__":
    main()
