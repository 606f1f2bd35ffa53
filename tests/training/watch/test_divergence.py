"""What a training keeps when loss, gradient or weights are no longer finite."""

from __future__ import annotations

import json
import math

import pytest
import torch
from safetensors.torch import load_file
from torch import nn

from elman.training import Checkpoints, KeepDivergence, TrainingSettings, train
from stopped import pairs, run

pytestmark = pytest.mark.usefixtures("quick_disk")


def test_divergence_keeps_the_batch_and_the_weights(tmp_path):
    examples = pairs(22, 0)
    examples.inputs[0][13, 2] = math.nan
    module, result = run(
        Checkpoints(tmp_path / "c", every_steps=1),
        [KeepDivergence(tmp_path / "diverged")],
        examples=examples,
    )
    assert result.stopped == "diverged"
    assert all(v.isfinite().all() for v in module.state_dict().values())
    found = result.divergence
    assert 13 in found.batch
    assert found.inputs[0][found.batch == 13].isnan().any()
    batch = load_file(tmp_path / "diverged" / "batch.safetensors")
    assert torch.equal(batch["index"], found.batch)
    assert torch.equal(batch["inputs.0"].isnan(), found.inputs[0].isnan())
    weights = load_file(tmp_path / "diverged" / "weights.safetensors")
    assert all(v.isfinite().all() for v in weights.values())
    about = json.loads((tmp_path / "diverged" / "divergence.json").read_text())
    assert about["step"] == found.step
    assert about["loss"] == "nan"
    # The last checkpoint is the step before, and leads to the same place again.
    again = run(
        Checkpoints(tmp_path / "c", every_steps=1), examples=examples, resume=True
    )
    assert again[1].divergence.step == found.step


def test_weights_that_are_not_finite_are_never_kept(tmp_path):
    """An update may overflow although loss and gradient were finite."""

    class Steep(nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = nn.Parameter(torch.ones(1))

        def forward(self, x):
            return x.sum(1, keepdim=True) * self.weight

    settings = TrainingSettings(
        epochs=2, optimizer="sgd", learning_rate=1e38, clip_norm=None, batch_size=4
    )
    module = Steep()
    examples = pairs(22, 0)
    examples.target += 1e3
    place = Checkpoints(tmp_path, every_steps=1)
    loss = nn.functional.mse_loss
    result = train(module, loss, examples, None, settings, checkpoints=place)
    assert result.stopped == "diverged"
    assert module.weight.isfinite().all()
