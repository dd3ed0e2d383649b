"""Lesson 03: a GAN on the ab plane, small enough to be seen whole. Its fakes are single colors."""

from collections import defaultdict

import torch
from torch import nn

from colorlib import color, losses, metrics, training
from colorlib.worlds import scenes

# For the quiz on curves: a collapse, a healthy game, and one that the critic wins.
GAMES = {"A": {"momentum": 0.9}, "B": {}, "C": {"momentum": 0.9, "generator_rate": 0.02}}
NOISE = 2  # numbers that the generator makes a color of


def network(inputs, outputs, *last, width=64):
    """Two hidden layers: enough to bend around three colors."""
    hidden = nn.Linear(inputs, width), nn.LeakyReLU(0.2), nn.Linear(width, width), nn.LeakyReLU(0.2)
    return nn.Sequential(*hidden, nn.Linear(width, outputs), *last)


class ColorGAN:
    """A generator from noise to ab, and a critic from ab to a logit, that take turns. Needs no browser.

    Real are colors near those of the palette. A subclass with other losses overrides `critic_loss` and
    `generator_loss`; one that keeps the critic in bounds in another way, `critic_step` too.
    """

    n_critic = 1  # steps of the critic in a round

    def __init__(
        self,
        seed=0,
        dots=96,
        saturating=False,
        generator_rate=5e-3,
        momentum=0.0,
        memory=0.99,
        spread=5.0,
        palette=scenes.DEFAULT_PALETTE,
    ):
        self.dots, self.spread, self.saturating = dots, spread, saturating
        self.palette = torch.tensor(palette)
        self.dice = torch.Generator().manual_seed(seed)
        self.generator = training.seeded(seed, network, NOISE, 2, nn.Tanh())
        self.critic = training.seeded(seed + 1, network, 2, 1)
        with torch.no_grad():
            self.critic[0].weight *= 3  # bends sharply from the start: colors lie close together in ab
            self.generator[4].weight *= 0.3  # fakes start where L2 ends: near the mean of all colors
            self.generator[4].bias.copy_(self.palette.mean(dim=0) / color.AB_SCALE)
        rates = (self.generator, generator_rate), (self.critic, 5e-3)
        self.adam = {net: torch.optim.Adam(net.parameters(), rate, (momentum, memory)) for net, rate in rates}
        self.same_noise, self.same_real = self._noise(), self.real()  # for looking, not for learning
        self.history = defaultdict(list)

    def _noise(self):
        return torch.randn(self.dots, NOISE, generator=self.dice)

    def real(self):
        """Fresh real dots, ab as networks see it."""
        chosen = self.palette[torch.randint(len(self.palette), (self.dots,), generator=self.dice)]
        return (chosen + self.spread * torch.randn(self.dots, 2, generator=self.dice)) / color.AB_SCALE

    def critic_loss(self, real, fake):
        return losses.adversarial(self.critic(real), 1.0) + losses.adversarial(self.critic(fake), 0.0)

    def generator_loss(self, fake):
        """A mean over the dots, so that `pushes` can ask for the share of each."""
        return losses.fooling(self.critic(fake), self.saturating)

    def critic_step(self):
        # Detached: the generator shall not learn to help the critic.
        return self._step(self.critic, *self._judged(self.real(), self.generator(self._noise()).detach()))

    def generator_step(self):
        with training.frozen(self.critic):
            loss = self.generator_loss(self.generator(self._noise()))
            return self._step(self.generator, loss, {"generator": loss.item()})

    def critic_steps(self, n):
        for _ in range(n):
            self.critic_step()

    def rounds(self, n):
        """Each `n_critic` steps of the critic, every one with fresh dots, then one of the generator."""
        for _ in range(n):
            self.critic_steps(self.n_critic)
            self.generator_step()

    def _step(self, net, loss, terms):
        self.adam[net].zero_grad()
        loss.backward()
        self.adam[net].step()
        for name, value in terms.items():
            self.history[name].append(value)
        return terms

    def _judged(self, real, fake):
        """The critic's loss, to be descended, and in numbers, with the shares it is right about."""
        loss = self.critic_loss(real, fake)
        right = {"right_on_real": self.critic(real) > 0, "right_on_fake": self.critic(fake) < 0}
        return loss, {"critic": loss.item()} | {name: share.float().mean().item() for name, share in right.items()}

    def steps(self, name):
        return len(self.history[name])

    def now(self):
        """The critic's terms on the dots that are shown."""
        return self._judged(self.same_real, self.fakes() / color.AB_SCALE)[1]

    @torch.no_grad()
    def fakes(self):
        """What the generator makes of the same noise every time, in Lab units."""
        return self.generator(self.same_noise) * color.AB_SCALE

    def pushes(self):
        """Where the critic sends each fake: how much the fake's own loss falls a Lab unit, in a and in b."""
        fake = (self.fakes() / color.AB_SCALE).requires_grad_()
        (slope,) = torch.autograd.grad(self.generator_loss(fake) * len(fake), fake)
        return -slope / color.AB_SCALE

    @torch.no_grad()
    def verdict(self, ab):
        """The critic's logits for colors (…, 2) in Lab units."""
        return self.critic(ab / color.AB_SCALE).squeeze(-1)

    def shares(self):
        """The share of the fakes near each color of the palette; some are near none."""
        return metrics.palette_use(self.fakes(), self.palette)
