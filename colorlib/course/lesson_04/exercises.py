"""Lesson 04's exercises: a distance by sorting, the gradient penalty, and one round of the training loop."""

from functools import partial

import torch

from colorlib import losses
from colorlib.course.exercise import Exercise, call, random
from colorlib.course.lesson_04.piles import earth_moved
from colorlib.training import seeded


def _wasserstein_cases():
    pile, wide = torch.tensor([-2.0, -1, 0, 1]), torch.tensor([-3.0, -1, 1, 3])
    many = 10 * random(2, 200) - 5
    return [
        ("four numbers and the same 3 further right", call(pile, pile + 3)),
        ("four numbers and the same 4 further left", call(pile, pile - 4)),
        ("a wide pile and a narrow one around the same middle", call(wide, torch.zeros(4))),
        ("the same numbers in another order", call(pile[[2, 0, 3, 1]], pile)),
        ("two hundred numbers in any order", call(many[0], 3 * many[1] + 1)),
    ]


def _gradient_penalty_cases():
    gray = torch.tensor([0.125, 0.25, 1.0]).view(3, 1, 1, 1).expand(3, 1, 4, 4)
    real, fake = random(2, 3, 2, 4, 4) - 0.5
    uphill = torch.nn.functional.normalize(random(32), dim=0).view(2, 4, 4)

    def sloping(slope, in_gray=0.0):
        """A critic that climbs evenly: by `slope` in the colors of 4×4 pixels, by `in_gray` in the gray of each."""
        weight = torch.cat((torch.full((1, 4, 4), in_gray), slope * uphill))
        return lambda shown: (shown * weight).sum(dim=(1, 2, 3), keepdim=True)

    def under(critic, count=1, side=4):
        return call(critic, *(part[:count, :, :side, :side] for part in (gray, real, fake)))

    def places(penalize, count=1, side=1, batches=1):
        """The α of each picture and color: 0 where it looks for the slope at the fake, 1 at the real picture."""
        looked, critic = [], torch.nn.Conv2d(3, 1, side)
        critic.register_forward_pre_hook(lambda _, shown: looked.append(shown[0][:, 1:].detach()))
        colors = torch.zeros(count, 2, side, side)
        for _ in range(batches):
            penalize(critic, colors[:, :1], colors + 1, colors.clone())
        return torch.cat(looked).flatten(1)

    def spread_within(penalize):
        return places(penalize, count=8, side=4).std(dim=1).max()

    def evenly(penalize):
        """The share of the α near an end, and the largest gap to even steps: rounded, since dice never fall even."""
        alphas = places(penalize, count=16_000)[:, 0].sort().values
        ends = ((alphas - 0.5).abs() > 0.47).float().mean()
        gap = (alphas - torch.linspace(0, 1, len(alphas))).abs().max()
        return (50 * ends).round() / 50, (20 * gap).round() / 20

    def anew(penalize):
        return (torch.histc(places(penalize, batches=200)[:, 0], bins=4, min=0, max=1) / 50).round() / 4

    def to_weights(penalize):
        critic = torch.nn.Conv2d(3, 1, 4)  # its slope is the same everywhere
        return torch.autograd.grad(penalize(critic, gray, real, fake), critic.weight)

    def elsewhere(penalize):
        critic = torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3), torch.nn.Tanh(), torch.nn.Conv2d(4, 1, 1))
        strength = torch.tensor(3.0, requires_grad=True)  # a generator of one weight
        truth = real.clone()
        penalty = penalize(critic, gray, truth, strength * fake)
        left = sum(weights.grad.norm().item() for weights in critic.parameters() if weights.grad is not None)
        penalty.backward()
        return torch.tensor([0.0 if strength.grad is None else strength.grad.item(), left, (truth - real).norm()])

    patches = torch.tensor([[0.0, 0.5], [1.5, 2.0]])
    cases = {
        "one pixel, where the critic climbs by 3 in a and by 4 in b": under(
            lambda shown: 3 * shown[:, 1:2] + 4 * shown[:, 2:], side=1
        ),
        "a picture of 4×4 pixels, with a slope of 3": under(sloping(3)),
        "a critic with a slope of 3 in the colors and one of 4 in gray": under(sloping(3, in_gray=1.0)),
        "a critic that judges four patches, with a slope of 3": under(lambda shown: sloping(3)(shown) * patches),
        "a critic with a slope of 0.5": under(sloping(0.5)),
        "three pictures with a slope of 3 each": under(sloping(3), 3),
        "three pictures with slopes of 0.5, 1 and 4": under(lambda shown: sloping(4)(shown) * shown[:, :1, :1, :1], 3),
        "how far α differs within one picture": spread_within,
        "the share of 16,000 pictures whose α is within 0.03 of 0 or 1, and how far all α are from even steps,": evenly,
        "the share of 200 batches of one picture whose α falls in each quarter of 0…1": anew,
        "what the critic's weights are to learn from it (the gradient)": to_weights,
        "what it does elsewhere (to the generator, at once to the critic, and to the real pictures)": elsewhere,
    }
    # The same dice each time, and those of the lesson untouched.
    return [(label, partial(seeded, 0, probe)) for label, probe in cases.items()]


def train_round(critic_step, generator_step, batches, n_critic):
    """`n_critic` steps of the critic, each on the next batch, and one of the generator on the last: the estimates."""
    estimates = []
    for _ in range(n_critic):
        gray, ab = next(batches)
        estimates.append(critic_step(gray, ab))
    generator_step(gray, ab)
    return estimates


def _train_round_cases():
    def played(train, n_critic=3, rounds=1):
        """Who took a step after whom, which of the batches 1, 2, … each met, and what the last round gave back."""
        told = {"order": [], "critic": [], "generator": []}

        def step(who, gray, ab):
            if gray.shape[1] != 1 or ab.shape[1] != 2 or gray.mean() != ab.mean():
                raise ValueError("a step takes the gray and the ab of one batch, in this order.")
            told["order"].append(who)
            told[who].append(gray.mean().item())
            return 10 * told[who][-1]

        batches = ((torch.full((2, 1, 4, 4), n), torch.full((2, 2, 4, 4), n)) for n in torch.arange(1.0, 13))
        for _ in range(rounds):
            told["given"] = train(partial(step, "critic"), partial(step, "generator"), batches, n_critic)
        return told

    return [
        ("the number of critic steps, with n_critic = 3,", lambda train: len(played(train)["critic"])),
        ("the batches that the critic meets in them", lambda train: played(train)["critic"]),
        ("the number of generator steps", lambda train: len(played(train)["generator"])),
        ("the number of critic steps before the generator's", lambda train: played(train)["order"].index("generator")),
        ("the batch that the generator paints", lambda train: played(train)["generator"]),
        ("the batches that the critic meets in a second round", lambda train: played(train, rounds=2)["critic"][3:]),
        ("the batches that it meets with n_critic = 1", lambda train: played(train, n_critic=1)["critic"]),
        ("what a round gives back", lambda train: played(train)["given"]),
    ]


EXERCISES = {
    "wasserstein": Exercise(earth_moved, _wasserstein_cases),
    "gradient_penalty": Exercise(losses.gradient_penalty, _gradient_penalty_cases, tolerance=1e-4),
    "critic_steps": Exercise(train_round, _train_round_cases),
}
