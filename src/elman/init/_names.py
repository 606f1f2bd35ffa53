"""The initialisations by name, for configurations and the command line."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from elman._errors import InputError, did_you_mean

from ._bias import chrono_, forget_bias_
from ._recurrent import identity_, orthogonal_

_BY_NAME: dict[str, Callable[..., Any]] = {
    "orthogonal": orthogonal_,
    "identity": identity_,
    "forget_bias": forget_bias_,
    "chrono": chrono_,
}

NAMES = ("default", *_BY_NAME)
"""Every name `apply_` knows; "default" leaves the layer as torch made it."""


def apply_(name: str, layer: Any, **options: Any) -> Any:
    """Apply an initialisation by its name, in place.

    Parameters
    ----------
    name : str
        One of ``NAMES``.
    layer : a recurrent layer of elman or torch.nn
    **options
        What that initialisation takes, such as ``t_max`` for "chrono".

    Returns
    -------
    layer
        The layer given.

    Raises
    ------
    InputError
        If the name or an option is unknown, or the cell has no such thing.
    """
    if name not in NAMES:
        raise InputError(
            f"init: unknown {name!r}; choose from {', '.join(NAMES)}"
            f"{did_you_mean(str(name), NAMES)}"
        )
    if name == "default":
        return layer
    try:
        return _BY_NAME[name](layer, **options)
    except TypeError as error:
        raise InputError(f"init {name!r}: {error}") from error
