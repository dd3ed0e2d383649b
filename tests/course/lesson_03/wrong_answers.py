"""Lesson 03: what its checks must reject, and words of the sentence that they should say then."""

import contextlib

import torch
from torch import nn
from torch.optim import SGD

from colorlib.training import frozen


def bce(logits, label):
    return nn.functional.binary_cross_entropy_with_logits(logits, torch.full_like(logits, label))


def descend(optimizer, loss, forget=True):
    if forget:
        optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()


def a_critic_step(
    see=lambda fake: fake.detach(), half=0.5, labels=(1.0, 0.0), last=lambda z: z, forget=True, use=lambda o, *_: o
):
    def step(critic, optimizer, gray, ab, fake):
        real, painted = (last(critic(torch.cat([gray, shown], dim=1))) for shown in (ab, see(fake)))
        loss = half * (bce(real, labels[0]) + bce(painted, labels[1]))
        return descend(use(optimizer, critic, ab), loss, forget)

    return step


def a_generator_step(freeze=frozen, see=lambda fake: fake, fool=lambda z: bce(z, 1.0), mean=torch.mean, forget=True):
    def step(critic, optimizer, gray, ab, fake, lam):
        with freeze(critic):
            fooling = fool(critic(torch.cat([gray, see(fake)], dim=1)))
            return descend(optimizer, fooling + lam * mean((fake - ab).abs()), forget)

    return step


def both_in_one_batch(critic, optimizer, gray, ab, fake):
    pairs = torch.cat([torch.cat([gray, ab], dim=1), torch.cat([gray, fake.detach()], dim=1)])
    real, painted = critic(pairs).chunk(2)
    return descend(optimizer, (bce(real, 1.0) + bce(painted, 0.0)) / 2)


def lambda_in_the_number_alone(critic, optimizer, gray, ab, fake, lam):
    near = (fake - ab).abs().mean()
    with frozen(critic):
        fooling = descend(optimizer, bce(critic(torch.cat([gray, fake], dim=1)), 1.0) + near)
    return fooling + (lam - 1) * near.item()


def left_frozen(critic, optimizer, gray, ab, fake, lam):
    loss = a_generator_step()(critic, optimizer, gray, ab, fake, lam)
    critic.requires_grad_(False)
    return loss


def field_of(grow, first=1):
    def receptive_field(layers):
        field, distance = first, 1
        for kernel, stride in layers:
            field, distance = grow(field, distance, kernel, stride)
        return field

    return receptive_field


WRONG = {
    "receptive_field": {
        "kernels added up": (field_of(lambda f, d, k, s: (f + k, d)), "just its kernel"),
        "strides left out": (field_of(lambda f, d, k, s: (f + k - 1, d)), "2 pixels apart"),
        "strides too early": (field_of(lambda f, d, k, s: (f + (k - 1) * d * s, d * s)), "just its kernel"),
        "strides of 2 alone": (field_of(lambda f, d, k, s: (f + (k - 1) * d, d * min(s, 2))), "distances multiply"),
        "strides added": (field_of(lambda f, d, k, s: (f + (k - 1) * d, d + s - 1)), "distances multiply"),
    },
    "critic_step": {
        "not halved": (a_critic_step(half=1.0), "the half is missing"),
        "sigmoid twice": (a_critic_step(last=torch.sigmoid), "sigmoid too many"),
        "labels exchanged": (a_critic_step(labels=(0.0, 1.0)), "real pairs get the label 1"),
        "not detached": (a_critic_step(see=lambda fake: fake), "fake.detach()"),
        "gradients not forgotten": (a_critic_step(forget=False), "zero_grad"),
        "cut off in place": (a_critic_step(see=torch.Tensor.detach_), "without an underscore"),
        "both kinds in one batch": (both_in_one_batch, "a call of their own"),
        "no return": (lambda *arguments: None, "return"),
        "an optimizer of its own": (a_critic_step(use=lambda _, c, ab: SGD(c.parameters(), 0.1)), "is handed in"),
        "nothing learned": (a_critic_step(use=lambda _, critic, ab: SGD([ab], 0.0)), "loss.backward"),
    },
    "generator_step": {
        "the saturating form": (a_generator_step(fool=lambda z: -bce(z, 0.0)), "a negative number"),
        "a sum": (a_generator_step(mean=torch.sum), "times the mean of"),
        "a sigmoid too many": (a_generator_step(fool=lambda z: bce(z.sigmoid(), 1.0)), "0.6931"),
        "detached": (a_generator_step(see=lambda fake: fake.detach()), "detached, or the verdict"),
        "the published GAN that is none": (a_generator_step(fool=lambda z: bce(z, 1.0).detach()), "lesson 02, extra c"),
        "gradients not forgotten": (a_generator_step(forget=False), "zero_grad"),
        "λ in the number alone": (lambda_in_the_number_alone, "with lam in it"),
        "left frozen": (left_frozen, "thaws it by itself"),
        "not frozen": (a_generator_step(freeze=contextlib.nullcontext), "with frozen(critic)"),
    },
}
