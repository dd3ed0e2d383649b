"""The loop: history, resume after a kill, a stop, a NaN, a full disk; two processes."""

import json
import os
import subprocess
import sys
from contextlib import nullcontext
from functools import cache
from pathlib import Path
from unittest.mock import Mock

import pytest
import torch
from safetensors.torch import load_file

from colorlib import data, files, models, training
from colorlib.training import folder, loop
from colorlib.worlds import scenes

HERE = Path(__file__).parent
PICTURES = scenes.draw(40, 32, seed=1, world="ambiguous").pictures
SMALL = dict(network="pix2pix", loss="l1", size=32, width=0.125, levels=4, batch_size=8)  # dropout must resume too
TWO = """
import os, sys
sys.path.insert(0, sys.argv[1])
import torch
from colorlib.training import folder
from test_training import fit, interrupted, recipe, stop
folder.EVERY = 0
whole = fit(recipe(), epochs=2, out="whole")
fit(interrupted(stop, at=8), epochs=2, out="resumed")
resumed = fit(recipe(), epochs=2, out="resumed", resume=True)
learned = [[*run.recipe.generator.parameters(), *(row["l1"] for row in run.history)] for run in (whole, resumed)]
torch.save(learned, f"{os.environ['RANK']}.pt")
"""


def recipe(**settings):
    return training.Supervised(**SMALL | settings)


def fit(a_recipe, **options):
    return training.fit(a_recipe, PICTURES, progress=False, **options)


def same_history(one, other):
    """Equal but for the seconds."""
    assert len(one) == len(other) > 0
    for row, twin in zip(one, other, strict=True):
        assert {**row, "seconds": 0} == pytest.approx({**twin, "seconds": 0}, abs=1e-5)


def weights(run):
    return run.recipe.generator.state_dict()


def same_weights(one, other, tolerance=1e-5):
    torch.testing.assert_close(dict(one), dict(other), atol=tolerance, rtol=0)


@cache
def undisturbed(epochs):
    return fit(recipe(), epochs=epochs)


def goes_on_as_if_undisturbed(out, epochs):
    """Resumed, its history and weights, in the files too, are those of an undisturbed run."""
    resumed, whole = fit(recipe(), epochs=epochs, out=out, resume=True), undisturbed(epochs)
    same_history(resumed.history, whole.history)
    assert json.loads((out / "history.json").read_text()) == resumed.history
    for kept in (weights(resumed), load_file(out / "generator.safetensors")):
        same_weights(kept, weights(whole))


def test_a_run_learns_and_tells_what_it_did():
    run = fit(recipe(lr=3e-3), epochs=4, validate=lambda generator: {"ones": 1})
    assert [(row["epoch"], row["step"]) for row in run.history] == [(1, 5), (2, 10), (3, 15), (4, 20)]
    assert run.history[-1]["l1"] < 0.8 * run.history[0]["l1"]
    assert run.history[0]["valid_ones"] == 1 and run.history[0]["processes"] == 1
    assert run.stopped is None and "20 of 20 steps" in repr(run)
    gray, ab = next(data.batches(PICTURES, 4))
    assert run.generator(gray).shape == ab.shape and not run.generator.network.training


def test_the_loop_is_the_plain_loop(monkeypatch):
    """Lesson 02 says so: same seed, same batches, same weights as a loop written by hand."""
    plain = recipe(dropout=0.0)
    plain.generator.to(memory_format=torch.channels_last)  # another layout would round otherwise
    for epoch in range(2):
        for gray, ab in data.batches(data.prepared(PICTURES), 8, seed=0, epoch=epoch):
            prediction = plain.generator(gray)
            loss = (prediction - ab).abs().mean()
            plain.optimizers["generator"].zero_grad()
            loss.backward()
            plain.optimizers["generator"].step()
    monkeypatch.setattr(loop.Accelerator, "autocast", lambda self: nullcontext())  # half precision would hide much
    run = fit(recipe(dropout=0.0), epochs=2)
    same_weights(weights(run), plain.generator.state_dict(), tolerance=1e-5)


def test_a_seed_fixes_everything_and_leaves_other_random_numbers_alone():
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    first, again, other = (fit(recipe(seed=seed), epochs=1) for seed in (3, 3, 4))
    assert torch.equal(torch.rand(3), expected)
    same_history(first.history, again.history)
    assert other.history[0]["l1"] != first.history[0]["l1"]


