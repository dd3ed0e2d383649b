"""The command line: `python -m colorlib COMMAND`; `--help` lists the commands."""

import argparse
import os
import sys
import tomllib
from pathlib import Path

from colorlib.profile import current


# Each command imports what it needs when it runs, so that --help answers at once.
def doctor(options) -> int:
    """say whether the lessons can run on this machine, and what to do if not"""
    from colorlib import doctor

    return doctor.main()


def progress(options) -> int:
    """show how far you are in the course"""
    from colorlib.course import progress

    print(progress())
    return 0


def train(options) -> int:
    """train a recipe; --out gets its weights, its history and a checkpoint to resume from"""
    from colorlib import compare, metrics, training

    for option, value, least in (("seed", options.seed, 0), ("epochs", options.epochs, 1)):
        if value is not None and value < least:
            raise ValueError(f"--{option} takes a whole number from {least} on, not {value}.")
    profile = options.profile or current()
    planned = compare.plan(options.recipe, options.data, profile, options.seed, options.epochs)
    out = options.out or f"runs/{options.recipe}-{options.data}-seed{options.seed}"
    speaks = training.start_accelerator().is_main_process  # one of several processes
    if speaks:
        print(f"{planned.pictures}\n{options.recipe}: {planned.epochs} epochs, to {out}")
    run = compare.train(planned, out, options.resume)
    if speaks:
        print(f"{run}\n{metrics.evaluate({options.recipe: run.generator}, planned.pictures)}")
    return 1 if run.stopped else 0


def compare(options) -> int:
    """train all recipes, or load those that an earlier call has trained; one table of what they do"""
    import json

    from colorlib import compare, files, training

    if options.seeds < 1:
        raise ValueError(f"--seeds takes a whole number from 1 on, not {options.seeds}.")
    profile = options.profile or current()
    try:
        names, place = options.recipes or compare.RECIPES, compare.place(options.data, profile)
        rows = compare.rows(names, options.data, profile, options.seeds, place)
    except training.Stopped as stop:
        print(f"{stop} Call it again to go on from there.", file=sys.stderr)
        return 1
    print(f"All trainings are in {place}.\n{compare.table(rows)}")
    if options.json:
        files.write(options.json, (json.dumps(rows, indent=1) + "\n").encode())
    return 0


def colorize(options) -> int:
    """color photographs of any size, files or folders; what is in the way stays without --force"""
    import numpy as np
    import torch
    from tqdm import tqdm

    from colorlib import colorize, files, models
    from colorlib.data import pictures

    model, label = models.load(options.model), f"colored by colorlib, {Path(options.model).stem}"
    if options.samples < 1 or (options.samples > 1 and not hasattr(model.network, "arrows")):
        raise ValueError("--samples takes a whole number from 1 on, and more than 1 where the network draws samples.")
    colorize.colorize(np.zeros((1, 1, 3), np.uint8), model, options.side)  # what cannot work is said once
    out, taken = Path(os.path.abspath(os.path.expanduser(options.out))), set()
    photographs = colorize.sources(options.paths, out)
    originals = set(map(os.path.realpath, photographs))
    counts = {"colored": 0, "left out": 0, "failed": 0}
    numbers = range(options.samples)
    for path, name, seed in tqdm([(*of, n) for of in photographs.items() for n in numbers], "Coloring", disable=None):
        how = {"dice": torch.Generator().manual_seed(seed)} if seed else {}
        try:
            picture, facts = pictures.read_to_keep(path)
            outcome, told = "colored", "an animation, its first picture is colored" if facts["animated"] else ""
            place = colorize.target(out, name, picture, facts, taken)
            if os.path.realpath(place) in originals:
                raise ValueError(f"{place} is an original itself: choose another --out")
            if os.path.lexists(place) and not options.force:
                outcome, told = "left out", f"left out, since {place} is there already (--force replaces it)"
            else:
                colored = colorize.result(picture, model, options.side, options.side_by_side, **how)
                colorize.save(colored, place, label)
        except (ValueError, OSError) as error:
            outcome, told = "failed", getattr(error, "reason", error)
        counts[outcome] += 1
        if told:
            tqdm.write(f"{path if str(path).isprintable() else ascii(str(path))}: {told}", file=sys.stderr)
        if isinstance(told, files.CannotWrite):
            break  # nor could the others
    print(", ".join(f"{count:,} {outcome}" for outcome, count in counts.items()))
    return 1 if counts["failed"] else 0


def parser() -> argparse.ArgumentParser:
    """One line a command, and under it the command's own options, which commands.toml lists."""
    parser = argparse.ArgumentParser("python -m colorlib", description="The course's helper.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    options = tomllib.loads(Path(__file__).with_name("commands.toml").read_text(encoding="utf-8"))
    for run in (doctor, progress, train, compare, colorize):
        command = commands.add_parser(run.__name__, help=run.__doc__, description=run.__doc__)
        command.set_defaults(run=run)
        command.register("type", "int", int)  # what TOML calls it
        for name, facts in options.get(run.__name__, {}).items():
            command.add_argument(name, **facts)
    return parser


def main(arguments=None) -> int:
    """Run the command that the arguments name; the exit status."""
    options = parser().parse_args(arguments)
    try:
        return options.run(options)
    except (ValueError, OSError) as error:  # what was asked for cannot be
        print(error, file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
