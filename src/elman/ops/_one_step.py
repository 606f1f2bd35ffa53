"""One step with gradients, for loops that call a cell or a layer step by step.

Through a loop of T such calls, autograd adds T gradients of each weight, every one as
large as the weight, and for a few rows that is most of the work. Here each step's
backward leaves its rows (x, h and the gradient of the gates) with the `Sums` of the
loop, and all are multiplied at once when the last is there.

To know when, the loop's steps read the weights through one node of the graph,
`_Shared`, which autograd runs after all of them. A weight that has changed since gets
a node of its own.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from weakref import ReferenceType, ref

import torch
from torch import Tensor
from torch.autograd import Function

from . import _native_calls as native
from ._native_calls import Arguments
from ._one_step_cells import CELLS, RNN, Kept

_ENOUGH = 64
"""Rows at which they are multiplied: before that, a product is mostly overhead."""

_FEW = 16
_LARGE = 2**15
"""Where adding up weights' gradients is most of a step: few rows, many weights."""

_SERVED = {
    ("rnn", "tanh"),
    ("rnn", "relu"),
    ("gru", "reset_after"),
    ("lstm", "plain"),
}

Weights = tuple[Tensor | None, ...]
Again = Callable[[Arguments, tuple[Tensor | None, ...], tuple[bool, ...]], Any]


class _Rows:
    """What one backward pass has left so far."""

    def __init__(self) -> None:
        self.left: list[tuple[Tensor, ...]] = []
        self.count = 0
        self.sums: list[Tensor] | None = None

    def multiply(self) -> None:
        if not self.left:
            return
        x, h, gx, gh = (
            p[0] if len(p) == 1 else torch.cat(p) for p in zip(*self.left, strict=True)
        )
        self.left, self.count = [], 0
        if self.sums is None:
            self.sums = [gx.t() @ x, gh.t() @ h, gx.sum(0), gh.sum(0)]
            return
        for total, g, v in zip(self.sums, (gx, gh), (x, h), strict=False):
            total.addmm_(g.t(), v)
        self.sums[2] += gx.sum(0)
        self.sums[3] += gh.sum(0)


class Sums:
    """The weight gradients of a loop, apart for each backward pass through it."""

    def __init__(self) -> None:
        self._passes: dict[int, _Rows] = {}

    def leave(self, *rows: Tensor) -> None:
        """Take x, h and the gradients of both products, (B, ·)."""
        number = torch._C._current_graph_task_id()
        found = self._passes.get(number)
        if found is None:
            found = self._passes[number] = _Rows()
            # A pass that does not ask for the weights never comes to collect.
            engine: Any = torch.autograd.Variable._execution_engine
            engine.queue_callback(lambda: self._passes.pop(number, None))
        found.left.append(rows)
        found.count += rows[0].shape[0]
        if found.count >= _ENOUGH:
            found.multiply()

    def collect(self) -> list[Tensor] | None:
        """Return the gradients of w_ih, w_hh, b_ih and b_hh in this pass."""
        found = self._passes.pop(torch._C._current_graph_task_id(), None)
        if found is None:
            return None
        found.multiply()
        return found.sums


class _Shared(Function):
    """The weights as a loop's steps see them."""

    @staticmethod
    def forward(ctx: Any, sums: Sums, *weights: Tensor | None) -> Any:  # type: ignore[override]
        ctx.sums, ctx.present = sums, [w is not None for w in weights]
        ctx.set_materialize_grads(False)
        # Not views, for autograd, but they count the same changes.
        return tuple(None if w is None else w.detach() for w in weights)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor | None) -> Any:  # type: ignore[override]
        found = ctx.sums.collect()
        if found is None:
            return (None, *grads)
        given = zip(found, grads, ctx.present, strict=True)
        return None, *((f if g is None else f + g) if p else None for f, g, p in given)


def _marks(weights: Weights) -> tuple[int, ...]:
    """Return what changes when the numbers in the weights do."""
    w_ih, w_hh, b_ih, b_hh = weights
    marks = (w_ih._version, w_hh._version, w_ih.data_ptr(), w_hh.data_ptr())  # type: ignore[union-attr]
    if b_ih is None or b_hh is None:
        return marks
    return *marks, b_ih._version, b_hh._version, b_ih.data_ptr(), b_hh.data_ptr()


def _asked(weights: Weights) -> tuple[bool, ...]:
    return tuple([w is not None and w.requires_grad for w in weights])


class Loop:
    """The weights of the calls so far that share one node.

    Attributes
    ----------
    weights : tuple of Tensor, optional
        w_ih, w_hh, b_ih and b_hh as the steps see them.
    """

    def __init__(self, weights: Weights) -> None:
        self.sums = Sums()
        self.sources = weights
        self.marks, self.asked = _marks(weights), _asked(weights)
        self.weights: Weights = _Shared.apply(self.sums, *weights)
        self.steps = 0

    def goes_on(self, weights: Weights) -> bool:
        """Say whether these weights are still the loop's."""
        mine = self.sources
        return (
            mine[0] is weights[0]
            and mine[1] is weights[1]
            and mine[2] is weights[2]
            and mine[3] is weights[3]
            and _marks(weights) == self.marks
            and _asked(weights) == self.asked
        )


_loops: dict[int, ReferenceType[Loop]] = {}


