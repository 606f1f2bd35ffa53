"""Directions through a step: its Jacobian times a matrix, by its graph.

The slopes of every operation are those of the reverse pass (`_adjoint`), with 1 for the
gradient that comes in; only the order of the products differs.
"""

from __future__ import annotations

import functools
from collections.abc import Collection, Mapping, Sequence

from elman.cells._arrays import stacked
from elman.cells.equations._functions import Value
from elman.cells.graph._adjoint import slopes
from elman.cells.graph._graph import Node, ordered

from ._evaluate import Composite

Directions = Sequence[Value]
"""For each state m directions of it, (B, H, m)."""


class ForwardMode:
    """Carries directions of the states through one step.

    Parameters
    ----------
    composite : Composite
        The step with its parameters.
    """

    def __init__(self, composite: Composite) -> None:
        self.composite = composite
        step = composite.step
        self._order = ordered(step.after)

    @functools.cached_property
    def _slopes(self) -> dict[Node, dict[Node, Node]]:
        return {n: slopes(n) for n in self._order if n.args and n.op != "linear"}

    def push(
        self,
        inputs: Sequence[Value],
        state: Sequence[Value],
        directions: Directions,
        masks: Mapping[str, Value] | None = None,
    ) -> tuple[Value, ...]:
        """Return J Q, J the Jacobian of one step in its states.

        Parameters
        ----------
        inputs, state, masks
            As for a call of the composite.
        directions : sequence of array, (B, H, m)
            Q, a part for each state.

        Returns
        -------
        tuple of array, (B, H, m)
        """
        found = self.composite.values(inputs, state, masks)
        before = {self._before(k): d for k, d in enumerate(directions)}
        return self._after(self._carried(found, before, ()), directions[-1])

    def of(
        self,
        inputs: Sequence[Value],
        state: Sequence[Value],
        seed: Mapping[Node, Value],
        held: Collection[Node] = (),
        masks: Mapping[str, Value] | None = None,
    ) -> tuple[Value, ...]:
        """Return how the states after a step change with some values of it.

        Parameters
        ----------
        inputs, state
            As for a call of the composite.
        seed : mapping of Node to array, (B, H, m)
            Which values move, and in which directions. What products make of them
            does not count.
        held : collection of Node
            Values that stay as they are, whatever they are made of.
        masks : mapping of str to array, (B, H), optional

        Returns
        -------
        tuple of array, (B, H, m)
        """
        found = self.composite.values(inputs, state, masks)
        linears = (n for n in self._order if n.op == "linear")
        carried = self._carried(found, seed, {*linears, *held} - set(seed))
        return self._after(carried, next(iter(seed.values())))

    def own_past(
        self,
        inputs: Sequence[Value],
        state: Sequence[Value],
        masks: Mapping[str, Value] | None = None,
    ) -> Value:
        """Return how each unit's states depend on those before, past all products.

        Parameters
        ----------
        inputs, state, masks
            As for a call of the composite.

        Returns
        -------
        array, (B, H, N, N)
            ∂(state i after) / ∂(state j before) of each unit.
        """
        like = state[-1]
        columns = []
        for k in range(len(state)):
            one = {self._before(k): (like * 0 + 1)[..., None]}
            parts = self.of(inputs, state, one, masks=masks)
            columns.append(stacked([part[..., 0] for part in parts]))
        return stacked(columns)

    def _before(self, k: int) -> Node:
        return self.composite.step.table.make("before", data=k)

    def _after(self, carried: Mapping[Node, Value], like: Value) -> tuple[Value, ...]:
        return tuple(
            carried[n] + 0 * like if n in carried else 0 * like
            for n in self.composite.step.after
        )

    def _carried(
        self,
        found: dict[Node, Value],
        seed: Mapping[Node, Value],
        held: Collection[Node],
    ) -> dict[Node, Value]:
        """Return the directions of every value that has any."""
        carried: dict[Node, Value] = dict(seed)
        products: dict[Node, dict[Node, Value]] = {}
        for node in self._order:
            if node in seed or node in held:
                continue
            moving = [a for a in dict.fromkeys(node.args) if a in carried]
            if not moving:
                continue
            total: Value = None
            for arg in moving:
                if node.op == "linear":
                    if arg not in products:
                        products[arg] = self.composite.product_of(arg, carried[arg])
                    part = products[arg][node]
                elif node.op == "rowsum":
                    part = carried[arg].sum(1)[:, None]
                elif arg in self._slopes[node]:
                    slope = self._value(self._slopes[node][arg], found)
                    part = _times(slope, carried[arg])
                else:  # a comparison: flat
                    continue
                total = part if total is None else total + part
            if total is not None:
                carried[node] = total
        return carried

    def _value(self, node: Node, found: dict[Node, Value]) -> Value:
        """Return the value of a node that the step itself need not have."""
        for part in ordered([node], found.__contains__):
            if part in found:
                continue
            if part.op == "const":
                found[part] = part.data
            elif part.op == "width":
                found[part] = float(self.composite.hidden)
            else:
                found[part] = self.composite.apply(part, found)
        return found[node]


def _times(slope: Value, directions: Value) -> Value:
    if hasattr(slope, "shape"):
        slope = slope[..., None]
    return slope * directions