def test_how_long():
    assert fit(recipe(steps=7)).step == 7 and fit(recipe(steps=7), epochs=1).step == fit(recipe(epochs=1)).step == 5
    assert fit(recipe(batch_size=1000), epochs=1).step == 1  # a batch of all there is
    with pytest.raises(ValueError, match="at least 1"):
        fit(recipe(), epochs=0)
    with pytest.raises(ValueError, match="build the recipe with steps=10"):
        fit(recipe(steps=7), epochs=2)
    with pytest.raises(ValueError, match="0 pictures"):
        training.fit(recipe(), PICTURES[:0])
    with pytest.raises(ValueError, match="out"):
        fit(recipe(), resume=True)


def test_what_cannot_be_trained_on_is_told_at_once():
    world = data.load("shapes", 32, 40)
    turned, narrow = PICTURES.movedim(1, -1), PICTURES[..., :16]
    for wrong in (world, PICTURES / 255, PICTURES[0], PICTURES.numpy(), turned, narrow, [1]):
        with pytest.raises(ValueError, match="needs a tensor of uint8 pictures, N×3×32×32.*give world.train"):
            training.fit(recipe(), wrong)
    assert training.fit(recipe(), world.train, epochs=1, progress=False).step == 4
    assert fit(recipe(), epochs=1, flips=False, change_gray=lambda gray, generator: gray).step == 5
    halves = {"change_pictures": lambda batch, generator: batch[..., ::2, ::2].float() / 255}
    assert training.fit(recipe(), PICTURES.new_ones(8, 3, 64, 64), epochs=1, progress=False, **halves).step == 1
    with pytest.raises(ValueError, match="build a fresh recipe"):
        fit(fit(recipe(steps=10), epochs=1).recipe)


def test_the_folder(tmp_path):
    run = fit(recipe(seed=2), epochs=2, out=tmp_path)
    loaded = models.load(tmp_path / "generator.safetensors")
    gray, _ = next(data.batches(PICTURES, 4))
    torch.testing.assert_close(loaded(gray), run.generator(gray), atol=1e-5, rtol=0)
    facts = dict(recipe="pix2pix_l1", network="pix2pix", size="32", width="0.125", seed="2", epochs="2")
    assert facts.items() <= loaded.metadata.items()
    more = "lr loss steps options outputs batch_size pictures fingerprint flips"
    assert loaded.metadata.keys() - facts.keys() == set(more.split())
    assert {path.name for path in tmp_path.rglob("*.*")} == {"generator.safetensors", "history.json", "state.pt"}


def test_finished_does_nothing_and_nothing_there_starts_afresh(tmp_path):
    first = fit(recipe(), epochs=2, out=tmp_path, resume=True)
    kept = [tmp_path / "generator.safetensors", tmp_path / "checkpoint" / "state.pt"]
    before = [file.stat().st_mtime_ns for file in kept]
    again = fit(recipe(), epochs=2, out=tmp_path, resume=True)
    assert again.history == first.history and again.step == 10
    assert [file.stat().st_mtime_ns for file in kept] == before
    same_weights(weights(again), weights(first))
    goes_on_as_if_undisturbed(tmp_path, epochs=3)


def test_a_checkpoint_of_another_training_is_refused(tmp_path):
    fit(recipe(), epochs=1, out=tmp_path)
    with pytest.raises(ValueError, match="seed = 0, not 1"):
        fit(recipe(seed=1), epochs=1, out=tmp_path, resume=True)
    with pytest.raises(ValueError, match="flips = True"):
        fit(recipe(), epochs=2, out=tmp_path, resume=True, flips=False)
    for others in (255 - PICTURES, PICTURES[:32]):
        with pytest.raises(ValueError, match="was made with other pictures. Resume with the same"):
            training.fit(recipe(), others, epochs=2, out=tmp_path, resume=True)
    same = training.fit(recipe(), PICTURES.clone(), epochs=2, out=tmp_path, resume=True, flips=True, progress=False)
    assert same.step == 10
    (tmp_path / "checkpoint" / "state.pt").write_bytes(b"half a file")
    with pytest.raises(ValueError, match="cannot be read"):
        fit(recipe(), epochs=1, out=tmp_path, resume=True)


