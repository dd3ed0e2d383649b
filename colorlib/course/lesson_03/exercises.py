"""Lesson 03's exercises: how far a critic sees, and the two steps of a GAN."""

import torch

from colorlib import losses, models
from colorlib.course.exercise import Exercise, call, random
from colorlib.training import frozen, seeded


def receptive_field(layers):
    """How many pixels a side one output sees, through these (kernel, stride) pairs in their order."""
    field = step = 1  # pixels that one place sees; pixels from one place to the next
    for kernel, stride in layers:
        field += (kernel - 1) * step
        step *= stride
    return field


def _receptive_field_cases():
    return [
        ("one convolution of 4×4 pixels", call([(4, 2)])),
        ("two convolutions, 4×4 and then 3×3, with stride 1", call([(4, 1), (3, 1)])),
        ("two convolutions of 4×4 pixels with stride 2", call([(4, 2), (4, 2)])),
        ("three convolutions with strides of 3, 2 and 1", call([(5, 3), (3, 2), (3, 1)])),
        ("the published critic", call([(4, 2), (4, 2), (4, 2), (4, 1), (4, 1)])),
    ]


def critic_step(critic, optimizer, gray, ab, fake):
    """One step of the critic: real pictures up, fakes down; half the sum of both losses, as a number."""
    real_logits = critic(torch.cat((gray, ab), dim=1))
    fake_logits = critic(torch.cat((gray, fake.detach()), dim=1))
    loss = (losses.adversarial(real_logits, 1.0) + losses.adversarial(fake_logits, 0.0)) / 2
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()


def generator_step(critic, optimizer, gray, ab, fake, lam):
    """One step of the generator: fool the critic, stay near the truth; its loss, as a number."""
    with frozen(critic):
        fooling = losses.fooling(critic(torch.cat((gray, fake), dim=1)))
        loss = fooling + lam * losses.l1(fake, ab)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return loss.item()


class Pair:
    """A small generator and critic, always the same, one batch, and a plain optimizer for the one that learns."""

    def __init__(self, learner, last=1.0):
        self.generator = seeded(0, torch.nn.Conv2d, 1, 2, 3, padding=1)
        self.critic = seeded(0, models.build, "patchgan", 16, 0.125, layers=1)
        with torch.no_grad():
            for weights in self.critic.layers[-1].parameters():
                weights.mul_(20).add_(0.1).mul_(last)  # sure of itself; not at all, or of the contrary, by `last`
        self.optimizer = torch.optim.SGD(getattr(self, learner).parameters(), lr=0.1, momentum=0.5)
        self.gray, self.ab = random(4, 1, 16, 16) - 0.5, random(4, 2, 16, 16) - 0.5

    def take(self, step, *lam, steps=1):
        """So many steps; the loss of the last. None goes on as None, so that a missing return is named."""
        for _ in range(steps):
            self.fake = self.generator(self.gray)
            loss = step(self.critic, self.optimizer, self.gray, self.ab, self.fake, *lam)
        return loss if loss is None else torch.as_tensor(loss).detach()


def _gradients(network):
    return sum((p.grad.abs().sum() for p in network.parameters() if p.grad is not None), torch.zeros(()))


def _critic_step_cases():
    def after(step, steps=1):
        pair = Pair("critic")
        pair.take(step, steps=steps)
        return pair

    def weights(steps):
        return lambda step: after(step, steps).critic.layers[-1].weight.detach().flatten()

    return [
        ("the loss under a critic that only guesses (ln 2 = 0.6931)", lambda step: Pair("critic", 0.0).take(step)),
        ("the loss under a critic with an opinion", lambda step: Pair("critic").take(step)),
        ("the gradient that reaches the generator", lambda step: _gradients(after(step).generator)),
        (
            "the question whether the generator can still learn from `fake` (1 = yes)",
            lambda step: torch.tensor(after(step).fake.requires_grad),
        ),
        ("the critic's weights after one step", weights(1)),
        ("the critic's weights after three steps", weights(3)),
    ]


def _generator_step_cases():
    def loss(last, lam):
        return lambda step: Pair("generator", last).take(step, lam)

    def moved(last, steps):
        def probe(step):
            pair = Pair("generator", last)
            pair.take(step, 3.0, steps=steps)
            return pair.generator.weight.detach().flatten()

        return probe

    def depends(step):
        """1 if two critics of opposite opinions push the generator to different places."""
        return (moved(1.0, 1)(step) - moved(-1.0, 1)(step)).abs().max() > 1e-6

    def left_in_critic(step):
        pair = Pair("generator")
        before = [b.clone() for b in pair.critic.buffers()]
        pair.take(step, 1.0)
        moved = sum((b - a).abs().sum() for b, a in zip(pair.critic.buffers(), before, strict=True))
        return torch.stack((_gradients(pair.critic), moved.float()))

    def can_go_on(step):
        pair = Pair("generator")
        pair.take(step, 1.0)
        norms = [m for m in pair.critic.modules() if isinstance(m, torch.nn.BatchNorm2d)]
        learns = all(p.requires_grad for p in pair.critic.parameters())
        return torch.tensor(learns and all(m.track_running_stats and m.training for m in norms))

    return [
        ("the loss under a critic that only guesses, with λ = 0 (ln 2 = 0.6931)", loss(0.0, 0.0)),
        ("the loss with λ = 100", loss(1.0, 100.0)),
        ("the question whether another critic would push it elsewhere (1 = yes)", depends),
        ("the generator's weights after one step", moved(1.0, 1)),
        ("the generator's weights after three steps", moved(1.0, 3)),
        ("what the step leaves in the critic (gradients, running averages)", left_in_critic),
        ("the question whether the critic can go on learning (1 = yes)", can_go_on),
    ]


EXERCISES = {
    "receptive_field": Exercise(receptive_field, _receptive_field_cases),
    "critic_step": Exercise(critic_step, _critic_step_cases, tolerance=1e-4),
    "generator_step": Exercise(generator_step, _generator_step_cases, tolerance=1e-4),
}
