"""Equations on numbers: the specification in NumPy, the composite path in torch.

`specified` runs a cell's own `step`; `Composite` runs its graph, noise included, with
the products of all steps with x at once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from elman.cells._arrays import joined
from elman.cells.equations._blame import step_error
from elman.cells.equations._draws import Draw
from elman.cells.equations._functions import Value
from elman.cells.equations._symbols import Input
from elman.cells.equations._trace import Step
from elman.cells.graph._graph import Node, ordered, without_norms
from elman.cells.graph._layout import (
    BIAS,
    INPUT_WEIGHT,
    STATE_WEIGHT,
    Block,
    blocks,
    row_places,
)

from ._operations import apply

if TYPE_CHECKING:
    from elman.cells._cell import Cell
    from elman.cells.program._lower import Lowered


class _At(Input):
    """x of one step."""

    def __init__(self, value: Value) -> None:
        self._value = value


class _Weights:
    """Gives a step the weights it asks for, from arrays or tensors."""

    def __init__(self, step: Step, parameters: Mapping[str, Value]) -> None:
        self.parameters, self.heads = parameters, step.heads
        known = blocks(step.linears)
        self.places = {
            (name, block): k
            for name in (INPUT_WEIGHT, STATE_WEIGHT, BIAS)
            for k, block in enumerate(known.of(name))
        }
        self.hidden = parameters[INPUT_WEIGHT].shape[0] // len(known.weight_ih)

    def linear(
        self, name: str, sources: tuple[Any, ...], bias: bool, shared: bool, first: int
    ) -> Value:
        others = [s for s in sources if not isinstance(s, Input)]
        inputs = len(others) < len(sources) or shared
        block = Block(name, inputs, bool(others) or shared)
        total: Value = 0.0
        for source in sources:
            if isinstance(source, _At):
                total = total + source._value @ self._rows(INPUT_WEIGHT, block).T
        for k, source in enumerate(others, first):
            rows = self._rows(STATE_WEIGHT, Block(name, inputs, True, k))
            total = total + product(source, rows, self.heads)
        if bias and self.parameters.get(BIAS) is not None:
            total = total + self._rows(BIAS, block)
        return total

    def _rows(self, parameter: str, block: Block) -> Value:
        if (parameter, block) not in self.places:
            raise step_error(
                f'self.linear("{block.gate}", ...) was not there when the equations '
                "were read; a step must do the same at every call"
            )
        k = self.places[parameter, block]
        return self.parameters[parameter][k * self.hidden : (k + 1) * self.hidden]

    def unit(self, name: str, init: Draw) -> Value:
        return self.parameters[name]

    def gate(self, name: str, value: Value) -> Value:
        return value


def product(source: Value, rows: Value, heads: int) -> Value:
    """Return (B, n·H) = W source for n blocks of rows, each block diagonal or dense."""
    if heads == 1:
        return source @ rows.T
    part, wide = source.shape[1] // heads, rows.shape[0]
    # The batch is never named: exported programs have no number for it.
    split = source.reshape(-1, 1, heads, 1, part)
    matrices = rows.reshape(1, -1, heads, part, part)
    return (matrices * split).sum(-1).reshape(-1, wide)


def specified(
    cell: Cell,
    x: Value,
    start: Sequence[Value],
    parameters: Mapping[str, Value],
) -> list[list[Value]]:
    """Run a cell's `step` as it stands.

    Parameters
    ----------
    cell : Cell
    x : array, (T, B, I)
    start : sequence of array, (B, H)
        The states before the first step.
    parameters : mapping of str to array
        As `shapes` has them; NumPy arrays or torch tensors.

    Returns
    -------
    list of list of array
        For each step the states after it.
    """
    step = cell.bound(_Weights(cell.traced, parameters))
    state, found = list(start), []
    for value in x:
        state = [
            _wide(s, b) for s, b in zip(step(_At(value), *state), state, strict=True)
        ]
        found.append(state)
    return found


def _wide(new: Value, before: Value) -> Value:
    """Return a state as a full vector, where `step` gave a number or a row's sum."""
    shape: tuple[int, ...] = getattr(new, "shape", ())
    # The number of rows is not asked: an exported program has none.
    full = len(shape) == len(before.shape) and shape[-1] == before.shape[-1]
    return new if full else new + 0 * before


