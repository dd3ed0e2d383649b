"""The adversarial recipes: a generator and a critic that take turns. Lessons 03 and 04 write their steps by hand."""

from dataclasses import dataclass, field

import torch
from torch.optim import Adam
from torch.optim.lr_scheduler import ReduceLROnPlateau as Plateau

from colorlib import losses, models
from colorlib.training.recipe import Recipe, Settings, frozen, one_cycle, seeded


@dataclass(frozen=True, kw_only=True)
class CriticSettings(Settings):
    """What a recipe with a critic is told besides."""

    lr: float = 2e-4
    critic: str = "patchgan"
    critic_width: float = 1.0
    critic_options: dict = field(default_factory=dict)
    critic_lr: float | None = None  # the generator's
    betas: tuple[float, float] = (0.5, 0.999)
    lam: float = 100.0  # λ, the weight of L1
    ms_ssim: float = 0.0  # the weight of that loss
    generator_steps: int = 1
    critic_steps: int = 1  # the generator learns in the last one of so many: the critic meets fresh pictures each time
    conditional: bool | str = True  # the critic sees the gray, too; if "shuffled", that of another picture
    patience: int | None = None  # without `steps`: rates fall to a tenth if L1 has not improved for so many epochs
    real_label: float = 1.0  # this and the next two are for all but Wasserstein
    critic_weight: float = 0.5
    saturating: bool = False
    lam_gp: float | None = None  # the weight of the gradient penalty, for Wasserstein alone

    def __post_init__(self):
        if min(self.generator_steps, self.critic_steps) < 1:
            raise ValueError("Each network needs at least one step: `generator_steps` and `critic_steps`.")
        if not 0.5 < self.real_label <= 1:
            raise ValueError(f"The label of real pictures must be above .5 and at most 1, not {self.real_label}.")
        if not (self.lam_gp or 0) >= 0:
            raise ValueError(f"`lam_gp` must be 0 or more, not {self.lam_gp}.")


class Adversarial(Recipe):
    """A generator, a critic that tells its pictures from real ones, and λ times L1."""

    kind = "gan"

    def __init__(self, **given):
        settings = CriticSettings.read(self.kind, given)
        generator = settings.build()
        if generator.outputs == "bins":
            raise ValueError("A critic judges colors: a recipe with one cannot have outputs='bins'.")
        channels = (generator.inputs if settings.conditional else 0) + (2 if generator.outputs == "ab" else 3)
        options = {"inputs": channels, **settings.critic_options}
        critic = seeded(settings.seed, models.build, settings.critic, settings.size, settings.critic_width, **options)
        networks = {"generator": generator, "critic": critic}
        rates = {"generator": settings.lr, "critic": settings.lr if settings.critic_lr is None else settings.critic_lr}
        adam = {name: Adam(net.parameters(), rates[name], settings.betas, fused=True) for name, net in networks.items()}
        schedules = {}
        if settings.steps:  # each network's own
            steps = {"generator": max(1, settings.steps // settings.critic_steps), "critic": settings.steps}
            schedules = {f"cycle {name}": one_cycle(one, steps[name]) for name, one in adam.items()}
        elif settings.patience is not None:
            schedules = {f"plateau {name}": Plateau(one, patience=settings.patience) for name, one in adam.items()}
        super().__init__(settings, networks, adam, schedules)
        similar = {"ms_ssim": settings.ms_ssim} if settings.ms_ssim else {}
        self.pixel_loss = losses.combine({"l1": settings.lam, **similar})  # λ may be 0: the history shows L1 still

    def step(self, gray, ab):
        seen, truth = self.pair(gray, ab)
        turns = self.settings.generator_steps if (self.number + 1) % self.settings.critic_steps == 0 else 0
        with torch.set_grad_enabled(turns > 0):
            fake = self.forward(self.generator, seen)
        terms = self.critic_step(seen, truth, fake)
        for turn in range(turns):
            fake = self.forward(self.generator, seen) if turn else fake
            terms |= self.generator_step(seen, truth, fake)
        for name, schedule in self.schedulers.items():
            if name == "cycle critic" or (name == "cycle generator" and turns):
                schedule.step()
        self.number += 1  # fit counts for itself; a loop by hand need not
        return terms

    def critic_step(self, seen: torch.Tensor, truth: torch.Tensor, fake: torch.Tensor) -> dict:
        """Real pictures up, fakes down. Detached: the generator shall not learn to help the critic."""
        real, terms = self.verdict("real", seen, truth, self.settings.real_label)
        wrong, more = self.verdict("fake", seen, fake.detach(), 0.0)
        loss = self.settings.critic_weight * (real + wrong)
        return terms | more | {"critic_gradient": self.descend("critic", loss)}

    def generator_step(self, seen: torch.Tensor, truth: torch.Tensor, fake: torch.Tensor) -> dict:
        """Fool the critic, and stay near the truth."""
        with frozen(self.networks["critic"]):
            fooling = self.fooling(self.judge(seen, fake))
            near, terms = self.pixel_loss(fake, truth)
            return {"adversarial": fooling.detach(), **terms, "gradient": self.descend("generator", fooling + near)}

    def fooling(self, logits: torch.Tensor) -> torch.Tensor:
        """What the generator pays for the critic's logits on its pictures."""
        return losses.fooling(logits, self.settings.saturating)

    def judge(self, seen: torch.Tensor, colors: torch.Tensor) -> torch.Tensor:
        """The critic's logits."""
        return self.forward(self.networks["critic"], torch.cat((self.condition(seen), colors), dim=1))

    def condition(self, seen: torch.Tensor) -> torch.Tensor:
        """What the critic is shown beside the colors; no channel, if nothing."""
        if self.settings.conditional == "shuffled":
            return seen.roll(1, dims=0)
        return seen if self.settings.conditional else seen[:, :0]

    def verdict(self, name: str, seen, colors, label: float) -> tuple[torch.Tensor, dict]:
        """What the critic pays on pictures of one kind; that and the share it got right, for the history."""
        logits = self.judge(seen, colors)
        loss = losses.adversarial(logits, label)
        right = ((logits > 0) == (label > 0.5)).float().mean()
        return loss, {f"critic_{name}": loss.detach(), f"right_on_{name}": right}

    def end_epoch(self, row):
        # The adversarial terms rise and fall with the other network: only L1 can be said to stand still.
        for name, schedule in self.schedulers.items():
            if name.startswith("plateau"):
                schedule.step(row["l1"])


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