def known_loop(weights: Weights) -> Loop | None:
    """Return the loop these weights are in, if there is one."""
    known = _loops.get(id(weights[1]))
    loop = None if known is None else known()
    return None if loop is None or not loop.goes_on(weights) else loop


def loop_of(weights: Weights) -> Loop:
    """Return the loop these weights are in; the graph of its steps keeps it alive."""
    loop = known_loop(weights)
    if loop is None:
        key = id(weights[1])
        loop = Loop(weights)

        def gone(reference: ReferenceType[Loop]) -> None:
            if _loops.get(key) is reference:
                del _loops[key]

        _loops[key] = ref(loop, gone)
    return loop


class _Step(Function):
    """One step; its backward leaves the weights' share with the loop."""

    @staticmethod
    def forward(  # type: ignore[override]
        ctx: Any, loop: Loop, numbers: tuple[int, int], again: Again, *tensors: Any
    ) -> tuple[Tensor, ...]:
        x, h, c, w_ih, w_hh, b_ih, b_hh = tensors
        cell = CELLS[numbers[0]]
        if loop.steps and numbers[0] != RNN:
            # From the second step on, putting the weights in order has paid.
            a = _arguments(x, h, c, (w_ih, w_hh, b_ih, b_hh), numbers)
            saved = native.forward(a, save=True, keep_packed=True)
            kept = Kept(saved.h_n, saved.c_n, saved.gates.flatten(0, 1).flatten(1))
        else:
            kept = cell.forward(numbers[1], x, h, c, w_ih, w_hh, b_ih, b_hh)
        loop.steps += 1
        ctx.loop, ctx.numbers, ctx.again = loop, numbers, again
        ctx.set_materialize_grads(False)
        new = kept.c if c is not None else None
        ctx.save_for_backward(*tensors, kept.h, new, kept.gates)
        return (kept.h,) if new is None else (kept.h, new)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor | None) -> Any:  # type: ignore[override]
        x, h, c, w_ih, w_hh, b_ih, b_hh, *kept = ctx.saved_tensors
        needed = ctx.needs_input_grad[3:]
        if all(g is None for g in grads):
            return (None,) * 10
        if torch.is_grad_enabled():
            a = _arguments(x, h, c, (w_ih, w_hh, b_ih, b_hh), ctx.numbers)
            gy = (None, *grads) if c is not None else (None, *grads, None)
            found = ctx.again(a, gy[: 2 + (c is not None)], (*needed, False))
            dx = None if found[0] is None else found[0].squeeze(0)
            return (None, None, None, dx, *found[1:7])
        cell = CELLS[ctx.numbers[0]]
        gx, gh, passed, dc = cell.backward(ctx.numbers[1], grads, h, c, Kept(*kept))
        if needed[3]:
            ctx.loop.sums.leave(x, h, gx, gh)
        dh = None
        if needed[1]:
            dh = gh @ w_hh if passed is None else passed.addmm_(gh, w_hh)
        return (
            None,
            None,
            None,
            gx @ w_ih if needed[0] else None,
            dh,
            dc if needed[2] else None,
            None,
            None,
            None,
            None,
        )


def _arguments(
    x: Tensor, h: Tensor, c: Tensor | None, weights: Any, numbers: tuple[int, int]
) -> Arguments:
    w_ih, w_hh, b_ih, b_hh = weights
    cell, activation = numbers
    rest = (None, None, cell, activation, False)
    return Arguments(x[None], h, c, w_ih, w_hh, b_ih, b_hh, *rest)


def suits(cell: str, variant: str, rows: int, weights: Weights) -> bool:
    """Say whether one step with gradients is best run as a step of a loop.

    Parameters
    ----------
    cell, variant : str
        As in `Call`.
    rows : int
        B.
    weights : tuple of Tensor, optional
        w_ih, w_hh, b_ih and b_hh.
    """
    if (cell, variant) not in _SERVED or not rows:
        return False
    if not few(rows, weights[1]):
        return False
    # Weights computed anew for each step are not shared by a loop.
    return all(w is None or (w.is_leaf and not w.is_inference()) for w in weights)


def few(rows: int, w_hh: Any) -> bool:
    """Say whether the rows are so few, the weights so many, that waiting pays."""
    return rows <= _FEW and w_hh.numel() >= _LARGE


def run(
    numbers: tuple[int, int],
    x: Tensor,
    h: Tensor,
    c: Tensor | None,
    weights: Weights,
    again: Again,
) -> tuple[Tensor, ...]:
    """Return the state after one step, h or (h, c), each (B, H).

    Parameters
    ----------
    numbers : tuple of int
        The core's, of the cell and its activation.
    x : Tensor, (B, I)
    h, c : Tensor, (B, H)
    weights : tuple of Tensor, optional
        w_ih, w_hh, b_ih and b_hh, that `suits` has seen.
    again : callable
        From arguments, gradients and which are needed to gradients that can be
        differentiated again.
    """
    return run_in(loop_of(weights), numbers, x, h, c, again)


def run_in(
    loop: Loop,
    numbers: tuple[int, int],
    x: Tensor,
    h: Tensor,
    c: Tensor | None,
    again: Again,
) -> tuple[Tensor, ...]:
    """Run the next step of a loop, as `run` does."""
    state: tuple[Tensor, ...] = _Step.apply(
        loop, numbers, again, x, h, c, *loop.weights
    )
    return state
