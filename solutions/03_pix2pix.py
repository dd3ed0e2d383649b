# %% [markdown]
# # pix2pix: learn the loss
#
# **After these 75 minutes you will be able to**
#
# - write the two steps of a GAN, and prove that each changes what it should and nothing else;
# - train pix2pix until balloons are red, blue or green, and say what λ trades for what;
# - read a GAN's curves, and tell a healthy run from one whose critic has won.
#
# **You need** lesson 02. No GPU: the longest training here takes about a minute.

# %%
import copy

import torch
from torch import nn

from colorlib import color, data, download, losses, metrics, models, plots, profile, recipes, scenes, training
from colorlib.course import (
    check,
    color_gan,
    color_gan_lab,
    hint,
    loss_quiz,
    picture_gallery,
    predict,
    progress,
    quiz,
    runs,
    saw,
)
from colorlib.recipe import frozen

# %%
settings = profile.settings(
    #         quick, laptop, gpu
    pictures=(256, 2048, 2048),  # pictures of a world, a tenth of them held out
    epochs=(1, 6, 6),  # of the training loop that you write
    steps=(4, 448, 448),  # training steps of the main experiments
    strong_steps=(8, 896, 896),  # of the critic in section 7; the generator takes a quarter of them
    keras_epochs=(2, 16, 16),
    photos=(200, 2000, 20_000),  # photos, or crops of them
    photo_steps=(4, 300, 2000),
)
settings

# %%
quiz("03.recall")

# %% [markdown]
# ## 1. The forger and the expert (9 min)
#
# L2 and L1 compare with *one* truth, and where several colors fit, they pay for caution. Another question does
# not: *could this picture be real?* Brown balloons could not. Nobody can write that question down as a formula,
# so we let a second network learn it. Two networks, then, like a forger and an expert:
#
# - the **generator** $G$ paints. It wants its pictures to be taken for real ones;
# - the **critic** $D$ (also called the discriminator) looks at pictures, real ones and painted ones (*fakes*), and
#   says how likely each is real. It wants to be right.
#
# Neither has a fixed goal: each learns from the other's newest tricks. Goodfellow and others (2014) wrote it as
# one number that one network pushes up and the other one down (a *minimax*):
#
# $$\min_G \max_D \;\; \mathbb{E}_{\text{real}}\left[\log D(x)\right] +
# \mathbb{E}_{\text{painted}}\left[\log\left(1 - D(G(\cdot))\right)\right]$$
#
# In words: $D$ gives each picture a probability of being real. The critic raises the number by saying 1 to real
# pictures and 0 to painted ones; the generator lowers it by making the critic say 1 to its own.
#
# Here is that game with the smallest pictures there are: one color each. Real ones (circles) are red, blue or
# green. The fakes (triangles) start as a heap where L2 would end: in the middle. The background is the critic's
# opinion, and the arrows show where it sends each triangle.

# %%
color_gan_lab()

# %% [markdown]
# Try this, and put each result into words before you go on:
#
# - Press *Ten critic steps* once, and nothing else. Where is it light, where dark? Is all that is light a color
#   that occurs?
# - Now some *generator steps* alone. Where does the heap go, and what happens to the critic's share of right
#   answers?
# - *Ten rounds*, again and again: each network gets its turn. Which colors are found first? Do the fakes stay?
# - *Start again*, and press *Ten critic steps* five times. Then choose *the minimax's own* loss: the same dots, the
#   same critic. How long are the arrows now?
#
# The critic of the first try has learned "not the middle" and no more: it knows only what the fakes have taught it.
# And the last try, in numbers:

# %%
for critic_steps in (10, 50):
    for name, saturating in (("in use", False), ("minimax's own", True)):
        game = color_gan.ColorGAN(saturating=saturating)
        for _ in range(critic_steps):
            game.critic_step()
        print(f"{critic_steps} critic steps, {name:13}: mean arrow {10 * game.pushes().norm(dim=1).mean():.4f}")

# %% [markdown]
# Why? A critic gives a *logit* $z$: a number without bounds, whose sigmoid is the probability. The minimax's own
# loss for the generator, $\log(1 - D)$, is flat where the critic is sure (it *saturates*): from an expert who is
# sure of everything a beginner learns nothing. Its mirror image, $-\log D$, wants the same and is steepest there.
# It is the one in use:

# %%
logits = torch.linspace(-8, 8, 65, requires_grad=True)
slopes = {}
for name, saturating in (("−log D (in use)", False), ("log(1 − D) (saturates)", True)):
    (slope,) = torch.autograd.grad(losses.fooling(logits, saturating) * len(logits), logits)
    slopes[name] = (-slope).tolist()
