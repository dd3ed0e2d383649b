# %% [markdown]
# # pix2pix: learn the loss
#
# **After these {minutes} minutes you will be able to**
#
# - write the two steps of a GAN, and say what each of them may change;
# - train pix2pix, and compare its colors with those of L1;
# - see on curves and on photographs where a GAN fails.
#
# **You need** lesson 02. No GPU: the training in section 4 takes a few minutes.
#
# Below, one network painted both middle rows: trained with L1 alone, and with L1 and a *critic*, a second network.

# %%
import copy

import torch
import torch.nn.functional as F
from torch import nn

from colorlib import color, data, losses, metrics, models, plots, profile, training
from colorlib.colorize import colorize
from colorlib.course import check, hint, loss_quiz, photographs, picture_gallery, predict, progress, quiz, saw
from colorlib.course.lesson_02 import film_strip
from colorlib.course.lesson_03 import color_gan, color_gan_lab, film_of_dots
from colorlib.course.recorded import LiveCurves, Recorded, Sweep, card_of, or_recorded, painted, recorded_stops
from colorlib.data import download
from colorlib.training import frozen
from colorlib.worlds import scenes

# %%
same = Sweep("pix2pix_l1")  # recorded: the same network, pictures and steps, with and without a critic
shown = same.paintings["gray"][:6]
opening = {name: color.from_gray_ab(shown, same.paintings[name][:6]) for name in (*same.variants, "truth")}
plots.pictures(
    [plots.gray_picture(opening["truth"]), *opening.values()],
    row_titles=("gray", *opening),
    alt="Six small drawn pictures in four rows: in gray; from L1 alone with brown flowers, cars, balloons and doors; "
    "from L1 and a critic with the same things in red, blue and green, some of them patched; and the truth, in which "
    "many of them have another one of these colors.",
)

# %% [markdown]
# You will write the training steps of both.

# %%
settings = profile.settings(
    #         quick, laptop, gpu
    pictures=(256, 2048, 2048),  # pictures of a world, a tenth of them held out
    steps=(4, 448, 448),  # training steps of the main experiments
    strong_steps=(8, 896, 896),  # of the critic in Extra F; the generator takes a quarter of them
    keras_epochs=(2, 16, 16),
    photos=(200, 2000, 20_000),  # photos, or crops of them
    photo_steps=(4, 300, 2000),
)
settings

# %%
quiz("03.recall")

# %% [markdown]
# ## 1. The generator and the critic
#
# L2 and L1 compare with *one* truth, so where several colors are possible they paint a mixture. A better question is:
# *could this be real?* No formula answers it, so a second network learns to. The two are a *generative adversarial
# network*, **GAN** ([Goodfellow and others, 2014](https://arxiv.org/abs/1406.2661)):
#
# - the **generator** $G$ paints. It wants the critic to call its colors, the *fakes*, real;
# - the **critic** $D$ gives each color a probability of being real. (Often: *discriminator*.)
#
# The critic makes this number large, and the generator makes it small:
#
# $$\mathbb{E}_{\text{real}}\left[\log D(x)\right] +
# \mathbb{E}_{\text{painted}}\left[\log\left(1 - D(G(\cdot))\right)\right]$$
#
# In words: $\mathbb{E}$ is a mean. The number is largest when real colors $x$ get the probability 1, and fakes
# $G(\cdot)$ get 0.
#
# Try it with single colors. Circles are real, triangles are fakes. It is light where the critic says *real*. Along its
# arrow a triangle looks more real to the critic.
#
# 1. Press *Ten critic steps*. Where is it light?
# 2. Press *One generator step* ten times. Where do the triangles go?
# 3. Press *Start again*, then *Ten rounds* ten times. In a round each takes one step. The film shows 200 rounds.

# %%
color_gan_lab()

# %%
film_strip(
    film_of_dots(),
    alt="The ab plane after 0 to 200 rounds. The fakes start as a heap in the middle, leave it in one direction after "
    "another, and end near the red, the blue and the green circles, where the critic's map is lightest.",
)

# %%
alone = color_gan.ColorGAN()
alone.critic_steps(10)
for _ in range(10):
    alone.generator_step()
print(f"ten generator steps alone: {alone.shares().sum():.0%} of the fakes are near a real color,")
print(f"and the critic calls {1 - alone.now()['right_on_fake']:.0%} of them real")

# %% [markdown]
# The critic knows only the fakes that it has met. So a generator that steps alone fools it, far from any real color.
# When they take turns, the fakes end near the real colors.

# %% [markdown]
# ## 2. The critic's step
#
# A critic gives a **logit**: any number, which the sigmoid turns into a probability. Its loss is *binary
# cross-entropy* (BCE), with the label 1 for real and 0 for painted.
#
# The critic of pix2pix ([Isola and others, 2017](https://arxiv.org/abs/1611.07004)) is a **PatchGAN**: it gives a
# logit for each *patch* of a picture. It sees gray and color together, so it can tell whether they fit.

# %% tags=["nbval-check-output"]
bce = nn.functional.binary_cross_entropy_with_logits  # applies the sigmoid itself
for logit in torch.tensor([[-4.0], [0.0], [4.0]]):
    real, fake = bce(logit, torch.ones(1)), bce(logit, torch.zeros(1))
    print(
        f"logit {logit.item():2.0f}: probability {logit.sigmoid().item():.2f}, "
        f"loss {real:.2f} if it is real, {fake:.2f} if it is painted"
    )
patches = models.build("patchgan", 32, layers=2)(torch.zeros(2, 3, 32, 32))
print("logits for two pictures:", tuple(patches.shape))

