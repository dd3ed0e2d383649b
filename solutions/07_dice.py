# %% [markdown]
# # Dice that can be audited: flow matching
#
# **After these {minutes} minutes you will be able to**
#
# - write the loss of flow matching, and draw samples with it;
# - draw several answers to one gray picture, each in clear colors;
# - audit a network's dice: does each color come as often as it should?
#
# **You need** lessons 02 and 03. No GPU: the long training takes a few minutes. Read on while it runs.
#
# One network colored this gray photograph six times. It began with other random numbers each time:

# %%
import time

import torch
from torch import nn

from colorlib import color, colorize, data, metrics, models, plots, profile, training
from colorlib.course import check, hint, loss_quiz, photographs, predict, progress, quiz, saw
from colorlib.course.lesson_02 import film_strip
from colorlib.course.lesson_07 import choose, choose_answer, dice, flow_in_the_plane, plane
from colorlib.course.recorded import LiveCurves, Recorded, or_recorded
from colorlib.worlds import scenes

photograph = data.photographs()["chelsea"]
six = choose.answers(photograph, "photo_flow")
plots.pictures(
    [six[:3], six[3:]],
    alt="One photograph of a cat in six colorings by one network.",
)

# %%
settings = profile.settings(
    #         quick, laptop, gpu
    plane_steps=(400, 1000, 1000),  # of the small network in sections 2 and 3
    steps=(4, 900, 900),  # training steps on pictures
    asked=(4, 12, 12),  # pictures of the live audit
    throws=(12, 48, 48),  # answers to each of them
    many=(6, 24, 24),  # samples of one photograph, for their mean
)
settings

# %%
quiz("07.recall")

# %% [markdown]
# ## 1. One gray picture, six answers
#
# Where the gray does not tell a color, lesson 02 asked for a **sample**: one of the possible colors, each as often
# as it occurs. A balloon needs one random choice, *one die*, for all of its pixels. Here is a gray picture of balloons
# that are red, blue or green, a third each. We ask three networks of this course six times. The first row shows true
# dice.

# %%
predict("07.six_answers")

# %%
balloons = scenes.draw(1, 32, seed=12, world="ambiguous", kinds=("balloon",))
gray, _ = color.to_gray_ab(balloons.pictures)
names = {
    "L1": "ambiguous_l1",
    "classify, a sample": "ambiguous_classify",
    "pix2pix, dropout on": "ambiguous_pix2pix_dropout",
}
networks = {label: models.load(name) for label, name in names.items()}
rows = {"true dice": dice.true_dice(balloons, [1 / 3] * 3, 6)[:, 0]}
rows |= {label: dice.throws(network, gray, 6)[:, 0] for label, network in networks.items()}
plots.pictures(
    [color.from_gray_ab(gray.expand(6, -1, -1, -1), ab) for ab in rows.values()],
    row_titles=tuple(rows),
    cell=1.1,
    alt="One picture of balloons six times in four rows. True dice: clear red, blue or green balloons, others each "
    "time. L1: six times the same brown. classify: balloons speckled in several colors. pix2pix: nearly the same each "
    "time.",
)

# %%
saw("07.six_answers")

# %% [markdown]
# ## 2. From noise to color
#
# **Flow matching** ([Lipman and others, 2022](https://arxiv.org/abs/2210.02747);
# [Liu and others, 2022](https://arxiv.org/abs/2209.03003)) learns to throw dice. Begin without pictures, with one color
# alone: it is red (70 %), blue (20 %) or green (10 %).
#
# Draw a random point, the *noise*, and one of the colors. Connect them by a straight line, and let the *time* run
# from 0 to 1 along it:
#
# $$\text{place} = (1 - \text{time}) \cdot \text{noise} + \text{time} \cdot \text{color}$$
#
# At time 0 that is the noise, at time 1 the color. On this line the arrow is always the same: color − noise.
#
# A network is shown a place and a time, and guesses the arrow. It sees neither end of the line. Its loss is the squared
# error, so where several lines cross it learns their mean arrow.
#
# **Exercise.** Write this loss. Each row of `colors` (N×2) needs its own noise, from `torch.randn_like`, and its own
# time, from `torch.rand(len(colors), 1)`. `arrows(place, time)` gives the guesses.


# %%
def flow_loss(arrows, colors):
    """The mean squared error of the guessed arrows, at random times between noise and color."""
    # BEGIN SOLUTION
    noise = torch.randn_like(colors)
    time = torch.rand(len(colors), 1)
    place = (1 - time) * noise + time * colors
    return ((arrows(place, time) - (colors - noise)) ** 2).mean()
    # END SOLUTION


