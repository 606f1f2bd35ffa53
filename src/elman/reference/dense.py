r"""The output layer, and two losses that begin the way back.

.. math::

    y_t &= W_{hy} h_t + b_y \\
    \partial h_t &= W_{hy}^\top \partial y_t \qquad
    \partial W_{hy} = \sum_t \partial y_t h_t^\top \qquad
    \partial b_y = \sum_t \partial y_t

Squared error and softmax cross-entropy, summed over the steps that run:

.. math::

    L &= \tfrac12 \sum_t \lVert y_t - \hat y_t \rVert^2
        && \partial y_t = y_t - \hat y_t \\
    L &= -\sum_t \ln p_{t, k_t}, \quad p_t = \operatorname{softmax}(y_t)
        && \partial y_t = p_t - e_{k_t}
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .activations import Array
from .ragged import running


class Parameters(NamedTuple):
    """W_hy (K, H), b_y (K,)."""

    W_hy: Array
    b_y: Array


class Gradients(NamedTuple):
    """∂L with respect to every input of `forward`."""

    h: Array
    W_hy: Array
    b_y: Array


def forward(h: Array, parameters: Parameters) -> Array:
    """Return y (N, T, K) from h (N, T, H)."""
    return h @ parameters.W_hy.T + parameters.b_y


def backward(h: Array, parameters: Parameters, dy: Array) -> Gradients:
    """Return every gradient, given ∂L/∂y_t (N, T, K)."""
    return Gradients(
        h=dy @ parameters.W_hy,
        W_hy=np.einsum("ntk,nth->kh", dy, h),
        b_y=dy.sum((0, 1)),
    )


def squared_error(
    y: Array, target: Array, lengths: ArrayLike | None = None
) -> tuple[float, Array]:
    """Return the loss and ∂L/∂y_t (N, T, K), given targets (N, T, K)."""
    dy = np.where(running(y, lengths), y - target, 0.0)
    return 0.5 * float((dy**2).sum()), dy


def cross_entropy(
    y: Array, target: NDArray[np.int64], lengths: ArrayLike | None = None
) -> tuple[float, Array]:
    """Return the loss and ∂L/∂y_t (N, T, K), given class indices (N, T)."""
    alive = running(y, lengths)
    shifted = y - y.max(-1, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(-1, keepdims=True))
    chosen = np.eye(y.shape[-1])[target]
    loss = -float((alive * chosen * log_p).sum())
    return loss, alive * (np.exp(log_p) - chosen)
