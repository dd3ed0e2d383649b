"""The recipe `nogan` in one call: its three stages, then the stop. Lesson 05 takes them one by one."""

import json
import math
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import torch
from safetensors.torch import load_file, save
from torch import nn

from colorlib import color, data, files, metrics, models, training
from colorlib.nogan import learners, loaders, networks, stops
from colorlib.training.folder import fingerprint
from colorlib.worlds import scenes

MOST = 1.0  # Lab units above gray's ab error: where pictures stop whose palette is not known


def one_cycle(learner: learners.Learner, epochs: int, rate: float | slice, settings: dict) -> list[dict]:
    """Train in silence, one cycle; gives a row of fastai's measures an epoch."""
    with learners.silent(learner), precision(settings):
        learner.fit_one_cycle(epochs, rate)
    names = learner.recorder.metric_names[1:-1]  # without the epoch and the time
    return [{k: float(v) for k, v in zip(names, row, strict=True)} for row in learner.recorder.values]


def precision(settings: dict) -> torch.autocast:
    """Half precision for what asks for it, where this machine is faster so; else full precision."""
    half = settings.get("half", False) and training.best_precision() == "bf16"
    # Without a cache, which would keep the first batch's halved weights for the whole training.
    return torch.autocast("cpu", torch.bfloat16, enabled=half, cache_enabled=False)


def finished(file: Path, network: nn.Module, work: Callable[[], dict], settings: dict) -> dict:
    """Do the work, or find the weights that it left; gives its report, which is written last."""
    report, weights = file.with_suffix(".json"), file.with_suffix(".safetensors")
    processes = training.start_accelerator()
    settings = json.loads(json.dumps(settings))  # as they will be read again
    if not report.exists():
        started = time.monotonic()
        facts = work() | {"seconds": round(time.monotonic() - started, 1), "settings": settings}
        if processes.is_main_process and hasattr(network, "settings"):
            models.save(network, weights)
        elif processes.is_main_process:
            files.write(weights, save({name: value.cpu().contiguous() for name, value in network.state_dict().items()}))
        if processes.is_main_process:
            files.write(report, (json.dumps(facts, indent=1, ensure_ascii=False) + "\n").encode())
        processes.wait_for_everyone()
    facts = json.loads(report.read_text(encoding="utf-8"))
    if facts.pop("settings", None) != settings:
        raise ValueError(f"{report} was made with other settings: delete {file.parent} to start anew.")
    network.load_state_dict(load_file(weights))
    return facts


def build_generator(settings: dict, seed: int, pretrained: bool = True) -> networks.Generator:
    """On torchvision's ResNet-34, on an encoder that comes with colorlib, or on a fresh one like that."""
    name, size = settings["encoder"], settings["size"]
    if name == "resnet34":
        encoder = networks.resnet34(pretrained)
    elif pretrained:
        encoder = models.load_encoder(name)
    else:
        encoder = training.seeded(seed, models.build, "encoder", size, settings.get("width", 1.0))
    looks = {name: settings[name] for name in ("spectral", "attention", "blur", "stages", "narrow") if name in settings}
    unet = training.seeded(seed, networks.unet, encoder, size, **looks)
    return unet.to(memory_format=torch.channels_last)


