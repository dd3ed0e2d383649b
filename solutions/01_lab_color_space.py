# %% [markdown]
# # Color: from RGB to Lab and back
#
# **After these 45 minutes you will be able to**
#
# - take a picture apart into lightness and color, and say why a colorizer predicts two numbers instead of three;
# - convert sRGB to Lab with your own twenty lines, as exactly as a library does;
# - tell which scalings, clippings and splits quietly spoil a training.
#
# **You need** lesson 00 and basic PyTorch (what a tensor is, how slicing works). No GPU. *Extra* sections follow
# the take-away.

# %%
import numpy as np
import torch
from skimage import data as photos
from skimage.color import rgb2lab

from colorlib import color, data, plots, profile
from colorlib.course import check, hint, predict, progress, quiz, saw
from colorlib.course.lesson_01 import blur, blur_sliders, color_hints, gamut_slider, lab_channels, spread_hints
from colorlib.data import augment
from colorlib.worlds import scenes

# %%
settings = profile.settings(
    #            quick, laptop, gpu
    pictures=(300, 1_000, 10_000),  # how many pictures the statistics look at
    splits=(20, 100, 100),  # how many random splits we compare with
    colors=(50_000, 1_000_000, 1_000_000),  # how many random Lab colors we clip
)
settings

# %%
quiz("01.recall")

# %% [markdown]
# ## 1. What a gray photo keeps (5 min)
#
# Your eye has two kinds of sensors. About a hundred million *rods* know only light and dark, and work in the
# dusk; some six million *cones*, in three kinds, work by day. Any one of them can tell light from dark; to tell a
# color, the eye must compare cones of different kinds. What does that mean for a picture?

# %%
predict("01.blur")


# %%
def as_tensor(array):
    """An array (H, W, 3) as PyTorch likes it: (3, H, W)."""
    return torch.from_numpy(array.copy()).movedim(-1, 0)


cat = as_tensor(photos.chelsea()[:300, 70:370])
soft = 6  # pixels
plots.pictures(
    [cat, blur(cat, soft, 0), blur(cat, 0, soft)],
    titles=("the photo", "color blurred", "lightness blurred"),
    cell=2.8,
    alt="A cat three times: the photo; with its color blurred by six pixels, which looks "
    "almost the same; with its lightness blurred, which looks out of focus.",
)

# %% [markdown]
# How far can you go before you see it? Move the sliders (arrow keys work too).

# %%
blur_sliders(cat)

# %%
saw("01.blur")

# %% [markdown]
# This is good news for us. A gray photo keeps the part that your eye wants sharp. What a colorizer has to add may
# be coarse.

# %% [markdown]
# ## 2. Two ways to write a color (8 min)
#
# A screen needs three numbers per pixel: how much red, green and blue light to send. Here is a photo with each of
# them shown as a gray picture:

# %%
coffee = as_tensor(photos.coffee()[:, 100:500])
plots.pictures(
    [coffee, *(channel[None].float() / 255 for channel in coffee)],
    titles=("the picture", "red", "green", "blue"),
    alt="A cup of coffee, then its red, green and blue channel as gray pictures. All three "
    "show the cup and its highlights; the saucer is fairly light in red and nearly black "
    "in green and blue.",
)

# %% [markdown]
# All three show the cup and its highlights: the lightness is in each of them. **Lab** sorts the same information
# another way. *L* says how light a color looks, from 0 (black) to 100 (white). Two numbers are left for color:
# *a* runs from green (negative) to magenta (positive), *b* from blue (negative) to yellow (positive). Gray is
# where both are 0.

# %%
lab_channels(
    coffee,
    alt="The same cup, then its L as a sharp gray picture, then a and b as quieter areas of "
    "color: in a cup and saucer are pink, in b the coffee is yellow. Highlights and the "
    "grain of the wood are mostly in L.",
)

# %% [markdown]
# Highlights and the grain of the wood have moved into L; in a and b you see quieter areas. (The deep shadow is
# still there: a dark red has less color than a light one.) How quiet? We measure detail as the mean step from a
# pixel to its neighbor:


# %%
def detail(channel):
    """The mean step between neighboring pixels."""
    return (channel.diff(dim=-1).abs().mean() + channel.diff(dim=-2).abs().mean()).item() / 2


for name, photo in {"cup": coffee, "cat": cat}.items():
    red, green, blue = map(detail, photo.float() / 2.55)  # 0…100, as L
    lightness, a, b = map(detail, color.rgb_to_lab(photo))
    print(f"{name}: mean step in red {red:.2f}, green {green:.2f}, blue {blue:.2f}")
    print(f"{name}: mean step in L   {lightness:.2f}, a     {a:.2f}, b    {b:.2f}")

# %% [markdown]
# L alone carries about as much detail as each of red, green and blue. a and b carry less: less than half as much
# in the cat, about three quarters in the cup, which is unusually colorful. So if L is given, a network needs to
# predict **two** quieter numbers instead of three busy ones. That is why this course works in Lab.
#
# L is built to follow the eye, and that is not what RGB does:

# %%
predict("01.blue_or_green")

# %%
patches = torch.zeros(3, 3, 60, 100, dtype=torch.uint8)
patches[0, 2] = 255  # pure blue
patches[1, 0] = 255  # pure red
patches[2, 1] = 255  # pure green
plots.pictures(
    [list(patches), list(plots.gray_picture(patches))],
    titles=("blue (0, 0, 255)", "red (255, 0, 0)", "green (0, 255, 0)"),
    row_titles=("color", "its L"),
    cell=2.2,
    alt="Three patches, blue, red and green, and below each the gray of the same lightness: "
    "dark gray for blue, a middle gray for red, light gray for green.",
)

# %% tags=["nbval-check-output"]
for name, patch in zip(("blue", "red", "green"), patches, strict=True):
    lightness = color.rgb_to_lab(patch)[0, 0, 0].item()
    print(f"pure {name}: L = {lightness:.1f}")

# %%
saw("01.blue_or_green")

# %% [markdown]
# Now make a picture lighter, once in each language. In RGB we add the same amount to all three channels; in Lab
# we add to L alone.

# %%
cup = coffee / 255
lighter_rgb = (cup + 0.25).clamp(0, 1)
lab = color.rgb_to_lab(coffee)
lighter_lab = color.lab_to_rgb(lab + torch.tensor([24.0, 0, 0]).view(3, 1, 1))
plots.pictures(
    [cup, lighter_rgb, lighter_lab],
    titles=("the picture", "RGB + 0.25", "L + 24"),
    cell=2.8,
    alt="The cup three times: as it was; lighter by adding to red, green and blue, where the "
    "colors look washed out; lighter by adding to L, where wood and saucer keep a little "
    "more color, and some of the wood turns salmon.",
)


# %%
def chroma(picture):
    """How far a picture's colors are from gray, on average, in Lab units."""
    return color.rgb_to_lab(picture)[1:].norm(dim=0).mean().item()


for name, picture in {
    "as it was": cup,
    "RGB + 0.25": lighter_rgb,
    "L + 24": lighter_lab,
}.items():
    print(f"{name:12} mean L {color.rgb_to_lab(picture)[0].mean():5.1f}   mean chroma {chroma(picture):5.1f}")

# %% [markdown]
# *Chroma* is the distance from gray, $\sqrt{a^2 + b^2}$. Distances in L, a and b are measured in *Lab units*:
# black and white are 100 of them apart. Adding to RGB made the picture lighter and washed out its color; adding
# to L kept more of it. (Not quite all: some of the lightened colors don't exist on a screen. Section 5 comes back
# to that.)

