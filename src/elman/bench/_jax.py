"""A recurrent layer as one would write it in JAX: a compiled scan of its equations.

The equations are a cell's graph, run on JAX's arrays; the products of all steps with
the input stand before the scan.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import jax
import jax.numpy as jnp
import jax.scipy.linalg
import numpy as np

from elman import cells

from ._cases import Case
from ._race import Step


def computes_with() -> str:
    """Return what the version's number does not say."""
    return ""


def _compared(compare: Callable[..., Any]) -> Callable[..., Any]:
    """Return 1 where it holds, else 0; NaN for NaN."""
    return lambda a: compare(a) * 1.0 + 0.0 * a


_OPERATIONS: dict[str, Callable[..., Any]] = {
    "sigmoid": jax.nn.sigmoid,
    "tanh": jnp.tanh,
    "relu": jax.nn.relu,
    "softplus": jax.nn.softplus,
    "exp": jnp.exp,
    "log": jnp.log,
    "sqrt": jnp.sqrt,
    "sin": jnp.sin,
    "cos": jnp.cos,
    "max": jnp.maximum,
    "min": jnp.minimum,
    "select": lambda condition, a, b: jnp.where(condition != 0, a, b),
    "rowsum": lambda a: jnp.sum(a, -1, keepdims=True),
    "greater": lambda a, b: (a > b) * 1.0,
    "step": _compared(lambda a: a > 0),
    "sign": jnp.sign,
}
"""What NumPy and torch do not share with JAX under Python's operators."""


def _skew(transform: Any, blocks: Any) -> Any:
    lower = jnp.tril(blocks, -1)
    return transform.scale * (lower - lower.mT)


def _cayley(transform: Any, blocks: Any) -> Any:
    skew, one = _skew(transform, blocks), jnp.eye(blocks.shape[-1], dtype=blocks.dtype)
    return jnp.linalg.solve(one + skew, one - skew)


def _antisymmetric(transform: Any, blocks: Any) -> Any:
    one = jnp.eye(blocks.shape[-1], dtype=blocks.dtype)
    return blocks - blocks.mT - transform.damping * one


def _exponential(transform: Any, blocks: Any) -> Any:
    exponential = jax.vmap(jax.scipy.linalg.expm)
    return exponential(_skew(transform, blocks))


_TRANSFORMS: dict[str, Callable[[Any, Any], Any]] = {
    "Antisymmetric": _antisymmetric,
    "Cayley": _cayley,
    "Exponential": _exponential,
}
"""Parameters computed from what is stored, on square blocks, by their class's name."""


def _used(cell: cells.Cell, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parameters that the equations see."""
    found = dict(parameters)
    for name, transform in cell.transforms.items():
        if name in found:
            stored = found[name]
            blocks = stored.reshape(-1, stored.shape[1], stored.shape[1])
            of = _TRANSFORMS[type(transform).__name__]
            found[name] = of(transform, blocks).reshape(stored.shape)
    return found


class _Scanned(cells.Composite):
    """A step's graph on JAX's arrays."""

    def apply(self, node: Any, found: Mapping[Any, Any]) -> Any:
        own = _OPERATIONS.get(node.op)
        if own is None:
            return super().apply(node, found)
        return own(*(found[a] for a in node.args))

    @staticmethod
    def _product(source: Any, rows: Any, heads: int) -> Any:
        if heads == 1:
            return source @ rows.T
        part = source.shape[1] // heads
        split = source.reshape(-1, heads, part)
        matrices = rows.reshape(-1, heads, part, part)
        return jnp.einsum("bhp,ghqp->bghq", split, matrices).reshape(len(source), -1)

    @staticmethod
    def _joined(parts: Any, axis: int = 0) -> Any:
        return jnp.concatenate(parts, axis)

    @staticmethod
    def _parts(whole: Any, count: int) -> Any:
        return jnp.split(whole, count, -1)

    def with_input(self, x: Any) -> Any:
        """Return the products with x of all slots, side by side."""
        bias = [self._bias.get(n, jnp.zeros(self.hidden)) for n in self._with_input]
        return x @ self.parameters["weight_ih"].T + jnp.concatenate(bias)


def run(cell: cells.Cell, parameters: Mapping[str, Any], x: Any) -> Any:
    """Return every y_t of a cell, (T, B, H).

    Parameters
    ----------
    cell : Cell
    parameters : mapping of str to array
        As `cells.shapes` has them.
    x : array, (T, B, I)
    """
    graph = _Scanned(cell.traced, _used(cell, parameters))
    a_x = graph.with_input(x)
    count = a_x.shape[-1] // graph.hidden
    start = jnp.zeros((x.shape[1], graph.hidden), x.dtype)

    def step(state: Any, a: Any) -> tuple[Any, Any]:
        new, _ = graph(graph._parts(a, count), state)
        return new, new[0]

    return jax.lax.scan(step, (start,) * len(cell.states), a_x)[1]


def equations_of(case: Case) -> cells.Cell:
    """Return the cell of a case."""
    if case.group == "cells":
        return cells.cell(case.cell)
    name = case.cell.lower()
    return cells.stock(name, cells.a_variant(name))


def training_step(case: Case) -> Step:
    """Return the compiled value and gradients of Σ y ∘ dy, by weights and input."""
    s, cell = case.sizes, equations_of(case)
    draw = np.random.default_rng(0)
    start = cells.initial(cell, s.inputs, s.hidden, draw.random)
    w = {name: jnp.asarray(v, jnp.float32) for name, v in start.items()}
    x = jnp.asarray(draw.normal(size=(s.steps, s.batch, s.inputs)), jnp.float32)
    dy = jnp.asarray(draw.normal(size=(s.steps, s.batch, s.hidden)), jnp.float32)

    def value(w: dict[str, Any], x: Any) -> Any:
        return jnp.sum(run(cell, w, x) * dy)

    compiled = jax.jit(jax.value_and_grad(value, argnums=(0, 1)))
    return lambda: jax.block_until_ready(compiled(w, x))
