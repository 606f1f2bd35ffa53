"""Settings say what is wrong with them."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from elman._errors import InputError
from elman.training import OPTIMIZERS, TrainingSettings


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("epochs", 0, "at least 1"),
        ("epochs", 2.5, "whole number"),
        ("epochs", True, "whole number"),
        ("batch_size", -4, "at least 1"),
        ("patience", 0, "at least 1"),
        ("learning_rate", 0.0, "positive"),
        ("learning_rate", float("nan"), "positive"),
        ("learning_rate", "fast", "number"),
        ("clip_norm", -1.0, "positive"),
        ("weight_decay", -0.1, "weight_decay"),
        ("weight_decay", "none", "weight_decay"),
        ("schedule", "cosin", "did you mean 'cosine'"),
        ("schedule", 3, "a name"),
        ("schedule_options", {"floor": 0.1}, "constant has no option 'floor'"),
        ("schedule_options", ["floor"], "map names"),
        ("optimizer_options", {1: 2}, "map names"),
        ("warm_up", -1, "at least 0"),
        ("warm_up", 1.5, "whole number"),
        ("accumulate", 0, "at least 1"),
        ("tokens_per_batch", 0.5, "whole number"),
        ("batch_size", "whole", "whole number"),
        ("clip_norm", "automatic", "'auto' or None"),
        ("clip_value", 0, "positive"),
        ("clip_percentile", 101, "at most 100"),
        ("weight_noise", -0.1, "at least 0"),
        ("average", "eam", "did you mean 'ema'"),
        ("average_decay", 1.0, "below 1"),
        ("average_start", -0.1, "at least 0"),
        ("precision", "half", "full, mixed"),
        ("momentum", 1.0, "below 1"),
        ("decay_recurrent", "yes", "True or False"),
        ("seed", -1, "at least 0"),
        ("optimizer", 7, "a name"),
        ("optimizer", "adan", "did you mean 'adam'"),
    ],
)
def test_bad_values_name_the_argument(name, value, words):
    with pytest.raises(InputError, match=words) as caught:
        TrainingSettings(**{name: value})
    assert name in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_optimiser_takes_the_settings_and_leaves_frozen_weights(name):
    module = nn.Linear(3, 2)
    module.bias.requires_grad_(False)
    settings = TrainingSettings(optimizer=name, learning_rate=0.5, weight_decay=0.25)
    optimizer = settings.build_optimizer(module)
    assert isinstance(optimizer, OPTIMIZERS[name])
    (group,) = optimizer.param_groups
    assert (group["lr"], group["weight_decay"]) == (0.5, 0.25)
    assert len(group["params"]) == 1
    assert torch.equal(group["params"][0], module.weight)
