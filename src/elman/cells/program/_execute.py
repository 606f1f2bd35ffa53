"""A program run slowly, in NumPy: what the core has to compute, to the letter.

Tests hold it against the equations, which proves the lowering, and the core against
it. No lengths and no direction: those are the core's own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from elman.cells.equations._functions import numpy_sigmoid
from elman.cells.graph._layout import AFTER, BEFORE, INPUT

from ._program import (
    PIECE,
    PRODUCT,
    SPACES,
    TIMES,
    TOTAL,
    Instruction,
    Multiply,
    Piece,
    Program,
    Total,
)

Array = NDArray[np.float64]


@dataclass
class Given:
    """What a program runs on.

    Attributes
    ----------
    x : Array, (T, B, I)
    weights : list of Array
    bias : Array, (S·H,)
    units : list of Array, (H,)
    masks : list of Array, (T, B, H)
    start : list of Array, (B, H)
    """

    x: Array
    weights: list[Array]
    bias: Array
    units: list[Array]
    masks: list[Array]
    start: list[Array]


@dataclass
class Ran:
    """What forward leaves: states of every step (T, B, H), saved (T, B, V, H), rows."""

    tracks: list[Array]
    saved: Array
    rows: Array


@dataclass
class Gradients:
    """∂L of everything given."""

    x: Array
    weights: list[Array]
    bias: Array
    units: list[Array]
    start: list[Array]


def _softplus(a: Array) -> Array:
    return np.asarray(np.logaddexp(a, 0.0), dtype=np.float64)


_UNARY: dict[str, Callable[[Any], Any]] = {
    "NEG": np.negative,
    "SIGMOID": numpy_sigmoid,
    "TANH": np.tanh,
    "RELU": lambda a: np.maximum(a, 0.0),
    "SOFTPLUS": _softplus,
    "EXP": np.exp,
    "LOG": np.log,
    "SQRT": np.sqrt,
    "ABS": np.abs,
    "STEP": lambda a: np.where(np.isnan(a), a, (a > 0) * 1.0),
    "SIGN": lambda a: np.asarray(np.sign(a), dtype=np.float64),
    "SIN": np.sin,
    "COS": np.cos,
}

_BINARY: dict[str, Callable[[Any, Any], Any]] = {
    "ADD": np.add,
    "SUB": np.subtract,
    "MUL": np.multiply,
    "DIV": np.divide,
    "MAX": np.maximum,
    "MIN": np.minimum,
    "GREATER": lambda a, b: (a > b) * 1.0,
}

_TERNARY: dict[str, Callable[[Any, Any, Any], Any]] = {
    "FMA": lambda a, b, c: a * b + c,
    "FNMA": lambda a, b, c: c - a * b,
    "SELECT": lambda a, b, c: np.where(a != 0, b, c),
}


class _Step:
    """The memory of one step of all rows: spaces of columns, and row scalars."""

    def __init__(self, program: Program, known_rows: Array, sums: int) -> None:
        rows, _ = known_rows.shape
        self.constants = program.constants
        self.spaces: dict[str, list[Array | None]] = {}
        self.known, self.sums = known_rows, np.full((rows, sums), np.nan)

    def run(self, piece: Piece) -> None:
        registers: list[Array | None] = [None] * piece.registers
        for i in piece.instructions:
            self._one(i, registers)

    def _one(self, i: Instruction, registers: list[Array | None]) -> None:
        values = [registers[r] for r in i.reads]
        if i.op == "STORE":
            self.spaces[SPACES[i.a]][i.b] = values[0]
        elif i.op == "SUM":
            self.sums[:, i.a] = _value(values[0]).sum(-1)
        elif i.op == "SET":
            self.sums[:, i.a] = _value(values[0])[:, 0]
        elif i.op == "LOAD":
            registers[i.to] = _value(self.spaces[SPACES[i.a]][i.b]).copy()
        elif i.op == "CONST":
            registers[i.to] = np.full(self.shape, self.constants[i.a])
        elif i.op == "WIDTH":
            registers[i.to] = np.full(self.shape, float(self.shape[1]))
        elif i.op == "ROW":
            registers[i.to] = np.repeat(self._row(i.a), self.shape[1], 1)
        else:
            function = (_UNARY, _BINARY, _TERNARY)[len(values) - 1][i.op]  # type: ignore[index]
            registers[i.to] = function(*map(_value, values))

    def total(self, total: Total) -> None:
        """Add up over a row what lies in memory."""
        found = [_value(self.spaces[space][k]) for space, k in total.vectors]
        value = found[0]
        if total.kind == TIMES:
            value = found[0] * found[1]
        elif total.other >= 0:
            value = (found[0] - self._row(total.other)) ** 2
        self.sums[:, total.row] = value.sum(-1)

    def _row(self, number: int) -> Array:
        known = self.known.shape[1]
        column = self.known if number < known else self.sums
        place = number if number < known else number - known
        return column[:, place : place + 1]

    @property
    def shape(self) -> tuple[int, int]:
        found = self.spaces["BEFORE"][0]
        assert found is not None  # noqa: S101 - set by both passes
        return found.shape[0], found.shape[1]


def _value(found: Array | None) -> Array:
    if found is None:
        raise ValueError("a program reads what nothing has stored")
    return found


def _matrix(weight: Array, product: Multiply, k: int, hidden: int) -> Array:
    """Return the dense (H, depth) matrix of a product's k-th slot."""
    block = weight[product.rows[k] * hidden : (product.rows[k] + 1) * hidden]
    if product.heads == 1:
        return block
    part = hidden // product.heads
    dense = np.zeros((hidden, hidden))
    for n in range(product.heads):
        own = slice(n * part, (n + 1) * part)
        dense[own, own] = block[own]
    return dense