plots.curves(
    slopes,
    x=logits.tolist(),
    xlabel="the critic's logit for a painted picture: surely fake … surely real",
    ylabel="push on the generator",
    title="How strongly each loss pushes",
    alt="Two curves over the critic's logit. The loss in use pushes with strength 1 where the critic is sure of a "
    "fake and with 0 where it is fooled; the saturating one the other way round.",
)

# %% [markdown]
# ## 2. What a patch can punish (8 min)
#
# The critic of pix2pix (Isola and others, 2017) gives no single verdict, but a map of them: each comes from a
# patch of the picture, and their mean counts. It is a small convolutional network that is never flattened, called
# **PatchGAN**. How large is a patch? That is its *receptive field*: the pixels that one output can see.
#
# Start with one place of the first map: a 4×4 convolution sees 4 pixels a side. Now a second convolution on top
# sees 4 *places* of the first map. If the first has a stride of 2, neighboring places lie 2 pixels apart, so the
# three further places add 3·2 pixels: 4 + 6 = 10. And so on: each layer adds (kernel − 1) × the distance between
# two of its inputs, and its stride multiplies that distance for those that follow.
#
# **Exercise.** Write it down. `layers` is a list of pairs (kernel, stride), from the picture to the verdict.


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
print("one verdict sees a patch of", receptive_field(windows(published)), "pixels a side")
print("verdicts on a picture of 256 pixels:", tuple(published(torch.zeros(1, 3, 256, 256)).shape[2:]))
print(f"parameters: {models.count_parameters(published, statistics=False):,}")

# %% [markdown]
# For pictures of 32 pixels we take fewer layers. What does one verdict see? Ask for its gradient: a pixel matters
# where that is not zero.

# %%
world = data.load("ambiguous", size=32, n=settings.pictures)
shown = world.valid[:8]
picture = shown[0] / 255
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
    print(f"layers={layers}: {len(verdicts)}×{len(verdicts)} verdicts; the middle one sees {seen.sum()} of 1024 pixels")

# %%
plots.pictures(
    views,
    titles=titles,
    cell=2.6,
    alt="A small picture three times: whole; bright only in a square of 16 pixels, which one verdict of a critic "
    "with one halving sees; and bright nearly everywhere, as a critic with two sees it.",
)

# %% [markdown]
# So what can a patch punish? Whatever looks wrong *within* it: a brown that no object has, a balloon in two
# colors, color beside its edge. (All of these are cases where every pixel may be near its best guess.) What it
# can't: anything that takes a longer look, such as two shoes in different colors far apart, or a set of pictures
# in which every balloon is red. For those it would have to see two patches, or two pictures, together.

# %% [markdown]
# ## 3. Two losses, two steps (13 min)
#
# The critic's task is an ordinary one: tell two classes apart. Its loss is binary cross-entropy (BCE) with the
# label 1 for real and 0 for painted. What does a critic pay that only guesses, with a logit of 0 (a probability
# of ½)?

# %% tags=["nbval-check-output"]
bce = nn.functional.binary_cross_entropy_with_logits
guess = torch.zeros(1)
print(f"real: {bce(guess, torch.ones(1)):.4f}, painted: {bce(guess, torch.zeros(1)):.4f}, ln 2 = 0.6931")

# %% [markdown]
# Remember ln 2 = 0.69: wherever a GAN's curve comes to lie there, somebody is guessing.
#
# **A silent bug.** `bce` above takes *logits* and applies the sigmoid itself. Many networks end in a sigmoid
# already. Nothing crashes then. But look at the loss:

# %%
logits = torch.tensor([-8.0, 0.0, 8.0])
print("the critic says    surely fake   undecided   surely real")
for kind, label in (("real", 1.0), ("painted", 0.0)):
    for name, values in (("right  ", logits), ("sigmoid twice", logits.sigmoid())):
        costs = [bce(value, torch.tensor(label)).item() for value in values]
        print(f"{kind:8} {name:14}" + "".join(f"{cost:12.3f}" for cost in costs))

# %% [markdown]
# With the sigmoid applied twice, no painted picture can cost less than ln 2, however sure the critic is, and no
# real one less than 0.31. The loss moves a little, so it looks like training.
#
# Now the critic's step. It sees the gray picture *and* the colors, side by side (`torch.cat` along the
# channels): the pair has to fit. `fake` comes from the generator, with all that PyTorch remembers about how it
# was made. The critic's step must not reach back through it: **detach**.
#
# **Exercise.** Write one step of the critic. Its loss is *half* the sum of BCE on real and on painted pictures.
# (Half, as published: it slows the critic down against the generator.)


