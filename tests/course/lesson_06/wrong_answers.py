"""Lesson 06: what its checks must reject, and words of the sentence that they should say then."""

import torch


def a_front(beats):
    return lambda systems: [n for n, own in systems.items() if not any(beats(o, own) for o in systems.values())]


def an_interval(z=1.96, middle=0.5, root=0.25, below=1.0, power=0.5):
    """Wilson's, with these shares of z² in the middle, under the root and in what both are divided by."""

    def interval(hits, rounds):
        share, part = hits / rounds, z**2 / rounds
        center, reach = share + middle * part, z * (share * (1 - share) / rounds + root * part / rounds) ** power
        return (center - reach) / (1 + below * part), (center + reach) / (1 + below * part)

    return interval


def a_critic_matters(clear=True, copied=torch.clone, whose=lambda generator, critic: generator, equal=torch.equal):
    def critic_matters(generator, loss_of, critics):
        gradients = []
        for critic in critics:
            if clear:
                generator.zero_grad()
            loss_of(critic).backward()
            gradients.append([copied(parameter.grad) for parameter in whose(generator, critic).parameters()])
        return any(not equal(one, other) for one, other in zip(*gradients, strict=True))

    return critic_matters


def by_sorting(systems):
    """From the least wrong on, each that is less dull than, or as dull as, all before it."""
    best, names = float("inf"), []
    for name, (wrong, dull) in sorted(systems.items(), key=lambda of: of[1]):
        if dull <= best or any(systems[other][0] == wrong for other in names):
            names.append(name)
        best = min(best, dull)
    return names


def in_the_papers_form(hits, rounds):
    z2 = 1.96**2
    center, reach = hits + z2 / 2, (z2 * hits * (rounds - hits) / rounds + z2**2 / 4) ** 0.5
    return [(center - reach) / (rounds + z2), (center + reach) / (rounds + z2)]


def around_the_share(hits, rounds):
    low, high = in_the_papers_form(hits, rounds)
    return [hits / rounds + side * (high - low) / 2 for side in (-1, 1)]


def by_autograd(generator, loss_of, critics):
    weights = list(generator.parameters())
    one, other = (torch.cat([g.flatten() for g in torch.autograd.grad(loss_of(c), weights)]) for c in critics)
    return bool((one != other).any())


WRONG = {
    "front": {
        "smaller or equal": (a_front(lambda o, own: o[0] <= own[0] and o[1] <= own[1]), "beat itself"),
        "one is enough": (a_front(lambda o, own: o[0] < own[0] or o[1] < own[1]), "better than the other in one"),
        "the sum": (a_front(lambda o, own: sum(o) < sum(own)), "a sum of the two"),
        "the first number alone": (a_front(lambda o, own: o[0] < own[0]), "the smallest of one"),
        "by far": (a_front(lambda o, own: o[0] < own[0] - 9 and o[1] < own[1] - 9), "beaten in both"),
    },
    "interval": {
        "the simple formula": (an_interval(middle=0, root=0, below=0), "simpler formula"),
        "no root": (an_interval(power=1), "is the root there"),
        "not divided": (an_interval(below=0), "0.299"),
        "99 %": (an_interval(z=2.576), "0.299"),
        "the middle is the share": (around_the_share, "middle of the formula"),
    },
    "critic_matters": {
        "not copied": (a_critic_matters(copied=lambda gradient: gradient, clear=False), "a copy of each"),
        "never cleared": (a_critic_matters(clear=False), "clear them"),
        "the critics' gradients": (a_critic_matters(whose=lambda generator, critic: critic), "gradient"),
        "nearly equal": (a_critic_matters(equal=lambda a, b: torch.allclose(a, b, atol=1e-2)), "a small difference"),
    },
}

RIGHT = {
    "front": {"by sorting": by_sorting},
    "interval": {"in another form": in_the_papers_form},
    "critic_matters": {"by autograd": by_autograd},
}
