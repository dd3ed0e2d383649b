"""The adversarial recipe: a generator and a critic that take turns. Lesson 03 writes their steps by hand."""

from functools import partial

import torch

from colorlib import losses, models
from colorlib.training.recipe import Recipe, frozen, one_cycle, seeded, target


class Adversarial(Recipe):
    """A generator, a critic that tells its pictures from real ones, and λ (`lam`) times L1.

    The critic is shown what the generator saw beside what it gave; if not `conditional`, that alone; and if
    `conditional` is "shuffled", what it saw of another picture (lesson 03 shows what comes of it). It learns in every
    step, the generator in each `critic_steps`-th: so the critic meets fresh pictures each time. With `steps`
    both rates are one cycle of so many; else, with `patience`, a tenth when L1 has not improved for so many epochs.
    """

    def __init__(
        self,
        recipe: str,
        *,
        network: str,
        size: int,
        width: float = 1.0,
        lr: float = 2e-4,
        critic: str = "patchgan",
        critic_width: float = 1.0,
        critic_layers: int | None = None,
        critic_options: dict | None = None,
        critic_lr: float | None = None,
        betas: tuple[float, float] = (0.5, 0.999),
        lam: float = 100.0,
        ms_ssim: float = 0.0,
        real_label: float = 1.0,
        critic_weight: float = 0.5,
        generator_steps: int = 1,
        critic_steps: int = 1,
        saturating: bool = False,
        conditional: bool | str = True,
        patience: int | None = None,
        steps: int | None = None,
        seed: int = 0,
        batch_size: int = 64,
        epochs: int = 100,
        **options,
    ):
        figures = {name: value for name, value in locals().items() if name not in ("self", "__class__")}
        if not 0.5 < real_label <= 1 or min(generator_steps, critic_steps) < 1:
            raise ValueError(
                f"The label of real pictures must be above .5 and at most 1, and each network needs at least one step; "
                f"these are {real_label}, {generator_steps} (generator) and {critic_steps} (critic)."
            )
        generator = seeded(seed, models.build, network, size, width, **options)
        if generator.outputs == "bins":
            raise ValueError("A critic judges colors: a recipe with one cannot have outputs='bins'.")
        channels = (generator.inputs if conditional else 0) + (2 if generator.outputs == "ab" else 3)
        more = {**({} if critic_layers is None else {"layers": critic_layers}), **(critic_options or {})}
        judge = seeded(seed, models.build, critic, size, critic_width, inputs=channels, **more)
        networks = {"generator": generator, "critic": judge}
        rates = {"generator": lr, "critic": lr if critic_lr is None else critic_lr}
        adam = {name: torch.optim.Adam(net.parameters(), rates[name], betas) for name, net in networks.items()}
        own = {"generator": max(1, (steps or 0) // critic_steps), "critic": steps}  # the steps that each one takes
        schedules = {f"cycle {name}": one_cycle(one, own[name]) for name, one in adam.items()} if steps else {}
        if patience is not None and not steps:
            reduce = partial(torch.optim.lr_scheduler.ReduceLROnPlateau, factor=0.1, patience=patience)
            schedules = {f"plateau {name}": reduce(one) for name, one in adam.items()}
        super().__init__(networks, adam, schedules, **figures)
        # λ may be 0: the history shows L1 all the same.
        self.pixel_loss = losses.combine({"l1": lam} | ({"ms_ssim": ms_ssim} if ms_ssim else {}))

    def step(self, gray, ab):
        seen, truth = self.pair(gray, ab)
        turns = self.figures["generator_steps"] if (self.number + 1) % self.figures["critic_steps"] == 0 else 0
        with torch.set_grad_enabled(turns > 0):
            fake = self.run(self.generator, seen)
        terms = self.critic_step(seen, truth, fake)
        for turn in range(turns):
            fake = self.run(self.generator, seen) if turn else fake
            terms |= self.generator_step(seen, truth, fake)
        for name, schedule in self.schedulers.items():
            if name == "cycle critic" or (name == "cycle generator" and turns):
                schedule.step()
        self.number += 1  # fit counts for itself; a loop by hand need not
        return terms

    def pair(self, gray: torch.Tensor, ab: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """What the generator sees, and what it should give."""
        return gray.expand(-1, self.generator.inputs, -1, -1), target(self.generator.outputs, gray, ab)

    def critic_step(self, seen: torch.Tensor, truth: torch.Tensor, fake: torch.Tensor) -> dict:
        """Real pictures up, fakes down. Detached: the generator shall not learn to help the critic."""
        real, terms = self.verdict("real", seen, truth, self.figures["real_label"])
        wrong, more = self.verdict("fake", seen, fake.detach(), 0.0)
        loss = self.figures["critic_weight"] * (real + wrong)
        return terms | more | {"critic_gradient": self.descend("critic", loss)}

    def generator_step(self, seen: torch.Tensor, truth: torch.Tensor, fake: torch.Tensor) -> dict:
        """Fool the critic, and stay near the truth."""
        with frozen(self.networks["critic"]):
            fooling = self.fooling(self.judge(seen, fake))
            near, terms = self.pixel_loss(fake, truth)
            return {"adversarial": fooling.detach(), **terms, "gradient": self.descend("generator", fooling + near)}

    def fooling(self, logits: torch.Tensor) -> torch.Tensor:
        """What the generator pays for the critic's logits on its pictures."""
        return losses.fooling(logits, self.figures["saturating"])

    def judge(self, seen: torch.Tensor, colors: torch.Tensor) -> torch.Tensor:
        """The critic's logits."""
        condition = self.condition(seen)
        shown = colors if condition is None else torch.cat((condition, colors), dim=1)
        return self.run(self.networks["critic"], shown)

    def condition(self, seen: torch.Tensor) -> torch.Tensor | None:
        """What the critic is shown beside the colors, if anything."""
        if not self.figures["conditional"]:
            return None
        return seen.roll(1, dims=0) if self.figures["conditional"] == "shuffled" else seen

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
