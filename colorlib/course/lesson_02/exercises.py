"""Lesson 02's exercises: the reference of each, and the cases that a check tries, in order."""

import torch

from colorlib import models, training
from colorlib.course.exercise import Exercise, call, random
from colorlib.course.lesson_02.theory import absolute, best_color, squared
from colorlib.losses import mse
from colorlib.worlds import scenes


def _decoder_cases():
    def shape(channels):
        return lambda make: torch.tensor(make(channels)(random(2, channels[0], 8, 8)).shape)

    def range_of_output(make):
        torch.manual_seed(0)
        strong = make([32, 16, 8])(100 * random(2, 32, 8, 8) - 50)
        return torch.stack((strong.abs().max() <= 1, strong.min() < 0))

    def parameters(make):
        return models.count_parameters(make([32, 16, 8]))

    def values(make):
        network = make([32, 16, 8])
        generator = torch.Generator().manual_seed(1)
        for weights in network.parameters():  # the same in every decoder of this form
            weights.data = torch.rand(weights.shape, generator=generator) - 0.5
        return network(random(2, 32, 8, 8)).detach()

    return [
        ("the shape of the output, from a map of 32 channels and 8×8 places,", shape([32, 16, 8])),
        ("the range of the output (never beyond −1…1, below 0 too)", range_of_output),
        ("the number of parameters", parameters),
        ("the values of the output, with the same weights in it,", values),
        ("the shape of the output with the channels 24 and 12", shape([24, 12])),
    ]


def training_step(network, optimizer, gray, ab):
    """One step of gradient descent on the mean squared error; the loss before the step, as a number."""
    loss = mse(network(gray), ab)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()


def _training_step_cases():
    def after(steps, give):
        def probe(step):
            network = training.seeded(0, _small_network)
            optimizer = torch.optim.SGD(network.parameters(), lr=0.5)
            gray, ab = random(4, 1, 8, 8) - 0.5, random(4, 2, 8, 8) - 0.5
            loss = [step(network, optimizer, gray, ab) for _ in range(steps)][-1]
            if give == "loss":
                return torch.tensor([loss, isinstance(loss, float)])
            if give == "mode":
                return float(network.training)
            return torch.cat([weights.detach().flatten() for weights in network.parameters()])

        return probe

    return [
        ("the loss that one step gives back", after(1, "loss")),
        ("the weights after one step", after(1, "weights")),
        ("the mode of the network after a step (1: it goes on learning)", after(1, "mode")),
        ("the weights after three steps", after(3, "weights")),
    ]


def _small_network():
    """One whose batch norm tells train mode from eval mode."""
    return torch.nn.Sequential(torch.nn.Conv2d(1, 4, 3, padding=1), torch.nn.BatchNorm2d(4), torch.nn.Conv2d(4, 2, 1))


def _best_color_cases():
    palette = torch.tensor(scenes.DEFAULT_PALETTE)
    axis = torch.arange(-60.0, 71, 2)
    grid = torch.cartesian_prod(axis, axis)

    even, uneven = torch.full((3,), 1 / 3), torch.tensor([0.1, 0.0, 0.9])
    return [
        ("one color that is certain", call(grid, palette[:1], torch.ones(1), squared)),
        ("three colors, equally likely, squared error", call(grid, palette, even, squared)),
        ("red 10 %, green 90 %, squared error", call(grid, palette, uneven, squared)),
        ("red 10 %, green 90 %, absolute error", call(grid, palette, uneven, absolute)),
        ("three colors, equally likely, absolute error", call(grid, palette, even, absolute)),
        ("three colors, equally likely, the distance as loss", call(grid, palette, even, distance)),
    ]


def distance(candidates, truth):
    """Neither the mean nor the median makes it smallest."""
    return (candidates - truth).norm(dim=-1)


def depends_on_critic(generator_loss, generator, critics):
    """Whether the generator's gradient under one critic differs from that under the other."""
    gradients = []
    for critic in critics:
        generator.zero_grad()
        generator_loss(generator, critic).backward()
        gradients.append([weights.grad.clone() for weights in generator.parameters()])
    return not all(torch.equal(one, other) for one, other in zip(*gradients, strict=True))


def _depends_on_critic_cases():
    def under(share, detach=False):
        def loss(generator, critic):
            painted = generator(random(2, 1, 8, 8))
            opinion = critic(painted.detach() if detach else painted).mean()
            return mse(painted, random(2, 2, 8, 8)) - share * opinion

        def probe(function):
            generator = training.seeded(0, torch.nn.Conv2d, 1, 2, 3, padding=1)
            critics = [training.seeded(seed, torch.nn.Conv2d, 2, 1, 4) for seed in (1, 2)]
            return float(function(loss, generator, critics))

        return probe

    return [
        ("squared error alone", under(0)),
        ("squared error and what the critic says", under(1)),
        ("squared error and a thousandth of what the critic says", under(1e-3)),
        ("squared error and what a critic says about a detached picture", under(1, detach=True)),
    ]


EXERCISES = {
    "decoder": Exercise(models.cnn.decoder, _decoder_cases),
    "training_step": Exercise(training_step, _training_step_cases, tolerance=1e-5),
    "best_color": Exercise(best_color, _best_color_cases),
    "depends_on_critic": Exercise(depends_on_critic, _depends_on_critic_cases),
}
