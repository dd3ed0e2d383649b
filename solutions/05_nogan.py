# %% [markdown]
# # NoGAN with fastai: pretrain everything, then a pinch of GAN
#
# **After these {minutes} minutes you will be able to**
#
# - build a generator on a pretrained encoder, and say what the pretraining is worth;
# - train it with fastai: Learner, rate finder, one-cycle, freeze and unfreeze;
# - take NoGAN's three stages, and choose by numbers when to stop the last one.
#
# **You need** lessons 03 and 04. No GPU. The longest training takes a few minutes. Read on while it runs.
#
# First, pictures that one network painted at three moments of its training:

# %%
import copy
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import torch

from colorlib import color, data, losses, metrics, models, nogan, plots, profile
from colorlib.course import check, hint, loss_quiz, photographs, predict, progress, quiz, saw
from colorlib.course.lesson_02 import film_strip
from colorlib.course.lesson_05 import stages, stops
from colorlib.course.lesson_05.snapshots import Film, Snapshots
from colorlib.course.recorded import Recorded, Sweep, card_of, recorded_stops
from colorlib.nogan import Callback, DynamicUnet, Learner  # fastai's own
from colorlib.training import frozen, seeded

# %%
film = recorded_stops("nogan_ambiguous")
stop = stages.card("nogan_ambiguous")["stages"][0]["stage_3"]["stop"]
moments = {"after stage 1": "batch 0", "at the stop": f"batch {stop}", "too far": list(film)[-1]}
plots.pictures(
    [film[batch][:4] for batch in moments.values()],
    row_titles=tuple(moments),
    alt="Four drawn pictures in three rows: a car, two cars, a wall with three doors, a car. After stage 1 they are "
    "brown. At the stop the cars are blue and the doors red, and too far it is much the same.",
)

# %% [markdown]
# At first the objects are brown, then they have colors. What goes wrong later is hard to see, so it must be measured.
# In this lesson you train such a network, and find the moment to stop.

# %%
settings = profile.settings(
    #         quick, laptop, gpu
    pictures=(256, 2048, 2048),  # pictures of a world, a tenth of them held out
    search=(20, 90, 90),  # batches of the rate finder
    small=(1, 1, 1),  # epochs of stage 1 on pictures of 16 pixels
    whole=(1, 3, 3),  # epochs of stage 1 on whole pictures
    pinch=(8, 300, 300),  # batches of stage 3
    every=(4, 20, 20),  # batches from snapshot to snapshot
    again=(4, 160, 160),  # batches of a second cycle (Extra D)
    look=(128, 1024, 1024),  # pictures of Extra E
    look_epochs=(1, 2, 2),
    look_turns=(1, 7, 21),  # how often the clock is stopped
    crops=(256, 1024, 1024),  # of photographs, for Extra F
    repair=(1, 12, 12),  # its epochs
    shared=(1, 6, 6),  # epochs of Extra G
)
settings

# %%
quiz("05.recall")

# %% [markdown]
# ## 1. Three stages
#
# This way of training is called **NoGAN** ([Antic, 2019](https://github.com/jantic/DeOldify#what-is-nogan)). It has
# three stages:
#
# 1. The generator learns alone, with an ordinary loss. Its colors are dull.
# 2. The critic learns alone to tell these dull pictures from real ones.
# 3. Both learn together, for a few hundred batches only. This is the *pinch* of GAN.
#
# It was made for DeOldify, which colors old photographs and films. Its author reports that in films the colors no
# longer flicker.
#
# Why not both together from the start? Look at lesson 03's pix2pix. *Background* is sky, grass and walls, whose
# colors the gray tells:

# %%
beginners = Recorded("ambiguous_pix2pix")
print(f"plain gray: background error {beginners.card['held_out']['gray'][0]['background_error']:.1f}")
for row in beginners.history[:8]:
    print(f"epoch {row['epoch']:.0f}: {row['valid_background_error']:4.1f}")

# %% [markdown]
# The error falls, but it rises again in epoch 4 and in epoch 7. Each network learns from the other's mistakes.
#
# ## 2. A generator on a pretrained encoder
#
# An **encoder** turns a picture into smaller and smaller maps. This one was trained to name what a *gray* picture
# shows, one of the ten classes of CIFAR-10:

# %%
world = data.load("ambiguous", size=32, n=settings.pictures)
encoder = models.load_encoder()
gray, _ = color.to_gray_ab(world.valid[:2])
print(f"{models.count_parameters(encoder):,} parameters; a gray picture is {tuple(gray.shape[1:])}")
for number, maps in enumerate(encoder.features(gray), start=1):
    print(f"level {number}: {maps.shape[1]:3} channels of {maps.shape[2]:2}×{maps.shape[3]} pixels")

# %% [markdown]
# fastai's `DynamicUnet` builds a U-Net on any encoder: wherever the maps get smaller, it adds a skip, and a block on
# the way up. (Extra A looks inside.) Two details matter:
#
# - Its output has no bounds unless you set `y_range=(low, high)`.
# - fastai shows a critic the generator's output and nothing else, and a critic needs L (lesson 03). So our generators
#   give back **[L, ab]**: `nogan.Generator` puts the gray picture in front of ab.
#
# **Exercise.** Build the generator: `DynamicUnet(body, outputs, (height, width), y_range=…)` on a *copy* of the
# encoder's `body`, with two outputs in −1…1, for pictures of `size` × `size`. Put `nogan.Generator` around it.


# %%
def generator(encoder, size):
    """Paints [L, ab]: fastai's DynamicUnet on a copy of the encoder's body."""
    # BEGIN SOLUTION
    body = copy.deepcopy(encoder.body)
    network = DynamicUnet(body, 2, (size, size), y_range=(-1, 1))
    return nogan.Generator(network)
    # END SOLUTION


generator = check("05.generator", generator)

# %%
# hint("05.generator")

# %% [markdown]
# Is pretraining worth it? Two generators of the same form learned with L1 from the same 4,000 photographs of 64 pixels,
# each seen once. One encoder had learned to name 200 kinds of things in gray photographs. The other was random. Three
# recorded seeds, and pictures of the first:

# %%
predict("05.pretrained")

# %%
beginning = Sweep("photo_pretrained")
beginning.table("ab_error", "colorfulness")

# %%
painted = beginning.pictures()
plots.pictures(
    [pictures[:5] for pictures in painted.values()],
    row_titles=tuple(painted),
    alt="Five small photographs in three rows: painted by the pretrained generator, by the random one, both dull, and "
    "in truth.",
)

# %%
saw("05.pretrained")

# %% [markdown]
# ## 3. Stage 1 with fastai
#
# We train on the world `ambiguous`, whose objects may be red, blue or green. In fastai
# ([Howard and Gugger, 2020](https://arxiv.org/abs/2002.04688)) a **Learner** holds the batches, the network, the loss
# and the optimizer. The batches come from `DataLoaders`. Ours give pairs of gray and [L, ab].
#
# Published NoGAN trains in **growing sizes**: 64, 128, 192 pixels. Ours are 16 and 32, here 16:

# %%
folder = Path(tempfile.mkdtemp())  # where learners leave their files
shrunk = stages.shrunk(world, 16)
loaders = nogan.dataloaders(shrunk, batch_size=64, path=folder)
loaders.show_batch(max_n=6)

# %% [markdown]
# The **rate finder** ([Smith, 2015](https://arxiv.org/abs/1506.01186)) raises the learning rate batch by batch and
# notes the loss. Take a rate where the loss falls steeply, well before its lowest point:

# %%
painter = seeded(0, nogan.unet, encoder, 32, blur=True, stages=3)  # on three levels: a fifth of the parameters
learner = nogan.generator_learner(loaders, painter)
with nogan.silent(learner):
    learner.lr_find(num_it=settings.search, show_plot=False)
rates = [float(rate) for rate in learner.recorder.lrs]
heights = [float(loss) for loss in learner.recorder.losses]
with plots.drawing(1, 1, (8.6, 2.6)) as (canvas, panel):
    panel.semilogx(rates, heights)
    panel.axvline(3e-3, color="0.4", linestyle=":")
    panel.set(title="the loss while the rate is raised (dotted: 0.003)", xlabel="learning rate", ylabel="L1")
    lowest = rates[heights.index(min(heights))]
    alt = f"The loss begins at {heights[0]:.2f} and is lowest, {min(heights):.2f}, at a rate of {lowest:.0e}."
    figure = plots.Figure(canvas, alt)
figure

# %% [markdown]
# 0.003 will do. **One-cycle** ([Smith and Topin, 2017](https://arxiv.org/abs/1708.07120)) raises the rate to this
# value, then lowers it to nearly 0. **Freeze** keeps the encoder as it is while the new blocks are still random.
# **Unfreeze** lets all layers learn, here the first ones at a tenth of the rate.

# %%
seconds, began = {}, time.perf_counter()
learner.freeze()
with nogan.silent(learner):
    learner.fit_one_cycle(1, 3e-3)
    learner.unfreeze()
    learner.fit_one_cycle(settings.small, slice(3e-4, 3e-3))

# %% [markdown]
# Now it learns from pictures of 32 pixels. Only the loaders change:

# %%
learner = nogan.generator_learner(nogan.dataloaders(world, 64), painter)
learner.unfreeze()
learner.fit_one_cycle(settings.whole, slice(3e-4, 3e-3))
seconds["stage 1"] = time.perf_counter() - began

# %%
learner.show_results(max_n=6)

# %% [markdown]
# Sky, grass and walls have their colors. The objects are brown: L1's median. (At `quick` nothing is learned yet.)
#
# ## 4. Stage 2: the critic alone
#
# The critic learns to tell real pictures from painted ones, like any classifier. The generator does not learn, so its
# paintings are made once and kept in a file:

# %%
began = time.perf_counter()
file = nogan.save_generated(painter, world, folder / "generated.safetensors")
critic = seeded(0, nogan.critic, 32, 0.125)  # the published one, an eighth as wide
judge = nogan.critic_learner(nogan.critic_dataloaders(file, batch_size=64), critic)
judge.fit_one_cycle(1, 5e-4)
seconds["stage 2"] = time.perf_counter() - began
judge.show_results(max_n=6)

# %% [markdown]
# *accuracy_thresh_expand* is the share of held-out pictures that the critic judged right. Should it learn until it is
# right about all of them?

# %%
predict("05.critic_first")

# %% [markdown]
# Recorded, three seeds: a critic trained as above, and a *sure* one, trained twice as long at twice the rate. 20
# batches of stage 3 follow:

# %%
card = stages.card("nogan_ambiguous")
kinds = {"as above": card["stages"], "sure critic": card["variants"]["sure critic"]["stages"]}
for kind, reports in kinds.items():
    for seed, report in zip(card["seeds"], reports, strict=True):
        before, after = (row["background_error"] for row in report["stage_3"]["elsewhere"][:2])
        told = f"right about {report['stage_2']['accuracy']:.0%}; background error {before:.1f} → {after:.1f}"
        print(f"{kind:11} seed {seed}: {told}")

# %%
recorded = stages.recorded("nogan_ambiguous")
rows = {"stage 1": recorded.pictures[0], "as above": recorded.pictures[20]}
rows["sure critic"] = recorded.colored("sure critic")
plots.pictures(
    [pictures[:4] for pictures in rows.values()],
    row_titles=tuple(rows),
    alt="Four pictures after stage 1, and after 20 batches of stage 3. With the critic as above little has changed; "
    "with the sure one the sky glows along the hills, hills are bright green, and walls are red.",
)

# %%
saw("05.critic_first")

