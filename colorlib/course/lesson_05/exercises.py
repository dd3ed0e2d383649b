"""Lesson 05's exercises: a generator on an encoder's body, the feature loss, and when to stop."""

from itertools import accumulate

import torch
from torch import nn

from colorlib import losses, models, nogan
from colorlib.course.exercise import Exercise, call, random
from colorlib.course.lesson_05 import stops
from colorlib.training import frozen, seeded


def build_generator(encoder, size):
    """fastai's DynamicUnet on a copy of the encoder's body, giving [L, ab]."""
    return nogan.unet(encoder, size)


def _generator_cases():
    gray = torch.linspace(-1, 1, 2048).view(2, 1, 32, 32)

    def built(look):
        """Look at a generator and at the encoder that it was built on: the same each time."""

        def probe(build):
            encoder = seeded(1, models.build, "encoder", 32, 0.125)  # a new one, thrown with 0, is not it
            generator = seeded(0, build, encoder, 32)
            return generator if generator is None else look(generator, encoder)  # None: a return is missing

        return probe

    def reach(generator, _):
        """Its last convolution made strong, once in each direction, drives it to both ends."""
        last, painted = [m for m in generator.eval().modules() if isinstance(m, nn.Conv2d)][-1], []
        for strength in (1e6, -1):
            last.weight.data *= strength
            painted.append(generator(gray)[:, 1:])
        return torch.stack(torch.cat(painted).aminmax())

    def kept(generator, encoder):
        filters = [weights for weights in encoder.body.parameters() if weights.ndim == 4]
        found = [any(torch.equal(own, weights) for weights in generator.parameters()) for own in filters]
        return sum(found) / len(found)

    def shown(generator, encoder):
        seen, first = [], next(encoder.body.parameters())
        eyes = (m for m in generator.modules() if isinstance(m, nn.Conv2d) and torch.equal(m.weight, first))
        next(eyes).register_forward_pre_hook(lambda _, shown: seen.append(shown[0].detach()))
        generator(gray)
        return torch.stack(seen[0].aminmax())

    def learns(generator, encoder):
        generator(gray).sum().backward()
        given = sum(weights.grad is not None for weights in encoder.parameters())
        return torch.tensor([given, sum(weights.grad is None for weights in generator.parameters())])

    return [
        ("the shape of what it gives for two gray pictures", built(lambda g, _: torch.tensor(g(gray).shape))),
        ("how far its first channel is from the gray picture", built(lambda g, _: (g(gray)[:, :1] - gray).abs().max())),
        ("the smallest and the largest ab that it can paint", built(reach)),
        ("the share of the encoder's filters that it has inside", built(kept)),
        ("the smallest and the largest gray that its encoder is shown", built(shown)),
        ("the number of gradients that training leaves in your encoder, and misses in the generator", built(learns)),
        ("the number of parameters that `freeze` would hold", built(lambda g, _: len(nogan.Generator.groups(g)[0]))),
    ]


def feature_loss(painted, truth, eyes, weights):
    """L1 between the colors, plus L1 between what the eyes make of both pictures, each map by its weight."""
    with torch.no_grad():
        wanted = eyes(truth)
    with frozen(eyes):
        seen = eyes(painted)
    terms = [weight * losses.l1(*maps) for weight, *maps in zip(weights, seen, wanted, strict=True)]
    return losses.l1(painted[:, 1:], truth[:, 1:]) + sum(terms)


class Eyes(nn.Sequential):
    """Gives what each of its layers makes of [L, ab] pictures."""

    def forward(self, lab):
        return list(accumulate(self, lambda seen, layer: layer(seen), initial=lab))[1:]


def _magnifying():
    """Their first map shows the colors twice as strong, their second one those five times as strong again."""
    eyes = Eyes(nn.Conv2d(3, 2, 1, bias=False), nn.Conv2d(2, 2, 1, bias=False))
    for layer, weight in zip(eyes, (2 * torch.eye(3)[1:], 5 * torch.eye(2)), strict=True):
        layer.weight.data = weight.view_as(layer.weight)
    return eyes


