"""The three NoGAN stages on tiny networks: each changes what it should and nothing else."""

import subprocess
import sys

import pytest
import torch
from fastai.callback.core import Callback
from fastai.callback.tracker import SaveModelCallback
from safetensors.torch import load_file, save_file
from test_adversarial import equal, snapshot
from torchvision.models import ResNet34_Weights, resnet34

from colorlib import color, data, losses, metrics, models, nogan
from colorlib.course.lesson_05.snapshots import Snapshots
from colorlib.nogan import loaders
from colorlib.training import seeded

SCRIPT = """
import sys, torch
from colorlib import data, models, nogan
from colorlib.course.lesson_05.snapshots import Snapshots
torch.set_num_threads(1)
folder, pictures = sys.argv[1], data.load("ambiguous", n=80)
dls = nogan.dataloaders(pictures, 16, folder, device="cpu")
first = nogan.generator_learner(dls, nogan.unet(models.build("encoder", 32, 0.125), 32))
with nogan.silent(first):
    first.fine_tune(1, freeze_epochs=1)
    first.lr_find(show_plot=False, num_it=6)
    first.save("one")
    first.load("one")
file = nogan.save_generated(first.model, pictures, folder + "/generated.safetensors")
second = nogan.critic_learner(nogan.critic_dataloaders(file, 16, folder, device="cpu"), nogan.critic(32, 0.03))
third = nogan.gan_learner(first, second, cbs=[Snapshots(dls.valid.one_batch()[0], 2)])
with nogan.silent(second), nogan.silent(third):
    second.fit_one_cycle(1, 1e-3)
    third.fit(2, 1e-4)
    third.validate()
    third.save("three")
    third.load("three")
"""
PICTURES = data.load("ambiguous", size=32, n=80)  # 72 to train on, 8 held out
GRAY, TRUTH = color.to_gray_ab(PICTURES.valid)
LAB = torch.cat((GRAY, TRUTH), dim=1)
pytestmark = pytest.mark.usefixtures("one_thread")


def encoder():
    return seeded(0, models.build, "encoder", 32, 0.125)


def generator(seed=0, **options):
    return seeded(seed, nogan.unet, encoder(), 32, **options)


def stage_1(folder, network=None, **options):
    dls = nogan.dataloaders(PICTURES, 16, folder, device="cpu")
    return nogan.generator_learner(dls, network or generator(), **options)


def stage_2(folder, network):
    file = nogan.save_generated(network, PICTURES, folder / "generated.safetensors")
    torch.manual_seed(0)
    return nogan.critic_learner(nogan.critic_dataloaders(file, 16, folder, device="cpu"), nogan.critic(32, 0.03))


def stage_3(folder, **options):
    torch.manual_seed(0)
    first = stage_1(folder)
    return nogan.gan_learner(first, stage_2(folder, first.model), **options)


def fit(learner, epochs=1, rate=1e-3):
    with nogan.silent(learner):
        learner.fit(epochs, rate)


def test_batches_are_gray_and_lab_of_the_pictures_and_must_be_possible():
    dls = nogan.dataloaders(PICTURES, 8, device="cpu")
    gray, lab = dls.valid.one_batch()
    assert torch.equal(gray, GRAY) and torch.equal(lab, LAB)
    assert len(dls.train) == 9 and dls.train.one_batch()[1].shape == (8, 3, 32, 32)
    everything = torch.cat([lab for _, lab in dls.train])
    known = torch.cat(color.to_gray_ab(PICTURES.train), dim=1)
    either_way = torch.cdist(everything.flatten(1), torch.cat((known, known.flip(-1))).flatten(1))
    assert (either_way.amin(dim=1) < 0.1).all()
    mirrored = either_way[:, : len(known)].amin(dim=1) > 0.1
    assert mirrored.any() and not mirrored.all()
    assert sorted(either_way.argmin(dim=1).remainder(72).tolist()) == list(range(72))  # each of them once
    for size in (0, 73):
        with pytest.raises(ValueError, match="at least 1, at most all"):
            nogan.dataloaders(PICTURES, size)


