"""Lesson 04: what its checks must reject, and words of the sentence that they should say; more right answers."""

import warnings
from itertools import islice

import torch
from torch.distributions import Beta


def a_distance(sort=lambda one, other: (one.sort().values, other.sort().values), give=lambda ways: ways.abs().mean()):
    return lambda one, other: give(torch.sub(*sort(one, other)))


def a_penalty(
    draw=lambda real: torch.rand(len(real), 1, 1, 1),
    start=lambda mixed: mixed.detach().requires_grad_(),
    total=lambda heights: heights.flatten(1).mean(dim=1).sum(),
    slope=lambda gradient: gradient.flatten(1).norm(dim=1),
    cost=lambda slope: ((slope - 1) ** 2).mean(),
    **options,
):
    """Makes gradient penalties with one mistake each, or none."""

    def penalty(critic, gray, real, fake):
        alpha = draw(real)
        mixed = start(alpha * real + (1 - alpha) * fake)
        heights = critic(torch.cat([gray, mixed], dim=1))
        (gradient,) = torch.autograd.grad(total(heights), mixed, **{"create_graph": True, **options})
        return cost(slope(gradient))

    return penalty


def drawn(draw):
    """α of N×1×1×1, from a function that draws N numbers."""
    return lambda real: draw(len(real)).view(-1, 1, 1, 1)


def in_place(critic, gray, real, fake):
    alpha = torch.rand(len(real), 1, 1, 1)
    real *= alpha
    real += (1 - alpha) * fake.detach()
    return a_penalty(lambda real: 1)(critic, gray, real, fake)


def gray_differentiated(critic, gray, real, fake):
    alpha = torch.rand(len(real), 1, 1, 1)
    real, fake = (torch.cat([gray, colors], dim=1) for colors in (real, fake))
    mixed = (alpha * real + (1 - alpha) * fake).detach().requires_grad_()
    total = critic(mixed).flatten(1).mean(dim=1).sum()
    (gradient,) = torch.autograd.grad(total, mixed, create_graph=True)
    return ((gradient.flatten(1).norm(dim=1) - 1) ** 2).mean()


def backward_instead_of_grad(critic, gray, real, fake):
    alpha = torch.rand(len(real), 1, 1, 1)
    mixed = (alpha * real + (1 - alpha) * fake).detach().requires_grad_()
    with warnings.catch_warnings(action="ignore"):  # torch, too, advises against it
        critic(torch.cat([gray, mixed], dim=1)).flatten(1).mean(dim=1).sum().backward(create_graph=True)
    return ((mixed.grad.flatten(1).norm(dim=1) - 1) ** 2).mean()


def a_round(take=islice, paint=lambda shown, batches: shown[-1], turns=1, early=False, give=list):
    """Makes rounds with one mistake each, or none. `take` gives the critic's batches, `paint` the generator's."""

    def train(critic_step, generator_step, batches, n_critic):
        shown, estimates = list(take(batches, n_critic)), []
        paints = [lambda: generator_step(*paint(shown, batches))] * turns
        learns = [lambda pair=pair: estimates.append(critic_step(*pair)) for pair in shown]
        for act in paints + learns if early else learns + paints:
            act()
        return give(estimates)

    return train


