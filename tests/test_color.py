"""color.py against scikit-image, and at the places where Lab code usually breaks."""

import numpy as np
import pytest
import torch
from skimage.color import lab2rgb, rgb2lab

from colorlib import color


def cube(step=5):
    """Every color of a grid over the RGB cube, as a picture (1, N, 3) in uint8."""
    levels = np.append(np.arange(0, 255, step), 255).astype(np.uint8)
    return np.stack(np.meshgrid(levels, levels, levels), axis=-1).reshape(1, -1, 3)


def test_the_whole_cube_agrees_with_scikit_image():
    picture = cube()
    expected = rgb2lab(picture)
    assert np.abs(color.rgb_to_lab(picture) - expected).max() < 1e-3
    assert np.abs(color.rgb_to_lab(picture / 255) - expected).max() < 1e-3
    lab = color.rgb_to_lab(color.as_tensor(picture)).movedim(-3, -1).numpy()
    assert np.abs(lab - expected).max() < 1e-3
    assert np.abs(color.lab_to_rgb(expected) - lab2rgb(expected)).max() < 1e-3


def test_uint8_survives_the_round_trip_exactly():
    picture = cube(3)
    back = color.to_uint8(color.lab_to_rgb(color.rgb_to_lab(picture)))
    assert back.dtype == np.uint8 and (back == picture).all()
    tensor = color.as_tensor(picture)
    assert (color.to_uint8(color.from_gray_ab(*color.to_gray_ab(tensor))) == tensor).all()


@pytest.mark.parametrize("shape", [(3, 4, 5), (2, 3, 4, 5), (2, 2, 3, 4, 5)])
def test_any_number_of_leading_dimensions(shape):
    lab = color.rgb_to_lab(torch.rand(shape))
    assert lab.shape == shape
    assert color.in_gamut(lab).shape == (*shape[:-3], 4, 5)


def test_gradients_are_finite_everywhere():
    corners = [[r, g, b] for r in (0.0, 1.0) for g in (0.0, 1.0) for b in (0.0, 1.0)]
    picture = torch.tensor([*corners, [0.5, 0.5, 0.5], [0.04045, 0.003, 0.2]]).T.reshape(3, -1, 1)
    picture.requires_grad_()
    color.rgb_to_lab(picture).sum().backward()
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
    gray, ab = color.to_gray_ab(color.as_tensor(cube()))
    assert gray.abs().max() <= 1.0001 and ab.abs().max() < 1
    lab = color.to_lab(gray, ab)
    assert color.in_gamut(lab).all()
    assert not color.in_gamut(torch.tensor([50.0, 100.0, 100.0]).view(3, 1, 1)).any()
    assert color.lab_to_rgb(lab + 60, clip=False).max() > 1


def test_integers_that_are_not_uint8_are_refused():
    with pytest.raises(TypeError, match="must be uint8"):
        color.rgb_to_lab(np.full((2, 2, 3), 200, dtype=np.int64))
    with pytest.raises(TypeError, match="must be uint8"):
        color.rgb_to_lab(torch.full((3, 2, 2), 200, dtype=torch.int32))


def test_to_uint8_takes_both_kinds():
    picture = torch.randint(0, 256, (3, 4, 5), dtype=torch.uint8)
    assert torch.equal(color.to_uint8(picture), picture)
    assert (color.to_uint8(picture.numpy()) == picture.numpy()).all()
    assert torch.equal(color.to_uint8(picture / 255), picture)
    assert color.to_uint8(np.array([-1, 0.5, 2])).tolist() == [0, 128, 255]
    with pytest.raises(TypeError, match="must be uint8"):
        color.to_uint8(np.array([200]))


@pytest.mark.parametrize(
    "values",
    [torch.rand(8, 8), torch.rand(1, 8, 8), torch.rand(8, 8, 3), np.ones((8, 8)), np.ones((3, 8, 8)), np.ones(3)],
)
@pytest.mark.parametrize("function", [color.rgb_to_lab, color.lab_to_rgb, color.in_gamut])
def test_a_wrong_shape_gets_a_sentence(function, values):
    with pytest.raises(ValueError, match=r"tensor \(…, 3, H, W\) or an array.* has the shape \("):
        function(values)


def test_color_differences():
    first = torch.tensor([50.0, 10.0, 20.0]).view(3, 1, 1)
    second = torch.tensor([50.0, 13.0, 24.0]).view(3, 1, 1)
    assert color.delta_e_76(first, second).item() == pytest.approx(5)
    # From the published CIEDE2000 test data (Sharma et al.), pair 1.
    a = np.array([[[50.0, 2.6772, -79.7751]]])
    b = np.array([[[50.0, 0.0, -82.7485]]])
    assert color.delta_e_2000(a, b).item() == pytest.approx(2.0425, abs=1e-4)
    assert color.delta_e_2000(color.as_tensor(a), color.as_tensor(b)).item() == pytest.approx(2.0425, abs=1e-4)
