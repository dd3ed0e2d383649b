# %% [markdown]
# # WGAN-GP: a distance instead of a verdict
#
# **After these {minutes} minutes you will be able to**
#
# - say what the Wasserstein distance is, and how a critic with a limited slope measures it;
# - write the gradient penalty, and name the mistakes that published codes make in it;
# - train WGAN-GP, and say what its critic's number is worth.
#
# **You need** lesson 03. No GPU: the one training takes a few minutes.
#
# Below, two critics judge numbers. Lesson 03's gives *verdicts*: all painted numbers get 0. Today's gives *heights*:
# they rise evenly from painted to real numbers.

# %%
import itertools
from functools import partial

import torch

from colorlib import color, data, metrics, models, plots, profile, training
from colorlib.colorize import colorize
from colorlib.course import check, hint, loss_quiz, photographs, predict, progress, quiz, saw
from colorlib.course.lesson_02 import film_strip
from colorlib.course.lesson_03.color_gan import ColorGAN
from colorlib.course.lesson_04 import be_the_critic, distance_gan_lab, two_critics, two_piles
from colorlib.course.lesson_04.distance_gans import DistanceGAN, moved_in_the_plane
from colorlib.course.recorded import LiveCurves, Recorded, Sweep, or_recorded, painted

two_critics()

# %%
settings = profile.settings(
    #         quick, laptop, gpu
    pictures=(256, 2048, 2048),  # pictures of a world, a tenth of them held out
    steps=(6, 540, 540),  # steps of the critic; the generator takes half of them
    games=(1, 3, 3),  # seeds of the game of dots
    alone=(100, 400, 400),  # Extra B: steps of a critic while its generator waits
    rounds=(50, 100, 100),  # Extra B: rounds of the color GAN
    heaps=(40, 150, 150),  # Extra C: rounds of the color GAN
    by_hand=(2, 100, 100),  # Extra E: rounds
)
settings

# %%
quiz("04.recall")

# %% [markdown]
# ## 1. Two piles on a line
#
# Lesson 03's critic says *real* or *painted*. Once it is sure, good and bad paintings get the same verdict. Ask
# instead: **how far** are they from real pictures?
#
# Suppose that a picture is one number. Two measures compare two piles of numbers:
#
# - **Jensen–Shannon divergence** (JS): how well can the best critic of verdicts tell them apart? 0 is not at all,
#   ln 2 = 0.69 is perfectly.
# - **Wasserstein distance** ($W_1$): how far must one pile's numbers move at least, on average, to become the other?

# %%
predict("04.far_apart")

# %%
two_piles()

# %%
saw("04.far_apart")

# %% [markdown]
# From a shift of 4.5 on, the piles do not overlap. They are told apart perfectly, so JS stays at 0.69. $W_1$ still
# grows by 1 when the pile moves by 1.
#
# **Exercise.** Sort both samples, and pair the smallest number with the smallest, the second with the second, and so
# on. $W_1$ is the mean distance of the pairs.


# %%
def wasserstein(one, other):
    """How far the numbers of one sample must move, on average, to become those of the other (of the same size)."""
    # BEGIN SOLUTION
    return (one.sort().values - other.sort().values).abs().mean()
    # END SOLUTION


wasserstein = check("04.wasserstein", wasserstein)

# %%
# hint("04.wasserstein")

# %% [markdown]
# ## 2. Be the critic
#
# Pictures cannot be sorted, but a critic finds $W_1$, too. It gives every place $x$ a **height** $f(x)$: high for
# real numbers, low for painted ones. One rule: the **slope** is at most 1, so neighboring places differ by at most 1.
#
# Raise a place with real numbers, then its neighbors, until you read *Higher is not possible*. (*Show a best one*
# helps.)

# %%
be_the_critic()

