"""What lessons 02 and 03 claim of losses, with the bounds that they state, in trainings of a few seconds."""

from colorlib import data, metrics, training

L1 = training.laptop("ambiguous_l1") | {"steps": 120}


def test_l2_is_duller_than_l1_and_a_critic_brings_the_colors():
    judged = training.laptop("ambiguous_pix2pix") | {"width": 0.25, "critic_lr": 5e-4, "lam": 30, "steps": 224}
    recipes = {loss: training.Supervised(**L1 | {"loss": loss}) for loss in ("mse", "l1")}
    recipes["pix2pix"] = training.build("pix2pix", **judged)
    pictures = data.load("ambiguous", 32, 2048, seed=0)
    runs = {name: training.fit(recipe, pictures.train, progress=False) for name, recipe in recipes.items()}
    networks = {name: run.generator for name, run in runs.items()}
    table = metrics.evaluate(networks, pictures, names=("chroma_share", "palette_use", "background_error"))
    print(table)
    gray, l2, l1, gan = (table[row] for row in ("gray", *recipes))
    assert 0.08 < l2["chroma_share"] <= 0.25
    assert 1.1 * l2["chroma_share"] < l1["chroma_share"] <= 0.40
    for row in (l2, l1):  # they learned all that the gray tells, and no palette color of the rest
        assert row["background_error"] < 0.5 * gray["background_error"]
        assert row["palette_use"] < 0.05
    assert 0.6 <= gan["chroma_share"] <= 1.2
    assert gan["palette_use"] >= 0.15  # each of the three colors
    assert gan["background_error"] <= 7
