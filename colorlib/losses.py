"""What "wrong" costs, in one number to make small, from a prediction and a target. Lesson 02 builds the losses."""

from collections.abc import Callable, Mapping

import torch
import torch.nn.functional as F

from colorlib.bins import ab_bins, soft_encode

MS_SSIM_BETAS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)  # how much each scale counts, finest first
WINDOW = 11  # pixels that MS-SSIM looks at together


def _same_shape(prediction, target):
    if prediction.shape != target.shape:  # they would be stretched to fit without a word
        raise ValueError(f"Prediction {list(prediction.shape)} and target {list(target.shape)} need the same shape.")


def mse(prediction: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """Mean squared error (L2): its best guess is the mean of all colors that fit."""
    _same_shape(prediction, target)
    return F.mse_loss(prediction, target)


def l1(prediction: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """Mean absolute error: its best guess is the median, of each channel by itself."""
    _same_shape(prediction, target)
    return F.l1_loss(prediction, target)


def ms_ssim(prediction: torch.Tensor, target: torch.Tensor, low: float = -1.0, high: float = 1.0) -> torch.Tensor:
    """Multi-scale structural similarity, 1 for equal pictures. `low` and `high` are the ends of the value range."""
    # By hand: torchmetrics' is slower, and has no gradient for colors that run against the target.
    _same_shape(prediction, target)
    side = min(target.shape[-2:])
    if side < 2 * WINDOW:
        raise ValueError(f"MS-SSIM needs {2 * WINDOW} pixels a side for its two scales, not {side}.")
    scales = min(len(MS_SSIM_BETAS), (side // WINDOW).bit_length())  # five from 176 pixels on
    betas = MS_SSIM_BETAS[:scales]
    score = 1.0
    with torch.autocast(target.device.type, enabled=False):  # variances are too fine for half precision
        x, y = ((values.float() - low) / (high - low) for values in (prediction, target))
        for scale, beta in enumerate(betas, start=1):
            score = score * _similarity(x, y, last=scale == scales) ** (beta / sum(betas))
            x, y = F.avg_pool2d(x, 2), F.avg_pool2d(y, 2)
    return score.mean()


def _similarity(x, y, last):
    """How alike two batches are at one scale: in structure, at the last in brightness as well."""
    if last:  # few pixels are left: mirrored at the edge, all of them count
        x, y = (F.pad(values, (WINDOW // 2,) * 4, mode="reflect") for values in (x, y))
    mean_x, mean_y = _blur(x), _blur(y)
    spread = _blur(x * x + y * y) - mean_x**2 - mean_y**2
    together = _blur(x * y) - mean_x * mean_y
    similarity = (2 * together + 0.03**2) / (spread + 0.03**2)
    if last:
        similarity = similarity * (2 * mean_x * mean_y + 0.01**2) / (mean_x**2 + mean_y**2 + 0.01**2)
    similarity = similarity.mean(dim=(1, 2, 3))
    # Negative numbers have no power, and cut off at 0 they would have no gradient: run out smoothly below .01.
    return torch.where(similarity > 0.01, similarity, 1e-4 / (0.02 - similarity.clamp(max=0.01)))


def _blur(values):
    """The Gaussian mean of each window, as a product of matrices whose rows are the windows: faster than convolving."""

    def windows(side):
        pixel = torch.arange(side, device=values.device)
        offset = pixel - pixel[: side - WINDOW + 1, None] - WINDOW // 2
        weight = torch.exp(-(offset**2) / (2 * 1.5**2)) * (offset.abs() <= WINDOW // 2)
        return weight / weight.sum(dim=1, keepdim=True)

    return windows(values.shape[-2]) @ values @ windows(values.shape[-1]).T


def ms_ssim_loss(prediction: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """1 − MS-SSIM."""
    return 1 - ms_ssim(prediction, target)


def cross_entropy(logits: torch.Tensor, ab: torch.Tensor, weights: torch.Tensor | None = None) -> torch.Tensor:
    """Cross-entropy of bin logits N×Q×H×W with soft-encoded ab; `weights` as of `bin_weights`."""
    expected = (len(ab), len(ab_bins()), *ab.shape[-2:])
    if logits.shape != expected:
        found = f"{tuple(logits.shape)}: build the network with outputs='bins'."
        raise ValueError(f"For ab {tuple(ab.shape)} the logits must be {expected}, not {found}")
    index, share = soft_encode(ab)
    pixels = -(share * logits.float().log_softmax(dim=1).gather(1, index)).sum(dim=1)
    if weights is not None:
        pixels = pixels * (share * weights.to(pixels.device)[index]).sum(dim=1)
    return pixels.mean()


def adversarial(logits: torch.Tensor, label: float) -> torch.Tensor:
    """What a critic pays for its logits, before any sigmoid, where the truth is `label`: 1 real (or .9), 0 fake."""
    if not 0 <= label <= 1:
        raise ValueError(f"The label must lie between 0 (fake) and 1 (real), not {label}.")
    return F.binary_cross_entropy_with_logits(logits, torch.full_like(logits, label))


def fooling(fake_logits: torch.Tensor, saturating: bool = False) -> torch.Tensor:
    """What a generator pays where the critic is not fooled. Saturating, the minimax's own, is flat where it is sure."""
    return -adversarial(fake_logits, 0.0) if saturating else adversarial(fake_logits, 1.0)


def wasserstein_critic(real: torch.Tensor, fake: torch.Tensor) -> torch.Tensor:
    """What a critic pays that is to hold real pictures high and fakes low: minus its estimate of their distance."""
    return fake.mean() - real.mean()


def wasserstein_generator(fake: torch.Tensor) -> torch.Tensor:
    """What a generator pays where such a critic holds its pictures low."""
    return -fake.mean()


def gradient_penalty(critic: Callable, seen: torch.Tensor | None, real, fake, generator=None) -> torch.Tensor:
    """How far the critic's slope is from 1, on either side, at a place between each real picture and its fake."""
    return (slopes(critic, seen, between(real, fake, generator)) - 1).square().mean()


def between(real: torch.Tensor, fake: torch.Tensor, generator: torch.Generator | None = None) -> torch.Tensor:
    """For each picture a place of its own on the way from fake to real, all equally likely."""
    _same_shape(fake, real)
    way = torch.rand(len(real), *[1] * (real.ndim - 1), device=real.device, generator=generator)
    return fake + way * (real - fake)


def slopes(critic: Callable, seen: torch.Tensor | None, colors: torch.Tensor) -> torch.Tensor:
    """How steep the critic is at each picture, or the mean of its patches: the length of its gradient in the colors."""
    colors = colors.detach().requires_grad_()  # not what is `seen` beside them: None, if nothing is
    with torch.autocast(colors.device.type, enabled=False):  # a slope of a slope is too fine for half precision
        heights = critic(colors if seen is None else torch.cat((seen, colors), dim=1))
        # Where no height depends on other pictures (batch norm's do), one gradient of the sum holds the slope of each.
        total = heights.reshape(len(colors), -1).mean(dim=1).sum()
        (gradient,) = torch.autograd.grad(total, colors, create_graph=True)  # to be descended itself
        return gradient.flatten(1).norm(dim=1)


LOSSES = {"mse": mse, "l1": l1, "ms_ssim": ms_ssim_loss, "cross_entropy": cross_entropy}


def combine(weights: Mapping[str, float], **functions: Callable) -> Callable:
    """One loss from several: the total, and each term before weighting. A keyword replaces a loss or adds one."""
    known = {**LOSSES, **functions}
    if not weights or not set(weights) <= set(known):
        raise ValueError(f"Weigh one or more of {', '.join(known)}; these are {dict(weights)}.")

    def loss(prediction, target):
        terms = {name: known[name](prediction, target) for name in weights}
        total = sum(weight * terms[name] for name, weight in weights.items())
        return total, {name: term.detach() for name, term in terms.items()}

    return loss