def test_batches_and_results_are_shown_in_color_with_alt_text(tmp_path, monkeypatch):
    drawn, shown = [], []
    monkeypatch.setattr(loaders, "display", lambda figure: shown.append(figure.alt))
    pictures = loaders.plots.pictures
    monkeypatch.setattr(loaders.plots, "pictures", lambda rows, **kw: drawn.append(rows) or pictures(rows, **kw))
    learner = stage_1(tmp_path)
    learner.dls.valid.show_batch(max_n=4)
    assert shown[-1] == "4 pictures of a batch, in each column one of them: gray, then truth."
    gray, truth = drawn[-1]
    assert torch.allclose(truth, PICTURES.valid[:4] / 255, atol=1e-3)
    assert (gray[:, 0] - gray[:, 1]).abs().max() < 2e-3 < (truth[:, 0] - truth[:, 1]).abs().max()
    with nogan.silent(learner):
        learner.show_results(max_n=3, shuffle=False)
    assert shown[-1].endswith("gray, then truth, then painted.")
    painted = learner.model.eval()(GRAY)[:3, 1:]
    assert torch.allclose(drawn[-1][2], color.from_gray_ab(GRAY[:3], painted), atol=1e-5)
    judge = stage_2(tmp_path, learner.model)
    with nogan.silent(judge):
        judge.show_results(max_n=9, shuffle=False)
    assert shown[-1].count("% real") == 9 and len(shown) == 3


def test_generated_pictures_are_kept_once_and_labeled(tmp_path):
    network = generator()
    file = nogan.save_generated(network, PICTURES, tmp_path / "new" / "generated.safetensors", share=0.5)
    kept = load_file(file)
    rows = {name: len(values) for name, values in kept.items()}
    assert rows == {"train": 72, "train_labels": 72, "valid": 16, "valid_labels": 16}
    network.eval()
    with torch.no_grad():
        expected = color.to_uint8(color.from_gray_ab(GRAY, network(GRAY)[:, 1:]))
    assert torch.equal(kept["valid"], torch.cat((PICTURES.valid, expected)))
    lab, label = nogan.critic_dataloaders(file, 16, device="cpu").valid.one_batch()
    assert label.tolist() == [1.0] * 8 + [0.0] * 8
    assert torch.equal(lab[:8], LAB) and torch.equal(lab[8:], torch.cat(color.to_gray_ab(expected), dim=1))


def test_what_cannot_be_generated_or_read_is_refused(tmp_path):
    with pytest.raises(ValueError, match="above 0 and at most 1"):
        nogan.save_generated(generator(), PICTURES, tmp_path / "x", share=0)
    (tmp_path / "broken").write_bytes(b"nothing")
    save_file({"other": GRAY}, tmp_path / "other")
    for name in ("missing", "broken", "other"):
        with pytest.raises(ValueError, match="call save_generated first"):
            nogan.critic_dataloaders(tmp_path / name)


def test_the_generator_gives_bounded_lab_and_leaves_the_encoder_alone():
    own = encoder()
    before, network = snapshot(own), nogan.unet(own, 32).eval()
    network(GRAY)
    skips, maps = network.network.sfs, own.eval().features(GRAY)[2::-1]  # one of each size, from the deepest on
    assert all(torch.equal(skip.stored, own_map) for skip, own_map in zip(skips, maps, strict=True))
    lab = network.train()(GRAY * 100)
    assert type(lab) is torch.Tensor and lab.shape == LAB.shape and torch.equal(lab[:, :1], GRAY * 100)
    assert lab[:, 1:].abs().max() <= 1
    network(GRAY).sum().backward()
    assert equal(before, own.state_dict()) and all(parameter.grad is None for parameter in own.parameters())
    assert network.eval()(torch.zeros(1, 1, 64, 64)).shape == (1, 3, 64, 64)  # it grows with its pictures


def test_the_published_options_make_it_another_network():
    plain, looks = generator(), generator(spectral=True, attention=True, blur=True)
    few, more = ({type(module).__name__ for module in network.modules()} for network in (plain, looks))
    assert {"SelfAttention", "AvgPool2d"} <= more and "SelfAttention" not in few and looks(GRAY).shape == LAB.shape
    assert any(name.endswith("weight_orig") for name in looks.state_dict().keys() - plain.state_dict().keys())
    with pytest.raises(ValueError, match="take more stages"):  # where self-attention would find no place
        nogan.unet(encoder(), 32, attention=True, stages=3)


