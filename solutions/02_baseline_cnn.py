# %% [markdown]
# # The baseline CNN: why networks paint the world brown
#
# **After these {minutes} minutes you will be able to**
#
# - build and train a network that colors pictures, and test it on a single one first;
# - compute which color a loss leads to, before you train, and measure it after;
# - read a table in which plain gray beats a colorful network.
#
# **You need** lesson 01 and some PyTorch (modules, optimizers). No GPU.
#
# A *CNN* is a network of convolutions. A *baseline* is what we compare later networks with.

# %%
import torch
from torch import nn

from colorlib import bins, color, data, losses, metrics, models, plots, profile, training
from colorlib.colorize import colorize
from colorlib.course import check, hint, loss_quiz, photographs, predict, progress, quiz, saw
from colorlib.course.lesson_00 import ab_plane
from colorlib.course.lesson_02 import balloon_dial, film_strip, photo_table, sample_bins, temperature_dial
from colorlib.course.recorded import LiveCurves, Recorded, Sweep, or_recorded
from colorlib.worlds import scenes

# %% [markdown]
# ## 1. One gray picture, three true ones
#
# In each row the three colored pictures have the same gray picture. Which color will a network paint?

# %%
same = dict(n=2, size=96, seed=6, world="ambiguous", most=1)
colored = [scenes.draw(**same, probabilities=one).pictures for one in torch.eye(3)]
columns = [plots.gray_picture(colored[0]), *colored]
plots.pictures(
    list(zip(*columns, strict=True)),
    titles=("the network sees", "red?", "blue?", "green?"),
    cell=1.7,
    alt="Two drawn pictures, of a flower and of a car, each four times: in gray, and with the flower or car in red, in"
    " blue and in green.",
)

# %%
quiz("02.recall")

# %%
settings = profile.settings(
    #         quick, laptop, gpu
    one_picture=(30, 300, 300),  # steps to learn a single picture by heart
    pictures=(256, 2048, 2048),  # of a drawn world, a tenth of them held out
    steps=(4, 280, 280),  # of training in the main experiments
    few_steps=(4, 200, 200),  # and in the shorter ones
    photographs=("photos", "photographs", "photographs"),  # crops of a few, or a real data set
    photos=(200, 4000, 9000),
    photo_steps=(4, 300, 4000),
)
settings

# %% [markdown]
# In the world `ambiguous` the textures of sky, grass and walls tell their color. The objects are red, blue or green by
# chance.

# %%
world = data.load("ambiguous", size=32, n=settings.pictures)
shown = world.valid[:6]  # held-out pictures
world

# %%
predict("02.l2")

# %%
predict("02.l1")

# %% [markdown]
# ## 2. A network of your own
#
# For each pixel the network gets one number, gray, and gives two, a and b. A layer's output is a *map*: channels, each
# like a small picture. In an **encoder–decoder** the *encoder* halves the map by convolutions with `stride=2`. The
# *decoder* doubles it back to full size.


# %%
def encoder(channels):
    """A convolution at full size, then one halving for each further entry of channels."""
    layers = [nn.Conv2d(1, channels[0], 3, padding=1), nn.ReLU()]
    for before, after in zip(channels, channels[1:], strict=False):
        layers += [nn.Conv2d(before, after, 3, stride=2, padding=1), nn.ReLU()]
    return nn.Sequential(*layers)


gray, ab = color.to_gray_ab(world.train[:1])
print("gray", tuple(gray.shape), "→ encoder", tuple(encoder([16, 32, 64])(gray).shape))

# %% [markdown]
# **Exercise.** Write the decoder. For each step from one entry of `channels` to the next: double the map
# (`nn.Upsample(scale_factor=2)`), then a 3×3 convolution, then ReLU. At the end a 3×3 convolution to 2 channels, and
# `nn.Tanh()`, for a and b between −1 and 1.


# %%
def decoder(channels):
    """One doubling for each step of channels, then two channels between −1 and 1."""
    # BEGIN SOLUTION
    layers = []
    for before, after in zip(channels, channels[1:], strict=False):
        layers += [nn.Upsample(scale_factor=2), nn.Conv2d(before, after, 3, padding=1), nn.ReLU()]
    return nn.Sequential(*layers, nn.Conv2d(channels[-1], 2, 3, padding=1), nn.Tanh())
    # END SOLUTION


decoder = check("02.decoder", decoder)

# %%
# hint("02.decoder")

# %% [markdown]
# **Exercise.** Write one training step with the mean squared error: predict, compare, clear the old gradients, compute
# new ones, step. Return the loss as a plain number.