def _curved():
    return seeded(0, lambda: Eyes(nn.Conv2d(3, 4, 3, stride=2), nn.Tanh(), nn.Conv2d(4, 2, 1)))


def _feature_loss_cases():
    gray, colors = random(2, 1, 4, 4) - 0.5, torch.tensor([0.4, -0.4]).view(1, 2, 1, 1).expand(2, -1, 4, 4)
    painted, truth = (torch.cat((gray, ab), dim=1) for ab in (0 * colors, colors))
    any_painted, any_truth = random(2, 2, 3, 8, 8) - 0.5

    def sent(loss):
        """What the loss sends back, to the painting and into the eyes."""
        eyes, canvas = _curved(), any_painted.clone().requires_grad_()
        (loss(canvas, any_truth, eyes, (4.0, 0.0, 8.0)) + 0 * canvas.sum()).backward()  # at least a gradient of 0
        return canvas.grad, sum(weights.grad is not None for weights in eyes.parameters())

    return [
        ("colors that are 0.4 off, with weights of 0", call(painted, truth, seeded(0, _magnifying), (0.0, 0.0))),
        ("the same colors, with the weights 3 and 0.5", call(painted, truth, seeded(0, _magnifying), (3.0, 0.5))),
        ("pictures of all colors, and eyes with three maps", call(any_painted, any_truth, _curved(), (1.0, 2.0, 3.0))),
        ("the push that the painting gets (the gradient)", lambda loss: sent(loss)[0]),
        ("the number of gradients that it leaves in the eyes", lambda loss: sent(loss)[1]),
    ]


def choose_stop(rows, tolerance=0.02):
    """The batch whose chroma is nearest to the truth, of those with at most stage 1's glitches plus the tolerance."""
    return stops.propose(rows, tolerance).batch


def _choose_stop_cases():
    def of(measured, tolerance=0.02):
        """Every 20 batches a share of the true chroma and one of glitches; the losses are lowest at first."""
        rows = {}
        for number, (chroma, glitches) in enumerate(measured):
            errors = {"l1": 0.06 + number / 500, "background_error": 2.5 + number}
            rows[20 * number] = {"chroma_share": chroma, "glitches": glitches, **errors}
        return call(rows, tolerance)

    return [
        ("snapshots without any glitch", of([(0.25, 0.0), (0.5, 0.0), (0.75, 0.0), (0.6, 0.0)])),
        ("a colorful snapshot full of glitches", of([(0.25, 0.001), (0.5, 0.001), (0.9, 0.08), (0.45, 0.0)])),
        ("a snapshot with a few more glitches than stage 1", of([(0.25, 0.001), (0.4, 0.0), (0.5, 0.015)])),
        ("the same snapshots, with a tolerance of 0.005", of([(0.25, 0.001), (0.4, 0.0), (0.5, 0.015)], 0.005)),
        ("a snapshot right at the limit", of([(0.25, 1 / 64), (0.4, 0.0), (0.5, 3 / 64)], 1 / 32)),
        ("snapshots with more chroma than the truth", of([(0.25, 0.0), (0.8, 0.0), (1.1, 0.0), (1.4, 0.0)])),
        ("80 % and 122 % of the true chroma", of([(0.25, 0.0), (0.8, 0.0), (1.22, 0.0)])),
        ("glitches that come and go", of([(0.25, 0.001), (0.4, 0.05), (0.7, 0.01)])),
        ("glitches in all snapshots but stage 1's", of([(0.25, 0.001), (0.6, 0.05), (0.8, 0.06)])),
        ("clean snapshots, and stage 1 nearest to the truth", of([(0.6, 0.001), (0.3, 0.0), (1.7, 0.002)])),
    ]


EXERCISES = {
    "generator": Exercise(build_generator, _generator_cases),
    "feature_loss": Exercise(feature_loss, _feature_loss_cases, tolerance=1e-5),
    "choose_stop": Exercise(choose_stop, _choose_stop_cases),
}
