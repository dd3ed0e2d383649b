"""What "good" means, in Lab units, beside plain gray: PSNR and SSIM alone would reward it. From lesson 02 on."""

import tomllib
from collections.abc import Callable, Collection, Mapping
from pathlib import Path

import torch

from colorlib import color, data, models, tables
from colorlib.worlds import scenes


def ab_distance(ab: torch.Tensor, truth: torch.Tensor) -> torch.Tensor:
    """How far each pixel's ab (N×2×H×W in Lab units) is from the true one, N×H×W."""
    return (ab - truth).norm(dim=1)


def colorfulness(picture: torch.Tensor) -> torch.Tensor:
    """Hasler and Süsstrunk's colorfulness of float pictures: 0 for gray, about 30 for photos, 60 for gaudy ones."""
    red, green, blue = (picture * 255).flatten(2).unbind(1)
    # Without the signs (a published slip) the spread of a picture that has both red and green comes out too small.
    opponents = torch.stack((red - green, (red + green) / 2 - blue))
    spread = opponents.std(dim=-1, correction=0).norm(dim=0)
    return (spread + 0.3 * opponents.mean(dim=-1).norm(dim=0)).mean()


def spill(ab: torch.Tensor, truth: torch.Tensor, gray: torch.Tensor, flat: float = 2.0) -> torch.Tensor:
    """The share of the color's change that lies where nothing ends: where true ab and L change by less than `flat`."""
    everywhere = spilled = torch.zeros(())
    for axis in (-2, -1):
        change, true_change, gray_change = (x.diff(dim=axis).norm(dim=1) for x in (ab, truth, 50 * gray))
        everywhere = everywhere + change.sum()
        spilled = spilled + change[(true_change < flat) & (gray_change < flat)].sum()
    return spilled / everywhere.clamp(min=torch.finfo(ab.dtype).tiny)


def object_colors(ab: torch.Tensor, world: scenes.Scenes) -> torch.Tensor:
    """The mean ab of each ambiguous object, whose color the gray does not tell: a row an object."""
    slots = torch.arange(1, world.palette_index.shape[1] + 1, device=ab.device)
    inside = (world.objects[:, None] == slots.view(1, -1, 1, 1)) & world.ambiguous[:, None]
    pixels = inside.flatten(2).sum(-1)
    sums = torch.einsum("nmhw,nchw->nmc", inside.float(), ab)
    return sums[pixels > 0] / pixels[pixels > 0][:, None]


def object_spread(ab: torch.Tensor, world: scenes.Scenes) -> torch.Tensor:
    """How far the pixels of each ambiguous object lie from its mean ab (root mean square): 0 is one clear color."""
    mean_square = object_colors((ab**2).sum(dim=1, keepdim=True), world)[:, 0]
    return (mean_square - object_colors(ab, world).square().sum(dim=1)).clamp(min=0).sqrt()


def decided(colors: torch.Tensor, palette: torch.Tensor) -> torch.Tensor:
    """For each color (…×2) 1 at the palette color that is nearer than half the way between two, else 0 everywhere."""
    distance, nearest = torch.cdist(colors, palette).min(dim=-1)
    half_way = torch.pdist(palette).min() / 2 if len(palette) > 1 else torch.inf
    return torch.nn.functional.one_hot(nearest, len(palette)) * (distance < half_way)[..., None]


def palette_use(colors: torch.Tensor, palette: torch.Tensor) -> torch.Tensor:
    """The share of objects near each palette color. Dull ones are near none."""
    return decided(colors, palette).float().mean(dim=0)


def _world_measures(ab, truth, world):
    """The measures that a world allows, by name."""
    distance = ab_distance(ab, truth)
    regions = {"detail_error": world.details, "texture_error": world.materials > 0, "far_error": world.far}
    measures = {name: distance[region].mean() for name, region in regions.items() if region.any()}
    if world.ambiguous.any():
        colors, palette = object_colors(ab, world), world.palette.to(ab)
        measures["chroma"] = colors.norm(dim=1).mean()
        measures["chroma_share"] = measures["chroma"] / object_colors(truth, world).norm(dim=1).mean()
        measures["palette_distance"] = torch.cdist(colors, palette).amin(dim=1).mean()
        measures["object_spread"] = object_spread(ab, world).mean()
        measures["palette_use"] = palette_use(colors, palette).min()
        measures["background_error"] = distance[~world.ambiguous].mean()
    return measures


MEASURES = tomllib.loads(Path(__file__).with_name("measures.toml").read_text(encoding="utf-8"))


def _known(names):
    unknown = {names} if isinstance(names, str) else set(names) - set(MEASURES)
    if unknown:
        raise ValueError(f"{sorted(unknown, key=str)} are no measures. Give several of: {', '.join(MEASURES)}.")
    return names