# %% [markdown]
# The largest difference of mean heights is always the Wasserstein distance, as Kantorovich and Rubinstein proved in
# 1958 ([Villani, 2009](https://doi.org/10.1007/978-3-540-71050-9)):
#
# $$W_1(\text{real}, \text{painted}) = \max_{\text{slope of } f \,\le\, 1} \;\;
# \mathbb{E}_{\text{real}}\left[f(x)\right] - \mathbb{E}_{\text{painted}}\left[f(x)\right]$$
#
# In words: take the mean height of the real numbers minus that of the painted ones. With a slope of at most 1, its
# largest value is $W_1$.
#
# So a network can measure the distance if its slope is limited. It needs no sigmoid, and a height of 0 means
# nothing.

# %% [markdown]
# ## 3. The gradient penalty
#
# How is a network's slope limited? [Arjovsky and others (2017)](https://arxiv.org/abs/1701.07875), who brought $W_1$ to
# GANs, kept all weights within ±0.01 (Extra B).
# [Gulrajani and others (2017)](https://arxiv.org/abs/1704.00028) add a cost to the critic's loss, the **gradient
# penalty**. It looks at random places between real and painted pictures:
#
# $$\hat{x} = \alpha \, x_{\text{real}} + (1 - \alpha) \, x_{\text{painted}}, \quad \alpha \sim U(0, 1), \qquad
# \text{penalty} = \mathbb{E}\left[\left(\lVert \nabla_{\hat{x}} f(\hat{x}) \rVert_2 - 1\right)^2\right]$$
#
# In words: mix each real picture with its painted one. α is the share of the real one. All numbers from 0 to 1 are
# equally likely, and each picture gets its own. Take the gradient of the critic's height with respect to the mixed
# colors: one number for each pixel of a and of b. Its length, the root of the sum of their squares, is the slope. The
# penalty is the mean of (slope − 1)².
#
# A slope below 1 costs, too: the best heights are as steep as allowed.
#
# The critic learns from this slope, so PyTorch must take the gradient of a gradient. `create_graph=True` makes that
# possible. For $x^3$ the slope is $3x^2$, and the slope of that is $6x$:

# %%
x = torch.tensor(1.0, requires_grad=True)
(slope,) = torch.autograd.grad(x**3, x, create_graph=True)
(slope_of_slope,) = torch.autograd.grad(slope, x)
print(f"at 1: height {x.item() ** 3:.0f}, slope {slope.item():.0f}, slope of the slope {slope_of_slope.item():.0f}")

# %% [markdown]
# **Exercise.** Write the penalty. Published codes make mistakes in these points:
#
# - α comes from `torch.rand` and has the shape N×1×1×1;
# - the mixture is cut off from the generator: `.detach().requires_grad_()`;
# - the critic sees `torch.cat([gray, mixed], dim=1)`; gray is not mixed;
# - the critic gives a height for each patch: a picture's height is their mean. Take the gradient of the *sum* of the
#   heights; it holds the gradient of each picture;
# - each picture has one length, over all its numbers;
# - without `create_graph=True` the number is right, but the critic learns nothing from it.


# %%
def gradient_penalty(critic, gray, real, fake):
    """How far the critic's slope is from 1, between each real picture and its fake; the mean of the squares."""
    # BEGIN SOLUTION
    alpha = torch.rand(len(real), 1, 1, 1)
    mixed = (alpha * real + (1 - alpha) * fake).detach().requires_grad_()
    heights = critic(torch.cat([gray, mixed], dim=1)).flatten(1).mean(dim=1)
    (gradient,) = torch.autograd.grad(heights.sum(), mixed, create_graph=True)
    slope = gradient.flatten(1).norm(dim=1)
    return ((slope - 1) ** 2).mean()
    # END SOLUTION


gradient_penalty = check("04.gradient_penalty", gradient_penalty)

# %%
# hint("04.gradient_penalty")

# %% [markdown]
# ## 4. Watch it learn
#
# The losses have no logarithm, no label and no sigmoid:
#
# - critic: $\mathbb{E}[f(\text{painted})] - \mathbb{E}[f(\text{real})] + \lambda_{gp} \cdot \text{penalty}$
# - generator: $-\mathbb{E}[f(\text{painted})] + \lambda \cdot \text{L1}$
#
# In words: the critic makes the difference of the mean heights large, and keeps its slope near 1. The generator makes
# the height of its own pictures large, and stays near the truth. $\lambda_{gp} = 10$ is Gulrajani's. For each step of
# the generator the critic takes several, each on fresh pictures: five in the paper, two here.
#
# This is the library's recipe, with **your** penalty:


# %%
class YourWGAN(training.Wasserstein):
    """WGAN-GP with your gradient penalty."""

    def critic_step(self, gray, ab, fake):
        fake = fake.detach()
        estimate = self.judge(gray, ab).mean() - self.judge(gray, fake).mean()
        with ab.device:  # on a GPU your α is drawn there
            penalty = gradient_penalty(self.networks["critic"], gray, ab, fake)
        self.descend("critic", -estimate + 10 * penalty)
        return {"critic_estimate": estimate.detach()}


# %% [markdown]
# It trains on lesson 03's ambiguous world, and paints four held-out pictures again after each epoch. The lines are the
# chroma of the truth and of L1:

# %%
world = data.load("ambiguous", size=32, n=settings.pictures)
shown = world.valid[:4]
slim = training.laptop("ambiguous_wgan_gp") | {"steps": settings.steps}  # 0.4 million parameters
brown = Recorded("ambiguous_l1").card["held_out"]
lines = {"truth": brown["truth"][0]["chroma"], "L1": brown["ambiguous_l1"][0]["chroma"]}
watch = metrics.validator(world, ("chroma",))
live = LiveCurves("valid_chroma", title="chroma of the objects under WGAN-GP", pictures=shown, lines=lines)
wgan = training.fit(YourWGAN(network="pix2pix", **slim), world.train, validate=watch, on_epoch=live)
wgan = or_recorded(wgan, "ambiguous_wgan_gp")

# %%
film_strip(
    live.stops,
    alt="Four pictures after each epoch of this training. They begin nearly gray. After a whole training at the size "
    "laptop sky and grass have their colors, and the objects are red, blue and green.",
)

# %% [markdown]
# No real picture has a brown object. So the critic gives brown a low height, and color comes back. Beside lesson 03's
# pix2pix:

# %%
networks = {"L1": "ambiguous_l1", "pix2pix": "ambiguous_pix2pix"}
generators = {name: Recorded(recorded).generator for name, recorded in networks.items()} | {"WGAN-GP": wgan.generator}
gray, _ = color.to_gray_ab(shown)
rows = {name: painted(generator, gray) for name, generator in generators.items()}
plots.pictures(
    [*rows.values(), shown],
    row_titles=(*rows, "truth"),
    cell=1.2,
    alt="Four pictures in four rows: L1 with dull brown objects; pix2pix with objects in red, blue and green, some in "
    "two of them; WGAN-GP with the same colors, more objects in two of them, and some stains around; the truth.",
)

# %%
columns = ("chroma_share", "palette_use", "object_spread", "background_error")
table = metrics.evaluate(generators, world, names=columns)
table

# %% [markdown]
# Both bring all three colors back. No network can know the true one. WGAN-GP's objects are less clear (*inside
# objects*: how far their pixels lie from one color), and its background error is nearly twice as large. The two runs
# differ in network and steps, so they do not say which *idea* is better.

# %% [markdown]
# ## 5. What the critic's number is worth
#
# The critic's number estimates how far the paintings are from real pictures. Does it fall while they get better?

# %%
predict("04.estimate")

# %%
recorded = Recorded("ambiguous_wgan_gp").history
curves = {"the critic's estimate": "critic_estimate", "ab error on held-out pictures": "valid_ab_error"}
told = []
with plots.drawing(1, 2, (plots.WIDTH, 2.8)) as (canvas, panels):
    for axes, (title, name) in zip(panels, curves.items(), strict=True):
        values = [row[name] for row in recorded]
        axes.plot(range(1, len(values) + 1), values)
        axes.axhline(0, color=plots.INK, linewidth=0.8, linestyle="-")
        axes.set(title=title, xlabel="epoch")
        told.append(f"{title}: {values[0]:.1f} in epoch 1, {values[3]:.1f} in epoch 4, {values[-1]:.1f} at the end")
    figure = plots.Figure(canvas, f"Two panels over 20 epochs. {'; '.join(told)}.")
