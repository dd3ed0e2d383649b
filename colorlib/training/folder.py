"""What a training leaves in its folder, and how it goes on from there (loop.py uses it).

`generator.safetensors` and `history.json` are the result; `checkpoint/` is needed only to resume.
"""

import io
import json
import tempfile
import time
from pathlib import Path

import torch

from colorlib import files, models

EVERY = 60.0  # seconds from one checkpoint in mid-epoch to the next
KEPT = ("step", "seconds", "history", "sums")  # of a run, in a checkpoint


class Folder:
    """The folder of one run. Only the main process writes; all of them read."""

    def __init__(self, path: str | Path, facts: dict, writes: bool):
        self.path, self.facts, self.writes = Path(path), facts, writes
        self.checkpoint = self.path / "checkpoint" / "state.pt"
        self.last = time.monotonic()
        try:
            if writes:  # now, not after an epoch
                self.path.mkdir(parents=True, exist_ok=True)
                tempfile.TemporaryFile(dir=self.path).close()
        except OSError as error:
            reason = error.strerror or error
            raise ValueError(f"Nothing can be written in {path}: {reason}. Choose another folder.") from error

    def save_now_and_then(self, run):
        """A checkpoint in mid-epoch, when the last one is old enough."""
        if time.monotonic() - self.last >= EVERY:
            self._save_checkpoint(run)

    def save(self, run):
        """All there is to keep at the end of an epoch.

        The checkpoint comes last: killed in between, a run repeats an epoch, and no result is behind its checkpoint.
        """
        self.save_result(run)
        self._save_checkpoint(run)

    def save_result(self, run):
        if self.writes:
            files.write(self.path / "history.json", (json.dumps(run.history, indent=1) + "\n").encode())
            # models.save writes the network's settings by itself; flips matter only to a checkpoint.
            left_out = {*run.recipe.generator.settings, "flips"}
            facts = {key: value for key, value in self.facts.items() if key not in left_out}
            facts["epochs"] = run.history[-1]["epoch"] if run.history else 0
            models.save(run.recipe.generator, self.path / "generator.safetensors", **facts)

    def _save_checkpoint(self, run):
        if self.writes:
            state = {"facts": self.facts, "recipe": run.recipe.state(), **{key: getattr(run, key) for key in KEPT}}
            content = io.BytesIO()  # torch does not say that a disk is full; Python's files do
            torch.save(state, content)
            files.write(self.checkpoint, content.getvalue())
        self.last = time.monotonic()

    def restore(self, run) -> bool:
        """Bring a run to where its checkpoint was written; False where there is none."""
        run.recipe.accelerator.wait_for_everyone()  # the main process may still be writing it
        if not self.checkpoint.is_file():
            return False
        try:  # on the CPU: what was the main process's device may not be this one's
            state = torch.load(self.checkpoint, map_location="cpu", weights_only=True)
        except Exception as error:
            reason = f"cannot be read ({type(error).__name__})"
            raise ValueError(f"{self.checkpoint} {reason}: delete it to start anew.") from error
        for key in self.facts | state["facts"]:
            now, then = self.facts.get(key), state["facts"].get(key)
            if now != then:
                made = f"{key} = {then}, this training has {now}. Resume with the same settings"
                if key in ("pictures", "fingerprint"):
                    made = "other pictures. Resume with the same ones"
                raise ValueError(f"The checkpoint in {self.path} was made with {made}, or choose another folder.")
        run.recipe.load_state(state["recipe"])
        for key in KEPT:
            setattr(run, key, state[key])
        return True