# %% [markdown]
# A guess (logit 0) has the loss ln 2 = 0.69.
#
# **Exercise.** Write the critic's step. `fake` remembers how the generator made it. `fake.detach()` has the same
# numbers without that memory. So no gradient of this step reaches the generator.


# %%
def critic_step(critic, optimizer, gray, ab, fake):
    """Raise the logits of real pictures, lower those of fakes. Returns the loss from before the step.

    Call the critic twice: on torch.cat([gray, ab], dim=1), then on the same with the detached fake instead of ab.
    Labels: torch.ones_like(logits) and torch.zeros_like(logits). The loss is half the sum of both BCEs.
    """
    # BEGIN SOLUTION
    real_logits = critic(torch.cat([gray, ab], dim=1))
    fake_logits = critic(torch.cat([gray, fake.detach()], dim=1))
    real = bce(real_logits, torch.ones_like(real_logits))
    wrong = bce(fake_logits, torch.zeros_like(fake_logits))
    loss = (real + wrong) / 2
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()
    # END SOLUTION


critic_step = check("03.critic_step", critic_step)

# %%
# hint("03.critic_step")

# %% [markdown]
# ## 3. The generator's step
#
# Here nothing is detached: the generator's gradient comes *through* the critic. But the critic itself must not
# change. `with frozen(critic):` sees to that: no gradients add up in its weights, and its batch norm (lesson 02: it
# rescales each channel by the batch) keeps its averages.
#
# **Exercise.** Write one step of the generator. It wants the critic to give its fakes the label 1. pix2pix adds
# λ times L1, to stay near the truth.


# %%
def generator_step(critic, optimizer, gray, ab, fake, lam):
    """Fool the critic, and stay near the truth. Returns the loss from before the step.

    Inside `with frozen(critic):` the loss is BCE of the critic's verdict on gray and fake with the label 1, plus lam
    (λ) times the mean of (fake - ab).abs().
    """
    # BEGIN SOLUTION
    with frozen(critic):
        fake_logits = critic(torch.cat([gray, fake], dim=1))
        fooling = bce(fake_logits, torch.ones_like(fake_logits))
        loss = fooling + lam * (fake - ab).abs().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return loss.item()
    # END SOLUTION


generator_step = check("03.generator_step", generator_step)

# %%
# hint("03.generator_step")

# %% [markdown]
# The check also tries another critic. If your step is the same under both, it is no GAN (lesson 02, Extra C).

# %% [markdown]
# ## 4. Your GAN against L1

# %%
predict("03.colors")

# %% [markdown]
# The library's loop calls `recipe.step` for each batch. Your two steps go there; nothing else trains these networks.
#
# In the table below, *inside objects* is how far an object's pixels lie from its mean color. *Palette use* is the share
# of the objects near the color used least: a third at most.

# %%
slim = training.laptop("ambiguous_pix2pix") | {"steps": settings.steps}  # 0.9 million parameters
recipe = training.build("pix2pix", **slim)


def your_step(gray, ab):
    """Your two steps on one batch; the losses are for the history."""
    critic, fake = recipe.networks["critic"], recipe.generator(gray)
    critic_loss = critic_step(critic, recipe.optimizers["critic"], gray, ab, fake)
    generator_loss = generator_step(critic, recipe.optimizers["generator"], gray, ab, fake, lam=100)
    for schedule in recipe.schedulers.values():  # the learning rates rise, then fall to 0
        schedule.step()
    return {"critic": critic_loss, "generator": generator_loss}


recipe.step = your_step

# %%
world = data.load("ambiguous", size=32, n=settings.pictures)
columns = ("ab_error", "chroma_share", "palette_use", "object_spread", "background_error")
lines = {"truth": 1, "L1 alone": sum(same.seeds("L1 alone", "chroma_share")) / 3}
watch = LiveCurves("valid_chroma_share", title="share of the true chroma", pictures=world.valid[:4], lines=lines)
gan = training.fit(recipe, world.train, validate=metrics.validator(world, columns), on_epoch=watch)
pix2pix = or_recorded(gan, "ambiguous_pix2pix")

# %%
film_strip(
    recorded_stops("ambiguous_pix2pix") if profile.current() == "quick" else watch.stops,
    alt="Four pictures after each epoch: first nearly gray; then sky, grass and walls in their colors with brown "
    "objects; then the objects turn red, blue and green.",
)

# %%
plots.pictures(
    [opening["L1 alone"], painted(pix2pix.generator, shown), opening["truth"]],
    row_titles=("L1 alone", "pix2pix", "truth"),
    alt="Six pictures in three rows: L1 alone with brown objects; pix2pix with objects in strong red, blue and green, "
    "often not the true one and some of them patched; and the truth.",
)

# %%
same.table(*columns)

# %% [markdown]
# The critic brings all three colors, and the **ab error goes up**: a wrong red is farther from blue than brown is.
#
# Five of 200 objects, from the clearest to the most patched, each with its *inside objects*. Below 20, with a chroma
# above 30, we call an object *clear*:

