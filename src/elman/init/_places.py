"""The parameters of every layer and direction of a recurrent layer, by name."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from torch import Tensor, nn

from elman import cells
from elman._errors import InputError
from elman.layers import CellLayer, equations_of, peculiarity

Layer = nn.RNNBase | CellLayer
BIASES = ("bias_ih", "bias_hh", "bias")
"""What biases are called: torch's cells have two, others one."""


@dataclass(frozen=True)
class Place:
    """One layer in one direction.

    Attributes
    ----------
    equations : elman.cells.Cell
    parameters : dict of str to Tensor
        By their names without the endings for layer and direction.
    """

    equations: cells.Cell
    parameters: dict[str, Tensor]

    def blocks(self) -> list[Tensor]:
        """Return the recurrent matrices, of every gate and head."""
        weight = self.parameters.get("weight_hh")
        if weight is None:
            return []
        step = self.equations.traced
        rows = len(weight) // len(cells.row_blocks(step, "weight_hh"))
        return list(weight.split(rows // step.heads))

    def zero_biases(self) -> None:
        """Set every bias to 0."""
        for name in BIASES:
            if name in self.parameters:
                self.parameters[name].zero_()

    def set_bias(self, gate: str, value: float | Tensor) -> bool:
        """Set what a gate's sum starts from, and return whether it has a bias.

        Of torch's two, which are added, the second becomes 0.
        """
        step = self.equations.traced
        found: list[Tensor] = []
        for name in BIASES[:2]:
            if name in self.parameters:
                parts = self.parameters[name].chunk(len(step.gates))
                found.append(parts[step.gates.index(gate)])
        if "bias" in self.parameters:
            names = cells.row_blocks(step, "bias")
            parts = self.parameters["bias"].chunk(len(names))
            found += [p for n, p in zip(names, parts, strict=True) if n == gate]
        shift = self.parameters.get(f"{gate}_shift")  # of a normalised sum
        found += [] if shift is None else [shift]
        for k, part in enumerate(found):
            part[:] = 0.0 if k else value
        return bool(found)


def cell_of(layer: Layer) -> cells.Cell:
    """Return a layer's equations, or raise an InputError."""
    if not isinstance(layer, nn.RNNBase | CellLayer):
        raise InputError(
            f"layer: expected an elman or torch.nn RNN, GRU or LSTM, got "
            f"{type(layer).__name__}; pass the recurrent layer itself, not the model"
        )
    own = peculiarity(layer)
    if own:
        raise InputError(
            f"layer: {own}, so its weights may mean something else; initialise an RNN, "
            "GRU or LSTM of elman or torch.nn of the same sizes, and load its "
            "state_dict() into this one if they mean the same"
        )
    return equations_of(layer)


def check_recurrent(layer: Layer, what: str) -> None:
    """Raise an InputError where no matrix of a layer reaches its next step.

    Parameters
    ----------
    layer : a recurrent layer of elman or torch.nn
    what : str
        Who wants to set it.
    """
    equations = cell_of(layer)
    if not cells.recurs(equations.traced):
        raise InputError(
            f"{what}: no matrix of {type(equations).__name__} brings a state to the "
            "next step"
        )


def check_parameters(layer: Layer, what: str, *stems: str) -> None:
    """Raise an InputError where a weight to be set is computed from other parameters.

    Parameters
    ----------
    layer : a recurrent layer of elman or torch.nn
    what : str
        Who wants to set it.
    stems : str
        "weight_hh", "bias_ih", …
    """
    equations = cell_of(layer)
    for stem in stems:
        if stem in equations.transforms:
            raise InputError(
                f"{what}: {type(equations).__name__} computes {stem} from what its "
                "parameter holds, and keeps its form; it starts as the cell says"
            )
    for names in layer._all_weights:
        for name in names:
            stem = name.rsplit("_l", 1)[0]
            own = layer._parameters.get(name)
            if stem in stems and not isinstance(own, nn.Parameter):
                raise InputError(
                    f"{what}: {name} is computed from other parameters (a "
                    "parametrisation, weight norm, weight drop), so that setting it "
                    "has no effect; initialise first, then add that"
                )


def places(layer: Layer) -> Iterator[Place]:
    """Yield the parameters of each layer and direction, first layer first."""
    equations = cell_of(layer)
    for names in layer._all_weights:
        found = {name.rsplit("_l", 1)[0]: getattr(layer, name) for name in names}
        yield Place(equations, found)
