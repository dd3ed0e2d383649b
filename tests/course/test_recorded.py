"""Recorded runs stand in where a training is too short; curves tell what they show."""

import types

import torch
from torch import nn

from colorlib.course.recorded import LiveCurves, or_recorded


def test_recorded_runs_stand_in_at_quick(monkeypatch, said):
    run = types.SimpleNamespace(step=4, total=4, history=[{"mse": 0.5}, {"mse": 0.25}], generator=nn.Linear(1, 1))
    monkeypatch.setenv("COLORLIB_PROFILE", "quick")
    recorded = or_recorded(run, "ambiguous_l2")
    assert recorded.history and recorded.generator(torch.zeros(1, 1, 32, 32)).shape == (1, 2, 32, 32)
    assert "recorded run ambiguous_l2" in said[0]
    monkeypatch.setenv("COLORLIB_PROFILE", "laptop")
    assert or_recorded(run, "ambiguous_l2") is run
    assert "mse from 0.5 to 0.25" in LiveCurves("mse").figure(run).alt
