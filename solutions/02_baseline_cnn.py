# %% [markdown]
# # The baseline CNN: why networks paint the world brown
#
# **After these 60 minutes you will be able to**
#
# - build and train a colorizer, and find out with one picture whether it can learn at all;
# - compute *before* training what L2 and L1 will paint where the gray can't tell, and measure that they do;
# - say what skip connections are good for, and read a table of results without being fooled by PSNR.
#
# **You need** lesson 01 and some PyTorch (modules, optimizers). No GPU: each training here takes seconds.

# %%
import torch
from torch import nn

from colorlib import bins, color, data, losses, metrics, models, plots, profile, training
from colorlib.course import check, hint, loss_quiz, predict, progress, quiz, saw
from colorlib.course.lesson_02 import balloon_dial, sample_bins, temperature_dial
from colorlib.course.recorded import LiveCurves, Recorded, Sweep, or_recorded
from colorlib.data import download
from colorlib.worlds import scenes

# %%
settings = profile.settings(
    #         quick, laptop, gpu
    pictures=(256, 2048, 2048),  # pictures of a world, a tenth of them held out
    steps=(4, 280, 280),  # training steps of the main experiments
    few_steps=(4, 200, 200),  # and of the shorter ones
    overfit_steps=(30, 300, 300),  # learning one picture by heart
    photos=(200, 2000, 20_000),  # photos, or crops of them
    photo_steps=(4, 300, 2000),
)
settings

# %%
quiz("02.recall")

# %% [markdown]
# ## 1. Predict (3 min)
#
# Our world for today is `ambiguous`. Sky, grass and walls can be told by their texture. The objects can't: each
# is red, blue or green at the throw of a die, at the same lightness.

# %%
world = data.load("ambiguous", size=32, n=settings.pictures)
print(world)
shown = world.valid[:8]
plots.pictures(
    [plots.gray_picture(shown), shown],
    row_titles=("gray", "color"),
    alt="Eight small drawn pictures in gray and in color: cars, doors, flowers and balloons"
    " in red, blue or green, before sky, grass and walls.",
)

# %%
predict("02.l2")

# %%
predict("02.l1")

# %% [markdown]
# ## 2. A network, and one picture (11 min)
#
# A colorizer takes gray (1 number a pixel) and gives ab (2 numbers a pixel). A plain **encoder–decoder** does it
# in two halves. The *encoder* looks at the picture and halves it several times, with more and more channels:
# fewer places, more knowledge about each. The *decoder* goes back up to full size and ends in two channels.


# %%
def encoder(channels):
    """A look at the picture as it is, then one halving for each further entry of channels."""
    layers = [nn.Conv2d(1, channels[0], 3, padding=1), nn.ReLU()]
    for before, after in zip(channels, channels[1:], strict=False):
        layers += [nn.Conv2d(before, after, 3, stride=2, padding=1), nn.ReLU()]
    return nn.Sequential(*layers)


gray, ab = color.to_gray_ab(shown)
print("gray", tuple(gray.shape), "→ encoder", tuple(encoder([16, 32, 64])(gray).shape))

# %% [markdown]
# It halves with `stride=2` and not with max pooling: that keeps the largest of four values and forgets *where* it
# was, and we have to paint exactly there. A convolution with a stride learns what to keep. It has no dense layers
# either: they would tie the network to one picture size, and most of its parameters would sit in them.
#
# **Exercise.** Write the decoder. For each step from one entry of `channels` to the next: double the map
# (`nn.Upsample(scale_factor=2)`), then a 3×3 convolution, then ReLU. At the end one more 3×3 convolution to 2
# channels, and `nn.Tanh()`.


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
# How many parameters is that? Count by hand: a 3×3 convolution from *m* to *n* channels has 9·*m*·*n* weights and
# *n* biases.

# %%
channels = [16, 32, 64]
down = [(1, 16), (16, 32), (32, 64)]
up = [(64, 32), (32, 16), (16, 2)]
by_hand = sum(9 * m * n + n for m, n in down + up)


