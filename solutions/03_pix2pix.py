# %% [markdown]
# # pix2pix: learn the loss
#
# **After these 75 minutes you will be able to**
#
# - write the two steps of a GAN, and prove that each changes what it should and nothing else;
# - train pix2pix, compare its colors with L1's, and say what its λ trades for what;
# - read a GAN's curves, and tell a healthy run from one whose critic has won.
#
# **You need** lesson 02. No GPU: each training here takes about a minute. Read on while it runs.

# %%
import copy

import torch
from torch import nn

from colorlib import color, data, losses, metrics, models, plots, profile, training
from colorlib.course import check, hint, loss_quiz, picture_gallery, predict, progress, quiz, saw
from colorlib.course.lesson_03 import color_gan, color_gan_lab
from colorlib.course.recorded import LiveCurves, Recorded, Sweep, or_recorded
from colorlib.data import download
from colorlib.training import frozen
from colorlib.worlds import scenes

# %%
settings = profile.settings(
    #         quick, laptop, gpu
    pictures=(256, 2048, 2048),  # pictures of a world, a tenth of them held out
    epochs=(1, 7, 7),  # of the training loop around your two steps
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
# - the **critic** $D$ (also called the discriminator) looks at pictures, real ones and painted ones (*fakes*),
#   and says how likely each is real. It wants to be right.
#
# Neither has a fixed goal: each learns from the other's newest tricks. Goodfellow and others (2014) wrote it as
# one number that one network pushes up and the other one down (a *minimax*):
#
# $$\min_G \max_D \;\; \mathbb{E}_{\text{real}}\left[\log D(x)\right] +
# \mathbb{E}_{\text{painted}}\left[\log\left(1 - D(G(\cdot))\right)\right]$$
#
# In words: $D$ gives each picture a probability of being real, $\mathbb{E}$ is the average over pictures, and
# $G(\cdot)$ is what the generator paints. $\log D$ is 0 where $D$ says 1, and far below where it says nearly 0.
# So the critic raises the number by saying 1 to real pictures and 0 to painted ones; the generator lowers it by
# making the critic say 1 to its own.
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
# - *Start again*, and press *Ten critic steps* five times. Then choose *the minimax's own* loss: the same dots,
#   the same critic. How long are the arrows now?
#
# What you should have seen: a critic knows only what the fakes have taught it. At first that is "not the middle",
# so a generator left alone runs off to a place where nothing real is, and still fools it. In turns, they bring
# each other to the three colors. And the last try in numbers, since a figure can't show very long and very short
# arrows at once:

# %%
for critic_steps in (10, 50):
    for name, saturating in (("in use", False), ("minimax's own", True)):
        game = color_gan.ColorGAN(saturating=saturating)
        for _ in range(critic_steps):
            game.critic_step()
        push = 10 * game.pushes().norm(dim=1).mean()
        print(f"{critic_steps} critic steps, {name:13}: 10 Lab units along its arrow lower a fake's loss by {push:.3f}")

# %% [markdown]
# After 50 steps that is a hundredfold. Why? A critic gives a *logit*: a number without bounds, whose sigmoid is
# the probability. The minimax's own loss for the generator, $\log(1 - D)$, is flat where the critic is sure (it
# *saturates*): from an expert who is sure of everything a beginner learns nothing. Its mirror image, $-\log D$,
# wants the same and is steepest there. It is the one in use:

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
# two of its inputs (1 pixel at first), and its stride multiplies that distance for the layers after it.
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
# For pictures of 32 pixels we take fewer layers (`layers` counts those that halve). What does one verdict see?
# Ask for its gradient: a pixel matters where that is not zero.

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
# (34 pixels are more than the picture has. The middle one of an even number of verdicts sits beside the middle,
# so it misses a row and a column.)
#
# So what can a patch punish? Whatever looks wrong *within* it: a brown that no object has, an object in two
# colors, color beside its edge. L1 does not object to these, since each pixel alone may be close to its cheapest
# answer. What a patch can't punish takes a longer look: two shoes of a pair in different colors, far apart. (In
# this lesson the critic has `layers=2` and sees nearly all of a picture; patches matter at 256 pixels.) And if
# all balloons were red? Each picture alone could be real. But a critic that meets red more often among fakes than
# among real pictures learns to distrust it, and that is how all colors stay in use.

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
# Remember ln 2 = 0.69: a critic that only guesses pays that for each kind. Where a curve comes to *stay* there,
# look whether somebody is guessing.
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
# Now the critic's step. It sees the gray picture *and* the colors, side by side: `torch.cat([gray, ab], dim=1)`
# puts them into one tensor of three channels. It is called twice, once for the real pairs and once for the
# painted ones, and gives a logit for each patch, so each needs its label: `torch.ones_like(logits)` or
# `torch.zeros_like(logits)`. `fake` comes from the generator, with all that PyTorch remembers about how it was
# made. The critic's step must not reach back through it: `fake.detach()` is the same numbers without that memory.
# (Without it the generator's step, which needs the same memory, stops: *Trying to backward through the graph a
# second time*.)
#
# **Exercise.** Write one step of the critic. Its loss is *half* the sum of BCE on real and on painted pictures.
# (Half, as published, to slow the critic down. With Adam, which hardly notices a constant factor, its learning
# rate does that.)


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
# critic knows which way is more real. But nothing of the critic may change. Its optimizer does not step here, yet
# two things would: gradients would pile up in its weights, for its own step to trip over; and its *batch norm*
# layers, which rescale each channel by its mean and spread over the batch, would add this batch to the running
# averages that they keep for `.eval()`. So: **freeze**. Inside `with frozen(critic):` neither happens.
#
# **Exercise.** Write one step of the generator. Its loss: BCE of the critic's verdict on `fake`, with the label
# it *wishes* for (1), plus `lam` (λ) times L1, the mean of `(fake - ab).abs()`.


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
# One question of that check is worth a closer look, because a published "GAN" fails it: **does the generator's
# step change when the critic changes?** In a much-read tutorial (lesson 02, Extra C) the generator learns from
# squared error alone, while a critic is trained beside it, for nothing. A short test finds out:


# %%
def published_step(critic, optimizer, gray, ab, fake, lam):
    """As that tutorial prints it: the critic is handed in, and never asked."""
    loss = ((fake - ab) ** 2).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()


def weights_under(step, seed):
    """The generator's weights after one step, with a critic drawn from this seed; all else is the same."""
    generator = training.seeded(0, nn.Conv2d, 1, 2, 3, padding=1)
    critic = training.seeded(seed, models.build, "patchgan", 32, layers=2)
    gray, ab = color.to_gray_ab(shown)
    step(critic, torch.optim.SGD(generator.parameters(), lr=1.0), gray, ab, generator(gray), 1.0)
    return generator.weight.detach()


for name, step in {"yours": generator_step, "the published one": published_step}.items():
    change = (weights_under(step, seed=1) - weights_under(step, seed=2)).norm()
    print(f"{name}: another critic changes where the step leads by {change:.6f}")

# %% [markdown]
# Zero means: this is no GAN, whatever it is called. Anything else means that the critic reaches the generator
# (not yet that it has something to say).

# %% [markdown]
# ## 4. The same pictures, with a critic (11 min)
#
# First your own two steps, in a plain loop, on the world `shapes`, where every shape has its own color. Nothing
# is ambiguous here; it is a test of the code. `betas=(0.5, 0.999)` is pix2pix's Adam: a shorter memory than
# usual, since what the other network wants keeps changing. The critic's rate is a quarter of the generator's, so
# that it does not run ahead, and λ = 100 as published.

# %%
shapes = data.load("shapes", size=32, n=settings.pictures)
generator = training.seeded(0, models.build, "pix2pix", 32, 0.25, levels=4, dropout=0.0)
critic = training.seeded(0, models.build, "patchgan", 32, 0.25, layers=2)
generator_adam = torch.optim.Adam(generator.parameters(), lr=1e-3, betas=(0.5, 0.999))
critic_adam = torch.optim.Adam(critic.parameters(), lr=2.5e-4, betas=(0.5, 0.999))

for epoch in range(settings.epochs):
    for gray, ab in data.batches(shapes.train, batch_size=64, seed=0, epoch=epoch):
        fake = generator(gray)
        critic_loss = critic_step(critic, critic_adam, gray, ab, fake)
        generator_loss = generator_step(critic, generator_adam, gray, ab, fake, lam=100)
    print(f"epoch {epoch + 1}: critic {critic_loss:.2f}, generator {generator_loss:.2f}")

# %%
some = shapes.valid[:8]
gray, _ = color.to_gray_ab(some)
plots.pictures(
    [plots.gray_picture(some), color.from_gray_ab(gray, models.paint(generator.eval(), gray)), some],
    row_titles=("gray", "your GAN", "truth"),
    cell=1.05,
    alt="Eight pictures of shapes on paper, in gray, as painted by the GAN trained here, and in truth. With seven "
    "epochs nearly every shape has the color of its kind; with one all is still nearly gray.",
)

# %%
metrics.evaluate({"your GAN": generator}, shapes, names=("ab_error", "colorfulness"))

# %% [markdown]
# At the size `laptop` the ab error falls far below gray's, and nearly every shape has the color of its kind: your
# two steps work. (One epoch of `quick` leaves nearly gray pictures.)
#
# Is it the library's step, too? Five steps of both, from the same start over the same batches:

# %%
small = dict(width=0.25, levels=4, dropout=0.0, critic_width=0.25, critic_options={"layers": 2})
recipe = training.build("pix2pix", 32, **small, lam=30)
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
# Equal but for rounding: what you wrote is what the library does. Now the world where L2 and L1 stayed dull. A
# U-Net of the same form (half as wide again, and trained for longer), λ = 100 as published, and beside it a
# critic. `real_label=0.9` is *label smoothing*: real counts as 0.9, so that the critic never gets too sure (Extra
# A).

# %%
predict("03.colors")

# %%
slim = training.laptop("ambiguous_pix2pix") | {"steps": settings.steps}  # 0.9 million parameters
print(slim)
watch = metrics.validator(world, ("chroma_share", "background_error"))
gan = training.fit(
    training.build("pix2pix", **slim),
    world.train,
    validate=watch,
    on_epoch=LiveCurves("valid_chroma_share", title="share of the true chroma"),
)
pix2pix = or_recorded(gan, "ambiguous_pix2pix")

# %%
gray, ab = color.to_gray_ab(shown)
l2, l1 = Recorded("ambiguous_l2"), Recorded("ambiguous_l1")
paintings = {
    name: color.from_gray_ab(gray, models.paint(run.generator, gray))
    for name, run in {"l2": l2, "l1": l1, "pix2pix": pix2pix}.items()
}
plots.pictures(
    [*paintings.values(), shown],
    row_titles=("L2", "L1", "pix2pix", "truth"),
    cell=1.05,
    alt="Eight pictures in four rows: L2 with dull pinkish objects, L1 with dull brown ones, pix2pix with objects "
    "in strong red, blue and green, some patched from two of them and often not the true one, and the truth.",
)

# %%
columns = ("ab_error", "chroma", "chroma_share", "palette_use", "palette_distance", "background_error")
generators = {"L2": l2.generator, "L1": l1.generator, "pix2pix": pix2pix.generator}
table = metrics.evaluate(generators, world, names=columns)
table

# %% [markdown]
# *To palette* is the distance from an object's mean color to the nearest color that such an object can have. Look
# at the first column, too. And how often is the color the true one?

# %%
gray_all, ab_all = color.to_gray_ab(world.valid)
painted = models.paint(pix2pix.generator, gray_all)
palette = torch.tensor(scenes.DEFAULT_PALETTE)
nearest = [
    torch.cdist(metrics.object_colors(ab * color.AB_SCALE, world.valid_scenes), palette).argmin(dim=1)
    for ab in (painted, ab_all)
]
hits = (nearest[0] == nearest[1]).float().mean()
print(f"the nearest palette color is the true one for {hits:.0%} of {len(nearest[0])} objects")

# %% [markdown]
# The recorded run, with three seeds (other worlds, other starting weights), on 204 held-out pictures each. (At
# `quick` the table above has 25 pictures only.)

# %%
seeds = Recorded("ambiguous_pix2pix").card["held_out"]["ambiguous_pix2pix"]
for seed in seeds:
    print(
        f"  {seed['chroma_share']:.0%} of the true chroma, palette use {seed['palette_use']:.0%}, "
        f"background error {seed['background_error']:.1f}"
    )

# %%
saw("03.colors")

# %% [markdown]
# The critic did what no formula of lesson 02 could: brown objects look wrong, so most of them now have a clear
# color (some are patched from two), and all three colors are in use. Is it the true one? The gray does not tell,
# so it is true about as often as the throw of a die with three faces, and that is why the **ab error went up**: a
# daring wrong color costs more than a dull one. Less error, or more life: here you see that it is a choice.

# %% [markdown]
# ## 5. What if the critic sees the colors alone? (6 min)
#
# We gave the critic gray and color together: its $D(x)$ is in truth $D(\text{color} \mid \text{gray})$, the
# probability that this color is real *for this gray picture* (a *conditional* GAN). A published Keras GAN shows
# its critic the colors alone. To see what that changes, we take L1 away (λ = 0), so that the critic is the only
# teacher.

# %%
predict("03.condition")

# %%
condition = Sweep("pix2pix_condition")
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
# that sees ab alone drives it above: it would be better not to color at all. Yet that row has the most chroma and
# by far the most colorfulness. Now you know why this course never shows those two numbers alone.
#
# The row between is the same lesson from the other side: there the critic does see an L, but *of another picture*
# (for real and painted ones alike), which tells nothing about these colors. Its background is worse than with the
# right L, and differs most from seed to seed; its objects are the dullest of the three. That the two blind
# critics differ so much from each other shows how unsettled such trainings are; on average neither reaches the
# one that sees.
#
# You can ask any critic whether it uses its condition. Show it true colors with their own gray, and with
# another's:


# %%
def asked(critic):
    """Its mean logit for held-out true colors, with their own gray and with that of another picture."""
    with torch.no_grad():
        pairs = ([gray_all, ab_all], [gray_all.roll(1, dims=0), ab_all])
        return [critic(torch.cat(pair, dim=1)).mean().item() for pair in pairs]


own, another = asked(gan.recipe.networks["critic"].cpu().eval())
print(f"your critic ({gan.step} steps): {own:.2f} with their own gray, {another:.2f} with another's")
for name, lam in (("ambiguous_pix2pix", 100), ("ambiguous_pix2pix_dropout", 30)):
    for seed in Recorded(name).card["critic_on"]:
        print(
            f"recorded, λ = {lam:3}: {seed['own gray']:5.2f} with their own gray, {seed['another gray']:5.2f} with another's"
        )

# %% [markdown]
# All six recorded critics find true colors less real beside the gray of another picture. With λ = 30 the
# difference is several times that with λ = 100. (That generator also has dropout, so this is a guess: where L1
# holds every color in its place, a critic seldom has to look where it is.) Your own of `quick`, after four steps,
# has not learned to look.

# %% [markdown]
# ## 6. λ: how much truth, how much life? (8 min)
#
# The generator serves two masters: the critic, and λ times L1.

# %%
predict("03.lambda")

# %% [markdown]
# Choose a λ of your own here, and train it. Those of the table below were recorded, with three seeds each. (At
# `quick` four steps say nothing; the table does.)

# %%
my_lambda = 500

# %%
my_run = training.fit(
    training.build("pix2pix", **slim | {"lam": my_lambda}),
    world.train,
    validate=watch,
    on_epoch=LiveCurves("valid_chroma_share", title=f"share of the true chroma, λ = {my_lambda}"),
)
metrics.evaluate({f"λ = {my_lambda}": my_run.generator.cpu()}, world, names=columns)

# %%
sweep = Sweep("pix2pix_lambda")
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
# **Where does it turn dull, and why there?** A rough account. What does a bold color cost? It makes L1 larger
# than the median would (lesson 02's expected loss), on the share of pixels that objects have, times λ. And what
# can a dull color cost at most? The critic's charge for it. The run with λ = 1000 stayed dull until its critic
# was sure of everything, so its last adversarial term tells.

# %%
median = palette.median(dim=0).values


def expected_l1(answer):
    """Mean absolute error of one color, over the three that may be true, scaled as ab is."""
    return ((palette - answer).abs().mean(dim=1) / color.AB_SCALE).mean().item()


extra = sum(expected_l1(answer) for answer in palette) / 3 - expected_l1(median)
share = world.valid_scenes.ambiguous.float().mean().item()
charge = sweep.history("λ = 1000")[-1]["adversarial"]
print(f"bold instead of dull: {extra:.3f} more L1 in objects, which have {share:.0%} of the pixels")
for name in sweep.variants:
    print(f"{name:9} being bold costs {float(name.split()[-1]) * extra * share:6.2f}, being dull at most {charge:.2f}")

# %% [markdown]
# Up to 100 the bill for being bold is far below what the critic can charge for being dull. At 300 the two are
# about even, and the chroma begins to give way. With the 500 of your own run (at `laptop`) they have given way by
# half. At 1000 the bill is four times the charge: dull pays, and the critic may be right forever. (Rough it is:
# bold pictures are charged something, too, and means over all pixels and patches hide a lot.) Another world, with
# more or fewer ambiguous pixels, has its turn at another λ.
#
# At the other end, more freedom is not more color: with λ = 0 or 1 the chroma is lower than with 10, and the
# background is far off. There the critic is the only teacher, and it is a slower one than L1, which names the
# exact amount for every pixel that the gray does tell.

# %% [markdown]
# ## 7. Reading the curves (7 min)
#
# A falling loss used to mean progress. Here two losses pull against each other, so what do curves tell? The run
# of section 4 with λ = 100:


# %%
def right(history):
    """How often the critic was right in each epoch, real and painted patches together."""
    return [(row["right_on_real"] + row["right_on_fake"]) / 2 for row in history]


recorded = Recorded("ambiguous_pix2pix").history
accuracy = {"λ = 100": right(recorded), "λ = 1000": right(sweep.history("λ = 1000"))}
told = "; ".join(f"{name} from {values[0]:.0%} to {values[-1]:.0%}" for name, values in accuracy.items())
plots.curves(
    accuracy,
    xlabel="epoch",
    ylabel="share of patches",
    title="How often the critic is right",
    size=(8.6, 2.8),
    alt=f"Two curves over 16 epochs of how often the critic is right: {told}.",
)

# %%
terms = {
    "adversarial": [row["adversarial"] for row in recorded],
    "chroma": [row["valid_chroma_share"] for row in recorded],
    "background, tenths": [row["valid_background_error"] / 10 for row in recorded],
}
told = "; ".join(f"{name} from {v[0]:.2f} over {max(v):.2f} to {v[-1]:.2f}" for name, v in terms.items())
plots.curves(
    terms,
    xlabel="epoch",
    title="λ = 100: what the generator pays the critic, and what comes of it",
    size=(8.6, 2.8),
    alt=f"Three curves over 16 epochs, from the first over the highest to the last value: {told}.",
)

# %% [markdown]
# What to read in them, and what not:
#
# - With λ = 100 the critic is right about most patches and fooled by some, to the end: a **healthy** pair. With λ
#   = 1000 it is right about every one. It has no rival any more.
# - The adversarial term has no direction that means *better*. In the first five epochs it doubled, just while the
#   objects got their colors: its judge was learning, too.
# - So keep a yardstick that does not learn, as the two lower curves here: chroma, background error, and your
#   eyes.
#
# The history also has the length of each network's gradient. One that shrinks to nothing tells of saturation, one
# that explodes of a rate too high:

# %%
for name in ("gradient", "critic_gradient"):
    print(f"{name:15}", "  ".join(f"{row[name]:6.2f}" for row in recorded[::3]))

# %% [markdown]
# **Keep the critic near 100 %?** A published recipe advises it. We try: four critic steps, each on fresh
# pictures, for one step of the generator.

# %%
predict("03.strong_critic")

# %%
strong = training.build("pix2pix", **slim | {"steps": settings.strong_steps}, critic_steps=4)
training.fit(strong, world.train, on_epoch=LiveCurves("right_on_real", "right_on_fake", title="four critic steps"))
metrics.evaluate({"four critic steps": strong.generator.cpu()}, world, names=columns)

# %% [markdown]
# Again with records of three seeds. In this sweep every generator takes 224 steps, half of section 4's. (*Critic
# asleep* learns at a hundredth of the rate.)

# %%
strength = Sweep("pix2pix_critic")
strength.table(*columns)

# %% [markdown]
# And how often the critic was right in the last quarter of its training, beside the chroma that came of it:

# %%
trainings = [*((strength, name) for name in strength.variants), (sweep, "λ = 300"), (sweep, "λ = 1000")]
for of, variant in trainings:
    history = of.history(variant)
    last = right(history)[-len(history) // 4 :]
    chroma_share = sum(of.seeds(variant, "chroma_share")) / 3
    print(
        f"{variant:15} right about {sum(last) / len(last):4.0%} of the patches, {chroma_share:4.0%} of the true chroma"
    )

# %%
saw("03.strong_critic")

# %% [markdown]
# A critic that sleeps teaches nothing: its generator is L1's again. One with four times the practice is hardly
# more often right, since the generator learns from it; the objects gain a little, and the background pays. And
# where the critic does come near 100 %, because a large λ keeps the generator from following, the pictures can be
# colorful or dull. So its accuracy is nothing to be kept at a number: it tells how easily *this* critic tells the
# two kinds apart, and not how good the pictures are.

# %% [markdown]
# ## 8. One answer or many? (5 min)
#
# All three colors are in use. Could we offer a user several colorings of *one* photo? pix2pix has no noise at its
# input; dropout inside the generator is all its chance, and `.eval()` switches that off. (Ours had none so far:
# here is a recorded one with the published dropout of 0.5, trained with λ = 30.)

# %%
predict("03.ten_times")

# %%
noisy = Recorded("ambiguous_pix2pix_dropout").generator


def ten_times(picture, dropout=False, shift=0):
    """The ab of ten passes of one gray picture; each pass may shift it by some pixels more (and its ab back)."""
    for layer in noisy.modules():
        if isinstance(layer, nn.Dropout):
            layer.train(dropout)
    grays = torch.stack([picture.roll(shift * i, dims=2) for i in range(10)])
    return torch.stack([ab.roll(-shift * i, dims=2) for i, ab in enumerate(models.paint(noisy, grays))])


ways = {"dropout off": {}, "dropout on": {"dropout": True}, "shifted": {"shift": 1}}
gray, ab = color.to_gray_ab(shown)
plots.pictures(
    [color.from_gray_ab(gray[:1].expand(10, -1, -1, -1), ten_times(gray[0], **way)) for way in ways.values()],
    row_titles=tuple(ways),
    cell=0.82,
    alt="One picture in ten passes and three rows: with dropout off, all equal; with dropout on, objects in nearly the "
    "same color and sky and grass in changing blotches; and with the gray picture shifted by zero to nine pixels "
    "(shown shifted back), where objects change their color after some pixels.",
)

# %% [markdown]
# In numbers, over 25 pictures: how far does the first object's color move from one pass to another?

# %%
some_gray, objects = gray_all[:25], world.valid_scenes.objects[:25]
moves = {"dropout off": [], "dropout on": [], "shifted by 1": [], "shifted by 2": [], "shifted by 4": []}
for picture, inside in zip(some_gray, objects == 1, strict=True):
    for name, way in ways.items():
        colors = ten_times(picture, **way)[:, :, inside].mean(dim=2) * color.AB_SCALE
        for step in (1, 2, 4) if name == "shifted" else (1,):
            moves[f"shifted by {step}" if name == "shifted" else name].append((colors[step] - colors[0]).norm())
for name, values in moves.items():
    print(f"{name:13} {sum(values) / len(values):5.1f} Lab units")
print(f"for scale: {torch.pdist(palette).mean():.0f} Lab units from one palette color to another")

# %%
saw("03.ten_times")

# %% [markdown]
# With dropout off, ten passes are one. With dropout on, the color trembles and stays itself: nothing in the
# training asked for different answers to one picture, so the network learned to do without the noise. Shift the
# picture by a few pixels, which tells nothing about its colors, and some objects change theirs altogether: the
# "choice" hangs on accidents of the gray. (`roll` also moves the edge of the picture inside.) So *using all
# colors across pictures* is not *offering several for one picture*. For that, the network would need an input
# that it can't ignore.
#
# Only dropout was switched here. `.train()` and `.eval()` also switch batch norm: Extra D.
#
# ## 9. Quizzes and take-away (8 min)

# %%
quiz_gray = condition.paintings["gray"][:6]
networks = {"l2": l2, "l1": l1, "pix2pix": pix2pix}
rows = {name: models.paint(run.generator, quiz_gray) for name, run in networks.items()}
rows |= {"blind": condition.paintings["sees ab alone"][:6], "truth": condition.paintings["truth"][:6]}
numbers = {name: table[row] for name, row in {"l2": "L2", "l1": "L1", "pix2pix": "pix2pix", "truth": "truth"}.items()}
names = ("chroma", "background_error")
numbers["blind"] = {name: sum(condition.seeds("sees ab alone", name)) / 3 for name in names}
facts = {f"{name}_chroma": row["chroma"] for name, row in numbers.items()}
facts |= {"true_chroma": facts["truth_chroma"], "gray_background": table["gray"]["background_error"]}
paintings = {name: color.from_gray_ab(quiz_gray, ab) for name, ab in rows.items()}
loss_quiz("03.which_loss", paintings, {name: facts | row for name, row in numbers.items()})

# %% [markdown]
# Three games of the color GAN from section 1, in different settings. One is healthy; in one the critic has won;
# and one is a **collapse**: all fakes crowd at one color, and when the critic has learned to reject it, they jump
# to another.


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
    alt=f"Three curves over 400 rounds, between their lowest and highest: {told}.",
)

# %%
quiz("03.curves")

# %% [markdown]
# And now where most of the fakes were, from round 180 to round 400, and the settings that made the difference:

# %%
for name, (_, shares) in games.items():
    crowds = [
        f"{share:.0%} {('red', 'blue', 'green')[most]}" if share > 0.5 else "·"
        for share, most in zip(*shares[8:].max(dim=1), strict=True)
    ]
    print(f"{name}: {'  '.join(crowds)}")
    print(
        "   at the end", "/".join(f"{share:.0%}" for share in shares[-1]), "near red/blue/green;", color_gan.GAMES[name]
    )

# %% [markdown]
# A differs from B in one number, Adam's momentum (β₁): with a long memory both networks overshoot, and chase each
# other around. In C the generator's rate is four times higher besides, and it has run where no real color is
# near.

# %%
quiz("03.take_away")

# %%
progress()

# %% [markdown]
# **Take-away.** A critic asks *could this be real?*, and so it brings back the colors that L2 and L1 average
# away. It takes two steps, one with **detach** and one with **freeze**, and a test that the generator's gradient
# depends on the critic. The critic must see L. λ decides who wins where the two disagree. Its accuracy tells how
# easily it tells the two kinds apart; measure the pictures with a yardstick that does not learn. All colors
# across pictures is not several for one picture.
#
# Next: **04 WGAN-GP** asks the critic for a distance instead of a verdict.

# %% [markdown]
# ## Extra A. Stabilizers, one at a time (6 min)
#
# GANs are said to be hard to train, and papers list remedies: *one-sided label smoothing* (call the real ones
# 0.9, so that the critic never gets too sure), *dropout* as noise, *reduced momentum* (β₁ = 0.5 or 0 instead of
# 0.9), a *slower critic*, *batch norm*, *LeakyReLU* in the critic, the *non-saturating* loss. Which of them
# matters here? Each row changes one thing in the run of section 4, at half its steps, with three seeds.

# %%
stabilizers = Sweep("pix2pix_stabilizers")
stabilizers.table("chroma_share", "palette_use", "background_error")

# %% [markdown]
# Two rows decide everything: the *saturating* loss leaves the objects as dull as L1 does (section 1: beside a
# critic that is sure, the generator hears nothing), and a *critic ten times slower* has not woken up in so few
# steps. A usual momentum of 0.9 costs color and background; none at all (0) costs color, too. Without batch norm
# the critic is a weaker teacher. Label smoothing, dropout and LeakyReLU make no difference that stands out from
# the spread of the seeds; dropout spoils the background a little. This holds for these few steps on this small
# world. Do not carry it elsewhere: carry the habit of changing one thing at a time, with several seeds.

# %% [markdown]
# ## Extra B. RGB instead of Lab, and a term of MS-SSIM (6 min)
#
# Several published colorizers (among them the DCGAN that this course started from) paint all of R, G and B. Then
# the network must paint the lightness again, which it was given. How well does it copy?

# %%
rgb = training.build("pix2pix_rgb", **slim)
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
    alt=f"Eight pictures as painted by the network in R, G and B, whose lightness is off by {off:.1f} on average, and the "
    "truth.",
)

