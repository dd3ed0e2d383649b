"""Lets torchvision be imported beside a PyTorch build that its compiled part was not made for.

pip puts PyTorch's CPU build beside torchvision's CUDA build where it finds the one on another index, or installed. Then
the operators `nms` and `qnms` are never declared, and `import torchvision` dies, and with it torchmetrics and fastai.
Declared without code they let the import pass; nothing in the course calls them. An import hook is the only way:
whether the compiled library loads is known in the middle of torchvision's import, which other packages begin.
"""

SCHEMA = "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor"
declared: list[str] = []  # what had to be declared in this process; empty where all is well


class BeforeRegistrations:
    """Declares what is missing once torchvision has tried its library, and before it needs the operators."""

    @staticmethod
    def find_spec(name, path=None, target=None):
        if name == "torchvision._meta_registrations":
            import torch

            for operator in ("nms", "qnms"):
                if not hasattr(torch.ops.torchvision, operator):
                    torch.library.define(f"torchvision::{operator}", SCHEMA)
                    declared.append(operator)
        return None  # Python's own finders go on from here