figure

# %%
saw("04.estimate")

# %% [markdown]
# "Near zero is best", says a published code. Here it would stop before epoch 8. A number near 0 means that the pictures
# are near, **or** that the critic does not find the difference.
#
# In lesson 03's game of dots the true distance can be computed. Each critic first learns while its generator waits.
# Then a new pair plays 100 rounds.

# %%
predict("04.better_measure")


# %%
def each(games, what):
    """One number of each game."""
    return "/".join(f"{game.now()[what]:.0f}" for game in games).ljust(12)


print("               generator waits           100 rounds")
print("λ_gp  steps    it says      truth        it says      truth        colors found")
for lam_gp, steps in ((10, 5), (1, 5), (1, 1), (1, 20)):
    waiting, playing = ([DistanceGAN(seed, lam_gp=lam_gp) for seed in range(settings.games)] for _ in range(2))
    for wait, play in zip(waiting, playing, strict=True):
        wait.critic_steps(500)
        play.n_critic = steps
        play.rounds(100)
    found = "/".join(str((game.shares() >= 0.1).sum().item()) for game in playing)
    numbers = [each(games, what) for games in (waiting, playing) for what in ("estimate", "distance")]
    print(f"{lam_gp:4}  {steps:5}    {' '.join(numbers)} {found}")

# %%
saw("04.better_measure")

# %% [markdown]
# λ_gp = 10 measures best while the generator waits, and teaches worst: its fakes end farther away than they began.
# One step of the critic a round is too few; 20 bring the fakes no nearer than 5. And once the fakes move, no critic
# says the true distance.
#
# [Mallasto and others (2019)](https://arxiv.org/abs/1910.03875) and [Stanczuk and others
# (2021)](https://arxiv.org/abs/2103.01678) report the same of pictures: critics that came nearer to $W_1$ did not lead
# to better pictures. Stanczuk and others conclude that WGANs work because they *fail* to measure $W_1$. So take the
# critic as a teacher, and measure the pictures by something that does not learn.

# %% [markdown]
# ## 6. Photographs
#
# `photo_wgan_gp` is the same network as `photo_pix2pix`, trained on the same pictures. Here is lesson 03's cat again,
# at three sides of the small copy that the networks look at. Move the slider: what changes?

# %%
cat = data.photographs()["chelsea"]
sides, names = (64, 128, 192), ("photo_l1", "photo_pix2pix", "photo_wgan_gp")
plots.pictures(
    [[colorize(cat, name, side) for side in sides] for name in names],
    titles=[f"side {side}" for side in sides],
    row_titles=("L1", "pix2pix", "WGAN-GP"),
    alt="The head of a cat, colored by three networks at three sides. L1 is brown at each side. pix2pix has reddish fur "
    "at 64 pixels and turns bright orange, yellow and green at 192. WGAN-GP has orange stains at each side.",
)

# %%
photographs.side_slider(cat, "photo_wgan_gp")

# %% [markdown]
# The same on 197 photographs that no network was trained on:

# %%
cards, measures = {name: Recorded(name).card["at_side"] for name in names[1:]}, ("ab_error", "colorfulness", "spill")
ends = cards["photo_wgan_gp"]["64"]
rows = {f"{name}, side {side}": cards[name][side][name] for name in cards for side in ("64", "96", "128", "192")}
rows = {"gray": ends["gray"], **rows, "truth": ends["truth"]}
metrics.Table({row: [{name: seed[name] for name in measures}] for row, (seed,) in rows.items()}, 197)

# %% [markdown]
# At 64 pixels the two are alike: a third of the change of color is spill. With more pixels both become too colorful
# and err more, WGAN-GP more slowly.

# %% [markdown]
# ## 7. Quizzes and take-away

# %%
others = world.valid[8:12]
quiz_gray, _ = color.to_gray_ab(others)
rows = {"pix2pix": "pix2pix", "wgan_gp": "WGAN-GP", "truth": "truth"}
paintings = {loss: painted(generators[row], quiz_gray) for loss, row in rows.items() if loss != "truth"}
loss_quiz("04.which_loss", paintings | {"truth": others / 255}, {loss: table[row] for loss, row in rows.items()})

