"""One step of a layer's cell by its equations, and that step's Jacobian.

A cell is a map of its states: h for an RNN or GRU, (h, c) for an LSTM. Its equations
are the graph of `elman.cells`, which both are read from. Shapes: B rows, I inputs, H
units, P outputs (H unless an LSTM projects), n the width of all states.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TypeGuard

import torch
from torch import Tensor, nn
from torch.nn.functional import linear

from elman import cells
from elman.layers import (
    CellLayer,
    OneStep,
    equations_of,
    is_one_step,
    name_of,
    peculiarity,
    standard_class,
)
from elman.ops import NONLINEARITIES, Call

States = tuple[Tensor, ...]
Inputs = Sequence[Tensor]
"""What the input adds to each sum of products, (B, H) each."""


@dataclass(frozen=True)
class Cell:
    """The equations of one layer in one direction, and its weights.

    Parameters
    ----------
    kind, variant : str
        As `elman.ops.Call` names them.
    equations : elman.cells.Cell
    weights : dict of str to Tensor
        By the layer's names without their endings: of torch's cells ``weight_ih``,
        ``weight_hh``, ``bias_ih``, ``bias_hh`` and ``weight_hr``, the projection.
    factors : tuple of Tensor (B, ·)
        What states are multiplied by where they meet recurrent weights, one for each
        that recurrent dropout may hide: of torch's cells h. Empty without dropout.
    """

    kind: str
    variant: str
    equations: cells.Cell
    weights: Mapping[str, Tensor]
    factors: States = ()

    @property
    def gates(self) -> tuple[str, ...]:
        """The names of what `step` returns besides the states."""
        return tuple(self.equations.traced.values)

    @property
    def hidden(self) -> int:
        """H."""
        return self._composite.hidden

    @cached_property
    def roles(self) -> cells.Roles:
        """What the gates do."""
        return cells.roles(self.equations.traced)

    @cached_property
    def parameters(self) -> dict[str, Tensor]:
        """The weights as the equations have them."""
        found = dict(self.weights)
        found.pop("weight_hr", None)
        if "bias_ih" in found:
            pair = found.pop("bias_ih"), found.pop("bias_hh")
            found["bias"] = cells.paired_bias(self.equations.traced, *pair)
        return found

    @cached_property
    def _composite(self) -> cells.Composite:
        step = self.equations.traced
        if self.factors:
            step = cells.noisy(step, dropout=True)
        return cells.Composite(step, self.parameters)

    @cached_property
    def _forward(self) -> cells.ForwardMode:
        return cells.ForwardMode(self._composite)

    @cached_property
    def _masks(self) -> dict[str, Tensor]:
        step = self.equations.traced
        names = [f"dropout.{step.states[k]}" for k in step.dropped]
        return dict(zip(names, self.factors, strict=False))

    def double(self) -> Cell:
        """Return the same cell in double precision, detached."""
        weights = {k: v.detach().double() for k, v in self.weights.items()}
        factors = tuple(f.detach().double() for f in self.factors)
        return replace(self, weights=weights, factors=factors)

    def of_rows(self, rows: Tensor) -> Cell:
        """Return the same cell for some rows of the batch."""
        if not self.factors:
            return self
        return replace(self, factors=tuple(f[rows] for f in self.factors))

    def project(self, x: Tensor) -> list[Tensor]:
        """Return the input's share of every sum, of all the steps given."""
        return self._composite.inputs(x)

    def step(self, a: Inputs, state: States) -> tuple[States, States]:
        """Return the next states and the gates.

        Parameters
        ----------
        a : sequence of Tensor (B, H)
            What `project` makes of x_t.
        state : tuple of Tensor (B, ·)
        """
        after, gates = self._composite(a, state, self._masks)
        return self._out(after), tuple(gates.values())

    def _out(self, after: States) -> States:
        w_hr = self.weights.get("weight_hr")
        return after if w_hr is None else (linear(after[0], w_hr), *after[1:])

    def push(self, a: Inputs, state: States, directions: Tensor) -> Tensor:
        """Return J_t Q, the one-step Jacobian times some directions.

        Parameters
        ----------
        a : sequence of Tensor (B, H)
            What `project` makes of x_t.
        state : tuple of Tensor (B, ·)
            The state before the step.
        directions : Tensor (B, n, m)
            Q. The first P rows belong to h, the others to the further states.

        Returns
        -------
        Tensor (B, n, m)
        """
        parts = directions.split([s.shape[-1] for s in state], dim=1)
        after = self._forward.push(a, state, parts, self._masks)
        w_hr = self.weights.get("weight_hr")
        first = after[0] if w_hr is None else w_hr @ after[0]
        return torch.cat([first, *after[1:]], dim=1)

    def slope(self, a: Inputs, state: States) -> Tensor:
        """Return φ' of one step, (B, H), of a cell whose state goes through φ alone.

        Parameters
        ----------
        a, state
            As for `step`.
        """
        (sum_of_products,) = (n for n in self._composite.step.linears if n.args)
        one = {sum_of_products: torch.ones_like(state[0]).unsqueeze(-1)}
        return self._forward.of(a, state, one, masks=self._masks)[0].squeeze(-1)

    def own_past(self, a: Inputs, state: States) -> Tensor:
        """Return each unit's own part of J_t, past all products, (B, H, N, N).

        Parameters
        ----------
        a, state
            As for `step`.
        """
        return self._forward.own_past(a, state, self._masks)

    def jacobian(self, a: Inputs, state: States) -> Tensor:
        """Return J_t itself, (B, n, n)."""
        width = sum(s.shape[-1] for s in state)
        eye = torch.eye(width, dtype=state[0].dtype, device=state[0].device)
        return self.push(a, state, eye.expand(len(state[0]), width, width))