def fresh_network(seed=0):
    """Encoder and decoder in a row, always from the same random start."""
    torch.manual_seed(seed)
    return nn.Sequential(encoder(channels), decoder(channels[::-1]))


print("by hand:", by_hand, "  PyTorch:", models.count_parameters(fresh_network()))

# %% [markdown]
# **Can it learn at all?** Before you train on thousands of pictures, let it *overfit* one: learn it by heart.
# That takes seconds, and most mistakes (a wrong scale, a forgotten step, a dead layer, whose ReLU gives 0
# everywhere) show up here. *ab error* is the mean distance from the true color, in Lab units. If one picture is
# too much, two thousand will be too.


# %%
def learn_by_heart(gray, ab, steps):
    """Train a fresh network on these few pictures only; its error along the way, in Lab units."""
    network, errors = fresh_network(), []
    optimizer = torch.optim.Adam(network.parameters(), lr=3e-3)
    for _ in range(steps):
        painted = network(gray)
        loss = ((painted - ab) ** 2).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        errors.append(metrics.ab_distance(painted * color.AB_SCALE, ab * color.AB_SCALE).mean().item())
    return network, errors


one, errors_of_one = learn_by_heart(gray[:1], ab[:1], settings.overfit_steps)
many_gray, many_ab = color.to_gray_ab(world.train[:64])
many, errors_of_many = learn_by_heart(many_gray, many_ab, settings.overfit_steps)
plots.curves(
    {"one picture": errors_of_one, "64 pictures": errors_of_many},
    xlabel="step",
    ylabel="ab error",
    title="Learning by heart",
    alt=f"Two falling curves of ab error: one picture ends at {errors_of_one[-1]:.1f}, 64 pictures at "
    f"{errors_of_many[-1]:.1f}.",
)

# %%
with torch.no_grad():
    painted = [color.from_gray_ab(gray[:4], network(gray[:4])) for network in (one, many)]
plots.pictures(
    [shown[:4], *painted],
    row_titles=("truth", "learned one", "learned 64"),
    cell=1.6,
    alt="Four pictures: the truth; as painted by the network that learned only the first "
    "one by heart; and by the network that learned 64 others.",
)

# %% [markdown]
# One picture can be remembered, even its die throw: with a single picture nothing is ambiguous. With 64 the error
# stays higher in the same number of steps. Yet at the size `laptop` it falls to about 6, and no network can
# *know* so much: honest ones in section 4 stop at 12. This one has learned the throws of its 64 pictures by
# heart. On pictures it has not seen it throws at random, and you get patches. (`quick` stops too early for that:
# its curves are still falling.) Learning by heart is a test of the code, not of the network.

# %% [markdown]
# ## 3. The training step (6 min)
#
# In `learn_by_heart`, five lines did the whole work. Now they become a function of their own.
#
# **Exercise.** Write one training step with the mean squared error: predict, compare, forget the old gradients,
# compute the new ones, let the optimizer step. Give back the loss as a plain number.


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
# The library has the same loop with some comfort: a progress bar, a history, checkpoints that survive a crash. It
# calls its ingredients a **recipe**: networks, loss, optimizer, and a step. Is it really the same? We let both
# take five steps from the same start over the same batches:

# %%
recipe = training.build("cnn", size=32, width=0.5, lr=1e-3, batch_size=16)
mine = models.build("cnn", size=32, width=0.5)
mine.load_state_dict(recipe.generator.state_dict())
optimizer = torch.optim.Adam(mine.parameters(), lr=1e-3)

my_losses, recipe_losses = [], []
for _, batch in zip(range(5), data.batches(world.train, batch_size=16, seed=0), strict=False):
    my_losses.append(training_step(mine, optimizer, *batch))
    recipe_losses.append(recipe.step(*batch)["mse"].item())

