r"""The simple recurrent network.

.. math::

    a_t &= W_{xh} x_t + W_{hh} h_{t-1} + b_h \\
    h_t &= \phi(a_t)

Backward through time, from the last step to the first, with
:math:`\delta_t = \partial L / \partial h_t` (what the loss asks of h_t directly,
plus what comes back from step t + 1):

.. math::

    \partial a_t &= \delta_t \circ \phi'(a_t) \\
    \delta_{t-1} &\leftarrow W_{hh}^\top \partial a_t \qquad
    \partial x_t = W_{xh}^\top \partial a_t \\
    \partial W_{hh} &= \sum_t \partial a_t h_{t-1}^\top \qquad
    \partial W_{xh} = \sum_t \partial a_t x_t^\top \qquad
    \partial b_h = \sum_t \partial a_t

Source: Elman, "Finding structure in time", 1990; Werbos, "Backpropagation through
time: what it does and how to do it", 1990.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from .activations import ACTIVATIONS, Array
from .ragged import Mask, previous, running


class Parameters(NamedTuple):
    """W_xh (H, F), W_hh (H, H), b_h (H,)."""

    W_xh: Array
    W_hh: Array
    b_h: Array


class Tape(NamedTuple):
    """What the forward pass returns, and all the backward pass reads."""

    h: Array  # (N, T, H), zero beyond a row's length
    h_n: Array  # (N, H), each row's last
    x: Array
    h_0: Array
    a: Array
    parameters: Parameters
    alive: Mask
    nonlinearity: str


class Gradients(NamedTuple):
    """∂L with respect to every input of `forward`."""

    x: Array
    h_0: Array
    W_xh: Array
    W_hh: Array
    b_h: Array


def forward(
    x: Array,
    h_0: Array,
    parameters: Parameters,
    *,
    lengths: ArrayLike | None = None,
    nonlinearity: str = "tanh",
) -> Tape:
    """Run the network over (N, T, F)."""
    phi = ACTIVATIONS[nonlinearity].value
    W_xh, W_hh, b_h = parameters
    alive = running(x, lengths)
    x = np.where(alive, x, 0.0)

    h_t = h_0
    h = np.zeros((*x.shape[:2], h_0.shape[1]))
    a = np.zeros_like(h)
    for t in range(x.shape[1]):
        a[:, t] = x[:, t] @ W_xh.T + h_t @ W_hh.T + b_h
        h[:, t] = h_t = np.where(alive[:, t], phi(a[:, t]), h_t)
    return Tape(h * alive, h_t, x, h_0, a, parameters, alive, nonlinearity)


def backward(tape: Tape, dh: Array, dh_n: Array) -> Gradients:
    """Return every gradient, given ∂L/∂h_t (N, T, H) and ∂L/∂h_n (N, H)."""
    derivative = ACTIVATIONS[tape.nonlinearity].derivative
    W_xh, W_hh, _ = tape.parameters

    delta = dh_n
    da = np.zeros_like(tape.a)
    for t in reversed(range(dh.shape[1])):
        alive = tape.alive[:, t]
        delta = delta + alive * dh[:, t]
        da[:, t] = alive * delta * derivative(tape.a[:, t])
        delta = np.where(alive, da[:, t] @ W_hh, delta)

    h_before = previous(tape.h, tape.h_0)
    return Gradients(
        x=da @ W_xh,
        h_0=delta,
        W_xh=np.einsum("nth,ntf->hf", da, tape.x),
        W_hh=np.einsum("nth,ntk->hk", da, h_before),
        b_h=da.sum((0, 1)),
    )