def measure(ab, truth, gray, world: scenes.Scenes | None = None, names: Collection[str] = MEASURES) -> dict[str, float]:
    """Measures by name; `ab`, the true ab and `gray` as networks see them."""
    names, lab, true_lab = _known(names), color.to_lab(gray, ab), color.to_lab(gray, truth)
    picture, true_picture = color.lab_to_rgb(lab), color.lab_to_rgb(true_lab)
    ab, truth = lab[:, 1:], true_lab[:, 1:]
    measures = {"ab_error": ab_distance(ab, truth).mean(), "colorfulness": colorfulness(picture)}
    for percent in (2, 5):  # so many percent of a channel's range, which is 220 units
        measures[f"accuracy_{percent}"] = ((ab - truth).abs() <= 2.2 * percent).all(dim=1).float().mean()
    if "psnr" in names or "ssim" in names:  # these take time, so only who asks for them gets them
        from torchmetrics.functional import image  # two seconds

    if "psnr" in names:
        each = {"reduction": "none", "dim": (1, 2, 3)}
        measures["psnr"] = image.peak_signal_noise_ratio(picture, true_picture, data_range=1.0, **each).mean()
    if "ssim" in names:
        measures["ssim"] = image.structural_similarity_index_measure(picture, true_picture, data_range=1.0)
    if "ciede2000" in names:
        measures["ciede2000"] = color.delta_e_2000(lab, true_lab).mean()
    if "spill" in names:
        measures["spill"] = spill(ab, truth, gray)
    if world is not None:
        measures |= _world_measures(ab, truth, world)
    return {name: float(measures[name]) for name in MEASURES if name in names and name in measures}


def held_out(of, n):
    """Of pictures, scenes or a data set, always the same ones: gray, the true ab, and the world if they are of one."""
    if isinstance(of, data.DataSet):
        of = data.spread(of.valid, n) if of.valid_scenes is None else of.valid_scenes
    of = of[:n]
    if len(of) == 0:
        raise ValueError("There are no pictures to measure on.")
    world = of if isinstance(of, scenes.Scenes) else None
    return *color.to_gray_ab(of if world is None else of.pictures), world


def evaluate(generators: Mapping[str, Callable | list], of, n: int = 200, names: Collection[str] = MEASURES) -> "Table":
    """Measure generators (gray → ab; a list of them for several seeds) on `n` held-out pictures or scenes."""
    gray, truth, world = held_out(of, n)
    painted = {"gray": [torch.zeros_like(truth)]}
    for row, seeds in generators.items():  # which stay in the mode they are in, train or eval
        seeds = seeds if isinstance(seeds, list | tuple) else [seeds]
        painted[row] = [models.paint(generator, gray) for generator in seeds]
    painted["truth"] = [truth]
    rows = {row: [measure(ab, truth, gray, world, names) for ab in seeds] for row, seeds in painted.items()}
    return Table(rows, len(gray))


def validator(of, names: Collection[str] = ("ab_error",), n: int = 64) -> Callable:
    """A `validate` for training.fit: measures on held-out pictures after each epoch."""
    names, (gray, truth, world) = _known(names), held_out(of, n)
    return lambda generator: measure(models.paint(generator, gray), truth, gray, world, names)


class Table:
    """Rows of measures: `table["L2"]["ab_error"]` is the mean over `seeds`, which holds each. What it lacks is `–`."""

    def __init__(self, rows: dict[str, list[dict]], pictures: int):
        self.seeds, self.pictures = rows, pictures
        self.names = [name for name in MEASURES if any(name in seeds[0] for seeds in rows.values())]

    def __getitem__(self, row: str) -> dict[str, float]:
        seeds = self.seeds[row]
        return {name: sum(seed[name] for seed in seeds) / len(seeds) for name in self.names if name in seeds[0]}

    def _cell(self, row, name):
        if name not in self.seeds[row][0]:
            return "–"
        values = [seed[name] for seed in self.seeds[row]]
        shown = (MEASURES[name][1].format(value) for value in (self[row][name], min(values), max(values)))
        mean, low, high = (text.replace("inf", "∞") for text in shown)
        return f"{mean} ({low}–{high})" if low != high else mean

    def _rows_and_caption(self):
        rows = [["", *(MEASURES[name][0] for name in self.names)]]
        rows += [[row, *(self._cell(row, name) for name in self.names)] for row in self.seeds]
        most = max(map(len, self.seeds.values()))
        seeds = f"; {most} seeds: mean (lowest–highest)" if most > 1 else ""
        return rows, f"{self.pictures} held-out pictures{seeds}"

    def __repr__(self):
        return tables.as_text(*self._rows_and_caption())

    def _repr_html_(self):
        return tables.as_html(*self._rows_and_caption())
