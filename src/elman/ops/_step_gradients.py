"""The gradient of every step's state, handed out while a layer runs backwards.

A layer's backward pass knows ∂L/∂h_t at every step on its way to the weights'
gradients; what a hook on the layer's output sees is only the share that enters
there. Inside `record_step_gradients` each operator call keeps the norms.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from contextvars import ContextVar
from dataclasses import dataclass

import torch
from torch import Tensor

from ._asked import asked, asking_for
from ._call import Call


@dataclass(eq=False)
class StepGradients:
    """‖∂L/∂h_t‖ of one operator call: one layer, one direction, one batch.

    Attributes
    ----------
    cell, variant : str
        As in `Call`.
    reverse : bool
        Whether the call ran from the last step to the first.
    path : str
        What ran.
    shape : tuple of int
        Steps and rows, (T, B).
    lengths : Tensor of int64, (B,), optional
        Steps of each row; None means T for all.
    norms : Tensor, (T, B), optional
        The norm of the whole gradient of h_t, what enters at the output and what
        comes back through time, in the order of time; zero beyond a row's length.
        Rows are as the operator saw them: those of a PackedSequence are sorted.
        An LSTM's c_t is held: it is the state's other coordinate. None until the
        backward pass has been through, and of several the last one's.
    missing : str
        Why there will be no norms, where that is known beforehand.
    """

    cell: str
    variant: str
    reverse: bool
    path: str
    shape: tuple[int, int]
    lengths: Tensor | None = None
    norms: Tensor | None = None
    missing: str = ""

    def watch(self, t: int, h: Tensor) -> None:
        """Note the gradient of one step's state, (B, P), when it is known."""
        if h.requires_grad:
            h.register_hook(lambda gradient: self._keep(t, gradient))

    def fill(self, norms: Tensor) -> None:
        """Take the norms of all steps, (T, B)."""
        self.norms = norms.detach()

    def _keep(self, t: int, gradient: Tensor) -> None:
        if self.norms is None:
            self.norms = gradient.new_zeros(self.shape).detach()
        norm = torch.linalg.vector_norm(gradient.detach(), dim=-1)
        if self.lengths is not None:
            norm = torch.where(t < self.lengths.to(norm.device), norm, 0.0)
        self.norms[t] = norm


_running: ContextVar[StepGradients | None] = ContextVar(
    "elman_step_gradients_running", default=None
)


@contextlib.contextmanager
def record_step_gradients() -> Iterator[list[StepGradients]]:
    """Collect ‖∂L/∂h_t‖ of every operator call made inside the block.

    The native backward has the norms as a by-product; the composite path reads
    them from its own graph, and the torch path from an extra input to the fused
    operator. The forward pass must run inside the block; the backward pass may
    follow later. Compiled calls are not seen.

    Yields
    ------
    list of StepGradients
        One for each call, in the order of the calls: in a stacked bidirectional
        layer the forward and the reverse direction of the first layer, then those
        of the second.

    Examples
    --------
    >>> import torch, elman
    >>> layer = elman.GRU(3, 5)
    >>> with record_step_gradients() as record:
    ...     y, _ = layer(torch.zeros(7, 2, 3))
    >>> y[-1].sum().backward()
    >>> record[0].norms.shape
    torch.Size([7, 2])
    """
    record: list[StepGradients] = []
    with asking_for(steps=record):
        yield record


@contextlib.contextmanager
def following(call: Call, path: str) -> Iterator[None]:
    """Open an entry for a call that is about to run, if one is wanted."""
    record = asked().steps
    if record is None:
        yield
        return
    entry = StepGradients(
        call.cell,
        call.variant,
        call.reverse,
        path,
        (call.x.shape[0], call.x.shape[1]),
        call.lengths,
    )
    if not torch.is_grad_enabled():
        entry.missing = "the call ran without gradients"
    record.append(entry)
    with into(None if entry.missing else entry):
        yield


@contextlib.contextmanager
def into(entry: StepGradients | None) -> Iterator[None]:
    """Make an entry the one that `wanted` returns."""
    token = _running.set(entry)
    try:
        yield
    finally:
        _running.reset(token)


def wanted() -> StepGradients | None:
    """Return the entry of the call that runs now, if its norms are wanted."""
    if torch.compiler.is_dynamo_compiling():  # it cannot trace a context variable
        return None
    return _running.get()
