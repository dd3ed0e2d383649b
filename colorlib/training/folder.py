"""What a training leaves in its folder: weights and history, and the checkpoint from which it goes on."""

import io
import json
import time
import zlib
from pathlib import Path

import torch

from colorlib import files, models

EVERY = 60.0  # seconds from one checkpoint in mid-epoch to the next
KEPT = ("step", "seconds", "history", "sums")  # of a run, in a checkpoint


def fingerprint(pictures: torch.Tensor) -> int:
    """A number that tells these pictures from others, by 64 of them."""
    return zlib.crc32(pictures[torch.linspace(0, len(pictures) - 1, 64).long()].cpu().contiguous().numpy())


class Folder:
    """The folder of one run. Only the main process writes; all of them read."""

    def __init__(self, path: str | Path, facts: dict, writes: bool):
        self.path, self.facts, self.writes = Path(path), facts, writes
        self.history, self.checkpoint = self.path / "history.json", self.path / "checkpoint" / "state.pt"
        self.written = time.monotonic()
        if writes:  # now, not after an epoch: where nothing can be written is told at once
            files.write(self.history, self.history.read_bytes() if self.history.exists() else b"[]\n")

    def save(self, run):
        """All there is to keep. The checkpoint comes last: killed in between, no result is behind its checkpoint."""
        self.save_result(run)
        self.save_checkpoint(run)

    def save_result(self, run):
        if self.writes:
            files.write(self.history, (json.dumps(run.history, indent=1) + "\n").encode())
            facts = {key: value for key, value in self.facts.items() if key not in run.recipe.generator.settings}
            facts["epochs"] = run.history[-1]["epoch"] if run.history else 0
            models.save(run.recipe.generator, self.path / "generator.safetensors", **facts)

    def save_checkpoint(self, run, now: bool = True):
        """What a resumed training needs; if not `now`, only where the last one is old enough."""
        if self.writes and (now or time.monotonic() - self.written >= EVERY):
            recipe = {name: part.state_dict() for name, part in run.recipe.parts().items()}
            content = io.BytesIO()  # torch does not say that a disk is full; Python's files do
            torch.save({"facts": self.facts, "recipe": recipe, **{key: getattr(run, key) for key in KEPT}}, content)
            files.write(self.checkpoint, content.getvalue())
            self.written = time.monotonic()

    def restore(self, run) -> bool:
        """Bring a run to where its checkpoint was written; False where there is none."""
        run.recipe.accelerator.wait_for_everyone()  # the main process may still be writing it
        if not self.checkpoint.is_file():
            return False
        try:  # on the CPU: what was the main process's device may not be this one's
            state = torch.load(self.checkpoint, map_location="cpu", weights_only=True)
        except Exception as error:
            raise ValueError(f"{self.checkpoint} cannot be read: delete it to start anew.") from error
        for key in self.facts | state["facts"]:
            now, then = self.facts.get(key), state["facts"].get(key)
            if now != then:
                made = "other pictures" if key in ("pictures", "fingerprint") else f"{key} = {then}, not {now}"
                other = f"The checkpoint in {self.path} was made with {made}."
                raise ValueError(f"{other} Resume with the same, or choose another folder.")
        for name, part in run.recipe.parts().items():
            if state["recipe"].get(name):  # the scaler has a state in fp16 alone
                part.load_state_dict(state["recipe"][name])
        for key in KEPT:
            setattr(run, key, state[key])
        return True
