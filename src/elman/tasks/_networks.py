"""The tensors of a run directory by their names: those of a network, of a part."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

import torch
from torch import Tensor, nn

Network = TypeVar("Network", bound=nn.Module)

_PREFIX = "network."


def tensors_of(network: nn.Module) -> dict[str, Tensor]:
    """Return a network's tensors, by names of their own."""
    return {f"{_PREFIX}{name}": value for name, value in network.state_dict().items()}


def within(tensors: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    """Return the tensors whose names begin so, named by the rest."""
    start = len(prefix)
    return {k[start:]: v for k, v in tensors.items() if k.startswith(prefix)}


def filled(build: Callable[[], Network], tensors: Mapping[str, Tensor]) -> Network:
    """Return the network that `tensors_of` took apart, ready to predict.

    Parameters
    ----------
    build : callable
        Returns it untrained.
    tensors : mapping
        Of the run directory.
    """
    with torch.random.fork_rng(devices=[]):
        network = build()
    network.load_state_dict(within(tensors, _PREFIX))
    return network.eval()
