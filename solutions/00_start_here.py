# %% [markdown]
# # Start here
#
# **After these 15 minutes you will be able to**
#
# - say why a gray picture does not contain its colors, and what a network can do about it;
# - explain why a network that is scored by squared error paints the world brown;
# - run, check and undo anything in this course without fear.
#
# **You need** basic Python; it helps to have seen a PyTorch tensor, but you need not understand the code before
# section 3. No GPU, no network connection, no earlier lesson.
#
# Run a cell with *Shift* + *Enter*, or all of them from the menu *Run → Run All Cells*. Nothing here can break: a
# lesson always runs to its end, even with its exercises unsolved.

# %%
import torch
from skimage import data as photos

from colorlib import color, doctor, plots, profile
from colorlib.colorize import colorize
from colorlib.course import check, hint, predict, progress, quiz, saw
from colorlib.course.lesson_00 import be_the_network
from colorlib.worlds import scenes

# %% [markdown]
# ## 1. What this course is about (3 min)
#
# Here is a photograph without its colors, as an old camera would have kept it. Two networks color it now, on your
# machine.

# %%
coffee = torch.from_numpy(photos.coffee()).movedim(-1, 0)  # 3 colors × 400 rows × 600 columns
gray = color.to_uint8(plots.gray_picture(coffee))
brown, bold = (colorize(gray, name) for name in ("photo_l1", "photo_classify"))
plots.pictures(
    [gray, brown, bold],
    titles=("what the networks get", "network 1", "network 2"),
    alt="A cup of coffee on a wooden table, three times: in gray; from network 1 all in one dull brown, like an old"
    " print; from network 2 with a red saucer and reddish wood, where some of the red has run over the edges.",
)

# %% [markdown]
# Neither network has seen this photograph before. Both learned from the same 32,000 small pictures, and they have the
# same layers but for the last ones. Network 1 paints everything brown. Network 2 paints a color, and some of it lies
# where it does not belong. What differs is the *score*: what counted as a mistake while they learned. Why one score
# makes a network brown and another one makes it bold is what this course is about.
#
# And this is what stood in front of the camera:

# %%
plots.pictures(
    [coffee],
    cell=4.2,
    alt="The same photograph in its true colors: a red cup and saucer, brown coffee, warm orange wood.",
)

# %% [markdown]
# Had you guessed the *red* of the saucer? Nothing in the gray picture says red. That is the whole difficulty of
# colorization, and the reason why it is such a good way to learn about neural networks: some colors *follow* from
# what you see, and some do not.
#
# Real photos hide which is which. So the course brings small drawn **worlds** in which we know it. In this one,
# sky and grass can be told by their looks, but each balloon is red, blue or green by the throw of a die:

# %%
balloons = scenes.draw(6, size=64, seed=28, world="ambiguous", kinds=("balloon",), most=1)
plots.pictures(
    [plots.gray_picture(balloons.pictures), balloons.pictures],
    row_titles=("gray", "color"),
    alt="Six drawn landscapes, each with one balloon: above in gray, where all balloons "
    "look alike; below in color, where they are red, blue or green.",
)

# %% [markdown]
# ## 2. Be the network (5 min)
#
# Before you play, commit yourself. Being wrong is fine, even useful: what surprises you, you remember.

# %%
predict("00.guess_or_brown")

# %% [markdown]
# Now play. **Round 1**: give each of ten gray balloons a color; your score is the *mean squared error*: how far
# each of your colors is from the true one, squared (so that a large miss counts far more than a small one), and
# averaged over the ten. Lower is better. **Round 2** appears after your score: there you are the critic. Menus
# can be reached with *Tab* and set with the arrow keys.

# %%
be_the_network(seed=26)

# %% [markdown]
# One game proves little, so let ten thousand players guess at random. At one lightness, a color is a point with
# two coordinates, *a* (green to magenta) and *b* (blue to yellow), and “brown” is simply the middle of the three.
# (On these balloons it is a dull pinkish gray. Everybody calls such an average *brown*, because in photos that is
# what it turns into; so do we.)

# %%
palette = torch.tensor(scenes.DEFAULT_PALETTE)
brown = palette.mean(dim=0)
plots.ab_plane(
    54,
    points=[*palette.tolist(), brown.tolist()],
    labels=("red", "blue", "green", "their mean: brown"),
    title="Three colors of balloons, and their mean",
    alt="The plane of colors a and b with four marks: red at the upper right, blue at the "
    "bottom, green at the left, and their mean just right of the gray center, a dull "
    "pinkish gray.",
)

# %%
dice = torch.Generator().manual_seed(0)
truth = palette[torch.randint(3, (10_000, 10), generator=dice)]
guess = palette[torch.randint(3, (10_000, 10), generator=dice)]