# %%
single = scenes.draw(200, 32, seed=11, world="ambiguous", most=1)  # one object each
gray, ab = color.to_gray_ab(single.pictures)
paintings = {"lesson 02": Recorded("ambiguous_l1").generator, "pix2pix": pix2pix.generator}
paintings = {name: color.AB_SCALE * models.paint(network, gray) for name, network in paintings.items()}
paintings["truth"] = color.AB_SCALE * ab
spread = metrics.object_spread(paintings["pix2pix"], single)
ranked = spread.argsort()[[0, 50, 100, 150, 199]]
plots.pictures(
    color.from_gray_ab(gray[ranked], paintings["pix2pix"][ranked] / color.AB_SCALE),
    titles=[f"{value:.0f}" for value in spread[ranked]],
    alt="Five pictures with one object each and its spread: on the left the object has one even color; to the right "
    "come more and more spots of a second color.",
)

# %%
colors = {name: metrics.object_colors(ab, single) for name, ab in paintings.items()}
which = {name: torch.cdist(ab, single.palette).argmin(dim=1) for name, ab in colors.items()}
yellow = (paintings["truth"][:, 1] > 45) & ~single.ambiguous
for name, ab in paintings.items():
    clear = (metrics.object_spread(ab, single) < 20) & (colors[name].norm(dim=1) > 30)
    print(
        f"{name:9} {clear.float().mean():4.0%} of the objects in one clear color, "
        f"{(which[name] == which['truth']).float().mean():4.0%} nearest to the true one; "
        f"yellow centers and knobs: b = {ab[:, 1][yellow].mean():2.0f}"
    )

# %%
saw("03.colors")

# %% [markdown]
# Both networks lose the yellow centers of the flowers.

# %% [markdown]
# ## 5. λ: how much truth, how much color?

# %%
predict("03.lambda")

# %% [markdown]
# At λ = 0 the critic teaches alone, at 1000 nearly L1 alone. (Means of three recorded seeds.)

# %%
sweep = Sweep("pix2pix_lambda")
rows, notes = {}, {}
for name in sweep.variants:
    rows[name] = color.from_gray_ab(shown, sweep.paintings[name][:6])
    chroma, background = (sum(sweep.seeds(name, measure)) / 3 for measure in ("chroma_share", "background_error"))
    notes[name] = f"{chroma:.0%} of the true chroma, background error {background:.1f}"
picture_gallery("λ", rows, notes, {"the truth": opening["truth"]}, width=104)

# %%
saw("03.lambda")

# %% [markdown]
# ## 6. Healthy or sick?
#
# The recorded run of section 4, beside one with λ = 1000:


# %%
def right(history):
    """How often the critic was right in each epoch, about real and painted patches together."""
    return [(row["right_on_real"] + row["right_on_fake"]) / 2 for row in history]


history = Recorded("ambiguous_pix2pix").history
panels = {
    "the critic is right": {"λ = 100": right(history), "λ = 1000": right(sweep.history("λ = 1000"))},
    "BCE of the generator": {"λ = 100": [row["adversarial"] for row in history]},
    "share of the true chroma": {"λ = 100": [row["valid_chroma_share"] for row in history]},
}
with plots.drawing(1, 3, (plots.WIDTH, 2.6)) as (canvas, axes):
    for panel, (title, series) in zip(axes, panels.items(), strict=True):
        for name, values in series.items():
            panel.plot(range(1, len(values) + 1), values, label=name)
        panel.set(title=title, xlabel="epoch", ylim=(0, None))
    axes[0].legend(loc="lower right")
    told = [f"{t}, {n}: {v[0]:.2f}, at most {max(v):.2f}, {v[-1]:.2f}" for t, s in panels.items() for n, v in s.items()]
    figure = plots.Figure(canvas, f"Curves over 16 epochs, with first, highest and last value. {'; '.join(told)}.")
figure

# %% [markdown]
# The generator's BCE rose *while* the objects got their colors: the critic learned, too. So a GAN's loss does not tell
# how good its pictures are. Nor does a critic that is always right: with λ = 1000 objects are dull.
#
# Now three color GANs: one healthy, one whose critic has won, and one **collapse**: most fakes are near one color,
# until the critic rejects it; then they jump to another.


# %%
def watched(name):
    """400 rounds: how often the critic was right about fakes, and where the fakes were, every 20 rounds."""
    game, shares = color_gan.ColorGAN(seed=1, **color_gan.GAMES[name]), []
    for _ in range(20):
        game.rounds(20)
        shares.append(game.shares())
    return torch.tensor(game.history["right_on_fake"]).view(20, 20).mean(dim=1).tolist(), torch.stack(shares)


games = {name: watched(name) for name in color_gan.GAMES}
told = "; ".join(f"{name} from {min(curve):.0%} to {max(curve):.0%}" for name, (curve, _) in games.items())
plots.curves(
    {name: curve for name, (curve, _) in games.items()},
    x=range(20, 401, 20),
    xlabel="rounds",
    ylabel="share of the fakes",
    title="How often the critic was right about fakes",
    from_zero=True,
    alt=f"Three curves over 400 rounds, between their lowest and highest: {told}.",
)

# %%
quiz("03.curves")

# %%
for name, (_, shares) in games.items():
    crowds = [
        f"{share:.0%} {('red', 'blue', 'green')[most]}" if share > 0.5 else "·"
        for share, most in zip(*shares[8:].max(dim=1), strict=True)
    ]
    near = "/".join(f"{share:.0%}" for share in shares[-1])
    print(f"{name}, rounds 180 to 400: more than half of the fakes near {'  '.join(crowds)}  (·: near no color)")
    print(f"   at the end {near} were near red/blue/green; settings {color_gan.GAMES[name] or 'as in section 1'}")

# %% [markdown]
# *Momentum* is Adam's β₁: how long it remembers earlier gradients. B has 0, A the usual 0.9; they differ in
# nothing else. pix2pix takes 0.5. (C: 0.9, and a faster generator.)