# %%
networks = dict(zip(("l1", "pix2pix", "wgan_gp"), names, strict=True)) | {"truth": None}
photographs.loss_quiz("04.which_loss_photo", networks, "meadow")

# %%
quiz("04.take_away")

# %%
progress()

# %% [markdown]
# **Take-away.** Verdicts say *whether* pictures differ, heights *how far*. A critic with a slope of at most 1 can
# measure the Wasserstein distance. The gradient penalty keeps its slope near 1: one α for each picture, one
# length over all colors, and `create_graph=True`. Yet the critic's number is a poor measure, and the training works
# all the same. So use the critic as a teacher, and measure the pictures by something else.
#
# Next: **05 NoGAN** pretrains everything, and adds only a little GAN.

# %% [markdown]
# ## Extra A. Who breaks first?
#
# WGAN-GP is said to be stable: it works with settings with which other GANs fail. Here lesson 03's pix2pix and section
# 4's WGAN-GP were trained again. The learning rates of both networks were multiplied by one factor. Which GAN gets
# clearly worse first? (Guess before you look.) First pix2pix, three seeds each:

# %%
sweeps = {"pix2pix": Sweep("rates_pix2pix"), "WGAN-GP": Sweep("rates_wgan_gp")}
measures = ("ab_error", "chroma_share", "palette_use", "background_error")
sweeps["pix2pix"].table(*measures)

# %% [markdown]
# And WGAN-GP:

# %%
sweeps["WGAN-GP"].table(*measures)

# %%
with plots.drawing(1, 2, (8.6, 3.0)) as (canvas, panels):
    told = []
    for panel, (measure, title) in zip(
        panels,
        {"chroma_share": "share of the true chroma", "background_error": "background error"}.items(),
        strict=True,
    ):
        for (name, sweep), look in zip(sweeps.items(), ("o-", "s--"), strict=True):
            means = [sum(sweep.seeds(variant, measure)) / 3 for variant in sweep.variants]
            panel.plot([variant.removeprefix("rates ") for variant in sweep.variants], means, look, label=name)
            told.append(f"{title}, {name}: {', '.join(f'{mean:.2f}' for mean in means)}")
        panel.set(title=title, xlabel="learning rates", ylim=(0, None))
        panel.grid(True, axis="y")
    panels[0].legend()
    figure = plots.Figure(canvas, f"Two panels over the factor, means of three seeds. {'; '.join(told)}.")
figure

# %% [markdown]
# WGAN-GP breaks first here. At ten times the rates its background error rises from 6.7 to 10.3, and its seeds have 59
# to 78 % of the true chroma. There pix2pix has a background error of 4.4 instead of 3.4, and lost no chroma. It breaks
# at thirty times.
#
# This does not prove the papers wrong. They tried many networks *without* a pixel loss. Here L1 keeps both generators
# near the truth, and pix2pix's more strongly (λ = 100 against 30). And each GAN started from its own rates. So test
# stability on your own task.

# %% [markdown]
# ## Extra B. Clip the weights, or penalize the slope?
#
# Section 3 named two ways to limit a slope. Here both are tried in the game of dots. Each critic learns alone. The
# generator waits: its fakes stay in the middle, 53 Lab units from the real dots on average.

# %%
predict("04.clipped")

# %%
kinds = {
    "weights within ±0.01": lambda seed: DistanceGAN(seed, clip=0.01),
    "weights within ±0.1": lambda seed: DistanceGAN(seed, clip=0.1),
    "slope penalized, λ_gp = 1": lambda seed: DistanceGAN(seed, lam_gp=1),
}
alone = {name: [make(seed) for seed in range(3)] for name, make in kinds.items()}
print("three seeds each           distance    critic's estimate   slope between")
for name, games in alone.items():
    for game in games:
        game.critic_steps(settings.alone)
    now = [game.now() for game in games]
    columns = [("distance", 0, 12), ("estimate", 0, 20), ("slope_between", 2, 0)]
    row = ["/".join(f"{each[key]:.{digits}f}" for each in now).ljust(width) for key, digits, width in columns]
    print(f"{name:27}{''.join(row)}")

