"""Cells given as equations as ``torch.library`` operators, for compilers.

As `_native_library` for the three: `elman::program` is what `torch.compile` sees, and
taken apart it is `elman::run_program` and `elman::run_program_backward`, opaque and
with shape rules. The program goes along as its numbers, so one operator serves every
cell.
"""

from __future__ import annotations

import atexit
import functools
from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.autograd import Function

from elman.cells import Program

from ._native_library import library
from ._program_run import row_of, whole

_TENSORS = (
    "Tensor x, Tensor[] first, Tensor[] weights, Tensor? bias, Tensor[] units, "
    "Tensor[] masks, Tensor? lengths"
)
_INPUTS = f"{_TENSORS}, int[] integers, float[] floats, bool reverse"


class Arguments(NamedTuple):
    """The inputs of `elman::run_program`, as the core's program takes them.

    Attributes
    ----------
    x : Tensor, (T, B, I)
    first : list of Tensor, (B, H)
        The states before the first step.
    weights : list of Tensor
    bias : Tensor, (S·H,), optional
    units : list of Tensor, (H,)
    masks : list of Tensor, (T, B, H)
    lengths : Tensor of int64, (B,), optional
    integers, floats : list
        The program.
    reverse : bool
    """

    x: Tensor
    first: Sequence[Tensor]
    weights: Sequence[Tensor]
    bias: Tensor | None
    units: Sequence[Tensor]
    masks: Sequence[Tensor]
    lengths: Tensor | None
    integers: Sequence[int]
    floats: Sequence[float]
    reverse: bool


_COUNT = len(Arguments._fields)

for _schema in (
    # y (T, B, H) and each last state (B, H)
    f"program({_INPUTS}) -> Tensor[]",
    # the same, then the saved vectors, the row scalars, the tracks of further states
    f"run_program({_INPUTS}, bool save) -> Tensor[]",
    # the gradients wanted of x, first, weights, bias and units, in this order
    f"run_program_backward({_INPUTS}, Tensor y, Tensor saved, Tensor rows, "
    "Tensor[] tracks, Tensor? dy, Tensor?[] dlast, bool[] wanted) -> Tensor[]",
):
    library.define(_schema, tags=[torch.Tag.pt2_compliant_tag])


@functools.lru_cache(128)
def _program(integers: tuple[int, ...], floats: tuple[float, ...]) -> Program:
    return Program.decode(integers, floats)


@functools.lru_cache(128)
def _graph(integers: tuple[int, ...], floats: tuple[float, ...]) -> Any:
    from elman._core import _native

    return _native.Graph(list(integers), list(floats))


atexit.register(_graph.cache_clear)  # before the core is unloaded


def _new(a: Arguments, save: bool) -> list[Tensor]:
    """Return what a run fills: y, last states; then saved, rows and tracks."""
    (steps, rows), hidden = a.x.shape[:2], a.first[0].shape[1]
    new = a.x.new_empty
    found = [new(steps, rows, hidden), *(new(rows, hidden) for _ in a.first)]
    if save:
        program = _program(tuple(a.integers), tuple(a.floats))
        found.append(new(steps, rows, program.saved, hidden))
        found.append(new(steps, rows, program.rows))
        found += [new(steps, rows, hidden) for _ in a.first[1:]]
    return found


def _given(a: Arguments) -> tuple[Any, ...]:
    """Return x, weights, units, masks and first states, laid out for the core."""
    weights, units = list(map(whole, a.weights)), list(map(whole, a.units))
    masks, first = list(map(row_of, a.masks)), list(map(whole, a.first))
    return row_of(a.x), weights, units, masks, first


def _run(*values: Any) -> list[Tensor]:
    a, save = Arguments(*values[:_COUNT]), values[_COUNT]
    x, weights, units, masks, first = _given(a)
    found = _new(a, save)
    n = 1 + len(a.first)
    kept: tuple[Any, ...] = (None, None, None)
    if save:
        kept = (found[n], [None, *found[n + 2 :]], found[n + 1])
    bias = None if a.bias is None else whole(a.bias)
    _graph(tuple(a.integers), tuple(a.floats)).forward(
        *(x, weights, bias, units, masks, first, found[0], found[1:n], *kept),
        *(a.lengths, a.reverse, torch.get_num_threads(), save),
    )
    return found


def _run_fake(*values: Any) -> list[Tensor]:
    return _new(Arguments(*values[:_COUNT]), values[_COUNT])


def _differentiable(a: Arguments) -> list[Tensor | None]:
    return [a.x, *a.first, *a.weights, a.bias, *a.units]