class Stages:
    """The three stages on a data set's pictures. Each trains a network, and gives what its report says."""

    def __init__(self, pictures: data.DataSet, settings: dict, seed: int, folder: str | Path, pretrained: bool = True):
        self.pictures, self.settings, self.seed, self.folder = pictures, settings, seed, Path(folder)
        self.pretrained, self.to_paint = pretrained, pictures  # stage 2 paints a share of the latter
        self.processes = training.start_accelerator()
        self.callbacks = [learners.Together()] if self.processes.num_processes > 1 else []
        self.generator = build_generator(settings, seed, pretrained)
        self.critic = training.seeded(seed, networks.critic, settings["size"], settings["critic_width"])

    def run(self) -> dict[str, dict]:
        """All that are not finished yet; gives the reports of all."""
        works = {"stage_1": (self.generator, self.generate), "stage_2": (self.critic, self.criticize)}
        works |= {"stage_3": (self.generator, self.together)}
        return {stage: finished(self.folder / stage, *work, self.settings) for stage, work in works.items()}

    def learner(self, batch_size: int, size: int) -> learners.Learner:
        pictures = self.pictures if size == self.settings["size"] else loaders.shrunk(self.pictures, size)
        encoder = models.load_encoder(self.settings["encoder"]) if self.settings["features"] else None
        loss = networks.FeatureLoss(encoder, features=self.settings["features"])
        dls = loaders.dataloaders(pictures, batch_size, self.folder)
        return learners.generator_learner(dls, self.generator, loss, self.seed, self.callbacks)

    def generate(self) -> dict:
        """In growing sizes, each frozen first and then unfrozen."""
        settings, rate, rows = self.settings, self.settings["lr"], []
        for size, frozen, unfrozen in settings["sizes"]:
            learner = self.learner(settings["batch_size"], size)
            if frozen:
                learner.freeze()
                rows += [{"size": size, **row} for row in one_cycle(learner, frozen, rate, settings)]
            learner.unfreeze()
            both = slice(rate / 10, rate) if self.pretrained else rate
            rows += [{"size": size, **row} for row in one_cycle(learner, unfrozen, both, settings)]
        return {"history": rows}

    def criticize(self) -> dict:
        """Paint a share of the pictures, then train the critic to tell them from real ones."""
        settings, file = self.settings, self.folder / "generated.safetensors"
        if self.processes.is_main_process:
            with precision(settings):
                loaders.save_generated(self.generator, self.to_paint, file, settings["share"])
        self.processes.wait_for_everyone()
        dls = loaders.critic_dataloaders(file, settings["critic_batch_size"], self.folder)
        learner = learners.critic_learner(dls, self.critic, self.seed, self.callbacks)
        rows = one_cycle(learner, settings["critic_epochs"], settings["critic_lr"], settings)
        return {"history": rows, "accuracy": rows[-1]["accuracy_thresh_expand"]}

    def pinch(self, gray: torch.Tensor) -> stops.Snapshots:
        """A pinch of GAN; what its snapshots painted of these gray pictures, and their weights."""
        settings, learner = self.settings, self.learner(self.settings["gan_batch_size"], self.settings["size"])
        kept = stops.Snapshots(gray, settings["every"], settings["last"])
        judge = learners.critic_learner(learner.dls, self.critic, self.seed)
        options = {"weights": settings["weights"], "threshold": settings["threshold"]}
        options |= {"critic_rate": settings["critic_rate"], "seed": self.seed}
        both = learners.gan_learner(learner, judge, **options, cbs=[kept, *self.callbacks])
        with learners.silent(both), precision(settings):
            both.fit(math.ceil(settings["last"] / len(learner.dls.train)), settings["gan_lr"])
        return kept

    def together(self) -> dict:
        """Stage 3, then the stop that every other held-out picture proposes."""
        of = (self.pictures.valid if self.pictures.valid_scenes is None else self.pictures.valid_scenes)[::2]
        gray, truth = color.to_gray_ab(of.pictures if isinstance(of, scenes.Scenes) else of)
        kept = self.pinch(gray)
        rows = stops.measure(kept.painted, of)
        if isinstance(of, scenes.Scenes):
            batch = stops.best_batch(rows)
        else:
            plain = metrics.ab_distance(0 * truth, truth * color.AB_SCALE).mean().item()
            batch = stops.best_batch(rows, plain + MOST - rows[0]["ab_error"], "ab_error")
        self.generator.load_state_dict(kept.states[batch])
        return {"stop": batch, "history": [{"step": step, **row} for step, row in rows.items()]}


@dataclass(repr=False)
class Trained:
    """What `fit` gives: as a training.Run, a history with a row an epoch, or a snapshot in stage 3."""

    generator: models.Colorizer
    history: list[dict] = field(default_factory=list)
    seconds: float = 0.0
    pictures_seen: int = 0
    stop: int = 0
    stopped: str | None = None

    def __repr__(self):
        return self.stopped or f"three stages in {self.seconds:.0f} s; stopped at batch {self.stop} of stage 3"


def fit(pictures: data.DataSet, settings: dict, seed: int, out: str | Path, resume: bool = False) -> Trained:
    """All stages. `out` gets generator.safetensors, history.json and a checkpoint of each finished stage."""
    processes = training.start_accelerator()
    settings = settings | {"seed": seed, "fingerprint": fingerprint(pictures.train)}  # what a checkpoint belongs to
    folder, weights = Path(out) / "checkpoint", Path(out) / "generator.safetensors"
    if not resume and processes.is_main_process:
        shutil.rmtree(folder, ignore_errors=True)
    processes.wait_for_everyone()
    stages = Stages(pictures, settings, seed, folder)
    trained = Trained(models.Colorizer(stages.generator))
    try:
        reports = stages.run()
    except KeyboardInterrupt:
        trained.stopped = "Stopped by hand: --resume goes on with the stage that it was in."
        return trained
    finally:
        trained.generator.cpu().eval()
    for stage, report in reports.items():
        trained.history += [{"stage": int(stage[-1]), **row} for row in report["history"]]
    trained.seconds, trained.stop = sum(report["seconds"] for report in reports.values()), reports["stage_3"]["stop"]
    n, epochs = len(pictures.train), sum(frozen + unfrozen for _, frozen, unfrozen in settings["sizes"])
    trained.pictures_seen = n * epochs + 2 * math.ceil(settings["share"] * n) * settings["critic_epochs"]
    trained.pictures_seen += settings["gan_batch_size"] * settings["last"]
    written = weights.stat().st_mtime_ns if weights.exists() else 0
    if processes.is_main_process and written < (folder / "stage_3.json").stat().st_mtime_ns:
        files.write(weights.with_name("history.json"), (json.dumps(trained.history, indent=1) + "\n").encode())
        models.save(stages.generator, weights, recipe="nogan", seed=seed, epochs=epochs)
    return trained