# %%
def training_step(network, optimizer, gray, ab):
    """One step down the mean squared error. Returns the loss from before the step."""
    # BEGIN SOLUTION
    loss = ((network(gray) - ab) ** 2).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()
    # END SOLUTION


training_step = check("02.training_step", training_step)

# %%
# hint("02.training_step")

# %% [markdown]
# **Can it learn?** First let it learn *one* picture by heart. If it cannot, look for a mistake.

# %%
torch.manual_seed(0)
network = nn.Sequential(encoder([16, 32, 64]), decoder([64, 32, 16]))
optimizer = torch.optim.Adam(network.parameters(), lr=3e-3)
errors = []
for _ in range(settings.one_picture):
    errors.append(training_step(network, optimizer, gray, ab))
print(f"squared error: {errors[0]:.4f} at the start, {errors[-1]:.4f} after {len(errors)} steps")

painted = color.from_gray_ab(gray, models.paint(network, gray))
plots.pictures(
    [plots.gray_picture(world.train[0]), painted[0], world.train[0]],
    titles=("gray", "learned by heart", "truth"),
    alt="A drawn picture in gray, as the network paints it after training on it alone, and in truth.",
)

# %% [markdown]
# One picture can be remembered.
#
# In your network everything goes through the small map in the middle. A **U-Net** ([Ronneberger and others,
# 2015](https://arxiv.org/abs/1505.04597)) has **skip connections**, too: the decoder also gets the encoder's map of the
# same size. Ours has **batch norm** ([Ioffe and Szegedy, 2015](https://arxiv.org/abs/1502.03167)): each channel gets
# mean 0 and standard deviation 1 over the batch. **Dropout** ([Srivastava and others,
# 2014](https://jmlr.org/papers/v15/srivastava14a.html)) sets numbers to 0 by chance; here it is off.
#
# ## 3. What the losses want
#
# A balloon is red, blue or green with equal chance. A loss *wants* the color that costs least on average. The average
# cost of a color $c$ is its **expected loss**:
#
# $$\text{expected loss of } c = \sum_k p_k \cdot \text{loss}(c, \text{color}_k)$$
#
# In words: for each color $k$, multiply its probability $p_k$ by what $c$ costs if $k$ is true. Add all up.
#
# **Exercise.** `grid` holds thousands of candidate colors, one a row. Return the one whose expected loss is smallest.
# `loss(grid, truth)` gives a number for each candidate.


# %%
def best_color(grid, palette, probabilities, loss):
    """The row of grid whose expected loss over the palette is smallest."""
    # BEGIN SOLUTION
    expected = sum(p * loss(grid, truth) for p, truth in zip(probabilities, palette, strict=True))
    return grid[expected.argmin()]
    # END SOLUTION


best_color = check("02.best_color", best_color)

# %%
# hint("02.best_color")


# %%
def squared(candidates, truth):
    """L2: the squared distance."""
    return ((candidates - truth) ** 2).sum(dim=-1)


def absolute(candidates, truth):
    """L1: the distance in a plus the distance in b."""
    return (candidates - truth).abs().sum(dim=-1)


axis = torch.arange(-60.0, 71)
grid = torch.cartesian_prod(axis, axis)
palette, even = torch.tensor(scenes.DEFAULT_PALETTE), torch.full((3,), 1 / 3)
wants = {"L2": best_color(grid, palette, even, squared), "L1": best_color(grid, palette, even, absolute)}
for name, best in wants.items():
    print(f"{name} wants a, b = {best.tolist()}")

# %% tags=["nbval-check-output"]
print("mean of the palette:   ", [round(x) for x in palette.mean(dim=0).tolist()])
print("median of each channel:", [round(x) for x in palette.median(dim=0).values.tolist()])
other = torch.tensor([(60.0, 40.0), (10.0, 0.0), (-40.0, -52.0)])
print("of another palette:    ", [round(x) for x in other.median(dim=0).values.tolist()])

# %%
ab_plane(
    55,
    points=[*palette.tolist(), *(best.tolist() for best in wants.values())],
    labels=("red", "blue", "green", "L2", "L1"),
    title="The answers of L2 and L1 lie near gray",
    alt="The ab plane with red, blue and green far from the middle, and two points near "
    "gray: what L2 wants, the mean, and a little above it what L1 wants.",
)

# %% [markdown]
# **L2 wants the mean, L1 the median of each channel**: here a = 10 of blue and b = 10 of green. In the other palette
# both medians belong to one true color, (10, 0).
#
# ## 4. The sepia effect
#
# Now two U-Nets learn. Only their loss differs. The curve shows the **chroma** of the objects: their distance from
# gray. The line “computed” is the chroma of your answer. *ab error* is the mean distance from the true a and b,
# *background error* the same without the objects.

