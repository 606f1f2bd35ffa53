"""A program on the core, there and back: tensors in, tensors out, no autograd."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
from torch import Tensor

from elman.cells import (
    Lowered,
    Weight,
    core_bias,
    core_weights,
    paired_bias,
    paired_gradient,
    unit_values,
)
from elman.ops._call import Call
from elman.ops._step_gradients import StepGradients

from ._border import _stored

PAIR = "bias_ih", "bias_hh"
"""The two biases of torch's layers."""

Gradients = tuple[Tensor | None, ...]
"""Of x, the states before the first step, the parameters."""


class Plan(NamedTuple):
    """What a run needs beside tensors that may have a gradient.

    Attributes
    ----------
    call : Call
        Without its tensors but lengths and noise.
    lowered : Lowered
    graph
        The program as the core has parsed it.
    names : tuple of str
        The parameters, in the order of the tensors behind x and the states.
    masks : list of Tensor, (T, B, H)
    steps : StepGradients, optional
        To be filled with ‖∂L/∂h_t‖.
    paired : bool
        The bias comes as the two that torch's layers have, behind the weights.
    stacked : bool
        The last states are (1, B, H), and a first one may be None: zeros.
    """

    call: Call
    lowered: Lowered
    graph: Any
    names: tuple[str, ...]
    masks: list[Tensor]
    steps: StepGradients | None
    paired: bool
    stacked: bool = False

    @property
    def states(self) -> int:
        """How many states there are."""
        return self.lowered.program.states

    def way(self) -> tuple[Tensor | None, bool, int]:
        """Return lengths, direction and threads, as the core takes them."""
        return self.call.lengths, self.call.reverse, torch.get_num_threads()

    def parameters(self, tensors: Sequence[Tensor]) -> dict[str, Tensor]:
        """Return the layer's parameters by name, of x, the states and them."""
        return dict(zip(self.names, tensors[1 + self.states :], strict=True))

    def with_bias(self, parameters: dict[str, Tensor]) -> dict[str, Tensor]:
        """Return the cell's parameters, of the layer's, which are changed."""
        if self.paired:
            pair = (parameters.pop(name) for name in PAIR)
            parameters["bias"] = paired_bias(self.lowered.step, *pair)
        return parameters

    def wanted(self, wants: Sequence[bool]) -> dict[str, bool]:
        """Return which of the cell's need a gradient, of which the layer's do."""
        found = dict(zip(self.names, wants, strict=True))
        if self.paired:
            of_x, of_state = (found.pop(name) for name in PAIR)
            found["bias"] = of_x or of_state
        return found

    def gradients(self, found: dict[str, Tensor]) -> list[Tensor | None]:
        """Return the layer's parameters' gradients, of the cell's by name."""
        if self.paired and "bias" in found:
            pair = paired_gradient(self.lowered.step, found["bias"])
            found.update(zip(PAIR, pair, strict=True))
        return [found.get(name) for name in self.names]


Made = tuple[dict[str, Tensor], list[Tensor]]


@dataclass
class Ran:
    """What forward leaves; `tracks` are of the states behind the first.

    `made` are parameters of one value a unit and what the core was given instead, with
    their graph.
    """

    y: Tensor
    last: list[Tensor]
    saved: Tensor
    rows: Tensor | None
    tracks: list[Tensor]
    made: Made | None = None

    def outputs(self, trace: bool) -> tuple[Tensor, ...]:
        """Return y, the last states and, for a trace, tracks and saved vectors."""
        found = (self.y, *self.last)
        return (*found, *self.tracks, self.saved) if trace else found


