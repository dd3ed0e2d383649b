"""Lesson 06's recorded tables: every recipe on worlds and on CIFAR-10, the shipped networks on photographs."""

from functools import cached_property

import torch
from torch import nn

from colorlib import color, compare, metrics, models
from colorlib.course.recorded import card_of


class Compared:
    """A recorded table: `rows` as `python -m colorlib compare --json` writes them, and what some networks painted."""

    def __init__(self, name: str):
        self.name, self.card = name, card_of(f"compared/{name}")
        self.rows, self.systems = self.card["rows"], list(dict.fromkeys(row["recipe"] for row in self.card["rows"]))
        self.systems.remove("gray")

    def table(self, *names: str, mine: list[dict] = ()) -> metrics.Table:
        """All rows, those of a run of one's own after them; all measures, or those named."""
        own = [row | {"recipe": f"{row['recipe']}, yours"} for row in mine if row["recipe"] != "gray"]
        whole = compare.table(self.rows + own)
        if not names:
            return whole
        chosen = {row: [{k: seed[k] for k in names if k in seed} for seed in of] for row, of in whole.seeds.items()}
        return metrics.Table(chosen, whole.pictures)

    @cached_property
    def kept(self) -> dict[str, torch.Tensor]:
        """The gray and the ab of all that is shown, read from its file once."""
        return models.unpack(models.WEIGHTS / "compared" / f"{self.name}.safetensors")

    def paintings(self) -> dict[str, torch.Tensor]:
        """The same few pictures in gray, as each system painted them, and in truth, each N×3×H×W."""
        rows = {"gray": 0 * self.kept["truth"]} | {name: self.kept[name] for name in (*self.systems, "truth")}
        return {name: color.from_gray_ab(self.kept["gray"], ab) for name, ab in rows.items()}

    def worst(self, name: str) -> tuple[torch.Tensor, torch.Tensor, float]:
        """The picture that a system colored worst, its truth, and its ab error."""
        kept, found = self.kept, self.card["worst"][name]
        gray = kept[f"gray {found['place']}"]
        colored, truth = (color.from_gray_ab(gray, kept[key]) for key in (f"worst {name}", f"truth {found['place']}"))
        return colored[0], truth[0], found["ab_error"]


class Features(nn.Module):
    """What the classifier that sees colors computes of pictures 0…1 before it names them: torchmetrics asks for it."""

    num_features = 120

    def __init__(self):
        super().__init__()
        self.classifier = models.load_encoder("color_classifier")

    def forward(self, pictures):
        return self.classifier.pooled(2 * pictures - 1)