# %%
slim = training.laptop("ambiguous_l2") | {"steps": settings.steps}  # about 0.4 million parameters
print(slim)
watch, true_chroma = metrics.validator(world, ("chroma",)), palette.norm(dim=1).mean().item()
runs, films = {}, {}
for name, loss in (("L2", "mse"), ("L1", "l1")):
    lines = {"truth": true_chroma, "computed": wants[name].norm().item()}
    film = LiveCurves("valid_chroma", title=f"chroma of the objects under {name}", pictures=shown[:4], lines=lines)
    run = training.fit(training.Supervised(**slim | {"loss": loss}), world.train, validate=watch, on_epoch=film)
    runs[name], films[name] = or_recorded(run, f"ambiguous_{name.lower()}"), film

# %%
film_strip(
    films["L1"].stops,
    alt="Four pictures after some epochs of training with L1. Sky, grass and walls get their colors. The objects turn"
    " brown and stay brown.",
)

# %%
gray, ab = color.to_gray_ab(shown)
painted = {name: color.from_gray_ab(gray, models.paint(run.generator, gray)) for name, run in runs.items()}
plots.pictures(
    [plots.gray_picture(shown), *painted.values(), shown],
    row_titles=("gray", *painted, "truth"),
    alt="Six pictures in four rows. Gray. L2: right sky, grass and walls, objects in a dull pinkish gray. L1: the same"
    " surroundings, objects in a dull brown. Truth: objects in strong red, blue or green.",
)

# %%
models_of = {name: run.generator for name, run in runs.items()}
table = metrics.evaluate(models_of, world, names=("chroma", "background_error"))
table

# %%
for name, best in wants.items():
    recorded = Recorded(f"ambiguous_{name.lower()}")
    seeds = ", ".join(f"{seed['chroma']:.0f}" for seed in recorded.card["held_out"][recorded.name])
    print(
        f"{name}: chroma {best.norm():.0f} computed, {table[name]['chroma']:.0f} measured; three recorded seeds: {seeds}"
    )

# %% [markdown]
# The background error is far below that of gray: the networks learned what the gray tells.

# %%
saw("02.l2")

# %%
saw("02.l1")

# %% [markdown]
# This is the **sepia effect**: objects get the dull color that the loss wants.
#
# ## 5. Mean, median, mode, sample
#
# The dial has four answers: **mean** (L2), **median** (L1), **mode** (the likeliest color) and **sample** (one of the
# colors, as often as it occurs). The menu changes how likely each color is. Which answers are true colors? Which never
# give the rarer color?

# %%
balloon_dial()

# %%
for name, chances in {"60 / 40": (0.6, 0.0, 0.4), "90 / 10": (0.9, 0.0, 0.1)}.items():
    best = [best_color(grid, palette, torch.tensor(chances), loss).tolist() for loss in (squared, absolute)]
    print(f"red {name} green: L2 wants {best[0]}, L1 wants {best[1]}")
print("red is", palette[0].tolist(), "and green is", palette[2].tolist())

# %% [markdown]
# L2 mixes. L1 paints the color that more than half of the balloons have. The other color disappears. Only a sample
# keeps both.
#
# ## 6. Train longer?

# %%
predict("02.longer")

# %% [markdown]
# Two recorded trainings: on the same pictures, and on new pictures in every batch.

# %%
long = Sweep("l2_by_heart")
curves = {}
for name, variant, measure in (
    ("same pictures, trained on", "the same pictures", "valid_seen_chroma"),
    ("same pictures, held out", "the same pictures", "valid_chroma"),
    ("new pictures, held out", "new pictures", "valid_chroma"),
):
    curves[name] = [row[measure] for row in long.history(variant)]
ends = "; ".join(f"{name}, {values[-1]:.0f}" for name, values in curves.items())
plots.curves(
    curves,
    xlabel="epoch",
    title="chroma of the objects in 110 epochs of L2",
    lines={"truth": true_chroma, "computed": wants["L2"].norm().item()},
    from_zero=True,
    alt=f"Three curves of chroma, with lines for the computed value, 10, and the truth, 56. They end at: {ends}.",
)

# %%
ten = Recorded("ambiguous_l2")
errors = {"10 epochs, the same pictures": ten.card["held_out"][ten.name][0]["ab_error"]}
errors |= {f"110 epochs, {variant}": long.seeds(variant, "ab_error")[0] for variant in long.variants}
for name, error in errors.items():
    print(f"{name:29} ab error on held-out pictures {error:.1f}")

