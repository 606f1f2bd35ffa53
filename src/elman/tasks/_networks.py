"""A network in a run directory: what it is built from, and its tensors."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import torch
from torch import Tensor, nn

Network = TypeVar("Network", bound=nn.Module)

_PREFIX = "network."


def pack(network: Any) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """Return a network's configuration and its tensors, by names of their own."""
    tensors = {f"{_PREFIX}{k}": v for k, v in network.state_dict().items()}
    return {"network": network.config()}, tensors


def unpack(
    build: Callable[..., Network],
    fitted: Mapping[str, Any],
    tensors: Mapping[str, Tensor],
    before: Mapping[str, Any],
) -> Network:
    """Return the network that `pack` took apart, ready to predict.

    Parameters
    ----------
    build : callable
        Its class.
    fitted, tensors : mapping
        Of the run directory.
    before : mapping
        The configuration of runs written before networks had one.
    """
    with torch.random.fork_rng(devices=[]):
        network = build(**(fitted.get("network") or before))
    start = len(_PREFIX)
    network.load_state_dict(
        {k[start:]: v for k, v in tensors.items() if k.startswith(_PREFIX)}
    )
    return network.eval()
