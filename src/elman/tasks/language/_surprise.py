"""How surprising each token of a text is to the network, its state carried on."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn.functional import cross_entropy

from elman.models import LanguageNetwork
from elman.tasks.tokens._vocabulary import Ids

_STEPS, _SCORES = 2048, 4_000_000


def surprise(network: LanguageNetwork, ids: Ids, start: int) -> NDArray[np.float64]:
    r"""Return :math:`-\ln p(x_t \mid x_{<t})` of every token: one stream, one state.

    Parameters
    ----------
    network : LanguageNetwork
    ids : ndarray
        int64 (T,).
    start : int
        The token that stands before the first.
    """
    tokens = torch.from_numpy(np.concatenate([[start], ids]))[None]
    steps = max(16, min(_STEPS, _SCORES // network.vocabulary))
    found = np.empty(len(ids))
    state: Any = None
    was_training = network.training
    network.eval()
    try:
        with torch.no_grad():
            for low in range(0, len(ids), steps):
                high = min(low + steps, len(ids))
                scores, state = network(tokens[:, low:high], state)
                nats = cross_entropy(
                    scores[0], tokens[0, low + 1 : high + 1], reduction="none"
                )
                found[low:high] = nats.double().numpy()
    finally:
        network.train(was_training)
    return found
