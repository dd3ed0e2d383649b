"""The WGAN-GP recipe: a critic that measures a distance instead of giving a verdict. Lesson 04 writes its steps."""

from colorlib import losses
from colorlib.training.adversarial import Adversarial


class Wasserstein(Adversarial):
    """An adversarial recipe whose critic gives heights: while its slope is limited, they estimate a distance."""

    kind = "wgan_gp"

    def __init__(self, **given):
        # With batch norm a picture's slope would depend on the others.
        given["critic_options"] = {"norm": "layer", **given.get("critic_options", {})}
        super().__init__(**{"lam_gp": 10.0, **given})

    def critic_step(self, seen, truth, fake):
        critic, fake = self.networks["critic"], fake.detach()
        loss = losses.wasserstein_critic(self.judge(seen, truth), self.judge(seen, fake))
        # As losses.gradient_penalty, by hand: the history shows the slope too.
        slope = losses.slopes(critic, self.condition(seen), losses.between(truth, fake))
        penalty = (slope - 1).square().mean()
        terms = {"critic_estimate": -loss.detach(), "penalty": penalty.detach(), "slope": slope.detach().mean()}
        return terms | {"critic_gradient": self.descend("critic", loss + self.settings.lam_gp * penalty)}

    def fooling(self, heights):
        return losses.wasserstein_generator(heights)