def _run_backward(*values: Any) -> list[Tensor]:
    a, (y, saved, rows, tracks, dy, dlast, wanted) = (
        Arguments(*values[:_COUNT]),
        values[_COUNT:],
    )
    x, weights, units, masks, first = _given(a)
    all_of = [x, *first, *weights, a.bias, *units]
    to = [
        torch.empty(t.shape, dtype=t.dtype) if want and t is not None else None
        for t, want in zip(all_of, wanted, strict=True)
    ]
    n, w = 1 + len(first), len(weights)
    _graph(tuple(a.integers), tuple(a.floats)).backward(
        *(x, weights, units, masks, first, whole(y), whole(saved)),
        *([None, *map(whole, tracks)], whole(rows)),
        *(a.lengths, a.reverse, torch.get_num_threads()),
        None if dy is None else row_of(dy),
        [None if d is None else whole(d) for d in dlast],
        *(to[0], to[n : n + w], to[n + w], to[n + w + 1 :], to[1:n], None),
    )
    return [g for g in to if g is not None]


def _run_backward_fake(*values: Any) -> list[Tensor]:
    a, wanted = Arguments(*values[:_COUNT]), values[-1]
    pairs = zip(_differentiable(a), wanted, strict=True)
    return [t.new_empty(t.shape) for t, want in pairs if want and t is not None]


for _name, _real, _fake in (
    ("run_program", _run, _run_fake),
    ("run_program_backward", _run_backward, _run_backward_fake),
):
    library.impl(_name, _real, "CPU")
    torch.library.register_fake(f"elman::{_name}", _fake, lib=library)

_core_run = torch.ops.elman.run_program.default
_core_run_backward = torch.ops.elman.run_program_backward.default


def _joined(tensors: Sequence[Any], like: Arguments) -> Arguments:
    """Return arguments with others in the place of those with a gradient."""
    n = 1 + len(like.first)
    w = n + len(like.weights)
    return like._replace(
        x=tensors[0],
        first=list(tensors[1:n]),
        weights=list(tensors[n:w]),
        bias=tensors[w],
        units=list(tensors[w + 1 : w + 1 + len(like.units)]),
        masks=list(tensors[w + 1 + len(like.units) : -1]),
        lengths=tensors[-1],
    )


class _Traced(Function):
    """Autograd's rule for `elman::run_program`, while a graph is traced only."""

    @staticmethod
    def forward(ctx: Any, bare: Arguments, *tensors: Any) -> tuple[Tensor, ...]:  # type: ignore[override]
        found = _core_run(*_joined(tensors, bare), True)
        ctx.bare = bare
        # A copy on paper: see `_native_library`.
        ctx.save_for_backward(*tensors, found[0].clone(), *found[1 + len(bare.first) :])
        ctx.set_materialize_grads(False)
        return tuple(found[: 1 + len(bare.first)])

    @staticmethod
    def backward(ctx: Any, *grads: Tensor | None) -> tuple[Any, ...]:  # type: ignore[override]
        bare: Arguments = ctx.bare
        kept = ctx.saved_tensors
        behind = len(bare.first) + 2  # y, saved, rows, tracks
        tensors, (y, saved, rows, *tracks) = kept[:-behind], kept[-behind:]
        a = _joined(tensors, bare)
        beside = len(bare.masks) + 1
        wanted = list(ctx.needs_input_grad[1 : 1 + len(tensors) - beside])
        dy, *dlast = grads
        found = iter(_core_run_backward(*a, y, saved, rows, tracks, dy, dlast, wanted))
        given = [next(found) if want else None for want in wanted]
        return None, *given, *(None,) * beside


def _forward(*values: Any) -> list[Tensor]:
    a = Arguments(*values)
    tensors = [*_differentiable(a), *a.masks, a.lengths]
    if torch.is_grad_enabled() and any(
        t is not None and t.requires_grad for t in tensors
    ):
        bare = a._replace(x=None, bias=None, lengths=None)  # type: ignore[arg-type]
        none = [None] * len(a.first), [None] * len(a.weights), [None] * len(a.units)
        bare = bare._replace(first=none[0], weights=none[1], units=none[2])  # type: ignore[arg-type]
        bare = bare._replace(masks=[None] * len(a.masks))  # type: ignore[list-item]
        return list(_Traced.apply(bare, *tensors))
    return _core_run(*a, False)  # type: ignore[no-any-return]


library.impl("program", _forward, "CompositeImplicitAutograd")
forward = torch.ops.elman.program.default