# %% [markdown]
# ## 3. Build it (10 min)
#
# From a pixel to Lab there are three steps, each with a reason:
#
# 1. **Undo the screen's curve.** A pixel value is not an amount of light. Screens spend their 256 steps where the
#    eye sees them, in the dark.
# 2. **Mix.** Three sums turn red, green and blue light into X, Y and Z, three measures of light that belong to no
#    particular screen. Y says how much light the eye gets (its *luminance*).
# 3. **Bend it as the eye does, then take differences.** A cube root, because twice the light looks much less than
#    twice as bright.
#
# Step 1 first. In words: a straight line for the darkest values, and from there on a power of 2.4.
#
# $$\text{light} = \begin{cases} v / 12.92 & v \le 0.04045 \\ \left(\frac{v + 0.055}{1.055}\right)^{2.4} & \text{above}\end{cases}$$
#
# Here $v$ is the pixel value, 0…1.
#
# **Exercise.** Write it for a whole tensor `value` at once (`torch.where` chooses for each element).


# %%
def transfer_curve(value):
    """sRGB pixel values (0…1, any shape) to amounts of light (0…1)."""
    # BEGIN SOLUTION
    curve = ((value + 0.055) / 1.055) ** 2.4
    return torch.where(value > 0.04045, curve, value / 12.92)
    # END SOLUTION


transfer_curve = check("01.transfer_curve", transfer_curve)

# %%
# hint("01.transfer_curve")

# %%
steps = torch.linspace(0, 1, 256)
plots.curves(
    {"light": transfer_curve(steps).tolist(), "a straight line": steps.tolist()},
    x=steps.tolist(),
    xlabel="pixel value (0…1)",
    ylabel="amount of light",
    title="Half the pixel value is a fifth of the light",
    alt="A curve from 0,0 to 1,1 that sags far below the straight line: at a pixel value of"
    " 0.5 the light is about 0.21.",
)

# %% [markdown]
# Step 2 is a matrix with fixed numbers, part of the sRGB standard. Its middle row gives Y: look how little blue
# counts.

# %%
RGB_TO_XYZ = torch.tensor(color.RGB_TO_XYZ)
print("Y = {:.3f} red + {:.3f} green + {:.3f} blue".format(*RGB_TO_XYZ[1].tolist()))


def light_to_xyz(light):
    """Mix red, green and blue light (3, H, W) into X, Y, Z (3, H, W)."""
    # for every pixel: the matrix times its (red, green, blue)
    return torch.einsum("ij,jhw->ihw", RGB_TO_XYZ, light)


# %% [markdown]
# Step 3. Divide X, Y and Z by what white has, and call the results $x$, $y$ and $z$ (white has 1, 1, 1). Bend
# each with a function $f$, then take differences:
#
# $$L = 116\,f(y) - 16 \qquad a = 500\,\bigl(f(x) - f(y)\bigr) \qquad b = 200\,\bigl(f(y) - f(z)\bigr)$$
#
# In words: L is the bent brightness, stretched to 0…100; *a* is what X has more than Y (reddish), *b* what Y has
# more than Z (yellowish). And $f(t)$ is the cube root of $t$; but at and below 0.008856 it is the straight line
# $7.787\,t + 16/116$, because a cube root is infinitely steep at 0.
#
# **Exercise.** Write step 3. `WHITE` has the shape (3, 1, 1), so `xyz / WHITE` divides each channel by its own
# number.

# %%
WHITE = torch.tensor(color.WHITE).view(3, 1, 1)


def xyz_to_lab(xyz):
    """X, Y, Z (3, H, W) to L, a, b (3, H, W)."""
    # BEGIN SOLUTION
    relative = xyz / WHITE
    f = torch.where(relative > 0.008856, relative ** (1 / 3), 7.787 * relative + 16 / 116)
    x, y, z = f.unbind(-3)
    return torch.stack((116 * y - 16, 500 * (x - y), 200 * (y - z)), dim=-3)
    # END SOLUTION


xyz_to_lab = check("01.xyz_to_lab", xyz_to_lab)

# %%
# hint("01.xyz_to_lab")

# %% [markdown]
# Put together, it is one line. Is it as good as scikit-image's?

# %%
mine = xyz_to_lab(light_to_xyz(transfer_curve(coffee / 255)))
theirs = torch.from_numpy(rgb2lab(photos.coffee()[:, 100:500])).movedim(-1, 0)
print("largest difference from scikit-image is below 0.001:", bool((mine - theirs).abs().max() < 1e-3))