error_of_guessing = ((guess - truth) ** 2).sum(dim=2).mean(dim=1)  # one number per player
error_of_brown = ((brown - truth) ** 2).sum(dim=2).mean(dim=1)
players_beating_brown = (error_of_guessing < error_of_brown).float().mean()

print(f"mean squared error of guessing: {error_of_guessing.mean():,.0f}")
print(f"mean squared error of brown:    {error_of_brown.mean():,.0f}")
print(f"players who beat brown:         {players_beating_brown:.1%}")

# %%
saw("00.guess_or_brown")

# %% [markdown]
# This is the course in two sentences. **A network scored by squared error is right to paint brown**: the fault is
# in the score, not in the network. **A critic sees through brown at once**, so a network that must also please a
# critic has to choose a color.
#
# Lesson 02 trains the brown network, lessons 03 to 05 train the critic, and both times you will measure what
# happens instead of believing it.

# %% [markdown]
# ## 3. Your first exercise (3 min)
#
# Exercises are functions to fill in. Replace the line `raise NotImplementedError("your turn")`, run the cell, and
# the check tells you how it went: `check` gives back *your* function when it is right, and the library's until
# then. That is why a lesson always runs to its end.
#
# **Exercise.** Write the score of round 1: the mean, over the balloons, of the squared distance between the
# painted and the true color. Both arguments are tensors with one row per balloon and two columns, *a* and *b*.


# %%
def squared_error(painted, truth):
    """The mean squared distance between two lists of colors, each of shape (N, 2)."""
    # BEGIN SOLUTION
    return ((painted - truth) ** 2).sum(dim=1).mean()
    # END SOLUTION


squared_error = check("00.squared_error", squared_error)

# %% [markdown]
# Stuck? Each call of `hint` shows one more hint, and the solution after the last one. Take away the `#` and run
# the cell.

# %%
# hint("00.squared_error")

# %%
always_red = palette[0].expand(10, 2)
print(f"always red costs player 1:   {squared_error(always_red, truth[0]):,.0f}")
print(f"always brown costs player 1: {squared_error(brown.expand(10, 2), truth[0]):,.0f}")

# %% [markdown]
# ## 4. Does everything work here? (2 min)
#
# One line per thing. **[OK]** is fine, **[--]** is optional and missing, **[FAIL]** says what to do.

# %%
everything_works = doctor.main() == 0

# %% [markdown]
# If something fails, now or later:
#
# - **A cell stops with an error**: read its last line first, it says what went wrong. Then *Kernel → Restart
#   Kernel and Run All Cells*; nothing you did is lost.
# - **An exercise will not pass**: `hint(…)` leads to the solution step by step. The lesson goes on in the
#   meantime.
# - **You broke a notebook**: in a terminal, `git checkout lessons/00_start_here.ipynb` brings it back as it was
#   (or download it again); the folder `solutions` holds every lesson solved and with all its pictures.
# - **Something is missing or slow**: in a terminal, `python start.py doctor` prints the list above.

# %% [markdown]
# ## 5. The map (1 min)
#
# | lesson | you will | minutes |
# |---|---|---|
# | **00 Start here** | be the network, then the critic | 15 |
# | **01 Color: from RGB to Lab and back** | take color apart, and see what gray keeps | 45 |
# | **02 The baseline CNN** | train a colorizer and find out why it paints brown | 60 |
# | **03 pix2pix** | add a critic to the score: a GAN (generative adversarial network) | 75 |
# | **04 WGAN-GP** | make the critic measure a distance | 75 |
# | **05 NoGAN** | pretrain everything, then add a pinch of GAN | 90 |
# | **06 Compare** | hold all of them against each other, and color your own photos | 60 |
#
# A lesson that is not in your folder yet is still being written. Each has a **Core**, whose minutes you see here,
# and **Extra** sections after its take-away for those who want more. Work comes in three sizes, called
# *profiles*: `quick` (a test that all runs), `laptop` (about a minute a training, on two cores), and `gpu` (the
# real thing). The course picks one for your machine:

# %%
print("This machine runs the lessons at the profile:", profile.current())

# %% [markdown]
# ## 6. Quiz and progress (2 min)
#
# Every wrong answer has its own explanation; reading them all is allowed.

# %%
quiz("00.take_away")

# %% [markdown]
# Your progress is kept on this machine, without an account. On Binder it would be forgotten with the session:
# there, `progress().code()` gives you a text, and `progress().restore("…")` brings it back elsewhere.

# %%
progress()

# %% [markdown]
# **Take-away.** Gray keeps one number of three, so several colorings fit. Squared error rewards the average of
# them, which is brown; a critic rejects brown, because nothing real looks so. Everything that follows is about
# the space between these two scores.
#
# Next: **01 Color: from RGB to Lab and back**, where you build the two axes *a* and *b* yourself.
