"""color.py against scikit-image, and at the places where Lab code usually breaks."""

import numpy as np
import pytest
import torch
from skimage.color import lab2rgb, rgb2lab

from colorlib import color


def cube(step=5):
    """Every color of a grid over the RGB cube, as a picture (3, 1, N) in uint8."""
    levels = torch.tensor([*range(0, 255, step), 255], dtype=torch.uint8)
    return torch.cartesian_prod(levels, levels, levels).T[:, None]


def test_the_whole_cube_agrees_with_scikit_image():
    picture = cube()
    expected = torch.from_numpy(rgb2lab(picture.numpy(), channel_axis=0))
    for kind in (picture, picture / 255, picture / 255.0 + torch.zeros(1, dtype=torch.float64)):
        for convert in (color.rgb_to_lab, color.rgb_to_lab_by_formula):
            torch.testing.assert_close(convert(kind).double(), expected.double(), atol=1e-3, rtol=0)
    back = torch.from_numpy(lab2rgb(expected.numpy(), channel_axis=0))
    for convert in (color.lab_to_rgb, color.lab_to_rgb_by_formula):
        torch.testing.assert_close(convert(expected), back, atol=1e-3, rtol=0)


@pytest.mark.parametrize("shape", [(3, 300, 301), (5, 3, 200, 200), (2, 3, 3, 17, 31), (0, 3, 8, 8), (3, 1, 0)])
def test_the_fast_way_cut_into_pieces_gives_what_the_formulas_give(shape):
    pictures = torch.randint(0, 256, shape, dtype=torch.uint8)
    for turned in (pictures, pictures.mT):  # whose numbers lie in another order
        lab = color.rgb_to_lab_by_formula(turned)
        torch.testing.assert_close(color.rgb_to_lab(turned), lab, atol=1e-3, rtol=0)
        torch.testing.assert_close(color.rgb_to_lab(turned / 255), lab, atol=1e-3, rtol=0)
    beyond = torch.randn(shape) * 60 + torch.tensor((50.0, 0, 0)).view(3, 1, 1)
    for clip in (True, False):
        exact = color.lab_to_rgb_by_formula(beyond, clip)
        torch.testing.assert_close(color.lab_to_rgb(beyond, clip), exact, atol=1e-3, rtol=1e-4)


def test_uint8_survives_the_round_trip_exactly():
    picture = cube(3)
    assert torch.equal(color.to_uint8(color.lab_to_rgb(color.rgb_to_lab(picture))), picture)
    assert torch.equal(color.to_uint8(color.from_gray_ab(*color.to_gray_ab(picture))), picture)


def test_gradients_are_finite_everywhere():
    corners = [[r, g, b] for r in (0.0, 1.0) for g in (0.0, 1.0) for b in (0.0, 1.0)]
    picture = torch.tensor([*corners, [0.5, 0.5, 0.5], [0.04045, 0.003, 0.2]]).T.reshape(3, -1, 1)
    picture.requires_grad_()
    lab = color.rgb_to_lab(picture)
    torch.testing.assert_close(color.rgb_to_lab(picture.detach()), lab.detach(), atol=1e-3, rtol=0)
    lab.sum().backward()
    assert picture.grad.isfinite().all()
    beyond = [[0, 0, 0], [100, 0, 0], [50, 120, -120], [5, -90, 90], [99, 80, -80], [-5, 0, 0]]
    lab = torch.tensor(beyond, dtype=torch.float32).T.reshape(3, -1, 1).requires_grad_()
    color.lab_to_rgb(lab).sum().backward()
    assert lab.grad.isfinite().all()


def test_autocast_changes_nothing():
    picture = torch.rand(2, 3, 8, 8)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        lab, back = color.rgb_to_lab(picture), color.lab_to_rgb(color.rgb_to_lab(picture))
    assert torch.equal(lab, color.rgb_to_lab(picture))
    assert (back - picture).abs().max() < 1e-4


def test_scaling_and_gamut():
    gray, ab = color.to_gray_ab(cube())
    assert gray.abs().max() <= 1.0001 and ab.abs().max() < 1
    lab = color.to_lab(gray, ab)
    assert color.in_gamut(lab).all()
    assert not color.in_gamut(torch.tensor([50.0, 100.0, 100.0]).view(3, 1, 1)).any()
    assert color.lab_to_rgb(lab + 60, clip=False).max() > 1


def test_to_uint8_rounds_and_clips_and_other_integers_are_refused():
    picture = torch.randint(0, 256, (3, 4, 5), dtype=torch.uint8)
    assert torch.equal(color.to_uint8(picture), picture) and torch.equal(color.to_uint8(picture / 255), picture)
    assert color.to_uint8(torch.tensor([-1, 0.5, 2])).tolist() == [0, 128, 255]
    for function in (color.rgb_to_lab, color.to_uint8):
        with pytest.raises(TypeError, match="must be uint8.*these are int32"):
            function(torch.full((3, 2, 2), 200, dtype=torch.int32))


@pytest.mark.parametrize("values", [torch.rand(8, 8), torch.rand(1, 8, 8), torch.rand(8, 8, 3), np.ones((3, 8, 8))])
@pytest.mark.parametrize("function", [color.rgb_to_lab, color.lab_to_rgb, color.in_gamut])
def test_what_is_no_picture_gets_a_sentence(function, values):
    with pytest.raises(ValueError, match=r"picture is a tensor \(…, 3, H, W\), not (Tensor|ndarray) of the shape \("):
        function(values)