flow_loss = check("07.flow_loss", flow_loss)

# %%
# hint("07.flow_loss")

# %% [markdown]
# Train a small network with it. (One unit here is 50 Lab units.)

# %%
palette = torch.tensor(scenes.DEFAULT_PALETTE)
chances = torch.tensor([0.7, 0.2, 0.1])
torch.manual_seed(0)
arrows = plane.Arrows()
optimizer = torch.optim.Adam(arrows.parameters(), lr=6e-3)
one_cycle = training.one_cycle(optimizer, settings.plane_steps)
for _ in range(settings.plane_steps):
    colors = palette[torch.multinomial(chances, 512, replacement=True)] / 50
    loss = flow_loss(arrows, colors)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    one_cycle.step()
print(f"loss {loss.item():.2f}")

# %%
flow_in_the_plane(arrows)

# %% [markdown]
# Move the time (Tab, then the arrow keys). At time 0 all arrows point to one middle place. Later, arrows in different
# parts of the plane point to different colors. Where its noise lay decides which color a point gets. So the noise is
# the die.
#
# ## 3. Sampling
#
# To draw a sample, start at noise and follow the arrows in small steps: ask for the arrow, go a little way along it,
# ask again. (This is Euler's method.)
#
# **Exercise.** Write it. There are `steps` equal steps from time 0 to time 1. The first asks at time 0, the next at
# 1/`steps`. `arrows` wants the time as a tensor N×1: `torch.full((len(noise), 1), …)`.


# %%
def draw(arrows, noise, steps):
    """Follow the arrows from noise, at time 0, to color, at time 1."""
    # BEGIN SOLUTION
    place = noise
    for step in range(steps):
        time = torch.full((len(noise), 1), step / steps)
        place = place + arrows(place, time) / steps
    return place
    # END SOLUTION


draw = check("07.draw", draw)

# %%
# hint("07.draw")

# %%
predict("07.one_step")

# %%
noise = torch.randn(1000, 2, generator=torch.Generator().manual_seed(1))
ends = {}
for steps in (1, 2, 4, 20):
    with torch.no_grad():
        ends[steps] = 50 * draw(arrows, noise, steps)
    distance, nearest = torch.cdist(ends[steps], palette).min(dim=1)
    near = [((nearest == k) & (distance < 20)).float().mean() for k in range(3)]
    a, b = ends[steps].mean(dim=0)
    print(f"{steps:2} steps: red {near[0]:.0%}, blue {near[1]:.0%}, green {near[2]:.0%}; mean a = {a:.0f}, b = {b:.0f}")

# %%
plane.ends_in_the_plane({f"{steps} step{'s'[: steps - 1]}": points for steps, points in ends.items()})

# %%
saw("07.one_step")

# %% [markdown]
# ## 4. On pictures
#
# A picture is one large point: two numbers for each place. The network of arrows becomes a U-Net with two more
# inputs, the time and the *gray picture*. So its arrows lead to colors that fit this gray. The noise is a whole map
# of random numbers. The library's recipe `flow` uses the same loss, and paints with the average of its latest weights.

# %%
world = data.load("ambiguous", size=32, n=2048)
shown = world.valid[:4]
slim = training.laptop("ambiguous_flow") | {"steps": settings.steps}
print(slim)
recipe = training.build("flow", **slim)
print(f"{models.count_parameters(recipe.generator):,} parameters")
watch = LiveCurves("valid_chroma", title="chroma of the objects", pictures=shown, lines={"truth": 56, "L1": 14})
check_on = metrics.validator(world, ("chroma",), n=16)
flow = or_recorded(training.fit(recipe, world.train, validate=check_on, on_epoch=watch), "ambiguous_flow")

# %% [markdown]
# Your `draw` samples pictures, too, with this network's arrows for these gray pictures:

# %%
gray, _ = color.to_gray_ab(shown)
network, stops = flow.generator.network, {}


def picture_arrows(place, time):
    """The network's arrows; on its way each place is kept, to be shown."""
    ab = nn.functional.interpolate(place / network.scale, scale_factor=2.0).clamp(-1, 1)
    stops[f"time {time[0].item():.2f}"] = color.from_gray_ab(gray, ab)
    return network.arrows(place, time.view(-1, 1, 1, 1), gray)


with torch.no_grad():
    draw(picture_arrows, torch.randn(4, 2, 16, 16, generator=torch.Generator().manual_seed(2)), 20)
