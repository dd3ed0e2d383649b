"""What each exercise is held against: a library function as reference, and the cases tried, in order.

A case is a label and a probe, which uses the function and gives what is compared. The label is part of the
sentence that a student reads ("For white, 1.0, it gave …"); the content files add where to look when it fails.
"""

import torch

from colorlib import color, data, models, recipes, scenes
from colorlib.course.exercise_kit import Exercise, call, random
from colorlib.course.gan_exercises import GAN_EXERCISES
from colorlib.course.nogan_exercises import NOGAN_EXERCISES
from colorlib.course.theory import absolute, best_color, squared
from colorlib.course.wgan_exercises import WGAN_EXERCISES
from colorlib.losses import mse

# --- lesson 00 ---


def mean_squared_error(painted, truth):
    """The mean, over colors, of the squared distance between two lists of ab colors (N, 2)."""
    return ((painted - truth) ** 2).sum(dim=1).mean()


def _squared_error_cases():
    red, brown = torch.tensor([[60.0, 40]]), torch.tensor([[10.0, 0]])
    many = random(2, 10, 2) * 100 - 50
    return [
        ("a balloon painted in its own color", call(red, red)),
        ("one balloon painted brown instead of red", call(brown, red)),
        ("brown and red the other way round", call(red, brown)),
        ("ten balloons", call(many[0], many[1])),
    ]


# --- lesson 01 ---


def _curve_cases():
    return [
        ("white, 1.0", call(torch.tensor([1.0]))),
        ("a middle gray, 0.5", call(torch.tensor([0.5]))),
        ("a very dark value, 0.02", call(torch.tensor([0.02]))),
        ("a whole picture", call(torch.linspace(0, 1, 48).reshape(3, 4, 4))),
    ]


def _xyz_cases():
    white = torch.tensor(color.WHITE).view(3, 1, 1)
    return [
        ("white", call(white)),
        ("a middle gray (18 % of white's light)", call(white * 0.18)),
        ("almost black (0.4 % of white's light)", call(white * 0.004)),
        ("a picture of random colors", call(random(3, 4, 5) * white)),
    ]


def _hue_cases():
    hues = torch.linspace(0, 0.9, 20)
    shuffled = hues[random(20).argsort()]
    return [
        ("twenty pictures already in the order of their hue", call(hues)),
        ("the same pictures, shuffled", call(shuffled)),
        ("seven pictures, every third to validation", call(shuffled[:7], 3)),
    ]


# --- lesson 02 ---


def _decoder_cases():
    def shape(make):
        return torch.tensor(make([32, 16, 8])(random(2, 32, 8, 8)).shape)

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
        ("the shape of the output, from a map of 32 channels and 8×8 places,", shape),
        ("the range of the output (never beyond −1…1, below 0 too)", range_of_output),
        ("the number of parameters", parameters),
        ("the values of the output, with the same weights in it,", values),
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
            network = recipes.seeded(0, torch.nn.Conv2d, 1, 2, 3, padding=1)
            optimizer = torch.optim.SGD(network.parameters(), lr=0.5)
            gray, ab = random(4, 1, 8, 8) - 0.5, random(4, 2, 8, 8) - 0.5
            loss = [step(network, optimizer, gray, ab) for _ in range(steps)][-1]
            if give == "loss":
                return torch.tensor([loss, isinstance(loss, float)])
            return network.bias.detach().clone()

        return probe

    return [
        ("the loss that one step gives back", after(1, "loss")),
        ("the weights after one step", after(1, "weights")),
        ("the weights after three steps", after(3, "weights")),
    ]


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
    ]


EXERCISES = {
    "00.squared_error": Exercise(mean_squared_error, _squared_error_cases),
    "01.transfer_curve": Exercise(color.srgb_to_linear, _curve_cases, tolerance=1e-5),
    "01.xyz_to_lab": Exercise(color.xyz_to_lab, _xyz_cases, tolerance=0.01),
    "01.hue_sorted_split": Exercise(data.hue_sorted_split, _hue_cases, ordered=False),
    "02.decoder": Exercise(models.cnn.decoder, _decoder_cases),
    "02.training_step": Exercise(training_step, _training_step_cases, tolerance=1e-5),
    "02.best_color": Exercise(best_color, _best_color_cases),
    **GAN_EXERCISES,
    **WGAN_EXERCISES,
    **NOGAN_EXERCISES,
}
