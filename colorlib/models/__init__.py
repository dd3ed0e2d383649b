"""The networks by name: build, count, save, load. Lesson 02 is the first to use them."""

import importlib
import inspect
import json
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors import torch as safetensors
from torch import nn
from torch.nn import functional

from colorlib import color, files
from colorlib.bins import annealed_mean
from colorlib.models.cnn import PlainCNN
from colorlib.models.encoder import Encoder
from colorlib.models.fusion import Fusion, FusionPretrained
from colorlib.models.keras_gan import KerasCritic, KerasGenerator
from colorlib.models.painting import pack, paint, unpack
from colorlib.models.patchgan import PatchGAN
from colorlib.models.pix2pix import Pix2Pix
from colorlib.models.resnet import ResNet34, fetched
from colorlib.models.unet import UNet
from colorlib.models.valid_unet import ValidUNet

NETWORKS = {
    "cnn": PlainCNN,
    "fusion": Fusion,
    "fusion_pretrained": FusionPretrained,
    "valid_unet": ValidUNet,
    "unet": UNet,
    "keras_gan": KerasGenerator,
    "pix2pix": Pix2Pix,
}
CRITICS = {"patchgan": PatchGAN, "keras_critic": KerasCritic}
ENCODERS = {"encoder": Encoder, "resnet34": ResNet34}
WEIGHTS = Path(__file__).parent.parent / "weights"
__all__ = ["pack", "paint", "unpack"]


def _maker(name: str):
    """What makes a network of this name."""
    if name == "dynamic_unet":  # it brings fastai, which takes seconds
        return importlib.import_module("colorlib.nogan").build_unet
    networks = NETWORKS | CRITICS | ENCODERS
    if name not in networks:
        raise ValueError(f"There is no network {name!r}: choose one of {', '.join(networks)}.")
    return networks[name]


def build(name: str, size: int = 256, width: float = 1.0, **options) -> nn.Module:
    """A fresh network, as published at width 1. Options are those of the network's class."""
    maker = _maker(name)
    if not width > 0:
        raise ValueError(f"The width must be above 0 (1.0 is the published one), not {width}.")
    known = list(inspect.signature(maker).parameters)[2:]
    for option in set(options) - set(known):
        raise ValueError(f"{name} has no option {option!r}. It has: {', '.join(known) or 'none'}.")
    network = maker(size, width, **options)
    network.settings = {"network": name, "size": size, "width": width, "options": options}
    return network


def count_parameters(network: nn.Module, statistics: bool = True) -> int:
    """All numbers in a network as Keras counts them: batch norm's running statistics too."""
    count = sum(parameter.numel() for parameter in network.parameters())
    if statistics:
        count += sum(b.numel() for b in network.buffers() if b.is_floating_point())
    return count


def to_ab(output: torch.Tensor, outputs: str) -> torch.Tensor:
    """What a network gave, to ab."""
    if outputs == "bins":
        return annealed_mean(output)
    if outputs in ("rgb", "picture"):
        picture = (output + 1) / 2 if outputs == "rgb" else output
        return color.to_gray_ab(picture.clamp(0, 1))[1]
    return output[:, -2:]


class Colorizer(nn.Module):
    """Gray in, ab of the same size out, whatever the network inside gives; `metadata` is what its file says."""

    def __init__(self, network: nn.Module, metadata: dict | None = None):
        super().__init__()
        self.network, self.metadata = network, metadata or {}

    def forward(self, gray):
        seen = gray.expand(-1, self.network.inputs, -1, -1)  # some networks want gray as RGB
        ab = to_ab(self.network(seen), self.network.outputs)
        if ab.shape[-2:] != gray.shape[-2:]:  # from a coarse network: eyes see color coarsely, too
            ab = functional.interpolate(ab, gray.shape[-2:], mode="bicubic").clamp(-1, 1)
        return ab


def save(network: nn.Module, path: str | Path, half: bool = False, **metadata) -> Path:
    """Write weights and what `load` needs to rebuild the network. `half` halves the file."""
    network = network.network if isinstance(network, Colorizer) else network
    if not hasattr(network, "settings"):
        raise ValueError("Only networks from models.build can be saved: others cannot be rebuilt.")
    facts = {**metadata, **network.settings, "outputs": network.outputs}
    facts["options"] = json.dumps(network.settings["options"])
    # Only kernels are halved: biases and running statistics are few, and variances can be tiny.
    tensors = {
        name: (value.half() if half and value.ndim > 1 else value).detach().cpu().contiguous()
        for name, value in network.state_dict().items()
    }
    files.write(path, safetensors.save(tensors, {key: str(value) for key, value in facts.items()}))
    return Path(path)


def load(name_or_path: str | Path) -> Colorizer:
    """A trained network in eval mode: by the name of shipped weights, a file's path, or the folder of a training.

    The file holds numbers and names only: none of its content is executed.
    """
    network, metadata = _read(name_or_path, WEIGHTS)
    if network.outputs == "classes":
        raise ValueError(f"{name_or_path} names what a picture shows and gives no colors: use models.load_encoder.")
    return Colorizer(network, metadata=metadata).eval()


def load_encoder(name_or_path: str | Path = "encoder") -> Encoder:
    """A trained encoder in eval mode; by itself the one that comes with colorlib, trained on CIFAR-10."""
    network, _ = _read(name_or_path, WEIGHTS / "encoders")
    if not isinstance(network, Encoder):
        raise ValueError(f"{name_or_path} holds no encoder: use models.load.")
    return network.eval()


def load_resnet34() -> ResNet34:
    """torchvision's ResNet-34 as an encoder of gray pictures, in eval mode: lesson 05 takes it where there is a GPU."""
    return build("resnet34", 64).take(fetched()).eval()


def _find(name_or_path: str | Path, folder: Path) -> Path:
    """The file of a name in the folder; else the path is that of a file, or of a training's folder."""
    path, named = Path(name_or_path), folder / f"{name_or_path}.safetensors"
    for file in (named, path / "generator.safetensors", path):
        if file.suffix == ".safetensors" and file.is_file():
            return file
    shipped = ", ".join(sorted(p.stem for p in folder.glob("*.safetensors"))) or "none yet"
    raise FileNotFoundError(
        f"No weights at {name_or_path}. Give the path of a .safetensors file, the folder that a training left, or the "
        f"name of weights that come with colorlib: {shipped}."
    )


def _read(name_or_path: str | Path, folder: Path) -> tuple[nn.Module, dict]:
    """The network of a file, and the file's metadata."""
    path = _find(name_or_path, folder)
    try:
        with safe_open(path, "pt") as file:
            metadata = file.metadata() or {}
            tensors = {key: file.get_tensor(key).clone() for key in file.keys()}  # noqa: SIM118  else Windows keeps the file open
    except SafetensorError as error:
        raise ValueError(f"{path} is not a whole safetensors file ({error}). Save or download it again.") from None
    if not {"network", "size", "width", "options"} <= set(metadata):
        raise ValueError(f"{path} does not say which network it is for: write it with models.save.")
    try:
        name, size, width = metadata["network"], int(metadata["size"]), float(metadata["width"])
        _maker(name)  # imported now: what is imported below makes its constants on the meta device
        with torch.device("meta"):  # nothing is drawn or allocated there, so loading leaves the seed alone
            network = build(name, size, width, **json.loads(metadata["options"]))
        network.load_state_dict({k: v.float() if v.is_floating_point() else v for k, v in tensors.items()}, assign=True)
    except (ValueError, TypeError, RuntimeError, OverflowError) as error:
        raise ValueError(f"{path} does not fit the network that it names: {error}") from None
    return network, metadata
