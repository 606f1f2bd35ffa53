"""Keras' own layers, compiled by JAX where that is there, else on torch."""

from __future__ import annotations

import importlib.util
import os
from typing import Any

import numpy as np

if "KERAS_BACKEND" not in os.environ:
    _jax = importlib.util.find_spec("jax") is not None
    os.environ["KERAS_BACKEND"] = "jax" if _jax else "torch"

import keras

from ._cases import Case
from ._race import Step

_LAYERS = {"RNN": "SimpleRNN", "GRU": "GRU", "LSTM": "LSTM"}


def computes_with() -> str:
    """Return the backend, or raise if there is no training step for it here."""
    backend: str = keras.backend.backend()
    if backend not in ("jax", "torch"):
        raise RuntimeError(f"its backend is {backend}; KERAS_BACKEND=jax or torch")
    return f" on {backend}"


def training_step(case: Case) -> Step:
    """Return value and gradients of Σ y ∘ dy, by weights and input."""
    s = case.sizes
    layer = getattr(keras.layers, _LAYERS[case.cell])(s.hidden, return_sequences=True)
    draw = np.random.default_rng(0)
    x = draw.normal(size=(s.batch, s.steps, s.inputs)).astype(np.float32)
    dy = draw.normal(size=(s.batch, s.steps, s.hidden)).astype(np.float32)
    layer.build(x.shape)
    build = _compiled if keras.backend.backend() == "jax" else _eager
    return build(layer, x, dy)


def _compiled(layer: Any, x: Any, dy: Any) -> Step:
    import jax
    import jax.numpy as jnp

    weights = [v.value for v in layer.trainable_variables]
    others = [v.value for v in layer.non_trainable_variables]
    x, dy = jnp.asarray(x), jnp.asarray(dy)

    def value(weights: Any, x: Any) -> Any:
        y, _ = layer.stateless_call(weights, others, x, training=True)
        return jnp.sum(y * dy)

    compiled = jax.jit(jax.value_and_grad(value, argnums=(0, 1)))
    return lambda: jax.block_until_ready(compiled(weights, x))


def _eager(layer: Any, x: Any, dy: Any) -> Step:
    import torch

    x, dy = torch.from_numpy(x).requires_grad_(), torch.from_numpy(dy)

    def step() -> None:
        layer.zero_grad(set_to_none=True)
        x.grad = None
        layer(x, training=True).backward(dy)

    return step
