# %% [markdown]
# # Color: from RGB to Lab and back
#
# **After these {minutes} minutes you will be able to**
#
# - split a photograph into lightness and color, and say why a network predicts only the color;
# - convert RGB (red, green, blue) to Lab with your own code;
# - avoid two mistakes that spoil the colors or the gray.
#
# **You need** lesson 00 and tensors in PyTorch.
#
# Each pixel of a photograph has a lightness, *L*, and a color: two numbers, *a* and *b*.

# %%
import torch

from colorlib import color, data, plots
from colorlib.course.lesson_01 import blur, blur_sliders, color_hints, gamut_slider, lab_parts, spread_hints

photos = data.photographs()  # {name: a tensor of 3 colors × height × width}
temple, cat = photos["china"], photos["chelsea"]
parts = lab_parts(temple)
plots.pictures(
    [temple, parts["L"], parts["a and b"]],
    titles=("the photograph", "its L", "its a and b"),
    cell=2.85,
    alt="A temple above a lake: the photograph; its L, a sharp gray picture with each tile and leaf; its a and b, pale"
    " areas of red, green and blue without fine detail.",
)

# %%
import numpy as np
from skimage.color import rgb2lab

from colorlib.course import check, hint, predict, progress, quiz, saw
from colorlib.data import augment
from colorlib.worlds import scenes

quiz("01.recall")

# %% [markdown]
# ## 1. What a gray photograph keeps
#
# A gray photograph keeps L and loses a and b. Which must be sharp, lightness or color? We blur one of the two.

# %%
predict("01.blur")

# %%
soft = 6  # pixels
plots.pictures(
    [cat, blur(cat, soft, 0), blur(cat, 0, soft)],
    titles=("the photograph", "color blurred", "lightness blurred"),
    cell=2.85,
    alt="A cat three times: the photograph; with its color blurred by six pixels, which looks almost the same; with its"
    " lightness blurred, which looks out of focus.",
)

# %% [markdown]
# When do you notice the blur? Move the sliders (arrow keys work, too).

# %%
blur_sliders(cat)

# %%
saw("01.blur")

# %% [markdown]
# ## 2. Two ways to write a color
#
# A picture file has three numbers for a pixel: red, green and blue (*RGB*). **Lab** has three numbers, too. L goes
# from 0 (black) to 100 (white). a goes from green (negative) to magenta (positive). b goes from blue (negative) to
# yellow (positive). Gray has a = b = 0.

# %%
plots.pictures(
    [[channel[None] for channel in temple], [parts[name] for name in "Lab"]],
    row_titles=("red, green,\nblue", "L, a, b"),
    cell=2.45,
    alt="The temple in two rows. Above its red, green and blue channel as gray pictures, all with fine detail."
    " Below its L, also with fine detail; its a, pale red walls before green trees; its b, pale yellow and blue.",
)

# %% [markdown]
# Red, green and blue all show fine detail. In Lab only L does. We measure the detail of a channel: the mean difference
# between neighboring pixels.


# %%
def detail(channel):
    """The mean difference between neighboring pixels."""
    return (channel.diff(dim=-1).abs().mean() + channel.diff(dim=-2).abs().mean()).item() / 2


for name, photo in {"temple": temple, "cat": cat}.items():
    red, green, blue = map(detail, photo.float() / 2.55)  # 0…100, as L
    lightness, a, b = map(detail, color.rgb_to_lab(photo))
    print(f"{name:6}  red {red:.1f}  green {green:.1f}  blue {blue:.1f}    L {lightness:.1f}  a {a:.1f}  b {b:.1f}")

# %% [markdown]
# In these two photographs, a and b have less than half the detail of L. A gray photograph gives L, so a network has to
# predict only a and b. That is why this course works in Lab.
#
# L says how light a color looks. Does RGB say it, too?

# %%
predict("01.blue_or_green")

# %% tags=["nbval-check-output"]
patches = torch.zeros(3, 3, 40, 100, dtype=torch.uint8)
for number, channel in enumerate((2, 0, 1)):  # blue, red, green
    patches[number, channel] = 255