WRONG = {
    "wasserstein": {
        "not sorted": (a_distance(sort=lambda *samples: samples), "sort first"),
        "one of the two sorted": (a_distance(sort=lambda a, b: (a.sort().values, b)), "Only one of the two"),
        "the distance of the means": (a_distance(give=lambda ways: ways.mean().abs()), "cancel"),
        "a sign left": (a_distance(give=torch.mean), "never negative"),
        "the other sign": (a_distance(give=lambda ways: -ways.mean()), "as far as to the right"),
        "squares": (a_distance(give=lambda ways: (ways**2).mean()), "no squares"),
        "their root": (a_distance(give=lambda ways: (ways**2).mean().sqrt()), "no roots"),
        "the sum": (a_distance(give=lambda ways: ways.abs().sum()), "that is the sum"),
        "places and values": (lambda a, b: (a.sort() - b.sort()).abs().mean(), "take .values"),
    },
    "gradient_penalty": {
        "a length for each channel": (a_penalty(slope=lambda g: g.flatten(2).norm(dim=2)), "not one each"),
        "the square of the length": (a_penalty(slope=lambda g: g.flatten(1).square().sum(dim=1)), "is the root of"),
        "not squared": (a_penalty(cost=lambda slope: (slope - 1).abs().mean()), "no square"),
        "no mean": (a_penalty(cost=lambda slope: (slope - 1) ** 2), "one number"),
        "the norm over one axis": (a_penalty(slope=lambda g: g.norm(dim=1)), "one axis only"),
        "gray differentiated too": (gray_differentiated, "gray as well"),
        "the patches added up": (a_penalty(total=torch.sum), "the slope of their sum"),
        "one side only": (a_penalty(cost=lambda slope: (slope - 1).clamp(min=0).square().mean()), "one side only"),
        "heights averaged over the batch": (a_penalty(total=torch.mean), "averaged over the batch"),
        "costs added up": (a_penalty(cost=lambda slope: ((slope - 1) ** 2).sum()), "sum of the costs"),
        "one norm for the batch": (a_penalty(slope=torch.norm), "one norm over the whole batch"),
        "gradients averaged before the norm": (a_penalty(slope=lambda g: g.mean(dim=0).norm()), "too early"),
        "α from a normal distribution": (a_penalty(drawn(torch.randn)), "normal"),
        "α from a sigmoid": (a_penalty(drawn(lambda n: (1.6 * torch.randn(n)).sigmoid())), "a sigmoid, a root or"),
        "α from Beta(.9, .9)": (a_penalty(drawn(lambda n: Beta(0.9, 0.9).sample((n,)))), "another distribution"),
        "α in even steps": (a_penalty(drawn(lambda n: torch.linspace(0, 1, n))), "torch.linspace"),
        "α from one seed": (a_penalty(drawn(lambda n: torch.rand(n, generator=torch.manual_seed(0)))), "a seed inside"),
        "one α for the batch": (a_penalty(lambda real: torch.rand(1)), "one α for the whole batch"),
        "an α for each pixel": (a_penalty(torch.rand_like), "each pixel"),
        "at the real pictures": (a_penalty(drawn(torch.ones)), "always at one end"),
        "always half way": (a_penalty(drawn(lambda n: torch.full((n,), 0.5))), "always the same one"),
        "real pictures changed": (in_place, "changed the real pictures"),
        "no create_graph": (a_penalty(create_graph=False), "create_graph=True"),
        "cut off from the critic": (a_penalty(cost=lambda slope: ((slope.detach() - 1) ** 2).mean()), ".detach()"),
        "a way back to the generator": (a_penalty(start=torch.Tensor.requires_grad_), "reaches the generator"),
        "backward instead of grad": (backward_instead_of_grad, "leaves gradients in the critic"),
    },
    "critic_steps": {
        "one batch again and again": (a_round(lambda batches, n: [next(batches)] * n), "inside the loop"),
        "all batches": (a_round(lambda batches, n: batches), "no more"),
        "one step too few": (a_round(lambda batches, n: islice(batches, n - 1)), "no fewer"),
        "n_critic fixed": (a_round(lambda batches, n: islice(batches, 3)), "fixed in your code"),
        "a batch too many": (a_round(lambda batches, n: list(islice(batches, n + 1))[:n]), "a batch too many"),
        "all batches taken": (a_round(lambda batches, n: list(batches)[:n]), "or all of them"),
        "the generator each time": (a_round(turns=3), "one step a round"),
        "no generator": (a_round(turns=0), "one step a round"),
        "the generator first": (a_round(early=True), "come first"),
        "the generator on a fresh batch": (a_round(paint=lambda shown, batches: next(batches)), "one more from"),
        "the generator on the first batch": (a_round(paint=lambda shown, batches: shown[0]), "neither the first"),
        "ab before gray": (a_round(lambda batches, n: [next(batches)[::-1] for _ in range(n)]), "in this order"),
        "the last number alone": (a_round(give=lambda estimates: estimates[-1]), "not just the last"),
        "no return": (a_round(give=lambda estimates: None), "`return`"),
    },
}

RIGHT = {
    "wasserstein": {
        "by hand": lambda a, b: sum(abs(x - y) for x, y in zip(sorted(a), sorted(b), strict=True)) / len(a),
    },
    "gradient_penalty": {
        "the other way round": a_penalty(drawn(lambda n: 1 - torch.rand(n))),
        "one α in each of N even steps": a_penalty(drawn(lambda n: (torch.randperm(n) + torch.rand(n)) / n)),
        "a number under the root": a_penalty(slope=lambda g: (g.flatten(1).square().sum(dim=1) + 1e-12).sqrt()),
    },
    "critic_steps": {"its batches first": a_round()},
}