print("by hand:  ", [f"{loss:.4f}" for loss in my_losses])
print("by recipe:", [f"{loss:.4f}" for loss in recipe_losses])

# %% [markdown]
# ## 4. The sepia effect (13 min)
#
# Before we train, let us *compute* what the losses want. A balloon is red, blue or green with equal probability.
# Whatever single color the network answers, it will be wrong most of the time; the question is which answer costs
# least on average. That average is called the *expected loss*:
#
# $$\text{expected loss of } c = \sum_k p_k \cdot \text{loss}(c, \text{color}_k)$$
#
# In words: for each possible color, what would $c$ cost if that were the truth? Weigh it by how likely it is, and
# add up.
#
# **Exercise: prove it on a grid.** `grid` holds thousands of candidate colors, one a row. Return the candidate
# with the smallest expected loss. `loss(grid, truth)` gives one number for each candidate, if `truth` is the true
# color.


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
palette = torch.tensor(scenes.DEFAULT_PALETTE)
axis = torch.arange(-60.0, 71)
grid = torch.cartesian_prod(axis, axis)
even = torch.full((3,), 1 / 3)


def squared(candidates, truth):
    """L2: the squared distance."""
    return ((candidates - truth) ** 2).sum(dim=-1)


def absolute(candidates, truth):
    """L1: the distance in a plus the distance in b."""
    return (candidates - truth).abs().sum(dim=-1)


wants = {name: best_color(grid, palette, even, f) for name, f in (("L2", squared), ("L1", absolute))}
true_chroma = palette.norm(dim=1).mean()
for name, best in wants.items():
    print(
        f"{name} wants a, b = {best.tolist()}: chroma {best.norm():.0f}, {best.norm() / true_chroma:.0%} of the truth"
    )

# %% tags=["nbval-check-output"]
print("mean of the palette:            ", [round(x) for x in palette.mean(dim=0).tolist()])
print("median of each channel:         ", [round(x) for x in palette.median(dim=0).values.tolist()])

# %%
plots.ab_plane(
    55,
    points=[*palette.tolist(), *(best.tolist() for best in wants.values())],
    labels=("red", "blue", "green", "L2", "L1"),
    title="What the losses want, computed before any training",
    alt="The ab plane with red, blue and green far from the middle, and two points near "
    "gray: what L2 wants, the mean, and a little above it what L1 wants.",
)

# %% [markdown]
# So the grid shows: **L2 wants the mean**, and **L1 wants the median of each channel** (here a = 10 comes from
# blue and b = 10 from green: a color that no balloon has). Now the experiment. Two U-Nets (section 6 explains
# them), alike in everything but the loss. With `steps=`, the learning rate rises once and falls to nothing by the
# last step. The curve that grows while they train is the chroma of the objects:

# %%
slim = training.laptop("ambiguous_l2") | {"steps": settings.steps}  # about 0.4 million parameters
print(slim)
watch = metrics.validator(world, ("ab_error", "chroma"))

l2 = training.fit(
    training.Supervised(**slim),
    world.train,
    validate=watch,
    on_epoch=LiveCurves("valid_chroma", title="chroma of the objects under L2"),
)
l2 = or_recorded(l2, "ambiguous_l2")

# %%
l1 = training.fit(
    training.Supervised(**slim | {"loss": "l1"}),
    world.train,
    validate=watch,
    on_epoch=LiveCurves("valid_chroma", title="chroma of the objects under L1"),
)
l1 = or_recorded(l1, "ambiguous_l1")

# %% [markdown]
# Did they learn to paint? Both do sky, walls and grass. And the objects?

# %%
gray, ab = color.to_gray_ab(shown)
paintings = {
    "gray": plots.gray_picture(shown),
    "l2": color.from_gray_ab(gray, models.paint(l2.generator, gray)),
    "l1": color.from_gray_ab(gray, models.paint(l1.generator, gray)),
    "truth": shown / 255,
}
plots.pictures(
    list(paintings.values()),
    row_titles=("gray", "L2", "L1", "truth"),
    cell=1.05,
    alt="Eight pictures in four rows. Gray. L2: right sky, grass and walls, objects in a dull"
    " pinkish gray. L1: the same surroundings, objects in a dull brown. Truth: objects in"
    " strong red, blue or green.",
)