blue, red, green = color.rgb_to_lab(patches)[:, 0, 0, 0]
print(f"L of pure blue: {blue:.0f}, of pure red: {red:.0f}, of pure green: {green:.0f}")

# %%
plots.pictures(
    [list(patches), list(plots.gray_picture(patches))],
    titles=("blue (0, 0, 255)", "red (255, 0, 0)", "green (0, 255, 0)"),
    row_titles=("color", "its L"),
    cell=2.45,
    alt="Three patches, blue, red and green, and below each the gray of the same L: dark gray for blue, a middle gray"
    " for red, light gray for green.",
)

# %%
saw("01.blue_or_green")

# %% [markdown]
# ## 3. Build it
#
# From RGB to Lab there are three steps. The standard sRGB ([IEC, 1999](https://webstore.iec.ch/publication/6169))
# defines the first two, the standard Lab
# ([CIE, 1976](https://cie.co.at/publications/colorimetry-part-4-cie-1976-lab-colour-space-1)) the third.
#
# **Step 1: from pixel values to light.** A pixel value $v$ (0…1) is not an amount of light. For the darkest values a
# straight line gives the light, for all others a power:
#
# $$\text{light} = \begin{cases} v / 12.92 & v \le 0.04045 \\ \left(\frac{v + 0.055}{1.055}\right)^{2.4} & \text{above}\end{cases}$$
#
# **Exercise.** Write this for a whole tensor `value`. `torch.where` chooses for each element. A figure will show
# your curve.


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
    alt="A curve from 0,0 to 1,1 that lies far below the straight line: at a pixel value of"
    " 0.5 the light is about 0.21.",
)

# %% [markdown]
# **Step 2: from light to X, Y, Z.** X, Y and Z are sums of red, green and blue light with fixed weights. Y, the
# *luminance*, is the amount of light for the eye. Green counts most in it, blue least:

# %%
RGB_TO_XYZ = torch.tensor(color.RGB_TO_XYZ)
print("Y = {:.3f} red + {:.3f} green + {:.3f} blue".format(*RGB_TO_XYZ[1].tolist()))


def light_to_xyz(light):
    """Mix red, green and blue light (3, H, W) into X, Y, Z (3, H, W)."""
    # for every pixel: the matrix times its (red, green, blue)
    return torch.einsum("ij,jhw->ihw", RGB_TO_XYZ, light)


# %% [markdown]
# **Step 3: from X, Y, Z to Lab.** Divide by the X, Y and Z of white. Call the results $x$, $y$ and $z$. Then
#
# $$L = 116\,f(y) - 16 \qquad a = 500\,\bigl(f(x) - f(y)\bigr) \qquad b = 200\,\bigl(f(y) - f(z)\bigr)$$
#
# L needs only the luminance. a and b are differences. Above 0.008856, $f(t)$ is the cube root of $t$. At and below
# 0.008856, it is the straight line $7.787\,t + 16/116$.
#
# **Exercise.** Write step 3. `xyz / WHITE` divides each channel by its own number.

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
# Do your three steps give what scikit-image gives? And does the library's way to Lab and back change any pixel?

# %%
mine = xyz_to_lab(light_to_xyz(transfer_curve(temple / 255)))
theirs = torch.from_numpy(rgb2lab(temple.movedim(0, -1).numpy())).movedim(-1, 0)
print("largest difference from scikit-image is below 0.001:", bool((mine - theirs).abs().max() < 1e-3))

there_and_back = color.to_uint8(color.lab_to_rgb(color.rgb_to_lab(temple)))
print("pixel values that changed on the way to Lab and back:", int((there_and_back != temple).sum()))

# %% [markdown]
# ## 4. Which colors there are
#
# At one L, each color is a point in a plane with the axes a and b. The part that a screen can show is the *gamut*. Move
# L to 10 and to 95: the gamut gets small.

# %%
gamut_slider()

