"""What a generator paints, and paintings in a file."""

from unittest.mock import Mock

import torch

from colorlib import models


def test_any_function_of_gray_pictures_paints_a_few_at_a_time():
    gray, twice = torch.rand(10, 1, 4, 4), Mock(side_effect=lambda gray: gray.expand(-1, 2, -1, -1) * 2)
    assert torch.equal(models.paint(twice, gray, batch_size=4), gray.expand(-1, 2, -1, -1) * 2)
    assert [len(call.args[0]) for call in twice.call_args_list] == [4, 4, 2]
    network = torch.nn.Conv2d(1, 2, 1)
    painted = models.paint(network, gray)
    assert torch.equal(painted, network(gray)) and not painted.requires_grad
    assert torch.equal(models.paint(torch.nn.Identity(), gray), gray)  # a module without weights


def test_paintings_are_packed_to_a_byte_a_number_and_read_back(tmp_path):
    ab = torch.linspace(-1.2, 1.2, 48).view(2, 2, 3, 4)
    file = tmp_path / "paintings.safetensors"
    file.write_bytes(models.pack({"epoch 1": ab, "gray": ab[:, :1]}))
    read = models.unpack(file)
    assert set(read) == {"epoch 1", "gray"} and file.stat().st_size < 72 + 400
    assert (read["epoch 1"] - ab.clamp(-1, 1)).abs().max() < 0.005  # half a Lab unit