# %%
columns = ("ab_error", "chroma", "palette_use", "background_error")
table = metrics.evaluate({"L2": l2.generator, "L1": l1.generator}, world, names=columns)
table

# %% [markdown]
# *Chroma* is measured on the ambiguous objects only; *palette use* is the share of objects that come near the
# palette color used least (a third would be perfect); *background error* is the ab error where no object is.
# Chroma and errors are in Lab units. Now hold the measurement beside the computation:

# %%
true_chroma = table["truth"]["chroma"]
for name, best in wants.items():
    measured = table[name]["chroma"]
    print(
        f"{name}: computed {best.norm():.0f}, measured {measured:.0f}"
        f" ({measured / true_chroma:.0%} of the true chroma {true_chroma:.0f})"
    )

# %% [markdown]
# Was that luck? Both runs were recorded with three seeds (other worlds, other starting weights):

# %%
for name in ("ambiguous_l2", "ambiguous_l1"):
    shares = [seed["chroma_share"] for seed in Recorded(name).card["held_out"][name]]
    print(f"{name}: " + ", ".join(f"{share:.0%}" for share in shares) + " of the true chroma")

# %%
saw("02.l2")

# %%
saw("02.l1")

# %% [markdown]
# This is the **sepia effect**, and you have measured it: nothing is wrong with the network, the data or the
# training. The loss asked for the average, and got it. Longer training brings each only closer to what was
# computed: chroma 10 and 14. A larger network would compute the same answer. Only another *question* does, and
# lesson 03 asks it.

# %% [markdown]
# ## 5. One gray balloon, one dial (7 min)
#
# Here are all simple answers on one dial: **mean** (what L2 wants), **median** (L1), **mode** (the likeliest
# color), **sample** (a random color, as often as it occurs). A second control changes the world: how likely each
# color is. Use Tab and the arrow keys, or the mouse.

# %%
balloon_dial()

# %% [markdown]
# Try these, and write down what you find before you read on:
#
# - *A third each*: which stops give a color that some balloon has?
# - *50 / 50*: the star for the median sits in the middle. Would another place between the two be as good for L1?
# - *60 / 40* and *90 / 10*: which stops erase the minority? Which one lets it live?

# %%
chances = {"50 / 50": (0.5, 0.0, 0.5), "60 / 40": (0.6, 0.0, 0.4), "90 / 10": (0.9, 0.0, 0.1)}
for name, p in chances.items():
    for loss_name, loss in (("L2", squared), ("L1", absolute)):
        best = best_color(grid, palette, torch.tensor(p), loss)
        nearest = (palette - best).norm(dim=1)
        winner = ("red", "blue", "green")[nearest.argmin()] if nearest.min() < 1 else "no balloon's color"
        print(f"red {name} green, {loss_name}: {best.tolist()} {winner}")

# %% [markdown]
# L2 always mixes, in proportion. L1 paints the majority at full strength as soon as there is one, and **erases
# the minority** without a trace: at 60 to 40, four balloons in ten are painted wrong with full confidence. The
# mode does the same. At 50 to 50 every a between the two, with every b between the two, costs L1 the same; the
# grid happens to find one end, the dial shows the middle. (At a third each no color is the likeliest: there the
# dial's mode just takes the first.) Only *sample* keeps all colors in the world, at the price of being wrong
# often. Keep that in mind when a colorizer of old photos seems so sure of a dress.

# %% [markdown]
# ## 6. Skip connections (8 min)
#
# A plain encoder–decoder passes everything through its small map in the middle. A **U-Net** adds *skip
# connections*: each map of the encoder is also laid beside the decoder's map of the same size, as further
# channels (`torch.cat`). The world `texture` has both kinds of work: broad materials, told by their texture, and
# tiny bright and dark things whose color follows from their lightness.

