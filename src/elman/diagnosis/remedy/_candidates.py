"""The changes worth trying on a model: what each does to a copy, in which order."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import nn

from elman import cells, init
from elman._errors import InputError
from elman.diagnosis.open._cells import is_layer
from elman.layers import CellLayer, equations_of, name_of

from ._floss import floss_
from ._other_cells import lasting, other_cells, start_of
from ._swap import CannotSwapError, swap_cell, swap_nonlinearity, written

KINDS = ("initialisation", "activation", "cell", "flossing")
"""Kinds of change of the model itself."""

KEPT = "relu + identity, kept orthogonal"
LASTING = "lasting"
"""The cell's own options for long dependences, where it is started by an option."""

Change = Callable[[nn.Module], "nn.Module | None"]


@dataclass(frozen=True)
class Candidate:
    """A change of a model.

    Parameters
    ----------
    name, kind, call, settings
        As of a `Remedy`.
    change : callable
        Changes a copy in place and returns it, or None where nothing applies.
    """

    name: str
    kind: str
    call: str
    change: Change
    settings: dict[str, Any] = field(default_factory=dict)

    def call_for(self, treated: nn.Module) -> str:
        """Return the line that applies it, with what a copy that has it shows."""
        if self.kind != "cell" and self.name not in (LASTING, KEPT):
            return self.call
        found = next(m for m in treated.modules() if is_layer(m))
        text = f"{written(found)} in its place"
        if found._forward_hooks:
            text += ", its output where the state is read"
        return f"{text}, then {self.call}" if self.call else text


def candidates(
    model: nn.Module,
    needed: int,
    given: dict[str, Any],
    verdict: str,
    wanted: Collection[str],
    uses: Mapping[str, str],
    skipped: dict[str, str],
    apart: int = 1,
) -> Iterator[Candidate]:
    """Yield the changes that fit a model, the one to prefer first.

    A mild change comes before a strong one: forget bias before chrono, weights
    before the nonlinearity before the cell. But where the gradient of an RNN
    vanishes, the identity with ReLU comes first: it is the one published to learn
    long dependencies (Le, Jaitly and Hinton 2015); reach alone is not enough.

    Parameters
    ----------
    model : Module
    needed : int
        Steps the data need.
    given : dict
        The input of each recurrent layer by its name, for `elman.init.critical_`.
    verdict : str
        Of the model as it is.
    wanted : collection of str
        Kinds and names; others are left out.
    uses : mapping
        As `uses_of_states` returns it.
    skipped : dict
        Receives the cells that are not tried, with the reason.
    apart : int
        Steps that have to be told apart at the need.
    """
    for candidate in _weights(model, needed, given, verdict, uses, skipped, apart):
        if {candidate.kind, candidate.name} & set(wanted):
            yield candidate
    named = [n for n in cells.names() if {*labels(n)} & set(wanted)]
    if "cell" in wanted:
        named += other_cells(model, needed, given, skipped, apart)
    for name in dict.fromkeys(named):
        yield _cell(name, needed, uses, skipped, apart)
    if {"flossing"} & set(wanted):
        yield _flossing(given)


def _weights(
    model: nn.Module,
    needed: int,
    given: dict[str, Any],
    verdict: str,
    uses: Mapping[str, str],
    skipped: dict[str, str],
    apart: int,
) -> Iterator[Candidate]:
    """Yield other weights, and another nonlinearity of a simple RNN."""
    found = [m for m in model.modules() if is_layer(m)]
    modes = {m.mode if isinstance(m, nn.RNNBase) else name_of(m)[0] for m in found}
    simple = {m for m in modes if m.startswith("RNN_")}
    t_max = max(int(needed), 3)
    if simple and simple != {"RNN_RELU"} and verdict != "exploding":
        yield _activation("relu", "identity", {"input_std": None})
        yield _kept_orthogonal(uses, skipped)
    for name in ("forget_bias", "chrono", "orthogonal", "critical"):
        options = {"t_max": t_max} if name == "chrono" else {}
        yield _initialisation(name, options, given)
        if name == "chrono":
            yield from _lasting(found, t_max, apart)
    if simple:
        yield _initialisation("identity", {}, given)
    if simple and simple != {"RNN_RELU"} and verdict == "exploding":
        yield _activation("relu", "identity", {"input_std": None})
    if simple - {"RNN_RELU", "RNN_TANH"}:
        yield _activation("tanh", "orthogonal", {})