# %% [markdown]
# So here the critic learns for one epoch only. This holds for our small world and its high rates. DeOldify's critic
# trains longer, but its generator learns at a thirtieth of our rate.
#
# ## 5. Stage 3: both together
#
# fastai's `GANLearner` trains both. Its settings, here and as published:
#
# | | here | DeOldify |
# |---|---|---|
# | the critic before (stage 2) | 1 epoch at 0.0005 | 6 epochs at 0.001 and 4 at 0.0001 |
# | who learns | the critic until its loss is below 0.65, then the generator for one batch | the same |
# | what the generator minimizes | the critic's verdict + 60 × L1 | the verdict + 1.5 to 2 × a feature loss (Extra B) |
# | the generator's rate | 0.0003, constant | 0.00001, constant |
# | the critic's rate | 2 times that | 5 times that |
# | momentum of Adam | none | none |
# | how long | 300 batches of 32 | 1 to 3 % of ImageNet's 1.28 million photographs |
# | encoder | 3 levels of a small one | ResNet-34 (model *artistic*), ResNet-101 (*stable*, *video*) |
#
# Every 20 batches we keep a **snapshot** of the generator. You will choose one of them by one half of the held-out
# pictures, and report on the other half.

# %%
choosing, reporting = world.valid_scenes[::2], world.valid_scenes[1::2]
watched = stages.watched(choosing, reporting)
snapshots = Snapshots(watched, every=settings.every, last=settings.pinch, show=Film(choosing))
began = time.perf_counter()
learner = nogan.generator_learner(nogan.dataloaders(world, 32), painter)
both = nogan.gan_learner(learner, judge, weights=(1, 60), threshold=0.65, critic_rate=2, cbs=[snapshots])
with nogan.silent(both):
    both.fit(100, 3e-4)  # the snapshots end it
seconds["stage 3"] = time.perf_counter() - began
print(", ".join(f"{name} {taken:.0f} s" for name, taken in seconds.items()))

# %%
live = stages.measured(snapshots, choosing, reporting)
pinch = stages.watched_or_recorded(live, "nogan_ambiguous")
film_strip(
    {f"batch {batch}": pictures[:4] for batch, pictures in pinch.pictures.items()},
    alt="Four pictures at eight snapshots from stage 1 to the last. At first all objects are brown; later cars and "
    "doors have colors, and some walls have stains.",
)

# %% [markdown]
# Which batch would *you* stop at? Write it down here:

# %%
by_eye = None  # for example 100

# %% [markdown]
# Does a loss tell when to stop? Here is each network's loss, in the batches in which it learned:

# %%
for who, values in pinch.losses.items():
    values = torch.tensor(list(values.values()))
    means = " → ".join(f"{third.mean():.2f}" for third in values.tensor_split(3))
    print(f"the {who}'s loss, mean of each third: {means}")

# %% [markdown]
# And stage 1's loss, L1, on held-out pictures at each snapshot?

# %%
predict("05.best_loss")

# %%
for batch, row in list(pinch.rows.items())[::3]:
    print(f"batch {batch:3}: held-out L1 {row['l1']:.4f}, {row['chroma_share']:.0%} of the true chroma")
print("lowest L1 of all snapshots: batch", min(pinch.rows, key=lambda batch: pinch.rows[batch]["l1"]))

# %%
saw("05.best_loss")

# %% [markdown]
# No loss tells when to stop. Both networks' losses change little while the chroma doubles, and L1 is lowest where the
# objects are brown. So measure what you want: **chroma**. Measure what you fear: **glitches**, specks and glows that
# nothing in the picture explains. `stops.glitches` counts pixels far from their neighbors' color where the gray is
# smooth, and pixels that no screen can show. It needs no truth. Does it find glitches that we add?

# %%
gray, ab = color.to_gray_ab(reporting.pictures)
planted = ab.clone()
planted[:, :, 4::8, 4::8] += 0.3  # every 64th pixel
for name, colors in {"true colors": ab, "one pixel in 64 changed": planted}.items():
    print(f"{name:24} {stops.glitches(gray, colors).float().mean():.2%} glitches")

# %% [markdown]
# It finds about half of them.
#
# **Exercise.** Choose the stop. `rows` has a dict for each batch, with `chroma_share` (1 is the truth) and `glitches`.
# Batch 0 is stage 1. Keep the snapshots with at most stage 1's glitches plus `tolerance`. Of these return the batch
# whose chroma is nearest to the truth.


# %%
def choose_stop(rows, tolerance=0.02):
    """The batch whose chroma is nearest to the truth, among the snapshots that are clean enough."""
    # BEGIN SOLUTION
    limit = rows[0]["glitches"] + tolerance
    clean = [batch for batch in rows if rows[batch]["glitches"] <= limit]
    return min(clean, key=lambda batch: abs(1 - rows[batch]["chroma_share"]))
    # END SOLUTION


choose_stop = check("05.choose_stop", choose_stop)

# %%
# hint("05.choose_stop")

# %%
stop = choose_stop(pinch.rows)
chosen = {"stage 1": 0, "the stop": stop} | ({"by eye": by_eye} if by_eye in pinch.rows else {})
print("on the other half   batch  of true chroma  glitches  background error")
for name, batch in chosen.items():
    row = pinch.elsewhere[batch]
    print(f"{name:19} {batch:5} {row['chroma_share']:15.0%} {row['glitches']:9.2%} {row['background_error']:17.1f}")

# %%
plots.pictures(
    [pictures[:4] for pictures in (*(pinch.pictures[batch] for batch in chosen.values()), pinch.truth)],
    row_titles=(*chosen, "truth"),
    alt="Four pictures: after stage 1, with right surroundings and brown objects; at the stop, where many objects have "
    "a clear color and some walls are stained beside a door; and the truth. (At `quick` these are the recorded ones.)",
)

# %% [markdown]
# There is more than twice the chroma, and a little more background error. But nearly all cars have one color, and
# nearly all doors, too: see Extra C.
#
# **The published stop** is chosen by eye: the last snapshot before skin turns orange and glitches begin. DeOldify's
# author calls it the *inflection point*. The training loss was still falling there: no loss told him to stop.

# %% [markdown]
# ## 6. Photographs
#
# The same three stages on photographs of 64 pixels, recorded. The encoder knows 200 kinds of things. Stage 1 took a
# feature loss (Extra B). Here we fear wrong colors: the ab error may be 1 Lab unit above gray's, at most. The stop was
# chosen on 160 photographs. These numbers are of others:

# %%
photos_card = card_of("photo_nogan")
report, held = photos_card["stages"][0]["stage_3"], photos_card["held_out"]
print(f"gray: ab error {held['gray'][0]['ab_error']:.1f}; the stop is batch {report['stop']}")
for row in report["elsewhere"][::2]:
    share = row["colorfulness"] / held["truth"][0]["colorfulness"]
    print(f"batch {row['batch']:3}: ab error {row['ab_error']:.1f}, {share:.0%} of the true colorfulness")

# %%
shown = {name: list(stages.photograph(name).values()) for name in ("rocket", "chelsea")}
plots.pictures(
    [[*versions, data.photographs()[name]] for name, versions in shown.items()],
    titles=("batch 0", f"batch {report['stop']}", f"batch {report['elsewhere'][-1]['batch']}", "truth"),
    alt="A rocket at night and a cat. After stage 1 both are brownish gray. At the stop the sky is blue as in truth, "
    "the lamps have red rims, and the cat is greenish. At the last batch the sky is paler, and the cat is all yellow.",
)

# %% [markdown]
# On these others the stop is more than 1 above gray: its numbers flattered it. And color comes and goes: it is strong
# at batch 200 and weak at 240. At the last batch the cat is yellow. A mean over many photographs does not show that.

# %%
networks = {"l1": "photo_l1", "pix2pix": "photo_pix2pix", "nogan": "photo_nogan", "truth": None}
photographs.loss_quiz("05.which_loss_photo", networks, "china")

# %% [markdown]
# ## 7. Quiz and take-away

# %%
quiz("05.take_away")

# %%
progress()

# %% [markdown]
# **Take-away.** Let each network learn alone first, the critic only briefly. Then train both together for a short time,
# and keep snapshots. No loss tells when to stop. Measure what you want and what you fear. Choose on one part of the
# held-out pictures, and report on another.
#
# Next: **06 The comparison** puts all systems side by side, and colors your own photographs.

# %% [markdown]
# ## Extra A. Inside DynamicUnet
#
# Here is a U-Net on the first three levels of the encoder. A *hook* (PyTorch's word) prints what goes into each block,
# and what comes out:

# %%
unet = nogan.unet(encoder, 32, blur=True, stages=3).network
blocks = [module for module in unet.layers if type(module).__name__ == "UnetBlock"]
for block in blocks:
    block.register_forward_hook(
        lambda block, given, result: print(
            f"{tuple(given[0].shape[1:])} from below, {tuple(block.hook.stored.shape[1:])} by a skip"
            f" → {tuple(result.shape[1:])}"
        )
    )
gray, _ = color.to_gray_ab(world.valid[:2])
painted = unet(gray)
print(f"out: {tuple(painted.shape[1:])}, a and b")

# %% [markdown]
# The third level's map is the bottom. Each block doubles the map from below and joins it with the encoder's map of that
# size. Three levels, two blocks.
#
# How does a block double the size? By **PixelShuffle** ([Shi and others, 2016](https://arxiv.org/abs/1609.05158)). A
# 1×1 convolution makes four channels for each one that is wanted, and their pixels are laid side by side:

# %%
small_maps = torch.arange(16.0).view(1, 4, 2, 2)
shuffled = torch.nn.functional.pixel_shuffle(small_maps, 2)
with plots.drawing(1, 5, (8.6, 2.4), width_ratios=(1, 1, 1, 1, 2)) as (canvas, panels):
    for panel, maps in zip(panels, [*small_maps[0], shuffled[0, 0]], strict=True):
        panel.imshow(maps // 4, cmap="cividis", vmin=0, vmax=5)
        panel.set(xticks=[], yticks=[])
        for row, values in enumerate(maps.int().tolist()):
            for column, value in enumerate(values):
                panel.text(column, row, value, ha="center", va="center", color="white")
    panels[0].set_title("four channels of 2×2")
    panels[4].set_title("one of 4×4")
    made = shuffled[0, 0].int().tolist()
    figure = plots.Figure(
        canvas, f"Four maps of 2 by 2 numbers, 0 to 15, each in its own shade; they make one map: {made}."
    )
figure

# %% [markdown]
# Neighbors in the result come from *different* channels. Where these disagree, a **checkerboard** appears. There are
# two remedies. The four channels start out equal, which fastai calls ICNR
# ([Aitken and others, 2017](https://arxiv.org/abs/1707.02937)). And `blur=True` takes the mean of neighbors.
#
# What does `y_range` do? Here is a network with and without it, on an input that is far too strong:

# %%
loud = 100 * gray
body = copy.deepcopy(encoder.body[:3])
for bounds in (None, (-1, 1)):
    network = seeded(0, DynamicUnet, body, 2, (32, 32), y_range=bounds).eval()
    low, high = network(loud).aminmax()
    print(f"y_range={bounds}: from {low.item():.1f} to {high.item():.1f}")

# %% [markdown]
# ## Extra B. The feature loss
#
# An encoder can also judge a generator. Show it the painting and the truth, and compare the maps that it makes of both.
# Each map's difference gets a weight, and the L1 of the colors is added. This is the **feature loss**, or *perceptual
# loss* ([Johnson and others, 2016](https://arxiv.org/abs/1603.08155)). Published NoGAN takes three maps of a large
# network with the weights 20, 70 and 10.
#
# Our encoder knows gray pictures only, and the gray is the same in both. So it looks at red, green and blue one after
# the other:


# %%
class Eyes(torch.nn.Module):
    """What the encoder's first three levels make of [L, ab] pictures: a list of maps."""

    def __init__(self, encoder):
        super().__init__()
        self.look = nogan.FeatureLoss(encoder, features=(1, 1, 1))

    def forward(self, lab):
        return self.look.maps(lab)


eyes = Eyes(encoder)
photos = data.load("photos", size=32, n=400).valid[:16]
gray, ab = color.to_gray_ab(photos)
truth = torch.cat([gray, ab], dim=1)
for number, maps in enumerate(eyes(truth), start=1):
    print(f"map {number}: {tuple(maps.shape)} for {len(truth)} photographs")

# %% [markdown]
# **Exercise.** Write the loss. `eyes(lab)` gives the list of maps, and `weights` has a number for each. Add up the L1
# between the colors, and each weight times the mean absolute difference of the two maps. The gradient must reach the
# *painting* through the eyes. The eyes must not learn: use `with frozen(eyes):` as in lesson 03.


# %%
def feature_loss(painted, truth, eyes, weights):
    """L1 between the colors, plus L1 between what the eyes make of both, each map with its weight."""
    # BEGIN SOLUTION
    with torch.no_grad():
        wanted = eyes(truth)
    with frozen(eyes):
        seen = eyes(painted)
    loss = (painted - truth)[:, 1:].abs().mean()
    for weight, mine, theirs in zip(weights, seen, wanted, strict=True):
        loss = loss + weight * (mine - theirs).abs().mean()
    return loss
    # END SOLUTION


feature_loss = check("05.feature_loss", feature_loss)

# %%
# hint("05.feature_loss")

# %% [markdown]
# What does each term see? We change the colors of 16 crops of photographs in six ways. Each change is made so strong
# that the L1 of the colors is 0.05. To L1 all six are equally wrong.

# %%
dice = torch.Generator().manual_seed(0)
blurred = torch.nn.functional.avg_pool2d(ab, 21, 1, 10, count_include_pad=False)
changed = {
    "duller": 0 * ab,
    "a brown veil": ab + 0.2,
    "another hue": torch.stack([-ab[:, 1], ab[:, 0]], dim=1),
    "moved by 2 pixels": ab.roll(2, dims=-1),
    "washed out": blurred,
    "specks": ab + torch.randn(ab.shape, generator=dice),
}
print("changed            L1 of colors  map 1  map 2  map 3")
for name, colors in changed.items():
    changed[name] = ab + 0.05 * (colors - ab) / (colors - ab).abs().mean()
    lab = torch.cat([gray, changed[name]], dim=1)
    terms = [feature_loss(lab, truth, eyes, weights) - 0.05 for weights in torch.eye(3).tolist()]
    print(f"{name:18}         0.05 ", "  ".join(f"{term:.3f}" for term in terms))

# %%
plots.pictures(
    [photos[:6], *(color.from_gray_ab(gray[:6], colors[:6]) for colors in changed.values())],
    row_titles=("truth", *changed),
    alt="Six crops of photographs in their true colors and changed in six ways: duller, with a brown veil, in another "
    "hue, with colors moved aside, with colors washed out over edges, and with colored specks.",
)

# %% [markdown]
# In each map, color in the *wrong place* (moved, washed out, specks) costs at least twice as much as color that is
# wrong everywhere (duller, veil, hue). So a feature loss keeps color inside its edges. It does not cure dullness, which
# costs little.

# %% [markdown]
# ## Extra C. Two doors, one color
#
# In the drawn world each object's color is thrown by itself. Two doors in one picture may differ. How does NoGAN paint
# them after stage 3?

# %%
predict("05.one_color")

# %%
held_out = data.load("ambiguous", 32, 2048).valid_scenes[1::2]  # the recorded runs' half to report on
gray, truth = color.to_gray_ab(held_out.pictures)
colors = {"the truth": truth}
for name in ("pix2pix", "wgan_gp"):
    colors[name] = models.paint(Recorded(f"ambiguous_{name}").generator, gray)
print("of all pairs of objects in one picture so many have the same color:")
for name, ab in colors.items():
    print(f"  {name:14} {stages.alike(stages.objects_of(ab, held_out), held_out):.0%}")
for seed, report in zip(card["seeds"], card["stages"], strict=True):
    at = {row["batch"]: row for row in report["stage_3"]["elsewhere"]}
    first, last = at[0], at[report["stage_3"]["stop"]]
    print(f"  NoGAN, seed {seed}  after stage 1 {first['alike']:.0%}, at the stop {last['alike']:.0%}")

# %%
late = [batch for batch in recorded.pictures if batch >= 200]
plots.pictures(
    [recorded.pictures[batch][:4] for batch in late],
    row_titles=tuple(f"batch {batch}" for batch in late),
    alt="Four pictures at the snapshots from batch 200 on. All cars change together, from teal over violet to blue. "
    "Doors are brown at first, and all red at the end.",
)

# %%
saw("05.one_color")

# %% [markdown]
# After NoGAN at least four pairs of five have one color. In truth it is about one pair of three. Look down the columns:
# all cars turn teal, violet and blue together.
#
# NoGAN's generator has no noise, so it has one answer to what it sees, and two doors look alike. DeOldify's author saw
# something like it. His models, even differently trained ones, kept giving much the same colors, also for clothing and
# cars, where he had expected chance. In a film this is what one wants: a car keeps its color from picture to picture.
#
# The loss quiz of the drawn world, with NoGAN among the rows:

# %%
networks = {name: Recorded(f"ambiguous_{name}").generator for name in ("l1", "pix2pix", "wgan_gp")}
stop_of_record = f"batch {stops.propose(recorded.rows).batch}"
quiz_gray, nogan_ab = (recorded.paintings[name][4:] for name in ("gray", stop_of_record))
painted = {name: models.paint(network, quiz_gray) for name, network in networks.items()}
painted |= {"nogan": nogan_ab, "truth": recorded.paintings["truth"][4:]}
paintings = {name: color.from_gray_ab(quiz_gray, ab) for name, ab in painted.items()}
table = metrics.evaluate(networks, held_out, names=("chroma", "background_error"))
measured = {name: table[name] for name in (*networks, "truth")} | {"nogan": card["held_out"]["nogan_ambiguous"][0]}
loss_quiz("05.which_loss", paintings, measured)

# %% [markdown]
# ## Extra D. The cycle once more
#
# Published NoGAN repeats stages 2 and 3. The critic learns to tell the *new* paintings from real ones. Then both train
# together once more. The 1 to 3 % of section 5 are *one* cycle. In stage 3 the model *video* saw 2.2 % of ImageNet in
# one cycle, *stable* 7 % after 3 repeats, and *artistic* 32 % after 5. The repeats made *artistic* more colorful, and
# its colors "increasingly inconsistent". Here is a second cycle from the stop of your own training:

# %%
before = choose_stop(live.rows)
painter.load_state_dict(snapshots.states[before])
file = nogan.save_generated(painter, world, file)
judge = nogan.critic_learner(nogan.critic_dataloaders(file, batch_size=64), critic)
with nogan.silent(judge):
    judge.fit_one_cycle(1, 5e-4)
print(f"from batch {before}; the critic is right about {judge.recorder.values[-1][-1]:.0%} of the new pairs")

# %%
second = Snapshots(watched, every=settings.every, last=settings.again)
learner = nogan.generator_learner(nogan.dataloaders(world, 32), painter)
both = nogan.gan_learner(learner, judge, weights=(1, 60), threshold=0.65, critic_rate=2, seed=1, cbs=[second])
with nogan.silent(both):
    both.fit(100, 3e-4)
again = stages.measured(second, choosing, reporting)
start = again.rows[0]["glitches"]  # has some already: the limit is still stage 1's
after = choose_stop(again.rows, tolerance=live.rows[0]["glitches"] + 0.02 - start)

# %%
print("on the other half  batch  of true chroma  glitches  background error   near red, blue, green")
for name, seen, batch in (("stage 1", live, 0), ("first stop", live, before), ("second stop", again, after)):
    row, near = seen.elsewhere[batch], metrics.palette_use(torch.tensor(seen.objects[batch]).float(), reporting.palette)
    shares = ", ".join(f"{share:.0%}" for share in near)
    print(
        f"{name:18} {batch:5} {row['chroma_share']:15.0%} {row['glitches']:9.2%}"
        f" {row['background_error']:17.1f}   {shares}"
    )

# %% [markdown]
# A second cycle brings little here, or nothing (its stop is batch 0). The author of DeOldify saw gains for about five
# repeats. (At `quick` neither cycle has learned anything.)

# %% [markdown]
# ## Extra E. Spectral norm and self-attention, on and off
#
# Published NoGAN generators have two additions. Our critic has both, our generators had neither.
#
# - **Spectral norm** ([Miyato and others, 2018](https://arxiv.org/abs/1802.05957)) divides a layer's weights by the
#   largest factor by which they can stretch an input. It limits the slope, as in lesson 04, but layer by layer and
#   without a penalty. (It limits what a kernel does to *one patch*. Patches overlap, so a whole 3×3 layer may still
#   stretch a picture up to three times.)
# - **Self-attention** ([Zhang and others, 2018](https://arxiv.org/abs/1805.08318)) lets each place take something from
#   every other place, most from those that are like it. A 3×3 convolution sees its neighbors only.
#
# First the stretching. Write a kernel as a matrix $W$, with a row for each map that comes out. It turns a patch $x$
# into $W x$. Take all $x$ of length 1: the length of the longest $W x$ is the largest **singular value** of $W$. There
# is a cheap way to compute it. Multiply any vector by $W$ and by its transpose, again and again. It turns into the
# direction that is stretched most.

# %%
little = seeded(0, models.build, "encoder", 32, 0.25)
plain = seeded(0, nogan.unet, little, 32, blur=True)
matrix = plain.network.layers[3][0][0].weight.detach().flatten(1)  # the first convolution after the encoder
print(f"a matrix of {len(matrix)} × {len(matrix[0])}; its largest singular value:")
exactly = torch.linalg.svdvals(matrix)[0]

to = torch.ones(len(matrix))
for turn in range(1, 31):
    back = torch.nn.functional.normalize(matrix.T @ to, dim=0)
    to = torch.nn.functional.normalize(matrix @ back, dim=0)
    if turn in (1, 3, 10, 30):
        print(f"   {to @ matrix @ back:.3f} after going there and back {turn} times")
print(f"   {exactly:.3f} exactly; of the matrix divided by it {torch.linalg.svdvals(matrix / exactly)[0]:.3f}")

# %% [markdown]
# Spectral norm takes *one* such turn in each training step, and goes on from the result of the step before. The weights
# change slowly, so this is nearly exact. Which layers of the generator get it?

# %%
kinds = {
    "neither": {},
    "spectral norm": {"spectral": True},
    "self-attention": {"attention": True},
    "both": {"spectral": True, "attention": True},
}
unets = {name: seeded(0, nogan.unet, little, 32, blur=True, **looks) for name, looks in kinds.items()}


def convolutions(unet):
    """Its convolutions by name: those of the encoder, those of self-attention, and the others."""
    parts = {"encoder": [], "attention": [], "others": []}
    for name, layer in unet.network.named_modules():
        if isinstance(layer, torch.nn.Conv1d | torch.nn.Conv2d):
            inner = "attention" if isinstance(layer, torch.nn.Conv1d) else "others"  # it sees a picture as one line
            parts["encoder" if name.startswith("layers.0.") else inner].append(layer)
    return parts


# %%
for name, unet in unets.items():
    counts = {
        part: f"{sum(hasattr(layer, 'weight_orig') for layer in layers)} of {len(layers)}"
        for part, layers in convolutions(unet).items()
    }
    told = ", ".join(f"{part} {count}" for part, count in counts.items() if not count.endswith(" 0"))
    print(f"{name:15} {models.count_parameters(unet, statistics=False):,} parameters; spectral norm: {told}")

# %% [markdown]
# `spectral=True` reaches each convolution that DynamicUnet adds, and **none of the encoder's**, which it takes as they
# are. Self-attention always brings spectral norm for its own three 1×1 convolutions. It stands at one place only: after
# the first doubling, where the map has 8×8 places. That makes 64 × 64 pairs of places. On the full picture it would be
# a million. (fastai puts it after the third doubling from the end. A generator on *three* levels has two doublings, so
# it gets none.)
#
# What do both bring *here*? Stage 1 on the world, the same pictures in the same order, one seed:

# %%
small = data.load("ambiguous", 32, settings.look)
gray, truth = color.to_gray_ab(small.valid)
for name, unet in unets.items():
    dls = nogan.dataloaders(small, 32)
    learner = nogan.generator_learner(dls, unet)
    with nogan.silent(learner):
        learner.fit_one_cycle(settings.look_epochs, 3e-3)
    unet.cpu().eval()
    off = losses.l1(models.paint(unet, gray)[:, 1:], truth)
    print(f"{name:15} held-out L1 after {settings.look_epochs * len(dls.train)} batches: {off:.4f}")

# %% [markdown]
# Neither addition makes stage 1 better here. (One seed says little, and the few batches of `quick` say nothing.)
#
# Did the limit hold while the weights were learning? And is self-attention in use? It gives its input plus γ times what
# it has gathered. γ is learned, too. It starts at 0, which means switched off.

# %%
for name in ("neither", "spectral norm"):
    matrices = [layer.weight.detach().flatten(1) for layer in convolutions(unets[name])["others"]]
    largest = sorted(torch.linalg.svdvals(matrix)[0].item() for matrix in matrices)
    print(f"{name:15} largest singular values from {largest[0]:.2f} to {largest[-1]:.2f}")


for name in ("self-attention", "both"):
    (layer,) = [part for part in unets[name].modules() if isinstance(part, nogan.SelfAttention)]
    print(f"{name:15} γ is {layer.gamma.item():.4f}")

# %% [markdown]
# The limit nearly holds: the values are 1 or slightly more, since the estimate is a little older than the weights.
# Without it nothing limits them. And γ is still nearly 0: in so few batches self-attention has not come into use.
#
# What do they cost? The four take turns on one batch, forward and back, so that other work of your machine slows all of
# them alike:

# %%
gray, ab = color.to_gray_ab(small.train[:32])
lab = torch.cat((gray, ab), dim=1)
took = {name: [] for name in unets}
for _ in range(settings.look_turns):
    for name, unet in unets.items():
        started = time.perf_counter()
        losses.l1(unet.train()(gray), lab).backward()
        took[name].append(time.perf_counter() - started)
for name, seconds in took.items():  # the fastest turn is the least disturbed one
    print(f"{name:15} {min(seconds):.3f} s a batch, {min(seconds) / min(took['neither']):.2f} times that of neither")

# %% [markdown]
# Why were both published then? Those trainings were far longer, with a critic and on larger pictures, where an object
# is wider than a few convolutions can see. At 32 pixels the innermost map has 4×4 places, and two 3×3 convolutions
# reach across most of it.

# %% [markdown]
# ## Extra F. Write `crappify`
#
# Old photographs are not only gray. They are noisy, scratched and faded. To train a repair one needs pairs of a damaged
# and a whole photograph. So take good pictures and **damage them yourself**. fast.ai calls this *crappify*, and the way
# back *decrappify* ([Antic, Howard and Manor, 2019](https://www.fast.ai/posts/2019-05-03-decrappify.html)). You have
# done it since lesson 01: to take the color away is a damage, too.
#
# The function that damages decides what the network learns to repair. The one here adds noise. `dice` (a
# `torch.Generator`) gives its random numbers. `scratches` is a damage that the first training will *not* show.
#
# **Try it.** First run this section as it is. Then write a `crappify` of your own (dark specks, a lost corner, a fold,
# fading) and run it once more. It takes and gives gray pictures, N×1×H×W in −1…1.


# %%
def crappify(gray, dice):
    """Damaged gray pictures: each pixel's L is off by 10 units or so."""
    noise = torch.randn(gray.shape, generator=dice)
    return (gray + 0.2 * noise).clamp(-1, 1)


def scratches(gray, dice):
    """Four white scratches from top to bottom, elsewhere in each picture."""
    columns = torch.rand(len(gray), 1, 1, gray.shape[-1], generator=dice).argsort(dim=-1)
    return torch.where(columns < 4, 1.0, gray)


def either(gray, dice):
    """One damage or the other, each picture by a coin."""
    heads = torch.rand(len(gray), 1, 1, 1, generator=dice) < 0.5
    return torch.where(heads, crappify(gray, dice), scratches(gray, dice))


# %% [markdown]
# Here are crops of the photographs that came with your libraries. The held-out ones are of other photographs. What is
# each damage like?

# %%
crops = data.load("photos", 32, settings.crops)
clean, _ = color.to_gray_ab(crops.valid)
damages = {
    "crappify": crappify,
    "scratches": scratches,
    "both at once": lambda gray, dice: scratches(crappify(gray, dice), dice),
    "none": lambda gray, dice: gray,
}
damaged = {name: damage(clean.clone(), torch.Generator().manual_seed(1)) for name, damage in damages.items()}
for name, gray in damaged.items():
    assert gray.shape == clean.shape and gray.abs().max() <= 1, f"{name} must keep the shape, and −1…1."


# %%
def in_gray(gray):
    """Gray pictures to look at."""
    return color.from_gray_ab(gray, torch.zeros_like(gray).expand(-1, 2, -1, -1))


plots.pictures(
    [in_gray(gray[:6]) for gray in damaged.values()],
    row_titles=tuple(damaged),
    alt=f"Six held-out crops of photographs in gray, a row for each damage: {', '.join(damaged)}.",
)

# %% [markdown]
# In fastai the damage is a **callback**, a piece of code that steps into the training. Just before a batch reaches the
# network, it changes the input and leaves the truth alone. The network is a small U-Net, and its truth is the whole
# [L, ab]: it repairs and colors at once. The loss is L1, without a critic.


# %%
class Damage(Callback):
    """Shows the network damaged pictures, with fresh random numbers for each batch."""

    def __init__(self, damage):
        self.damage, self.dice = damage, torch.Generator().manual_seed(0)

    def before_batch(self):
        (gray,) = self.xb
        self.learn.xb = (self.damage(gray.cpu(), self.dice).to(gray),)


def repairer(damage):
    """A U-Net that was shown pictures with this damage, and asked for the whole ones, in color."""
    network = seeded(0, models.build, "pix2pix", 32, 0.25, levels=3, dropout=0, outputs="lab")
    dls = nogan.dataloaders(crops, 32)
    learner = Learner(dls, network, losses.l1, cbs=[nogan.SameOrder(), Damage(damage)])
    with nogan.silent(learner):
        learner.fit_one_cycle(settings.repair, 3e-3)
    return network.cpu().eval()


# %%
repairers = {"crappify": repairer(crappify)}


def report():
    """How far L is off on average, of 100: damaged, and after each network's repair."""
    print(f"{'':14}{'damaged':>10}", *(f"{f'repairer of {name}':>22}" for name in repairers))
    for name, gray in damaged.items():
        repaired = [models.paint(network, gray)[:, :1] for network in repairers.values()]
        off = [50 * (each - clean).abs().mean().item() for each in (gray, *repaired)]
        print(f"{name:14}{off[0]:10.1f}", *(f"{value:22.1f}" for value in off[1:]))


report()


# %%
def in_color(who, gray):
    """What a repairer makes of these pictures."""
    lab = models.paint(repairers[who], gray)
    return color.from_gray_ab(lab[:, :1], lab[:, 1:])


rows = {}
for kind in ("crappify", "scratches", "none"):
    some = damaged[kind][:6]
    rows |= {kind: in_gray(some), f"{kind}, repaired": in_color("crappify", some)}
plots.pictures(
    list(rows.values()),
    row_titles=tuple(rows),
    alt="Six held-out crops of photographs in gray, with the damage of crappify, with scratches and with none, each "
    "above what a network makes of them in color that was trained on crappify alone.",
)

# %% [markdown]
# The noise is repaired: L is about half as far off as before. The scratches are not. They are smeared, and L is *worse*
# than before: a network that has never seen a scratch takes it for a part of the picture. And look at the last row of
# the table. Pictures that needed no repair have lost some sharpness, since the network paints every L anew. (The colors
# come from six training photographs, without a cat among them. At `quick` nothing is repaired yet.)
#
# Now show the network both damages, and change nothing else:

# %%
repairers["either"] = repairer(either)
report()

# %%
some = damaged["scratches"][:6]
rows = {"scratches": in_gray(some)} | {f"repairer of {who}": in_color(who, some) for who in repairers}
plots.pictures(
    [*rows.values(), crops.valid[:6]],
    row_titles=(*rows, "truth"),
    alt="Six held-out crops with scratches; repaired and colored by the network that was trained on crappify "
    "alone, and by the one that was trained on either damage; the truth.",
)

# %% [markdown]
# Now the scratches go, too, and the noise is repaired as well as before. Even both at once are repaired, which no
# training picture had. Pictures without damage are still blurred.
#
# **A network repairs the damages that it was shown.** Whoever restores old photographs trains with a list of damages. A
# damage that is not in the list stays in the picture, or gets worse.

# %% [markdown]
# ## Extra G. From one GPU to several
#
# Several GPUs work as several **processes** that run the same script. Each takes its batches from its own part of the
# epoch. Before each step they average their gradients, so all take the same step. With fastai this is one line more,
# `with learner.distrib_ctx():`. In a notebook with two GPUs one would write the following. (It is not run here. In such
# a notebook nothing may have used a GPU or made an `Accelerator` before.)
#
# ```python
# from accelerate import notebook_launcher
#
# def work():
#     learner = …  # all of it, in here
#     with learner.distrib_ctx(in_notebook=True):
#         learner.fit_one_cycle(6, 3e-3)
#
# notebook_launcher(work, num_processes=2)
# ```
#
# Without a GPU you can try the same with two processes on two cores. `torchrun` starts them, so the training is a
# script. It is a small stage 1:

# %%
SCRIPT = """
import sys
import torch
from fastai.basics import num_distrib, patch, rank_distrib
from fastai.distributed import DistributedDL, teardown_distrib
from colorlib import data, models, nogan

@patch  # fastai sends the order of the pictures from process 0 to the others by CUDA alone: here by any device
def _broadcast(self: DistributedDL, places, sender):
    places = torch.tensor(places, device=self.device)
    torch.distributed.broadcast(places, sender)
    return places.tolist()

processes = num_distrib() or 1
dls = nogan.dataloaders(data.load("ambiguous", size=32, n=284), 64 // processes, device="cpu")
torch.manual_seed(0)
learner = nogan.generator_learner(dls, nogan.unet(models.build("encoder", 32, 0.25), 32))
with learner.distrib_ctx(sync_bn=False), nogan.silent(learner):  # only GPUs can share their batch norm
    learner.fit_one_cycle(int(sys.argv[1]), 3e-3)
if rank_distrib() == 0:
    steps, error = len(learner.recorder.losses), learner.recorder.values[-1][1]
    print(f"{steps} steps of {processes} x {dls.bs} pictures; held-out L1 {error:.3f}")
learner.save("stage_1")  # in process 0 alone: fastai sees to that
teardown_distrib()
"""

# %%
(folder / "train.py").write_text(SCRIPT)
torchrun = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node=2"]
launchers = {"one process": [sys.executable], "two processes": torchrun}
if profile.current() == "quick":
    del launchers["one process"]
for name, launcher in launchers.items():
    began = time.perf_counter()
    call = [*launcher, "train.py", str(settings.shared)]
    environment = os.environ | {"ACCELERATE_USE_CPU": "true", "OMP_NUM_THREADS": "1"}
    done = subprocess.run(call, cwd=folder, env=environment, capture_output=True, text=True)
    told = done.stdout.strip() or f"it could not run here: {done.stderr[-300:]}"
    print(f"{name}: {told}; {time.perf_counter() - began:.0f} s with the start of Python")

# %% [markdown]
# Both take the same number of steps of 64 pictures, once as 1 × 64, once as 2 × 32. (At `quick` only the second is
# run.) The errors differ a little, for two reasons. Each process mirrors pictures by random numbers of its own. And its
# **batch norm** knows only its own 32 pictures. (GPUs can share that, CPUs can't.) So if you write "batch size 64"
# about several processes, say whether each had 64 or all together.
#
# For a GPU there is a larger encoder, too. `nogan.resnet34()` downloads torchvision's ResNet-34
# ([He and others, 2015](https://arxiv.org/abs/1512.03385); 83 MB) and changes it to gray pictures.
# `nogan.unet(nogan.resnet34(), 64, blur=True)` builds a generator on it, for pictures of 64 pixels and more.
