"""Which encoder an estimator was asked for, and which stand beside it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from elman import cells
from elman._errors import InputError
from elman.cells import Cell
from elman.models import CELLS, KINDS, check_encoder

USUAL = ("gru", "lstm", "tcn", "transformer")
"""Encoders that stand beside any other one, unless others are named."""


def encoder_of(estimator: Any) -> str | Cell:
    """Return what reads the data: ``encoder``, and without one ``cell``.

    Raises
    ------
    InputError
        There is none of that name, or both are given and differ.
    """
    if getattr(estimator, "_encoder_apart", False) and estimator.encoder is not None:
        return check_encoder(estimator.encoder, "encoder")
    cell = check_encoder(estimator.cell)
    if estimator.encoder is None:
        return cell
    encoder = check_encoder(estimator.encoder, "encoder")
    if cell not in (encoder, "gru"):
        raise InputError(
            f"encoder={encoder!r} and cell={cell!r} are two names for one choice; "
            "give one of them"
        )
    return encoder


def other_encoders(
    estimator: Any, names: Iterable[Any] | str | None, argument: str = "encoders"
) -> list[str | Cell]:
    """Return the encoders to compare an estimator's own with, each once.

    Parameters
    ----------
    estimator : Estimator
        One with ``cell`` and ``encoder``.
    names : iterable, str or None
        Names or cells; a text of names with commas; None for `USUAL`.
    argument : str
        Where they were given, for the message.

    Raises
    ------
    InputError
        There is none of a name, or none is left.
    """
    chosen = encoder_of(estimator)
    if isinstance(names, str):
        names = [name.strip() for name in names.split(",") if name.strip()]
    found: list[str | Cell] = []
    for name in USUAL if names is None else names:
        encoder = check_encoder(name, argument)
        if encoder not in (chosen, *found):
            found.append(encoder)
    if not found:
        raise InputError(
            f"{argument} names no other network than {chosen}; give others, such as"
            f" {', '.join(name for name in USUAL if name != chosen)}"
        )
    return found


def check_init(init: str, cell: str | cells.Cell) -> None:
    """Raise unless the initialisation fits the cell."""
    if cell not in CELLS and init not in ("auto", "default"):
        raise InputError(
            f"init={init!r} sets recurrent weights, and a {KINDS[str(cell)]} has none; "
            "leave it out, or use a recurrent cell such as 'gru'"
        )
    if cell not in CELLS or init in ("auto", "default"):
        return
    step = cells.cell(cell).traced
    roles = cells.roles(step)
    if init in ("forget_bias", "chrono") and not roles.keep:
        raise InputError(
            f"init={init!r} sets a gate, and cell={cell!r} has none; use cell='gru' or "
            "'lstm', or init='orthogonal' or 'identity'"
        )
    if init == "identity" and not roles.nonlinearity:
        raise InputError(
            f"init='identity' is for cell='rnn', and cell={cell!r} keeps its "
            "state otherwise; use init='auto'"
        )
    if init == "orthogonal" and not cells.recurs(step):
        raise InputError(
            f"init='orthogonal' sets a recurrent matrix, and cell={cell!r} has "
            "none; use init='auto'"
        )
