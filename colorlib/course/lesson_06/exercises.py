"""Lesson 06's exercises: which systems no other beats, a score's interval, whether a critic reaches its generator."""

import torch
from torch import nn

from colorlib.course.exercise import Exercise
from colorlib.training import seeded


def front(systems):
    """The names that no other beats in both numbers: `systems` {name: (wrong, off)}, both better where smaller."""
    return [
        name
        for name, (wrong, off) in systems.items()
        if not any(other[0] < wrong and other[1] < off for other in systems.values())
    ]


def _front_cases():
    three = {"bold": (20.0, 5.0), "brown": (14.0, 25.0), "worse": (22.0, 30.0)}

    def chosen(systems):
        """1 for each system that is named, 0 for the others."""

        def probe(function):
            named = function(dict(systems))
            return named if named is None else torch.tensor([float(name in named) for name in systems])

        return probe

    return [
        ("(wrong, off) of (20, 5), (14, 25) and (22, 30): which are on the front (1 = yes)", chosen(three)),
        ("(20, 5) and (14, 25), the second one named first", chosen({"brown": (14.0, 25.0), "bold": (20.0, 5.0)})),
        (
            "(14, 25), and (14, 30) which is as wrong and farther off",
            chosen({"one": (14.0, 25.0), "two": (14.0, 30.0)}),
        ),
        ("one system alone", chosen({"only": (30.0, 30.0)})),
    ]


def interval(hits, rounds):
    """The 95 % interval of a share, by Wilson: (low, high)."""
    share, z = hits / rounds, 1.96
    middle = share + z**2 / (2 * rounds)
    reach = z * (share * (1 - share) / rounds + z**2 / (4 * rounds**2)) ** 0.5
    return (middle - reach) / (1 + z**2 / rounds), (middle + reach) / (1 + z**2 / rounds)


def _interval_cases():
    def both(hits, rounds):
        def probe(function):
            given = function(hits, rounds)
            return given if given is None else torch.tensor([float(end) for end in given])

        return probe

    scores = (10, 20), (15, 20), (20, 20), (0, 20), (150, 200)
    return [(f"{hits} of {rounds}", both(hits, rounds)) for hits, rounds in scores]


def critic_matters(generator, loss_of, critics):
    """Whether the generator's gradient changes when the critic does: `loss_of(critic)` is the generator's loss."""
    gradients = []
    for critic in critics:
        generator.zero_grad()
        loss_of(critic).backward()
        gradients.append([parameter.grad.clone() for parameter in generator.parameters()])
    return any(not torch.equal(one, other) for one, other in zip(*gradients, strict=True))


def _critic_matters_cases():
    gray = torch.linspace(-1, 1, 64).view(4, 1, 4, 4)

    def asked(share):
        """A loss that listens to the critic with this share."""

        def probe(function):
            generator = seeded(0, nn.Conv2d, 1, 2, 3, padding=1)
            critics = [seeded(seed, nn.Conv2d, 2, 1, 3, padding=1) for seed in (1, 2)]

            def loss_of(critic):
                fake = generator(gray)
                return (fake**2).mean() - share * critic(fake).mean() + critic(fake.detach()).mean()

            answer = function(generator, loss_of, critics)
            return answer if answer is None else torch.tensor(float(answer))

        return probe

    return [
        ("a loss with a critic's verdict in it (1 = it matters)", asked(0.1)),
        ("a loss in which the critic sees a detached picture only (0 = it does not)", asked(0.0)),
        ("the same question again, with a weak verdict", asked(1e-3)),
    ]


EXERCISES = {
    "front": Exercise(front, _front_cases),
    "interval": Exercise(interval, _interval_cases),
    "critic_matters": Exercise(critic_matters, _critic_matters_cases),
}
