"""A recurrent layer as one would write it in JAX: a compiled scan.

The input's product stands before the scan, for all steps at once.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from ._cases import CELLS, Case
from ._race import Step


def computes_with() -> str:
    """Return what the version's number does not say."""
    return ""


def _rnn(w: dict[str, Any], a_x: Any, state: tuple[Any, ...]) -> tuple[Any, ...]:
    (h,) = state
    return (jnp.tanh(a_x + h @ w["w_hh"].T + w["b_hh"]),)


def _gru(w: dict[str, Any], a_x: Any, state: tuple[Any, ...]) -> tuple[Any, ...]:
    (h,) = state
    x_r, x_z, x_n = jnp.split(a_x, 3, -1)
    h_r, h_z, h_n = jnp.split(h @ w["w_hh"].T + w["b_hh"], 3, -1)
    r, z = jax.nn.sigmoid(x_r + h_r), jax.nn.sigmoid(x_z + h_z)
    n = jnp.tanh(x_n + r * h_n)
    return ((1 - z) * n + z * h,)


def _lstm(w: dict[str, Any], a_x: Any, state: tuple[Any, ...]) -> tuple[Any, ...]:
    h, c = state
    i, f, g, o = jnp.split(a_x + h @ w["w_hh"].T + w["b_hh"], 4, -1)
    c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
    return jax.nn.sigmoid(o) * jnp.tanh(c), c


_STEPS = {"RNN": _rnn, "GRU": _gru, "LSTM": _lstm}


def run(cell: str, w: dict[str, Any], x: Any) -> Any:
    """Return every h_t, (T, B, H), for x (T, B, I) and weights in torch's shapes."""
    a_x = x @ w["w_ih"].T + w["b_ih"]
    h = jnp.zeros((x.shape[1], w["w_hh"].shape[1]), x.dtype)
    state = (h, h) if cell == "LSTM" else (h,)

    def step(state: Any, a: Any) -> tuple[Any, Any]:
        new = _STEPS[cell](w, a, state)
        return new, new[0]

    return jax.lax.scan(step, state, a_x)[1]


def training_step(case: Case) -> Step:
    """Return the compiled value and gradients of Σ y ∘ dy, by weights and input."""
    s, gates = case.sizes, CELLS[case.cell]
    draw = np.random.default_rng(0)

    def uniform(*shape: int) -> Any:
        bound = s.hidden**-0.5
        return jnp.asarray(draw.uniform(-bound, bound, shape), jnp.float32)

    stacked = gates * s.hidden
    w = {
        "w_ih": uniform(stacked, s.inputs),
        "w_hh": uniform(stacked, s.hidden),
        "b_ih": uniform(stacked),
        "b_hh": uniform(stacked),
    }
    x = jnp.asarray(draw.normal(size=(s.steps, s.batch, s.inputs)), jnp.float32)
    dy = jnp.asarray(draw.normal(size=(s.steps, s.batch, s.hidden)), jnp.float32)

    def value(w: dict[str, Any], x: Any) -> Any:
        return jnp.sum(run(case.cell, w, x) * dy)

    compiled = jax.jit(jax.value_and_grad(value, argnums=(0, 1)))
    return lambda: jax.block_until_ready(compiled(w, x))
