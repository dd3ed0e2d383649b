"""The losses: their values, their limits, and gradients that are never NaN."""

import pytest
import torch
import torch.nn.functional as F

from colorlib import bins, color, losses


def dice(seed=0):
    return torch.Generator().manual_seed(seed)


def smooth(n=2, channels=2, size=64):
    """Soft random color fields in −1…1."""
    return F.interpolate(torch.rand(n, channels, 8, 8, generator=dice()) * 1.6 - 0.8, size=size, mode="bilinear")


def noisy(target, amount=0.2):
    return (target + amount * torch.randn(target.shape, generator=dice(1))).clamp(-1, 1)


def test_pixel_losses_by_hand():
    prediction, target = torch.tensor([[0.0, -0.05, 0.5]]), torch.zeros(1, 3)
    assert losses.mse(prediction, target) == pytest.approx((0.05**2 + 0.5**2) / 3)
    assert losses.l1(prediction, target) == pytest.approx(0.55 / 3)


@pytest.mark.parametrize("loss", [losses.mse, losses.l1, losses.ms_ssim, losses.ms_ssim_loss])
def test_shapes_must_agree(loss):
    with pytest.raises(ValueError, match="same shape"):
        loss(torch.zeros(2, 1, 64, 64), torch.zeros(2, 2, 64, 64))


@pytest.mark.parametrize("size", [22, 32, 64, 96, 128, 256])
def test_ms_ssim_orders_pictures_at_every_size_that_its_windows_fit_into(size):
    target = smooth(size=size)
    assert losses.ms_ssim_loss(target, target) == pytest.approx(0, abs=1e-5)
    none, little, much = (losses.ms_ssim(noisy(target, amount), target) for amount in (0.0, 0.02, 0.4))
    assert 0 < much < little < none == pytest.approx(1, abs=1e-5)
    with pytest.raises(ValueError, match="22 pixels.*16"):
        losses.ms_ssim(target[..., :16], target[..., :16])


@pytest.mark.parametrize("size", [(256, 256), (192, 256), (180, 211)])
def test_ms_ssim_agrees_with_torchmetrics_where_that_is_defined(size):
    from torchmetrics.functional.image import multiscale_structural_similarity_index_measure

    target = smooth(channels=3, size=size) / 2 + 0.5
    prediction = noisy(target, 0.1).clamp(0, 1)
    expected = multiscale_structural_similarity_index_measure(prediction, target, data_range=1.0)
    # The same pictures scaled to −1…1 score the same: the value range is part of the question.
    for found in (losses.ms_ssim(prediction, target, 0.0, 1.0), losses.ms_ssim(prediction * 2 - 1, target * 2 - 1)):
        # Not closer than that, since the published weights of the scales add up to 1.0001.
        torch.testing.assert_close(found, expected, atol=1e-4, rtol=0)


def test_ms_ssim_pulls_even_on_opposite_colors():
    target = smooth(size=32)
    prediction = (-target).requires_grad_()
    losses.ms_ssim_loss(prediction, target).backward()
    assert (prediction.grad.flatten(1).abs().amax(dim=1) > 0).all()
    step = prediction.detach() - prediction.grad / prediction.grad.abs().max() * 0.1
    assert losses.ms_ssim(step, target) > losses.ms_ssim(-target, target)


def test_ms_ssim_keeps_its_precision_under_autocast():
    target = smooth(size=32)
    found = losses.ms_ssim(noisy(target, 0.02), target)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert found == losses.ms_ssim(noisy(target, 0.02), target)


def test_bins_are_a_grid_within_the_gamut():
    grid = bins.ab_bins()
    assert grid.shape == (227, 2) and torch.equal(grid % 10, torch.zeros_like(grid))
    assert len(grid.unique(dim=0)) == len(grid)
    assert (grid == 0).all(dim=1).any() and not (grid == torch.tensor([110.0, 110])).all(dim=1).any()
    # No color of a screen is far from a bin.
    cube = torch.linspace(0, 1, 18)
    picture = torch.cartesian_prod(cube, cube, cube).T.reshape(3, 1, -1)
    ab = color.to_gray_ab(picture)[1].flatten(1).T * color.AB_SCALE
    assert torch.cdist(ab, grid).amin(dim=1).max() < 13


