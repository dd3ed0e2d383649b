"""Colors as classes: a grid of ab bins, soft encoding, and back to a color. Lesson 02, Extra."""

from functools import cache

import torch

from colorlib.color import AB_SCALE, in_gamut

STEP = 10.0  # Lab units from one bin to the next
NEIGHBORS, SOFTNESS = 5, 5.0  # soft encoding: nearest bins, and a Gaussian of as many Lab units


@cache
@torch.inference_mode(False)  # no surrounding mode shall spoil a table that is made once
def ab_bins(device: str | torch.device = "cpu") -> torch.Tensor:
    """The colors that `classify` chooses from, Q×2 in Lab units: a grid cut to the gamut."""
    with torch.device("cpu"):
        steps = torch.arange(-110.0, 111.0, STEP)
        lab = torch.stack(torch.meshgrid(torch.arange(0.0, 101.0), steps, steps, indexing="ij"), dim=1)
        shown = in_gamut(lab).any(dim=0)  # at one lightness at least
        return lab[0, 1:, shown].T.contiguous().to(device)


@cache
@torch.inference_mode(False)
def _nearest_bins(device: torch.device) -> torch.Tensor:
    """For each whole ab from −110 to 110 its nearest bins, 221×221×5: sorting all bins for each pixel is far slower."""
    with torch.device("cpu"):
        axis = torch.arange(-110.0, 111.0)
        distances = torch.cdist(torch.cartesian_prod(axis, axis), ab_bins())
        return distances.topk(NEIGHBORS, largest=False).indices.view(221, 221, NEIGHBORS).to(device)


def soft_encode(ab: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Each pixel's nearest bins and their shares, N×5×H×W each: a near miss costs less than a far one."""
    units = ab.float().movedim(1, -1) * AB_SCALE
    row, column = (units.round().long() + 110).clamp(0, 220).unbind(-1)
    index = _nearest_bins(ab.device)[row, column]
    offsets = units.unsqueeze(-2) - ab_bins(ab.device)[index]
    share = torch.softmax(-offsets.square().sum(-1) / (2 * SOFTNESS**2), dim=-1)
    return index.movedim(-1, 1), share.movedim(-1, 1)


def bin_weights(ab: torch.Tensor, mix: float = 0.5) -> torch.Tensor:
    """How much each bin counts, from the ab of some hundred training pictures: rare colors more, 1 on average."""
    (index, share), bins = soft_encode(ab), len(ab_bins())
    found = torch.zeros(bins, device=ab.device).index_add_(0, index.flatten(), share.flatten())
    found /= found.sum()
    weights = 1 / ((1 - mix) * found + mix / bins)  # so bins that never occur do not count without end
    return weights / (weights * found).sum()


def annealed_mean(logits: torch.Tensor, temperature: float = 0.38) -> torch.Tensor:
    """Bin logits to ab: the mean color at temperature 1, the likeliest at 0, and all between."""
    if temperature < 0:
        raise ValueError(f"The temperature goes from 0 (mode) to 1 (mean): {temperature} is below.")
    if temperature == 0:
        return ab_bins(logits.device)[logits.argmax(dim=1)].movedim(-1, 1) / AB_SCALE
    shares = (logits.float() / temperature).softmax(dim=1)
    return torch.einsum("nqhw,qc->nchw", shares, ab_bins(logits.device)) / AB_SCALE
