# %% [markdown]
# # The comparison: every system, one table, your own photographs
#
# **After these {minutes} minutes you will be able to**
#
# - read a table of systems: what each number says, and what it does not say;
# - test whether people can tell colored pictures from true ones, and how sure the result is;
# - color your own photographs with six networks, and label what you have made.
#
# **You need** lessons 02 to 05. No GPU. Two trainings take about a minute each. Read on while they run.
#
# One gray photograph, colored by three networks of this course:

# %%
import tempfile
from pathlib import Path

import torch

from colorlib import color, colorize, compare, data, losses, metrics, models, plots, profile, training
from colorlib.course import check, hint, loss_quiz, photographs, predict, progress, quiz, saw
from colorlib.course.lesson_06 import fooling_test, own_photographs, sortable_table, wipe
from colorlib.course.lesson_06.recorded import Compared, Features
from colorlib.course.recorded import Sweep, card_of
from colorlib.worlds import scenes

networks = {"L1": "photo_l1", "classify": "photo_classify", "pix2pix": "photo_pix2pix"}
networks |= {"WGAN-GP": "photo_wgan_gp", "NoGAN": "photo_nogan", "flow": "photo_flow"}
photograph = data.photographs()["coffee"]
versions = {name: colorize.colorize(photograph, network) for name, network in networks.items()}
plots.pictures(
    list(versions.values())[:3],
    titles=list(versions)[:3],
    alt="A cup of coffee in three colorings: L1 made it brownish gray, classify and pix2pix gave it more color.",
)

# %%
settings = profile.settings(
    #         quick, laptop, gpu
    crops=(60, 60, 60),  # crops of photographs for the fooling test
    samples=(400, 1600, 1600),  # drawn pictures for the Fréchet distance
    doors=(128, 1024, 1024),  # pictures of doors
    doors_epochs=(1, 12, 12),
)
settings

# %%
quiz("06.recall")

# %% [markdown]
# ## 1. Predict the ranking
#
# Every recipe of this course was trained on the same drawn pictures, most of them 16 times on about 1,800, with three
# seeds. All were measured on the same 200 others. `flow` comes in lesson 07:

# %%
print(*compare.RECIPES[:9], sep=", ")
print(*compare.RECIPES[9:], sep=", ")

# %%
predict("06.rank_ab")

# %%
predict("06.rank_chroma")

# %% [markdown]
# Now train two of them yourself. Choose any two names:

# %%
mine = ("unet_l1", "pix2pix")
folder = Path(tempfile.mkdtemp())
rows = compare.rows(mine, "scenes", profile.current(), 1, folder)

# %% [markdown]
# Here is the recorded table, with your two at the end. Each button sorts by one column. In brackets: the lowest and
# the highest seed. *Palette use* is the share of the rarest color, one third in truth. *Background error* is the ab
# error outside the objects. (At `quick` your two have hardly learned.)

# %%
worlds = Compared("scenes")
names = [name for name in metrics.MEASURES if name not in ("accuracy_2", "accuracy_5")]
sortable_table(worlds.table(*names, mine=rows))

# %%
saw("06.rank_ab")

# %%
saw("06.rank_chroma")

# %% [markdown]
# The next table has photographs of CIFAR-10, one seed each. *Within 5 %*: a and b are both within 11 units of the truth.
# The last measure is new. We show the colored pictures to a classifier. How many does it name right?

# %%
predict("06.rank_psnr")

# %%
cifar = Compared("cifar10")
cifar.table("ab_error", "psnr", "ssim", "colorfulness", "accuracy_5", "named")

# %%
saw("06.rank_psnr")

# %% [markdown]
# And larger photographs, measured at 64 pixels. Only six networks were trained on them, 20 to 70 minutes each.

# %%
large = Compared("photographs")
large.table("ab_error", "psnr", "ssim", "ciede2000", "colorfulness", "accuracy_5", "pictures_seen", "seconds")