# %%
saw("04.clipped")

# %% [markdown]
# *Slope between* is the critic's mean slope at random places between real dots and fakes. Within ±0.01 the heights
# are flat, and the critic says 0. Within ±0.1 its slope is above 1 and differs from seed to seed. With the penalty
# the slope is about 1.25 for all seeds.
#
# Now let the generator play. Choose a *Critic*, and press *Ten rounds* a few times. A round is five steps of the critic
# and one of the generator; with verdicts it is one of each. The lines join places of equal height.

# %%
distance_gan_lab()

# %% [markdown]
# In numbers, after some rounds: a color is *found* if at least a tenth of the fakes are near it. The distance is that
# from the fakes to the real dots. The last row compares real dots with other real dots.

# %%
for name, make in {"verdicts (lesson 03)": ColorGAN, **kinds}.items():
    games = [make(seed=seed) for seed in range(3)]
    for game in games:
        game.rounds(settings.rounds)
    found = [(game.shares() >= 0.1).sum().item() for game in games]
    far = [moved_in_the_plane(game.same_real * color.AB_SCALE, game.fakes()) for game in games]
    print(f"{name:27} colors found {found}, distance", "/".join(f"{distance:.0f}" for distance in far))

games = [ColorGAN(seed) for seed in range(3)]
among = [moved_in_the_plane(game.same_real * color.AB_SCALE, game.real() * color.AB_SCALE) for game in games]
print(f"{'96 real dots and 96 others':50} distance", "/".join(f"{distance:.0f}" for distance in among))

# %% [markdown]
# The critic within ±0.01 teaches next to nothing. The others find all three colors, lesson 03's verdicts as well: this
# small game does not need distances.
#
# Clipping also changes the *shape* of the heights. What share of them does a tilted plane explain? And how many weights
# are at the limit?


# %%
def flatness(game):
    """The share of the critic's heights, over the plane, that a tilted plane explains (1: all of it)."""
    axis = torch.linspace(-100, 100, 41)
    grid = torch.cartesian_prod(axis, axis)
    heights = game.verdict(grid)
    tilted = torch.cat([grid, torch.ones(len(grid), 1)], dim=1)
    left = heights - tilted @ torch.linalg.lstsq(tilted, heights[:, None]).solution[:, 0]
    return (1 - left.var() / heights.var()).item()


def at_the_bound(game):
    """The share of the critic's weights that are as large as the largest."""
    sizes = torch.cat([weight.detach().abs().flatten() for weight in game.critic.parameters()])
    return (sizes > 0.999 * sizes.max()).float().mean().item()


# %%
print("three seeds each           a tilted plane explains   weights at the bound")
for name, games in alone.items():
    flat, bound = ("/".join(f"{measure(game):.0%}" for game in games) for measure in (flatness, at_the_bound))
    print(f"{name:27}{flat:26}{bound}")

# %% [markdown]
# A clipped critic is nearly a tilted plane, a penalized one is not. A plane sends all fakes in the same direction, and
# not each to its nearest color.
#
# A third way limits each layer by itself: *spectral norm* ([Miyato and others, 2018](https://arxiv.org/abs/1802.05957))
# divides the weights of a layer by the largest factor by which they stretch a vector. Lesson 05 uses it.

# %% [markdown]
# ## Extra C. Eight heaps in the plane
#
# A common test of GANs has eight small heaps of dots on a ring (*eight Gaussians*) instead of three colors. A heap
# is *met* if at least 2 % of the fakes are near it. In lesson 03 a long memory of Adam (a large β₁) made the game
# collapse, so each critic plays with three values of β₁.
#
# Change one thing at a time: WGAN-GP's critic takes five steps a round, lesson 03's takes one. So verdicts play with
# one step a round, and again with five.