def forward(plan: Plan, tensors: Sequence[Any], save: bool, again: bool = False) -> Ran:
    """Run a program.

    Parameters
    ----------
    plan : Plan
    tensors : sequence of Tensor
        x, the states before the first step, the parameters.
    save : bool
        Keep what backward and a trace need.
    again : bool
        Let backward make the vectors of one value a unit again.
    """
    lowered = plan.lowered
    program = lowered.program
    x, first = row_of(tensors[0]), _states(plan, tensors)
    parameters = plan.with_bias(plan.parameters(tensors))
    weights, hidden = _weights(lowered, parameters)
    bias = core_bias(lowered, parameters.get("bias"))
    bias = None if bias is None else whole(bias)
    made = None
    if lowered.plain_units is not None:
        units = [whole(parameters[name]) for name in lowered.plain_units]
    elif save and not again:
        made = _made(lowered, parameters)
        units = [whole(u) for u in made[1]]
    else:
        with torch.no_grad():
            units = [whole(u) for u in unit_values(lowered, parameters)]
    steps, rows = x.shape[:2]
    new = x.new_empty
    length = steps if save else 0
    state = (1, rows, hidden) if plan.stacked else (rows, hidden)
    ran = Ran(
        new(steps, rows, hidden),
        [new(state) for _ in first],
        new(length, rows, program.saved, hidden),
        new(length, rows, program.rows) if program.rows else None,
        [new(length, rows, hidden) for _ in first[1:]],
        made,
    )
    kept = (ran.saved, [None, *ran.tracks], ran.rows) if save else (None, None, None)
    plan.graph.forward(
        *(x, weights, bias, units, plan.masks, first, ran.y, ran.last),
        *kept,
        *plan.way(),
        save,
    )
    return ran


def backward(
    plan: Plan,
    tensors: Sequence[Tensor],
    ran: Ran,
    grads: Sequence[Tensor | None],
    wants: Sequence[bool],
) -> Gradients:
    """Run a program backwards.

    Parameters
    ----------
    plan : Plan
    tensors : sequence of Tensor
        As given to `forward`.
    ran : Ran
        What that has left.
    grads : sequence of Tensor or None
        Of y and the last states.
    wants : sequence of bool
        Which of the tensors need a gradient.
    """
    lowered, count = plan.lowered, plan.states
    x, first = row_of(tensors[0]), _states(plan, tensors)
    parameters = plan.parameters(tensors)
    weights, hidden = _weights(lowered, parameters)
    want = plan.wanted(wants[1 + count :])

    summed = lowered.summed
    found = {
        k: p.new_zeros(p.shape) if k in summed else p.new_empty(p.shape)
        for k, p in parameters.items()
        if want.get(k)
    }
    dx = torch.empty_like(x) if wants[0] else None
    dfirst = [
        s.new_empty(s.shape) if w and s is not None else None
        for s, w in zip(first, wants[1 : 1 + count], strict=True)
    ]
    dweights = [
        _place(w, found[w.parameter], hidden, w.parameter in summed)
        if want[w.parameter]
        else None
        for w in lowered.weights
    ]
    if plan.paired and want["bias"]:
        found["bias"] = x.new_empty(len(lowered.blocks.bias) * hidden)
    dbias = found.get("bias")
    if dbias is not None and not lowered.bias_as_it_is:
        dbias = x.new_empty(lowered.program.slots * hidden)
    names: list[str] = []
    dunits: list[Tensor | None]
    if lowered.plain_units is not None:
        units = [whole(parameters[name]) for name in lowered.plain_units]
        dunits = [found.get(name) for name in lowered.plain_units]
    else:
        names = [name for name in lowered.step.units if want[name]]
        made = ran.made or _made(lowered, parameters)
        units = [whole(u) for u in made[1]]
        dunits = [u.new_empty(u.shape) if names else None for u in units]
    norms = None if plan.steps is None else x.new_empty(x.shape[:2])
    dy, *dlast = grads
    plan.graph.backward(
        *(x, weights, units, plan.masks, first, ran.y, ran.saved),
        *([None, *ran.tracks], ran.rows),
        *plan.way(),
        None if dy is None else row_of(dy),
        [None if d is None else whole(d) for d in dlast],
        *(dx, dweights, dbias, dunits, dfirst, norms),
    )
    if plan.steps is not None and norms is not None:
        plan.steps.fill(norms)
    for weight, part in zip(lowered.weights, dweights, strict=True):
        if part is None:
            continue
        if weight.parameter in summed:
            _add(found[weight.parameter], part, weight.blocks, hidden)
        elif not weight.together:
            _bring(found[weight.parameter], part, weight.blocks, hidden)
    if dbias is not None and not lowered.bias_as_it_is:
        if "bias" in summed:
            _add(found["bias"].zero_(), dbias, lowered.biases, hidden)
        else:
            _bring(found["bias"], dbias, lowered.biases, hidden)
    if names:
        found.update(_through_units(made, names, dunits))
    return (dx, *dfirst, *plan.gradients(found))