# %%
predict("02.skips")

# %% [markdown]
# Both networks were trained beforehand and recorded, alike in their loss, their pictures and their number of steps:

# %%
textures = data.load("texture", size=32, n=settings.pictures)
plain, unet = Recorded("texture_plain"), Recorded("texture_unet")
plain, unet

# %%
some = textures.valid[:6]
gray, _ = color.to_gray_ab(some)
plots.pictures(
    [
        *(color.from_gray_ab(gray, models.paint(run.generator, gray)) for run in (plain, unet)),
        some,
    ],
    row_titles=("plain", "U-Net", "truth"),
    cell=1.4,
    alt="Six textured pictures in three rows. The plain network paints the broad materials "
    "clearly and gives the small things the color of what is around them; the U-Net "
    "paints the small things yellow and dark blue, and the materials less clearly; the "
    "truth.",
)

# %%
names = ("ab_error", "detail_error", "texture_error")
details = metrics.evaluate({"plain": plain.generator, "U-Net": unet.generator}, textures, names=names)
ratio = details["U-Net"]["detail_error"] / details["plain"]["detail_error"]
print(f"in small things the U-Net's error is {ratio:.2f} times the plain network's")
for run in (plain, unet):
    seeds = [round(seed["detail_error"]) for seed in run.card["held_out"][run.name]]
    print(f"detail error with three seeds, {run.name}: {seeds}")
details

# %%
saw("02.skips")

# %% [markdown]
# *Detail error* is measured on the small things, *texture error* on the materials. In the small things the U-Net
# wins clearly; on the textures, and so over the whole picture, the plain network is clearly better in this short
# training. The two differ in more than skips (the U-Net has a level more, other convolutions and twice the
# parameters), so don't blame the skips for that column. The dots are their doing: a two-pixel dot can't get
# through a map of 4×4 places. Skips carry *places*, not wisdom: to know that something is grass, one has to look
# at more of it, and that is what the way through the small map is good for.

# %% [markdown]
# ## 7. Photos, and a table that can fool you (6 min)
#
# Now real pictures. CIFAR-10 has 60,000 tiny everyday photos. Two trainings on it were recorded for you, each once
# through 44,445 pictures: the same slim U-Net under L1, and *pix2pix*, which lesson 03 builds and which dares more.

# %%
predict("02.gray_row")

# %%
cifar = Sweep("cifar10_losses")
print(cifar)
cifar.table("psnr", "ssim", "ab_error", "ciede2000", "colorfulness")

# %%
saw("02.gray_row")

# %% [markdown]
# *PSNR* is squared error turned over, in decibels; *SSIM* compares structure; *CIEDE2000* is the color difference
# of lesson 01; *colorfulness* is 0 for gray. Now compare the last column with the others. The bold network comes
# close to the colorfulness of the truth, and is last in every error, behind plain gray, which does nothing. First
# everywhere is L1, with little more than a third of the colorfulness, and its lead on gray is small. SSIM mostly measures
# the detail that was given away with L; the others are mean distances, and to each of them a color that was dared and
# missed costs more than none. So they all reward caution.
#
# Is the order a law? Train on what is on your machine: CIFAR-10 if you have it, else crops of the few photographs that
# came with your libraries.

# %%
source = "cifar10" if download.CIFAR10.is_here() else "photos"
photos = data.load(source, size=32, n=settings.photos)
print(photos)
on_photos = training.fit(training.Supervised(**slim | {"loss": "l1", "steps": settings.photo_steps}), photos.train)

# %%
measures = ("psnr", "ssim", "ab_error", "ciede2000", "colorfulness")
metrics.evaluate({"L1": on_photos.generator}, photos, names=measures)

