"""The networks: published figures, sizes, training at batch 1, what each can see."""

import pytest
import torch

from colorlib import color, models
from colorlib.bins import ab_bins

NAMES = ["cnn", "fusion", "fusion_pretrained", "valid_unet", "unet", "keras_gan", "pix2pix"]
VARIANTS = [(name, {}) for name in NAMES] + [
    ("cnn", {"levels": 1, "batch_norm": True}),
    ("fusion", {"levels": 1}),
    ("fusion", {"levels": 2, "global_branch": False}),
    ("unet", {"skips": False}),
    ("unet", {"inputs": 3, "outputs": "lab"}),
    ("pix2pix", {"skips": False}),
    ("pix2pix", {"levels": 4, "outputs": "rgb"}),
    ("pix2pix", {"coarse": 4}),
    ("pix2pix", {"resnet": True}),
    ("keras_gan", {"outputs": "bins"}),
]
REFUSED = [
    (dict(name="vgg"), "no network 'vgg'.*pix2pix"),
    (dict(name="cnn", size=100), "multiple of 8.*100"),
    (dict(name="pix2pix", size=32, levels=6), "multiple of 64.*32"),
    (dict(name="pix2pix", coarse=3), "squares of 2 or 4 pixels.*3"),
    (dict(name="fusion", size=48), "multiple of 32.*48"),
    (dict(name="fusion", levels=4), "1, 2 or 3.*4"),
    (dict(name="unet", size=16), "at least 32.*16"),
    (dict(name="encoder", size=16), "at least 32.*16"),
    (dict(name="valid_unet", size=16), "at least 32.*16"),
    (dict(name="cnn", width=0), "above 0.*0"),
    (dict(name="cnn", width=float("nan")), "above 0"),
    (dict(name="cnn", skips=False), "no option 'skips'.*levels"),
    (dict(name="valid_unet", outputs="ab"), "no option 'outputs'.*none"),
    (dict(name="unet", outputs="hsv"), "'hsv'.*picture"),
    (dict(name="patchgan", size=32, layers=4), "4 layers.*32 pixels"),
    (dict(name="patchgan", layers=0), "at least 1"),
    (dict(name="keras_critic", size=40), "multiple of 16.*40"),
    (dict(name="flow_unet", size=36), "multiple of 8, not 36"),
]
COUNTS = [
    ("pix2pix", {"size": 32, "width": 24 / 64}, 2_344_178),
    ("cnn", {"size": 32, "width": 0.5, "levels": 1}, 10 * 16 + 145 * 32 + 289 * 16 + 145 * 2),  # by hand
    ("cnn", {"size": 32, "width": 0.001, "levels": 1}, 10 * 8 + 73 * 8 + 73 * 8 + 73 * 2),  # 8 maps at least
    # It is told 240 numbers in the place of a classifier's 1,000; a 1×1 convolution to 256 maps hears them.
    ("fusion_pretrained", {"size": 224}, 6_573_794 - (1000 - 240) * 256),
    ("keras_critic", {"size": 32}, 390_049),
]


def grays(size, n=2):
    return torch.rand(n, 1, size, size, generator=torch.Generator().manual_seed(1)) * 2 - 1


@pytest.mark.parametrize("name, options, parameters", COUNTS)
def test_counts_that_no_recipe_has_by_default(name, options, parameters):
    with torch.device("meta"):  # counts need no memory
        network = models.build(name, **options)
    assert models.count_parameters(network, statistics=False) == parameters


@pytest.mark.parametrize("size", [32, 64, 256])
@pytest.mark.parametrize("name", NAMES)
def test_every_size_at_batch_1_in_train_and_eval(name, size):
    network = models.build(name, size=size, width=0.125)
    for mode in (True, False):
        output = network.train(mode)(grays(size, n=1))
        assert output.shape == (1, 3 if name == "valid_unet" else 2, size, size)
        assert output.isfinite().all() and output.std() > 0  # something gets through


@pytest.mark.parametrize(("name", "options"), [*VARIANTS, ("encoder", {})])
def test_gradient_reaches_every_layer_and_a_step_helps(name, options):
    torch.manual_seed(0)
    network = models.build(name, size=32, width=0.25, **options)
    seen = grays(32, n=4).expand(-1, network.inputs, -1, -1)
    optimizer, losses = torch.optim.Adam(network.parameters(), lr=1e-3), []
    for _ in range(8):
        losses.append((network(seen) - 0.4).square().mean())
        optimizer.zero_grad()
        losses[-1].backward()
        optimizer.step()
    for key, parameter in network.named_parameters():
        assert parameter.grad is not None and parameter.grad.isfinite().all(), key
        assert parameter.ndim == 1 or parameter.grad.abs().max() > 0, key
    assert losses[-1] < losses[0]


