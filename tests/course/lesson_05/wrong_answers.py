"""Lesson 05: what its checks must reject, and words of the sentence that they should say; more right answers."""

import contextlib
import copy
import math
from functools import partial
from itertools import takewhile

import torch
from torch import nn

from colorlib import models
from colorlib.training import frozen


class Joined(nn.Module):
    """A network, what it is shown, and its way to [L, ab]; under another name nobody looks for the network."""

    def __init__(self, network, shown, join, name="network"):
        super().__init__()
        self.add_module(name, network)
        self.name, self.shown, self.join = name, shown, join

    def forward(self, gray):
        return self.join(gray, self.get_submodule(self.name)(self.shown(gray)))


def a_generator(
    body=lambda encoder: copy.deepcopy(encoder.body),
    outputs=2,
    shown=lambda gray: gray,
    join=lambda gray, ab: torch.cat([gray, ab], dim=1),
    wrap=Joined,
    square=True,
    **options,
):
    """Makes builders of generators with one mistake each, or none."""

    def build(encoder, size):
        from fastai.vision.models.unet import DynamicUnet

        limits = {"y_range": (-1, 1), **options}
        return wrap(DynamicUnet(body(encoder), outputs, (size, size) if square else size, **limits), shown, join)

    return build


def random_body(_):
    return models.build("encoder", 32, 0.125).body


def filled_body(encoder):
    body = random_body(encoder)
    body.load_state_dict(encoder.body.state_dict())
    return body


def weighted(terms, weights):
    return sum(weight * term for weight, term in zip(weights, terms, strict=True))


def a_feature_loss(
    see=lambda eyes, painted, truth: (eyes(painted), eyes(truth)),
    off=lambda one, other: (one - other).abs().mean(),
    colors=lambda lab: lab[:, 1:],
    add=weighted,
    freeze=frozen,
    give=lambda loss: loss,
):
    def loss(painted, truth, eyes, weights):
        with freeze(eyes):
            maps = see(eyes, painted, truth)
        terms = [off(*pair) for pair in zip(*maps, strict=True)]
        return give(off(colors(painted), colors(truth)) + add(terms, weights))

    return loss


def a_choice(
    limit=lambda first, tolerance: first + tolerance,
    fits=lambda glitches, limit: glitches <= limit,
    miss=lambda row: abs(1 - row["chroma_share"]),
    among=lambda rows, fit: filter(fit, rows),
    give=lambda rows, batch: batch,
):
    def choose(rows, tolerance=0.02):
        most = limit(rows[0]["glitches"], tolerance)
        candidates = among(rows, lambda batch: fits(rows[batch]["glitches"], most))
        return give(rows, min(candidates, key=lambda batch: miss(rows[batch])))

    return choose


def first_fit(rows, tolerance):
    return next(b for b in rows if b and rows[b]["glitches"] <= rows[0]["glitches"] + tolerance)


def later_if_any(rows, fit):
    return list(filter(fit, list(rows)[1:])) or [0]