# %%
some = photos.valid[:8]
gray, _ = color.to_gray_ab(some)
plots.pictures(
    [
        plots.gray_picture(some),
        color.from_gray_ab(gray, models.paint(on_photos.generator, gray)),
        some,
    ],
    row_titles=("gray", "L1", "truth"),
    cell=1.05,
    alt="Eight held-out pictures: in gray; as colored by the network, in few tints; in truth.",
)

# %% [markdown]
# It is not a law. With the crops at the size `laptop`, L1's lead in PSNR is several times as large, since the
# held-out ones are twice as colorful as CIFAR-10 (67 against 31 in the row of the truth) and gray is further off; and
# in SSIM gray is now ahead. The same network, the same measures, another order. And do the pictures look as good as
# the PSNR?
#
# So never report one number alone: put the gray row first, show *ab error* and *colorfulness* beside it (even ab
# error rewards caution; colorfulness alone rewards paint anywhere), say which pictures were measured, and look at
# them. (The validation pictures are other *photographs* than those trained on. Measured on crops of the training
# photos, the table would measure memory. And they are few: a row of crops is not a row of scenes.)

# %% [markdown]
# ## 8. Quizzes and take-away (6 min)

# %%
numbers = {
    name: {"chroma": table[row]["chroma"], "background_error": table[row]["background_error"]}
    for name, row in {"gray": "gray", "l2": "L2", "l1": "L1", "truth": "truth"}.items()
}
for row in numbers.values():
    row |= {f"{name}_chroma": table[label]["chroma"] for name, label in (("l2", "L2"), ("l1", "L1"))}
    row["true_chroma"] = true_chroma
loss_quiz("02.which_loss", {name: rows[:6] for name, rows in paintings.items()}, numbers)

# %%
plots.curves(
    {"L2: mean square": [row["mse"] for row in l2.history], "L1: mean absolute": [row["l1"] for row in l1.history]},
    xlabel="epoch",
    ylabel="training loss",
    title="Both runs of section 4",
    size=(8.6, 2.8),
    alt="Two curves that fall fast and then flatten out: L1's ends higher than L2's, in another unit.",
)

# %%
quiz("02.curves")

# %%
quiz("02.take_away")

# %%
progress()

# %% [markdown]
# **Take-away.** Where the gray can't tell, a network paints what its loss wants: the mean under L2, the median of
# each channel under L1, and you can compute both before you train. The fault is in the question, not in the
# network. Overfit one picture first. Skips carry places. Put the gray row into every table.
#
# Next: **03 pix2pix** replaces the loss by a critic that asks another question: *could this be real?*

# %% [markdown]
# ## Extra A. When the whole picture decides (8 min)
#
# In the world `context` the ground looks the same by day and by night; only the sun or the moon at the top tells
# whether it is green or blue. A network whose view is too narrow can't know. (We allow one halving, `levels=1`:
# with the published three, even the local network would see the sun.) The published *fusion* network (Iizuka et
# al., 2016) has a second, *global* branch that looks at the whole picture and lays one vector over all places.

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
    cell=1.4,
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
# *Far-ground error* is measured on ground far from sun and moon. One more look at the L2 mean, by the way: where
# the local network can't know, it paints the mixture of green and blue.
#
# What does the global branch cost? In the published size two thirds of all parameters sit in its first dense
# layer, and the network is tied to one picture size. And since the last doubling comes after the tanh, its output
# is made of 2×2 blocks:

# %%
published = models.build("fusion", size=256)
first_dense = next(layer for layer in published.whole.modules() if isinstance(layer, nn.Linear))
print(f"parameters: {models.count_parameters(published, statistics=False):,}")
print(f"in the first dense layer alone: {models.count_parameters(first_dense):,}")
blocks = torch.equal(fused[..., ::2, ::2], fused[..., 1::2, 1::2])
print("every 2×2 block of the output has one color:", blocks)
del published