film_strip(stops, alt="Four pictures on their way from colored noise to clear colors, in eight stops of time.")

# %% [markdown]
# `models.sample` does the same six times:

# %%
samples = models.sample(flow.generator, gray, n=6)
plots.pictures(
    [color.from_gray_ab(one.expand(6, -1, -1, -1), samples[:, i]) for i, one in enumerate(gray)],
    cell=1.3,
    alt="Four gray pictures, each in six samples: sky, grass and walls stay the same. Each object is of one clear "
    "color, red, blue or green, and the color changes from sample to sample.",
)

# %% [markdown]
# From sample to sample an object's color changes. Only the noise differs.
#
# ## 5. The audit
#
# Does each color come as often as it should? On photographs nobody knows. In our world we know the chances, so we can
# **audit** a network: ask for the same picture 48 times, and count.
#
# *Pearson's statistic* says how far the counts are from the expected ones. For each object and color, square the
# difference of the two counts, and divide it by the expected count. Add up all of them.
#
# **Exercise.** Write it. `counts` has a row for each object and a column for each color.


# %%
def pearson(counts, chances):
    """How far the counts are from the expected ones."""
    # BEGIN SOLUTION
    expected = counts.sum(dim=1, keepdim=True) * chances
    return ((counts - expected) ** 2 / expected).sum()
    # END SOLUTION


pearson = check("07.pearson", pearson)

# %%
# hint("07.pearson")

# %% [markdown]
# True dice give about (colors − 1) for each object, added up: the *degrees of freedom*. `dice.audit` also computes
# the *p-value*: how often true dice would give so large a statistic. *undecided* throws are near no palette color.
# *off* is the share of throws that need another color to make the counts right.

# %%
held_out = world.valid_scenes[: settings.asked]
gray, truth = color.to_gray_ab(held_out.pictures)
even = [1 / 3] * 3
answers_of = {
    "true dice": dice.true_dice(held_out, even, settings.throws),
    "flow": models.sample(flow.generator, gray, settings.throws),
    "pix2pix": dice.throws(models.load("ambiguous_pix2pix"), gray, settings.throws),
    "L1": dice.throws(networks["L1"], gray, settings.throws),
}
for name, samples in answers_of.items():
    found = dice.audit(samples, held_out, even)
    shares = " / ".join(f"{share:.0%}" for share in found["frequencies"])
    print(f"{name:10} {shares}, undecided {found['undecided']:.0%}, off {found['off']:.0%}")
    print(f"{'':10} statistic {found['statistic']:.0f} for {found['degrees']} degrees, p = {found['p_value']:.2g}")

# %% [markdown]
# pix2pix gives each picture the same colors every time. Now all systems, recorded:

# %%
audits = dice.Audits()
audits.table("even")

# %% [markdown]
# flow is close to true dice: 11 % of its throws are off, theirs 8 %, by chance. All others have 67 % or more. In the
# last column five of them are better.
#
# Now other chances. In the figure below each dot is a color. On the dotted line its share is right.

# %%
predict("07.minority")

# %%
audits.table("70/20/10")

# %%
audits.reliability()

# %%
saw("07.minority")

# %% [markdown]
# Does it only **remember** its training pictures? Three tests. First: which are nearest to its samples?

# %%
_, seen = color.to_gray_ab(world.train)
gray, true = color.to_gray_ab(world.valid[:60])
nearest = {}
for name, ab in {"a new true picture": true, "a sample": models.paint(flow.generator, gray)}.items():
    distance, nearest[name] = torch.cdist(ab.flatten(1), seen.flatten(1)).min(dim=1)
    distance = color.AB_SCALE * distance.mean() / 32  # root mean square over 32 × 32 pixels
    print(f"{name:18} lies {distance:.1f} Lab units from the nearest training picture")
plots.pictures(
    [color.from_gray_ab(gray, ab)[:6], world.train[nearest["a sample"][:6]]],
    row_titles=("samples", "nearest in training"),
    alt="Six samples for held-out pictures, and below each the training picture with the nearest colors. They look much "
    "alike: the same kinds of things in nearly the same places and colors.",
)

# %% [markdown]
# They look alike, since scenes repeat in this small world. Yet a new *true* picture lies nearer than a sample: no sign of
# copies. Second: a die hits an object's true color in about a third of the throws. A memory would hit it more often in
# training pictures.