def _weights(
    lowered: Lowered, parameters: Mapping[str, Tensor]
) -> tuple[list[Tensor], int]:
    """Return the core's weights, and H."""
    weights = [whole(w) for w in core_weights(lowered, parameters)]
    return weights, len(parameters["weight_ih"]) // len(lowered.blocks.weight_ih)


def _made(lowered: Lowered, parameters: Mapping[str, Tensor]) -> Made:
    """Return parameters of one value a unit, and with a graph what is made of them."""
    with torch.enable_grad():
        own = {k: parameters[k].detach().requires_grad_() for k in lowered.step.units}
        return own, unit_values(lowered, {**parameters, **own})


def _place(weight: Weight, whole: Tensor, hidden: int, apart: bool) -> Tensor:
    """Return where the core writes a weight's gradient: in its place if it can."""
    if weight.whole and not apart:
        return whole
    rows = len(weight.blocks) * hidden
    if apart or not weight.together:
        return whole.new_empty(rows, whole.shape[1])
    return whole[weight.blocks[0] * hidden :][:rows]


def _bring(
    whole: Tensor, part: Tensor, blocks: Sequence[int | None], hidden: int
) -> None:
    """Copy blocks of rows to their places; None: it has none."""
    places = {block: k for k, block in enumerate(blocks) if block is not None}
    to, own = list(places), list(places.values())
    width = whole.shape[1:]
    whole.view(-1, hidden, *width)[to] = part.view(-1, hidden, *width)[own]


def _add(
    whole: Tensor, part: Tensor, blocks: Sequence[int | None], hidden: int
) -> None:
    """Add blocks of rows to their places, of which several may be one."""
    width = whole.shape[1:]
    to, own = whole.view(-1, hidden, *width), part.view(-1, hidden, *width)
    for k, block in enumerate(blocks):
        if block is not None:
            to[block] += own[k]


def _through_units(
    made: Made, names: Sequence[str], dunits: Sequence[Tensor | None]
) -> dict[str, Tensor]:
    """Go back from the unit vectors to the parameters they are made of."""
    own, units = made
    pairs = [(u, d) for u, d in zip(units, dunits, strict=True) if u.requires_grad]
    found = torch.autograd.grad(
        [u for u, _ in pairs],
        [own[name] for name in names],
        [d for _, d in pairs],
        # The caller lets go of it with the rest.
        retain_graph=True,
        materialize_grads=True,
    )
    return dict(zip(names, found, strict=True))


def _states(plan: Plan, tensors: Sequence[Any]) -> list[Any]:
    given = tensors[1 : 1 + plan.states]
    return [None if s is None else whole(s) for s in given]


def row_of(x: Tensor) -> Tensor:
    """Return x with its last axis contiguous, copied only if it must be.

    Parameters
    ----------
    x : Tensor
    """
    together = x.numel() and (x.stride(-1) == 1 or x.shape[-1] == 1)
    if together and not x.is_neg() and not x._is_zerotensor():
        return x
    return whole(x)


def whole(x: Tensor) -> Tensor:
    """Return x contiguous, copied only if it must be.

    Parameters
    ----------
    x : Tensor
    """
    if not x.numel():  # what is empty counts as contiguous whatever its strides
        return x.new_empty(x.shape)
    if x.is_contiguous() and not x.is_neg() and not x._is_zerotensor():
        return x
    return _stored(x.detach())