# %%
def critic_step(critic, optimizer, gray, ab, fake):
    """Real pictures up, painted ones down. Returns the loss from before the step."""
    # BEGIN SOLUTION
    real_logits = critic(torch.cat([gray, ab], dim=1))
    fake_logits = critic(torch.cat([gray, fake.detach()], dim=1))
    real = bce(real_logits, torch.ones_like(real_logits))
    painted = bce(fake_logits, torch.zeros_like(fake_logits))
    loss = (real + painted) / 2
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()
    # END SOLUTION


critic_step = check("03.critic_step", critic_step)

# %%
# hint("03.critic_step")

# %% [markdown]
# In the generator's step it is the other way round: the gradient must come *through* the critic, since only the
# critic knows which way is more real. But nothing of the critic may change, or it would be taught to be fooled.
# So: **freeze**. `with frozen(critic):` does two things: its weights get no gradient, and its batch norm keeps its
# running averages as they are.
#
# **Exercise.** Write one step of the generator. Its loss: BCE of the critic's verdict on `fake`, with the label it
# *wishes* for (1), plus `lam` (λ) times L1, the mean of `(fake - ab).abs()`.


# %%
def generator_step(critic, optimizer, gray, ab, fake, lam):
    """Fool the critic, and stay near the truth. Returns the loss from before the step."""
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
# One question of that check is worth a closer look, because a published "GAN" fails it (lesson 02, Extra C): **does
# the generator's gradient change when the critic changes?** Its generator learned from squared error alone, while
# a critic was trained beside it, for nothing:


# %%
def published_step(critic, optimizer, gray, ab, fake, lam):
    """As that tutorial prints it: the critic is handed in, and never asked."""
    loss = ((fake - ab) ** 2).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()


def gradients_under(step, seed):
    """The generator's gradients after one step, with a critic drawn from this seed."""
    generator = recipes.seeded(0, nn.Conv2d, 1, 2, 3, padding=1)
    critic = recipes.seeded(seed, models.build, "patchgan", 32, layers=2)
    optimizer = torch.optim.SGD(generator.parameters(), lr=0.0)
    gray, ab = color.to_gray_ab(shown)
    step(critic, optimizer, gray, ab, generator(gray), 1.0)
    return generator.weight.grad


for name, step in {"yours": generator_step, "the published one": published_step}.items():
    change = (gradients_under(step, seed=1) - gradients_under(step, seed=2)).norm()
    print(f"{name}: another critic changes the gradient by {change:.6f}")

# %% [markdown]
# Zero means: this is no GAN, whatever it is called. Two lines of test, and they work for every GAN you will meet.

# %% [markdown]
# ## 4. Red, blue or green at last (11 min)
#
# First your own two steps, in a plain loop, on the world `shapes`, where every shape has its own color. Nothing is
# ambiguous here; it is a test of the code. `betas=(0.5, 0.999)` is pix2pix's Adam: a shorter memory than usual,
# since what the other network wants keeps changing.

# %%
shapes = data.load("shapes", size=32, n=settings.pictures)
generator = recipes.seeded(0, models.build, "pix2pix", 32, 0.25, levels=4, dropout=0.0)
critic = recipes.seeded(0, models.build, "patchgan", 32, 0.25, layers=2)
generator_adam = torch.optim.Adam(generator.parameters(), lr=2e-3, betas=(0.5, 0.999))
critic_adam = torch.optim.Adam(critic.parameters(), lr=5e-4, betas=(0.5, 0.999))

for epoch in range(settings.epochs):
    for gray, ab in data.batches(shapes.train, batch_size=64, seed=0, epoch=epoch):
        fake = generator(gray)
        critic_loss = critic_step(critic, critic_adam, gray, ab, fake)
        generator_loss = generator_step(critic, generator_adam, gray, ab, fake, lam=30)
    print(f"epoch {epoch + 1}: critic {critic_loss:.2f}, generator {generator_loss:.2f}")

# %%
some = shapes.valid[:8]
gray, _ = color.to_gray_ab(some)
plots.pictures(
    [plots.gray_picture(some), color.from_gray_ab(gray, metrics.paint(generator.eval(), gray)), some],
    row_titles=("gray", "your GAN", "truth"),
    cell=1.05,
    alt="Eight pictures of shapes on paper, in gray, as painted by the GAN trained here, and in truth.",
)

# %%
metrics.evaluate({"your GAN": generator}, shapes, names=("ab_error", "colorfulness"))

# %% [markdown]
# Is it the library's step, too? Five steps of both, from the same start over the same batches:

# %%
recipe = recipes.build("pix2pix", 32, width=0.25, levels=4, dropout=0.0, critic_width=0.25, critic_layers=2, lam=30)
mine = models.build("pix2pix", 32, 0.25, levels=4, dropout=0.0)
judge = models.build("patchgan", 32, 0.25, layers=2)
mine.load_state_dict(recipe.generator.state_dict())
judge.load_state_dict(recipe.networks["critic"].state_dict())
adam = {net: torch.optim.Adam(net.parameters(), lr=2e-4, betas=(0.5, 0.999)) for net in (mine, judge)}

for _, (gray, ab) in zip(range(5), data.batches(shapes.train, batch_size=16, seed=0), strict=False):
    fake = mine(gray)
    by_hand = critic_step(judge, adam[judge], gray, ab, fake), generator_step(judge, adam[mine], gray, ab, fake, 30)
    terms = recipe.step(gray, ab)
    library = (terms["critic_real"] + terms["critic_fake"]) / 2, terms["adversarial"] + 30 * terms["l1"]
    print("by hand {:.4f} {:.4f}   by recipe {:.4f} {:.4f}".format(*by_hand, *(term.item() for term in library)))

# %% [markdown]
# Now the world where L2 and L1 stayed dull. The same U-Net, λ = 100 as published, and beside it a critic.

# %%
predict("03.colors")

# %%
slim = dict(network="pix2pix", size=32, width=0.375, levels=4, dropout=0.0)  # 0.9 million parameters
critic = dict(critic_width=0.375, critic_layers=2, critic_lr=1e-3, real_label=0.9)
plan = dict(lr=3e-3, steps=settings.steps, batch_size=64)
watch = metrics.validator(world, ("chroma_share", "background_error"))
gan = training.fit(
    recipes.build("pix2pix", **slim, **critic, **plan, lam=100),
    world.train,
    validate=watch,
    on_epoch=runs.LiveCurves("valid_chroma_share", title="share of the true chroma"),
)
pix2pix = runs.or_recorded(gan, "ambiguous_pix2pix")

# %%
gray, ab = color.to_gray_ab(shown)
l2, l1 = runs.Recorded("ambiguous_l2"), runs.Recorded("ambiguous_l1")
paintings = {
    name: color.from_gray_ab(gray, metrics.paint(run.generator, gray))
    for name, run in {"l2": l2, "l1": l1, "pix2pix": pix2pix}.items()
}
plots.pictures(
    [*paintings.values(), shown],
    row_titles=("L2", "L1", "pix2pix", "truth"),
    cell=1.05,
    alt="Eight pictures in four rows: L2 with dull pinkish objects, L1 with dull brown ones, pix2pix with objects "
    "in clear red, blue and green, often not the true one, and the truth.",
)

# %%
columns = ("ab_error", "chroma", "chroma_share", "palette_use", "palette_distance", "background_error")
generators = {"L2": l2.generator, "L1": l1.generator, "pix2pix": pix2pix.generator}
table = metrics.evaluate(generators, world, names=columns)
table

# %% [markdown]
# *To palette* is the distance from an object's mean color to the nearest color that such an object can have.
# Look at the first column, too.

# %%
seeds = runs.Recorded("ambiguous_pix2pix").card["held_out"]["ambiguous_pix2pix"]
print("pix2pix, three seeds (other worlds, other starting weights):")
for seed in seeds:
    print(
        f"  {seed['chroma_share']:.0%} of the true chroma, rarest color {seed['palette_use']:.0%}, "
        f"background error {seed['background_error']:.1f}"
    )

# %%
saw("03.colors")

# %% [markdown]
# The critic did what no formula of lesson 02 could: brown objects look wrong, so brown had to go. Each object now
# gets *one* of the three colors, and all three are in use. Is it the true one? The gray does not tell, so in two
# of three cases it can't be, and that is why the **ab error went up**: a daring wrong color costs more than a dull
# one. Less error, or more life: here you see that it is a choice.

# %% [markdown]
# ## 5. The critic must see the gray picture (6 min)
#
# We gave the critic gray and color together (a *conditional* GAN). A published Keras GAN shows it the colors alone,
# and asks only: could these be somebody's colors? To see what that changes, we take L1 away (λ = 0), so that the
# critic is the only teacher.

# %%
predict("03.condition")

# %%
condition = runs.Sweep("pix2pix_condition")
condition

# %%
rows = condition.pictures()
plots.pictures(
    list(rows.values()),
    row_titles=tuple(rows),
    cell=1.05,
    alt="Eight pictures as painted by three generators without L1, and the truth. With a critic that sees L, sky and "
    "grass are roughly right and objects are patched in red, blue and green. With one that sees another picture's L, "
    "colors are duller and lie in bands. With one that sees ab alone, glaring red, blue and cyan lie anywhere, on "
    "sky and walls too.",
)

# %%
condition.table("chroma_share", "palette_use", "background_error", "colorfulness")