# %%
for name, part in {"trained on": world.train_scenes, "held out": world.valid_scenes}.items():
    part = part[: settings.asked]
    samples = models.sample(flow.generator, color.to_gray_ab(part.pictures)[0], settings.throws)
    print(f"{name:10} {dice.right(samples, part):.0%} of the throws show the true color")

# %% [markdown]
# Third, recorded: another training saw no picture of three or more objects that are *all green*. A network that copies
# cannot paint them. Three even dice do so once in 27 times (3.7 %).

# %%
facts = audits.card["left_out"]
answers = facts["pictures"] * facts["throws"]
for name, share in facts["all green"].items():
    print(f"{name:21} {share:.1%} of {answers} answers are all green: {share * answers:.0f}")

# %% [markdown]
# It paints what it was never shown, but less often.

# %% [markdown]
# ## 6. Photographs
#
# The network of the first screen learned from small photographs. It colors a copy of 64 pixels. The large photograph
# keeps its own lightness. Which of the six do you believe?

# %%
choose_answer(six, "chelsea")

# %% [markdown]
# The mean of many samples is about what L2 would paint. Beside it is L1's. In the table, one sample has a larger
# ab error than gray. (*best of 6* is chosen by the truth.)

# %%
many = choose.answers(photograph, "photo_flow", n=settings.many)
beside = {f"mean of {len(many)} samples": choose.mean_of(many), "L1": colorize.colorize(photograph, "photo_l1")}
plots.pictures(
    list(beside.values()),
    titles=tuple(beside),
    alt="The photograph twice, alike: the mean of many samples and L1's picture, both in dull browns.",
)

# %%
Recorded("photo_flow").table("ab_error", "colorfulness")

# %% [markdown]
# ## 7. What it costs
#
# A sample asks the network once for each step:

# %%
gray, _ = color.to_gray_ab(world.valid[:16])
for steps in (1, 4, 20):
    start = time.perf_counter()
    models.sample(flow.generator, gray, 1, steps)
    print(f"{steps:2} steps: {1000 * (time.perf_counter() - start) / len(gray):5.1f} ms a picture")

# %% [markdown]
# Large image generators do the same. [Stable Diffusion 3](https://arxiv.org/abs/2403.03206) learns such arrows with
# billions of parameters. It is shown a text in place of the gray picture.
#
# ## 8. Quizzes and take-away

# %%
quiz_gray, quiz_truth = color.to_gray_ab(world.valid[4:10])
rows = {name: models.load(f"ambiguous_{name}") for name in ("l1", "pix2pix", "flow")}
painted = {name: models.paint(network, quiz_gray) for name, network in rows.items()} | {"truth": quiz_truth}
of = world.valid_scenes[4:10]
measures = {name: metrics.measure(ab, quiz_truth, quiz_gray, of) for name, ab in painted.items()}
loss_quiz("07.which_loss", {name: color.from_gray_ab(quiz_gray, ab) for name, ab in painted.items()}, measures)

# %%
quiz("07.take_away")

# %%
progress()

# %% [markdown]
# **Take-away.** Flow matching learns with squared error, and yet it draws samples: the noise decides. The questions of
# this course, and their answers:
#
# | question | answer | lesson |
# |---|---|---|
# | Why brown? | Squared error wants the mean of all colors that fit | 02 |
# | How to get clear colors? | Ask a critic whether they could be real | 03, 04 |
# | Why one answer only? | Nothing in a GAN's training asks for another | 03, 05 |
# | How to get all answers? | Start at noise, follow the mean arrows in small steps | 07 |
# | Are the chances right? | Ask again and again in a world whose chances are known | 07 |
# | Which answer is true? | The gray does not say. A person chooses | 07 |

# %% [markdown]
# ## Extra A. Guidance: more color, fewer colors
#
# For a tenth of its training pictures the network was shown no gray at all (`blind` in its settings). So it knows two
# arrows for each place: one for this gray, one for any picture. **Guidance** ([Ho and Salimans,
# 2022](https://arxiv.org/abs/2207.12598)) goes further in the direction in which they differ:
# blind + guidance · (with gray − blind). At 1 nothing changes. In the recorded run more guidance gives more chroma,
# a larger background error, and less even shares.

