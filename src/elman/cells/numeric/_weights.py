"""Parameters of a cell: shapes, how they start, and what the core sees of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from elman._errors import InputError, did_you_mean
from elman.cells._arrays import Array, joined, np
from elman.cells.equations._draws import Constant, Draw, Source, Uniform
from elman.cells.equations._functions import Value
from elman.cells.equations._trace import Step
from elman.cells.graph._graph import Node, ordered
from elman.cells.graph._layout import (
    BIAS,
    INPUT_WEIGHT,
    STATE_WEIGHT,
    Weight,
    blocks,
)

if TYPE_CHECKING:
    from elman.cells._cell import Cell
    from elman.cells.program._lower import Lowered


def shapes(step: Step, input_size: int, hidden_size: int) -> dict[str, tuple[int, ...]]:
    """Return the shape of every parameter of a layer in one direction.

    ``weight_ih`` holds a block of H rows for each gate that x feeds, ``weight_hh`` one
    for each product of a gate with something else, in the order of the gates; ``bias``
    one for each sum; then the parameters of one value a unit by their own names.

    Parameters
    ----------
    step : Step
    input_size, hidden_size : int

    Raises
    ------
    InputError
        If the heads do not divide the units, or a name stands for two parameters.
    """
    if hidden_size % step.heads:
        raise InputError(
            f"{step.name}: hidden_size={hidden_size} is no multiple of heads="
            f"{step.heads}; choose one that is"
        )
    found = blocks(step.linears)
    depth = hidden_size // step.heads
    shape: dict[str, tuple[int, ...]] = {
        INPUT_WEIGHT: (len(found.weight_ih) * hidden_size, input_size)
    }
    if found.weight_hh:
        shape[STATE_WEIGHT] = (len(found.weight_hh) * hidden_size, depth)
    if found.bias:
        shape[BIAS] = (len(found.bias) * hidden_size,)
    for name in step.units:
        if name in shape:
            raise InputError(
                f'{step.name}.step: self.unit("{name}") is the name of the weights; '
                "choose another"
            )
        shape[name] = (hidden_size,)
    return shape


def row_blocks(step: Step, parameter: str) -> tuple[str, ...]:
    """Return which gate each block of H rows of a parameter belongs to.

    Parameters
    ----------
    step : Step
    parameter : str
        "weight_ih", "weight_hh" or "bias".
    """
    return tuple(block.gate for block in blocks(step.linears).of(parameter))


def recurs(step: Step) -> bool:
    """Return whether a matrix multiplies what reaches the next step.

    The output matrix of a linear recurrence does not: what it makes is not read again.

    Parameters
    ----------
    step : Step
    """
    # States that the next step reads, in a way that reaches a state which it reads.
    read: set[int] = set(range(len(step.states)))
    while True:
        kept = [step.after[i] for i in read]
        seen = {n.data for n in ordered(kept) if n.op == "before"} & read
        if seen == read:
            break
        read = seen
    return any(n.op == "linear" and n.args for n in ordered(kept))


def affine(step: Step) -> bool:
    """Return whether a step is linear in the input and the states taken together.

    Then a layer of it, started at zero, is linear in its whole sequence of inputs,
    whatever its weights: it forms no product of two of them.

    Parameters
    ----------
    step : Step
    """
    moves: dict[Node, bool] = {}  # whether a value depends on the input or a state
    for node in ordered(step.after):
        varied = [moves[a] for a in node.args]
        moves[node] = node.op in ("linear", "before") or any(varied)
        if any(varied) and node.op not in ("linear", "add", "sub", "neg"):
            product = node.op == "mul" and sum(varied) == 1
            if not product and not (node.op == "div" and not varied[1]):
                return False
    return True


def initial(
    cell: Cell, input_size: int, hidden_size: int, source: Source
) -> dict[str, Array]:
    """Return the parameters of a layer in one direction as the cell starts them.

    Parameters
    ----------
    cell : Cell
        Its ``init`` says how, by parameter (``"weight_hh"``, ``"bias"``, a name given
        to ``self.unit``) or by gate (``"bias.f"``, ``"weight_hh.f"``); a number is a
        constant. What is not named starts as torch's layers do, evenly within ±1/√H.
    input_size, hidden_size : int
    source : callable
        From a shape to independent numbers in [0, 1), for instance
        ``numpy.random.default_rng(0).random``.

    Raises
    ------
    InputError
        If ``init`` names nothing of the cell.
    """
    step = cell.traced
    known = blocks(step.linears)
    found: dict[str, Array] = {}
    used: set[str] = set()
    for name, shape in shapes(step, input_size, hidden_size).items():
        if name in step.units:
            draw = cell.init.get(name, step.units[name])
            used.add(name)
            found[name] = _draw(draw).draw(shape, hidden_size, source)
            continue
        parts = []
        for block in known.of(name):
            exact = f"{name}.{block.gate}"
            used |= {name, exact}
            draw = cell.init.get(exact, cell.init.get(name, Uniform()))
            part = (hidden_size, *shape[1:])
            parts.append(_draw(draw).draw(part, hidden_size, source))
        found[name] = np.concatenate(parts)
    for what, named, options in (
        ("init", cell.init, sorted(used)),
        ("limits", cell.limits, sorted(found)),
        ("transforms", cell.transforms, sorted(found)),
    ):
        for name in named:
            if name not in options:
                raise InputError(
                    f"{step.name}.{what}: nothing is called {name!r}"
                    f"{did_you_mean(name, options)}; names: {', '.join(options)}"
                )
    return found


def _draw(value: Draw | float) -> Draw:
    return Constant(float(value)) if isinstance(value, int | float) else value


def rows_of(parameter: Any, weight: Weight, hidden: int) -> Any:
    """Return the core's weight from a layer's parameter: itself, a part, or blocks."""
    if weight.whole:
        return parameter
    if weight.together:
        return parameter[weight.blocks[0] * hidden : (weight.blocks[-1] + 1) * hidden]
    parts = [parameter[k * hidden : (k + 1) * hidden] for k in weight.blocks]
    return joined(parts)


def core_weights(lowered: Lowered, parameters: Mapping[str, Any]) -> list[Any]:
    """Return the weights the program multiplies by, from a layer's parameters.

    Parameters
    ----------
    lowered : Lowered
    parameters : mapping of str to array
        As `shapes` has them; NumPy arrays or torch tensors. Parts are views where the
        rows stand side by side.
    """
    hidden = parameters[INPUT_WEIGHT].shape[0] // len(lowered.blocks.weight_ih)
    return [rows_of(parameters[w.parameter], w, hidden) for w in lowered.weights]


def core_bias(lowered: Lowered, bias: Any) -> Any:
    """Return the start values of the slots from a layer's ``bias``.

    Parameters
    ----------
    lowered : Lowered
    bias : array, (n·H,), or None
        None stays None.
    """
    if bias is None:
        return None
    if lowered.bias_as_it_is:
        return bias
    hidden = bias.shape[0] // len(lowered.blocks.bias)
    zeros = bias[:hidden] * 0
    parts = [
        zeros if k is None else bias[k * hidden : (k + 1) * hidden]
        for k in lowered.biases
    ]
    return joined(parts)


def paired_bias(step: Step, b_ih: Value, b_hh: Value) -> Value:
    """Return ``bias`` from the two that torch's layers have, blocks in gate order.

    A sum of products of x and of a state starts from both together, a sum of one kind
    from its own.

    Parameters
    ----------
    step : Step
    b_ih, b_hh : array, (G·H,)
    """
    places = _pairs(step)
    if not places:
        return b_ih + b_hh
    hidden = b_ih.shape[0] // len(step.gates)

    def part(k: int | None, j: int | None) -> Value:
        if k is None:
            return b_hh[j * hidden : (j + 1) * hidden]  # type: ignore[operator]
        own = b_ih[k * hidden : (k + 1) * hidden]
        return own if j is None else own + b_hh[j * hidden : (j + 1) * hidden]

    return joined([part(*place) for place in places])


def paired_gradient(step: Step, gradient: Value) -> tuple[Value, Value]:
    """Return what a gradient of ``bias`` is for each of the two: see `paired_bias`.

    Parameters
    ----------
    step : Step
    gradient : array, (n·H,)

    Returns
    -------
    tuple of array, (G·H,)
        Of b_ih and b_hh; none is a view of the other.
    """
    places, count = _pairs(step), len(step.gates)
    if not places:
        return gradient, gradient + 0
    hidden = gradient.shape[0] // len(places)
    found = []
    for column in zip(*places, strict=True):
        own = [column.index(k) for k in range(count)]
        found.append(joined([gradient[k * hidden : (k + 1) * hidden] for k in own]))
    return found[0], found[1]


def _pairs(step: Step) -> tuple[tuple[int | None, int | None], ...]:
    """Return which blocks of b_ih and b_hh each block of ``bias`` is the sum of.

    Nothing where it is the sum of both, block by block.
    """
    kept = step.__dict__
    if "_pairs" not in kept:
        found = []
        for block in blocks(step.linears).bias:
            k = step.gates.index(block.gate)
            both = block.inputs and block.state
            of_x, of_state = both or block.inputs, both or not block.inputs
            found.append((k if of_x else None, k if of_state else None))
        plain = found == [(k, k) for k in range(len(step.gates))]
        kept["_pairs"] = () if plain else tuple(found)
    places: tuple[tuple[int | None, int | None], ...] = kept["_pairs"]
    return places
