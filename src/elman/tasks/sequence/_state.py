"""A sequence estimator's network, from what its run directory holds."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from elman.models import SequenceNetwork
from elman.tasks._encoders import encoder_of
from elman.tasks._networks import filled


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
    # Runs of earlier versions hold no configuration, but the width of the input; their
    # networks were recurrent, and "auto" is one layer.
    layers = estimator.num_layers
    config = fitted.get("network") or {
        "cell": encoder_of(estimator),
        "channels": fitted["inputs"],
        "hidden_size": estimator.hidden_size,
        "outputs": fitted["outputs"],
        "num_layers": 1 if layers == "auto" else layers,
        "bidirectional": estimator.bidirectional,
        "dropout": estimator.dropout,
        "pooling": estimator.pooling,
        "per_step": fitted["per_step"],
    }
    return filled(lambda: SequenceNetwork(**config), tensors)
