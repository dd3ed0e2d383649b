"""Lesson 02, Extra: from a network's probabilities to colors, by a temperature or by the throw of a die."""

import torch

from colorlib import bins, color, models
from colorlib.course import controls, page


def sample_bins(logits, dice):
    """Bin logits to ab by a throw of the dice for each pixel, as likely as the network says."""
    # The Gumbel trick: the largest of logits plus this noise is a fair draw.
    noise = -torch.rand(logits.shape, generator=dice).clamp(1e-9).log().neg().log()
    return bins.annealed_mean(logits + noise, temperature=0)


class TemperatureDial(page.Live):
    """A slider from the mode (0) to the mean (1) of a `classify` network's bins, and a button for samples.

    `weights` (of bins.bin_weights) is how much more each bin counted in training: samples are drawn without that.
    """

    def __init__(self, generator, gray, weights, temperature=0.38):
        self.gray, self.dice = gray, torch.Generator().manual_seed(0)
        self.logits = models.paint(generator.network, gray)
        self.as_often = self.logits - weights.log().view(1, -1, 1, 1)
        look = {"label": "100px", "continuous_update": False}
        self.slider = controls.slider("Temperature", 0, 1, temperature, 0.02, **look)
        self.slider.observe(lambda _: self.show(sampled=False), names="value")
        self.button = controls.button("Draw a sample", lambda: self.show(sampled=True))
        self.told, self.sampled = controls.Told(), False
        super().__init__(self.slider, self.button, self.told)

    def show(self, sampled):
        self.sampled = sampled
        self.redraw()

    def colors(self):
        """The ab that is shown now."""
        if self.sampled:
            return sample_bins(self.as_often, self.dice)
        return bins.annealed_mean(self.logits, self.slider.value)

    def draw(self):
        ab = self.colors()
        name = "a sample: every pixel throws its own die" if self.sampled else f"temperature {self.slider.value:.2f}"
        chroma = (ab * color.AB_SCALE).norm(dim=1).mean()
        self.told.say(f"<b>{name}</b>, mean chroma of all pixels {chroma:.0f}")
        pictures = color.from_gray_ab(self.gray, ab)
        return " ".join(page.picture(p, f"Picture {i}, {name}", 128) for i, p in enumerate(pictures, 1))


temperature_dial = TemperatureDial