# %% [markdown]
# Now we count the colors of six photographs. *Chroma*, $\sqrt{a^2 + b^2}$, is how far a color is from gray. It is in
# *Lab units*: black and white are 100 apart.

# %%
_, ab = color.to_gray_ab(data.squares(128))
ab = (ab * color.AB_SCALE).movedim(1, 0).flatten(1)  # 2 numbers for each pixel of six photographs
with plots.drawing(1, 1, (5.6, 4.6)) as (canvas, axes):
    counts = axes.hist2d(*ab.numpy(), bins=110, range=[[-110, 110]] * 2, norm="log", cmap="viridis")
    canvas.colorbar(counts[3], label="pixels")
    axes.set(xlabel="a", ylabel="b", title="How often each color occurs", aspect="equal")
    where = plots.Figure(
        canvas,
        "Pixel counts in the ab plane: the highest near gray, with an arm toward orange and one toward blue; nothing"
        " beyond 80 units from gray, though the axes go to 110.",
    )
where

# %%
chroma = ab.norm(dim=0)
for limit in (20, 40, 60):
    print(f"pixels with a chroma below {limit}: {(chroma < limit).float().mean():.0%}")
print(f"chroma of pure blue: {color.rgb_to_lab(patches[0])[1:, 0, 0].norm():.0f}")

# %% [markdown]
# Four pixels in five have a chroma below 40. Pure blue has over 130. So a network sees mostly weak colors.

# %% [markdown]
# ## 5. Two mistakes
#
# **Scaling.** Our networks give numbers between −1 and 1, so we divide a and b by a number. Published code uses 100,
# 110, 127 or 128. How large can a and b be?

# %% tags=["nbval-check-output"]
levels = torch.linspace(0, 255, 52).round().to(torch.uint8)
every_color = torch.stack(torch.meshgrid(levels, levels, levels, indexing="ij")).flatten(2)
all_ab = color.rgb_to_lab(every_color)[1:]
for divisor in (100, 110, 127, 128):
    largest = (all_ab.abs().max() / divisor).item()
    print(f"divided by {divisor}: largest {largest:.3f}", "clips!" if largest > 1 else "")

# %% [markdown]
# With 100, some color is beyond 1. Many networks end in `tanh`, which stays between −1 and 1: they can never paint it.
# This course divides by 110. Its tables are in Lab units: they do not depend on this number.
#
# **Clipping.** A network can predict a color that no screen can show.

# %%
predict("01.clipping")

# %%
dice = torch.Generator().manual_seed(0)
box = torch.rand(3, 200_000, 1, generator=dice)  # L 0…100, a and b −110…110
wanted = box * torch.tensor([100.0, 220, 220]).view(3, 1, 1) - torch.tensor([0.0, 110, 110]).view(3, 1, 1)
shown = color.rgb_to_lab(color.lab_to_rgb(wanted))  # lab_to_rgb clips to 0…1
can_be_shown = color.in_gamut(wanted)
moved = (shown[0] - wanted[0]).abs()[~can_be_shown]

print(f"colors of this box that a screen can show: {can_be_shown.float().mean():.0%}")
print(f"of the others, clipping moves L by {moved.mean():.1f} units on average, {moved.max():.0f} at worst")

# %%
saw("01.clipping")

# %% [markdown]
# ## 6. Drawn worlds
#
# In photographs nobody knows what gray tells about color. In the **worlds** of this course we know, because the
# library draws them:

# %%
worlds = [scenes.draw(8, size=64, seed=2, world=world).pictures[3:5] for world in scenes.WORLDS]
plots.pictures(
    list(zip(*worlds, strict=True)),  # a row has one picture of each world
    titles=scenes.WORLDS,
    alt="Two drawn pictures of each world. Texture: areas of grass, sand, leaves and sky with small things."
    " Ambiguous: balloons and a flower in red or green. Context: green ground under a sun, blue ground under a moon."
    " Mixed: balloons by day, a flower by night. Shapes: a ring, squares and a cross, each shape in its own color.",
)

