"""Lesson 02: what its checks must reject, and words of the sentence that they should say then."""

import torch
from torch import nn

from colorlib.course.lesson_02 import theory


def a_decoder(padding=1, last=nn.Tanh, extra=(), ups=True, between=nn.ReLU, first=()):
    """Makes functions that make decoders with one mistake each."""

    def make(channels):
        layers = [*first]
        for before, after in zip(channels, channels[1:], strict=False):
            layers += [nn.Upsample(scale_factor=2)] if ups else []
            layers += [nn.Conv2d(before, after, 3, padding=padding), between()]
        return nn.Sequential(*layers, *extra, nn.Conv2d(channels[-1], 2, 3, padding=padding), last())

    return make


def a_step(forget=True, move=True, loss=nn.functional.mse_loss, give=torch.Tensor.item, before=None, after=None):
    def step(network, optimizer, gray, ab):
        network.train(network.training if before is None else before)
        value = loss(network(gray), ab)
        if forget:
            optimizer.zero_grad()
        value.backward()
        if move:
            optimizer.step()
        network.train(network.training if after is None else after)
        return give(value)

    return step


def expected_loss(grid, palette, probabilities, loss):
    return sum(p * loss(grid, truth) for p, truth in zip(probabilities, palette, strict=True))


def best(among, palette, probabilities, loss):
    return among[expected_loss(among, palette, probabilities, loss).argmin()]


def mean_or_median(grid, palette, probabilities, loss):
    """The two optima from memory."""
    best = (theory.mean if loss is theory.squared else theory.median)(palette, probabilities)
    return grid[(grid - best).norm(dim=1).argmin()]


def a_test(zero=True, compare="gradients", give=lambda same: not same):
    """Makes functions that ask in a wrong way whether a generator depends on its critic."""

    def depends(generator_loss, generator, critics):
        found = []
        for critic in critics:
            if zero:
                generator.zero_grad()
            loss = generator_loss(generator, critic)
            loss.backward()
            found.append(loss.detach() if compare == "losses" else next(generator.parameters()).grad.clone())
        return give(torch.equal(*found))

    return depends


def cleared_at_the_end(network, optimizer, gray, ab):
    loss = nn.functional.mse_loss(network(gray), ab)
    loss.backward()
    optimizer.step()
    optimizer.zero_grad()
    return loss.item()


WRONG = {
    "decoder": {
        "no padding": (a_decoder(padding=0), "padding=1"),
        "no doubling": (a_decoder(ups=False), "double 8×8 to 32×32"),
        "ReLU at the end": (a_decoder(last=nn.ReLU), "Tanh"),
        "no limit at the end": (a_decoder(last=nn.Identity), "Tanh"),
        "one layer too many": (a_decoder(extra=[nn.Conv2d(8, 8, 1)]), "nothing else that learns"),
        "no ReLU": (a_decoder(between=nn.Identity), "expected order"),
        "doubled at once": (a_decoder(ups=False, first=[nn.Upsample(scale_factor=4)]), "expected order"),
        "other channels than those asked for": (lambda _: a_decoder()([32, 16, 8]), "numbers of channels"),
        "a network instead of a function": (a_decoder()([32, 16, 8]), "stopped with"),
    },
    "training_step": {
        "gradients not forgotten": (a_step(forget=False), "zero_grad"),
        "no step": (a_step(move=False), "optimizer.step()"),
        "a tensor given back": (a_step(give=lambda loss: loss.detach()), "loss.item()"),
        "absolute error": (a_step(loss=nn.functional.l1_loss), "** 2"),
        "in eval mode": (a_step(before=False, after=True), "eval()"),
        "left in eval mode": (a_step(after=False), "eval()"),
    },
    "best_color": {
        "its number": (lambda *a: expected_loss(*a).argmin(), "not its number"),
        "the worst": (lambda grid, *a: grid[expected_loss(grid, *a).argmax()], "that color itself"),
        "not weighted": (lambda g, palette, p, loss: best(g, palette, 0 * p + 1, loss), "times its probability"),
        "squared error always": (lambda grid, palette, p, _: best(grid, palette, p, theory.squared), "handed in"),
        "one of the palette's": (lambda g, *a: best(g if a[2] is theory.squared else a[0], *a), "Search all of"),
        "the mean or the median": (mean_or_median, "any loss"),
    },
    "depends_on_critic": {
        "always": (a_test(give=lambda _: True), "no critic in it"),
        "never": (a_test(give=lambda _: False), "must come out True"),
        "gradients not cleared": (a_test(zero=False), "no critic in it"),
        "losses compared": (a_test(compare="losses"), "gradient, not the loss"),
    },
}

RIGHT = {"training_step": {"gradients cleared at the end": cleared_at_the_end}}
