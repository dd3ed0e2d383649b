"""RGB to CIE L*a*b* and back, for tensors (…, 3, H, W), uint8 or floats of 0…1. Lesson 01 builds it.

sRGB → linear light → XYZ (D65, 2°) → Lab, in float32 at least and outside autocast, since half precision
costs up to half a Lab unit. `rgb_to_lab_by_formula` and `lab_to_rgb_by_formula` are written as one would say them.
`rgb_to_lab` and `lab_to_rgb` give the same within a thousandth, several times as fast; where a gradient is wanted
they go by the formulas.
"""

import functools

import numpy as np
import torch

AB_SCALE = 110.0  # ab / 110 never clips: the widest 8-bit sRGB value is -107.86
WHITE = (0.95047, 1.0, 1.08883)  # XYZ of D65, 2° observer
RGB_TO_XYZ = (
    (0.412453, 0.357580, 0.180423),
    (0.212671, 0.715160, 0.072169),
    (0.019334, 0.119193, 0.950227),
)
EPSILON, KAPPA = 0.008856, 7.787  # where Lab's cube root turns into a straight line
XYZ_TO_RGB = np.linalg.inv(RGB_TO_XYZ).tolist()
RGB_TO_RELATIVE = (np.array(RGB_TO_XYZ) / np.array(WHITE)[:, None]).tolist()  # to white
RELATIVE_TO_RGB = np.linalg.inv(RGB_TO_RELATIVE).tolist()
F_OFFSET = [[-16 - 116 * KAPPA * EPSILON], [0.0], [0.0]]
F_TO_LAB = ((0.0, 116.0, 0.0), (500.0, -500.0, 0.0), (0.0, 200.0, -200.0))
LAB_TO_F = np.linalg.inv(F_TO_LAB).tolist()
LINEAR = 0.0031308  # light below which a screen's transfer curve is a straight line
PIECE = 2**16  # pixels at a time: their numbers stay in the processor's fast memory


def _of_pictures(convert):
    """Let a function refuse what is no picture, and shield it from autocast."""

    @functools.wraps(convert)
    def wrapper(picture, *args, **kwargs):
        if not isinstance(picture, torch.Tensor) or picture.ndim < 3 or picture.shape[-3] != 3:
            shape = tuple(getattr(picture, "shape", ()))
            raise ValueError(f"A picture is a tensor (…, 3, H, W), not {type(picture).__name__} of the shape {shape}.")
        with torch.autocast(picture.device.type, enabled=False):
            return convert(picture, *args, **kwargs)

    return wrapper


def _as_float(values):
    if values.dtype == torch.uint8:
        return values.float() / 255
    if not values.dtype.is_floating_point:
        kind = str(values.dtype).removeprefix("torch.")
        raise TypeError(f"Whole numbers must be uint8 (0…255), these are {kind}. Divide by 255 to get floats in 0…1.")
    return values if values.dtype == torch.float64 else values.float()


def srgb_to_linear(value):
    """Undo the screen's transfer curve: what a pixel value (0…1) is worth in light."""
    # The clamp keeps the power's gradient finite in the branch that `where` throws away.
    curve = ((value.clamp(min=0.04045) + 0.055) / 1.055) ** 2.4
    return torch.where(value > 0.04045, curve, value / 12.92)


def linear_to_srgb(value):
    """The transfer curve itself: light to pixel value."""
    curve = 1.055 * value.clamp(min=LINEAR) ** (1 / 2.4) - 0.055
    return torch.where(value > LINEAR, curve, value * 12.92)


def xyz_to_lab(xyz):
    """XYZ (…, 3, H, W) to Lab: a cube root of each channel relative to white, then three differences."""
    relative = xyz / xyz.new_tensor(WHITE).view(3, 1, 1)
    root = relative.clamp(min=EPSILON) ** (1 / 3)
    f = torch.where(relative > EPSILON, root, KAPPA * relative + 16 / 116)
    x, y, z = f.unbind(-3)
    return torch.stack((116 * y - 16, 500 * (x - y), 200 * (y - z)), dim=-3)


def lab_to_xyz(lab):
    """Lab (…, 3, H, W) to XYZ: the way back."""
    lightness, a, b = lab.unbind(-3)
    y = (lightness + 16) / 116
    f = torch.stack((y + a / 500, y, y - b / 200), dim=-3)
    relative = torch.where(f > EPSILON ** (1 / 3), f**3, (f - 16 / 116) / KAPPA)
    return relative * lab.new_tensor(WHITE).view(3, 1, 1)


def _mix(channels, matrix):
    return torch.einsum("ij,...jhw->...ihw", channels.new_tensor(matrix), channels)


@_of_pictures
def rgb_to_lab_by_formula(picture):
    """A picture (uint8, or float 0…1) to lab: L 0…100, a and b in Lab units."""
    return xyz_to_lab(_mix(srgb_to_linear(_as_float(picture)), RGB_TO_XYZ))