def unit_values(lowered: Lowered, parameters: Mapping[str, Value]) -> list[Value]:
    """Return the vectors of one value a unit that a program is given, (H,).

    Parameters
    ----------
    lowered : Lowered
    parameters : mapping of str to array
        As `shapes` has them; autograd follows.
    """
    if not lowered.units:
        return []
    hidden = parameters[INPUT_WEIGHT].shape[0] // len(lowered.blocks.weight_ih)
    found: dict[Node, Value] = {}
    for node in lowered.units_in_order:
        if node.op == "unit":
            found[node] = parameters[node.data]
        elif node.op == "width":
            found[node] = float(hidden)
        elif node.op == "const":
            found[node] = node.data
        else:
            found[node] = apply(node, found)
    # A sum over the units is one number.
    like = next(parameters[name] for name in lowered.step.units)
    return [_wide(found[node], like) for node in lowered.units]


class Composite:
    """A step's graph on arrays or tensors of any kind.

    A subclass with `apply`, `_product`, `_joined` and `_parts` of its own runs it on
    another library's arrays.

    Parameters
    ----------
    step : Step
        With its noise, see `noisy`.
    parameters : mapping of str to array
        As `shapes` has them; ``bias`` may be missing or None.
    apart : bool
        Take parts of the parameters as tensors of their own, for tracers that allow no
        two views of one.
    """

    _joined = staticmethod(joined)
    _product = staticmethod(product)

    @staticmethod
    def _parts(whole: Value, count: int) -> Sequence[Value]:
        """Return parts of one width of the last axis."""
        width = whole.shape[-1] // count
        return [whole[..., k * width : (k + 1) * width] for k in range(count)]

    def __init__(
        self, step: Step, parameters: Mapping[str, Value], *, apart: bool = False
    ) -> None:
        step = step.renewed(without_norms(step.roots, detached=not apart))
        self.step, self.parameters, self._apart = step, parameters, apart
        known = blocks(step.linears)
        self.hidden = parameters[INPUT_WEIGHT].shape[0] // len(known.weight_ih)
        self._with_input = [n for n in step.linears if n.data.inputs]
        self._order = ordered([*step.after, *step.values.values()])
        self._fixed: dict[Node, Value] = {}
        for node in self._order:
            if node.op == "unit":
                self._fixed[node] = parameters[node.data]
            elif node.op == "const":
                self._fixed[node] = node.data
            elif node.op == "width":
                self._fixed[node] = float(self.hidden)
            elif self._is_fixed(node):
                self._fixed[node] = self.apply(node, self._fixed)
        self._moving = [n for n in self._order if n not in self._fixed]
        self._groups = self._group()
        self._bias = self._biases()

    def _is_fixed(self, node: Node) -> bool:
        inner = bool(node.args) and node.op != "linear"
        return inner and all(a in self._fixed for a in node.args)

    def _group(self) -> dict[Node, tuple[Value, tuple[Node, ...]]]:
        """Return for each source its rows, all slots' together, and the slots."""
        places = row_places(self.step.linears).weight_hh
        count = len(blocks(self.step.linears).weight_hh)
        found: dict[Node, tuple[Value, tuple[Node, ...]]] = {}
        for source in dict.fromkeys(source for _, source in places):
            fed = {n: k for (n, s), k in places.items() if s is source}
            own = list(fed.values())
            weight, hidden = self.parameters[STATE_WEIGHT], self.hidden
            if own == list(range(count)):
                rows = weight
            elif own == list(range(own[0], own[-1] + 1)):
                rows = weight[own[0] * hidden : (own[-1] + 1) * hidden]
            else:
                rows = self._joined(
                    [weight[k * hidden : (k + 1) * hidden] for k in own]
                )
            if self._apart:
                rows = rows.clone()
            found[source] = rows, tuple(fed)
        return found

    def _biases(self) -> dict[Node, Value]:
        bias = self.parameters.get(BIAS)
        if bias is None:
            return {}
        places = row_places(self.step.linears).bias
        parts = {
            n: bias[k * self.hidden : (k + 1) * self.hidden] for n, k in places.items()
        }
        return {n: p.clone() for n, p in parts.items()} if self._apart else parts

    def inputs(self, x: Value) -> list[Value]:
        """Return the products with x, one for each slot that it feeds, (…, H)."""
        found = x @ self.parameters[INPUT_WEIGHT].T
        hidden = self.hidden
        parts = []
        for k, node in enumerate(self._with_input):
            part = found[..., k * hidden : (k + 1) * hidden]
            parts.append(part + self._bias[node] if node in self._bias else part)
        return parts

    def __call__(
        self,
        inputs: Sequence[Value],
        state: Sequence[Value],
        masks: Mapping[str, Value] | None = None,
    ) -> tuple[tuple[Value, ...], dict[str, Value]]:
        """Return the states after one step, and its gates by name.

        Parameters
        ----------
        inputs : sequence of array, (B, H)
            One step of what `inputs` returned.
        state : sequence of array, (B, H)
            The first may have another width P, where the weights that see it do: a
            projection that follows the step makes it.
        masks : mapping of str to array, (B, H), optional
        """
        found = self.values(inputs, state, masks)
        like = state[-1]
        after = tuple(_wide(found[n], like) for n in self.step.after)
        return after, {k: found[n] for k, n in self.step.values.items()}

    def values(
        self,
        inputs: Sequence[Value],
        state: Sequence[Value],
        masks: Mapping[str, Value] | None = None,
    ) -> dict[Node, Value]:
        """Return every value of one step, by node.

        Parameters
        ----------
        inputs, state, masks
            As for a call.
        """
        found = dict(self._fixed)
        found.update(zip(self._with_input, inputs, strict=True))
        done: set[Node] = set()
        sums = {n: found[n] for n in self._with_input}
        for node in self._moving:
            if node.op == "before":
                found[node] = state[node.data]
            elif node.op == "mask":
                found[node] = (masks or {})[node.data]
            elif node.op == "linear":
                for source in node.args:
                    if source not in done:
                        done.add(source)
                        self._multiply(source, found[source], sums)
                found[node] = sums[node]
            else:
                found[node] = self.apply(node, found)
        return found

    def product_of(self, source: Node, value: Value) -> dict[Node, Value]:
        """Return what the products with a source add to each of its slots.

        Parameters
        ----------
        source : Node
        value : array, (B, H) or (B, H, m)
            The source, or m directions of it.
        """
        rows, nodes = self._groups[source]
        if value.ndim == 2:
            whole = self._product(value, rows, self.step.heads)
        else:
            turned = value.swapaxes(1, 2)
            flat = turned.reshape(-1, turned.shape[-1])
            whole = self._product(flat, rows, self.step.heads)
            whole = whole.reshape(*turned.shape[:2], -1).swapaxes(1, 2)
        hidden = self.hidden
        return {
            node: whole[:, k * hidden : (k + 1) * hidden]
            for k, node in enumerate(nodes)
        }

    def apply(self, node: Node, found: Mapping[Node, Value]) -> Value:
        """Return the value of a pointwise node from those of its arguments.

        Parameters
        ----------
        node : Node
        found : mapping of Node to array
        """
        return apply(node, found)

    def _multiply(self, source: Node, value: Value, sums: dict[Node, Value]) -> None:
        rows, nodes = self._groups[source]
        whole = self._product(value, rows, self.step.heads)
        for node, part in zip(nodes, self._parts(whole, len(nodes)), strict=True):
            if node in sums:
                sums[node] = sums[node] + part
            else:
                bias = self._bias.get(node)
                sums[node] = part if bias is None else part + bias
