"""A time loop whose number of steps is open, for exported programs.

A Python loop is traced step by step and so fixes the number of steps. torch's own
scan is one operator instead; the program it stands in needs torch alone to run, and
as an ONNX model it is a Scan node.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from ._asked_once import exporting

States = tuple[Tensor, ...]
Step = Callable[[States, Tensor, Tensor | None], tuple[States, tuple[Tensor, ...]]]


def is_open(steps: Any) -> bool:
    """Return whether a number of steps is a symbol of a program being exported."""
    return isinstance(steps, torch.SymInt) and exporting()


def scan(
    step: Step, state: States, x: Tensor, alive: Tensor | None, reverse: bool
) -> tuple[States, list[Tensor]]:
    """Run a step over time.

    Parameters
    ----------
    step : callable
        From the states, one x and one alive to the next states and what to keep.
    state : tuple of Tensor, (B, ·)
    x : Tensor, (T, B, ·)
    alive : Tensor of bool, (T, B, 1), optional
    reverse : bool
        Run from the last step to the first.

    Returns
    -------
    state : tuple of Tensor
        The last states.
    kept : list of Tensor, (T, B, ·)
    """
    from torch._higher_order_ops.scan import scan as higher_order

    def combine(
        carried: list[Tensor], given: list[Tensor]
    ) -> tuple[list[Tensor], list[Tensor]]:
        new, keep = step(tuple(carried), given[0], given[1] if len(given) > 1 else None)
        # An output may not be an alias of another.
        return [s.clone() for s in new], [k.clone() for k in keep]

    given = [x] if alive is None else [x, alive]
    if reverse:
        given = [g.flip(0) for g in given]
    with warnings.catch_warnings():
        # torch's tracer looks at .grad of the tensors it meets, and warns itself.
        warnings.filterwarnings("ignore", "The .grad attribute of a Tensor")
        # torch 2.10 compiles its own scans, and warns that a program does.
        warnings.filterwarnings("ignore", "You are calling torch.compile inside torch")
        last, kept = higher_order(combine, [s.contiguous() for s in state], given)
    return tuple(last), [k.flip(0) if reverse else k for k in kept]
