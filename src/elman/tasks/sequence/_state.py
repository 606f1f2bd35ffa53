"""A sequence estimator's network, from what its run directory holds."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from elman.models import SequenceNetwork


def restored(
    estimator: Any, fitted: dict[str, Any], tensors: dict[str, Tensor]
) -> SequenceNetwork:
    """Return the network that was stored.

    Parameters
    ----------
    estimator : SequenceEstimator
        With its parameters: runs written before networks had a configuration
        have no other.
    fitted : dict
        Plain values.
    tensors : dict
        Those of the network begin with ``network.``.
    """
    config = fitted.get("network") or {
        "cell": estimator.cell,
        "channels": fitted["inputs"],
        "hidden_size": estimator.hidden_size,
        "outputs": fitted["outputs"],
        "num_layers": estimator.num_layers,
        "bidirectional": estimator.bidirectional,
        "dropout": estimator.dropout,
        "pooling": estimator.pooling,
        "per_step": fitted["per_step"],
    }
    with torch.random.fork_rng(devices=[]):
        network = SequenceNetwork(**config)
    held = (k for k in tensors if k.startswith("network."))
    network.load_state_dict({k[8:]: tensors[k] for k in held})
    return network.eval()
