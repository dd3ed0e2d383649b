"""What lessons 02 and 03 claim, with the bounds that they state, in trainings of a few seconds on worlds."""

from colorlib import data, metrics, training

laptop = training.laptop
L1 = laptop("ambiguous_l1") | {"steps": 120}


def table(world, names, **recipes):
    """All see the same pictures."""
    pictures = data.load(world, 32, 2048, seed=0)
    runs = {row: training.fit(recipe, pictures.train, progress=False) for row, recipe in recipes.items()}
    result = metrics.evaluate({row: run.generator for row, run in runs.items()}, pictures, names=names)
    print(result)
    return result


def test_l2_is_duller_than_l1_and_a_critic_brings_the_colors():
    judged = laptop("ambiguous_pix2pix") | {"width": 0.25, "critic_lr": 5e-4, "lam": 30, "steps": 224}
    l2, l1 = (training.Supervised(**L1 | {"loss": loss}) for loss in ("mse", "l1"))
    names = ("ab_error", "chroma", "chroma_share", "palette_use", "background_error")
    dull = table("ambiguous", names, l2=l2, l1=l1, pix2pix=training.build("pix2pix", **judged))
    l2, l1, gan = dull["l2"], dull["l1"], dull["pix2pix"]
    assert 0.08 < l2["chroma_share"] <= 0.25
    assert 1.1 * l2["chroma_share"] < l1["chroma_share"] <= 0.40
    for row in (l2, l1):  # they learned all that the gray tells, and no palette color of the rest
        assert row["background_error"] < 0.5 * dull["gray"]["background_error"]
        assert row["palette_use"] < 0.05
    assert 0.6 <= gan["chroma_share"] <= 1.2
    assert gan["palette_use"] >= 0.15  # each of the three colors
    assert gan["background_error"] <= 7


def test_skips_help_most_in_small_details():
    settings = laptop("texture_unet") | {"steps": 120}
    unet, cut = training.Supervised(**settings), training.Supervised(**settings, skips=False)
    details = table("texture", ("detail_error", "texture_error"), unet=unet, cut=cut)
    assert details["unet"]["detail_error"] <= 0.4 * details["cut"]["detail_error"]
    assert details["unet"]["texture_error"] <= 0.85 * details["cut"]["texture_error"]


def test_the_global_branch_sees_the_sun():
    fusion, local = (training.Supervised(**laptop(f"context_{name}")) for name in ("fusion", "local"))
    far = table("context", ("far_error",), fusion=fusion, local=local)
    assert far["fusion"]["far_error"] <= 8
    assert far["local"]["far_error"] >= 30