# %% [markdown]
# - **texture**: the pattern tells the color, such as sand or grass.
# - **ambiguous**: the gray does not tell the color of balloons, cars, flowers and doors.
# - **context**: sun or moon tells the color of the ground, which has the same gray by day and by night.
# - **mixed**: ambiguous things, by day and by night.
# - **shapes**: the shape tells the color.

# %% [markdown]
# ## 7. Quiz and take-away

# %%
quiz("01.take_away")

# %%
progress()

# %% [markdown]
# **Take-away.** A gray photograph has L. A network adds a and b, which need no fine detail. Most pixels have weak
# colors. A screen shows only some Lab colors. Clipping the others changes L.
#
# Next: **02 The baseline CNN** trains a network and shows why it paints brown.

# %% [markdown]
# ## Extra A. Preparing pictures
#
# **Gray is not L.** To make a gray picture, take L. Many programs do something else: they scale a gray pixel value to
# 0…100, or they take a weighted sum of red, green and blue. How far is that from L?

# %% tags=["nbval-check-output"]
gray_pixels = torch.arange(256, dtype=torch.uint8).expand(3, 1, 256)
mistake = color.rgb_to_lab(gray_pixels)[0, 0] - torch.arange(256) / 2.55
print(f"for gray pixels: up to {mistake.abs().max():.1f} units of L")

weights = torch.tensor([0.299, 0.587, 0.114]).view(3, 1, 1)
mistake = color.rgb_to_lab(every_color)[0] - (weights * every_color).sum(dim=0) / 2.55
print(f"for colors, with 0.299 R + 0.587 G + 0.114 B: up to {mistake.abs().max():.0f} units of L")

# %% [markdown]
# So a network that learned with one kind of gray needs the same kind later, too.
#
# **Photographs.** The data set `photos` has crops of the photographs that come with scikit-image and scikit-learn. For
# more, a lesson can download [CIFAR-10](https://www.cs.toronto.edu/~kriz/learning-features-2009-TR.pdf) (Krizhevsky,
# 2009): 60,000 pictures of 32 pixels.

# %%
dataset = data.load("photos", size=64, n=400)
print(dataset)
plots.pictures(
    [dataset.train[:5]],
    alt="Five square crops of photographs: an astronaut, a cup of coffee, a steel tower, a temple, a red motorcycle.",
)

# %% [markdown]
# **Pictures without color.** Some photographs have no color. We want a network to learn colors, so we take such
# pictures out. As a test, ten pictures lose their color here, and `is_gray` finds them:

# %%
some = dataset.train[:200].clone()
some[::20] = color.to_uint8(plots.gray_picture(some[::20]))
print("found to be gray:", int(data.is_gray(some).sum()), "of", len(some))

# %% [markdown]
# **A fair split.** To judge a network we hold out some pictures for *validation*: it never trains on them. If by chance
# they are greener than the others, the result is unfair. A [project at
# KTH](https://github.com/MUYang99/Tensorflow_Image-Colorization-with-Deep-Learning) therefore sorts all pictures by
# their mean *hue* and holds out every tenth, beginning with the first. The hue is a color's place on the color circle:
# red is 0, green a third, blue two thirds.
#
# **Exercise.** `hues` has one number for each picture. Return two tensors: the indices of the pictures for training,
# and of those for validation.


# %%
def hue_sorted_split(hues, every=10):
    """The indices of the training and of the validation pictures: in the order of hue, every tenth validates."""
    # BEGIN SOLUTION
    order = torch.argsort(hues)
    held_out = torch.arange(len(hues)) % every == 0
    return order[~held_out], order[held_out]
    # END SOLUTION


hue_sorted_split = check("01.hue_sorted_split", hue_sorted_split)

# %%
# hint("01.hue_sorted_split")

# %% [markdown]
# Is it fairer than chance? We compare the mean hue of both parts, for this split and for 100 random ones:

# %%
hues = data.mean_hue(dataset.train)