# %%
saw("02.longer")

# %% [markdown]
# What you computed holds for new pictures. On a fixed set the chroma of held-out pictures rose, and their ab error,
# too. Look at both.
#
# ## 7. Photographs
#
# Do photographs turn brown, too? The data set is Imagenette, 9,500 photographs (99 MB, downloaded once). Without a
# connection, crops of a few photographs replace it, and a message says so.

# %%
photos = data.load(settings.photographs, size=64, n=settings.photos)
print(photos)
on_photos = slim | {"loss": "l1", "size": 64, "steps": settings.photo_steps}
mine = or_recorded(training.fit(training.Supervised(**on_photos), photos.train), "photo_l1")

# %% [markdown]
# Now a photograph at full size. `colorize` lets a network color a small copy, enlarges the color, and keeps L. Two more
# networks were trained on 32,000 pictures: `photo_l1` with L1, and `photo_classify`, the *bold* one. It chooses a class
# of color for each pixel ([Zhang and others, 2016](https://arxiv.org/abs/1603.08511); Extra B).

# %%
flower = data.photographs()["flower"]
mine_and_theirs = [colorize(flower, network) for network in (mine.generator, "photo_l1", "photo_classify")]
plots.pictures(
    [plots.gray_picture(flower), *mine_and_theirs, flower],
    titles=("gray", "your network", "photo_l1", "photo_classify", "truth"),
    alt="A dahlia before leaves, five times: in gray; from your network; from photo_l1 all in one dull brown; from"
    " photo_classify with dark red leaves; in truth, orange before blue-green leaves.",
)

# %% [markdown]
# `photo_l1` paints photographs brown, too. If yours learned from a few photographs only, it paints their colors onto
# the flower, as in section 6.
#
# The slider changes the side of the small copy. Your network learned at 64 pixels. The table after it has
# **colorfulness** ([Hasler and Süsstrunk, 2003](https://doi.org/10.1117/12.477378)), which is 0 for gray.

# %%
photographs.side_slider(flower, mine.generator)

# %%
two = {"yours": mine.generator, "photo_l1": models.load("photo_l1")}
metrics.evaluate(two, photos, names=("ab_error", "colorfulness"))

# %% [markdown]
# Papers give more measures. *PSNR* is the squared error of R, G and B in decibels (more is better). *SSIM* compares
# structure in small windows (1 is best). *CIEDE2000* is how different two colors look (less is better).

# %%
predict("02.gray_row")

# %%
measures = ("psnr", "ssim", "ab_error", "ciede2000", "colorfulness")
photo_table({"L1": "photo_l1", "bold": "photo_classify"}, *measures)

# %%
saw("02.gray_row")

# %% [markdown]
# The first four columns put the bold network last, after gray. Only colorfulness shows that gray has no color. So put
# the gray row and colorfulness into every table.
#
# ## 8. Quizzes and take-away

# %%
others = world.valid[6:12]
gray, _ = color.to_gray_ab(others)
rows = {name.lower(): color.from_gray_ab(gray, models.paint(run.generator, gray)) for name, run in runs.items()}
rows |= {"gray": plots.gray_picture(others), "truth": others / 255}
numbers = {name: table[row] for name, row in zip(("gray", "l2", "l1", "truth"), table.seeds, strict=True)}
loss_quiz("02.which_loss", rows, numbers)

# %%
networks = {"l1": "photo_l1", "classify": "photo_classify", "truth": None}
photographs.loss_quiz("02.which_loss_photo", networks, "rocket")

# %%
quiz("02.take_away")

# %%
progress()

# %% [markdown]
# **Take-away.** Where the gray can't tell, a network paints what its loss wants: the mean under L2, the median of each
# channel under L1. You can compute both before you train. First learn one picture by heart. Then measure on held-out
# ones, beside gray.
#
# Next: **03 pix2pix** gives the network a critic. It asks: *could this be real?*

# %% [markdown]
# ## Extra A. When the whole picture decides
#
# In the world `context` the ground has the same gray by day and by night. Only the sun or the moon at the top tells
# whether it is green or blue. *Fusion* ([Iizuka and others, 2016](https://doi.org/10.1145/2897824.2925974)) adds a
# *global* branch to a network: it looks at the whole picture and gives the same vector to every place. Here both
# networks halve the picture only once. So on most of the ground the local one cannot see the sun or the moon.
# *Far-ground error* is the ab error on ground far from them.

