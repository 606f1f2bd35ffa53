"""Every encoder by its name."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

from elman import cells
from elman._errors import InputError, did_you_mean
from elman.cells import Cell

from ._cells import CELLS
from ._convolution import ConvolutionEncoder
from ._recurrent import RecurrentEncoder
from ._transformer import TransformerEncoder

_OTHERS: dict[str, Callable[..., Any]] = {
    "tcn": ConvolutionEncoder,
    "transformer": TransformerEncoder,
}


class _Encoders(Mapping[str, Callable[..., Any]]):
    """Those of every cell there is at the time, and the others."""

    def __getitem__(self, name: str | Cell) -> Callable[..., Any]:
        """Return ``build(channels, hidden_size, **options)``."""
        if isinstance(name, str) and name in _OTHERS:
            return _OTHERS[name]
        if name not in CELLS:
            raise KeyError(name)
        return partial(RecurrentEncoder, name)

    def __iter__(self) -> Iterator[str]:
        return iter((*CELLS, *_OTHERS))

    def __len__(self) -> int:
        return len(CELLS) + len(_OTHERS)


ENCODERS = _Encoders()
"""What builds each: ``ENCODERS[name](channels, hidden_size, **options)``."""

KINDS = {
    "tcn": "temporal convolution",
    "transformer": "Transformer",
}
"""What the encoders that are no recurrent cells are called in a sentence."""


def title_of(name: str | Cell | type[Cell]) -> str:
    """Return what an encoder is called in a table."""
    return "Transformer" if name == "transformer" else cells.title(name)


def check_encoder(name: object, argument: str = "cell") -> str | Cell:
    """Return the name of a known encoder, or a cell that was given itself.

    Parameters
    ----------
    name : object
        What was given.
    argument : str
        Where, for the message; an option of a command takes names alone.

    Raises
    ------
    InputError
        If there is no such encoder; the nearest name is suggested.
    """
    found = cells.given(name)
    if isinstance(found, Cell) or (isinstance(found, str) and found in ENCODERS):
        return found
    hint = did_you_mean(str(name), ENCODERS)
    besides = "" if argument.startswith("--") else ", or a Cell"
    raise InputError(
        f"{argument} must be one of {', '.join(ENCODERS)}{besides}; got {name!r}{hint}"
    )