def _kept_orthogonal(uses: Mapping[str, str], skipped: dict[str, str]) -> Candidate:
    """Return the ReLU network that starts with the identity, its matrix orthogonal.

    What makes the identity fail in long training, an eigenvalue that grows past 1, to
    the power of the steps, cannot happen here.
    """

    def change(model: nn.Module) -> nn.Module | None:
        with torch.random.fork_rng(devices=[]), torch.no_grad():
            torch.manual_seed(0)
            try:
                new = swap_cell(model, "orthogonal", uses, {"nonlinearity": "relu"})
            except CannotSwapError as reason:
                skipped["orthogonal"] = str(reason)
                return None
            for layer in filter(is_layer, new.modules()):
                for name, parameter in layer.named_parameters():
                    if name.startswith(("weight_hh", "bias")):
                        parameter.zero_()
        return new

    own = {"nonlinearity": "relu"}
    return Candidate(
        KEPT,
        "activation",
        "weight_hh and bias at 0",
        change,
        {"cell": "orthogonal", "cell_options": own, "start": "identity"},
    )


def _lasting(found: list[Any], steps: int, apart: int) -> Iterator[Candidate]:
    """Yield layers of the same cell, started by its options for so many steps."""
    own = {type(equations_of(m)): m for m in found if isinstance(m, CellLayer)}
    if len(own) != 1:
        return
    ((kind, layer),) = own.items()
    options = lasting(equations_of(layer), steps, apart)
    name = next((n for n in cells.names() if cells.find(n) is kind), None)
    if not options or name is None:  # of a class that nobody registered
        return

    def change(model: nn.Module) -> nn.Module | None:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            try:
                return swap_cell(model, name, {}, options)
            except CannotSwapError:  # it has these options, or is to stay as it is
                return None

    settings = {"cell": name, "cell_options": options}
    yield Candidate(LASTING, "initialisation", "", change, settings)


def labels(cell: str) -> tuple[str, str]:
    """Return what a cell is called as a remedy: with its own start, and with chrono.

    Where an initialisation has its name, as "orthogonal", it is "orthogonal cell".
    """
    taken = cell in (*KINDS, *init.NAMES, "critical")
    return f"{cell} cell" if taken else cell, f"{cell} + chrono"


def apply_everywhere(
    model: nn.Module, name: str, options: dict[str, Any], given: dict[str, Any]
) -> bool:
    """Apply an initialisation to every recurrent layer that takes it, in place."""
    done = False
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        for place, layer in model.named_modules():
            if not is_layer(layer):
                continue
            if not any(p.requires_grad for p in layer.parameters()):
                continue  # frozen: as it is meant to be
            try:
                if name == "critical":
                    if place not in given:
                        continue
                    init.critical_(layer, given[place])
                else:
                    init.apply_(name, layer, **options)
            except InputError:  # no such thing in this cell, or on these inputs
                continue
            done = True
    return done


def _call(name: str, options: dict[str, Any]) -> str:
    more = "".join(f", {k}={v}" for k, v in options.items())
    more = ", inputs" if name == "critical" else more
    return f"elman.init.{name}_(layer{more})"


def _initialisation(
    name: str, options: dict[str, Any], given: dict[str, Any]
) -> Candidate:
    def change(model: nn.Module) -> nn.Module | None:
        return model if apply_everywhere(model, name, options, given) else None

    return Candidate(
        name, "initialisation", _call(name, options), change, {"init": name, **options}
    )


def _activation(to: str, name: str, options: dict[str, Any]) -> Candidate:
    def change(model: nn.Module) -> nn.Module | None:
        if not swap_nonlinearity(model, to):
            return None
        return model if apply_everywhere(model, name, options, {}) else None

    return Candidate(
        f"{to} + {name}",
        "activation",
        f"RNN(..., nonlinearity={to!r}), then {_call(name, options)}",
        change,
        {"nonlinearity": to, "init": name, **options},
    )


def _cell(
    cell: str,
    needed: int,
    uses: Mapping[str, str],
    skipped: dict[str, str],
    apart: int,
) -> Candidate:
    how = start_of(cell, needed, apart)
    own = how.get("cell_options", {})
    options = {k: v for k, v in how.items() if k == "t_max"}
    chrono = "init" in how

    def change(model: nn.Module) -> nn.Module | None:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            try:
                new = swap_cell(model, cell, uses, own)
            except CannotSwapError as reason:
                skipped[cell] = str(reason)
                return None
        if chrono and not apply_everywhere(new, "chrono", options, {}):
            skipped[cell] = "its gate has no bias here, as chrono initialisation needs"
            return None
        return new

    return Candidate(
        f"{cell} + chrono" if chrono else labels(cell)[0],
        "cell",
        _call("chrono", options) if chrono else "",
        change,
        {"cell": cell, **how},
    )


def _flossing(given: dict[str, Any]) -> Candidate:
    def change(model: nn.Module) -> nn.Module | None:
        done = False
        for place, layer in model.named_modules():
            if place in given and is_layer(layer):
                try:
                    floss_(layer, given[place])
                except InputError:  # too few steps
                    continue
                done = True
        return model if done else None

    return Candidate(
        "flossing",
        "flossing",
        "elman.diagnosis.floss_(layer, inputs)",
        change,
        {"init": "flossing"},
    )
