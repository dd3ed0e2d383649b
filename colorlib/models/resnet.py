"""torchvision's ResNet-34 as an encoder of gray pictures, for lesson 05 where there is a GPU: 21 million parameters."""

from torch import nn

MEAN, SPREAD = 0.449, 0.226  # of gray pictures in 0…1, as it was trained: the means of ImageNet's three channels


class AsTrained(nn.Module):
    """From gray in −1…1 to the scale that the weights were trained with."""

    def forward(self, gray):
        return ((gray + 1) / 2 - MEAN) / SPREAD


class ResNet34(nn.Module):
    """Gray in, a logit for each of ImageNet's classes out; `body` has its five stages, as DynamicUnet takes them.

    Its first kernels are those of red, green and blue summed up, which is what a gray picture in RGB would meet.
    """

    def __init__(self, size=64, width=1.0):
        super().__init__()
        if size < 64 or width != 1:
            raise ValueError(f"resnet34 comes in one width, 1, and needs 64 pixels, not {width} and {size}.")
        from torchvision.models import resnet34  # seconds: only for those who want it

        self.inputs, self.outputs = 1, "classes"
        self.take(resnet34(weights=None))

    def take(self, theirs: nn.Module) -> "ResNet34":
        """The layers of torchvision's network, with their weights."""
        first = nn.Conv2d(1, 64, 7, stride=2, padding=3, bias=False)
        first.weight.data = theirs.conv1.weight.detach().sum(dim=1, keepdim=True)
        stages = [nn.Sequential(AsTrained(), first, theirs.bn1, theirs.relu)]
        stages += [nn.Sequential(theirs.maxpool, theirs.layer1), theirs.layer2, theirs.layer3, theirs.layer4]
        self.body, self.head = nn.Sequential(*stages), theirs.fc
        return self

    def forward(self, gray):
        return self.head(self.body(gray).mean(dim=(-2, -1)))


def fetched() -> nn.Module:
    """torchvision's trained network, from its cache or over the network: 83 MB."""
    from torchvision.models import ResNet34_Weights, resnet34

    try:
        return resnet34(weights=ResNet34_Weights.IMAGENET1K_V1)
    except (OSError, RuntimeError) as error:  # no network, or a broken download
        raise OSError(
            f"The weights of ResNet-34 are not in torch's cache and could not be fetched ({error}). Try again with a "
            "network, or take the encoder that comes with colorlib: models.load_encoder()."
        ) from None