# %%
contexts = data.load("context", size=32, n=settings.pictures)
fusion = training.laptop("context_fusion") | {"steps": settings.few_steps}
print(fusion)
globally = training.fit(training.Supervised(**fusion), contexts.train)
globally = or_recorded(globally, "context_fusion")
locally = training.fit(training.Supervised(**fusion, global_branch=False), contexts.train)
locally = or_recorded(locally, "context_local")

# %%
some = contexts.valid[:6]
gray, _ = color.to_gray_ab(some)
fused = models.paint(globally.generator, gray)
plots.pictures(
    [color.from_gray_ab(gray, models.paint(locally.generator, gray)), color.from_gray_ab(gray, fused), some],
    row_titles=("local only", "with global", "truth"),
    alt="Six landscapes by day and night. The local network paints every ground in the same"
    " dull mixture, the one with a global branch paints green by day and blue by night,"
    " as in the truth.",
)

# %%
metrics.evaluate(
    {"local only": locally.generator, "with global": globally.generator}, contexts, names=("ab_error", "far_error")
)

# %%
for name in ("context_local", "context_fusion"):
    seeds = [round(seed["far_error"], 1) for seed in Recorded(name).card["held_out"][name]]
    print(f"far-ground error with three seeds, recorded as {name}: {seeds}")

# %% [markdown]
# Where the local network can't know, it mixes green and blue.
#
# The published network colors pictures of any size, since its global branch looks at a copy of 224 pixels. It has a
# second loss, too: the global branch must name the scene. Our library builds the variant of a student's capstone
# project (K. Chew, *Learning to color pictures with DCGANs*), which has neither. The numbers show two more differences:

# %%
published = models.build("fusion", size=256)
first_dense = next(layer for layer in published.whole.modules() if isinstance(layer, nn.Linear))
print(f"parameters: {models.count_parameters(published, statistics=False):,}")
print(f"in the first dense layer alone: {models.count_parameters(first_dense):,}")
blocks = torch.equal(fused[..., ::2, ::2], fused[..., 1::2, 1::2])
print("every 2×2 block of the output has one color:", blocks)
del published

# %% [markdown]
# Two thirds of its parameters belong to one dense layer, which fits one picture size only. Its last doubling comes
# after the tanh, so the output is made of blocks.
#
# ## Extra B. A third answer: classify
#
# With L2 and L1 a network gives *one* color. [Zhang and others (2016)](https://arxiv.org/abs/1603.08511) let it give a
# probability to each of many *bins*, small squares of the ab plane. Then *we* choose a color, with a **temperature**: 1
# gives the mean color, near 0 the likeliest bin wins. In training, rare colors count more. *Spread*, below, is how far
# the pixels of an object lie from its mean color.

# %%
classes = training.laptop("ambiguous_classify") | {"steps": settings.steps}
print(classes)
classify = training.fit(training.Classify(**classes), world.train)
classify = or_recorded(classify, "ambiguous_classify")

# %%
gray, ab = color.to_gray_ab(shown)
logits = models.paint(classify.generator.network, gray)  # one number for each bin and pixel
answers = {f"T = {t:g}": bins.annealed_mean(logits, t) for t in (1, 0.38, 0.1, 0.01)}
plots.pictures(
    [color.from_gray_ab(gray, answer) for answer in answers.values()],
    row_titles=tuple(answers),
    alt="The same six pictures at four temperatures: at 1 and 0.38 the objects are dull "
    "mixtures; at 0.1 and 0.01 they become patches of strong colors, not always one color"
    " for an object.",
)

# %%
objects = world.valid_scenes[:6]
for name, answer in (answers | {"truth": ab}).items():
    units = answer * color.AB_SCALE
    chroma = units.norm(dim=1)[objects.objects > 0].mean()
    print(
        f"{name:9} chroma of the pixels {chroma:.0f}, spread in an object {metrics.object_spread(units, objects).mean():.0f}"
    )

# %% [markdown]
# A low temperature gives strong colors. (0.38 was published for photographs.) But at 0.01 the spread is large: objects
# have patches of different colors. Where do they come from? Suppose that a network knew the chances of red, blue and
# green exactly:

# %%
index, share = (part.flatten(1) for part in bins.soft_encode(palette.view(3, 2, 1, 1) / color.AB_SCALE))


def perfect(chances):
    """The logits of a network that knows how likely red, blue and green are."""
    probabilities = torch.full((len(bins.ab_bins()),), 1e-9)
    for chance, places, parts in zip(chances, index, share, strict=True):
        probabilities[places] += chance * parts
    return probabilities.log().view(1, -1, 1, 1)


