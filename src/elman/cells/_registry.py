"""Cells by name: those that come with the package, and a user's own."""

from __future__ import annotations

from typing import Any

from elman._errors import InputError, did_you_mean

from . import shipped
from ._cell import Cell

_CELLS: dict[str, type[Cell]] = {
    "rnn": shipped.RNN,
    "gru": shipped.GRU,
    "gru_reset_before": shipped.GRUResetBefore,
    "lstm": shipped.LSTM,
    "peephole_lstm": shipped.PeepholeLSTM,
    "coupled_lstm": shipped.CoupledLSTM,
    "layer_norm_lstm": shipped.LayerNormLSTM,
    "layer_norm_gru": shipped.LayerNormGRU,
    "janet": shipped.JANET,
    "mingru": shipped.MinGRU,
    "indrnn": shipped.IndRNN,
    "lru": shipped.LRU,
    "cornn": shipped.CoRNN,
    "slstm": shipped.SLSTM,
    "mgu": shipped.MGU,
    "ligru": shipped.LiGRU,
    "fastgrnn": shipped.FastGRNN,
    "rhn": shipped.RHN,
    "sru": shipped.SRU,
    "minlstm": shipped.MinLSTM,
    "rglru": shipped.RGLRU,
    "hgrn": shipped.HGRN,
    "linoss": shipped.LinOSS,
    "paragru": shipped.ParaGRU,
    "paralstm": shipped.ParaLSTM,
    "lem": shipped.LEM,
    "unicornn": shipped.UnICORNN,
    "antisymmetric": shipped.AntisymmetricRNN,
    "cfc": shipped.CfC,
    "orthogonal": shipped.OrthogonalRNN,
}


_SHIPPED = frozenset(_CELLS)


def is_shipped(name: str) -> bool:
    """Return whether a cell of this name comes with the package.

    Parameters
    ----------
    name : str
    """
    return name in _SHIPPED


def names() -> tuple[str, ...]:
    """Return the names of all cells."""
    return tuple(_CELLS)


def register(cell: type[Cell], name: str | None = None) -> type[Cell]:
    """Make a cell known by name, so that estimators and the command line take it.

    Parameters
    ----------
    cell : type
        A subclass of `Cell`. The function serves as a decorator.
    name : str, optional
        Default: the class's name in lower case.

    Raises
    ------
    InputError
        If it is no cell, or the name is another cell's.
    """
    if not isinstance(cell, type) or not issubclass(cell, Cell):
        raise InputError(f"register takes a subclass of elman.Cell, got {cell!r}")
    key = (name or cell.__name__).lower()
    known = _CELLS.get(key)
    if known is not None and not _same(known, cell):
        raise InputError(
            f"a cell named {key!r} is there already; register yours under another name"
        )
    _CELLS[key] = cell
    return cell


_FROM_A_RUN = "elman.cells._stored"


def _same(known: type[Cell], cell: type[Cell]) -> bool:
    """Return whether one is the other, perhaps from a file that was run again.

    One that a run directory brought gives way to the class it was written from.
    """
    if known.__module__ == _FROM_A_RUN:
        return True
    return (known.__module__, known.__qualname__) == (
        cell.__module__,
        cell.__qualname__,
    )


def find(name: str) -> type[Cell]:
    """Return the class of a cell.

    Raises
    ------
    InputError
        If no cell has this name.
    """
    found = _CELLS.get(name)
    if found is None:
        raise InputError(
            f"cell must be one of {', '.join(_CELLS)}, got {name!r}"
            f"{did_you_mean(str(name), _CELLS)}"
        )
    return found


def cell(name: str | Cell | type[Cell], **options: Any) -> Cell:
    """Return a cell by name.

    Parameters
    ----------
    name : str or Cell
        A cell is returned as it is, and one of a class made of it.
    **options
        The cell's own, such as ``nonlinearity``.

    Raises
    ------
    InputError
        If no cell has this name, or it has no such option.
    """
    if isinstance(name, Cell):
        return type(name)(**name.chosen() | options) if options else name
    if isinstance(name, type) and issubclass(name, Cell):
        return name(**options)
    return find(name)(**options)


def given(value: Any) -> Any:
    """Return what was given as a cell in the form that networks are configured with.

    Parameters
    ----------
    value
        A class becomes its cell; one that comes with the package, its options being
        the defaults, becomes its name. All else stays.
    """
    if isinstance(value, type) and issubclass(value, Cell):
        value = value()
    if isinstance(value, Cell) and not value.written_options():
        for name in _SHIPPED:
            if _CELLS[name] is type(value):
                return name
    return value