# %%
turns = torch.arange(8) * torch.pi / 4
ring = torch.stack([60 * turns.cos(), 60 * turns.sin()], dim=1).tolist()
eight = dict(palette=ring, spread=3.0, dots=192, memory=0.9)
kinds = {"verdicts, 1 step": (ColorGAN, 1), "verdicts, 5 steps": (ColorGAN, 5)}
kinds["slope penalized, 5 steps"] = partial(DistanceGAN, lam_gp=1), 5


def played(make, critic_steps, seed, momentum):
    """A game of eight heaps."""
    game = make(seed=seed, momentum=momentum, **eight)
    for _ in range(settings.heaps):
        for _ in range(critic_steps):
            game.critic_step()
        game.generator_step()
    return game


# %%
first = {}
for name, (make, critic_steps) in kinds.items():
    for momentum in (0.0, 0.5, 0.9):
        games = [played(make, critic_steps, seed, momentum) for seed in range(settings.games)]
        first[f"{name}, β₁ = {momentum}"] = games[0]
        met = "/".join(str((game.shares() >= 0.02).sum().item()) for game in games)
        near = "/".join(f"{game.shares().sum():.0%}" for game in games)
        print(f"{name:25} β₁ = {momentum}: heaps met {met}, fakes near one {near}")

# %%
with plots.drawing(3, 3, (8.6, 8.4), sharex=True, sharey=True) as (canvas, panels):
    for panel, (name, game) in zip(panels.flat, first.items(), strict=True):
        real, fakes = game.same_real * color.AB_SCALE, game.fakes()
        panel.scatter(*real.T, s=9, facecolors="none", edgecolors="0.55", label="real")
        panel.scatter(*fakes.T, s=9, marker="^", color="C1", label="fakes")
        panel.set_title(name, fontsize=9)
        panel.set(xlim=(-115, 115), ylim=(-115, 115), aspect="equal")
    canvas.legend(*panel.get_legend_handles_labels(), loc="outside lower center", ncols=2)
    met = "; ".join(f"{name}: {(game.shares() >= 0.02).sum()} of 8" for name, game in first.items())
    figure = plots.Figure(canvas, f"Nine planes with a ring of eight heaps, and the first seed's fakes. Met: {met}.")
figure

# %% [markdown]
# With one step a round, verdicts find all heaps only with β₁ = 0. With *five* steps they find them with β₁ = 0.5,
# too, as the penalized critic does. With β₁ = 0.9 none meets all heaps with every seed. So what looks like a benefit of
# the distance is here a benefit of more steps of the critic. (At `quick` there is one seed and less time.)

# %% [markdown]
# ## Extra D. Why no batch norm
#
# Lesson 03's pix2pix critic has batch norm. A WGAN-GP critic must not have it. First a guess:

# %%
predict("04.neighbor")

# %%
gray, ab = color.to_gray_ab(world.valid[:17])


def gradient_of_first(critic, others):
    """The gradient of the first picture's height in its colors, in a batch with these others."""
    batch = [0, *others]
    colors = ab[batch].clone().requires_grad_()
    heights = critic(torch.cat([gray[batch], colors], dim=1))
    (gradient,) = torch.autograd.grad(heights[0].mean(), colors)
    return gradient[0]


def moved(critic, before, after):
    """By what share the gradient at picture 1 changes when its neighbors do."""
    first, second = gradient_of_first(critic, before), gradient_of_first(critic, after)
    return ((second - first).norm() / first.norm()).item()


# %%
print("the gradient at picture 1 changes if one other picture is replaced")
for norm in ("batch", "layer", "instance", "none"):
    critic = training.seeded(0, models.build, "patchgan", 32, 0.5, layers=2, norm=norm)
    among_two = moved(critic, [1], [2])
    among_sixteen = moved(critic, range(1, 16), [16, *range(2, 16)])
    print(f"{norm:8} norm: by {among_two:6.1%} in a batch of 2, by {among_sixteen:5.1%} in a batch of 16")

# %%
saw("04.neighbor")

