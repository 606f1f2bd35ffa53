"""The cells that torch and ONNX have too, by their names there."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from types import MappingProxyType

from elman._errors import InputError

from ._cell import Cell
from ._registry import cell, find, given, names

_BY_VARIANT: Mapping[tuple[str, str], str] = MappingProxyType(
    {
        ("gru", "reset_after"): "gru",
        ("gru", "reset_before"): "gru_reset_before",
        ("lstm", "plain"): "lstm",
        ("lstm", "projected"): "lstm",
    }
)
"""Which cell an operator's name and variant mean; an RNN's variant is its φ."""


@functools.cache
def stock(name: str, variant: str) -> Cell:
    """Return the equations of one of torch's cells.

    Parameters
    ----------
    name : str
        "rnn", "gru" or "lstm", as torch's modes in small letters and ONNX' operators.
    variant : str
        Of an RNN its nonlinearity; "reset_after" or "reset_before"; "plain" or
        "projected".

    Raises
    ------
    InputError
        If there is no such cell.
    """
    if name == "rnn":
        return cell("rnn", nonlinearity=variant)
    if (name, variant) not in _BY_VARIANT:
        raise InputError(f"cell: there is no {variant!r} form of {name!r}")
    return cell(_BY_VARIANT[name, variant])


def stock_name(known: Cell) -> tuple[str, str] | None:
    """Return under which name and variant torch or ONNX has a cell, or None.

    Parameters
    ----------
    known : Cell
        ("lstm", "peephole") is ONNX' alone.
    """
    if known.heads > 1:
        return None
    if type(known) is find("rnn"):
        return "rnn", str(known.chosen()["nonlinearity"])
    if type(known) is find("peephole_lstm"):
        return "lstm", "peephole"
    for (name, variant), registered in _BY_VARIANT.items():
        if type(known) is find(registered):
            return name, variant
    return None


def a_variant(name: str) -> str:
    """Return a form of one of torch's cells, to ask what all its forms share.

    Parameters
    ----------
    name : str
        "rnn", "gru" or "lstm".
    """
    return next((v for n, v in _BY_VARIANT if n == name), "tanh")


@functools.cache
def gate_names(name: str) -> tuple[str, ...]:
    """Return the gates of one of torch's cells, as its weights are stacked.

    Parameters
    ----------
    name : str
        "rnn", "gru" or "lstm".
    """
    return stock(name, a_variant(name)).traced.gates


@functools.cache
def state_names(name: str) -> tuple[str, ...]:
    """Return the states of one of torch's cells.

    Parameters
    ----------
    name : str
        "rnn", "gru" or "lstm".
    """
    return stock(name, a_variant(name)).states


def title(name: str | Cell | type[Cell]) -> str:
    """Return what a cell is called in a sentence: "GRU", "IndRNN".

    Parameters
    ----------
    name : str or Cell
        One that the registry knows, or a class's; of a cell its options are said too.
    """
    found = given(name)
    if isinstance(found, Cell):
        return repr(found) if found.written_options() else type(found).__name__
    name = str(found)
    if name in STOCK or name not in names():
        return name.upper() if name.islower() else name
    return find(name).__name__


STOCK = ("rnn", *dict.fromkeys(name for name, _ in _BY_VARIANT))
"""The names of torch's cells, in the order they are shown."""