# %%
saw("03.condition")

# %% [markdown]
# Without L1 none of them is good. But the critic that sees L keeps the background error below gray's, and the one
# that sees ab alone drives it above: it would be better not to color at all. Yet that row has the most chroma and by
# far the most colorfulness. Now you know why this course never shows those two numbers alone.
#
# The row between is the same lesson from the other side: there the critic does see an L, but *of another picture*
# (for real and painted ones alike). It lies in between, and differs most from seed to seed: a condition that does
# not belong to the colors is a poor help.
#
# You can ask any critic whether it uses its condition. Show it true colors with their own L, and with a wrong one:

# %%
judge = gan.recipe.networks["critic"].cpu().eval()
gray, ab = color.to_gray_ab(shown)
with torch.no_grad():
    right = judge(torch.cat([gray, ab], dim=1)).mean()
    swapped = judge(torch.cat([gray.roll(1, dims=0), ab], dim=1)).mean()
print(f"mean logit for true colors: {right:.2f} with their own L, {swapped:.2f} with the L of another picture")

# %% [markdown]
# At the size `laptop` the critic that you trained is clearly less convinced by the second. (After the four steps of
# `quick` it has not learned to look.)

# %% [markdown]
# ## 6. λ: how much truth, how much life? (8 min)
#
# The generator serves two masters: the critic, and λ times L1.

# %%
predict("03.lambda")

# %% [markdown]
# Choose a λ of your own here, and train it. The other runs were recorded, with three seeds each.

# %%
my_lambda = 1000

# %%
my_run = training.fit(
    recipes.build("pix2pix", **slim, **critic, **plan, lam=my_lambda),
    world.train,
    validate=watch,
    on_epoch=runs.LiveCurves("valid_chroma_share", title=f"share of the true chroma, λ = {my_lambda}"),
)
metrics.evaluate({f"λ = {my_lambda}": my_run.generator.cpu()}, world, names=columns)

# %%
sweep = runs.Sweep("pix2pix_lambda")
sweep.table(*columns)


# %%
def mean_of(name):
    """A measure of each λ, the mean of its seeds."""
    return [sum(sweep.seeds(variant, name)) / 3 for variant in sweep.variants]


chroma = [100 * share for share in mean_of("chroma_share")]
background = mean_of("background_error")
told = "; ".join(
    f"{name}: {c:.0f} % of the chroma, background error {b:.1f}"
    for name, c, b in zip(sweep.variants, chroma, background, strict=True)
)
with plots.drawing(1, 2, (8.6, 3.0)) as (canvas, axes):
    panels = (chroma, "share of the true chroma, %"), (background, "background error, Lab units")
    for panel, (values, title) in zip(axes, panels, strict=True):
        panel.plot(list(sweep.variants), values, "o-")
        panel.set(title=title, ylim=(0, 1.15 * max(values)))
        panel.grid(True, axis="y")
    figure = plots.Figure(canvas, f"Chroma and background error over λ. {told}.")
figure

# %% [markdown]
# And the pictures. The slider goes from the critic alone (λ = 0) to hardly any critic (λ = 1000); use Tab and the
# arrow keys, or the mouse.

# %%
notes = {
    name: f"{c:.0f} % of the true chroma, background error {b:.1f}"
    for name, c, b in zip(sweep.variants, chroma, background, strict=True)
}
rows = sweep.pictures()
truth = {"the truth": rows.pop("truth")}
picture_gallery("λ", rows, notes, truth)

# %%
saw("03.lambda")

# %% [markdown]
# **Where does it turn dull, and why there?** You can work it out. What does a bold color cost? It makes L1 larger
# than the median would (lesson 02's expected loss), on the share of pixels that objects have, times λ. And what
# does a dull color cost? The critic's charge for it. The run with λ = 1000 stayed dull to its end, so its
# adversarial term tells.

# %%
palette = torch.tensor(scenes.DEFAULT_PALETTE)
median = palette.median(dim=0).values


def expected_l1(answer):
    """Mean absolute error of one color, over the three that may be true, scaled as ab is."""
    return ((palette - answer).abs().mean(dim=1) / color.AB_SCALE).mean().item()


extra = sum(expected_l1(answer) for answer in palette) / 3 - expected_l1(median)
share = world.valid_scenes.ambiguous.float().mean().item()
charge = sweep.history("λ = 1000")[-1]["adversarial"]
print(f"bold instead of dull: {extra:.3f} more L1 in objects, which have {share:.0%} of the pixels")
for name in sweep.variants:
    print(f"{name:9} being bold costs {float(name.split()[-1]) * extra * share:6.2f}, being dull {charge:.2f}")
print(f"both cost the same at λ = {charge / (extra * share):.0f}")