def gap(train, valid):
    """How far apart the mean hues of both parts are."""
    return (hues[train].mean() - hues[valid].mean()).abs().item()


random_gaps = []
for seed in range(100):
    order = torch.randperm(len(hues), generator=torch.Generator().manual_seed(seed))
    random_gaps.append(gap(order[36:], order[:36]))  # 36 is a tenth

print(f"gap in mean hue, sorted split: {gap(*hue_sorted_split(hues)):.3f}")
print(f"random splits: {np.mean(random_gaps):.3f} on average, {max(random_gaps):.3f} at worst")

# %% [markdown]
# The sorted split has one weakness: two crops of one photograph can come to different sides. So the crops in `photos`
# are split by photograph.

# %% [markdown]
# ## Extra B. How far is far?
#
# The aim of Lab is that equal distances look equal. The distance between two colors is
# $\Delta E = \sqrt{\Delta L^2 + \Delta a^2 + \Delta b^2}$, called CIE76. Often 2.3 is said to be just noticeable
# ([Mahy and others, 1994](https://doi.org/10.1111/j.1520-6378.1994.tb00070.x)). In which patches do you see an edge?

# %%
base = torch.tensor([60.0, 20, 20])
pairs = []
for difference in (1, 2.3, 5, 10, 20):
    halves = base.view(3, 1, 1).repeat(1, 80, 100)
    halves[2, :, 50:] += difference
    pairs.append(color.lab_to_rgb(halves))
plots.pictures(
    pairs,
    titles=[f"ΔE = {d}" for d in (1, 2.3, 5, 10, 20)],
    alt="Five patches of two halves each. The halves look the same at a difference of 1, an "
    "edge can just be seen at 2.3, and at 20 they are a brownish pink and an ocher.",
)

# %% [markdown]
# Lab reaches its aim only roughly. CIEDE2000 ([Luo and others, 2001](https://doi.org/10.1002/col.1049)) corrects it
# with a long formula, which scikit-image has. From each of four colors we go 10 units further from gray:

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
# The same ten units count most at gray and least at strong blue. So a little red on a gray wall is a larger mistake
# than a red that is a little too strong.

# %% [markdown]
# ## Extra C. Stretched grays, flipped pictures
#
# Many old photographs are faint: their grays lie close together. So several published recipes *stretch* the gray at
# random while a network learns. `adaptive` spreads the grays around each pixel. `percentiles` spreads all but
# the darkest and the lightest 2 percent. `equalize` makes all grays equally frequent.

# %%
rocket = photos["rocket"][:, :400, 120:520]
gray, _ = color.to_gray_ab(rocket[None])
stretched = [augment.stretch(gray, kind) for kind in augment.STRETCHES]
plots.pictures(
    [(version[0] + 1) / 2 for version in (gray, *stretched)],
    titles=("as it was", *augment.STRETCHES),
    alt="A rocket between two towers at dusk, in gray: as it was, rather dark; adaptive, with"
    " the towers clearer and a light halo around them; percentiles, with a darker sky and"
    " a whiter rocket; equalized, where the lower sky is nearly white, the upper one "
    "black, and both grainy.",
)

# %% [markdown]
# When does it help? We make the rocket faint, as an old print would be, and stretch it. *Contrast* is the standard
# deviation of the gray:

# %%
faint = gray * 0.15
versions = {"as it was": gray, "faint": faint}
versions |= {f"faint, {kind}": augment.stretch(faint, kind) for kind in augment.STRETCHES}
for name, version in versions.items():
    away = (version - gray).abs().mean() * 50
    print(f"{name:19} contrast {version.std():.2f}   {away:4.1f} units of L from the original")

# %% [markdown]
# All three bring contrast back. `adaptive` comes closest to the original. `equalize` is further from it than the faint
# picture.
#
# When does it harm? A stretch differs from picture to picture. So after it, one L can become many. We take all pixels
# with an L between 49 and 51 in our photographs. What is their L afterward?