_NAMES = ("weight_ih", "weight_hh", "bias_ih", "bias_hh", "weight_hr")


def cell_of(
    layer: nn.Module, index: int = 0, reverse: bool = False, *, detach: bool = True
) -> Cell:
    """Read one layer's and direction's cell from a recurrent module."""
    steps = is_one_step(layer)
    suffix = "" if steps else f"_l{index}" + ("_reverse" if reverse else "")
    kind, variant = name_of(layer)
    equations = equations_of(layer)
    names = list(_NAMES)
    if isinstance(layer, OneStep):
        names = list(layer._names)
    elif isinstance(layer, CellLayer):
        place = index * (2 if layer.bidirectional else 1) + reverse
        names = [name.removesuffix(suffix) for name in layer._all_weights[place]]
    found = {name: getattr(layer, name + suffix, None) for name in names}
    weights = {k: v for k, v in found.items() if isinstance(v, Tensor)}
    for name, transform in equations.transforms.items():
        if name in weights:
            weights[name] = transform.of(weights[name])
    if detach:
        weights = {k: v.detach() for k, v in weights.items()}
    return Cell(kind, variant, equations, weights)


def cell_of_call(call: Call) -> Cell:
    """Read the cell of an operator's call, its weights a part of the graph."""
    equations = call.equations
    if equations is None:
        equations = cells.stock(call.cell, call.variant)
        given = zip(_NAMES, call.weights, strict=True)
        weights = {name: value for name, value in given if value is not None}
    else:
        weights = dict(call.parameters)
    found = None if call.noise is None else call.noise.recurrent
    factors = (found,) if isinstance(found, Tensor) else found or ()
    dtype = call.state[0].dtype
    return Cell(
        call.cell,
        call.variant,
        equations,
        weights,
        tuple(factor.to(dtype) for factor in factors),
    )


def is_layer(module: nn.Module) -> TypeGuard[nn.RNNBase | CellLayer]:
    """Whether a module is a recurrent layer, no one-step cell, of known equations."""
    return isinstance(module, nn.RNNBase | CellLayer) and knows(module)


def knows(module: nn.Module) -> bool:
    """Whether a module is a recurrent layer or cell whose equations are known."""
    if standard_class(module) is None:
        return False
    kind, variant = name_of(module)
    return (kind != "rnn" or variant in NONLINEARITIES) and not peculiarity(module)
