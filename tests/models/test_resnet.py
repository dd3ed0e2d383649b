"""torchvision's ResNet-34 as an encoder, without a download: lesson 05 takes it where there is a GPU."""

from urllib.error import URLError

import pytest
import torch

from colorlib import models, nogan
from colorlib.models import resnet


@pytest.fixture(scope="module")
def pair():
    """torchvision's own network with random weights, and ours that took them."""
    from torchvision.models import resnet34

    torch.manual_seed(0)
    theirs = resnet34(weights=None).eval()
    return theirs, models.build("resnet34", 64).take(theirs).eval()


def test_gray_is_seen_as_torchvision_sees_gray_in_rgb(pair):
    theirs, ours = pair
    gray = torch.rand(2, 1, 64, 64, generator=torch.Generator().manual_seed(1)) * 2 - 1
    as_rgb = (((gray + 1) / 2 - resnet.MEAN) / resnet.SPREAD).expand(-1, 3, -1, -1)
    with torch.no_grad():
        assert torch.allclose(ours(gray), theirs(as_rgb), atol=1e-4)
    assert [stage(torch.zeros(1, 64 if i else 1, 64, 64)).shape[1] for i, stage in enumerate(ours.body[:2])] == [64, 64]


def test_a_generator_grows_on_it(pair):
    generator = nogan.unet(pair[1], 64, blur=True).eval()
    gray = torch.zeros(1, 1, 64, 64)
    with torch.no_grad():
        lab = generator(gray)
    assert lab.shape == (1, 3, 64, 64) and torch.equal(lab[:, :1], gray) and lab.abs().max() <= 1
    assert len(generator.groups()[0]) == len(list(pair[1].body.parameters()))
    loss = nogan.FeatureLoss(pair[1], features=(0.2, 0.7, 0.1))
    assert loss(lab, lab) == 0 < loss(lab, torch.cat((gray, lab[:, 1:] + 0.2), dim=1))


def test_fetched_weights_are_taken(pair, monkeypatch):
    from torchvision.models import ResNet34_Weights

    monkeypatch.setattr(ResNet34_Weights, "get_state_dict", lambda *_, **__: pair[0].state_dict())
    network = models.load_resnet34()
    assert torch.equal(network.head.weight, pair[0].fc.weight) and not network.training
    assert nogan.unet(network, 64, stages=2).settings["options"]["encoder"] == "resnet34"


def test_without_a_network_a_sentence_says_what_to_take_instead(monkeypatch):
    from torchvision.models import ResNet34_Weights

    def refused(*_, **__):
        raise URLError("no route to host")

    monkeypatch.setattr(ResNet34_Weights, "get_state_dict", refused)
    with pytest.raises(OSError, match="no route to host.*models.load_encoder"):
        models.load_resnet34()


def test_small_pictures_and_other_widths_are_refused():
    for options in ({"size": 32}, {"size": 64, "width": 0.5}):
        with pytest.raises(ValueError, match="resnet34 comes in one width"):
            models.build("resnet34", **options)