for chances in ((1 / 3, 1 / 3, 1 / 3), (0.35, 0.33, 0.32)):
    chroma = [bins.annealed_mean(perfect(chances), t).norm() * color.AB_SCALE for t in (1, 0.38, 0.1, 0.01)]
    print([f"{p:.0%}" for p in chances], "→ chroma at the four temperatures", [f"{c:.0f}" for c in chroma])

# %% [markdown]
# At a third each, all temperatures mix the colors: the chroma is 27 at most. With 35 percent for red, T = 0.01 gives
# chroma 72, that of red. So a low temperature makes small differences between probabilities large. That can
# explain the patches above.
#
# A *sample* takes a bin by chance, with the network's probabilities. But rare colors counted more in training, so the
# network makes them too likely. Dividing by those weights takes that back:

# %%
weights = bins.bin_weights(color.to_gray_ab(world.train[:500])[1])  # what the training used
as_often = logits - weights.log().view(1, -1, 1, 1)
samples = {"as trained": sample_bins(logits, torch.Generator().manual_seed(0))}
samples["taken back"] = sample_bins(as_often, torch.Generator().manual_seed(0))
for name, sample in samples.items():
    error = metrics.ab_distance(sample * color.AB_SCALE, ab * color.AB_SCALE)[~objects.ambiguous].mean()
    print(f"a sample, {name}: background error {error:.1f}")
plots.pictures(
    [color.from_gray_ab(gray, sample) for sample in samples.values()],
    row_titles=tuple(samples),
    alt="The same pictures with each pixel's color drawn at random from the network's "
    "probabilities: objects are speckled in red, blue and green.",
)

# %% [markdown]
# Each pixel is sampled alone, so objects are speckled. But all pixels of a balloon should have one color. Lesson 03
# brings a critic that can ask for that. Change the temperature yourself:

# %%
temperature_dial(classify.generator, gray[:5], weights)

# %% [markdown]
# ## Extra C. Is this a GAN?
#
# A *GAN* trains two networks: a *generator*, which paints, and a *critic*, which judges pictures. A widely read
# tutorial calls its network a GAN: a U-Net from gray to RGB with *valid* convolutions (no padding: each takes a border
# away).

# %%
valid_unet = models.build("valid_unet", size=120)
print(f"{models.count_parameters(valid_unet, statistics=False):,} parameters")
maps = []
for layer in valid_unet.modules():
    if isinstance(layer, nn.Conv2d):
        layer.register_forward_hook(lambda _, __, out: maps.append(out.shape[-1]))
with torch.no_grad():
    out = valid_unet(torch.zeros(1, 1, 120, 120))
print("side of its maps on the way down:", [120, *maps], "→ output", tuple(out.shape))

# %% [markdown]
# In a GAN the generator learns from what the critic says. So another critic must give it another gradient.
#
# **Exercise.** `generator_loss(generator, critic)` gives the loss of a generator's step, and `critics` are two critics
# with different weights. Return True if the generator's gradient differs between the two, else False.


# %%
def depends_on_critic(generator_loss, generator, critics):
    """Whether the generator's gradient under one critic differs from that under the other."""
    # BEGIN SOLUTION
    gradients = []
    for critic in critics:
        generator.zero_grad()
        generator_loss(generator, critic).backward()
        gradients.append([weights.grad.clone() for weights in generator.parameters()])
    return not all(torch.equal(one, other) for one, other in zip(*gradients, strict=True))
    # END SOLUTION


depends_on_critic = check("02.depends_on_critic", depends_on_critic)

# %%
# hint("02.depends_on_critic")

# %% [markdown]
# Ask the tutorial's loss, and the same loss with what the critic says:

# %%
dice = torch.Generator().manual_seed(0)
noise, target = torch.rand(1, 1, 120, 120, generator=dice), torch.rand(out.shape, generator=dice)
critics = [training.seeded(seed, nn.Conv2d, 3, 1, 4, stride=2) for seed in (1, 2)]  # as small as can be


def as_printed(generator, critic):
    """The tutorial's: the critic is trained, too, but this loss does not ask it."""
    return losses.mse(generator(noise), target)


def of_a_gan(generator, critic):
    """The same, and what the critic says about the picture."""
    painted = generator(noise)
    return losses.mse(painted, target) + losses.fooling(critic(painted))


for loss in (as_printed, of_a_gan):
    print(f"{loss.__name__}: depends on the critic: {depends_on_critic(loss, valid_unet, critics)}")

# %% [markdown]
# So the tutorial's generator learns from squared error alone. Section 3 says what it paints where the gray can't tell.
# Lesson 03 asks its own GAN the same question.

