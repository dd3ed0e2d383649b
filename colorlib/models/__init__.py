"""The networks by name: build, count, save, load, paint. Lesson 02 is the first to use them."""

import importlib
import inspect
import json
from collections.abc import Callable
from functools import partial
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
from colorlib.models.flow_unet import FlowUNet
from colorlib.models.fusion import Fusion, FusionPretrained
from colorlib.models.keras_gan import KerasCritic, KerasGenerator
from colorlib.models.patchgan import PatchGAN
from colorlib.models.pix2pix import Pix2Pix
from colorlib.models.unet import UNet
from colorlib.models.valid_unet import ValidUNet

NETWORKS = dict(cnn=PlainCNN, fusion=Fusion, fusion_pretrained=FusionPretrained, valid_unet=ValidUNet, unet=UNet)
NETWORKS |= dict(keras_gan=KerasGenerator, pix2pix=Pix2Pix, flow_unet=FlowUNet)
NETWORKS |= dict(patchgan=PatchGAN, keras_critic=KerasCritic, encoder=Encoder)  # critics, and who names pictures
WEIGHTS = Path(__file__).parent.parent / "weights"
BYTE = 127  # steps between 0 and 1 in a file of paintings: finer than a Lab unit


def build(name: str, size: int = 256, width: float = 1.0, **options) -> nn.Module:
    """A fresh network, as published at width 1. Options are those of the network's class."""
    if name not in NETWORKS:
        raise ValueError(f"There is no network {name!r}: choose one of {', '.join(NETWORKS)}.")
    if not width > 0:
        raise ValueError(f"The width must be above 0 (1.0 is the published one), not {width}.")
    known = list(inspect.signature(NETWORKS[name]).parameters)[2:]
    for option in set(options) - set(known):
        raise ValueError(f"{name} has no option {option!r}. It has: {', '.join(known) or 'none'}.")
    network = NETWORKS[name](size, width, **options)
    network.settings = {"network": name, "size": size, "width": width, "options": options}
    return network


def count_parameters(network: nn.Module, statistics: bool = True) -> int:
    """All numbers in a network as Keras counts them: batch norm's running statistics too."""
    buffers = [buffer for buffer in network.buffers() if statistics and buffer.is_floating_point()]
    return sum(tensor.numel() for tensor in (*network.parameters(), *buffers))


class Colorizer(nn.Module):
    """Gray in, ab of the same size out, whatever the network inside gives; `metadata` is what its file says."""

    def __init__(self, network: nn.Module, metadata: dict | None = None):
        super().__init__()
        self.network, self.metadata = network, metadata or {}

    def forward(self, gray, **how):  # `how` is for networks that draw samples
        given = self.network(gray.expand(-1, self.network.inputs, -1, -1), **how)  # some networks want gray as RGB
        if self.network.outputs == "bins":
            ab = annealed_mean(given)
        elif self.network.outputs in ("rgb", "picture"):
            picture = (given + 1) / 2 if self.network.outputs == "rgb" else given
            ab = color.to_gray_ab(picture.clamp(0, 1))[1]
        else:
            ab = given[:, -2:]
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
    tensors = {name: value.cpu().contiguous() for name, value in network.state_dict().items()}
    if half:  # of kernels alone: biases and running statistics are few, and variances can be tiny
        tensors = {name: value.half() if value.ndim > 1 else value for name, value in tensors.items()}
    files.write(path, safetensors.save(tensors, {key: str(value) for key, value in facts.items()}))
    return Path(path)


def load(name_or_path: str | Path) -> Colorizer:
    """A trained network in eval mode: by the name of shipped weights, a file's path, or the folder of a training."""
    network, metadata = _read(name_or_path, WEIGHTS)
    if isinstance(network, Encoder):
        raise ValueError(f"{name_or_path} names what a picture shows and gives no colors: use models.load_encoder.")
    return Colorizer(network, metadata).eval()


