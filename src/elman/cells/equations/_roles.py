"""What the gates of a cell do to its states, read off the equations."""

from __future__ import annotations

from dataclasses import dataclass

from elman.cells.graph._graph import Node, is_const

from ._trace import Step

BOUNDED = ("sigmoid", "exp")
"""What makes a gate: σ, or the exp of a cell that keeps it at 1 or below."""


@dataclass(frozen=True)
class Roles:
    """The gates of a cell by what they do.

    Attributes
    ----------
    gates : tuple of str
        All that are between 0 and 1, by name.
    saturating : tuple of str
        Those of them that have two flat ends.
    keep : str
        The gate that multiplies an old state, f of an LSTM, z of a GRU; or nothing.
    inverted : bool
        Whether 1 minus the gate does.
    write : str
        The gate that lets into that state, where it is another: i of an LSTM.
    out : str
        The gate between that state and the output: o of an LSTM.
    nonlinearity : str
        What all of the state goes through, of a cell without any way past it: of an
        RNN; "identity" where there is none.
    state : int
        Which state that gate keeps: of an LSTM 1, its c.
    """

    gates: tuple[str, ...] = ()
    saturating: tuple[str, ...] = ()
    keep: str = ""
    inverted: bool = False
    write: str = ""
    out: str = ""
    nonlinearity: str = ""
    state: int = 0


def roles(step: Step) -> Roles:
    """Return what the gates of a step do.

    Parameters
    ----------
    step : Step
        Without noise.
    """
    known = {n: name for name, n in step.values.items()}
    bounded = {n: name for n, name in known.items() if n.op in BOUNDED}
    gates = tuple(bounded.values())
    saturating = tuple(name for n, name in bounded.items() if n.op == "sigmoid")
    for k, after in enumerate(step.after):
        before = step.table.make("before", data=k)
        factor = _factor(after, before, known)
        if factor is None:
            continue
        inverted = factor.op == "sub" and is_const(factor.args[0], 1.0)
        gate = factor.args[1] if inverted else factor
        if gate not in bounded:
            continue
        write = _gate_of(_rest(after, before, known), bounded)
        out = _gate_of([step.after[0]] if k else [], bounded)
        keep = bounded[gate]
        write = "" if write == keep else write
        return Roles(gates, saturating, keep, inverted, write, out, state=k)
    return Roles(gates, saturating, nonlinearity=_nonlinearity(step))


def _nonlinearity(step: Step) -> str:
    """Return what the whole state goes through, or nothing."""
    with_state = [n for n in step.linears if n.args]
    if len(step.after) > 1 or len(with_state) != 1:
        return ""
    (after,), (linear,) = step.after, with_state
    if linear.args != (step.table.make("before", data=0),):
        return ""
    if after is linear:
        return "identity"
    return after.op if after.args == (linear,) else ""


def _factor(node: Node, before: Node, known: dict[Node, str]) -> Node | None:
    """Return what multiplies a state in a value, gates held; None: nothing, or more.

    Only sums, differences and products are looked through.
    """
    table = node.table
    if node is before:
        return table.const(1.0)
    if node in known or node.op == "linear" or not node.args:
        return None
    parts = [_factor(a, before, known) for a in node.args]
    if all(p is None for p in parts):
        return None
    if node.op == "neg" and parts[0] is not None:
        return table.neg(parts[0])
    if node.op == "mul":
        for own, other in ((0, 1), (1, 0)):
            factor = parts[own]
            if factor is not None and parts[other] is None:
                return table.mul(factor, node.args[other])
    if node.op in ("add", "sub"):
        first, second = parts
        if second is None:
            return first
        if first is None:
            return second if node.op == "add" else table.neg(second)
        return table.apply(node.op, first, second)
    return None


def _rest(node: Node, before: Node, known: dict[Node, str]) -> list[Node]:
    """Return the summands of a value in which a state does not appear."""
    if node.op in ("add", "sub") and node not in known:
        return [part for a in node.args for part in _rest(a, before, known)]
    return [] if _factor(node, before, known) is not None else [node]


def _gate_of(summands: list[Node], bounded: dict[Node, str]) -> str:
    """Return the one gate that a single summand is a product with, or nothing."""
    if len(summands) != 1:
        return ""
    pending, found = [summands[0]], []
    while pending:
        node = pending.pop()
        if node in bounded:
            found.append(bounded[node])
        elif node.op == "mul":
            pending += node.args
    return found[0] if len(found) == 1 else ""