# %% [markdown]
# Up to 100 the bill for being bold is smaller than the critic's charge for being dull. At 1000 it is four times
# larger, so dull pays, and the critic may be right forever. The turn must come in between, and a λ that works here
# need not work elsewhere: it depends on how many pixels are ambiguous, and on how sure a critic can be. (These are
# means over pixels and patches, so take it as an estimate.)
#
# At the other end, more freedom is not more color: with λ = 0 or 1 the chroma is lower than with 10, and the
# background is far off. A patch of a slightly wrong green is a plausible patch; where gray does tell the color, L1
# is the better teacher.

# %% [markdown]
# ## 7. Reading the curves (7 min)
#
# A falling loss used to mean progress. Here two losses pull against each other, so what do curves tell? The run of
# section 4 with λ = 100:

# %%
names = ("right_on_real", "right_on_fake")
plots.curves(
    {name.replace("_", " "): [row[name] for row in pix2pix.history] for name in names},
    xlabel="epoch",
    ylabel="share of patches",
    title="How often the critic is right, λ = 100",
    alt="Two curves over 16 epochs: how often the critic is right about real patches and about painted ones.",
)

# %%
plots.curves(
    {name: [row[name] for row in pix2pix.history] for name in ("adversarial", "valid_chroma_share")}
    | {"10 × l1": [10 * row["l1"] for row in pix2pix.history]},
    xlabel="epoch",
    title="The generator's two terms, and what they are good for",
    alt="Three curves over 16 epochs: the generator's adversarial term, ten times its L1, and the share of the true "
    "chroma on held-out pictures.",
)

# %% [markdown]
# What to read in them, and what not:
#
# - The critic is right about most patches, and not sure of itself: to the end it takes about a quarter of the
#   *real* patches for painted ones. A **healthy** pair.
# - The adversarial term has no direction that means *better*. It doubled while the pictures got more colorful: its
#   judge kept learning, too.
# - So keep a yardstick that does not learn: chroma, background error, ab error on held-out pictures, and your eyes.
#
# **Keep the critic near 100 %?** A published recipe advises it. We try: four critic steps, each on fresh pictures,
# for one step of the generator.

# %%
predict("03.strong_critic")

# %%
strong = recipes.build("pix2pix", **slim, **critic, **plan | {"steps": settings.strong_steps}, lam=100, critic_steps=4)
training.fit(strong, world.train, on_epoch=runs.LiveCurves("right_on_real", "right_on_fake", title="four critic steps"))
metrics.evaluate({"four critic steps": strong.generator.cpu()}, world, names=columns)

# %%
strength = runs.Sweep("pix2pix_critic")
strength.table(*columns)

# %%
ends = {name: strength.history(name)[-1] for name in strength.variants}
for name, end in ends.items():
    print(f"{name:12} right about {end['right_on_real']:.0%} of real and {end['right_on_fake']:.0%} of painted patches")

# %%
saw("03.strong_critic")

# %% [markdown]
# TODO strong critic prose

# %% [markdown]
# ## 8. One answer or many? (5 min)
#
# All three colors are in use. Could we offer a user several colorings of *one* photo? pix2pix has no noise at its
# input; dropout inside the generator is all its chance, and `.eval()` switches that off. Here is a recorded
# generator with dropout.

# %%
predict("03.ten_times")

# %%
noisy = runs.Recorded("ambiguous_pix2pix_dropout").generator
where = world.valid_scenes.objects[0] == 1  # the first object of the first picture
ten = gray[:1].repeat(10, 1, 1, 1)


def painted_ten_times(grays, dropout):
    """The ab of ten passes, with dropout on or off; batch norm keeps its running averages either way."""
    for layer in noisy.modules():
        if isinstance(layer, nn.Dropout):
            layer.train(dropout)
    return metrics.paint(noisy, grays)


shifted = torch.cat([gray[:1].roll(shift, dims=3) for shift in range(10)])
passes = {
    "eval": painted_ten_times(ten, dropout=False),
    "dropout on": painted_ten_times(ten, dropout=True),
    "shifted": painted_ten_times(shifted, dropout=False),
}
plots.pictures(
    [color.from_gray_ab(shifted if name == "shifted" else ten, ab) for name, ab in passes.items()],
    row_titles=tuple(passes),
    cell=0.8,
    alt="One picture ten times in three rows: with dropout off, all equal; with dropout on, nearly equal; and shifted "
    "to the right by zero to nine pixels, with the object's color changing along the way.",
)