def reach(name, **options):
    """How many of 64 pixels a side the middle of the output depends on."""
    gray = grays(64, n=1).requires_grad_()
    models.build(name, 64, 0.25, **options).eval()(gray)[..., 32, 32].sum().backward()
    return int((gray.grad[0, 0].abs().sum(dim=0) > 0).sum())


def test_what_a_network_can_see():
    torch.manual_seed(0)
    assert reach("valid_unet") == 51 and reach("cnn", levels=1) < 16
    assert reach("fusion", levels=1, global_branch=False) < 40 and reach("fusion", levels=1) == 64


@pytest.mark.parametrize(("layers", "sees", "logits"), [(1, 16, 126), (2, 34, 62), (3, 70, 30), (4, 142, 14)])
def test_a_patchgan_judges_patches_and_keras_gans_critic_the_whole(layers, sees, logits):
    pictures = torch.rand(1, 3, 256, 256, requires_grad=True)
    judged = models.build("patchgan", 256, 0.125, layers=layers).eval()(pictures)
    assert judged.shape == (1, 1, logits, logits)
    judged[0, 0, logits // 2, logits // 2].backward()
    touched = pictures.grad[0].abs().sum(dim=(0, 1)) > 0
    assert int(touched.sum()) == sees
    assert models.build("keras_critic", 64, 0.25)(torch.rand(3, 2, 64, 64)).shape == (3, 1)


def test_fusion_paints_blocks_of_two_pixels():
    output = models.build("fusion", size=32, width=0.125)(grays(32))
    assert torch.equal(output[..., ::2, ::2], output[..., 1::2, 1::2])


@pytest.mark.parametrize("name", ["unet", "pix2pix"])
def test_skips_carry_what_the_middle_loses(name):
    torch.manual_seed(0)
    gray, wide, bare = grays(32, n=1), *(models.build(name, 32, 0.25, skips=skips).eval() for skips in (True, False))
    assert models.count_parameters(bare) < models.count_parameters(wide)
    for network in (wide, bare):  # with the middle silenced, only skips can still tell one picture from another
        network.down[-1].register_forward_hook(lambda module, _, out: torch.zeros_like(out))
    assert (wide(gray) - wide(-gray)).abs().max() > 1e-6 and torch.equal(bare(gray), bare(-gray))


@pytest.mark.parametrize("coarse", [1, 2, 4])
def test_one_color_for_a_square_of_pixels_is_enlarged_to_the_size_of_the_gray(coarse):
    torch.manual_seed(0)
    network, gray = models.build("pix2pix", 64, 0.125, coarse=coarse).eval(), grays(64)
    ab, fine = network(gray), models.Colorizer(network)(gray)
    assert ab.shape == (2, 2, 64 // coarse, 64 // coarse) and fine.shape == (2, 2, 64, 64) and fine.abs().max() <= 1
    assert torch.allclose(torch.nn.functional.avg_pool2d(fine, coarse), ab, atol=0.05)
    # The sixth doubling is `last`; a 1×1 convolution colors in its place. So files of weights tell what was trained.
    kernel, doublings = {1: (4, 5), 2: (1, 5), 4: (1, 4)}[coarse]
    assert network.last[1].kernel_size == (kernel, kernel) and len(network.up) == doublings
    whole = models.build("pix2pix", 64, 0.125)
    assert set(network.state_dict()) <= set(whole.state_dict())


@pytest.mark.parametrize("call, words", REFUSED)
def test_bad_requests_get_a_sentence(call, words):
    with pytest.raises(ValueError, match=words):
        models.build(**call)


def test_whatever_the_network_gives_becomes_ab():
    picture = torch.rand(2, 3, 4, 4)
    gray, ab = color.to_gray_ab(picture)
    logits = torch.zeros(2, len(ab_bins()), 4, 4)
    logits[:, 7] = 50
    one_bin = (ab_bins()[7] / color.AB_SCALE).view(1, 2, 1, 1).expand(2, 2, 4, 4)
    network = torch.nn.Identity()
    for outputs, given, expected in (
        ("ab", ab, ab),
        ("lab", torch.cat((gray, ab), dim=1), ab),
        ("picture", picture, ab),
        ("picture", picture + 5, torch.zeros_like(ab)),  # a ReLU gives more than 1 at times: clipped, as on a screen
        ("rgb", picture * 2 - 1, ab),
        ("bins", logits, one_bin),
    ):
        network.forward, network.inputs, network.outputs = (lambda _, given=given: given), 1, outputs
        torch.testing.assert_close(models.Colorizer(network)(gray), expected, atol=1e-4, rtol=0)