@pytest.mark.parametrize("options", [{"attention": True}, {"narrow": 8}, {"stages": 3}])
def test_colorlib_takes_it_saves_it_and_rebuilds_it(tmp_path, options):
    network = nogan.unet(models.build("encoder", 32, 0.125, classes=7), 32, **options).eval()
    loaded = models.load(models.save(network, tmp_path / "nogan.safetensors", recipe="nogan"))
    assert loaded.metadata["network"] == "dynamic_unet" and not loaded.training
    painted = models.paint(loaded, GRAY)
    assert torch.equal(painted, models.paint(models.Colorizer(network), GRAY)) and painted.shape == TRUTH.shape
    assert "nogan" in repr(metrics.evaluate({"nogan": loaded}, PICTURES, names=["ab_error"]))


def test_resnet34_sees_gray_as_it_sees_gray_in_rgb_and_a_generator_grows_on_it(tmp_path, monkeypatch):
    torch.manual_seed(0)
    theirs, gray = resnet34(weights=None).eval(), LAB[:2, :1].repeat(1, 1, 2, 2)
    monkeypatch.setattr(ResNet34_Weights, "get_state_dict", lambda *_, **__: theirs.state_dict())  # no download
    encoder, as_rgb = nogan.resnet34(), (((gray + 1) / 2 - 0.449) / 0.226).expand(-1, 3, -1, -1)
    network = nogan.unet(encoder, 64, blur=True).eval()
    with torch.no_grad():
        assert torch.allclose(theirs.fc(encoder.body(gray).mean(dim=(2, 3))), theirs(as_rgb), atol=1e-4)
        lab = network(gray)
    assert len(encoder.body) == 5 and len(network.groups()[0]) == len(list(encoder.body.parameters()))
    assert nogan.FeatureLoss(encoder, features=(0.2, 0.7, 0.1))(lab, lab) == 0
    loaded = models.load(models.save(network, tmp_path / "nogan.safetensors"))
    assert torch.equal(models.paint(loaded, gray), lab[:, 1:])


def test_critics_judge_lab_in_a_row_and_look_at_the_gray():
    judge = nogan.critic(32, 0.03).eval()
    other = torch.cat((GRAY.roll(1, 0), TRUTH), dim=1)
    assert judge(LAB).shape == (8, 1) and (judge(other) - judge(LAB)).abs().max() > 1e-5
    assert nogan.critic(64, 0.03)(torch.zeros(2, 3, 64, 64)).shape == (2, 1)
    with pytest.raises(ValueError, match="16, 32, 64"):
        nogan.critic(48)


def test_the_feature_loss_is_0_for_the_truth_and_sees_color_even_one_that_no_screen_shows():
    loss = nogan.FeatureLoss(encoder(), pixel=2.0, features=(0.0, 1.0, 0.5))
    assert loss(LAB, LAB) == 0
    painted = torch.cat((GRAY, TRUTH * 0.5), dim=1).requires_grad_()
    value = loss(painted, LAB)
    terms = {name: getattr(loss, name) for name in loss.weights}
    assert list(terms) == ["pixel", "stage_2", "stage_3"] and all(term > 0 for term in terms.values())
    assert value.item() == pytest.approx(sum(loss.weights[name] * float(term) for name, term in terms.items()))
    assert terms["pixel"] == losses.l1(TRUTH * 0.5, TRUTH)
    value.backward()
    assert painted.grad.isfinite().all() and (painted.grad[:, 1:] != 0).float().mean() > 0.9
    painted = torch.cat((GRAY, torch.full_like(TRUTH, 0.95)), dim=1).requires_grad_()
    nogan.FeatureLoss(encoder(), pixel=0.0, features=(1.0,))(painted, LAB).backward()
    assert (painted.grad[:, 1:] != 0).float().mean() > 0.9


def test_without_features_the_encoder_is_not_needed_and_too_many_are_refused():
    loss = nogan.FeatureLoss()
    assert loss.weights == {"pixel": 1.0} and not list(loss.parameters())
    assert loss(LAB * 0.5, LAB) == losses.l1(TRUTH * 0.5, TRUTH)
    for given, sentence in ((encoder(), "5 weights for the 4 stages"), (None, "5 weights for the 0 stages")):
        with pytest.raises(ValueError, match=sentence):
            nogan.FeatureLoss(given, features=(1.0,) * 5)