# %% [markdown]
# The way back undoes each step in turn; the library has it. From here on the course uses `color.rgb_to_lab` and
# `color.lab_to_rgb`: the same formulas, for batches, on the GPU, and with gradients that stay finite at black.

# %%
there_and_back = color.to_uint8(color.lab_to_rgb(color.rgb_to_lab(coffee)))
print("pixel values that changed on the way to Lab and back:", int((there_and_back != coffee).sum()))

# %% [markdown]
# ## 4. The plane where color lives (5 min)
#
# At a fixed L, all colors lie in a plane with the axes *a* and *b*. Move L and see which of them a screen can
# show.

# %%
gamut_slider()

# %% [markdown]
# The patch is the *gamut* at this L. It is small when L is close to black or white, and never a circle: blue
# reaches far only when dark, yellow only when light. Lightness and color are not as independent as they seem.
#
# And where in this plane are the colors of real photos? Let us count pixels.

# %%
dataset = data.load("photos", size=32, n=settings.pictures)
print(dataset)
_, ab = color.to_gray_ab(dataset.train)
ab = (ab * color.AB_SCALE).movedim(1, 0).flatten(1)
distance_from_gray = ab.norm(dim=0)

with plots.drawing(1, 2, (8.6, 4)) as (canvas, (left, right)):
    left.hist2d(*ab.numpy(), bins=110, range=[[-110, 110]] * 2, norm="log", cmap="viridis")
    left.set(xlabel="a", ylabel="b", title="How often each color occurs (log scale)", aspect="equal")
    right.hist(distance_from_gray.numpy(), bins=60, color=plots.CYCLE[0])
    right.set(xlabel="distance from gray (chroma)", yticks=[], title="Most pixels are not far from gray")
    where = plots.Figure(
        canvas,
        "Left: pixel counts in the ab plane: a bright knot near gray with a short spur toward"
        " blue, a broad arm toward orange and red, a thin one toward violet. Right: a "
        "histogram of chroma: highest near 5, a second peak at 22, then low, with a bump near"
        " 65.",
    )
where

# %%
for limit in (10, 20, 40, 60):
    print(f"pixels closer to gray than {limit}: {(distance_from_gray < limit).float().mean():.0%}")

# %% [markdown]
# More than half of all pixels lie within 20 units of gray, while the strongest colors of a screen are over 130
# away. Strong colors exist, but they are rare. (These crops come from only six photographs: the peak at 22 is the
# sky behind the rocket.) A network that learns from the average pixel hears “nearly gray” most of the time.
# Remember this in lesson 02, when yours turns out dull: colors that nobody can know, like the balloons', are one
# reason; this heap in the middle is the other.

# %% [markdown]
# ## 5. Three quiet mistakes (7 min)
#
# ### Scaling
#
# Networks like numbers between −1 and 1, so a and b are divided by something. Published code uses 100, 110, 127
# or 128. What is the largest value that any 8-bit color can have?

# %% tags=["nbval-check-output"]
levels = torch.linspace(0, 255, 52).round().to(torch.uint8)
every_color = torch.stack(torch.meshgrid(levels, levels, levels, indexing="ij")).flatten(2)
all_ab = color.rgb_to_lab(every_color)[1:]
print(f"a from {all_ab[0].min():.1f} to {all_ab[0].max():.1f}, b from {all_ab[1].min():.1f} to {all_ab[1].max():.1f}")
for divisor in (100, 110, 127, 128):
    largest = (all_ab.abs().max() / divisor).item()
    print(f"divided by {divisor}: largest {largest:.3f}", "clips!" if largest > 1 else "")

# %% [markdown]
# Most colorizers end in a `tanh`, which squeezes any number into −1…1. It can't give more than 1, so with 100 the
# strongest blues can't be learned at all. This course divides by 110, and writes L as $L/50 - 1$. The other
# divisors work too, but then an “error of 0.1” means another thing in each paper. That is why our tables are in
# **Lab units**.
#
# ### Clipping
#
# A network may well ask for a color that no screen can show:

# %%
predict("01.clipping")

# %%
dice = torch.Generator().manual_seed(0)
box = torch.rand(3, settings.colors, 1, generator=dice)
wanted = box * torch.tensor([100.0, 220, 220]).view(3, 1, 1) - torch.tensor([0.0, 110, 110]).view(3, 1, 1)
shown = color.rgb_to_lab(color.lab_to_rgb(wanted))  # lab_to_rgb clips to 0…1
can_be_shown = color.in_gamut(wanted)
moved = (shown[0] - wanted[0]).abs()[~can_be_shown]

print(f"colors of this box that a screen can show: {can_be_shown.float().mean():.0%}")
print(f"of the others, clipping moves L by {moved.mean():.1f} units on average, {moved.max():.0f} at worst")

# %%
strong = color.lab_to_rgb(lab * torch.tensor([1.0, 3, 3]).view(3, 1, 1))
plots.pictures(
    [cup, strong, plots.gray_picture(cup), plots.gray_picture(strong)],
    titles=("the picture", "a and b times three", "gray of the picture", "gray of the strong one"),
    alt="The cup in its colors, then with color three times as strong: glaring. The grays of "
    "both, which should be equal, differ: in the second one the saucer and the wood have "
    "become lighter and lost their detail.",
)

# %%
saw("01.clipping")

# %% [markdown]
# ### Gray is not L
#
# To make a gray photo from a color one, take L. A common shortcut takes the gray pixel value and scales it to
# 0…100. Both run from black to white, but not at the same speed:

# %% tags=["nbval-check-output"]
grays = torch.arange(256, dtype=torch.uint8).expand(3, 1, 256)
true_lightness = color.rgb_to_lab(grays)[0, 0]
shortcut = torch.arange(256) / 255 * 100
print(f"gray 128: L = {true_lightness[128]:.1f}, the shortcut says {shortcut[128]:.1f}")
print(f"largest mistake of the shortcut: {(true_lightness - shortcut).abs().max():.2f} units of L")

usual_gray = torch.tensor([0.299, 0.587, 0.114]).view(3, 1, 1)
shortcut = (usual_gray * every_color).sum(dim=0) / 2.55
mistake = (color.rgb_to_lab(every_color)[0] - shortcut).abs().max()
print(f"for colors, with the usual 0.299 R + 0.587 G + 0.114 B: up to {mistake:.0f} units")

# %% [markdown]
# Three units look like nothing, but strong colors are off by almost thirty. A network trained with one kind of
# gray and used with the other sees other pictures than it learned from: middle grays too dark, the darkest ones
# too light, greens far too dark.

# %% [markdown]
# ## 6. The pictures we learn from (6 min)
#
# The course has three kinds of data. **Worlds** are drawn by the library, so we know which colors follow from the
# gray and which do not:

# %%
plots.pictures(
    [scenes.draw(6, size=64, seed=2, world=world).pictures for world in scenes.WORLDS],
    row_titles=scenes.WORLDS,
    cell=1.25,
    alt="Five rows of small drawn pictures. Texture: areas of grass, brick, water, sand, sky "
    "and leaves with small yellow and dark blue things. Ambiguous: balloons, cars, "
    "flowers and doors in red, blue or green. Context: green ground under a sun, blue "
    "ground under a moon. Mixed: such things by day and by night. Shapes: each shape in "
    "its own color.",
)

# %% [markdown]
# - **texture**: all materials are equally light on average; the color follows from the texture, and for the small
#   things from their lightness.
# - **ambiguous**: balloons, cars, flowers and doors whose color the gray does not tell.
# - **context**: in gray the ground looks the same by day and by night; only sun or moon decides whether it is
#   green or blue.
# - **mixed**: ambiguous things, by day and by night. **shapes**: the shape decides.
#
# **Photos** come with the libraries you installed, and are cut into crops: few scenes, but real ones. And
# **CIFAR-10**, 60,000 tiny photos, is what several papers of this course trained on. It is a download of 168 MB,
# so a lesson uses it where it is there and photos where not.