# %% [markdown]
# ## Extra D. What skips are for
#
# In the world `texture` every color follows from the gray: broad materials from their texture, small dots from their
# lightness. The same U-Net was trained twice with L1: as it is, and with its skips cut (and a little wider, so that
# both have about 390,000 parameters). *Texture error* is the ab error in the materials, *detail error* that in the
# dots.

# %%
predict("02.skips")

# %%
skips = Sweep("texture_skips")
rows = skips.pictures()
plots.pictures(
    [pictures[:6] for pictures in rows.values()],
    row_titles=tuple(rows),
    alt="Six textured pictures in three rows. The U-Net paints the materials and the small yellow and dark blue dots."
    " With its skips cut it paints similar materials, and dots without their colors. The truth has both.",
)

# %%
skips.table("ab_error", "texture_error", "detail_error")

# %%
saw("02.skips")

# %% [markdown]
# ## Extra E. MS-SSIM: what it sees
#
# SSIM ([Wang and others, 2004](https://doi.org/10.1109/TIP.2003.819861)) compares small windows by mean, contrast and
# structure. MS-SSIM ([2003](https://doi.org/10.1109/ACSSC.2003.1292216)) does so at several sizes. With 5 sizes and
# windows of 11 pixels a picture needs 176 pixels a side; for smaller ones the library takes fewer sizes. Does it notice
# wrong colors?

# %%
big = data.load("photos", size=176, n=20).valid[:2] / 255
lab = color.rgb_to_lab(big)


def turned(degrees):
    """The picture with every hue turned around the color circle."""
    angle = torch.deg2rad(torch.tensor(float(degrees)))
    a, b = lab[:, 1] * angle.cos() - lab[:, 2] * angle.sin(), lab[:, 1] * angle.sin() + lab[:, 2] * angle.cos()
    return color.lab_to_rgb(torch.stack((lab[:, 0], a, b), dim=1))


versions = {"truth": big, "gray": plots.gray_picture(big), "turned 60°": turned(60), "turned 180°": turned(180)}
for name, version in versions.items():
    score = losses.ms_ssim(version, big, low=0.0, high=1.0).mean()
    error = metrics.ab_distance(color.rgb_to_lab(version)[:, 1:], lab[:, 1:]).mean()
    print(f"{name:12} MS-SSIM {score:.3f}   ab error {error:5.1f}")

# %%
plots.pictures(
    [list(version) for version in zip(*versions.values(), strict=True)],
    titles=tuple(versions),
    cell=2.0,
    alt="Two photographs in four versions: true, gray, with hues turned by 60 degrees, and by "
    "180 degrees, where the colors are plainly wrong.",
)

# %% [markdown]
# Structure is in L, and L was given. So a picture without any color scores about 0.9. A picture whose hues are all
# wrong by 60 degrees does, too. Only opposite colors cost much. So MS-SSIM needs a loss for color beside it. The fusion
# network of the capstone project (Extra A) was trained with it alone: its author reports too much green and blue.
#
# ## Extra F. Checkerboards
#
# Many networks double their map with a *transposed convolution*: it spreads each place over a window. With windows of
# 3×3 and steps of 2 the windows overlap unevenly ([Odena and others,
# 2016](https://distill.pub/2016/deconv-checkerboard)). We send a constant map through three layers with equal weights.
# (`padding_mode="replicate"` repeats the edge, so that no border shows.)

# %%
constant = torch.ones(1, 1, 6, 6)
spread = nn.ConvTranspose2d(1, 1, 3, stride=2, padding=1, output_padding=1, bias=False)
spread_even = nn.ConvTranspose2d(1, 1, 4, stride=2, padding=1, bias=False)
double = nn.Sequential(nn.Upsample(scale_factor=2), nn.Conv2d(1, 1, 3, padding=1, padding_mode="replicate", bias=False))
outputs = {}
with torch.no_grad():
    for name, layer in {"3×3, stride 2": spread, "4×4, stride 2": spread_even, "double, then 3×3": double}.items():
        for weight in layer.parameters():
            weight.fill_(1)
        out = layer(constant)[0]
        outputs[name] = out / out.max()
plots.pictures(
    list(outputs.values()),
    titles=tuple(outputs),
    cell=2.4,
    alt="Three squares made from a constant map: a checkerboard from the 3 by 3 transposed "
    "convolution; from the 4 by 4 one an even square with a darker border; from doubling "
    "an even square.",
)

