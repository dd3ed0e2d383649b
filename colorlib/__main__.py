"""The command line: `python -m colorlib COMMAND`; `--help` lists the commands."""

import argparse
import sys

from colorlib.profile import PROFILES


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
    from colorlib import commands

    return commands.train(options)


def parser() -> argparse.ArgumentParser:
    """One line a command, and under it the command's own options."""
    parser = argparse.ArgumentParser("python -m colorlib", description="The course's helper.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(run):
        described = commands.add_parser(run.__name__, help=run.__doc__, description=run.__doc__)
        described.set_defaults(run=run)
        return described

    command(doctor)
    command(progress)
    training = command(train)
    training.add_argument("recipe", help="its name, such as unet_l1")
    training.add_argument("--data", default="scenes", help="a world, photos, cifar10 or a folder")
    training.add_argument("--profile", choices=PROFILES, help="how big; else as in the lessons")
    training.add_argument("--epochs", type=int, help="else as many as the profile says")
    training.add_argument("--seed", type=int, default=0)
    training.add_argument("--out", help="a folder; else one below runs/")
    training.add_argument("--resume", action="store_true", help="go on from --out's checkpoint")
    return parser


def main(arguments=None) -> int:
    """Run the command that the arguments name; the exit status."""
    options = parser().parse_args(arguments)
    return options.run(options)


if __name__ == "__main__":
    sys.exit(main())