def test_training_leaves_the_feature_losses_encoder_alone(tmp_path):
    loss = nogan.FeatureLoss(encoder(), features=(1.0, 1.0))
    before = snapshot(loss.stages)
    learner = stage_1(tmp_path, loss=loss)
    fit(learner)
    assert equal(before, loss.stages.state_dict()) and not loss.stages.training
    assert learner.recorder.metric_names[3:6] == ["pixel", "stage_1", "stage_2"]
    total, pixel, *stages = learner.recorder.values[-1][1:]
    assert total == pytest.approx(pixel + sum(stages), rel=1e-4)


def test_stage_1_learns_with_the_encoder_frozen_then_with_all(tmp_path):
    learner = stage_1(tmp_path)
    encoder_weights, others = ([p for p in group if p.ndim == 4] for group in learner.model.groups())
    learner.freeze()
    frozen, before = [p.clone() for p in encoder_weights], [p.clone() for p in others]
    with nogan.silent(learner):
        first = learner.validate()[0]
        learner.fit_one_cycle(2, 3e-3)
        assert all(torch.equal(one, other) for one, other in zip(frozen, encoder_weights, strict=True))
        assert not any(torch.equal(one, other) for one, other in zip(before, others, strict=True))
        learner.unfreeze()
        learner.fit_one_cycle(2, 3e-3)
        assert not any(torch.equal(one, other) for one, other in zip(frozen, encoder_weights, strict=True))
        assert learner.validate()[0] < 0.95 * first


def test_stage_2_leaves_the_generator(tmp_path):
    network = generator()
    before = snapshot(network)
    learner = stage_2(tmp_path, network)
    untrained = snapshot(learner.model)
    fit(learner, 3)
    assert equal(before, network.state_dict()) and network.training
    assert not equal(untrained, learner.model.state_dict())
    assert learner.recorder.metric_names[3] == "accuracy_thresh_expand"
    assert learner.recorder.values[-1][2] > 0.8  # an untrained generator's pictures are told easily


class Watch(Callback):
    """Which of the two networks each batch changed, and the rate it did it with."""

    run_valid, order = False, 5

    def before_batch(self):
        self.turn = "generator" if self.gan_trainer.gen_mode else "critic"
        self.before = {name: snapshot(getattr(self.model, name)) for name in ("generator", "critic")}

    def after_step(self):
        now = {name: getattr(self.model, name).state_dict() for name in self.before}
        changed = [name for name in now if not equal(self.before[name], now[name])]
        self.seen = [*getattr(self, "seen", []), (self.turn, changed, self.opt.hypers[0]["lr"])]


@pytest.mark.parametrize("threshold, turns", [(10.0, ["critic", "generator"] * 2), (0.0, ["critic"] * 4)])
def test_in_stage_3_each_batch_changes_the_network_whose_turn_it_is(tmp_path, threshold, turns):
    """A critic that is always good enough takes turns with the generator; one above the threshold goes on learning."""
    watch = Watch()
    fit(stage_3(tmp_path, threshold=threshold, cbs=[watch]), 2, 1e-4)
    assert [turn for turn, _, _ in watch.seen[:4]] == turns and len(watch.seen) == 8
    for turn, changed, rate in watch.seen:
        assert changed == [turn]
        assert rate == pytest.approx(5e-4 if turn == "critic" else 1e-4)


def test_the_resting_networks_memory_does_not_fade(tmp_path):
    """Two epochs of critic steps: Adam's averages for the generator stay as its last step left them."""
    learner = stage_3(tmp_path, threshold=10.0)
    fit(learner, 1, 1e-4)
    own = list(learner.model.generator.parameters())
    before = [learner.opt.state[parameter]["sqr_avg"].clone() for parameter in own]
    learner.adaptive_gan_switcher.critic_thresh = 0.0
    fit(learner, 1, 1e-4)
    after = [learner.opt.state[parameter]["sqr_avg"] for parameter in own]
    assert all(torch.equal(one, other) for one, other in zip(before, after, strict=True))
    assert all(parameter.requires_grad for parameter in learner.model.parameters())