# %%
gray, _ = color.to_gray_ab(dataset.train[:300])
middle = ((gray + 1) * 50 - 50).abs() < 1
for kind in augment.STRETCHES:
    lightness = (augment.stretch(gray, kind)[middle] + 1) * 50
    low, high = lightness.quantile(torch.tensor([0.05, 0.95])).tolist()
    print(f"{kind:12} nine pixels in ten have an L from {low:.0f} to {high:.0f}")

# %% [markdown]
# So where lightness tells the color, a stretch destroys a clue. And stretch only what the network sees: the L of the
# colored picture must be the original one.
#
# **Upside down?** Flip each picture, and you have twice as many. But then the sky is sometimes below. Does that matter?
# Here is a very small “network”: for each row of the picture and each lightness, it remembers the mean color.


# %%
def cells_of(gray, levels=8):
    """For each pixel the number of its cell: which row of the picture, which lightness level."""
    rows = torch.arange(gray.shape[2]).view(1, 1, -1, 1).expand_as(gray)
    return rows * levels + ((gray + 1) / 2 * (levels - 1)).round().long()


def remember(pictures, levels=8):
    """The mean ab in each cell, (cells, 2)."""
    gray, ab = color.to_gray_ab(pictures)
    cell, cells = cells_of(gray, levels).flatten(), gray.shape[2] * levels
    total = torch.zeros(cells, 2).index_add(0, cell, ab.movedim(1, -1).reshape(-1, 2))
    return total / cell.bincount(minlength=cells).clamp(min=1)[:, None]


# %%
for world, n in (("ambiguous", 1_500), ("shapes", 1_500), ("shapes", 5)):
    train = scenes.draw(n, size=32, seed=0, world=world).pictures
    test = scenes.draw(300, size=32, seed=1, world=world).pictures
    turned = torch.cat((train, train.flip(-2)))
    for title, pictures in {"as they are": train, "half upside down": turned}.items():
        gray, ab = color.to_gray_ab(test)
        guess = remember(pictures)[cells_of(gray)[:, 0]].movedim(-1, 1)
        error = (guess - ab).norm(dim=1).mean() * color.AB_SCALE
        print(f"{world:10} {n:5} pictures, {title:16} ab error {error:.1f}")

# %% [markdown]
# In the landscapes of `ambiguous` the flip raises the error. Shapes lie in any direction: for them the error stays the
# same, and with only five pictures it falls a little. So ask of every such change: *could there be such a picture?*

# %% [markdown]
# ## Extra D. One hint spreads
#
# A person can help: fix the color of one pixel. Its neighbors with a similar gray take the same color, and so do their
# neighbors. The color stops at edges ([Levin and others, 2004](https://doi.org/10.1145/1015706.1015780)). The library
# solves a system of linear equations, with one unknown color for each pixel. Choose a place and a color, and set a
# hint.

# %%
garden = scenes.draw(1, size=64, seed=147, world="ambiguous", kinds=("balloon",), most=1)
color_hints(garden.pictures[0])

# %%
gray, ab = color.to_gray_ab(garden.pictures)
row, column = garden.ambiguous[0].nonzero().float().mean(dim=0).int().tolist()  # the balloon's middle
hints = {(4, 4): (-8, -35), (60, 10): (-30, 40), (row, column): (10, -52)}
spread_ab = spread_hints(gray[0], hints)
plots.pictures(
    [gray[0] / 2 + 0.5, color.from_gray_ab(gray[0], spread_ab), garden.pictures[0]],
    titles=("gray", "three hints, spread", "the truth"),
    cell=2.85,
    alt="A landscape with a balloon in gray; colored from three hints: blue has filled the "
    "sky, green hills and grass, another blue the balloon, and the basket, which got no "
    "hint, is a dull green; and the true picture, in which the balloon is red and the "
    "basket brown.",
)

# %% [markdown]
# Three hints color the whole picture, without any learning. The basket got no hint and takes a wrong color from what is
# around it. And somebody must choose the hints: the balloon was red, and here it is blue.
