"""Recurrent dropout and zoneout, written into a step's graph.

Both are masks that a layer draws before a run: vectors a row and a step, named here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from elman._errors import InputError
from elman.cells.equations._trace import Step
from elman.cells.graph._graph import POINTWISE, Node, ordered

DROPOUT, ZONEOUT = "dropout", "zoneout"
"""Beginnings of the masks' names; a state's name follows, as in ``"zoneout.h"``."""


def with_dropout(step: Step) -> Step:
    """Return a step whose recurrent weights see states times a mask.

    The mask ``dropout.h`` holds 0 or 1 / (1 − p), the same at every step of a
    sequence: Gal and Ghahramani 2016. Matrices see it, also through values computed
    from the state such as r ∘ h, and diagonal weights do; what the step does with the
    state besides does not change.

    Raises
    ------
    InputError
        If no weights see the state.
    """
    table = step.table
    hidden: dict[Node, Node] = {}
    for k in step.dropped:
        state = table.make("before", data=k)
        mask = table.make("mask", data=f"{DROPOUT}.{step.states[k]}")
        hidden[state] = table.mul(state, mask)
    new: dict[Node, Node] = {}

    def seen(node: Node) -> Node:
        """Return a matrix's argument as the matrix sees it."""
        if node in step.after:  # a new state is not a recurrence yet
            return new[node]
        way = ordered([node], lambda n: n.op == "linear" or n in step.after)
        known: dict[Node, Node] = {}
        for n in way:
            if n.op == "linear" or n in step.after:
                known[n] = new[n]
            elif n in hidden:
                known[n] = hidden[n]
            else:
                known[n] = _again(n, known)
        return known[node]

    for node in ordered(step.roots):
        if node.op == "linear":
            args = [seen(arg) for arg in node.args]
            new[node] = table.make("linear", args, node.data)
        elif node.op == "mul" and any(map(_is_weight, node.args)):
            a, b = (new[a] if a not in hidden else hidden[a] for a in node.args)
            new[node] = table.mul(a, b)
        else:
            new[node] = _again(node, new)
    if all(new[node] is node for node in step.after):
        names = " and ".join(step.states[k] for k in step.dropped)
        raise InputError(
            f"recurrent_dropout: no recurrent weights of {step.name} see "
            f"{names or 'a state'}, so it has nothing to hide; use dropout or zoneout"
        )
    return step.renewed(new)


def with_zoneout(step: Step, rates: Sequence[float | None]) -> Step:
    """Return a step that keeps some values of its states: Krueger et al. 2017.

    Parameters
    ----------
    step : Step
    rates : sequence of float or None
        For each state. A number: the state moves back to what it was by this share,
        as at prediction. None: the mask ``zoneout.h`` holds 1 where it stays, as in
        training. 0: the state is left alone.
    """
    table = step.table
    after = []
    for k, (node, rate) in enumerate(zip(step.after, rates, strict=True)):
        before = table.make("before", data=k)
        if rate is None:
            mask = table.make("mask", data=f"{ZONEOUT}.{step.states[k]}")
            after.append(table.apply("select", mask, before, node))
        elif rate == 0:
            after.append(node)
        else:
            back = table.mul(table.const(rate), table.sub(before, node))
            after.append(table.add(node, back))
    return replace(step, after=tuple(after))


def masks(step: Step) -> tuple[str, ...]:
    """Return the names of the masks a step reads, in their order."""
    return tuple(n.data for n in ordered(step.after) if n.op == "mask")


def _is_weight(node: Node) -> bool:
    """Return whether a value is made of parameters of one value a unit."""
    leaves = {n.op for n in ordered([node]) if not n.args}
    return "unit" in leaves and leaves <= {"unit", "const", "width"}


def _again(node: Node, new: dict[Node, Node]) -> Node:
    args = [new[a] for a in node.args]
    if args == list(node.args):
        return node
    if node.op not in POINTWISE:
        return node.table.make(node.op, args, node.data)
    return node.table.apply(node.op, *args)