def _narrow(dense: Array, heads: int) -> Array:
    """Return the blocks of a dense matrix as a parameter has them."""
    if heads == 1:
        return dense
    part = dense.shape[0] // heads
    own = [slice(n * part, (n + 1) * part) for n in range(heads)]
    return np.concatenate([dense[o, o] for o in own])


def execute(program: Program, given: Given) -> Ran:
    """Run a program forward."""
    steps, rows, _ = given.x.shape
    hidden = given.start[0].shape[1]
    tracks = [np.full((steps, rows, hidden), np.nan) for _ in range(program.states)]
    saved = np.full((steps, rows, program.saved, hidden), np.nan)
    sums = np.full((steps, rows, program.rows), np.nan)
    state = list(given.start)
    for t in range(steps):
        step = _Step(program, np.zeros((rows, 0)), program.rows)
        frame: list[Array | None] = [None] * program.frame
        for s in range(program.slots):
            start = given.bias[s * hidden : (s + 1) * hidden]
            frame[s] = np.broadcast_to(start, (rows, hidden)).copy()
        step.spaces = {
            "FRAME": frame,
            "SAVED": [None] * program.saved,
            "BEFORE": list(state),
            "AFTER": [None] * program.states,
            "UNIT": [np.broadcast_to(u, (rows, hidden)) for u in given.units],
            "MASK": [m[t] for m in given.masks],
        }
        inputs = [k for k, p in enumerate(program.products) if p.kind == INPUT]
        for k in inputs:
            _multiply(program, k, given, step, given.x[t])
        for what, number, _ in program.forward:
            if what == PIECE:
                step.run(program.forward_pieces[number])
            elif what == PRODUCT:
                source = _source(program.products[number], step)
                _multiply(program, number, given, step, source)
            elif what == TOTAL:
                step.total(program.forward_totals[number])
        state = [_value(found) for found in step.spaces["AFTER"]]
        for track, value in zip(tracks, state, strict=True):
            track[t] = value
        for v, found in enumerate(step.spaces["SAVED"]):
            saved[t, :, v] = _value(found)
        sums[t] = step.sums
    return Ran(tracks, saved, sums)


