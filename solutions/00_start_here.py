# %% [markdown]
# # Start here
#
# **After these {minutes} minutes you will be able to**
#
# - say why a gray picture does not tell all its colors;
# - explain why squared error makes networks paint brown;
# - run a lesson and check an exercise.
#
# **You need** basic Python. Run each cell with *Shift* + *Enter*. You cannot break anything.

# %% [markdown]
# ## 1. One gray photograph, two networks
#
# A *network* is a function that learned from examples. Two networks color this photograph:

# %%
from colorlib import color, data, plots
from colorlib.colorize import colorize

coffee = data.photographs()["coffee"]  # 3 colors × 400 rows × 600 columns
gray = color.to_uint8(plots.gray_picture(coffee))
plots.pictures(
    [gray, colorize(gray, "photo_l1"), colorize(gray, "photo_classify")],
    titles=("what the networks get", "network 1", "network 2"),
    cell=2.85,
    alt="A cup of coffee on a wooden table, three times: in gray; from network 1 all in one dull brown, like an old"
    " print; from network 2 with a red saucer and reddish wood, where some of the red has run over the edges.",
)

# %% [markdown]
# They differ mainly in their *score*: what counted as a mistake while they learned. The true colors:

# %%
plots.pictures(
    [coffee],
    cell=5,
    alt="The same photograph in its true colors: a red cup and saucer, brown coffee, warm orange wood.",
)

# %% [markdown]
# ## 2. Be the network
#
# Does the gray tell that the saucer is red? Nobody can be sure. So this course also draws pictures, its **worlds**.
# There, a balloon's gray tells nothing about its color.

# %%
import torch

from colorlib import doctor, profile
from colorlib.course import check, hint, predict, progress, quiz, saw
from colorlib.course.lesson_00 import ab_plane, be_the_network
from colorlib.worlds import scenes

predict("00.guess_or_brown")

# %%
be_the_network(seed=26)

# %% [markdown]
# ## 3. Write the score
#
# A color is two numbers, *a* and *b* (lesson 01). For each balloon, add the squared difference in *a* and the squared
# difference in *b*. The score is the mean of these sums.
#
# **Exercise.** Write it: replace `raise …` by your code.


# %%
def squared_error(painted, truth):
    """The mean squared distance between two lists of colors, each of shape (N, 2)."""
    # BEGIN SOLUTION
    return ((painted - truth) ** 2).sum(dim=1).mean()
    # END SOLUTION


squared_error = check("00.squared_error", squared_error)

# %%
# hint("00.squared_error")

# %% [markdown]
# Now we compare 1,000 guessing players with *brown*, the mean of the three colors.

# %%
palette = torch.tensor(scenes.DEFAULT_PALETTE)  # red, blue, green: 3 × (a, b)
brown = palette.mean(dim=0).expand(10, 2)
dice = torch.Generator().manual_seed(0)
errors = []
for _ in range(1_000):
    truth, guess = palette[torch.randint(3, (2, 10), generator=dice)]
    errors.append([squared_error(guess, truth), squared_error(brown, truth)])
of_guess, of_brown = torch.tensor(errors).T

print(f"mean squared error of a guess: {of_guess.mean():,.0f}")
print(f"mean squared error of brown:   {of_brown.mean():,.0f}")
print(f"players who beat brown:        {(of_guess < of_brown).float().mean():.1%}")

# %%
saw("00.guess_or_brown")

# %% [markdown]
# Under squared error, brown is a better answer than a guess. In round 2 of the game you were a *critic*: you said
# which picture is real. A critic rejects brown.

# %% [markdown]
# ## 4. Quiz and take-away

# %%
quiz("00.take_away")

# %%
progress()

# %% [markdown]
# **Take-away.** Several colors fit one gray. Squared error leads to their mean, brown. A critic rejects brown. Lesson
# 02 trains with squared error, lessons 03 to 05 with a critic.

# %% [markdown]
# ## Extra A. Where brown lies
#
# At one lightness, a color is a point in a plane. Its first coordinate, *a*, runs from green to magenta. Its second,
# *b*, runs from blue to yellow. Gray is in the middle, where both are 0.

# %%
red_blue_green = palette.tolist()
ab_plane(
    54,
    points=[*red_blue_green, brown[0].tolist()],
    labels=("red", "blue", "green", "their mean: brown"),
    title="Three colors of balloons, and their mean",
    alt="The plane of colors a and b with four marks: red at the upper right, blue at the "
    "bottom, green at the left, and their mean just right of the gray center, a dull "
    "pinkish gray.",
)

# %% [markdown]
# The mean lies between the three colors, near gray. Here it is a dull pinkish gray. In photographs such a mixture is
# often brown, as network 1 showed. So the course calls it *brown* everywhere.

# %% [markdown]
# ## Extra B. Does everything work here?
#
# One line for each check: **[OK]** is fine, **[--]** is good enough, **[FAIL]** says what to do.

# %%
everything_works = doctor.main() == 0

# %% [markdown]
# If something fails, now or later:
#
# - **A cell stops with an error.** Read its last line first: it says what went wrong. Then choose *Kernel → Restart
#   Kernel and Run All Cells*. Nothing you did is lost.
# - **An exercise is not right yet.** Each call of `hint(…)` shows one more hint, and after the last one the solution.
# - **You changed a notebook and want it back.** In a terminal, `git checkout lessons/00_start_here.ipynb` brings it
#   back (or download it again). The folder `solutions` has every lesson solved, with all its pictures.
# - **Something is missing or slow.** In a terminal, `python start.py doctor` prints the list above.

# %% [markdown]
# ## Extra C. How the lessons work
#
# The table of your progress names the lessons. Each has a **Core**. The first cell says how many minutes it takes.
# After the take-away come **Extra** sections like this one, for those who want more.
#
# Lessons train networks in one of three sizes, called *profiles*: `quick` (only to see that everything runs), `laptop`
# (about a minute for a training) and `gpu` (full size). The course chooses one for your machine:

# %%
print("This machine runs the lessons at the profile:", profile.current())

# %% [markdown]
# Your progress is kept on this machine, without an account. Binder forgets it at the end of a session. There,
# `progress().code()` gives you a text, and `progress().restore("…")` brings your progress back later.