WRONG = {
    "generator": {
        "four channels": (a_generator(outputs=3), "two outputs"),
        "ab alone": (a_generator(wrap=lambda network, *_: network), "ab alone"),
        "the encoder with its head": (a_generator(body=copy.deepcopy), "`encoder.body`"),
        "a number for a size": (a_generator(square=False), "(size, size)"),
        "no return": (lambda encoder, size: None, "`return`"),
        "three outputs of the network": (a_generator(outputs=3, wrap=lambda net, *_: net), "a network's guess at L"),
        "L last": (a_generator(join=lambda gray, ab: torch.cat([ab, gray], dim=1)), "gray comes first"),
        "L in 0…100": (a_generator(join=lambda g, ab: torch.cat([50 * g + 50, ab], dim=1)), "in −1…1, as it came"),
        "no y_range": (a_generator(y_range=None), "y_range=(-1, 1)"),
        "a y_range of 0…1": (a_generator(y_range=(0, 1)), "no green and no blue"),
        "Lab units": (a_generator(y_range=(-110, 110)), "not in Lab units"),
        "a random encoder": (a_generator(body=random_body), "its own weights"),
        "gray in 0…1": (a_generator(shown=lambda gray: gray / 2 + 0.5), "what it was trained on"),
        "no copy": (a_generator(body=lambda encoder: encoder.body), "copy.deepcopy"),
        "frozen for good": (a_generator(body=lambda e: copy.deepcopy(e.body).requires_grad_(False)), "unfreeze"),
        "another wrapping": (a_generator(wrap=partial(Joined, name="unet")), "nogan.Generator(network)"),
    },
    "feature_loss": {
        "squares": (a_feature_loss(off=nn.functional.mse_loss), "no squares"),
        "sums": (a_feature_loss(off=lambda one, other: (one - other).abs().sum()), "means, not sums"),
        "signs left": (a_feature_loss(off=lambda one, other: (one - other).mean()), "absolute"),
        "L counted": (a_feature_loss(colors=lambda lab: lab), "L is counted"),
        "no weights": (a_feature_loss(add=lambda terms, weights: sum(terms)), "without their weights"),
        "no colors": (a_feature_loss(colors=torch.zeros_like), "the colors' own term"),
        "weights on the wrong maps": (a_feature_loss(add=lambda terms, w: weighted(terms[::-1], w)), "first weight"),
        "the mean over the maps": (a_feature_loss(add=lambda terms, w: weighted(terms, w) / len(w)), "no mean over"),
        "the truth beside itself": (a_feature_loss(see=lambda eyes, _, truth: [eyes(truth)] * 2), "with themselves"),
        "the last map alone": (a_feature_loss(add=lambda terms, weights: weights[-1] * terms[-1]), "one map alone"),
        "the first map alone": (a_feature_loss(add=lambda terms, weights: weights[0] * terms[0]), "one map alone"),
        "two maps always": (a_feature_loss(add=lambda terms, w: weighted(terms[:2], w[:2])), "as many maps"),
        "a bare number": (a_feature_loss(give=torch.Tensor.item), ".item()"),
        "nothing frozen": (a_feature_loss(freeze=contextlib.nullcontext), "frozen(eyes)"),
        "no return": (lambda *arguments: None, "`return`"),
    },
    "choose_stop": {
        "the lowest loss": (a_choice(miss=lambda row: row["l1"]), "lowest loss"),
        "the lowest background error": (a_choice(miss=lambda row: row["background_error"]), "background error"),
        "the fewest glitches": (a_choice(miss=lambda row: row["glitches"]), "fewest glitches"),
        "the last one": (lambda rows, tolerance: max(rows), "last one"),
        "the first that fits": (first_fit, "first one that fits"),
        "its row": (a_choice(give=lambda rows, batch: rows[batch]), "not its row"),
        "its place": (a_choice(give=lambda rows, batch: list(rows).index(batch)), "not its place"),
        "no limit": (a_choice(fits=lambda *_: True), "full of glitches"),
        "no tolerance": (a_choice(limit=lambda first, tolerance: first), "without the tolerance"),
        "a tolerance in parts of stage 1's": (a_choice(limit=lambda first, t: first * (1 + t)), "is added"),
        "always the same tolerance": (a_choice(limit=lambda first, _: first + 0.02), "fixed in your code"),
        "the tolerance alone": (a_choice(limit=lambda first, tolerance: tolerance), "has some itself"),
        "fewer than the limit": (a_choice(fits=lambda glitches, limit: glitches < limit), "at most"),
        "the most colorful": (a_choice(miss=lambda row: -row["chroma_share"]), "too much is as wrong"),
        "never above the truth": (
            a_choice(miss=lambda row: abs(1 - row["chroma_share"]) + 9 * (row["chroma_share"] > 1)),
            "a little above",
        ),
        "no further than the first glitches": (a_choice(among=lambda rows, fit: takewhile(fit, rows)), "come and go"),
        "never stage 1": (a_choice(among=lambda rows, fit: filter(fit, list(rows)[1:])), "stage 1's batch, 0"),
        "never stage 1 unless forced": (a_choice(among=later_if_any), "nearest to the truth: 60 %"),
        "by ratio": (a_choice(miss=lambda row: abs(math.log(row["chroma_share"]))), "ratios or logarithms"),
        "no return": (lambda *arguments: None, "`return`"),
    },
}

RIGHT = {
    "generator": {
        "a wrapping of one's own": a_generator(),
        "the whole encoder copied": a_generator(body=lambda encoder: copy.deepcopy(encoder).body),
        "the weights alone copied": a_generator(body=filled_body),
        "more of fastai's options": a_generator(blur=True, self_attention=True),
    },
    "feature_loss": {
        "all under frozen": a_feature_loss(),
        "frozen for good": a_feature_loss(freeze=lambda eyes: contextlib.nullcontext(eyes.requires_grad_(False))),
    },
    "choose_stop": {"among those that fit": a_choice()},
}
