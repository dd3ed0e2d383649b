"""Lesson 07: what its checks must reject, and words of the sentence that they should say then."""

import torch


def a_flow_loss(
    noise=torch.randn_like,
    time=lambda n: torch.rand(n, 1),
    place=lambda noise, color, t: (1 - t) * noise + t * color,
    target=lambda noise, color, place: color - noise,
    shown=lambda place, noise: place,
    cost=lambda wrong: (wrong**2).mean(),
):
    def flow_loss(arrows, colors):
        start, t = noise(colors), time(len(colors))
        there = place(start, colors, t)
        return cost(arrows(shown(there, start), t) - target(start, colors, there))

    return flow_loss


def a_draw(turns=lambda n: range(n), time=lambda k, n: k / n, step=lambda n: 1 / n, again=True, add=torch.add):
    def draw(arrows, noise, steps):
        place = noise
        for k in turns(steps):
            clock = torch.full((len(noise), 1), float(time(k, steps)))
            place = add(place, arrows(place if again else noise, clock) * step(steps))
        return place

    return draw


def a_pearson(
    expect=lambda counts, p: counts.sum(dim=1, keepdim=True) * p, cost=lambda d, e: d**2 / e, total=torch.sum
):
    def pearson(counts, chances):
        expected = expect(counts, chances)
        return total(cost(counts - expected, expected))

    return pearson


WRONG = {
    "flow_loss": {
        "the wrong sign": (a_flow_loss(target=lambda n, c, p: n - c), "from the noise to the color"),
        "from the place": (a_flow_loss(target=lambda n, c, p: c - p), "from the place"),
        "time turned round": (a_flow_loss(place=lambda n, c, t: t * n + (1 - t) * c), "at time 1 the color"),
        "the noise is shown": (a_flow_loss(shown=lambda place, noise: noise), "not the noise"),
        "one noise for all": (a_flow_loss(noise=lambda c: torch.randn(1, 2).expand_as(c)), "whole batch gives 0"),
        "even noise": (a_flow_loss(noise=torch.rand_like), "torch.rand_like"),
        "one time for all": (a_flow_loss(time=lambda n: torch.rand(1, 1).expand(n, 1)), "a time of its own"),
        "one time, one row": (a_flow_loss(time=lambda n: torch.rand(1, 1)), "a time of its own"),
        "absolute": (a_flow_loss(cost=lambda wrong: wrong.abs().mean()), "without the square"),
        "a sum": (a_flow_loss(cost=lambda wrong: (wrong**2).sum()), "loss of"),
    },
    "draw": {
        "a step too few": (a_draw(turns=lambda n: range(n - 1)), "one whole arrow"),
        "a step too many": (a_draw(turns=lambda n: range(n + 1)), "one whole arrow"),
        "whole arrows": (a_draw(step=lambda n: 1), "one whole arrow"),
        "asked at the end of a step": (a_draw(time=lambda k, n: (k + 1) / n), "where its step begins"),
        "time backwards": (a_draw(time=lambda k, n: 1 - k / n), "runs from 0"),
        "time counted in steps": (a_draw(time=lambda k, n: k), "1/4, 2/4 and 3/4"),
        "always asked at the noise": (a_draw(again=False), "arrows(place, time)"),
        "written into the noise": (a_draw(add=torch.Tensor.add_), "the caller's noise"),
    },
    "pearson": {
        "not squared": (a_pearson(cost=lambda d, e: d.abs() / e), "squared differences"),
        "not divided": (a_pearson(cost=lambda d, e: d**2), "divided by the expected"),
        "a mean": (a_pearson(total=torch.mean), "and their sum"),
        "throws of all objects": (a_pearson(expect=lambda c, p: c.sum() * p), "each row by itself"),
        "rows in one sum": (lambda c, p: a_pearson()(c.sum(dim=0, keepdim=True), p), "each row by itself"),
        "even chances": (a_pearson(expect=lambda c, p: c.sum(dim=1, keepdim=True) / 3), "just as expected"),
    },
}


def in_one_formula(arrows, colors):
    """Another way to draw the time, and no variable for the place's two parts."""
    time, noise = torch.randn(len(colors), 1).sigmoid(), torch.randn(colors.shape)
    return (arrows(noise + time * (colors - noise), time) - colors + noise).square().mean()


def with_a_clock(arrows, noise, steps):
    place, time = noise.clone(), torch.zeros(len(noise), 1)
    while time[0] < 1 - 1e-4:
        place += arrows(place, time) / steps
        time = time + 1 / steps
    return place


def object_by_object(counts, chances):
    total = 0.0
    for row in counts:
        total += sum((n - row.sum() * p) ** 2 / (row.sum() * p) for n, p in zip(row, chances, strict=True))
    return total


RIGHT = {
    "flow_loss": {"in one formula": in_one_formula},
    "draw": {"with a clock": with_a_clock},
    "pearson": {"object by object": object_by_object},
}
