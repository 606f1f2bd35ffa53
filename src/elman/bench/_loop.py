"""A whole training step of a small model: the layer between ordinary operations.

torch's threads and the core's are the same ones; what a row of single layers does
not show, two pools that wait for each other, would show here.
"""

from __future__ import annotations

import copy
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from ._cases import Case
from ._layers import pair
from ._race import Step

SYMBOLS = 256


class _Model(nn.Module):
    def __init__(self, layer: nn.Module, inputs: int, hidden: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(SYMBOLS, inputs)
        self.layer = layer
        self.linear = nn.Linear(hidden, SYMBOLS)

    def forward(self, tokens: Tensor) -> Any:
        return self.linear(self.layer(self.embedding(tokens))[0])


def loop(case: Case) -> dict[str, Step]:
    """Return one optimiser step of a model that predicts the next of 256 symbols."""
    s = case.sizes
    ours, theirs = pair(case.cell, s.inputs, s.hidden)
    tokens = torch.randint(SYMBOLS, (s.steps, s.batch))
    following = torch.randint(SYMBOLS, (s.steps, s.batch))
    first = _Model(ours, s.inputs, s.hidden)
    second = copy.deepcopy(first)
    second.layer = theirs
    return {
        "elman": _step(first, tokens, following),
        "torch": _step(second, tokens, following),
    }


def _step(model: nn.Module, tokens: Tensor, following: Tensor) -> Step:
    optimiser = torch.optim.Adam(model.parameters(), lr=1e-4)

    def step() -> Tensor:
        optimiser.zero_grad(set_to_none=True)
        scores = model(tokens)
        loss = cross_entropy(scores.flatten(0, 1), following.flatten())
        loss.backward()
        optimiser.step()
        return loss.detach()

    return step