# %% [markdown]
# With batch norm the height of one picture depends on all the others. Then the slope at *one* picture, which the
# penalty needs, has no clear meaning. *Layer norm* ([Ba and others, 2016](https://arxiv.org/abs/1607.06450)) rescales
# each picture by its own mean and spread; *instance norm* ([Ulyanov and others,
# 2016](https://arxiv.org/abs/1607.08022)) does so for each channel. Both leave the other pictures out. The library's
# `wgan_gp` has layer norm.

# %% [markdown]
# ## Extra E. The loop by hand
#
# The library's loop gives each critic step fresh pictures. (A published code takes one batch, and uses the same
# gradient five times.) Write that loop yourself.
#
# **Exercise.** `batches` is an iterator: `next(batches)` gives a fresh pair (gray, ab). Take `n_critic` of them, and
# call `critic_step(gray, ab)` on each. Then call `generator_step(gray, ab)` once, on the last one. Return the list of
# the numbers that the critic's steps gave back.


# %%
def train_round(critic_step, generator_step, batches, n_critic):
    """n_critic steps of the critic, each on a fresh batch, then one of the generator."""
    # BEGIN SOLUTION
    estimates = []
    for _ in range(n_critic):
        gray, ab = next(batches)
        estimates.append(critic_step(gray, ab))
    generator_step(gray, ab)
    return estimates
    # END SOLUTION


train_round = check("04.critic_steps", train_round)

# %%
# hint("04.critic_steps")

# %% [markdown]
# Now put your pieces together, on the world `shapes`, in which nothing is ambiguous. Both learning rates fall by 3 % a
# round.

# %%
shapes = data.load("shapes", size=32, n=settings.pictures)
generator = training.seeded(0, models.build, "pix2pix", 32, 0.25, levels=4, dropout=0.0)
critic = training.seeded(0, models.build, "patchgan", 32, 0.25, layers=2, norm="layer")
generator_adam = torch.optim.Adam(generator.parameters(), lr=2e-3, betas=(0.0, 0.9))
critic_adam = torch.optim.Adam(critic.parameters(), lr=5e-4, betas=(0.0, 0.9))
falling = [torch.optim.lr_scheduler.ExponentialLR(adam, 0.97) for adam in (generator_adam, critic_adam)]


def critic_step(gray, ab):
    """Raise real pictures, lower fresh fakes, keep the slope near 1. Returns the estimate of the distance."""
    fake = generator(gray).detach()
    estimate = critic(torch.cat([gray, ab], dim=1)).mean() - critic(torch.cat([gray, fake], dim=1)).mean()
    critic_adam.zero_grad()
    (-estimate + 10 * gradient_penalty(critic, gray, ab, fake)).backward()
    critic_adam.step()
    return estimate.item()


# %%
def generator_step(gray, ab):
    """Raise the fakes, and stay near the truth."""
    with training.frozen(critic):
        fake = generator(gray)
        loss = -critic(torch.cat([gray, fake], dim=1)).mean() + 100 * (fake - ab).abs().mean()
        generator_adam.zero_grad()
        loss.backward()
        generator_adam.step()


def endless(pictures):
    """Batch after batch, epoch after epoch."""
    for epoch in itertools.count():
        yield from data.batches(pictures, batch_size=64, seed=0, epoch=epoch)


# %%
batches = endless(shapes.train)
for number in range(1, settings.by_hand + 1):
    estimates = train_round(critic_step, generator_step, batches, n_critic=3)
    for rate in falling:
        rate.step()
    if number % max(1, settings.by_hand // 5) == 0:
        print(f"round {number:2}: the three estimates", "  ".join(f"{estimate:.2f}" for estimate in estimates))
metrics.evaluate({"your WGAN-GP": generator.eval()}, shapes, names=("ab_error", "colorfulness"))

# %%
some = shapes.valid[:6]
plots.pictures(
    [painted(generator, color.to_gray_ab(some)[0]), some],
    row_titles=("yours", "truth"),
    alt="Six pictures of shapes on paper, as painted by the WGAN-GP trained here, and in truth. After 100 rounds many "
    "shapes have the color of their kind, or nearly; after two all is still nearly gray.",
)

# %% [markdown]
# At `laptop` the ab error falls well below gray's: your pieces work together.
