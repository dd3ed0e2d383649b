"""Lesson 04's exercises: a distance by sorting, the gradient penalty, and one round of the training loop."""

import torch

from colorlib import losses
from colorlib.course.exercise import Exercise, call, random
from colorlib.course.lesson_04.piles import wasserstein
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


def _sloping(slope, in_gray=0.0):
    """A critic that climbs evenly: by `slope` in the colors of 4×4 pixels, by `in_gray` in the gray of each."""
    colors = slope * torch.nn.functional.normalize(random(32), dim=0).view(1, 2, 4, 4)
    weight = torch.cat((torch.full((1, 1, 4, 4), in_gray), colors), dim=1)
    return lambda shown: (shown * weight).sum(dim=(1, 2, 3), keepdim=True)


def _one_pixel(shown):
    return 3 * shown[:, 1:2] + 4 * shown[:, 2:]


def _four_patches(shown):
    """Their mean climbs by 3, none of them does."""
    return _sloping(3)(shown) * torch.tensor([[0.0, 0.5], [1.5, 2.0]])


def _steep_where_bright(shown):
    return shown[:, :1].mean(dim=(2, 3), keepdim=True) * _sloping(4)(shown)


def _curved():
    """A critic that can learn, and whose slope is not the same everywhere."""
    return torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3), torch.nn.Tanh(), torch.nn.Conv2d(4, 1, 1))


def _plane():
    """A critic that can learn, and whose slope is the same everywhere."""
    return torch.nn.Conv2d(3, 1, 4)


def _places(penalize, count, side):
    """Where it looks for the slope: 0 is at the fake, 1 at the real picture; for each picture and color."""
    looked = []

    def critic(shown):
        looked.append(shown[:, 1:].detach())
        return shown.sum(dim=(1, 2, 3), keepdim=True)

    penalize(
        critic, torch.zeros(count, 1, side, side), torch.ones(count, 2, side, side), torch.zeros(count, 2, side, side)
    )
    return torch.cat(looked).flatten(1)


def _seeded(probe):
    """With the same dice each time, and without touching those of the lesson."""
    return lambda penalize: seeded(0, probe, penalize)


def _gradient_penalty_cases():
    gray, (real, fake) = random(3, 1, 4, 4) - 0.5, random(2, 3, 2, 4, 4) - 0.5
    brightness = torch.tensor([0.125, 0.25, 1.0]).view(3, 1, 1, 1).expand_as(gray)

    def under(critic, count=3, side=4, gray=gray):
        cut = slice(count), slice(None), slice(side), slice(side)
        return call(critic, gray[cut], real[cut], fake[cut])

    def spread_within(penalize):
        places = _places(penalize, count=8, side=4)
        return (places.amax(dim=1) - places.amin(dim=1)).max()

    def quarters(penalize):
        """The share of the pictures in each, in twentieths: no dice fall exactly even."""
        places = _places(penalize, count=16_000, side=1)[:, 0]
        return (20 * torch.histc(places, bins=4, min=0, max=1) / 16_000).round() / 20

    def to_weights(penalize):
        critic = seeded(0, _plane)
        (gradient,) = torch.autograd.grad(penalize(critic, gray, real, fake), critic.weight)
        return gradient.flatten()

    def elsewhere(penalize):
        critic, strength = seeded(0, _curved), torch.tensor(3.0, requires_grad=True)  # a generator of one weight
        penalty = penalize(critic, gray, real, strength * fake)
        left = sum(weights.grad.norm().item() for weights in critic.parameters() if weights.grad is not None)
        penalty.backward()
        return torch.tensor([0.0 if strength.grad is None else strength.grad.item(), left])

    cases = [
        ("one pixel, where the critic climbs by 3 in a and by 4 in b", under(_one_pixel, 1, side=1)),
        ("a picture of 4×4 pixels, with a slope of 3", under(_sloping(3), 1)),
        ("a critic with a slope of 3 in the colors and one of 4 in gray", under(_sloping(3, in_gray=1.0), 1)),
        ("a critic that judges four patches, with a slope of 3", under(_four_patches, 1)),
        ("a critic with a slope of 0.5", under(_sloping(0.5), 1)),
        ("three pictures with a slope of 3 each", under(_sloping(3))),
        ("three pictures with slopes of 0.5, 1 and 4", under(_steep_where_bright, gray=brightness)),
        ("how far α differs within one picture", spread_within),
        ("the share of 16,000 pictures in each quarter of the way from fake to real", quarters),
        ("what the critic's weights are to learn from it (the gradient)", to_weights),
        ("what it sends elsewhere (to the generator, and at once into the critic)", elsewhere),
    ]
    return [(label, _seeded(probe)) for label, probe in cases]


def train_round(critic_step, generator_step, batches, n_critic):
    """`n_critic` steps of the critic, each on the next batch, and one of the generator on the last: the estimates."""
    estimates = []
    for _ in range(n_critic):
        gray, ab = next(batches)
        estimates.append(critic_step(gray, ab))
    generator_step(gray, ab)
    return estimates


class Rehearsal:
    """Steps that only note the number of the batch they are given, and twelve batches, 1 to 12."""

    def __init__(self):
        self.batches = ((torch.full((2, 1, 4, 4), n), torch.full((2, 2, 4, 4), n)) for n in torch.arange(1.0, 13))
        self.critic, self.generator, self.critic_first = [], [], []

    def critic_step(self, gray, ab):
        self.critic.append(self.number(gray, ab))
        return 10 * self.critic[-1]

    def generator_step(self, gray, ab):
        self.critic_first.append(len(self.critic))
        self.generator.append(self.number(gray, ab))
        return -1.0

    def number(self, gray, ab):
        if gray.shape[1] != 1 or ab.shape[1] != 2 or gray.mean() != ab.mean():
            raise ValueError("a step takes the gray and the ab of one batch, in this order.")
        return gray.mean().item()


def _train_round_cases():
    def noted(what, n_critic=3, rounds=1):
        def probe(train):
            played = Rehearsal()
            for _ in range(rounds):
                train(played.critic_step, played.generator_step, played.batches, n_critic)
            return torch.tensor(what(played))

        return probe

    def given_back(train):
        played = Rehearsal()
        return train(played.critic_step, played.generator_step, played.batches, 3)

    return [
        ("the number of critic steps, with n_critic = 3,", noted(lambda played: len(played.critic))),
        ("the batches that the critic meets in them", noted(lambda played: played.critic)),
        ("the number of generator steps", noted(lambda played: len(played.generator))),
        ("the number of critic steps before the generator's", noted(lambda played: played.critic_first)),
        ("the batch that the generator paints", noted(lambda played: played.generator)),
        ("the batches that the critic meets in a second round", noted(lambda played: played.critic[3:], rounds=2)),
        (
            "the numbers of critic and generator steps, with n_critic = 1,",
            noted(lambda played: [len(played.critic), len(played.generator)], n_critic=1),
        ),
        ("what a round gives back", given_back),
    ]


EXERCISES = {
    "wasserstein": Exercise(wasserstein, _wasserstein_cases),
    "gradient_penalty": Exercise(losses.gradient_penalty, _gradient_penalty_cases, tolerance=1e-4),
    "critic_steps": Exercise(train_round, _train_round_cases),
}
