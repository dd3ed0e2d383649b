"""Two processes under torchrun give what one gives: a recipe of each kind, and NoGAN. Chance is switched off."""

import json
import os
import subprocess
import sys

import pytest

SCRIPT = """
import sys
from pathlib import Path
import torch
from torch import nn


class Unchanged(nn.BatchNorm2d):  # each process knows only its part of a batch
    def forward(self, x):
        return x


nn.BatchNorm2d, nn.Dropout.forward = Unchanged, lambda self, x: x
torch.set_num_threads(1)
from colorlib import data, nogan, training

for name in ("rand", "randn"):
    fixed = lambda *size, device=None, generator=None, value=0.5: torch.full(torch.zeros(*size).shape, value)
    setattr(torch, name, fixed)
    setattr(torch, f"{name}_like", lambda x: torch.full_like(x, 0.5))
world = data.load("ambiguous", 32, 40)
out = Path(sys.argv[1])
for name in ("unet_l1", "pix2pix", "wgan_gp", "keras_gan", "flow"):  # one of a kind
    settings = {"size": 32, "batch_size": 16, "epochs": 2}
    width = {} if "pretrained" in name else {"width": 0.125}
    critic = {"critic_width": 0.125} if name in training.ADVERSARIAL else {}
    recipe = training.build(name, **settings, **width, **critic)
    training.fit(recipe, world.train, epochs=1, out=out / name, progress=False)
    recipe = training.build(name, **settings, **width, **critic)
    training.fit(recipe, world.train, epochs=2, out=out / name, resume=True, progress=False)
small = {"width": 0.125, "batch_size": 16, "critic_batch_size": 16, "gan_batch_size": 16, "critic_width": 0.03}
settings = nogan.PUBLISHED | training.laptop("train_nogan_quick") | small
nogan.fit(world, settings, 0, out / "nogan")
"""


@pytest.fixture(scope="module")
def histories(tmp_path_factory):
    """What one process and what two have written, {recipe: rows}."""
    folder, found = tmp_path_factory.mktemp("processes"), []
    (folder / "script.py").write_text(SCRIPT)
    two = ["-m", "torch.distributed.run", "--standalone", "--nproc_per_node=2"]
    for name, launcher in (("one", []), ("two", two)):
        command = [sys.executable, *launcher, "script.py", name]
        environment = {**os.environ, "ACCELERATE_USE_CPU": "true", "ACCELERATE_MIXED_PRECISION": "no"}
        environment |= {"OMP_NUM_THREADS": "1"}
        done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, done.stderr[-3000:]
        found.append({path.parent.name: json.loads(path.read_text()) for path in folder.glob(f"{name}/*/history.json")})
    return found


def test_two_processes_give_the_losses_of_one(histories):
    one, two = histories
    assert len(one) == len(two) == 6
    for recipe, rows in one.items():
        for row, twin in zip(rows, two[recipe], strict=True):
            row, twin = ({k: v for k, v in r.items() if k not in ("seconds", "processes")} for r in (row, twin))
            assert row == pytest.approx(twin, rel=1e-3, abs=2e-3), recipe