# %%
asked = world.valid_scenes[:8]
gray, truth = color.to_gray_ab(asked.pictures)
guided = {}
for guidance in (1.0, 2.0, 4.0):
    guided[guidance] = models.sample(flow.generator, gray, settings.throws // 2, guidance=guidance)
    found = dice.audit(guided[guidance], asked)
    row = metrics.measure(guided[guidance][0], truth, gray, asked, ("chroma", "background_error"))
    shares = " / ".join(f"{share:.0%}" for share in found["frequencies"])
    print(f"guidance {guidance:g}: {shares}, undecided {found['undecided']:.0%}, off {found['off']:.0%}")
    print(f"{'':12}chroma {row['chroma']:.0f}, background error {row['background_error']:.1f}")

# %%
plots.pictures(
    [color.from_gray_ab(gray[:6], samples[0][:6]) for samples in guided.values()],
    row_titles=[f"guidance {guidance:g}" for guidance in guided],
    cell=1.2,
    alt="Six pictures in three rows, with guidance 1, 2 and 4: the colors of the objects get stronger.",
)

# %% [markdown]
# ## Extra B. One hint, and the samples that agree with it
#
# A person may know one thing: *this* balloon is blue. The network needs no new training for that. At each step the
# places of the hint are put back on their own line from noise to the known color. The network sees them there, and
# makes the other places of the balloon fit.


# %%
@torch.no_grad()
def with_hint(network, gray, ab, known, n, steps=20):
    """n samples for one gray picture, in which the `known` places (1×1×H×W) have the colors of `ab`."""
    colors = network.shrink(ab)
    known = nn.functional.max_pool2d(known.float(), network.fold) > 0
    noise = torch.randn(n, *colors.shape[1:], generator=torch.Generator().manual_seed(0))
    place = noise
    for step in range(steps):
        place = torch.where(known, (1 - step / steps) * noise + step / steps * colors, place)
        time = torch.full((n, 1, 1, 1), step / steps)
        place = place + network.arrows(place, time, gray.expand(n, -1, -1, -1)) / steps
    return nn.functional.interpolate(place / network.scale, gray.shape[-2:], mode="bicubic").clamp(-1, 1)


# %%
three = scenes.draw(1, 32, seed=5, world="ambiguous", kinds=("balloon",))
gray, _ = color.to_gray_ab(three.pictures)
middle = (three.objects[0] == 1).nonzero().float().mean(dim=0).int().tolist()
known = torch.zeros(1, 1, 32, 32, dtype=torch.bool)
known[..., middle[0] : middle[0] + 4, middle[1] : middle[1] + 4] = True
blue = (palette[1] / color.AB_SCALE).view(1, 2, 1, 1).expand(1, 2, 32, 32)
hinted = with_hint(flow.generator.network, gray, blue, known, settings.throws)

# %%
plots.pictures(
    color.from_gray_ab(gray.expand(6, -1, -1, -1), hinted[:6]),
    cell=1.3,
    alt="One picture of three balloons in six samples. The first balloon is blue in all of them, the others change.",
)

# %%
for number in (1, 2, 3):
    inside = three.objects[0] == number
    colors = (hinted * color.AB_SCALE)[:, :, inside].mean(dim=2)
    shares = " / ".join(f"{share:.0%}" for share in metrics.palette_use(colors, palette))
    print(f"balloon {number}: {shares}")

# %% [markdown]
# The hint covers 16 pixels of the first balloon. All of it turns blue. The other balloons still get several colors.

# %% [markdown]
# ## Extra C. Who makes the places agree?
#
# The noise is random at each place, and yet each object gets one color. So the network must make the places agree. For
# that it must see far, by the lower levels of its U-Net. Recorded, one training: the same network with one level in
# place of three.

# %%
three_levels, one_level = audits.dice["even"]["systems"]["flow"][0], audits.card["one_level"]
for name, audit in {"three levels": three_levels, "one level": one_level}.items():
    told = f"undecided {audit['undecided']:.0%}, off {audit['off']:.0%}"
    print(f"{name:13} {told}; an object's pixels lie {audit['spread']:.0f} Lab units from its mean color")

# %%
kept = models.unpack(models.WEIGHTS / "galleries" / "flow_local.safetensors")
plots.pictures(
    [color.from_gray_ab(kept["gray"], kept[f"sample {number}"]) for number in range(1, 6)],
    row_titles=[f"sample {number}" for number in range(1, 6)],
    cell=1.5,
    alt="Two pictures, of two flowers and of a car, in five samples of a network with one level. Most objects have one "
    "color; a flower is blue and violet, red runs from a flower into its leaves, and a bush beside a car is brown.",
)

# %% [markdown]
# Its places agree less. In `classify` nothing makes them agree: each pixel throws a die of its own (section 1). The
# loss does not ask for one die for each object. The network gives one because it sees the whole object.