# %% [markdown]
# Windows of 4×4 in steps of 2 overlap evenly, except at the border. Doubling first is even, too. A network can learn to
# undo the checkerboard, but with windows of 3×3 it begins with one.
#
# ## Extra G. Normalizing, batch norm and dropout
#
# *Normalizing* brings the input to −1…1, as we do with L. Does it matter? The network of section 2 learns 64 pictures,
# once from gray in −1…1, once from L in 0…100:


# %%
def learn_by_heart(gray, ab, steps):
    """Train the network of section 2 on these pictures; the loss along the way."""
    torch.manual_seed(0)
    network = nn.Sequential(encoder([16, 32, 64]), decoder([64, 32, 16]))
    optimizer = torch.optim.Adam(network.parameters(), lr=3e-3)
    return [training_step(network, optimizer, gray, ab) for _ in range(steps)]


gray, ab = color.to_gray_ab(world.train[:64])
curves = {
    "gray, −1…1": learn_by_heart(gray, ab, settings.one_picture),
    "L, 0…100": learn_by_heart((gray + 1) * 50, ab, settings.one_picture),
}
ends = ", ".join(f"with {name} it ends at {values[-1]:.3f}" for name, values in curves.items())
plots.curves(
    curves,
    xlabel="step",
    ylabel="squared error",
    title="The same pictures in another scale",
    from_zero=True,
    alt=f"Two falling curves of squared error: {ends}.",
)

# %% [markdown]
# Both scales hold the same facts. From the larger one the network learns more slowly: its first weights suit inputs
# near 1.
#
# *Batch norm* applies the same idea inside the network. *Dropout*, here of whole channels, makes a network rely on no
# single one. What does each do to a plain network on textures?

# %%
textures = data.load("texture", size=32, n=settings.pictures)
variants = {
    "plain": {},
    "batch norm": {"batch_norm": True},
    "batch norm, dropout": {"batch_norm": True, "dropout": 0.3},
}
plain_cnn = dict(network="cnn", loss="l1", size=32, width=0.5, levels=3, lr=3e-3, steps=settings.few_steps)
curves = {}
check_on = metrics.validator(textures, ("texture_error",))
for name, options in variants.items():
    recipe = training.Supervised(**plain_cnn, **options)
    run = training.fit(recipe, textures.train, validate=check_on, progress=False)
    curves[name] = [row["valid_texture_error"] for row in run.history]
    print(f"{name:20} texture error on held-out pictures {curves[name][-1]:.1f}")

# %%
ends = "; ".join(f"{name} ends at {values[-1]:.1f}" for name, values in curves.items())
plots.curves(
    curves,
    xlabel="epoch",
    ylabel="texture error",
    title="The same network and steps, with one ingredient each",
    from_zero=True,
    alt=f"Three curves of texture error: {ends}.",
)

# %% [markdown]
# At the size `laptop` the error without batch norm falls little, with it far more. Dropout changes little: it helps
# against learning by heart, and so short a training does little of that. (At `quick` four steps show nothing.)
#
# Why are the curves with batch norm so high at first? For held-out pictures a network is switched to `.eval()`. Then
# batch norm takes its *running averages* instead of the batch's own numbers. In the first epochs these are still wrong.
# Lesson 03 comes back to that switch.
#
# ## Extra H. Fewer pictures
#
# How many pictures does a network need? We train it on more and more pictures, always for the same number of steps:

# %%
errors = {}
for n in [n for n in (32, 128, 512) if n < len(textures.train)] + [len(textures.train)]:
    recipe = training.Supervised(**plain_cnn, batch_norm=True, batch_size=32)
    run = training.fit(recipe, textures.train[:n], progress=False)
    seen, unseen = (
        metrics.evaluate({"run": run.generator}, part, names=("ab_error",))["run"]["ab_error"]
        for part in (textures.train[:32], textures.valid_scenes)
    )
    errors[n] = (seen, unseen)
    print(f"{n:5} pictures: ab error {seen:5.1f} on pictures it trained on, {unseen:5.1f} on held-out ones")

# %%
told = "; ".join(f"{n}: {seen:.1f} seen, {unseen:.1f} held out" for n, (seen, unseen) in errors.items())
plots.curves(
    {
        "trained on": [seen for seen, _ in errors.values()],
        "held out": [unseen for _, unseen in errors.values()],
    },
    x=list(errors),
    xlabel="training pictures",
    ylabel="ab error",
    title="A learning curve",
    from_zero=True,
    alt=f"Two curves of ab error by number of training pictures. {told}.",
)

# %% [markdown]
# At the size `laptop`, with few pictures the two errors lie far apart: the network knows its own pictures by heart, and
# others badly. With more pictures the gap closes. So a wide gap says that more pictures would help.
