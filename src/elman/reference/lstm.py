r"""Long short-term memory, with an optional projection.

.. math::

    i_t &= \sigma(W_{xi} x_t + W_{hi} h_{t-1} + b_i) \\
    f_t &= \sigma(W_{xf} x_t + W_{hf} h_{t-1} + b_f) \\
    g_t &= \tanh(W_{xg} x_t + W_{hg} h_{t-1} + b_g) \\
    o_t &= \sigma(W_{xo} x_t + W_{ho} h_{t-1} + b_o) \\
    c_t &= f_t \circ c_{t-1} + i_t \circ g_t \\
    m_t &= o_t \circ \tanh(c_t) \\
    h_t &= m_t \quad\text{or, projected,}\quad h_t = W_{hr} m_t

Backward, with :math:`\delta_t = \partial L / \partial h_t` and
:math:`\gamma_t = \partial L / \partial c_t`:

.. math::

    \mu_t &= \delta_t \quad\text{or}\quad W_{hr}^\top \delta_t \\
    \gamma_t &\leftarrow \gamma_t + \mu_t \circ o_t \circ (1 - \tanh^2 c_t) \\
    \partial a^i_t &= \gamma_t \circ g_t \circ i_t \circ (1 - i_t) \\
    \partial a^f_t &= \gamma_t \circ c_{t-1} \circ f_t \circ (1 - f_t) \\
    \partial a^g_t &= \gamma_t \circ i_t \circ (1 - g_t^2) \\
    \partial a^o_t &= \mu_t \circ \tanh c_t \circ o_t \circ (1 - o_t) \\
    \gamma_{t-1} &\leftarrow f_t \circ \gamma_t \qquad
    \delta_{t-1} \leftarrow W_{hh}^\top \partial a_t

torch keeps two biases, whose sum is b_h; the gradient of each is that of b_h.

Source: Hochreiter and Schmidhuber 1997; Gers et al. 2000; Sak et al. 2014.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from .activations import Array, sigmoid
from .ragged import Mask, previous, running


class Parameters(NamedTuple):
    """W_xh (4H, F), W_hh (4H, H or P), b_h (4H,), each i|f|g|o; W_hr (P, H)."""

    W_xh: Array
    W_hh: Array
    b_h: Array
    W_hr: Array | None = None


class Tape(NamedTuple):
    """What the forward pass returns, and all the backward pass reads."""

    h: Array  # (N, T, H or P), zero beyond a row's length
    c: Array  # (N, T, H), zero beyond a row's length
    h_n: Array  # (N, H or P), each row's last
    c_n: Array  # (N, H), each row's last
    x: Array
    h_0: Array
    c_0: Array
    i: Array
    f: Array
    g: Array
    o: Array
    parameters: Parameters
    alive: Mask


class Gradients(NamedTuple):
    """∂L with respect to every input of `forward`."""

    x: Array
    h_0: Array
    c_0: Array
    W_xh: Array
    W_hh: Array
    b_h: Array
    W_hr: Array | None


def forward(
    x: Array,
    h_0: Array,
    c_0: Array,
    parameters: Parameters,
    *,
    lengths: ArrayLike | None = None,
) -> Tape:
    """Run the network over (N, T, F)."""
    W_xh, W_hh, b_h, W_hr = parameters
    alive = running(x, lengths)
    x = np.where(alive, x, 0.0)

    h_t, c_t = h_0, c_0
    h = np.zeros((*x.shape[:2], h_0.shape[1]))
    c = np.zeros((*x.shape[:2], c_0.shape[1]))
    i, f, g, o = (np.zeros_like(c) for _ in range(4))
    for t in range(x.shape[1]):
        a_i, a_f, a_g, a_o = np.split(x[:, t] @ W_xh.T + h_t @ W_hh.T + b_h, 4, axis=1)
        i[:, t], f[:, t], o[:, t] = sigmoid(a_i), sigmoid(a_f), sigmoid(a_o)
        g[:, t] = np.tanh(a_g)
        c_new = f[:, t] * c_t + i[:, t] * g[:, t]
        m = o[:, t] * np.tanh(c_new)
        h_new = m if W_hr is None else m @ W_hr.T
        h[:, t] = h_t = np.where(alive[:, t], h_new, h_t)
        c[:, t] = c_t = np.where(alive[:, t], c_new, c_t)
    return Tape(
        h * alive, c * alive, h_t, c_t, x, h_0, c_0, i, f, g, o, parameters, alive
    )


def backward(tape: Tape, dh: Array, dh_n: Array, dc_n: Array) -> Gradients:
    """Return every gradient, given ∂L/∂h_t (N, T, ·), ∂L/∂h_n and ∂L/∂c_n (N, ·)."""
    W_xh, W_hh, _, W_hr = tape.parameters
    c_before = previous(tape.c, tape.c_0)

    delta, gamma = dh_n, dc_n
    da = np.zeros((*dh.shape[:2], W_hh.shape[0]))
    dh_total = np.zeros_like(tape.h)
    for t in reversed(range(dh.shape[1])):
        alive, tanh_c = tape.alive[:, t], np.tanh(tape.c[:, t])
        i, f, g, o = tape.i[:, t], tape.f[:, t], tape.g[:, t], tape.o[:, t]
        delta = delta + alive * dh[:, t]
        dh_total[:, t] = alive * delta
        mu = dh_total[:, t] if W_hr is None else dh_total[:, t] @ W_hr

        gamma = gamma + mu * o * (1 - tanh_c**2)
        da_i = gamma * g * i * (1 - i)
        da_f = gamma * c_before[:, t] * f * (1 - f)
        da_g = gamma * i * (1 - g**2)
        da_o = mu * tanh_c * o * (1 - o)
        da[:, t] = alive * np.concatenate([da_i, da_f, da_g, da_o], axis=1)
        gamma = np.where(alive, f * gamma, gamma)
        delta = np.where(alive, da[:, t] @ W_hh, delta)

    m = tape.o * np.tanh(tape.c)
    return Gradients(
        x=da @ W_xh,
        h_0=delta,
        c_0=gamma,
        W_xh=np.einsum("nth,ntf->hf", da, tape.x),
        W_hh=np.einsum("nth,ntk->hk", da, previous(tape.h, tape.h_0)),
        b_h=da.sum((0, 1)),
        W_hr=None if W_hr is None else np.einsum("ntp,nth->ph", dh_total, m),
    )
