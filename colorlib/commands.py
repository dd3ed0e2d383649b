"""The commands' work: `python -m colorlib train` (__main__.py reads the command line)."""

import sys

from colorlib import data, metrics, models, profile, training

# How big a training on the command line is. At `gpu` everything is as published.
SMALL = dict(width=0.25, lr=3e-3, batch_size=64)
SMALL_CRITIC = dict(critic_width=0.375, critic_lr=5e-4)  # slower, or it leaves the generator behind
# Every other step is the critic's alone, so lesson 04's figures go with twice the epochs.
SMALL_DISTANCE = dict(lr=2e-3, critic_width=0.5, critic_steps=2, betas=(0.0, 0.9), lam=30)
SIZES = {
    "quick": dict(n=256, epochs=2, size=32, **SMALL),
    "laptop": dict(n=2048, epochs=8, size=32, **SMALL),
    "gpu": dict(n=None),
}


def train(options) -> int:
    """Train a recipe, leave the result in a folder, say how good it is; the exit status."""
    try:
        recipe, pictures, epochs = _prepare(options)
        out = options.out or f"runs/{options.recipe}-{options.data}-seed{options.seed}"
        speaks = training.start_accelerator().is_main_process  # one of several processes
        if speaks:
            count = models.count_parameters(recipe.generator)
            print(f"{pictures}\n{options.recipe}: {count:,} parameters, {epochs} epochs, to {out}")
        check = metrics.validator(pictures, ("ab_error", "colorfulness"))
        where = {"out": out, "resume": options.resume}
        run = training.fit(recipe, pictures.train, epochs=epochs, validate=check, **where)
    except (ValueError, OSError, training.Stopped) as error:
        print(error, file=sys.stderr)
        return 2
    if speaks:
        print(f"{run}\n{metrics.evaluate({options.recipe: run.generator}, pictures)}")
    return 1 if run.stopped else 0


def _prepare(options):
    """The recipe, the pictures and the number of epochs that the options ask for."""
    if options.recipe not in training.RECIPES:
        training.build(options.recipe)  # says which there are, before any data is fetched
    if options.seed < 0:
        raise ValueError(f"A seed is a whole number from 0 on, not {options.seed}.")
    if options.epochs is not None and options.epochs < 1:
        raise ValueError(f"{options.epochs} epochs are no training: at least 1 is needed.")
    figures = {"seed": options.seed, **SIZES[options.profile or profile.current()]}
    n, epochs = figures.pop("n"), figures.pop("epochs", None)
    if options.epochs is not None:
        epochs = options.epochs
    elif epochs and options.recipe == "wgan_gp":
        epochs *= 2
    if options.data == "cifar10":
        figures["size"] = 32
    size = figures.get("size") or training.RECIPES[options.recipe].keywords["size"]
    pictures = data.load(options.data, size, n, options.seed)
    if "lr" in figures:  # a short training: the rate rises and falls once
        figures["batch_size"] = min(figures["batch_size"], len(pictures.train))
        figures["steps"] = epochs * (len(pictures.train) // figures["batch_size"])
        figures |= SMALL_CRITIC if options.recipe in training.ADVERSARIAL else {}
        figures |= SMALL_DISTANCE if options.recipe == "wgan_gp" else {}
    recipe = training.build(options.recipe, **figures)
    return recipe, pictures, recipe.epochs if epochs is None else epochs