# %%
plots.pictures(
    [data.load("photos", size=96, n=80).train[:6]],
    cell=1.4,
    alt="Six square crops of real photos: an astronaut, a cup of coffee, a steel tower "
    "before a blue sky, a temple, and twice a red motorcycle.",
)

# %% [markdown]
# Photos need cleaning. Some are gray by nature, and would teach a network that gray is a fine answer. We take
# them out, and keep them: coloring what never had color is a test of its own.

# %%
some = dataset.train[:200].clone()
some[::20] = color.to_uint8(plots.gray_picture(some[::20]))  # ten of them lose their color
print("found to be naturally gray:", int(data.is_gray(some).sum()), "of", len(some))

# %% [markdown]
# One more trap hides in the split. To judge a network we hold out some pictures; but if by chance the held-out
# ones are greener than the rest, we measure that chance. The remedy: sort all pictures by their mean *hue* (red,
# yellow, green… as a number from 0 to 1 around the color circle), and hold out every tenth of the sorted row,
# beginning with the first. Then both parts have nearly the same colors. (The mean of a circle is rough: red lies
# at 0 and at 1. For sorting it will do.)
#
# **Exercise.** `hues` has one number per picture. Return two tensors: the numbers of the pictures for training,
# and those for validation.


# %%
def hue_sorted_split(hues, every=10):
    """Places of the training and the validation pictures: every tenth in the order of hue validates."""
    # BEGIN SOLUTION
    order = torch.argsort(hues)
    held_out = torch.arange(len(hues)) % every == 0
    return order[~held_out], order[held_out]
    # END SOLUTION


hue_sorted_split = check("01.hue_sorted_split", hue_sorted_split)

# %%
# hint("01.hue_sorted_split")

# %% [markdown]
# Is it worth the trouble? For each hue we ask which share of either part lies below it, and take the largest gap
# between the two shares: for the sorted split, and for many random ones.

# %%
hues = data.mean_hue(dataset.train)


def largest_gap(train, valid):
    """The largest gap between the two parts' distributions of hue (0: the same, 1: nothing in common)."""
    at = torch.linspace(0, 1, 101)
    below = [(hues[part][:, None] <= at).float().mean(dim=0) for part in (train, valid)]
    return (below[0] - below[1]).abs().max().item()


