r"""The gated recurrent unit, in both its forms.

.. math::

    r_t &= \sigma(W_{xr} x_t + b_{xr} + W_{hr} h_{t-1} + b_{hr}) \\
    z_t &= \sigma(W_{xz} x_t + b_{xz} + W_{hz} h_{t-1} + b_{hz}) \\
    n_t &= \tanh(W_{xn} x_t + b_{xn} + r_t \circ (W_{hn} h_{t-1} + b_{hn}))
           && \text{reset after the product} \\
    n_t &= \tanh(W_{xn} x_t + b_{xn} + W_{hn} (r_t \circ h_{t-1}) + b_{hn})
           && \text{reset before it} \\
    h_t &= (1 - z_t) \circ n_t + z_t \circ h_{t-1}

Here z keeps, as in Cho et al., torch and cuDNN; Chung et al. 2014 write 1 − z for it.
Backward, with
:math:`\delta_t = \partial L / \partial h_t` and
:math:`q_t = W_{hn} h_{t-1} + b_{hn}`:

.. math::

    \partial a^n_t &= \delta_t \circ (1 - z_t) \circ (1 - n_t^2) \\
    \partial a^z_t &= \delta_t \circ (h_{t-1} - n_t) \circ z_t \circ (1 - z_t) \\
    \partial a^r_t &= \partial a^n_t \circ q_t \circ r_t \circ (1 - r_t)
        && \text{after} \\
    \partial a^r_t &= W_{hn}^\top \partial a^n_t
        \circ h_{t-1} \circ r_t \circ (1 - r_t) && \text{before} \\
    \delta_{t-1} &\leftarrow z_t \circ \delta_t + W_{hr}^\top \partial a^r_t
        + W_{hz}^\top \partial a^z_t
        + W_{hn}^\top (r_t \circ \partial a^n_t) && \text{after} \\
    \delta_{t-1} &\leftarrow z_t \circ \delta_t + W_{hr}^\top \partial a^r_t
        + W_{hz}^\top \partial a^z_t
        + r_t \circ W_{hn}^\top \partial a^n_t && \text{before}

Source: Cho et al., EMNLP 2014 (before); Appleyard et al., "Optimizing performance of
recurrent neural networks on GPUs", 2016, and cuDNN (after).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from .activations import Array, sigmoid
from .ragged import Mask, previous, running


class Parameters(NamedTuple):
    """W_xh (3H, F), W_hh (3H, H), b_xh (3H,), b_hh (3H,), each r|z|n."""

    W_xh: Array
    W_hh: Array
    b_xh: Array
    b_hh: Array


class Tape(NamedTuple):
    """What the forward pass returns, and all the backward pass reads."""

    h: Array  # (N, T, H), zero beyond a row's length
    h_n: Array  # (N, H), each row's last
    x: Array
    h_0: Array
    r: Array
    z: Array
    n: Array
    parameters: Parameters
    alive: Mask
    reset_after: bool


class Gradients(NamedTuple):
    """∂L with respect to every input of `forward`."""

    x: Array
    h_0: Array
    W_xh: Array
    W_hh: Array
    b_xh: Array
    b_hh: Array


def forward(
    x: Array,
    h_0: Array,
    parameters: Parameters,
    *,
    lengths: ArrayLike | None = None,
    reset_after: bool = True,
) -> Tape:
    """Run the network over (N, T, F)."""
    W_xr, W_xz, W_xn = np.split(parameters.W_xh, 3)
    W_hr, W_hz, W_hn = np.split(parameters.W_hh, 3)
    b_xr, b_xz, b_xn = np.split(parameters.b_xh, 3)
    b_hr, b_hz, b_hn = np.split(parameters.b_hh, 3)
    alive = running(x, lengths)
    x = np.where(alive, x, 0.0)

    h_t = h_0
    h = np.zeros((*x.shape[:2], h_0.shape[1]))
    r, z, n = np.zeros_like(h), np.zeros_like(h), np.zeros_like(h)
    for t in range(x.shape[1]):
        x_t = x[:, t]
        r[:, t] = r_t = sigmoid(x_t @ W_xr.T + b_xr + h_t @ W_hr.T + b_hr)
        z[:, t] = z_t = sigmoid(x_t @ W_xz.T + b_xz + h_t @ W_hz.T + b_hz)
        if reset_after:
            recalled = r_t * (h_t @ W_hn.T + b_hn)
        else:
            recalled = (r_t * h_t) @ W_hn.T + b_hn
        n[:, t] = n_t = np.tanh(x_t @ W_xn.T + b_xn + recalled)
        h[:, t] = h_t = np.where(alive[:, t], (1 - z_t) * n_t + z_t * h_t, h_t)
    return Tape(h * alive, h_t, x, h_0, r, z, n, parameters, alive, reset_after)


def backward(tape: Tape, dh: Array, dh_n: Array) -> Gradients:
    """Return every gradient, given ∂L/∂h_t (N, T, H) and ∂L/∂h_n (N, H)."""
    W_hr, W_hz, W_hn = np.split(tape.parameters.W_hh, 3)
    b_hn = np.split(tape.parameters.b_hh, 3)[2]
    h_before = previous(tape.h, tape.h_0)

    delta = dh_n
    da_r, da_z, da_n = (np.zeros_like(tape.h) for _ in range(3))
    for t in reversed(range(dh.shape[1])):
        alive, h = tape.alive[:, t], h_before[:, t]
        r, z, n = tape.r[:, t], tape.z[:, t], tape.n[:, t]
        delta = delta + alive * dh[:, t]

        da_n[:, t] = alive * delta * (1 - z) * (1 - n**2)
        da_z[:, t] = alive * delta * (h - n) * z * (1 - z)
        if tape.reset_after:
            da_r[:, t] = da_n[:, t] * (h @ W_hn.T + b_hn) * r * (1 - r)
            recalled = (r * da_n[:, t]) @ W_hn
        else:
            da_r[:, t] = da_n[:, t] @ W_hn * h * r * (1 - r)
            recalled = r * (da_n[:, t] @ W_hn)
        before = z * delta + da_r[:, t] @ W_hr + da_z[:, t] @ W_hz + recalled
        delta = np.where(alive, before, delta)

    # What each gate's recurrent product saw, and what came back to it.
    da_x = np.concatenate([da_r, da_z, da_n], axis=-1)
    da_q = tape.r * da_n if tape.reset_after else da_n
    seen = h_before if tape.reset_after else tape.r * h_before
    dW_hn = np.einsum("nth,ntk->hk", da_q, seen)
    dW_hr, dW_hz = (np.einsum("nth,ntk->hk", da, h_before) for da in (da_r, da_z))
    return Gradients(
        x=da_x @ tape.parameters.W_xh,
        h_0=delta,
        W_xh=np.einsum("nth,ntf->hf", da_x, tape.x),
        W_hh=np.concatenate([dW_hr, dW_hz, dW_hn]),
        b_xh=da_x.sum((0, 1)),
        b_hh=np.concatenate([da_r, da_z, da_q], axis=-1).sum((0, 1)),
    )