def interrupted(happens, a_recipe=None, at=12):
    """The recipe; something happens in one of its steps."""
    a_recipe = a_recipe or recipe()
    step = a_recipe.step

    def interrupted_step(gray, ab):
        if a_recipe.number == at:
            happens()
        return step(gray, ab)

    a_recipe.step = interrupted_step
    return a_recipe


def stop():
    raise KeyboardInterrupt


def test_the_stop_button_keeps_what_was_learned(tmp_path):
    with pytest.warns(UserWarning, match="Stopped by hand.*12 of 15 steps is kept"):
        run = fit(interrupted(stop), epochs=3, out=tmp_path)
    assert run.step == 12 and [row["step"] for row in run.history] == [5, 10, 12]
    same_weights(load_file(tmp_path / "generator.safetensors"), weights(run))
    goes_on_as_if_undisturbed(tmp_path, epochs=3)


def test_nan_stops_with_advice_before_it_spoils_the_weights(tmp_path):
    a_recipe = recipe()

    def spoil():
        a_recipe.loss = lambda prediction, _: (prediction.sum() * torch.nan, {"l1": torch.tensor(torch.nan)})

    with pytest.warns(UserWarning, match="learning rate 3 to 10 times smaller"):
        run = fit(interrupted(spoil, a_recipe), epochs=3, out=tmp_path)
    assert run.step == 12 and "no longer a number" in run.stopped
    assert all(p.isfinite().all() for p in run.recipe.generator.parameters())
    assert json.loads((tmp_path / "history.json").read_text())[-1]["step"] == 12
    goes_on_as_if_undisturbed(tmp_path, epochs=3)


def test_a_batch_too_large_for_memory_is_halved_and_that_is_said(capsys, tmp_path):
    tight = recipe(batch_size=32, steps=4)
    step = tight.step

    def fitting(gray, ab):
        if len(gray) > 8:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return step(gray, ab)

    tight.step = fitting
    run = fit(tight, epochs=4, out=tmp_path)  # 4 batches of 32, as planned; now 4 of 8
    assert run.step == 4 and run.stopped is None and tight.settings.batch_size == 8
    assert capsys.readouterr().out.count("do not fit into memory. Here are batches of") == 2
    assert weights(run).keys() and (tmp_path / "generator.safetensors").exists()
    tight = recipe()
    tight.step = Mock(side_effect=[tight.step(*next(data.batches(PICTURES, 8))), torch.OutOfMemoryError])
    with pytest.warns(UserWarning, match="do not fit into memory. What was learned in 1 of 5 steps is kept"):
        assert fit(tight, epochs=1).stopped


def test_weights_that_are_no_longer_numbers_are_not_kept(tmp_path):
    """Batch norm meets an infinite number: the loss stops the training, the averages are spoiled by then."""
    a_recipe, infinite = recipe(), {7: torch.inf}
    a_recipe.generator.register_forward_pre_hook(lambda _, given: given[0] * infinite.get(a_recipe.number, 1))
    with pytest.warns(UserWarning, match="no longer a number.*full of NaN.*the last whole epoch"):
        run = fit(a_recipe, epochs=3, out=tmp_path)
    assert run.step == 7 and not all(value.isfinite().all() for value in weights(run).values())
    kept = load_file(tmp_path / "generator.safetensors")
    assert all(value.isfinite().all() for value in kept.values())
    assert len(json.loads((tmp_path / "history.json").read_text())) == 1


def in_fp16(scale=2.0**16, **settings):
    """A recipe with the scaler that Accelerate gives it for fp16, on the CPU, and one of its weights."""
    a_recipe = recipe(**settings)
    a_recipe.scaler = torch.amp.GradScaler("cpu", init_scale=scale)
    return a_recipe, a_recipe.optimizers["generator"].param_groups[0]["params"][0]


def root_at_0(weight):
    """A loss of 0 whose gradient is not a number."""
    return (weight * 0).abs().sqrt().sum()


