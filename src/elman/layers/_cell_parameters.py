"""The parameters of a cell given as equations, as those of a module."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.compiler import is_compiling
from torch.nn import Parameter

from elman import cells
from elman._errors import InputError
from elman.ops import exporting


def add_parameters(
    module: nn.Module,
    cell: cells.Cell,
    sizes: tuple[int, int],
    ending: str = "",
    bias: bool = True,
    **how: Any,
) -> list[str]:
    """Give a module the parameters of a cell in one direction; return their names.

    Parameters
    ----------
    module : Module
    cell : Cell
    sizes : tuple of int
        I and H.
    ending : str
        What the parameters' names end in.
    bias : bool
        Whether sums of products start from a bias.
    **how
        Device and dtype.
    """
    found = cells.shapes(cell.traced, *sizes)
    if not bias:
        found.pop("bias", None)
    for name, shape in found.items():
        if hasattr(module, name + ending):
            raise InputError(
                f'{type(cell).__name__}.step: self.unit("{name}") has the name of '
                "something that a module has; choose another"
            )
        setattr(module, name + ending, Parameter(torch.empty(shape, **how)))
    return [name + ending for name in found]


@torch.no_grad()
def draw_parameters(
    module: nn.Module,
    cell: cells.Cell,
    sizes: tuple[int, int],
    names: list[str],
    ending: str = "",
) -> None:
    """Start a module's parameters as the cell says.

    Parameters
    ----------
    module : Module
    cell : Cell
    sizes : tuple of int
        I and H.
    names : list of str
        As `add_parameters` returned them.
    ending : str
    """

    def source(shape: tuple[int, ...]) -> Any:
        return torch.rand(shape, dtype=torch.float64, device="cpu").numpy()

    drawn = cells.initial(cell, *sizes, source)
    for name in names:
        value = torch.from_numpy(drawn[name.removesuffix(ending)])
        getattr(module, name).copy_(value)


def parameters_of(
    module: nn.Module, cell: cells.Cell, names: list[str], ending: str = ""
) -> dict[str, Tensor]:
    """Return a cell's parameters by its names for them, from a module's own.

    Within their limits, and transformed where the cell says so.

    Parameters
    ----------
    module : Module
    cell : Cell
    names : list of str
    ending : str
    """
    own = {name.removesuffix(ending): getattr(module, name) for name in names}
    return as_used(own, cell)


def as_used(own: dict[str, Tensor], cell: cells.Cell) -> dict[str, Tensor]:
    """Return parameters within their limits, and transformed where the cell says so.

    Parameters
    ----------
    own : dict of str to Tensor
    cell : Cell
    """
    if cell.limits and not exporting():
        keep_within(own, cell)
    for name, transform in cell.transforms.items():
        if name in own:
            own[name] = transform.of(own[name])
    return own


def keep_within(parameters: dict[str, Tensor], cell: cells.Cell) -> None:
    """Move parameters back between their limits, which a step of training may leave.

    Parameters
    ----------
    parameters : dict of str to Tensor
    cell : Cell
    """
    for name, (low, high) in cell.limits.items():
        value = parameters.get(name)
        if not isinstance(value, Parameter) or value.is_meta:
            continue
        if is_compiling():  # a graph asks nothing of its numbers
            with torch.no_grad():
                value.clamp_(low, high)
            continue
        outside = ((value < low) | (value > high)).any()
        if type(outside).__name__ == "FakeTensor":  # it has no value to ask for
            continue
        # Only then: it counts as a change in place to whoever keeps a graph.
        if bool(outside):
            with torch.no_grad():
                value.clamp_(low, high)