# %% [markdown]
# ## 7. Photographs
#
# *L1* is a network trained on small photographs; *pix2pix* is a copy of it, trained further. Neither has seen these:

# %%
photos = data.photographs()
networks = {"L1": models.load("photo_l1"), "pix2pix": models.load("photo_pix2pix")}
rows, notes = {}, {}
for name, file in {"a cat": "chelsea", "a cup": "coffee", "a rocket": "rocket"}.items():
    colored = {label: colorize(photos[file], network) for label, network in networks.items()} | {"truth": photos[file]}
    rows[name] = list(colored.values())
    l1, bold, true, gray = photographs.measured(colored, photos[file]).values()
    notes[name] = (
        f"by L1, by pix2pix, and in truth. Colorfulness {l1['colorfulness']:.0f}, {bold['colorfulness']:.0f}, "
        f"{true['colorfulness']:.0f}; ab error {l1['ab_error']:.0f}, {bold['ab_error']:.0f}, 0 "
        f"(gray: {gray['ab_error']:.0f})."
    )
picture_gallery("photograph", rows, notes, width=300)

# %% [markdown]
# L1 is brown again. pix2pix paints the cat reddish, with less error than L1. But parts of the
# table get green, and parts of the sky red. Color **spills** where it changes, but the true color and the gray do not:


# %%
def spilled(colored, photograph, size=(80, 120)):
    """How much the color changes where neither the true color nor the gray does, on a small copy."""
    small = [F.interpolate(picture[None] / 255, size, mode="area") for picture in (colored, photograph)]
    (_, ab), (gray, truth) = map(color.to_gray_ab, small)
    shown = torch.zeros(size)
    for axis in (0, 1):
        change, true, light = (x[0].diff(dim=axis + 1).norm(dim=0) for x in (110 * ab, 110 * truth, 50 * gray))
        kept = change * (true < 2) * (light < 2)
        shown[: kept.shape[0], : kept.shape[1]] += kept
    return shown


l1, bold, truth = rows["a rocket"]
plots.pictures(
    [bold, *(spilled(version, truth) / 8 for version in (l1, bold, truth))],
    titles=("pix2pix", "spill of L1", "spill of pix2pix", "spill of the truth"),
    alt="The rocket as pix2pix paints it, with red and blue clouds in the sky; and three maps of spill: dark for L1, "
    "bright over the whole sky for pix2pix, dark for the truth.",
)

# %%
cards = {name: card_of(name) for name in ("photo_l1", "photo_pix2pix")}
held_out = cards["photo_l1"]["held_out"] | cards["photo_pix2pix"]["held_out"]
metrics.Table({row: held_out[row] for row in ("gray", *cards, "truth")}, cards["photo_l1"]["measured_on"])

# %% [markdown]
# *Spill* is the share of all change of color that lies in such places. (L1 changes little, so its map is dark.) Again
# the critic brings color, and more ab error than gray.
#
# The networks look at a small copy of the photograph. So far its short side had 64 pixels. Others:

# %%
photographs.side_slider(photos["chelsea"], networks["pix2pix"])

# %%
for side in cards["photo_l1"]["at_side"]:
    at = cards["photo_l1"]["at_side"][side] | cards["photo_pix2pix"]["at_side"][side]
    error = {name: at[name][0]["ab_error"] / at["gray"][0]["ab_error"] for name in cards}
    bold, true = (at[name][0]["colorfulness"] for name in ("photo_pix2pix", "truth"))
    print(
        f"side {side:>3}: ab error {error['photo_l1']:.2f} (L1) and {error['photo_pix2pix']:.2f} (pix2pix) of gray's; "
        f"colorfulness of pix2pix {bold:.0f}, in truth {true:.0f}"
    )

# %% [markdown]
# Both trained at 64 and 96 pixels. The error of pix2pix grows with each side; from 128 on it is too colorful.

# %% [markdown]
# ## 8. Quizzes and take-away

# %%
new = scenes.draw(5, 32, seed=33, world="ambiguous")  # pictures that you have not seen yet
new_gray, new_ab = color.to_gray_ab(new.pictures)
generators = {name: Recorded(f"ambiguous_{name}").generator for name in ("l2", "l1", "pix2pix")}
rows = {name: models.paint(generator, new_gray) for name, generator in generators.items()} | {"truth": new_ab}
facts = {name: metrics.measure(ab, new_ab, new_gray, new) for name, ab in rows.items()}
colored = {name: color.from_gray_ab(new_gray, ab) for name, ab in rows.items()}
loss_quiz("03.which_loss", colored, facts)

# %%
photo_networks = {"l1": networks["L1"], "classify": "photo_classify", "pix2pix": networks["pix2pix"], "truth": None}
photographs.loss_quiz("03.which_loss_photo", photo_networks, "astronaut")

# %%
quiz("03.take_away")

# %%
progress()

# %% [markdown]
# **Take-away.** A critic asks *could this be real?*, and brings back strong colors where L1 paints brown. Its step
# **detaches** the fakes, the generator's step **freezes** the critic. λ weighs the truth against the critic. A GAN's
# loss does not tell how good its pictures are: measure and look. On photographs its strong colors spill.
#
# Next: **04 WGAN-GP** asks the critic for a distance instead of a verdict.

# %% [markdown]
# ## Extra A. Two losses for the generator, and other remedies
#
# One network makes the formula of section 1 large, the other small: a *minimax* game. It gives the generator the loss
# $\log(1 - D)$. In practice one takes $-\log D$, as the same paper advises. Both fall when the critic takes a fake for
# real, but not equally fast. In the lab of section 1, press *Ten critic steps* five times. Then choose *the minimax's
# own* loss. How long are the arrows now? In numbers:

# %%
for critic_steps in (10, 50):
    for name, saturating in (("in use", False), ("minimax's own", True)):
        game = color_gan.ColorGAN(saturating=saturating)
        for _ in range(critic_steps):
            game.critic_step()
        push = 10 * game.pushes().norm(dim=1).mean()
        print(f"{critic_steps} critic steps, {name:13}: 10 Lab units along its arrow lower a fake's loss by {push:.3f}")

# %%
logits = torch.linspace(-8, 8, 65, requires_grad=True)
slopes = {}
for name, saturating in (("−log D (in use)", False), ("log(1 − D) (saturates)", True)):
    (slope,) = torch.autograd.grad(losses.fooling(logits, saturating) * len(logits), logits)
    slopes[name] = (-slope).tolist()
plots.curves(
    slopes,
    x=logits.tolist(),
    xlabel="the critic's logit for a fake: surely painted … surely real",
    ylabel="push on the generator",
    title="How strongly each loss pushes",
    alt="Two curves over the critic's logit. The loss in use pushes with strength 1 where the critic is sure of a "
    "fake and with 0 where it is fooled; the saturating one the other way round.",
)

# %% [markdown]
# Where the critic is sure, $\log(1 - D)$ is flat: it *saturates*, and the generator learns nothing from it. The loss
# in use is steepest there.
#
# Papers recommend more remedies: *label smoothing* (call the real ones 0.9, so that the critic never gets too sure:
# [Salimans and others, 2016](https://arxiv.org/abs/1606.03498)); reduced *momentum*, *LeakyReLU* and batch norm
# ([Radford and others, 2016](https://arxiv.org/abs/1511.06434)); dropout; a slower critic. Each row changes one thing
# in the run of section 4, at half its steps, with three seeds:

# %%
stabilizers = Sweep("pix2pix_stabilizers")
stabilizers.table("chroma_share", "palette_use", "background_error")

# %% [markdown]
# The *saturating* loss is as dull as L1, and *critic's rate ÷ 10* nearly so. With momentum (β₁) 0.9 there is less
# color and more background error, with 0 less color. Without batch norm in the critic there is less color, too. Label
# smoothing, LeakyReLU and dropout change the chroma by less than the seeds do; dropout raises the background error.
# These are few steps on a small world: other worlds may give other rows.

# %% [markdown]
# ## Extra B. A critic that sees the colors alone
#
# Your critic sees gray and color together. It judges whether this color is real *for this gray*: a *conditional* GAN.
# A published Keras GAN (Extra H) shows its critic the colors alone. What does that change? We take L1 away (λ = 0),
# so that the critic is the only teacher.

# %%
predict("03.condition")

# %%
condition = Sweep("pix2pix_condition")
rows = condition.pictures()
plots.pictures(
    [pictures[:6] for pictures in rows.values()],
    row_titles=tuple(rows),
    alt="Six pictures as painted by three generators without L1, and the truth. With a critic that sees L, sky and "
    "grass are roughly right and objects are patched in red, blue and green. With one that sees another picture's L, "
    "colors are duller and lie in bands. With one that sees ab alone, glaring red, blue and cyan lie anywhere, on "
    "sky and walls too.",
)

# %%
condition.table("chroma_share", "palette_use", "background_error", "colorfulness")

# %%
saw("03.condition")

# %% [markdown]
# Without L1 none of them is good. With a critic that sees L, the background error is below gray's. With one that sees
# ab alone it is above gray's, and chroma and colorfulness are highest. So these two numbers are never shown alone here.
#
# The critic of the middle row sees the L *of another picture*, with real and with painted colors. That L tells nothing
# about these colors. The background is worse than with the right L, and differs most from seed to seed.
#
# You can test whether a critic uses the gray. Show it true colors with their own gray, and with that of another
# picture:

# %%
world_gray, world_ab = color.to_gray_ab(world.valid)


def asked(critic):
    """Its mean logit for held-out true colors, with their own gray and with that of another picture."""
    with torch.no_grad():
        pairs = ([world_gray, world_ab], [world_gray.roll(1, dims=0), world_ab])
        return [critic(torch.cat(pair, dim=1)).mean().item() for pair in pairs]


own, another = asked(recipe.networks["critic"].cpu().eval())
print(f"your critic ({gan.step} steps): {own:.2f} with their own gray, {another:.2f} with another's")
for name, lam in (("ambiguous_pix2pix", 100), ("ambiguous_pix2pix_dropout", 30)):
    for seed in card_of(name)["critic_on"]:
        print(
            f"recorded, λ = {lam:3}: {seed['own gray']:5.2f} with their own gray, {seed['another gray']:5.2f} with another's"
        )

# %% [markdown]
# All six recorded critics give true colors a lower logit beside another gray. With λ = 30 the difference is several
# times larger than with λ = 100. (That generator also has dropout, so λ may not be the only reason.)

# %% [markdown]
# ## Extra C. One answer or many?
#
# Across pictures all three colors are in use. Could you offer somebody several colorings of *one* photograph? pix2pix
# has no noise at its input. Its only chance is the dropout inside the generator, and `.eval()` switches that off. The
# network here is a recorded one with the published dropout of 0.5, trained with λ = 30.

# %%
predict("03.ten_times")

# %%
noisy = Recorded("ambiguous_pix2pix_dropout").generator


