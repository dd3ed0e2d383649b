"""What "good" means, each number beside that of plain gray. Lesson 02 is the first to use it.

Everything is in Lab units, so that scalings do not matter. PSNR and SSIM alone reward caution, up to
plain gray: read them beside ab error and colorfulness.
"""

from collections.abc import Callable, Iterable, Mapping

import torch
from torchmetrics.functional.image import peak_signal_noise_ratio, structural_similarity_index_measure

from colorlib import color, data, models, tables
from colorlib.worlds import scenes

# --- pictures: (prediction, truth) as float pictures N×3×H×W, or as ab in Lab units N×2×H×W ---


def ab_distance(ab: torch.Tensor, truth: torch.Tensor) -> torch.Tensor:
    """How far each pixel's color is from the true one, N×H×W in Lab units."""
    return (ab - truth).norm(dim=1)


def accuracy(ab: torch.Tensor, truth: torch.Tensor, percent: float) -> torch.Tensor:
    """Share of pixels whose a and b are both within 2.2 Lab units a percent; L is given."""
    return ((ab - truth).abs() <= 2.2 * percent).all(dim=1).float().mean()


def psnr(picture: torch.Tensor, truth: torch.Tensor) -> torch.Tensor:
    """Peak signal-to-noise ratio in dB, a picture at a time; equal pictures have no end of it."""
    return peak_signal_noise_ratio(picture, truth, data_range=1.0, reduction="none", dim=(1, 2, 3)).mean()


def colorfulness(picture: torch.Tensor) -> torch.Tensor:
    """Hasler and Süsstrunk's colorfulness: 0 for gray, about 30 for photos, 60 for gaudy ones.

    Red − green and yellow − blue keep their signs. Without them (a published slip) the spread of a
    picture that has both red and green comes out too small.
    """
    red, green, blue = (picture * 255).flatten(2).unbind(1)
    opponents = torch.stack((red - green, (red + green) / 2 - blue))
    spread = opponents.std(dim=-1, correction=0).norm(dim=0)
    return (spread + 0.3 * opponents.mean(dim=-1).norm(dim=0)).mean()


def spill(ab: torch.Tensor, truth: torch.Tensor, gray: torch.Tensor, flat: float = 2.0) -> torch.Tensor:
    """The share of the color's change that lies where nothing ends: neither the true color nor the gray changes there.

    A change is the distance of two neighboring pixels; below `flat` Lab units there is none in truth. Color that stays
    within its object changes at the object's edge alone. Gray, which does not change, spills nothing.
    """
    everywhere = spilled = torch.zeros(())
    for axis in (-2, -1):
        change, true_change, gray_change = (x.diff(dim=axis).norm(dim=1) for x in (ab, truth, 50 * gray))
        everywhere = everywhere + change.sum()
        spilled = spilled + change[(true_change < flat) & (gray_change < flat)].sum()
    return spilled / everywhere.clamp(min=torch.finfo(ab.dtype).tiny)


# --- worlds, where the painter knows which colors the gray does not tell ---


def object_colors(ab: torch.Tensor, world: scenes.Scenes) -> torch.Tensor:
    """The mean ab of each ambiguous object, a row an object."""
    slots = torch.arange(1, world.palette_index.shape[1] + 1, device=ab.device)
    inside = (world.objects[:, None] == slots.view(1, -1, 1, 1)) & world.ambiguous[:, None]
    pixels = inside.flatten(2).sum(-1)
    sums = torch.einsum("nmhw,nchw->nmc", inside.float(), ab)
    return sums[pixels > 0] / pixels[pixels > 0][:, None]


def palette_use(colors: torch.Tensor, palette: torch.Tensor) -> torch.Tensor:
    """The share of objects near each palette color: nearer than half the way between two of them.

    Dull objects are near none, so the shares need not add up to 1.
    """
    distance, nearest = torch.cdist(colors, palette).min(dim=1)
    half_way = torch.pdist(palette).min() / 2 if len(palette) > 1 else torch.inf
    chosen = torch.bincount(nearest[distance < half_way], minlength=len(palette))
    return chosen / len(colors)


def _world_measures(ab, truth, world):
    """The measures that a world allows, by name."""
    distance, measures = ab_distance(ab, truth), {}
    if world.ambiguous.any():
        colors, palette = object_colors(ab, world), world.palette.to(ab)
        measures["chroma"] = colors.norm(dim=1).mean()
        measures["chroma_share"] = measures["chroma"] / object_colors(truth, world).norm(dim=1).mean()
        measures["palette_distance"] = torch.cdist(colors, palette).amin(dim=1).mean()
        measures["palette_use"] = palette_use(colors, palette).min()
        measures["background_error"] = distance[~world.ambiguous].mean()
    if world.details.any():
        measures["detail_error"] = distance[world.details].mean()
        measures["texture_error"] = distance[world.materials > 0].mean()
    if world.far.any():
        measures["far_error"] = distance[world.far].mean()
    return measures


# --- all of them, in a table ---

