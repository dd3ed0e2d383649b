"""Lesson 07's exercises: what flow matching learns, how it samples, and what an audit counts."""

import torch

from colorlib.course.exercise import Exercise, call, random

COLOR = torch.tensor([[0.5, -1.0]])  # where there is one color only, every arrow is known


def flow_loss(arrows, colors):
    """How far the guessed arrows are from the true ones, at random places between noise and color."""
    noise = torch.randn_like(colors)
    time = torch.rand(len(colors), 1)
    place = (1 - time) * noise + time * colors
    return ((arrows(place, time) - (colors - noise)) ** 2).mean()


class Asked:
    """What a loss asks of arrows that know the one color there is, and what it makes of them. `off` is their error."""

    def __init__(self, loss, off=0.0, count=4000):
        def arrows(place, time):
            self.place, self.time = place, time
            return (COLOR - place) / (1 - time).clamp(min=1e-3) + off

        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            self.loss = torch.as_tensor(loss(arrows, COLOR.expand(count, -1))).detach()


def _flow_loss_cases():
    def times(loss):
        time = Asked(loss).time
        return torch.tensor([len(time), time.min() < 0.1, time.max() > 0.9]).float()

    def on_the_line(loss):
        asked = Asked(loss)
        late = asked.place[asked.time[:, 0] > 0.95]
        return ((late - COLOR).abs().mean() < 0.1).float()

    def spread(loss):
        asked = Asked(loss)
        early = asked.time[:, 0] < 0.9  # later rounding is all that is left of the noise
        noise = (asked.place - asked.time * COLOR) / (1 - asked.time)
        return noise[early].std(dim=0)

    return [
        ("the times: how many rows, and whether early and late ones come (1 = yes)", times),
        ("the question whether a place lies near its color when the time is near 1 (1 = yes)", on_the_line),
        ("the spread of the noise, in a and in b", spread),
        ("the loss of perfect arrows", lambda loss: Asked(loss).loss),
        ("the loss of arrows that are off by 2 in a and in b", lambda loss: Asked(loss, off=2.0).loss),
    ]


def draw(arrows, noise, steps):
    """Follow the arrows from noise, at time 0, to color, at time 1, in so many equal steps."""
    place = noise
    for step in range(steps):
        time = torch.full((len(noise), 1), step / steps)
        place = place + arrows(place, time) / steps
    return place


def _draw_cases():
    start = random(5, 2) - 0.5

    def untouched(function):
        noise = start.clone()
        function(lambda places, time: torch.ones_like(places), noise, 2)
        return (noise - start).abs().max()

    def asked_at(function):
        times = []
        function(lambda places, time: times.append(time.clone()) or torch.zeros_like(places), start.clone(), 4)
        return torch.cat([torch.as_tensor(time).expand(len(start), 1)[:1, 0] for time in times])

    return [
        ("arrows that are 1 everywhere, in 4 steps,", call(lambda places, time: torch.ones_like(places), start, 4)),
        ("the times at which the arrows are asked, in 4 steps,", asked_at),
        ("arrows that point at one color, in 1 step,", call(lambda p, t: (COLOR - p) / (1 - t), start, 1)),
        ("arrows that grow with the place, in 3 steps,", call(lambda places, time: places, start, 3)),
        ("the noise it was given (0 = left as it was),", untouched),
    ]


def pearson(counts, chances):
    """How far counts, a row an object, are from what the chances let expect."""
    expected = counts.sum(dim=1, keepdim=True) * chances
    return ((counts - expected) ** 2 / expected).sum()


def _pearson_cases():
    even, third = torch.tensor([[10.0, 10.0, 10.0]]), torch.full((3,), 1 / 3)
    return [
        ("10 red, 10 blue, 10 green under an even die", call(even, third)),
        ("13 red, 8 blue, 9 green under an even die", call(torch.tensor([[13.0, 8.0, 9.0]]), third)),
        ("7 red, 2 blue, 1 green under 70/20/10", call(torch.tensor([[7.0, 2.0, 1.0]]), torch.tensor([0.7, 0.2, 0.1]))),
        ("two objects, 30 red alone and 30 blue alone", call(torch.tensor([[30.0, 0, 0], [0, 30, 0]]), third)),
    ]


EXERCISES = {
    "flow_loss": Exercise(flow_loss, _flow_loss_cases, tolerance=0.05),
    "draw": Exercise(draw, _draw_cases),
    "pearson": Exercise(pearson, _pearson_cases),
}