def passes(picture, times=6, dropout=False, shift=0):
    """The ab of several passes of one gray picture; each may shift it by some pixels more (and its ab back)."""
    for layer in noisy.modules():
        if isinstance(layer, nn.Dropout):
            layer.train(dropout)
    grays = torch.stack([picture.roll(shift * i, dims=2) for i in range(times)])
    return torch.stack([ab.roll(-shift * i, dims=2) for i, ab in enumerate(models.paint(noisy, grays))])


ways = {"dropout off": {}, "dropout on": {"dropout": True}, "shifted": {"shift": 1}}
plots.pictures(
    [color.from_gray_ab(shown[:1].expand(6, -1, -1, -1), passes(shown[0], **way)) for way in ways.values()],
    row_titles=tuple(ways),
    alt="One picture in six passes and three rows: with dropout off, all equal; with dropout on, objects in nearly the "
    "same color and sky and grass in changing blotches; and with the gray picture shifted by zero to five pixels "
    "(shown shifted back), where objects change their color after some pixels.",
)

# %% [markdown]
# In numbers, over 25 pictures: how far does the first object's color move from one pass to another?

# %%
moves = {"dropout off": [], "dropout on": [], "shifted by 1": [], "shifted by 2": [], "shifted by 4": []}
for picture, inside in zip(world_gray[:25], world.valid_scenes.objects[:25] == 1, strict=True):
    for name, way in ways.items():
        colors = passes(picture, **way)[:, :, inside].mean(dim=2) * color.AB_SCALE
        for step in (1, 2, 4) if name == "shifted" else (1,):
            moves[f"shifted by {step}" if name == "shifted" else name].append((colors[step] - colors[0]).norm())
for name, values in moves.items():
    print(f"{name:13} {sum(values) / len(values):5.1f} Lab units")
print(f"for comparison: {torch.pdist(single.palette).mean():.0f} Lab units from one palette color to another")

# %%
saw("03.ten_times")

# %% [markdown]
# A shift by a few pixels tells nothing about colors. Yet some objects change theirs. So which color the network takes
# depends on small details of the gray. (`roll` brings what leaves at one side in again at the other.) For several
# answers to one picture a network needs a random input, and a reason to use it.

# %% [markdown]
# ## Extra D. A λ of your own, and where it turns dull
#
# All λ of section 5 once more, with three seeds each:

# %%
sweep.table("ab_error", "chroma_share", "palette_use", "background_error")

# %% [markdown]
# With λ = 0 or 1 there is *less* chroma than with 10, and the background error is large. There the critic is nearly the
# only teacher. L1 says more exactly how strong a color must be where the gray tells it. Choose a λ and train it:

# %%
my_lambda = 500

# %%
my_watch = LiveCurves(
    "valid_chroma_share",
    title=f"share of the true chroma, λ = {my_lambda}",
    pictures=world.valid[:4],
    lines={"truth": 1},
)
my_run = training.fit(
    training.build("pix2pix", **slim | {"lam": my_lambda}),
    world.train,
    validate=metrics.validator(world, columns),
    on_epoch=my_watch,
)
metrics.evaluate({f"λ = {my_lambda}": my_run.generator.cpu()}, world, names=columns)

# %% [markdown]
# Where does it turn dull? A rough estimate compares two costs:
#
# - A strong color has a larger expected L1 than the median (lesson 02). Its cost is this difference, times the objects'
#   share of the pixels, times λ.
# - A dull color costs at most what the critic can add to the loss. With λ = 1000 the objects stayed dull and the critic
#   was always right. So we take the last BCE of that run.

# %%
palette = single.palette
median = palette.median(dim=0).values


def expected_l1(answer):
    """Mean absolute error of one color, over the three that may be true, scaled as ab is."""
    return ((palette - answer).abs().mean(dim=1) / color.AB_SCALE).mean().item()


extra = sum(expected_l1(answer) for answer in palette) / 3 - expected_l1(median)
share = world.valid_scenes.ambiguous.float().mean().item()
most = sweep.history("λ = 1000")[-1]["adversarial"]
print(f"strong instead of dull: {extra:.3f} more L1 in objects, which have {share:.0%} of the pixels")
for name in sweep.variants:
    print(
        f"{name:9} a strong color costs {float(name.split()[-1]) * extra * share:6.2f}, a dull one at most {most:.2f}"
    )

# %% [markdown]
# Up to λ = 100 strong colors cost less than half of what dull ones may cost. At 300 the two costs are nearly equal, and
# at 1000 a strong color costs four times as much. The table agrees: between 300 and 1000 most of the chroma is lost.
# (The estimate is rough: the critic adds something to the loss of strong colors, too.) With more or fewer ambiguous
# pixels the limit lies elsewhere.

# %% [markdown]
# ## Extra E. How large a patch is
#
# A PatchGAN has no dense layer, so each logit sees only a part of the picture: its *receptive field*. How large?
#
# One place of the first map: a 4×4 convolution sees 4 pixels a side. A second convolution on top sees 4 *places* of
# the first map. If the first one has a stride of 2, neighboring places lie 2 pixels apart, so the three further
# places add 3·2 pixels: 4 + 6 = 10. And so on: each layer adds (kernel − 1) × the distance between two of its inputs
# (1 pixel at first), and its stride multiplies that distance for the layers after it.
#
# **Exercise.** Write it down. `layers` is a list of pairs (kernel, stride), from the picture to the logit.