# Heading (what is better: ↓ low, ↑ high, else near the truth), and how to write the number.
MEASURES = {
    "ab_error": ("ab error ↓", "{:.1f}"),
    "psnr": ("PSNR ↑", "{:.1f}"),
    "ssim": ("SSIM ↑", "{:.3f}"),
    "ciede2000": ("CIEDE2000 ↓", "{:.1f}"),
    "colorfulness": ("colorfulness", "{:.1f}"),
    "accuracy_2": ("within 2 % ↑", "{:.1%}"),
    "accuracy_5": ("within 5 % ↑", "{:.1%}"),
    "chroma": ("chroma", "{:.1f}"),
    "chroma_share": ("of true chroma", "{:.0%}"),
    "palette_distance": ("to palette ↓", "{:.1f}"),
    "palette_use": ("palette use", "{:.0%}"),
    "background_error": ("background error ↓", "{:.1f}"),
    "detail_error": ("detail error ↓", "{:.1f}"),
    "texture_error": ("texture error ↓", "{:.1f}"),
    "far_error": ("far-ground error ↓", "{:.1f}"),
}


def _known(names):
    """The names as a set, or a sentence that says which there are."""
    unknown = {names} if isinstance(names, str) else set(names) - set(MEASURES)
    if unknown:
        choice = ", ".join(MEASURES)
        raise ValueError(f"{sorted(unknown, key=str)} are not names of measures. Give several of: {choice}.")
    return set(names)


def measure(ab, truth, gray, world: scenes.Scenes | None = None, names: Iterable[str] = MEASURES) -> dict[str, float]:
    """Measures by name; `ab`, the true ab and `gray` as networks see them."""
    names, lab, true_lab = _known(names), color.to_lab(gray, ab), color.to_lab(gray, truth)
    picture, true_picture = color.lab_to_rgb(lab), color.lab_to_rgb(true_lab)
    ab, truth = lab[:, 1:], true_lab[:, 1:]
    measures = {"ab_error": ab_distance(ab, truth).mean(), "colorfulness": colorfulness(picture)}
    measures |= {"accuracy_2": accuracy(ab, truth, 2), "accuracy_5": accuracy(ab, truth, 5)}
    # These three take time, so only who asks for them gets them.
    if "psnr" in names:
        measures["psnr"] = psnr(picture, true_picture)
    if "ssim" in names:
        measures["ssim"] = structural_similarity_index_measure(picture, true_picture, data_range=1.0)
    if "ciede2000" in names:
        measures["ciede2000"] = color.delta_e_2000(lab, true_lab).mean()
    if world is not None:
        measures |= _world_measures(ab, truth, world)
    return {name: float(measures[name]) for name in MEASURES if name in names and name in measures}


def evaluate(generators: Mapping[str, Callable | list], of, n: int = 200, names: Iterable[str] = MEASURES) -> "Table":
    """Measure generators (gray → ab; a list of them for several seeds) on pictures, scenes or a data set.

    Of a data set `n` validation pictures, always the same: of a world the first, of photos some from all over. The
    table begins with plain gray and ends with the truth. Generators stay in the mode they are in, train or eval.
    """
    names, (gray, truth, world) = _known(names), _held_out(of, n)
    rows = {"gray": [measure(torch.zeros_like(truth), truth, gray, world, names)]}
    for label, seeds in generators.items():
        seeds = seeds if isinstance(seeds, list | tuple) else [seeds]
        painted = [models.paint(generator, gray) for generator in seeds]
        rows[label] = [measure(ab, truth, gray, world, names) for ab in painted]
    rows["truth"] = [measure(truth, truth, gray, world, names)]
    return Table(rows, len(gray))


def _held_out(of, n):
    """Gray, the true ab, and the world if the pictures are of one."""
    if isinstance(of, data.DataSet):
        of = data.spread(of.valid, n) if of.valid_scenes is None else of.valid_scenes
    of = of[:n]
    if len(of) == 0:
        raise ValueError("There are no pictures to measure on.")
    world = of if isinstance(of, scenes.Scenes) else None
    return *color.to_gray_ab(of if world is None else of.pictures), world


def validator(of, names: Iterable[str] = ("ab_error",), n: int = 64) -> Callable:
    """A `validate` for training.fit: measures on held-out pictures after each epoch."""
    names, (gray, truth, world) = _known(names), _held_out(of, n)
    return lambda generator: measure(models.paint(generator, gray), truth, gray, world, names)


class Table:
    """Rows of measures: `table["L2"]["ab_error"]` is the mean over `seeds`, which holds each."""

    def __init__(self, rows: dict[str, list[dict]], pictures: int):
        self.seeds, self.pictures = rows, pictures
        self.names = [name for name in MEASURES if name in rows["truth"][0]]

    def __getitem__(self, row: str) -> dict[str, float]:
        seeds = self.seeds[row]
        return {name: sum(s[name] for s in seeds) / len(seeds) for name in self.names}

    def _rows(self):
        rows = [["", *(MEASURES[name][0] for name in self.names)]]
        for row in self.seeds:
            rows.append([row, *(self._cell(row, name) for name in self.names)])
        return rows

    def _cell(self, row, name):
        def write(value):
            return "∞" if value == torch.inf else MEASURES[name][1].format(value)

        mean, values = write(self[row][name]), [seed[name] for seed in self.seeds[row]]
        return mean if len(values) == 1 else f"{mean} ({write(min(values))}–{write(max(values))})"

    def _caption(self):
        most = max(map(len, self.seeds.values()))
        seeds = f"; {most} seeds: mean (lowest–highest)" if most > 1 else ""
        return f"{self.pictures} held-out pictures{seeds}"

    def __repr__(self):
        return tables.as_text(self._rows(), self._caption())

    def _repr_html_(self):
        return tables.as_html(self._rows(), self._caption())