# %% [markdown]
# The colors may be as good as before, but every pixel's lightness is painted anew, and a little off. (After the
# four steps of `quick` it is nothing but off.)
#
# `pix2pix_ms_ssim` adds 1 · (1 − MS-SSIM) to this. `cgan` (Nazeri and others, 2018) has another U-Net and other
# habits: β₁ = 0, a critic at a tenth of the rate, and two generator steps for each of the critic's. Recorded,
# three seeds each, all measured with the given L put back, as this course does with every network:

# %%
forms = Sweep("pix2pix_forms")
forms.table("ab_error", "ssim", "chroma_share", "palette_use", "background_error")

# %%
rows = forms.pictures()
plots.pictures(
    list(rows.values()),
    row_titles=tuple(rows),
    cell=1.0,
    alt="Eight pictures as painted by five published forms, and the truth. The first four paint the surroundings right "
    "and the objects in red, blue and green, some in two of them. keras_gan paints green below, cyan above and red "
    "between, whatever is there.",
)

# %% [markdown]
# In color the first three can hardly be told apart, and the term of MS-SSIM does not show. `cgan` has the best
# background, at about twice the time: its generator takes twice as many steps. The last row is for Extra C.

# %% [markdown]
# ## Extra C. A critic that is kept ahead: keras_gan (6 min)
#
# The published `keras_gan` has no pixel loss and a critic that sees ab alone, one verdict a picture. It feeds the
# critic noise in every third epoch, and after an epoch in which it knew less than 80 % of the painted pictures,
# the critic is *retrained alone* until it is right about 90 % of held-out ones. The whole recipe, live:

# %%
keras = training.build("keras_gan", 32, width=0.25, critic_width=0.5, batch_size=64, epochs=settings.keras_epochs)
keras_run = training.fit(keras, world.train)
for row in keras_run.history[:: max(1, len(keras_run.history) // 6)]:
    print(
        f"epoch {row['epoch']:2}: right about {row['right_on_real']:.0%} of the real, {row['right_on_fake']:.0%} of the "
        f"painted pictures; refitted with {row['refit_steps']:.0f} steps"
    )

# %%
gray, ab = color.to_gray_ab(shown)
plots.pictures(
    [color.from_gray_ab(gray, models.paint(keras_run.generator.cpu(), gray)), shown],
    row_titles=("keras_gan", "truth"),
    cell=1.05,
    alt="Eight pictures as painted by keras_gan in colors that do not follow the things in them, and the truth.",
)

# %%
metrics.evaluate({"keras_gan": keras_run.generator}, world, names=columns)

# %% [markdown]
# Hold it beside the row of `keras_gan` in Extra B: two runs of one recipe, and two sets of colors. A critic that
# sees ab alone knows where colors *usually* are, and no more. The recorded run paints the average landscape,
# green below and blue above, over brick walls too; the table there says what three seeds came to: a background
# about as wrong as plain gray's, and a color that may be missing. And the private lessons? By the last epochs its
# critic is still wrong about a third of the pictures. (Two epochs of `quick` show the recipe at work, and no
# colors yet.)

# %% [markdown]
# ## Extra D. What `.eval()` changes (5 min)
#
# pix2pix was published with batch norm in *training* mode at test time: it takes the statistics of the pictures
# at hand. How much does that matter, and how much does it depend on the pictures that happen to be painted
# together?

# %%
held_out = world.valid_scenes[:128]
many_gray, many_ab = color.to_gray_ab(held_out.pictures)
network = copy.deepcopy(pix2pix.generator)  # a copy: see the last line
for mode, batch_size in (("eval", 64), ("train", 64), ("train", 8), ("train", 1), ("eval", 64)):
    painted = models.paint(network.train(mode == "train"), many_gray, batch_size)
    row = metrics.measure(painted, many_ab, many_gray, held_out, ("chroma_share", "background_error"))
    print(
        f"{mode:5} mode, {batch_size:2} pictures at a time: {row['chroma_share']:.0%} of the true chroma, background error "
        f"{row['background_error']:.1f}"
    )

# %% [markdown]
# With 64 pictures at a time nothing changes: so many have the statistics that the running averages have. With
# few, the result depends on who is painted together, and a picture alone gets statistics that the network has
# never met. That is also why a change of batch size can break a GAN that worked.
#
# And the last line? It is the network of the first line, in the same mode, on the same pictures, and not the same
# any more: passes in training mode have moved its running averages. `torch.no_grad()` does not prevent that.
# Whoever forgets `.eval()` while measuring changes what is measured.

# %% [markdown]
# ## Extra E. Photos and CIFAR-10 (6 min)
#
# On worlds we know what can be known. On photos nobody does. The slim pix2pix, once through CIFAR-10, recorded
# with three seeds, beside lesson 02's L1 on the same pictures:

# %%
cifar = Sweep("cifar10_losses")
measures = ("psnr", "ssim", "ab_error", "ciede2000", "colorfulness")
print(cifar)
cifar.table(*measures)

# %%
rows = cifar.pictures()
plots.pictures(
    list(rows.values()),
    row_titles=tuple(rows),
    cell=1.05,
    alt="Eight held-out CIFAR-10 pictures: L1 paints them nearly gray, with a tint of brown and blue; pix2pix paints "
    "stronger colors, some fitting, some in odd patches; the truth.",
)

# %% [markdown]
# Lesson 02's table once more, now that you know both networks: pix2pix has nearly the colorfulness of the truth,
# and is last in every mean of errors. Whom do you believe? Look. The sky behind the plane is turning blue, and
# other colors lie in patches where nothing asks for them: pink on a pond, yellow on a fence. After *one* pass
# through the pictures this is a beginning: lesson 04 shows longer trainings.
#
# Now what is on your machine: CIFAR-10 if you have it, else crops of the photographs that came with your
# libraries.

# %%
source = "cifar10" if download.CIFAR10.is_here() else "photos"
photos = data.load(source, size=32, n=settings.photos)
print(photos)
photo_gan = training.fit(training.build("pix2pix", **slim | {"steps": settings.photo_steps}), photos.train)
metrics.evaluate({"pix2pix": photo_gan.generator.cpu()}, photos, names=measures)

# %%
some = photos.valid[:8]
some_gray, _ = color.to_gray_ab(some)
plots.pictures(
    [
        plots.gray_picture(some),
        color.from_gray_ab(some_gray, models.paint(photo_gan.generator, some_gray)),
        some,
    ],
    row_titles=("gray", "pix2pix", "truth"),
    cell=1.05,
    alt="Eight held-out pictures: in gray; as colored by pix2pix; in truth.",
)

# %% [markdown]
# At the size `laptop`, on the crops, pix2pix beats gray in PSNR and in ab error, as L1 did in lesson 02: the
# crops are so colorful that gray is far off. Hold its ab error and its colorfulness beside L1's there before you
# decide which one you would rather have. (Four steps of `quick` color nothing.)