# %%
def receptive_field(layers):
    """How many pixels a side one output sees, for convolutions given as (kernel, stride)."""
    # BEGIN SOLUTION
    field = distance = 1
    for kernel, stride in layers:
        field += (kernel - 1) * distance
        distance *= stride
    return field
    # END SOLUTION


receptive_field = check("03.receptive_field", receptive_field)

# %%
# hint("03.receptive_field")


# %%
def windows(network):
    """The (kernel, stride) pairs of a network's convolutions, in their order."""
    return [(m.kernel_size[0], m.stride[0]) for m in network.modules() if isinstance(m, nn.Conv2d)]


# %% tags=["nbval-check-output"]
published = models.build("patchgan", size=256).eval()
print("layers of the published critic (kernel, stride):", windows(published))
print("one logit sees a patch of", receptive_field(windows(published)), "pixels a side")
print("logits for a picture of 256 pixels:", tuple(published(torch.zeros(1, 3, 256, 256)).shape[2:]))
print(f"parameters: {models.count_parameters(published, statistics=False):,}")

# %% [markdown]
# For pictures of 32 pixels we take fewer layers (`layers` counts those that halve). A pixel matters to a logit where
# the logit's gradient is not 0:

# %%
picture = world.valid[0] / 255
views, titles = [picture], ["the picture"]
for layers in (1, 2):
    critic = models.build("patchgan", size=32, layers=layers).eval()
    looked_at = picture[None].clone().requires_grad_()
    verdicts = critic(looked_at)[0, 0]
    middle = len(verdicts) // 2
    verdicts[middle, middle].backward()
    seen = looked_at.grad[0].abs().sum(dim=0) > 0
    views.append(torch.where(seen, picture, 0.2 * picture))
    titles.append(f"layers={layers}: {receptive_field(windows(critic))} pixels")
    print(f"layers={layers}: {len(verdicts)}×{len(verdicts)} logits; the middle one sees {seen.sum()} of 1024 pixels")
plots.pictures(
    views,
    titles=titles,
    alt="A small picture three times: whole; bright only in a square of 16 pixels, which one logit of a critic "
    "with one halving sees; and bright nearly everywhere, as a critic with two sees it.",
)

# %% [markdown]
# The critic of this lesson has `layers=2`: its patch of 34 pixels is larger than the picture. (The middle one of an
# even number of logits stands beside the middle, so it misses a row and a column.) Patches matter at 256 pixels:
# there no logit can compare two things that are far apart.

# %% [markdown]
# ## Extra F. Should the critic be nearly always right?
#
# A published recipe advises to keep the critic's accuracy near 100 %. We try: four critic steps, each on fresh
# pictures, for one step of the generator.

# %%
predict("03.strong_critic")

# %%
strong = training.build("pix2pix", **slim | {"steps": settings.strong_steps}, critic_steps=4)
training.fit(strong, world.train, on_epoch=LiveCurves("right_on_real", "right_on_fake", title="four critic steps"))
metrics.evaluate({"four critic steps": strong.generator.cpu()}, world, names=columns)

# %% [markdown]
# And recorded, with three seeds. Every generator here takes 224 steps, half of section 4's. The critic called
# *asleep* learns at a hundredth of the rate.

# %%
strength = Sweep("pix2pix_critic")
strength.table("ab_error", "chroma_share", "palette_use", "background_error")

# %% [markdown]
# How often was the critic right in the last quarter of its training?