def test_soft_encoding_is_five_nearest_by_gaussian_and_can_be_decoded():
    ab = smooth(n=1, size=16) / 2
    index, share = bins.soft_encode(ab)
    assert index.shape == share.shape == (1, 5, 16, 16)
    for row, column in ((0, 0), (3, 5), (7, 2)):
        distance, five = (bins.ab_bins() - ab[0, :, row, column] * color.AB_SCALE).norm(dim=1), index[0, :, row, column]
        assert {*distance.argsort()[:4].tolist()} <= {*five.tolist()}  # the fifth can be a tie, at no weight
        torch.testing.assert_close(share[0, :, row, column], torch.softmax(-(distance[five] ** 2) / 50, dim=0))
    shares = torch.zeros(1, len(bins.ab_bins()), 16, 16).scatter_(1, index, share)
    back = bins.annealed_mean((shares + 1e-12).log(), temperature=1)
    assert (back - ab).abs().max() * color.AB_SCALE < 5


def test_annealed_mean_goes_from_mean_to_mode():
    red, blue = 200, 20
    logits = torch.full((1, len(bins.ab_bins()), 1, 1), -1e4)
    logits[0, red], logits[0, blue] = torch.log(torch.tensor([0.6, 0.4])).view(2, 1, 1)
    colors = bins.ab_bins() / color.AB_SCALE

    means = [bins.annealed_mean(logits, temperature).flatten() for temperature in (0, 1e-3, 0.2, 0.38, 0.7, 1)]
    torch.testing.assert_close(means[-1], 0.6 * colors[red] + 0.4 * colors[blue])
    torch.testing.assert_close(means[0], colors[red])
    torch.testing.assert_close(means[1], means[0])
    distances = [(mean - colors[red]).norm() for mean in means]
    assert distances == sorted(distances)
    with pytest.raises(ValueError, match="mode"):
        bins.annealed_mean(logits, -0.1)


def test_weights_lift_rare_colors():
    ab = torch.zeros(1, 2, 32, 32)
    ab[..., :2] = 0.5  # 1 pixel in 16 is orange, the others gray
    weights = bins.bin_weights(ab)
    index = bins.soft_encode(ab)[0][0, 0]
    gray, orange = weights[index[0, -1]], weights[index[0, 0]]
    assert orange > 5 * gray
    assert weights.isfinite().all() and (weights > 0).all()
    even = torch.zeros(1, len(weights), 32, 32)  # costs the same everywhere: weights average to 1
    torch.testing.assert_close(losses.cross_entropy(even, ab, weights), losses.cross_entropy(even, ab))
    torch.testing.assert_close(bins.bin_weights(ab, mix=1.0), torch.ones(len(weights)))


def test_cross_entropy_by_hand_and_with_weights():
    ab = smooth(n=2, size=4) / 2
    logits = torch.randn(2, 227, 4, 4, generator=dice())
    index, share = bins.soft_encode(ab)
    soft = torch.zeros_like(logits).scatter_(1, index, share)
    torch.testing.assert_close(losses.cross_entropy(logits, ab), F.cross_entropy(logits, soft))
    twice = losses.cross_entropy(logits, ab, torch.full((227,), 2.0))
    torch.testing.assert_close(twice, 2 * losses.cross_entropy(logits, ab))
    with pytest.raises(ValueError, match="outputs='bins'"):
        losses.cross_entropy(torch.zeros(2, 2, 4, 4), ab)


def test_gradients_are_finite_at_the_awkward_places():
    flat, extreme = torch.zeros(2, 2, 32, 32), torch.ones(2, 2, 32, 32)
    for name in ("mse", "l1", "ms_ssim"):
        for start, target in ((flat, flat), (flat, extreme), (extreme, -extreme), (extreme, flat)):
            prediction = start.clone().requires_grad_()
            value = losses.LOSSES[name](prediction, target)
            value.backward()
            assert value.ndim == 0 and value.isfinite(), name
            assert prediction.grad.isfinite().all(), name
    for scale in (0.0, 1e4):
        logits = (scale * torch.randn(2, 227, 32, 32)).requires_grad_()
        value = losses.cross_entropy(logits, extreme) + bins.annealed_mean(logits).sum()
        value.backward()
        assert value.isfinite() and logits.grad.isfinite().all()


def test_several_losses_combined():
    target = smooth(size=32)
    prediction = noisy(target).requires_grad_()
    total, terms = losses.combine({"l1": 1.0, "ms_ssim": 0.5})(prediction, target)
    assert list(terms) == ["l1", "ms_ssim"]
    torch.testing.assert_close(total.detach(), terms["l1"] + 0.5 * terms["ms_ssim"])
    assert total.requires_grad and not any(term.requires_grad for term in terms.values())
    half = {"l1": lambda prediction, target: losses.l1(prediction, target) / 2}
    total, terms = losses.combine({"l1": 2.0}, **half)(torch.ones(1), torch.zeros(1))
    assert total == 2 * terms["l1"] == 1
    for weights in ({}, {"l3": 1.0}, {"l1": 1.0, "l3": 1.0}):
        with pytest.raises(ValueError, match="mse, l1"):
            losses.combine(weights)