def load_encoder(name_or_path: str | Path = "encoder") -> Encoder:
    """A trained encoder in eval mode; by itself the one that comes with colorlib, trained on CIFAR-10."""
    network, _ = _read(name_or_path, WEIGHTS / "encoders")
    if not isinstance(network, Encoder):
        raise ValueError(f"{name_or_path} holds no encoder: use models.load.")
    return network.eval()


def _read(name_or_path: str | Path, folder: Path) -> tuple[nn.Module, dict]:
    """The network of a file in the folder, of any other file, or of a training's folder; and the file's metadata."""
    path = Path(name_or_path)
    places = (folder / f"{name_or_path}.safetensors", path / "generator.safetensors", path)
    found = [file for file in places if file.suffix == ".safetensors" and file.is_file()]
    if not found:
        shipped = ", ".join(sorted(file.stem for file in folder.glob("*.safetensors"))) or "none yet"
        raise FileNotFoundError(
            f"No weights at {path}. Give the path of a .safetensors file, the folder that a training left, or the name "
            f"of weights that come with colorlib: {shipped}."
        )
    try:
        with safe_open(found[0], "pt") as file:  # which holds numbers and names: none of its content is executed
            metadata = file.metadata() or {}
            tensors = {key: file.get_tensor(key).clone() for key in file.keys()}  # noqa: SIM118  else Windows keeps the file open
        name, size, width = metadata["network"], int(metadata["size"]), float(metadata["width"])
        make = partial(build, name)
        if name == "dynamic_unet":  # it brings fastai, which takes seconds and makes constants: not on the meta device
            make = importlib.import_module("colorlib.nogan.networks").build_unet
        with torch.device("meta"):  # nothing is drawn or allocated there, so loading leaves the seed alone
            network = make(size, width, **json.loads(metadata["options"]))
        network.load_state_dict({k: v.float() if v.is_floating_point() else v for k, v in tensors.items()}, assign=True)
    except SafetensorError as error:
        raise ValueError(f"{found[0]} is not a whole safetensors file ({error}). Save or download it again.") from None
    except KeyError as error:
        raise ValueError(f"{found[0]} does not say which {error} it is for: write it with models.save.") from None
    except (ValueError, TypeError, RuntimeError, OverflowError) as error:
        raise ValueError(f"{found[0]} does not fit the network that it names: {error}") from None
    return network, metadata


@torch.no_grad()
def paint(generator: Callable, gray: torch.Tensor, batch_size: int = 64, **how) -> torch.Tensor:
    """A generator's ab for any number of gray pictures, on the CPU. It may be any function of gray pictures."""
    # Of pictures larger than 45 pixels fewer at a time, so that memory does not grow with them.
    batch_size = min(batch_size, max(1, 2**17 // (gray.shape[-1] * gray.shape[-2])))
    weights = list(generator.parameters()) if isinstance(generator, nn.Module) else []
    device = weights[0].device if weights else gray.device
    return torch.cat([generator(part.to(device), **how).float().cpu() for part in gray.split(batch_size)])


def sample(generator: nn.Module, gray: torch.Tensor, n: int = 6, steps: int = 20, seed: int = 0, **how) -> torch.Tensor:
    """`n` samples of ab for each gray picture, n×N×2×H×W, by a network that draws them (`flow`), in so many steps."""
    dice = torch.Generator().manual_seed(seed)
    return torch.stack([paint(generator, gray, steps=steps, dice=dice, **how) for _ in range(n)])


def pack(paintings: dict[str, torch.Tensor]) -> bytes:
    """Pictures in −1…1 by name, each number in a byte: what `unpack` reads."""
    small = {name: (BYTE * ab.clamp(-1, 1)).round().to(torch.int8) for name, ab in paintings.items()}
    return safetensors.save({name: ab.contiguous() for name, ab in small.items()})


def unpack(file: str | Path) -> dict[str, torch.Tensor]:
    """The paintings of a file, as floats."""
    return {name: ab.float() / BYTE for name, ab in safetensors.load_file(file).items()}