# %% [markdown]
# ## Extra B. A third answer: classify (8 min)
#
# Mean and median are answers of networks that must name *one* color. Zhang et al. (2016) let the network give a
# probability to each of a few hundred ab *bins* (small squares of the plane that a screen can show), and let rare
# colors count more. Then *we* choose: a temperature goes from the mean of the probabilities (1) toward their mode
# (0).

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
    cell=1.05,
    alt="The same eight pictures at four temperatures: at 1 and 0.38 the objects are dull "
    "mixtures; at 0.1 and 0.01 they become patches of strong colors, not always one color"
    " for an object.",
)

# %% [markdown]
# Turn it yourself: the slider is the temperature (arrow keys work), and the button draws a sample, in which each
# pixel gets one of its likely colors by chance.

# %%
temperature_dial(classify.generator, gray[:5])

# %%
inside = world.valid_scenes[:8].objects > 0
for name, answer in answers.items():
    print(f"{name:9} mean chroma inside the objects: {(answer * color.AB_SCALE).norm(dim=1)[inside].mean():.0f}")
print(f"{'truth':9} mean chroma inside the objects: {(ab * color.AB_SCALE).norm(dim=1)[inside].mean():.0f}")

# %% [markdown]
# Lower temperatures give stronger colors. (The published 0.38 was chosen for photos; three equally likely colors
# need a far lower one.) But each *pixel* makes its own choice, so one object may get patches of several. Even a
# sample has this trouble, and worse:

# %%
dice = torch.Generator().manual_seed(0)
samples = [sample_bins(logits, dice) for _ in range(2)]
plots.pictures(
    [color.from_gray_ab(gray, ab) for ab in samples],
    row_titles=("a sample", "another"),
    cell=1.05,
    alt="The same pictures with each pixel's color drawn at random from the network's "
    "probabilities: objects are speckled in red, blue and green.",
)

# %% [markdown]
# Every pixel throws its own die. What is missing is *agreement*: a balloon should be red all over or green all
# over. A critic that looks at patches can ask for that: lesson 03.

# %% [markdown]
# ## Extra C. A published U-Net, and what its loss leaves out (4 min)
#
# A much-read tutorial trains a U-Net with *valid* convolutions (no padding: each takes a border away) from gray
# to RGB, and calls the whole a GAN. Here is its generator with the published number of parameters:

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
# As printed, its generator is trained with squared error alone; its critic (there called the discriminator) is
# trained too, but nothing of it flows into the generator's loss. So it is *not* a GAN, and by section 4 we know
# what it paints where the gray can't tell. How one notices such a thing: change the critic, and see whether the
# generator's gradient changes. You will write that test in lesson 03.

# %% [markdown]
# ## Extra D. MS-SSIM: what it sees (5 min)
#
# SSIM compares small windows by mean, contrast and structure; MS-SSIM does it at several sizes. With 5 scales and
# 11-pixel windows a picture needs 161 to 176 pixels a side, depending on how halves are rounded (here 176): below
# that one must take fewer scales or smaller windows, or the result is undefined. The library does. But what does
# it *see*?

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
    alt="Two photos in four versions: true, gray, with hues turned by 60 degrees, and by "
    "180 degrees, where the colors are plainly wrong.",
)

# %% [markdown]
# Structure is in L, and L was given. So a picture without any color, and one whose every hue is wrong by 60
# degrees, both keep a score near .9, at the same ab error of 26. Only opposite colors cost much, and even they
# keep .66. As an *addition* to a color loss MS-SSIM can help edges; alone it is nearly color-blind. A published
# fusion network trained with it alone let greens and blues overtake its pictures.

# %% [markdown]
# ## Extra E. Checkerboards (4 min)
#
# Instead of doubling and smoothing, many networks use a *transposed convolution*: it spreads each place over a
# window. With a 3×3 window and steps of 2, windows overlap unevenly. Feed a constant map into each, with equal
# weights, and look (`padding_mode="replicate"` repeats the edge instead of adding zeros, so that no border
# shows):

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
# A window that the stride divides (4 and 2) overlaps evenly; doubling first is even, too. A network *can* learn
# to undo the checkerboard, but it starts with one, and one more thing to unlearn.