# %% [markdown]
# Look at *pictures seen*: L1 saw eight times as many as NoGAN. So this table compares six finished networks, not six
# methods.
#
# ## 2. Look at them
#
# Two systems side by side. Choose them in the menus, and move the border with the arrow keys:

# %%
wipe({"gray": plots.gray_picture(photograph), **versions, "truth": photograph})

# %% [markdown]
# A mean does not show the worst picture. Here it is for six systems, found by its ab error, above the truth:

# %%
some = ("unet_l2", "unet_l1", "classify", "pix2pix", "wgan_gp", "nogan")
worst = {name: cifar.worst(name) for name in some}
plots.pictures(
    [[colored for colored, _, _ in worst.values()], [truth for _, truth, _ in worst.values()]],
    titles=[f"{name} {error:.0f}" for name, (_, _, error) in worst.items()],
    row_titles=("colored", "truth"),
    alt="Top: two gray airplanes; a dark car before violet-blue; a greenish deer; a greenish dog; a gray frog. Below, in "
    "truth: a yellow airplane in a blue sky, twice; a blue car; an orange deer; a brown dog on red; a green frog.",
)

# %% [markdown]
# In all six the truth is strongly colored: a large ab error needs that. The systems painted weak colors, or others.
#
# ## 3. What the numbers miss
#
# Two measures, all systems: how wrong, and how colorful. The best place is the star at the left: the truth.

# %%
table = cifar.table("ab_error", "colorfulness")
points = {name: (table[name]["ab_error"], table[name]["colorfulness"]) for name in table.seeds}
with plots.drawing(1, 1, (8.6, 5.6)) as (canvas, panel):
    height = -3.0
    for name, (wrong, colorful) in sorted(points.items(), key=lambda point: point[1][1]):
        star = name in ("gray", "truth")
        panel.plot(wrong, colorful, "k*" if star else "ko", ms=11 if star else 5)
        height = max(height + 2.4, colorful)  # names stand one above the other, each with a line to its point
        line = {"arrowstyle": "-", "color": "0.75"}
        panel.annotate(name, (wrong, colorful), (24, height), arrowprops=line, va="center")
    panel.set(xlim=(-1, 29), ylim=(-2, height + 2), xlabel="ab error", ylabel="colorfulness")
    panel.set(title="CIFAR-10: wrong or dull? (stars: gray, truth)")
    told = "; ".join(f"{name} {wrong:.0f}, {colorful:.0f}" for name, (wrong, colorful) in points.items())
    figure = plots.Figure(canvas, f"Each system's ab error and colorfulness: {told}.")
figure

# %% [markdown]
# The smallest errors have dull systems. The colorful ones err by 1 to 8 units more. Which are worth a look? Those that
# no other beats in *both* measures, the **front**.
#
# **Exercise.** Find them. `systems` {name: (wrong, off)} has the ab error, and how far the colorfulness is from the true
# one. A system is beaten if another one has a smaller number in both. Return the names of those that are not beaten.


# %%
def front(systems):
    """The names of the systems that no other beats in both numbers."""
    # BEGIN SOLUTION
    return [
        name
        for name, (wrong, off) in systems.items()
        if not any(other[0] < wrong and other[1] < off for other in systems.values())
    ]
    # END SOLUTION


front = check("06.front", front)

# %%
# hint("06.front")

# %%
true_colorfulness = points["truth"][1]
networks_only = {name: point for name, point in points.items() if name != "truth"}
systems = {name: (wrong, abs(true_colorfulness - colorful)) for name, (wrong, colorful) in networks_only.items()}
print("on the front:", ", ".join(front(systems)))

# %% [markdown]
# Papers also report the **Fréchet distance**, called FID with one certain classifier
# ([Heusel and others, 2017](https://arxiv.org/abs/1706.08500)). It compares two *sets* of pictures by their *features*,
# here the 120 numbers that our classifier computes before it names a picture. Smaller is better. We compare true
# pictures with other true ones:

# %%
predict("06.frechet")


# %%
from torchmetrics.image.fid import FrechetInceptionDistance

first, second = (scenes.draw(settings.samples, 32, seed, "mixed").pictures / 255 for seed in (1, 2))
for n in (25, 50, 100, 200, settings.samples):
    frechet = FrechetInceptionDistance(feature=Features(), normalize=True)
    for pictures, real in ((first[:n], True), (second[:n], False)):
        frechet.update(pictures, real=real)
    print(f"{n:5} true pictures against {n} other true ones: {frechet.compute():.3f}")

# %%
saw("06.frechet")

# %% [markdown]
# So never compare two Fréchet distances of different numbers of pictures. Papers take 10,000 and more.
#
# ## 4. Two tests of your eyes
#
# First the loss quiz, on drawn pictures, then on a photograph:

# %%
painted = worlds.paintings()
rows_of_quiz = {name: painted[name][:6] for name in ("unet_l2", "pix2pix", "keras_gan", "nogan", "truth")}
measures = {name: worlds.table()[name] for name in ("gray", *rows_of_quiz)}
loss_quiz("06.which_system", rows_of_quiz, measures)

# %%
by = {"l1": "photo_l1", "classify": "photo_classify", "wgan_gp": "photo_wgan_gp", "truth": None}
photographs.loss_quiz("06.which_system_photo", by, "chelsea")

# %% [markdown]
# Then a **fooling test**: true or colored? People who saw pairs were right in 68 % of the rounds with *classify*
# ([Zhang and others, 2016](https://arxiv.org/abs/1603.08511)), in 77.5 % with pix2pix
# ([Isola and others, 2016](https://arxiv.org/abs/1611.07004)).
#
# How sure is a score of 20 rounds? If 100 people each compute a 95 % **interval**, about 95 of the intervals contain the
# true share. Wilson's formula for a share $p$ of $n$ rounds ($z = 1.96$):
#
# $$\text{middle} = \frac{p + \frac{z^2}{2n}}{1 + \frac{z^2}{n}}, \qquad
# \text{reach} = \frac{z \sqrt{\frac{p(1-p)}{n} + \frac{z^2}{4n^2}}}{1 + \frac{z^2}{n}}$$
#
# **Exercise.** Write it. Return `(middle - reach, middle + reach)`.


# %%
def interval(hits, rounds):
    """The 95 % interval of a share of hits: (low, high)."""
    # BEGIN SOLUTION
    share, z = hits / rounds, 1.96
    below = 1 + z**2 / rounds
    middle = (share + z**2 / (2 * rounds)) / below
    reach = z * (share * (1 - share) / rounds + z**2 / (4 * rounds**2)) ** 0.5 / below
    return middle - reach, middle + reach
    # END SOLUTION


interval = check("06.interval", interval)

# %%
# hint("06.interval")

# %%
crops = data.load("photos", 96, settings.crops).train  # of six photographs, which none of the networks has seen
gray, _ = color.to_gray_ab(crops)
colored = {}
for name, network in networks.items():
    ab = models.paint(models.load(network), gray)
    colored[name] = color.from_gray_ab(gray, ab)
fooling_test(crops / 255, colored, interval=interval)

# %% [markdown]
# (Crops of the same photograph are alike, so your interval is too narrow.)
#
# ## 5. Where they fail
#
# Look for four failures:
#
# - **Color spills** from a person or a thing into the background. Look at the cup's edge above.
# - **Silhouettes**: a dark shape tells little about what it is, so its color is a guess.
# - **Texture is taken for something else**: fur for grass, a carpet for a lawn.
# - **One thing in two colors**, since nothing makes its places agree.
#
# What later systems did about it:
#
# | system | made against |
# |---|---|
# | [Instance-aware](https://arxiv.org/abs/2005.10825) (2020): color each detected thing by itself, then put them together | spilling from things into the background |
# | [Colorization transformer](https://arxiv.org/abs/2102.04432) (2021): sample the colors of a small copy one after the other | things in two colors; one answer only |
# | [DISCO](https://menghanxia.github.io/projects/disco.html) (2022): sample the color of a few places, then spread it | one answer only |
# | [DDColor](https://arxiv.org/abs/2212.11613) (2023): learns a set of colors, and where in the picture each fits | dull and spilled color |
#
# ## 6. The minority
#
# In the next world 90 % of the doors are blue, 10 % red. The gray does not tell which.

