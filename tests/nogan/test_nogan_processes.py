"""Two processes share the epochs of a fastai training on the CPU, as lesson 05's Extra shows it."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from fastai.basics import num_distrib, patch, rank_distrib
from fastai.distributed import DistributedDL, teardown_distrib

from colorlib import data, models, nogan

PICTURES = data.load("ambiguous", size=32, n=80)  # 72 to train on, 8 held out
SCRIPT = "import sys, pathlib, test_nogan_processes; test_nogan_processes.work(pathlib.Path(sys.argv[1]))"


def local_sockets():
    try:
        with socket.create_server(("127.0.0.1", 0)) as server:
            socket.create_connection(server.getsockname(), timeout=5).close()
        return True
    except OSError:
        return False


def values_of(network):
    return torch.cat([value.flatten().float() for value in network.state_dict().values()])


def two_epochs(folder, seed):
    """The weights that a training ends with, and the places that this process was shown."""
    torch.manual_seed(rank_distrib())  # other first weights in each process: those of process 0 count
    network = nogan.unet(models.build("encoder", 32, 0.125), 32)
    dls = nogan.dataloaders(PICTURES, 24 // num_distrib(), folder, device="cpu")
    shown, chunkify = [], dls.train.chunkify
    dls.train.chunkify = lambda places: chunkify(place for place in places if shown.append(place) is None)
    learner = nogan.generator_learner(dls, network, seed=seed)
    with learner.distrib_ctx(sync_bn=False), nogan.silent(learner):
        learner.fit(2, 1e-2)
    learner.save("end")
    return {"weights": values_of(network), "places": torch.tensor(shown).view(2, -1), "random": torch.initial_seed()}


def work(folder):
    """The same in each of two processes, which leaves what it found in a file of its own."""

    @patch  # fastai sends the order by CUDA alone
    def _broadcast(self: DistributedDL, places, sender):
        places = torch.tensor(places, device=self.device)
        torch.distributed.broadcast(places, sender)
        return places.tolist()

    own = folder / f"process_{rank_distrib()}"
    own.mkdir()
    torch.save([two_epochs(own, seed) for seed in (0, 0, 1)], own / "found.pt")
    teardown_distrib()


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    """What both processes found, and their folders."""
    if not local_sockets():
        pytest.skip("two processes talk over a local socket, and none can be opened here")
    folder = tmp_path_factory.mktemp("processes")
    script = folder / "work.py"
    script.write_text(SCRIPT)
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node=2", script, folder]
    paths = os.pathsep.join((str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")))
    environment = os.environ | {"ACCELERATE_USE_CPU": "true", "OMP_NUM_THREADS": "1", "PYTHONPATH": paths}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-3000:]
    assert done.stdout == "" and "fastai" not in done.stderr  # no warning of its own
    return [(torch.load(own / "found.pt"), own) for own in (folder / "process_0", folder / "process_1")]


def test_each_epoch_shows_every_picture_to_one_of_them(found):
    for run in range(3):
        halves = [own[run]["places"] for own, _ in found]
        epochs = torch.cat(halves, dim=1)
        assert epochs.sort().values.tolist() == [list(range(72))] * 2
        assert not torch.equal(*epochs)


def test_the_seed_decides_and_both_end_with_the_same_weights(found):
    (one, again, other), second = (own for own, _ in found)
    assert torch.equal(one["weights"], again["weights"]) and torch.equal(one["places"], again["places"])
    assert not torch.equal(one["places"], other["places"])
    assert one["random"] != second[0]["random"]  # each mirrors other pictures of its own
    for mine, theirs in zip((one, again, other), second, strict=True):
        assert torch.isfinite(mine["weights"]).all()
        torch.testing.assert_close(mine["weights"], theirs["weights"], atol=1e-6, rtol=0)


def test_process_0_alone_saves(found, tmp_path):
    (first, folder), (_, other) = found
    assert not list(other.rglob("*.pth"))
    dls = nogan.dataloaders(PICTURES, 24, folder, device="cpu")
    learner = nogan.generator_learner(dls, nogan.unet(models.build("encoder", 32, 0.125), 32)).load("end")
    assert torch.equal(values_of(learner.model), first[-1]["weights"])
