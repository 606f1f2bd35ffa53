"""A network's tensors among those of a run directory."""

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
    start = len(_PREFIX)
    network.load_state_dict(
        {k[start:]: v for k, v in tensors.items() if k.startswith(_PREFIX)}
    )
    return network.eval()