def test_snapshots_show_and_keep_the_generator_on_its_way(tmp_path):
    snapshots = Snapshots(GRAY, every=3, last=7)
    learner = stage_3(tmp_path, threshold=10.0, cbs=[snapshots])
    first = models.paint(learner.model.generator.eval(), GRAY)[:, 1:]
    fit(learner, 9, 1e-3)
    assert list(snapshots.painted) == [0, 3, 6, 7] and snapshots.batches == 7
    # fastai validates by the generator after every epoch, here of 4 batches, and goes on with it.
    assert [list(paid) for paid in snapshots.losses.values()] == [[2, 4, 5, 7], [1, 3, 6]]
    assert snapshots.losses["critic"][1] == pytest.approx(0.69, abs=0.2)  # ln 2: it is untrained
    assert torch.equal(snapshots.painted[0], first) and not torch.equal(snapshots.painted[3], first)
    assert torch.equal(snapshots.painted[7], models.paint(learner.model.generator.eval(), GRAY)[:, 1:])
    restored = generator(seed=9).eval()
    restored.load_state_dict(snapshots.states[3])
    assert torch.equal(models.paint(restored, GRAY)[:, 1:], snapshots.painted[3])
    more = Snapshots(GRAY, every=1, last=7)
    fit(stage_3(tmp_path, threshold=10.0, cbs=[more]), 9, 1e-3)
    assert torch.equal(more.painted[7], snapshots.painted[7])  # looking changes nothing
    with pytest.raises(ValueError, match="at least 1 batch"):
        Snapshots(GRAY, every=0)


def test_the_weights_of_stage_3_count(tmp_path):
    """With the critic weighed 0, the generator of stage 3 goes on by stage 1's loss alone."""
    painted = []
    for weights in ((0.0, 1.0), (1.0, 1.0)):
        learner = stage_3(tmp_path, threshold=10.0, weights=weights)
        fit(learner, 2, 1e-3)
        painted.append(models.paint(learner.model.generator.eval(), GRAY)[:, 1:])
    errors = [float(losses.l1(ab, TRUTH)) for ab in painted]
    assert errors[0] < errors[1]


def test_saved_loaded_and_resumed_is_as_if_never_stopped(tmp_path):
    straight, first, fresh = stage_1(tmp_path), stage_1(tmp_path), stage_1(tmp_path, generator(seed=4))
    every = SaveModelCallback(every_epoch=True, with_opt=True, fname="epoch")
    with nogan.silent(straight), nogan.silent(first), nogan.silent(fresh):
        straight.fit_one_cycle(3, 1e-3)
        first.fit_one_cycle(3, 1e-3, cbs=every)  # it is at the end, what matters are its files
        fresh.load("epoch_0")
        torch.manual_seed(99)
        fresh.fit_one_cycle(3, 1e-3, start_epoch=1)
        assert torch.equal(fresh.get_preds()[0], straight.get_preds()[0])


def test_stage_3_is_saved_and_loaded_whole(tmp_path):
    learner = stage_3(tmp_path, threshold=10.0)
    fit(learner, 1, 1e-4)
    learner.save("stage_3")
    other = stage_3(tmp_path).load("stage_3")
    assert equal(learner.model.state_dict(), other.model.state_dict())
    states = [[one.opt.state[p]["sqr_avg"] for p in one.model.parameters()] for one in (learner, other)]
    assert all(torch.equal(*pair) for pair in zip(*states, strict=True))


class Interrupt(Callback):
    """Stop by hand, in the first batch that is the generator's."""

    def after_batch(self):
        if self.gan_trainer.gen_mode:
            raise KeyboardInterrupt


def test_a_second_round_trains_all_even_after_an_interrupt(tmp_path):
    learner = stage_3(tmp_path, threshold=10.0, cbs=[Interrupt()])
    with pytest.raises(KeyboardInterrupt):
        fit(learner, 1, 1e-4)
    network, judge = learner.model.generator, learner.model.critic
    assert not any(parameter.requires_grad for parameter in judge.parameters())
    again = nogan.critic_learner(stage_2(tmp_path, network).dls, judge)
    before = snapshot(judge)
    fit(again)
    assert not equal(before, judge.state_dict())
    first = stage_1(tmp_path, network)
    first.freeze()
    third = nogan.gan_learner(first, again)
    third.create_opt()
    assert len(third.opt.all_params()) == len(list(third.model.parameters()))


def test_no_warning_and_no_bar_reach_the_student(tmp_path):
    """In a process of its own, with Python's own filters: what is written there, a student reads."""
    done = subprocess.run([sys.executable, "-c", SCRIPT, tmp_path], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout == "" and done.stderr == ""