def _source(product: Multiply, step: _Step) -> Array:
    space = {BEFORE: "BEFORE", AFTER: "AFTER"}.get(product.kind, "FRAME")
    return _value(step.spaces[space][product.source])


def _multiply(
    program: Program, number: int, given: Given, step: _Step, source: Array
) -> None:
    product = program.products[number]
    hidden = given.start[0].shape[1]
    for k in range(len(product.rows)):
        matrix = _matrix(given.weights[product.weight], product, k, hidden)
        frame = step.spaces["FRAME"]
        frame[product.first + k] = _value(frame[product.first + k]) + source @ matrix.T


def execute_backward(
    program: Program, given: Given, ran: Ran, dy: Array, dlast: Sequence[Array]
) -> Gradients:
    """Run a program backward; given are ∂L/∂y (T, B, H) and of the last states."""
    steps, rows, _ = given.x.shape
    hidden = given.start[0].shape[1]
    found = Gradients(
        np.zeros_like(given.x),
        [np.zeros_like(w) for w in given.weights],
        np.zeros_like(given.bias),
        [np.zeros(hidden) for _ in given.units],
        [],
    )
    dstate = [d.copy() for d in dlast]
    for t in reversed(range(steps)):
        before = [s if t == 0 else track[t - 1] for s, track in
                  zip(given.start, ran.tracks, strict=True)]  # fmt: skip
        dstate[0] = dstate[0] + dy[t]
        step = _Step(program, ran.rows[t], program.back_rows)
        step.spaces = {
            "FRAME": [None] * program.back_frame,
            "SAVED": [ran.saved[t, :, v] for v in range(program.saved)],
            "BEFORE": list(before),
            "AFTER": [track[t] for track in ran.tracks],
            "UNIT": [np.broadcast_to(u, (rows, hidden)) for u in given.units],
            "MASK": [m[t] for m in given.masks],
            "DSTATE": list(dstate),
            "DSLOT": [None] * (program.slots + program.units),
        }
        for what, number, column in program.backward:
            if what == PIECE:
                step.run(program.backward_pieces[number])
            elif what == PRODUCT:
                back = _hand_back(program, number, given, step)
                step.spaces["FRAME"][column] = back
            elif what == TOTAL:
                step.total(program.backward_totals[number])
        dstate = [_value(d) for d in step.spaces["DSTATE"]]
        dslot = [_value(d) for d in step.spaces["DSLOT"]]
        for number, product in enumerate(program.products):
            if product.kind == INPUT:
                found.x[t] += _hand_back(program, number, given, step)
                source = given.x[t]
            elif product.kind == BEFORE:
                back = _hand_back(program, number, given, step)
                dstate[product.source] = dstate[product.source] + back
                source = before[product.source]
            elif product.kind == AFTER:
                source = ran.tracks[product.source][t]
            else:
                source = ran.saved[t, :, product.saved]
            dw = found.weights[product.weight]
            for k, row in enumerate(product.rows):
                dense = dslot[product.first + k].T @ source
                dw[row * hidden : (row + 1) * hidden] += _narrow(dense, product.heads)
        for s in range(program.slots):
            found.bias[s * hidden : (s + 1) * hidden] += dslot[s].sum(0)
        for p, du in enumerate(found.units):
            du += dslot[program.slots + p].sum(0)
    found.start = dstate
    return found


def _hand_back(program: Program, number: int, given: Given, step: _Step) -> Array:
    """Return what a product's source gets of the gradients of its slots."""
    product = program.products[number]
    hidden = given.start[0].shape[1]
    total: Array | float = 0.0
    for k in range(len(product.rows)):
        matrix = _matrix(given.weights[product.weight], product, k, hidden)
        total = total + _value(step.spaces["DSLOT"][product.first + k]) @ matrix
    return np.asarray(total)
