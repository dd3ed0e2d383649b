"""What lessons 02 and 03 claim, at fixed steps and seed: the losses, a critic, the skips, the global branch.

Small trainings on worlds, a few seconds each. The bounds are those that the lesson states.
"""

from colorlib import data, metrics, training

UNET = dict(network="pix2pix", width=0.25, levels=4, dropout=0.0)
CRITIC = dict(critic_width=0.375, critic_options={"layers": 2}, critic_lr=5e-4, lam=30, real_label=0.9, steps=224)
PLAIN = dict(network="cnn", width=0.5, levels=3, batch_norm=True)
FUSION = dict(network="fusion", width=0.125, levels=1)


def table(world, steps, names, **rows):
    """Each row is a recipe and its options; all see the same pictures for as many steps."""
    pictures, generators = data.load(world, 32, 2048, seed=0), {}
    for row, (recipe, options) in rows.items():
        built = training.build(recipe, 32, **{"lr": 3e-3, "steps": steps, "batch_size": 64, **options})
        generators[row] = training.fit(built, pictures.train, progress=False).generator
    result = metrics.evaluate(generators, pictures, names=names)
    print(result)
    return result


def test_l2_is_duller_than_l1_and_a_critic_brings_the_colors():
    dull = table(
        "ambiguous",
        120,
        ("ab_error", "chroma", "chroma_share", "palette_use", "background_error"),
        l2=("unet_l2", UNET),
        l1=("unet_l1", UNET),
        pix2pix=("pix2pix", UNET | CRITIC),
    )
    l2, l1, gan = dull["l2"], dull["l1"], dull["pix2pix"]
    assert 0.08 < l2["chroma_share"] <= 0.25
    assert 1.1 * l2["chroma_share"] < l1["chroma_share"] <= 0.40
    for row in (l2, l1):  # they learned all that the gray tells, and no palette color of the rest
        assert row["background_error"] < 0.5 * dull["gray"]["background_error"]
        assert row["palette_use"] < 0.05
    assert 0.6 <= gan["chroma_share"] <= 1.2
    assert gan["palette_use"] >= 0.15  # each of the three colors
    assert gan["background_error"] <= 7


def test_skips_carry_small_details_and_nothing_else():
    details = table(
        "texture",
        160,
        ("detail_error", "texture_error"),
        unet=("unet_l1", UNET),
        plain=("unet_l1", PLAIN),
    )
    assert details["unet"]["detail_error"] <= 0.6 * details["plain"]["detail_error"]
    assert details["plain"]["texture_error"] <= 1.1 * details["unet"]["texture_error"]


def test_the_global_branch_sees_the_sun():
    far = table(
        "context",
        200,
        ("far_error",),
        fusion=("cnn", FUSION),
        local=("cnn", FUSION | {"global_branch": False}),
    )
    assert far["fusion"]["far_error"] <= 8
    assert far["local"]["far_error"] >= 30