# %%
for name, ab in passes.items():
    back = [one.roll(-shift, dims=2) for shift, one in enumerate(ab)] if name == "shifted" else list(ab)
    colors = torch.stack([one[:, where].mean(dim=1) * color.AB_SCALE for one in back])
    spread = (colors - colors.mean(dim=0)).norm(dim=1).mean()
    print(f"{name:11} the object's color lies {spread:5.1f} Lab units from its own mean, on average over ten passes")

# %%
saw("03.ten_times")

# %% [markdown]
# TODO ten times prose
#
# ## 9. Quizzes and take-away (8 min)

# %%
gray = condition.paintings["gray"][:6]
networks = {"l2": l2, "l1": l1, "pix2pix": pix2pix}
rows = {name: metrics.paint(run.generator, gray) for name, run in networks.items()}
rows |= {"blind": condition.paintings["sees ab alone"][:6], "truth": condition.paintings["truth"][:6]}
numbers = {name: table[row] for name, row in {"l2": "L2", "l1": "L1", "pix2pix": "pix2pix", "truth": "truth"}.items()}
names = ("chroma", "background_error")
numbers["blind"] = {name: sum(condition.seeds("sees ab alone", name)) / 3 for name in names}
facts = {f"{name}_chroma": row["chroma"] for name, row in numbers.items()}
facts |= {"true_chroma": facts["truth_chroma"], "gray_background": table["gray"]["background_error"]}
paintings = {name: color.from_gray_ab(gray, ab) for name, ab in rows.items()}
loss_quiz("03.which_loss", paintings, {name: facts | row for name, row in numbers.items()})

# %% [markdown]
# Three games of the color GAN from section 1, with other settings each. One is healthy; in one the critic has won;
# and one is a **collapse**: all fakes crowd at one color, and when the critic has learned to reject it, they jump to
# another.


# %%
def watched(**options):
    """400 rounds: how often the critic was right about fakes, and where the fakes were, every 20 rounds."""
    game, shares = color_gan.ColorGAN(seed=1, **options), []
    for _ in range(20):
        game.rounds(20)
        shares.append(game.shares())
    return torch.tensor(game.history["right_on_fake"]).view(20, 20).mean(dim=1).tolist(), torch.stack(shares)


games = {"A": watched(momentum=0.8), "B": watched(), "C": watched(momentum=0.9, generator_rate=0.02)}
told = "; ".join(f"{name} from {min(curve):.0%} to {max(curve):.0%}" for name, (curve, _) in games.items())
plots.curves(
    {name: curve for name, (curve, _) in games.items()},
    x=range(20, 401, 20),
    xlabel="rounds",
    ylabel="share of the fakes",
    title="How often the critic was right about fakes",
    alt=f"Three curves over 400 rounds, between their lowest and highest: {told}.",
)

# %%
quiz("03.curves")

# %% [markdown]
# And now where the fakes were:

# %%
for name, (_, shares) in games.items():
    print(name, "  ".join("/".join(f"{share:3.0%}" for share in at) for at in shares[3::4]))
print("  near red/blue/green, every 80 rounds")

# %%
quiz("03.take_away")

# %%
progress()

# %% [markdown]
# **Take-away.** A critic asks *could this be real?*, and so it brings back the colors that L2 and L1 average away.
# It takes two steps, one with **detach** and one with **freeze**, and a test that the generator's gradient depends
# on the critic. The critic must see L. λ decides who wins where the two disagree. Read its accuracy as a distance
# between two networks, and measure the pictures with a yardstick that does not learn. All colors across pictures
# is not several for one picture.
#
# Next: **04 WGAN-GP** asks the critic for a distance instead of a verdict.

# %% [markdown]
# ## Extra A. Stabilizers, one at a time (6 min)
#
# GANs are said to be hard to train, and papers list remedies: *one-sided label smoothing* (call the real ones 0.9,
# so that the critic never gets too sure), *dropout* as noise, *reduced momentum* (β₁ = 0.5 or 0 instead of 0.9), a
# *slower critic*, *batch norm*, *LeakyReLU* in the critic, the *non-saturating* loss. Which of them matters here?
# Each row changes one thing in the run of section 4, at half its steps, with three seeds.

# %%
stabilizers = runs.Sweep("pix2pix_stabilizers")
stabilizers.table("chroma_share", "palette_use", "background_error")

# %% [markdown]
# TODO

# %% [markdown]
# ## Extra B. RGB instead of Lab, and a term of MS-SSIM (6 min)
#
# Several published colorizers (among them the DCGAN that this course started from) paint all of R, G and B. Then
# the network must paint the lightness again, which it was given. How well does it copy?

# %%
rgb = recipes.build("pix2pix_rgb", **slim, **critic, **plan, lam=100)
training.fit(rgb, world.train)
network = rgb.networks["generator"].cpu().eval()
gray, ab = color.to_gray_ab(shown)
with torch.no_grad():
    painted = (network(gray.expand(-1, 3, -1, -1)) + 1) / 2