random_gaps = []
for seed in range(settings.splits):
    shuffled = torch.randperm(len(hues), generator=torch.Generator().manual_seed(seed))
    random_gaps.append(largest_gap(shuffled[len(hues) // 10 :], shuffled[: len(hues) // 10]))

sorted_gap = largest_gap(*hue_sorted_split(hues))
print(f"gap between the hues of both parts, sorted split: {sorted_gap:.3f}")
print(f"random splits: {np.mean(random_gaps):.3f} on average, {max(random_gaps):.3f} at worst")

# %% [markdown]
# The sorted split needs no luck. (One thing it does not do: two crops of the same photo may land on both sides.
# Our photos are therefore split by photograph instead. Whoever validates on crops of the training photos measures
# memory.)

# %% [markdown]
# ## 7. Quiz and take-away (4 min)

# %%
quiz("01.take_away")

# %%
progress()

# %% [markdown]
# **Take-away.** Lab separates what a gray photo has (L) from what a colorizer must add (a and b), and the missing
# part may be coarse. Conversion is three steps, and there and back no 8-bit pixel changes. Most pixels are nearly
# gray, most of the Lab box can't be shown, and clipping changes the L that you meant to keep. Measure in Lab
# units, clean the data, split by hue.
#
# Next: **02 The baseline CNN** trains a network on these pictures and finds out why it paints the world brown.

# %% [markdown]
# ## Extra A. How far is far? (8 min)
#
# Lab was meant as a map on which equal steps look equally large, so the distance between two colors is simply
# $\Delta E = \sqrt{\Delta L^2 + \Delta a^2 + \Delta b^2}$ (called CIE76). About 2.3 of these units are said to be
# *just noticeable*. Can you see the seam?

# %%
base = torch.tensor([60.0, 20, 20])
pairs = []
for difference in (1, 2.3, 5, 10, 20):
    halves = base.view(3, 1, 1).repeat(1, 50, 100)
    halves[2, :, 50:] += difference
    pairs.append(color.lab_to_rgb(halves))
plots.pictures(
    pairs,
    titles=[f"ΔE = {d}" for d in (1, 2.3, 5, 10, 20)],
    alt="Five patches of two halves each. The halves look the same at a difference of 1, a "
    "seam can just be seen at 2.3, and at 20 they are a brownish pink and an ocher.",
)

# %% [markdown]
# The map is not perfect: among strong colors, steps of equal length look smaller than among grays. CIEDE2000
# corrects for that with a page of formulas, which scikit-image has. Here are steps of length 10 away from gray,
# started at different places:

# %%
steps_of_ten = {
    "gray": ((60, 0, 0), (60, 10, 0)),
    "orange": ((60, 40, 50), (60, 46, 58)),
    "strong blue": ((35, 60, -90), (35, 66, -98)),
    "pale green": ((80, -20, 15), (80, -28, 21)),
}
for name, ends in steps_of_ten.items():
    first, second = (torch.tensor(end, dtype=torch.float32).view(3, 1, 1) for end in ends)
    e76, e2000 = (first - second).norm().item(), color.delta_e_2000(first, second).item()
    print(f"{name:12} CIE76 {e76:5.1f}   CIEDE2000 {e2000:5.1f}")

# %% [markdown]
# The same ten units count for most at gray and for least among strong colors. For a colorizer that means: a small
# cast on a gray wall is a worse mistake than a slightly too strong red. Our tables give both numbers.

# %% [markdown]
# ## Extra B. Stretching the gray, and turning it over (10 min)
#
# Which grays a picture has, and how many of each, is its *histogram*; to stretch it is to spread the grays. Old
# photos are faint. Several published recipes therefore change the contrast of the gray input at random, so that a
# network learns to cope: *adaptive* equalization works around each pixel, *percentiles* spreads what lies between
# the 2nd and 98th percentile, *equalize* makes all grays equally frequent.

# %%
rocket = as_tensor(photos.rocket()[:400, 120:520])
gray, _ = color.to_gray_ab(rocket[None])
stretched = {kind: augment.stretch(gray, kind) for kind in augment.STRETCHES}
plots.pictures(
    [(gray[0] + 1) / 2, *((g[0] + 1) / 2 for g in stretched.values())],
    titles=("as it was", *augment.STRETCHES),
    alt="A rocket between two towers at dusk, in gray: as it was, rather dark; adaptive, with"
    " the towers clearer and a light halo around them; percentiles, with a darker sky and"
    " a whiter rocket; equalized, where the lower sky is nearly white, the upper one "
    "black, and both grainy.",
)

# %% [markdown]
# When does a stretch help? When contrast is missing. We make the rocket faint on purpose, as an old print would
# be, and measure contrast as the standard deviation of the gray:

# %%
faint = gray * 0.15
versions = {"as it was": gray, "faint": faint}
versions |= {f"faint, {kind}": augment.stretch(faint, kind) for kind in augment.STRETCHES}
for name, version in versions.items():
    away = (version - gray).abs().mean() * 50
    print(f"{name:19} contrast {version.std():.2f}   {away:4.1f} units of L from the original")

# %% [markdown]
# All three bring contrast back. The first two also come close to the original; *equalize* overshoots and makes
# day of dusk. And when else does a stretch harm? It decides anew for each picture, or each corner of it, so a
# gray value no longer means the same everywhere. Take all pixels with an L between 49 and 51 in our photos. What
# is their L afterwards?

# %%
gray, _ = color.to_gray_ab(dataset.train[:300])
middle = ((gray + 1) * 50 - 50).abs() < 1
for kind in augment.STRETCHES:
    lightness = (augment.stretch(gray, kind)[middle] + 1) * 50
    low, high = lightness.quantile(torch.tensor([0.05, 0.95])).tolist()
    print(f"{kind:12} L = 50 becomes anything from {low:.0f} to {high:.0f} (nine pixels in ten)")

# %% [markdown]
# Where lightness itself tells the color (snow is white *because* it is so light), that clue is gone. So stretch
# the input a little, sometimes, and never the picture whose L you will keep: the colors must be put back onto the
# original L.

# %% [markdown]
# **Upside down?** Mirroring left and right is nearly always harmless. Turning upside down is not: it takes away
# the clue that the sky is above. A very small “network” shows it: for each height in the picture and each
# lightness, it remembers the mean color.


# %%
def places(gray, levels=8):
    """For each pixel the number of its cell: which row of the picture, which lightness level."""
    rows = torch.arange(gray.shape[2]).view(1, 1, -1, 1).expand_as(gray)
    return rows * levels + ((gray + 1) / 2 * (levels - 1)).round().long()


def remember(pictures, levels=8):
    """The mean ab in each cell, (cells, 2)."""
    gray, ab = color.to_gray_ab(pictures)
    place, cells = places(gray, levels).flatten(), gray.shape[2] * levels
    total = torch.zeros(cells, 2).index_add(0, place, ab.movedim(1, -1).reshape(-1, 2))
    return total / place.bincount(minlength=cells).clamp(min=1)[:, None]


for world, n in (("ambiguous", 1_500), ("shapes", 1_500), ("shapes", 5)):
    train = scenes.draw(n, size=32, seed=0, world=world).pictures
    test = scenes.draw(300, size=32, seed=1, world=world).pictures
    turned = torch.cat((train, train.flip(-2)))
    for title, pictures in {"as they are": train, "half upside down": turned}.items():
        gray, ab = color.to_gray_ab(test)
        guess = remember(pictures)[places(gray)[:, 0]].movedim(-1, 1)
        error = (guess - ab).norm(dim=1).mean() * color.AB_SCALE
        print(f"{world:10} {n:5} pictures, {title:16} ab error {error:.1f}")

# %% [markdown]
# In the landscapes of the world `ambiguous` the flip costs something: above and below was a clue. For shapes,
# which lie in any direction, it costs nothing, and with only five pictures it even helps: there it is variety for
# free. Ask of every augmentation: *could this picture have occurred?*

# %% [markdown]
# ## Extra C. One hint spreads (5 min)
#
# What if a person helps? If you fix the color of a single pixel, its neighbors of similar gray should take the
# same color, *their* neighbors too, and at edges it should stop. Written as equations, this is one linear system
# with an unknown for each pixel. This is how computers colored pictures before they learned to (Levin, Lischinski
# and Weiss, 2004). Choose a place and a color, and put a hint.

# %%
garden = scenes.draw(1, size=64, seed=147, world="ambiguous", kinds=("balloon",), most=1)
color_hints(garden.pictures[0])

# %%
gray, ab = color.to_gray_ab(garden.pictures)
row, column = garden.ambiguous[0].nonzero().float().mean(dim=0).int().tolist()  # the balloon's middle
places = {
    (4, 4): (-8, -35),
    (60, 10): (-30, 40),
    (row, column): (10, -52),
}
spread_ab = spread_hints(gray[0], places)
plots.pictures(
    [gray[0] / 2 + 0.5, color.from_gray_ab(gray[0], spread_ab), garden.pictures[0]],
    titles=("gray", "three hints, spread", "the truth"),
    cell=2.8,
    alt="A landscape with a balloon in gray; colored from three hints: blue has filled the "
    "sky, green hills and grass, another blue the balloon, and the basket, which got no "
    "hint, is a dull green; and the true picture, in which the balloon is red and the "
    "basket brown.",
)

# %% [markdown]
# Three pixels of help and no learning at all; only the basket, which got no hint, took its neighbor's color. What
# it cannot do is *choose* the hints: the balloon was red in truth, and blue looks just as good. To choose well,
# one must have seen other pictures. That is what lesson 02 teaches a network.
