"""Sequences longer than memory: keep states at the cuts, compute the rest twice."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd import Function
from torch.autograd.function import once_differentiable
from torch.utils.checkpoint import get_device_states, set_device_states

from elman._arguments import whole_number
from elman._errors import InputError
from elman.layers import CellLayer

from ._carried import State, leaves_of, map_state, with_leaves


class Recomputed(nn.Module):
    r"""A module that keeps no activations within a chunk of time.

    A recurrent layer remembers every step's gates and states for the backward
    pass: memory grows with T times its width. Here the forward pass keeps the
    state at each chunk's beginning, and the backward pass runs each chunk once
    more before it goes back through it (Chen et al. 2016, arXiv:1604.06174; for
    recurrent networks Gruslys et al. 2016, arXiv:1606.03401). With chunks of
    :math:`\sqrt T` steps both the states and the one chunk being recomputed take
    :math:`O(\sqrt T)` memory, for one more forward pass. With Elman's layers
    the gradients have the same bits as those of the module run over the same
    chunks, dropout included; torch's own round differently without a graph. There
    is one derivative only.

    Parameters
    ----------
    module : nn.Module
        Called as ``module(x, state)``; returns ``(output, state)``: a layer, or a
        network around one. What it returns is kept in full, so that a network
        with a narrow output costs less than the layer alone.
    steps : int or None
        Of a chunk. None: the square root of T.
    batch_first : bool or None
        Whether x is (B, T, …) or (T, B, …). None: as the module says, else as the
        recurrent layers in it do.

    Raises
    ------
    InputError
        If neither says it, if the layers in the module differ, or if one of them is
        given x with its axes swapped: then say it here.

    Examples
    --------
    >>> import torch, elman
    >>> from elman.training import Recomputed
    >>> layer = Recomputed(elman.LSTM(3, 8, batch_first=True))
    >>> y, state = layer(torch.zeros(2, 1000, 3))
    >>> y.shape
    torch.Size([2, 1000, 8])
    """

    def __init__(
        self,
        module: nn.Module,
        steps: int | None = None,
        *,
        batch_first: bool | None = None,
    ) -> None:
        super().__init__()
        if steps is not None:
            whole_number("steps", steps)
        if getattr(module, "bidirectional", False):
            raise InputError(
                "a bidirectional layer needs the whole sequence at every step; "
                "Recomputed takes one that reads forward only"
            )
        self.module = module
        self.steps = steps
        self._derived = batch_first is None
        self.batch_first = _said_by(module) if batch_first is None else batch_first

    def forward(self, x: Tensor, state: Any = None) -> tuple[Any, Any]:
        """Run the module over all steps, chunk by chunk.

        Parameters
        ----------
        x : Tensor
            (B, T, …) or (T, B, …).
        state : Tensor, tuple or None
            Passed to the module.
        """
        time = 1 if self.batch_first else 0
        steps = self.steps or max(1, math.isqrt(x.shape[time]))
        if not torch.is_grad_enabled() or x.shape[time] <= steps:
            return self.module(x, state)
        run = _Run(self.module, time, steps, state)
        run.watches = self._derived
        weights = [p for p in self.module.parameters() if p.requires_grad]
        output, *leaves = _Again.apply(run, x, *leaves_of(state), *weights)
        return output, with_leaves(run.after, leaves)


class _Run:
    """All chunks of one call: first without a graph, then again, each on its own.

    What outlives a chunk lies in blocks made at the start. Small pieces of memory
    between the large ones of a chunk would leave holes that no later chunk fits
    into, and memory would grow with T after all.
    """

    def __init__(self, module: nn.Module, time: int, steps: int, state: State) -> None:
        self.module, self.time, self.steps = module, time, steps
        self.before = self.after = state
        self.states: list[Tensor] = []  # at the beginnings of all chunks but the first
        self.random = torch.empty(0)
        self.devices: list[tuple[list[int], list[Tensor]]] = []
        self.watches = False  # whether the layers get what was cut along time

    def first(self, x: Tensor, leaves: Sequence[Tensor]) -> tuple[Tensor, ...]:
        """Return the output of all steps and the last state."""
        pieces = x.split(self.steps, self.time)
        if self.module.training:
            now = torch.get_rng_state()
            self.random = now.new_empty(len(pieces), len(now))
        device = x.device.type
        self.autocast = torch.autocast(
            device, torch.get_autocast_dtype(device), torch.is_autocast_enabled(device)
        )
        state = with_leaves(self.before, leaves)
        whole = None
        for i, piece in enumerate(pieces):
            if i:
                self._keep_state(i - 1, leaves_of(state), len(pieces) - 1)
            if len(self.random):
                self.random[i] = torch.get_rng_state()
                self.devices.append(get_device_states(piece))
            if self.watches:
                with _watching(self.module, piece.shape[self.time]):
                    output, state = self.module(piece, state)
            else:
                output, state = self.module(piece, state)
            if whole is None:
                shape = list(output.shape)
                shape[self.time] = x.shape[self.time]
                whole = output.new_empty(shape)
            self.part(whole, i).copy_(output)
            del output
        self.after = map_state(lambda leaf: leaf.new_empty(0), state)
        assert whole is not None  # noqa: S101  there are at least two pieces
        return whole, *leaves_of(state)

    def again(self, i: int, x: Tensor, leaves: Sequence[Tensor]) -> tuple[Tensor, ...]:
        """Return the output and the state after a chunk, with their graph."""
        devices, states = self.devices[i] if self.devices else ([], [])
        with torch.random.fork_rng(devices), torch.enable_grad(), self.autocast:
            if len(self.random):
                # A copy: torch reads the state where the memory begins.
                torch.set_rng_state(self.random[i].clone())
                set_device_states(devices, states)
            form = self.after if i else self.before
            output, after = self.module(x, with_leaves(form, leaves))
        return output, *leaves_of(after)

    def part(self, whole: Tensor, i: int) -> Tensor:
        """Return a chunk's steps of the input or the output."""
        start = i * self.steps
        length = min(self.steps, whole.shape[self.time] - start)
        return whole.narrow(self.time, start, length)

    def _keep_state(self, i: int, leaves: Sequence[Tensor], count: int) -> None:
        if not self.states:
            self.states = [leaf.new_empty(count, *leaf.shape) for leaf in leaves]
        for block, leaf in zip(self.states, leaves, strict=True):
            block[i] = leaf