# %% [markdown]
# ## Extra F. Normalizing, batch norm and dropout (8 min)
#
# Three ingredients of nearly every recipe. *Normalizing* brings the input near −1…1, as we do with L. Does it
# matter? The 64 pictures of section 2 again, with the same network and steps; only that L goes in as it is, from
# 0 to 100:

# %%
_, errors_of_raw = learn_by_heart((many_gray + 1) * 50, many_ab, settings.overfit_steps)
plots.curves(
    {"gray, −1…1": errors_of_many, "L, 0…100": errors_of_raw},
    xlabel="step",
    ylabel="ab error",
    title="The same pictures in another scale",
    alt=f"Two falling curves: with gray in −1…1 the ab error ends at {errors_of_many[-1]:.1f}, "
    f"with L in 0…100 at {errors_of_raw[-1]:.1f}.",
)

# %% [markdown]
# Nothing is lost in the larger scale, and yet it learns more slowly: all numbers inside begin some fifty times
# too large for weights that were drawn for inputs near 1.
#
# *Batch norm* applies the same idea inside the network: it rescales each channel by its mean and spread over the
# batch, so that no layer has to follow the drifting scale of the one before. *Dropout* switches off random
# channels in training, so that no channel can be relied on. What does each do to the curve of a plain network on
# textures?

# %%
variants = {
    "plain": {},
    "batch norm": {"batch_norm": True},
    "batch norm, dropout": {"batch_norm": True, "dropout": 0.3},
}
plain_cnn = dict(network="cnn", loss="l1", size=32, width=0.5, levels=3, lr=3e-3, steps=settings.few_steps)
curves = {}
check_on = metrics.validator(textures, ("texture_error",))
for name, options in variants.items():
    run = training.fit(
        training.Supervised(**plain_cnn, **options),
        textures.train,
        validate=check_on,
        progress=False,
    )
    curves[name] = [row["valid_texture_error"] for row in run.history if "valid_texture_error" in row]
    print(f"{name:20} texture error on held-out pictures {curves[name][-1]:.1f}")

# %%
ends = "; ".join(f"{name} ends at {values[-1]:.1f}" for name, values in curves.items())
plots.curves(
    curves,
    xlabel="epoch",
    ylabel="texture error",
    title="The same network and steps, with one ingredient each",
    alt=f"Three curves of texture error: {ends}.",
)

# %% [markdown]
# At the size `laptop` the difference is striking: without batch norm the curve lies flat, since in so few steps
# this network has found the mean color and nothing else; with it, it learns. (Four steps of `quick` show
# nothing.) Dropout changes little in so short a training: it is a remedy against learning by heart, and there is
# nothing to cure yet.
#
# Why does the batch norm curve *begin* so high? For held-out pictures a network is switched to `.eval()`, and
# then batch norm takes its *running averages* instead of the batch's own. After one epoch these have not caught
# up yet. You will meet that switch again in lesson 03.

# %% [markdown]
# ## Extra G. Fewer pictures (5 min)
#
# How many pictures does it take? The same number of steps each time, on fewer and fewer different pictures, and
# measured on the same held-out ones:

# %%
errors = {}
for n in [n for n in (32, 128, 512) if n < len(textures.train)] + [len(textures.train)]:
    run = training.fit(
        training.Supervised(**plain_cnn, batch_norm=True, batch_size=32),
        textures.train[:n],
        progress=False,
    )
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
    alt=f"Two curves of ab error by number of training pictures. {told}.",
)

# %% [markdown]
# At the size `laptop`, few pictures drive the two numbers apart: the network knows its pictures by heart and the
# world badly. More pictures close the gap; once it is closed, still more of them do not help, since in so few
# steps each is seen only two or three times. The gap, and not the loss, tells whether more data would help; where
# it is closed, train longer. (Four steps of `quick` show nothing.)