off = (color.rgb_to_lab(painted)[:, :1] - color.to_lab(gray, ab)[:, :1]).abs().mean()
print(f"its L is off by {off:.1f} of 100 on average; with Lab it is exact by construction")

# %%
plots.pictures(
    [painted, shown],
    row_titles=("RGB", "truth"),
    cell=1.05,
    alt="Eight pictures as painted by the network in R, G and B, less sharp than the truth below.",
)

# %% [markdown]
# A further published variant adds 1 · (1 − MS-SSIM). Recorded, three seeds each (all measured with the given L put
# back, as this course does with every network):

# %%
forms = runs.Sweep("pix2pix_forms")
forms.table("ab_error", "ssim", "chroma_share", "palette_use", "background_error")

# %% [markdown]
# TODO

# %% [markdown]
# ## Extra C. A critic that is kept ahead: keras_gan (6 min)
#
# The published `keras_gan` has no pixel loss and a critic that sees ab alone, one verdict a picture. It feeds the
# critic noise in every third epoch, and after an epoch in which it knew less than 80 % of the painted pictures, the
# critic is *retrained alone* until it is right about 90 % of held-out ones. The whole recipe, live:

# %%
keras = recipes.build("keras_gan", 32, width=0.25, critic_width=0.5, batch_size=64, epochs=settings.keras_epochs)
keras_run = training.fit(keras, world.train)
for row in keras_run.history[:: max(1, len(keras_run.history) // 6)]:
    print(
        f"epoch {row['epoch']:2}: right about {row['right_on_real']:.0%} of the real, {row['right_on_fake']:.0%} of the "
        f"painted pictures; refitted with {row['refit_steps']:.0f} steps"
    )

# %%
plots.pictures(
    [color.from_gray_ab(gray, metrics.paint(keras_run.generator.cpu(), gray)), shown],
    row_titles=("keras_gan", "truth"),
    cell=1.05,
    alt="Eight pictures as painted by keras_gan in colors that do not follow the things in them, and the truth.",
)

# %%
metrics.evaluate({"keras_gan": keras_run.generator}, world, names=columns)

# %% [markdown]
# TODO

# %% [markdown]
# ## Extra D. What `.eval()` changes (5 min)
#
# pix2pix was published with batch norm in *training* mode at test time: it takes the statistics of the pictures at
# hand. How much does that matter, and how much does it depend on the pictures that happen to be painted together?

# %%
held_out = world.valid_scenes[:128]
many_gray, many_ab = color.to_gray_ab(held_out.pictures)
network = copy.deepcopy(pix2pix.generator)  # in training mode a pass changes its running averages
for mode, batch_size in (("eval", 64), ("train", 64), ("train", 8), ("train", 1)):
    painted = metrics.paint(network.train(mode == "train"), many_gray, batch_size)
    row = metrics.measure(painted, many_ab, many_gray, held_out, ("chroma_share", "background_error"))
    print(
        f"{mode:5} mode, {batch_size:2} pictures at a time: {row['chroma_share']:.0%} of the true chroma, background error "
        f"{row['background_error']:.1f}"
    )

# %% [markdown]
# TODO

# %% [markdown]
# ## Extra E. Photos and CIFAR-10 (6 min)
#
# On worlds we know what can be known. On photos nobody does. The slim pix2pix, once through CIFAR-10, recorded with
# three seeds, beside lesson 02's L1:

# %%
cifar = runs.Recorded("cifar10_pix2pix")
print(cifar)
measures = ("psnr", "ssim", "ab_error", "ciede2000", "colorfulness")
cifar.table(*measures)

# %%
runs.Recorded("cifar10_short").table(*measures)

# %% [markdown]
# TODO

# %%
source = "cifar10" if download.has_cifar10() else "photos"
photos = data.load(source, size=32, n=settings.photos)
print(photos)
photo_plan = dict(lr=3e-3, steps=settings.photo_steps, batch_size=64)
photo_gan = training.fit(recipes.build("pix2pix", **slim, **critic, **photo_plan, lam=100), photos.train)
metrics.evaluate({"pix2pix": photo_gan.generator.cpu()}, photos, names=measures)

# %%
some = photos.valid[:8]
some_gray, _ = color.to_gray_ab(some)
plots.pictures(
    [
        plots.gray_picture(some),
        color.from_gray_ab(some_gray, metrics.paint(photo_gan.generator, some_gray)),
        some,
    ],
    row_titles=("gray", "pix2pix", "truth"),
    cell=1.05,
    alt="Eight held-out pictures: in gray; as colored by pix2pix; in truth.",
)

# %% [markdown]
# TODO