@_of_pictures
def lab_to_rgb_by_formula(lab, clip=True):
    """Lab to a float picture. Colors that a screen cannot show are clipped to 0…1 (which shifts their L)."""
    picture = linear_to_srgb(_mix(lab_to_xyz(_as_float(lab)), XYZ_TO_RGB))
    return picture.clamp(0, 1) if clip else picture


@_of_pictures
def rgb_to_lab(picture):
    """As rgb_to_lab_by_formula, faster."""
    picture = picture if picture.dtype == torch.uint8 else _as_float(picture)
    return _in_pieces(_fast_lab, picture) if _is_simple(picture) else rgb_to_lab_by_formula(picture)


@_of_pictures
def lab_to_rgb(lab, clip=True):
    """As lab_to_rgb_by_formula, faster."""
    lab = _as_float(lab)
    if not _is_simple(lab):
        return lab_to_rgb_by_formula(lab, clip)
    picture = _in_pieces(_fast_rgb, lab)
    return picture.clamp_(0, 1) if clip else picture


def _is_simple(picture):
    """Whether the fast way may be taken: no gradient is wanted, and no double precision."""
    return picture.dtype != torch.float64 and not (picture.requires_grad and torch.is_grad_enabled())


def _in_pieces(convert, pictures):
    """Apply a function of 3×N numbers to pictures, a piece at a time."""
    given = (pictures if pictures.ndim > 3 else pictures[None]).flatten(0, -4).flatten(2)
    found = torch.empty(given.shape, device=given.device)
    piece = PIECE if given.device.type == "cpu" else 2**8 * PIECE  # a GPU likes large ones
    some = max(1, piece // max(1, given.shape[-1]))  # small pictures: several together
    for group, places in zip(given.split(some), found.split(some), strict=True):
        for part, place in zip(group.split(piece, dim=-1), places.split(piece, dim=-1), strict=True):
            channels = part.movedim(1, 0)
            place.copy_(convert(channels.reshape(3, -1)).view(channels.shape).movedim(0, 1))
    return found.view(pictures.shape)


@functools.cache
def _table(device):
    """What each of the 256 values of a pixel is worth in light."""
    return srgb_to_linear(torch.arange(256, device=device) / 255)


def _fast_lab(picture):
    """The formulas with two products of matrices, and log2 and exp2 in place of a power."""
    if picture.dtype == torch.uint8:
        light = _table(picture.device).index_select(0, picture.reshape(-1).int()).view(picture.shape)
    else:
        light = srgb_to_linear(picture)
    relative = light.new_tensor(RGB_TO_RELATIVE) @ light
    line = relative.clamp(max=EPSILON)
    f = relative.clamp_(min=EPSILON).log2_().mul_(1 / 3).exp2_().add_(line, alpha=KAPPA)
    return torch.addmm(light.new_tensor(F_OFFSET), light.new_tensor(F_TO_LAB), f)


def _fast_rgb(lab):
    """The same the other way round."""
    bend = EPSILON ** (1 / 3)
    f = lab.new_tensor(LAB_TO_F) @ lab + 16 / 116
    relative = f.clamp(min=bend).pow_(3).add_((f - bend).clamp_(max=0), alpha=1 / KAPPA)
    light = lab.new_tensor(RELATIVE_TO_RGB) @ relative
    line = light.clamp(max=LINEAR).sub_(LINEAR + 0.055 / 12.92)
    return light.clamp_(min=LINEAR).log2_().mul_(1 / 2.4).exp2_().mul_(1.055).add_(line, alpha=12.92)


@_of_pictures
def in_gamut(lab, tolerance=1e-3):
    """True where a screen can show the color: shape (…, H, W)."""
    picture = lab_to_rgb(lab, clip=False)
    return ((picture >= -tolerance) & (picture <= 1 + tolerance)).all(dim=-3)


def to_uint8(picture):
    """A float picture 0…1 to the nearest uint8 values; a uint8 picture keeps its own."""
    return (_as_float(picture).clamp(0, 1) * 255).round().to(torch.uint8)


def to_gray_ab(pictures):
    """Pictures (…, 3, H, W) to what networks see: gray (…, 1, H, W) and ab (…, 2, H, W), both in -1…1."""
    lab = rgb_to_lab(pictures)
    return lab[..., :1, :, :] / 50 - 1, lab[..., 1:, :, :] / AB_SCALE


def to_lab(gray, ab):
    """What networks see back to Lab units."""
    return torch.cat(((gray.float() + 1) * 50, ab.float() * AB_SCALE), dim=-3)


def from_gray_ab(gray, ab):
    """Gray and ab, as networks see them, to float pictures."""
    return lab_to_rgb(to_lab(gray, ab))


def delta_e_2000(lab, other):
    """CIEDE2000, by scikit-image: how far two colors are for the eye, which no straight line in Lab tells."""
    from skimage.color import deltaE_ciede2000

    arrays = (colors.detach().cpu().movedim(-3, -1).numpy() for colors in (lab, other))
    return torch.from_numpy(deltaE_ciede2000(*arrays)).to(lab.device)
