"""Which other cells are worth trying in the place of a model's own.

No list of favourites: the registry's cells are told apart by what their equations do,
and of each kind the cheapest whose gradient, at its own start and on the model's own
inputs, reaches as far as the data need is tried.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence, pad_packed_sequence

from elman import cells, init, layers
from elman._errors import InputError
from elman.diagnosis._thresholds import EXPLODED, TOLD
from elman.diagnosis.measure._horizon import horizon_of, mean_curve
from elman.diagnosis.measure._order import told_apart
from elman.diagnosis.measure._profile import lag_curve
from elman.diagnosis.open._cells import is_layer
from elman.diagnosis.open._denormals import flushed
from elman.diagnosis.open._probe import opened
from elman.layers import equations_of

ROWS, STEPS, UNITS = 2, 200, 32
"""What a cell is looked at with: enough to tell 20 steps from 200, cheap enough."""

LOOKED_AT = 4
"""Cells of one kind that are looked at, the cheapest first."""


@dataclass(frozen=True)
class Look:
    """A cell at its start: how far its gradient reaches, and whether it explodes."""

    name: str
    reaches: float
    explodes: bool
    blurs: bool = False

    @property
    def sound(self) -> bool:
        """Whether what arrives has a finite size and its order."""
        return not self.explodes and not self.blurs

    def __str__(self) -> str:
        """Return what was seen."""
        if self.explodes:
            return "its gradient explodes at its start"
        lost = ", but loses their order" if self.blurs else ""
        return f"reaches {self.reaches:.0f} steps at its start{lost}"


def other_cells(
    model: nn.Module,
    needed: int,
    given: Mapping[str, Any],
    skipped: dict[str, str],
    apart: int = 1,
) -> Iterator[str]:
    """Yield the names of a few cells to try in the place of a model's.

    GRU and LSTM come first: every framework has them. Then, of each kind (with or
    without a gate that keeps the state, with or without products between the steps,
    linear or not) the cheapest that reaches the need at its start; if none of those
    looked at does, the one that reaches farthest. The kind of the model's own cell is
    the first.

    Parameters
    ----------
    model : Module
    needed : int
    given : mapping
        The input of each recurrent layer by its name.
    skipped : dict
        Receives the cells that were looked at and are not tried, with the reason.
    apart : int
        Steps that have to be told apart at the need.
    """
    found = {n: m for n, m in model.named_modules() if is_layer(m)}
    if not found:
        return
    place, layer = next(iter(found.items()))
    own = {type(equations_of(m)) for m in found.values()}
    stock = {*map(cells.find, cells.STOCK), type(cells.stock("gru", "reset_before"))}
    for name in ("gru", "lstm"):
        later = name == "lstm" or cells.find("lstm") not in own
        if own != {cells.find(name)} and later:
            yield name
    kinds: dict[tuple[bool, bool, bool], list[str]] = {}
    sizes = layer.input_size, layer.hidden_size
    for name in sorted(cells.names(), key=lambda n: _cost(n, *sizes)):
        equations = cells.find(name)
        if equations in own or equations in stock:
            continue
        if math.isfinite(_cost(name, *sizes)):
            kinds.setdefault(_kind(cells.cell(name)), []).append(name)
    mine = _kind(equations_of(layer))
    x = _some(given.get(place), layer, needed)
    for kind in sorted(
        kinds, key=lambda k: (k[2] != mine[2], k[1] != mine[1], k[0] != mine[0])
    ):
        looks: list[Look] = []
        for name in kinds[kind][:LOOKED_AT]:
            looks.append(look(name, layer, x, needed, apart))
            if looks[-1].reaches >= needed and looks[-1].sound:
                break
        best = max(looks, key=lambda seen: (seen.sound, seen.reaches))
        skipped.update({s.name: str(s) for s in looks if s is not best or s.explodes})
        if not best.explodes:
            yield best.name


def start_of(name: str, needed: int, apart: int = 1) -> dict[str, Any]:
    """Return how a cell is started: by chrono where it has a gate for that, or its own.

    Where options of the cell decide how long it remembers, they are ``cell_options``.

    Parameters
    ----------
    name : str
    needed, apart : int
        Steps the data need, and how many have to be told apart there.
    """
    own = cells.cell(name)
    step = own.traced
    gate = cells.roles(step).keep
    with_bias = {n.data.name for n in step.linears if n.data.bias}
    if name in cells.STOCK:
        return {"init": "chrono", "t_max": max(int(needed), 3)} if gate else {}
    has_bias = gate in with_bias or f"{gate}_shift" in step.units
    if has_bias:
        return {"init": "chrono", "t_max": max(int(needed), 3)}
    options = lasting(own, needed, apart)
    return {"cell_options": options} if options else {}


def lasting(cell: cells.Cell, needed: int, apart: int) -> dict[str, Any]:
    """Return the options of a cell for dependences of so many steps."""
    steps = max(int(needed), 3)
    return cell.keeping_order(steps) if apart > 1 else cell.lasting(steps)


def look(
    name: str,
    layer: nn.RNNBase | layers.CellLayer,
    x: Tensor,
    needed: int,
    apart: int = 1,
) -> Look:
    """Measure a cell as it starts, one layer of at most 32 units, on a few rows.

    Parameters
    ----------
    name : str
    layer : RNNBase or CellLayer
        The one it would replace.
    x : Tensor (T, B, I)
    needed, apart : int
    """
    heads = cells.cell(name).traced.heads
    units = -(-min(layer.hidden_size, UNITS) // heads) * heads
    how = start_of(name, needed, apart)
    own = cells.cell(name, **how.get("cell_options", {}))
    with torch.random.fork_rng(devices=[]), flushed(), torch.enable_grad():
        torch.manual_seed(0)
        one = layers.layer_of(own, layer.input_size, units)
        _start(one, how)
        with opened(one) as tracks:
            one(x)
            curves = lag_curve(tracks[0], torch.Generator().manual_seed(0))
            order = told_apart(tracks[0], needed, apart) if apart > 1 else math.inf
    curve = mean_curve(curves)[: needed + 1]
    explodes = bool(len(curve)) and not curve.max() <= EXPLODED * curve[0]
    return Look(
        name, float(horizon_of(curves).steps), explodes, not order >= TOLD * apart
    )


def _start(layer: layers.CellLayer, how: dict[str, Any]) -> None:
    options = dict(how)
    name = options.pop("init", None)
    if name is not None:
        try:
            init.apply_(name, layer, **options)
        except InputError:  # its gate has no bias of its own
            return


def _kind(cell: cells.Cell) -> tuple[bool, bool, bool]:
    """Return what equations do: keep by a gate, mix units between steps, are linear."""
    step = cell.traced
    return bool(cells.roles(step).keep), cells.recurs(step), cells.affine(step)


def _cost(name: str, inputs: int, units: int) -> float:
    """Return the products a step takes; infinite where the sizes do not fit."""
    try:
        shapes = cells.shapes(cells.cell(name).traced, inputs, units)
    except (InputError, TypeError):  # a user's own that needs options
        return math.inf
    return float(sum(map(math.prod, shapes.values())))


def _some(given: Any, layer: nn.RNNBase | layers.CellLayer, needed: int) -> Tensor:
    """Return a few rows of what a layer is given, (T, B, I) in float32.

    Shorter ones, of a layer that is called again and again, go round.
    """
    if isinstance(given, PackedSequence):
        padded, lengths = pad_packed_sequence(given)
        longest = int(lengths.argmax())
        x = padded[: int(lengths[longest]), longest : longest + 1]
    elif isinstance(given, Tensor) and not given.is_nested and given.dim() == 3:
        x = given.transpose(0, 1) if layer.batch_first else given
    elif isinstance(given, Tensor) and not given.is_nested and given.dim() == 2:
        x = given.unsqueeze(1)
    else:
        generator = torch.Generator().manual_seed(0)
        x = torch.randn(STEPS, ROWS, layer.input_size, generator=generator)
    x = x[-STEPS:, :ROWS].detach().to("cpu", torch.float32)
    return x.repeat(-(-min(needed, STEPS) // len(x)), 1, 1)