# %%
trainings = [*((strength, name) for name in strength.variants), (sweep, "λ = 300"), (sweep, "λ = 1000")]
for of, variant in trainings:
    history = of.history(variant)
    last = right(history)[-len(history) // 4 :]
    chroma = sum(of.seeds(variant, "chroma_share")) / 3
    print(f"{variant:15} right about {sum(last) / len(last):4.0%} of the patches, {chroma:4.0%} of the true chroma")

# %%
saw("03.strong_critic")

# %% [markdown]
# With the critic asleep the generator is as dull as under L1. A critic with four times the practice is hardly more
# often right. It changes the chroma by less than the seeds do, and the background gets worse. Where the critic does
# come near 100 %, the pictures can be colorful (λ = 300) or dull (λ = 1000). So do not aim at an accuracy. It says how
# easily *this* critic tells real from painted, and not how good the pictures are.

# %% [markdown]
# ## Extra G. RGB instead of Lab, and a term of MS-SSIM
#
# Several published colorizers (among them the DCGAN that this course started from) paint all of R, G and B. Such a
# network gets the lightness, and must paint it again. How well does it copy?

# %%
rgb = training.build("pix2pix_rgb", **slim)
training.fit(rgb, world.train)
network = rgb.networks["generator"].cpu().eval()
gray, ab = color.to_gray_ab(world.valid[:6])
with torch.no_grad():
    as_rgb = (network(gray.expand(-1, 3, -1, -1)) + 1) / 2
off = (color.rgb_to_lab(as_rgb)[:, :1] - color.to_lab(gray, ab)[:, :1]).abs().mean()
print(f"its L is off by {off:.1f} of 100 on average; with Lab it is exact by construction")

# %%
plots.pictures(
    [as_rgb, world.valid[:6]],
    row_titles=("RGB", "truth"),
    alt=f"Six pictures as painted by the network in R, G and B, whose lightness is off by {off:.1f} on average, and the "
    "truth.",
)

# %% [markdown]
# `pix2pix_ms_ssim` adds 1 · (1 − MS-SSIM) to the loss of this (lesson 02, Extra E). `cgan` is the GAN of [Nazeri and
# others, 2018](https://arxiv.org/abs/1803.05400), with another U-Net. Their report states one learning rate for both
# networks. Their repository differs: β₁ = 0, a critic at a tenth of the rate, and two generator steps for each of the
# critic's. Here it trains as in the repository. Recorded, three seeds each, measured
# with the given L:

# %%
forms = Sweep("pix2pix_forms")
forms.table("ab_error", "ssim", "chroma_share", "palette_use", "background_error")

# %%
rows = forms.pictures()
plots.pictures(
    [pictures[:6] for pictures in rows.values()],
    row_titles=tuple(rows),
    alt="Six pictures as painted by five published forms, and the truth. The first four paint the surroundings right "
    "and the objects in red, blue and green, some in two of them. keras_gan paints green below, cyan above and red "
    "between, whatever is there.",
)

# %% [markdown]
# In color the first three are nearly alike: adding MS-SSIM makes no clear difference in the table. `cgan` has the best
# background, with twice as many generator steps. `keras_gan` is for Extra H.

# %% [markdown]
# ## Extra H. A critic that is kept ahead: keras_gan
#
# The published `keras_gan` has no pixel loss. Its critic sees ab alone and gives one logit a picture. In every third
# epoch it also gets noise as fakes. In the first half of the training it is *refitted* after an epoch in which it was
# right about less than 80 % of the painted pictures: trained alone until it is right about 90 % of held-out ones. The
# whole recipe, live:

# %%
keras = training.build("keras_gan", 32, width=0.25, critic_width=0.5, batch_size=64, epochs=settings.keras_epochs)
keras_run = training.fit(keras, world.train)
for row in keras_run.history[:: max(1, len(keras_run.history) // 6)]:
    print(
        f"epoch {row['epoch']:2}: right about {row['right_on_real']:.0%} of the real, {row['right_on_fake']:.0%} of the "
        f"painted pictures; refitted with {row['refit_steps']:.0f} steps"
    )

# %%
plots.pictures(
    [painted(keras_run.generator.cpu(), gray), world.valid[:6]],
    row_titles=("keras_gan", "truth"),
    alt="Six pictures as painted by keras_gan in colors that do not follow the things in them, and the truth.",
)

# %%
metrics.evaluate({"keras_gan": keras_run.generator}, world, names=columns)

# %% [markdown]
# Compare it with `keras_gan` in Extra G. A critic that sees ab alone knows where colors *usually* are, and no more. The
# recorded run paints green below and blue above, over brick walls too. Over three seeds its background error is about
# as large as plain gray's, and a color may be missing. In the
# last epochs shown the refitted critic is still wrong about a third of the pictures, or more.

# %% [markdown]
# ## Extra I. What `.eval()` changes
#
# pix2pix was published with batch norm in *training* mode at test time: it takes the statistics of the pictures at
# hand. How much does that matter, and does it depend on the pictures that are painted together?

# %%
held_out = world.valid_scenes[:128]
many_gray, many_ab = color.to_gray_ab(held_out.pictures)
network = copy.deepcopy(pix2pix.generator)  # a copy: see the last line
for mode, batch_size in (("eval", 64), ("train", 64), ("train", 8), ("train", 1), ("eval", 64)):
    many = models.paint(network.train(mode == "train"), many_gray, batch_size)
    row = metrics.measure(many, many_ab, many_gray, held_out, ("chroma_share", "background_error"))
    print(
        f"{mode:5} mode, {batch_size:2} pictures at a time: {row['chroma_share']:.0%} of the true chroma, background error "
        f"{row['background_error']:.1f}"
    )

# %% [markdown]
# With 64 pictures at a time hardly anything changes: their statistics are close to the running averages. With few
# pictures the result depends on which are painted together. One alone has statistics that the network has never met.
#
# The last line is the network of the first line, in the same mode, on the same pictures. Its numbers differ: passes in
# training mode have moved its running averages. `torch.no_grad()` does not prevent that. So without `.eval()` each
# measurement changes the network.

# %% [markdown]
# ## Extra J. CIFAR-10, and your own training on photographs
#
# The slim pix2pix was trained on CIFAR-10, each picture once. Recorded, three seeds, beside L1 on the same pictures:

# %%
cifar = Sweep("cifar10_losses")
measures = ("psnr", "ssim", "ab_error", "ciede2000", "colorfulness")
cifar.table(*measures)

# %%
rows = cifar.pictures()
plots.pictures(
    [pictures[:6] for pictures in rows.values()],
    row_titles=tuple(rows),
    alt="Six held-out CIFAR-10 pictures: L1 paints them nearly gray, with a tint of brown and blue; pix2pix paints "
    "stronger colors, some fitting, some in odd patches; the truth.",
)

# %% [markdown]
# pix2pix has nearly the colorfulness of the truth, and is worst in every other column. Now train it yourself: on
# CIFAR-10 if you have it, else on crops of the photographs that came with your libraries:

# %%
source = "cifar10" if download.CIFAR10.is_here() else "photos"
crops = data.load(source, size=32, n=settings.photos)
print(crops)
photo_gan = training.fit(training.build("pix2pix", **slim | {"steps": settings.photo_steps}), crops.train)
metrics.evaluate({"pix2pix": photo_gan.generator.cpu()}, crops, names=measures)

# %%
plots.pictures(
    [
        plots.gray_picture(crops.valid[:6]),
        painted(photo_gan.generator, color.to_gray_ab(crops.valid[:6])[0]),
        crops.valid[:6],
    ],
    row_titles=("gray", "pix2pix", "truth"),
    alt="Six held-out pictures: in gray; as colored by pix2pix; in truth.",
)