# %%
predict("06.doors")

# %%
red, blue, _ = scenes.DEFAULT_PALETTE
only_doors = {"palette": (blue, red), "probabilities": (0.9, 0.1), "kinds": ("door",)}
street = scenes.draw(settings.doors, 32, 0, "ambiguous", **only_doors)
doors = scenes.draw(100, 32, 9, "ambiguous", **only_doors)
gray, truth = color.to_gray_ab(doors.pictures)
answers = {"truth": truth}
slim = training.laptop("train") | {"steps": settings.doors_epochs * (settings.doors // 64)}
made = {"L1": training.build("unet_l1", **slim)}
made["pix2pix"] = training.build("pix2pix", **slim | {"critic_width": 0.375, "critic_lr": 5e-4})
for name, recipe in made.items():
    run = training.fit(recipe, street.pictures, epochs=settings.doors_epochs)
    answers[name] = models.paint(run.generator.cpu(), gray)

# %%
told = []
for name, ab in answers.items():
    share_blue, share_red = metrics.palette_use(metrics.object_colors(ab * color.AB_SCALE, doors), doors.palette)
    told.append(f"{name}: {share_blue:.0%} blue, {share_red:.0%} red")
    print(told[-1])
plots.pictures(
    [color.from_gray_ab(gray[:8], ab[:8]) for ab in answers.values()],
    row_titles=tuple(answers),
    alt=f"Eight pictures with doors in three rows, of a hundred. {'; '.join(told)}.",
)

# %%
saw("06.doors")

# %% [markdown]
# L1 paints the rare like the common. pix2pix paints some red, but cannot know where. Our networks saw few faces. Here is
# the mean color of one, an example and no measurement:

# %%
astronaut = data.photographs()["astronaut"]
face = (slice(None), slice(85, 170), slice(190, 260))
skin = {"truth": astronaut[face]} | {name: colorize.colorize(astronaut, by)[face] for name, by in networks.items()}
for name, picture in skin.items():
    _, a, b = color.rgb_to_lab(picture).mean(dim=(1, 2)).tolist()
    print(f"{name:9} a = {a:5.1f}, b = {b:5.1f}")
plots.pictures(
    [list(skin.values())],
    titles=tuple(skin),
    alt="One face in true colors and in six colorings: L1 and classify grayish, pix2pix greenish, WGAN-GP and NoGAN reddish, flow yellow.",
)

# %% [markdown]
# No network has the color of the first line. In a reported case DeOldify was shown the gray version of a color photograph of a dark-skinned woman, and painted her
# skin lighter ([Goree, 2021](https://aworkstation.com/the-limits-of-colorization-of-historical-images-by-ai/)). A mean over
# thousands of pictures does not show this. **Color is invented, not recovered.** So an archive keeps the gray original,
# labels the colored copy, and says which program made it.
#
# ## 7. Your own photographs
#
# Open a photograph: a color one (its colors are taken away first), or an old one. Choose a system. The result has the
# size of the original, and its description says "colored by colorlib".

# %%
own_photographs(networks)

# %% [markdown]
# Look for the failures of section 5. For a folder: `python -m colorlib colorize FOLDER --out colored`. (Extra F: why old
# photographs are special.)
#
# ## 8. Quiz and take-away

# %%
quiz("06.take_away")

# %%
progress()

# %% [markdown]
# **Take-away.** The whole course in six lines:
#
# - Lightness is kept, color is predicted. The gray does not tell all of it (00, 01).
# - A loss decides what is painted where the gray tells nothing: the mean, the median, or a choice (02).
# - A critic makes colors strong, and does not make them right (03, 04, 05).
# - No number stands alone. Show gray, an error, a colorfulness, and several seeds (06).
# - A system that draws samples can be asked again, and its answers can be counted (07).
# - Color is invented, not recovered. Label it.
#
# Next: **07** asks for several answers to one picture, and counts them. Projects are in Extra G.

# %% [markdown]
# ## Extra A. Published, and tried here
#
# Published attempts report results that no lesson has run yet. Here they are, on 4,096 pictures of CIFAR-10, with one to
# three seeds. First: a **fusion** network trained with MS-SSIM alone. Its author reports that greens and blues overtook the
# picture. And does a pretrained classifier help it?

# %%
fusion = Sweep("case_fusion")
fusion.table("ab_error", "ssim", "colorfulness")

# %%
pictures = fusion.pictures()
plots.pictures(
    [rows[:6] for rows in pictures.values()],
    row_titles=tuple(pictures),
    alt="Six small photographs in four rows. The three networks painted all of them gray or brownish. In truth one "
    "background is red, one green, one orange and blue.",
)

# %%
for name, rows in pictures.items():
    _, a, b = color.rgb_to_lab(rows).movedim(1, 0).flatten(1)
    print(f"{name:22} green {(a < -5).float().mean():4.0%}, blue {(b < -5).float().mean():4.0%} of the pixels")

# %% [markdown]
# Here nothing overtakes. Under either loss the fusion network paints no green (in truth 23 %). The pretrained
# classifier helps: the ab error falls from 13.5 to 13.2, and the ranges of the seeds do not overlap.
#
# Second: a network was trained on forests, then shown mountains. Ours, `keras_gan`, was trained on pictures of deer, and
# shown ships. Beside it one that was trained on ships:

# %%
landscapes = Sweep("case_landscapes")
pictures = landscapes.pictures()
plots.pictures(
    [rows[:6] for rows in pictures.values()],
    row_titles=tuple(pictures),
    alt="Six pictures of ships. Trained on deer: two pink ships, some yellow-green and brown seas and skies. Trained on "
    "ships: mostly blue and gray, two reddish hulls. In truth: blue, gray and one green sea.",
)

# %%
landscapes.table("ab_error", "colorfulness")

# %% [markdown]
# The one that saw deer turns some seas and skies yellow-green or brown. Its ab error on ships is 18.2, that of the one
# that saw ships 13.3. Gray has 10.5: neither beats it. A network knows the colors of its training pictures. (One seed.)

# %% [markdown]
# ## Extra B. Is it a GAN?
#
# A published tutorial calls its network a GAN. The network is our `valid_unet`. A GAN's generator learns from its
# critic. Does this one? As printed, the critic is shown the generator's picture and learns from it. The generator's loss
# is the squared error.
#
# **Exercise.** Test it. `loss_of(critic)` gives the generator's loss. Compute the gradient of the generator's parameters
# under each critic (`generator.zero_grad()`, then `backward()`, then a copy of each `parameter.grad`). Return whether
# any of them differs.


# %%
def critic_matters(generator, loss_of, critics):
    """Whether the generator's gradient changes when the critic does."""
    # BEGIN SOLUTION
    gradients = []
    for critic in critics:
        generator.zero_grad()
        loss_of(critic).backward()
        gradients.append([parameter.grad.clone() for parameter in generator.parameters()])
    return any(not torch.equal(one, other) for one, other in zip(*gradients, strict=True))
    # END SOLUTION


critic_matters = check("06.critic_matters", critic_matters)

# %%
# hint("06.critic_matters")

# %%
generator = training.seeded(0, models.build, "valid_unet", 32, 0.25)
critics = [training.seeded(seed, models.build, "patchgan", 32, 0.125, layers=2) for seed in (1, 2)]
shown = data.load("ambiguous", 32, 20).train[:4]
gray, ab = color.to_gray_ab(shown)


def as_printed(critic):
    """The loss of the tutorial: squared error. The critic is asked, but of a picture that is cut off."""
    fake = generator(gray.expand(-1, generator.inputs, -1, -1))
    verdict = losses.adversarial(critic(fake.detach()), 0.0)
    return losses.mse(fake, shown / 255) + 0 * verdict


def as_a_gan(critic):
    """The same with the critic's verdict in it."""
    fake = generator(gray.expand(-1, generator.inputs, -1, -1))
    return losses.mse(fake, shown / 255) + losses.fooling(critic(fake))


for loss_of in (as_printed, as_a_gan):
    print(f"{loss_of.__name__}: does the critic matter? {critic_matters(generator, loss_of, critics)}")

# %% [markdown]
# As printed, no gradient goes from the critic to the generator. So the critic changes nothing, and this is a U-Net with
# squared error. On CIFAR-10 its ab error is 14.7, gray's 14.6. If you read a paper's code, make this test.

# %% [markdown]
# ## Extra C. Changed pictures, and another split
#
# A published recipe stretches the histogram of the gray pictures at random (lesson 01). Another one changes contrast, hue
# and saturation. Does it help U-Net with L1 on the pictures of CIFAR-10? Three seeds:

# %%
Sweep("case_changes").table("ab_error", "psnr", "colorfulness", "accuracy_5")

# %% [markdown]
# Stretched training pictures make it worse here, by 0.5. One reason may be that the test pictures are not stretched.
# Jitter changes nothing that three seeds could show.
#
# A published comparison of a U-Net, a DCGAN (our pix2pix) and NoGAN split its pictures by hue, so that training and
# validation have the same colors. Does the split change the *scores*? Each is measured on the pictures of its own split:

# %%
split = Sweep("case_split")
split.table("ab_error", "colorfulness", "accuracy_5")

# %%
for kind, errors in split.card["random_splits"].items():
    errors = torch.tensor(errors)
    print(f"plain gray, split {kind:9}: ab error from {errors.min():.1f} to {errors.max():.1f} in {len(errors)} splits")

# %% [markdown]
# All three score a little better by hue. But plain gray, which learns nothing, also differs: by chance its error lies
# anywhere between 13.5 and 15.3. Split by hue the range is narrower. So this split makes a score less a matter of
# chance, and it does not change the order of the systems.

# %% [markdown]
# ## Extra D. WGAN-GP: epochs, clipping, residual blocks
#
# A published training of WGAN-GP shows its pictures after 1, 10, 25 and 50 epochs. Here is the same on CIFAR-10, and below
# it the older way, whose critic's weights are clipped to ±0.01 (lesson 04 tried that on distances):

# %%
epochs = Sweep("case_epochs")
for variant, facts in epochs.variants.items():
    for stop, row in facts["stops"].items():
        print(f"{variant:17} epoch {stop:>2}: ab error {row['ab_error']:.1f}, colorfulness {row['colorfulness']:.1f}")

# %%
gray = epochs.paintings["gray"]
kept = {name: color.from_gray_ab(gray, ab) for name, ab in epochs.paintings.items() if name != "gray"}
stops = [name for name in kept if "epoch" in name] + ["truth"]
plots.pictures(
    [kept[name][:6] for name in stops],
    row_titles=[name.replace("gradient penalty", "penalty").replace("weights ", "") for name in stops],
    alt="Six small photographs after 1, 10, 25 and 50 epochs. With the penalty: gray, then strong colors. With clipped "
    "weights: gray, then duller colors throughout. Below, the truth.",
)

# %% [markdown]
# With the penalty the colors are strong after 10 epochs. Later the ab error is smaller (20.8, then 17.4). With clipped
# weights they stay duller: colorfulness 16 against 27. (One seed each.)
#
# The published generator has residual blocks on its way up. Ours had none. Do they bring something?

# %%
Sweep("case_residual").table("ab_error", "psnr", "colorfulness", "accuracy_5")

# %% [markdown]
# They make the pictures more colorful, and the ab error larger: one seed, so it may be chance.

# %% [markdown]
# ## Extra E. Color what never had color
#
# A few hundred pictures of CIFAR-10 are gray by nature. They were left out of all trainings. What do the networks make
# of them?

# %%
never = card_of("compared/never_colored")
for name, colorful in sorted(never["systems"].items(), key=lambda of: of[1]):
    print(f"{name:18} colorfulness {colorful:5.1f}")

# %%
paintings = models.unpack(models.WEIGHTS / "compared" / "never_colored.safetensors")
some = ("unet_l1", "classify", "pix2pix", "nogan")
gray = paintings["gray"][:6]
plots.pictures(
    [color.from_gray_ab(gray, 0 * paintings["nogan"][:6])]
    + [color.from_gray_ab(gray, paintings[name][:6]) for name in some],
    row_titles=("gray", *some),
    alt="Six small photographs that were gray from the start, and in four colorings: dull browns by L1, some blue, green "
    "and red by the others.",
)

# %% [markdown]
# Each network colors them as it colors all others. It cannot know that there is nothing to find.

# %% [markdown]
# ## Extra F. Old photographs
#
# Old plates were *orthochromatic*: they saw blue and green, but no red. So a red dress came out nearly black, and a
# blue sky white. Our networks learned from L, which is another gray. We can measure what that costs. We take color
# photographs, make a gray picture as such a plate would, and color it. Its histogram can be stretched first, or not:


# %%
def plate(picture):
    """A photograph as an orthochromatic plate saw it: green and blue alone."""
    gray = (0.4 * picture[1] + 0.6 * picture[2].float()).round().byte()
    return gray.expand(3, -1, -1)


def stretched(picture):
    """What lies between the 2nd and the 98th percentile takes the whole range."""
    low, high = torch.quantile(picture.float(), torch.tensor([0.02, 0.98]))
    return ((picture - low) / (high - low) * 255).clamp(0, 255).byte()


# %%
squares = data.squares(256)
ways = {
    "its own L": lambda picture: picture,
    "plate": plate,
    "plate, stretched": lambda picture: stretched(plate(picture)),
}
_, truth = color.to_gray_ab(squares)
for label, network in {"L1": "photo_l1", "classify": "photo_classify"}.items():
    network = models.load(network)
    for way, make in ways.items():
        painted = torch.stack([colorize.colorize(make(picture), network) for picture in squares])
        _, ab = color.to_gray_ab(painted)
        error = color.AB_SCALE * (ab - truth).norm(dim=1).mean()
        print(f"{label:9} {way:17} ab error {error:.1f}, colorfulness {metrics.colorfulness(painted / 255):.1f}")

# %%
picture = data.photographs()["astronaut"]
rows = [plots.gray_picture(picture), plate(picture), colorize.colorize(picture, "photo_classify")]
plots.pictures(
    [[*rows, colorize.colorize(plate(picture), "photo_classify")]],
    titles=("L", "plate", "classify, from L", "classify, from the plate"),
    alt="An astronaut in an orange suit: in L the suit is middle gray, on the plate it is nearly black. Colored from L, the "
    "suit is reddish in places; from the plate it stays dark.",
)

# %% [markdown]
# On these six photographs the plate changes the ab error by half a unit, up for L1 and down for *classify*. The stretch
# makes both worse. But look at the suit: what was orange is now nearly black, and the gray no longer tells it. So with
# an old photograph, ask first what its plate could see.

# %% [markdown]
# ## Extra G. Projects
#
# Each takes an afternoon. Hand in what is named at the end: a notebook that runs from top to bottom.
#
# 1. **Other data.** Train `unet_l1` and `pix2pix` on a folder of your own pictures:
#    `python -m colorlib compare --data FOLDER --recipes unet_l1 pix2pix --seeds 3`. *Hand in*: the table, six pictures of
#    each, and the picture that each colored worst.
# 2. **Other weights.** Vary λ of pix2pix on CIFAR-10 over four values, three seeds each. *Hand in*: the plot of ab error
#    against colorfulness, and a sentence about each end.
# 3. **A recipe of your own.** The 30 lines below train a U-Net with a loss that pulls dull colors away from gray.
#    Change the loss. *Hand in*: the loss in words, the table with gray, L1 and yours, and what you had predicted.
# 4. **Your own archive.** Color ten old photographs with three systems. *Hand in*: the pictures with labels, a list of the failures
#    of section 5, and a page for visitors that says what is invented.


# %%
class Vivid(training.Supervised):
    """L1, and a reward for colors that are as strong as the true ones."""

    def __init__(self, reward=0.5, **given):
        super().__init__(network="unet", loss="l1", **given)
        self.reward = reward

    def step(self, gray, ab):
        seen, truth = self.pair(gray, ab)
        guess = self.forward(self.generator, seen)
        dull = (truth.norm(dim=1) - guess.norm(dim=1)).clamp(min=0).mean()
        near = losses.l1(guess, truth)
        return {"l1": near, "dull": dull, "gradient": self.descend("generator", near + self.reward * dull)}


little = data.load("ambiguous", 32, settings.doors)
steps = settings.doors_epochs * (len(little.train) // 64)
slim = training.laptop("train") | {"steps": steps}
runs = {"unet_l1": training.build("unet_l1", **slim), "Vivid": Vivid(**slim)}
trained = {name: training.fit(recipe, little.train).generator.cpu() for name, recipe in runs.items()}
metrics.evaluate(trained, little, names=("ab_error", "chroma", "palette_distance", "background_error"))

# %% [markdown]
# The reward works as ordered: the chroma rises from 13 to 39. But the distance to the nearest true color stays at 30.
# These are strong colors of no object. (At `quick` nothing is learned yet.) Can you do better?

# %% [markdown]
# ## Extra H. Read on: color by a user's hints
#
# A person knows what the gray does not tell. [Zhang and others (2017)](https://arxiv.org/abs/1705.02999) train one
# network with hints: during training a few pixels show it their true color, at random places. Later a person clicks
# such pixels. *From this course*: Lab, the U-Net, L1 and the classes of `classify` stay. The hints come in as
# three more input channels: the two colors, and a mask that says where. The critic is not needed, since the person
# decides. *Try it*: `fit(…, change_gray=…)` changes what a network sees. Lesson 07, Extra B, gives hints to a network of
# samples without a new training.

# %% [markdown]
# ## Extra I. Read on: color by words
#
# "A blue car": [Manjunatha and others (2018)](https://arxiv.org/abs/1804.06026) condition a colorizer on a sentence.
# Newer systems, such as [DiffColor (2023)](https://arxiv.org/abs/2308.01655), take a large image generator that knows
# texts, and add the gray picture as a condition. *From this course*: the question stays which colors fit this gray,
# with one more condition. A loss of means gives brown here too, where the sentence says nothing. And the audit of
# lesson 07 works: ask 48 times for "a car", and count the colors.

# %% [markdown]
# ## Extra J. Read on: video
#
# A film has 24 pictures a second. Colored one by one they flicker, since each gets its own guess.
# [Lei and Chen (2019)](https://arxiv.org/abs/1908.01311) train a network so that neighboring pictures agree.
# [DeepRemaster (2019)](https://arxiv.org/abs/2009.08692) carries the color of a few reference pictures through the film. *From this
# course*: NoGAN's author reports that its color flickers little, since most of its training has no critic (lesson 05). Measure
# it: color two neighboring pictures, move one onto the other, and take the ab distance where the gray agrees.
