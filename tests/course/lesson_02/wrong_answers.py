"""Lesson 02: what its checks must reject, and words of the sentence that they should say then."""

import torch
from torch import nn

from colorlib.course.lesson_02 import theory


def a_decoder(padding=1, last=nn.Tanh, extra=(), ups=True, between=nn.ReLU):
    """Makes functions that make decoders with one mistake each."""

    def make(channels):
        layers = []
        for before, after in zip(channels, channels[1:], strict=False):
            layers += [nn.Upsample(scale_factor=2)] if ups else []
            layers += [nn.Conv2d(before, after, 3, padding=padding), between()]
        return nn.Sequential(*layers, *extra, nn.Conv2d(channels[-1], 2, 3, padding=padding), last())

    return make


def a_step(forget=True, move=True, loss=nn.functional.mse_loss, give=torch.Tensor.item):
    def step(network, optimizer, gray, ab):
        value = loss(network(gray), ab)
        if forget:
            optimizer.zero_grad()
        value.backward()
        if move:
            optimizer.step()
        return give(value)

    return step


def expected_loss(grid, palette, probabilities, loss):
    return sum(p * loss(grid, truth) for p, truth in zip(probabilities, palette, strict=True))


WRONG = {
    "decoder": {
        "no padding": (a_decoder(padding=0), "padding=1"),
        "no doubling": (a_decoder(ups=False), "double 8×8 to 32×32"),
        "ReLU at the end": (a_decoder(last=nn.ReLU), "Tanh"),
        "no limit at the end": (a_decoder(last=nn.Identity), "Tanh"),
        "one layer too many": (a_decoder(extra=[nn.Conv2d(8, 8, 1)]), "nothing else that learns"),
        "no ReLU": (a_decoder(between=nn.Identity), "expected order"),
        "doubled at once": (
            lambda c: nn.Sequential(nn.Upsample(scale_factor=4), *a_decoder(ups=False)(c)),
            "expected order",
        ),
        "a network instead of a function": (a_decoder()([32, 16, 8]), "stopped with"),
    },
    "training_step": {
        "gradients not forgotten": (a_step(forget=False), "zero_grad"),
        "no step": (a_step(move=False), "optimizer.step()"),
        "a tensor given back": (a_step(give=lambda loss: loss.detach()), "loss.item()"),
        "absolute error": (a_step(loss=nn.functional.l1_loss), "** 2"),
    },
    "best_color": {
        "its number": (lambda *a: expected_loss(*a).argmin(), "not its number"),
        "the worst": (lambda grid, *a: grid[expected_loss(grid, *a).argmax()], "that color itself"),
        "not weighted": (
            lambda grid, palette, p, loss: grid[expected_loss(grid, palette, torch.ones(len(p)), loss).argmin()],
            "times its probability",
        ),
        "squared error always": (
            lambda grid, palette, p, _: grid[expected_loss(grid, palette, p, theory.squared).argmin()],
            "handed in",
        ),
    },
}