class _Again(Function):
    """Inputs, weights and the states at the cuts are kept; the rest is run again."""

    @staticmethod
    def forward(ctx: Any, run: _Run, *tensors: Tensor) -> tuple[Tensor, ...]:
        ctx.run, ctx.given = run, len(leaves_of(run.before))
        ctx.save_for_backward(*tensors)
        ctx.set_materialize_grads(False)
        return run.first(tensors[0], tensors[1 : 1 + ctx.given])

    @staticmethod
    @once_differentiable
    def backward(
        ctx: Any, dy: Tensor | None, *dstate: Tensor | None
    ) -> tuple[Tensor | None, ...]:
        run: _Run = ctx.run
        x, *rest = ctx.saved_tensors
        given, weights = rest[: ctx.given], rest[ctx.given :]
        needs = ctx.needs_input_grad[1:]
        dx = torch.zeros_like(x) if needs[0] else None
        dweights: list[Tensor | None] = [None] * len(weights)
        for i in reversed(range(-(-x.shape[run.time] // run.steps))):
            piece = run.part(x, i).detach().requires_grad_(needs[0])
            leaves = [block[i - 1] for block in run.states] if i else given
            wish = [leaf.is_floating_point() for leaf in leaves]
            if not i:
                wish = list(needs[1 : 1 + ctx.given])
            states = [
                leaf.detach().requires_grad_(want)
                for leaf, want in zip(leaves, wish, strict=True)
            ]
            outputs = run.again(i, piece, states)
            grads = [None if dy is None else run.part(dy, i), *dstate]
            found = _gradients(outputs, grads, [piece, *states, *weights])
            if dx is not None and found[0] is not None:
                run.part(dx, i).copy_(found[0])
            dstate = tuple(found[1 : 1 + len(states)])
            for k, grad in enumerate(found[1 + len(states) :]):
                held = dweights[k]
                dweights[k] = held if grad is None else _sum(held, grad)
        return None, dx, *dstate, *dweights


def _layers(module: nn.Module) -> list[nn.RNNBase | CellLayer]:
    return [m for m in module.modules() if isinstance(m, nn.RNNBase | CellLayer)]


def _said_by(module: nn.Module) -> bool:
    """Return whether a module, or else all recurrent layers in it, take (B, T, …)."""
    own = getattr(module, "batch_first", None)
    said = {own} if isinstance(own, bool) else {m.batch_first for m in _layers(module)}
    if len(said) == 1:
        return bool(said.pop())
    why = "differ in it" if said else "are none"
    raise InputError(
        f"batch_first: {type(module).__name__} does not say whether x is (B, T, …) or "
        f"(T, B, …), and the recurrent layers in it {why}; give batch_first=True or "
        "batch_first=False"
    )


@contextlib.contextmanager
def _watching(module: nn.Module, steps: int) -> Iterator[None]:
    """Refuse a network that swaps the axes of x before its recurrent layers."""

    def look(layer: nn.Module, args: tuple[Any, ...]) -> None:
        x = args[0] if args else None
        if not isinstance(x, Tensor) or x.dim() != 3:
            return
        time = 1 if layer.batch_first else 0
        if x.shape[time] != steps and x.shape[1 - time] == steps:
            raise InputError(
                f"batch_first: {type(module).__name__} swaps the axes of x before its "
                f"{type(layer).__name__}, so that layer's batch_first does not tell "
                "x's; give batch_first=True or batch_first=False"
            )

    handles = [m.register_forward_pre_hook(look) for m in _layers(module)]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def _gradients(
    outputs: Sequence[Tensor], grads: Sequence[Tensor | None], inputs: Sequence[Tensor]
) -> list[Tensor | None]:
    """Return each input's gradient, None where there is none."""
    asked = [
        (output, grad)
        for output, grad in zip(outputs, grads, strict=True)
        if grad is not None and output.requires_grad
    ]
    wanted = [t for t in inputs if t.requires_grad]
    if not asked or not wanted:
        return [None] * len(inputs)
    starts, directions = zip(*asked, strict=True)
    found = iter(torch.autograd.grad(starts, wanted, directions, allow_unused=True))
    return [next(found) if t.requires_grad else None for t in inputs]


def _sum(held: Tensor | None, grad: Tensor) -> Tensor:
    return grad if held is None else held + grad