def test_fp16_leaves_out_a_step_and_the_rate_waits_for_it_but_not_for_ever():
    a_recipe, weight = in_fp16(steps=9)
    before, cycle = weight.detach().clone(), a_recipe.schedulers["generator"]
    assert a_recipe.descend("generator", root_at_0(weight)) == 0
    assert cycle.last_epoch == 0 and torch.equal(weight, before) and a_recipe.scaler.get_scale() == 2**15
    length = a_recipe.descend("generator", weight.square().sum())
    torch.testing.assert_close(length, 2 * before.norm())
    assert cycle.last_epoch == 1 and not torch.equal(weight, before)
    for _ in range(15):
        a_recipe.descend("generator", root_at_0(weight))
    with pytest.raises(training.Stopped, match="gradient is no longer a number"):
        a_recipe.descend("generator", root_at_0(weight))  # 2**16, halved until it is 1


def test_a_checkpoint_in_another_precision_can_be_resumed(tmp_path):
    plain, fp16, another, last = recipe(), in_fp16(scale=8.0)[0], in_fp16()[0], recipe()
    for first, then, scale in ((plain, fp16, 8), (fp16, another, 8), (another, last, 1)):
        fit(first, epochs=1, out=tmp_path)
        fit(then, epochs=1, out=tmp_path, resume=True)  # there is nothing left to do
        same_weights(then.generator.state_dict(), first.generator.state_dict())
        assert then.scaler.get_scale() == scale


def test_a_folder_that_cannot_be_written_is_told_before_the_training_or_where_it_fails_later(tmp_path):
    (tmp_path / "file").write_text("a file")
    for out in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(files.CannotWrite, match="file.*could not be written.*choose another folder"):
            fit(interrupted(lambda: pytest.fail("it trained"), at=0), epochs=1, out=out)
    fit(recipe(), epochs=1, out=tmp_path / "new")  # which it makes
    (tmp_path / "checkpoint").write_text("a file where the folder should be")
    with pytest.warns(UserWarning, match="could not be written.*5 of 15 steps is kept"):
        fit(recipe(), epochs=3, out=tmp_path)


def test_killed_while_saving_the_result_is_never_behind(tmp_path, monkeypatch):
    """Were the checkpoint first, a resumed run would find itself finished, and the result lack its last epoch."""
    plain_write = files.write

    def kill(path, content):
        if b'"epoch": 2' in content:
            raise SystemExit
        plain_write(path, content)

    with monkeypatch.context() as patch, pytest.raises(SystemExit):
        patch.setattr(files, "write", kill)
        fit(recipe(), epochs=2, out=tmp_path)
    goes_on_as_if_undisturbed(tmp_path, epochs=2)


def test_killed_in_mid_epoch_it_goes_on_from_its_last_checkpoint(tmp_path, monkeypatch):
    monkeypatch.setattr(folder, "EVERY", 0)  # so one is written before each step
    with pytest.raises(SystemExit):
        fit(interrupted(sys.exit, at=8), epochs=3, out=tmp_path)
    assert len(json.loads((tmp_path / "history.json").read_text())) == 1
    assert torch.load(tmp_path / "checkpoint" / "state.pt")["step"] == 8
    goes_on_as_if_undisturbed(tmp_path, epochs=3)


def test_two_processes_share_a_batch_and_agree(tmp_path):
    """Each sees its own pictures: gradients are averaged, and what both had summed up survives a stop in mid-epoch."""
    (script := tmp_path / "two.py").write_text(TWO)
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node=2", script]
    environment = {**os.environ, "ACCELERATE_USE_CPU": "true", "OMP_NUM_THREADS": "1"}
    done = subprocess.run([*command, HERE], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    whole, resumed = (json.loads((tmp_path / name / "history.json").read_text()) for name in ("whole", "resumed"))
    assert [(row["processes"], row["step"]) for row in whole] == [(2, 5), (2, 10)]
    same_history(resumed, whole)
    first, second = (torch.load(tmp_path / f"{rank}.pt") for rank in range(2))
    torch.testing.assert_close(first, second, atol=0, rtol=0)  # the means of both are the same in both
    torch.testing.assert_close(*first, atol=1e-5, rtol=0)
    assert first[0][-2:] == pytest.approx([row["l1"] for row in whole])
    pairs = zip(first[0], recipe().generator.parameters(), strict=False)
    assert max((learned - start).abs().max() for learned, start in pairs) > 1e-3
