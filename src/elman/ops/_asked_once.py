"""Functions of a graph's facts that a compiler asks once and does not trace."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import torch

F = TypeVar("F", bound=Callable[..., Any])


def asked_once(function: F) -> F:
    """Mark a function as `torch.compiler.assume_constant_result` does.

    That one imports torch's compiler, which takes nearly as long as torch itself,
    whether or not anything is ever compiled.

    Parameters
    ----------
    function : callable

    Returns
    -------
    callable
        The same function.
    """
    function._dynamo_marked_constant = True  # type: ignore[attr-defined]
    return function


@asked_once
def exporting() -> bool:
    """Say whether `torch.export` is tracing.

    Asked, not traced: until torch 2.11 `torch.compile` traces torch's own question
    as answered by yes, and the core would stay out of its graphs.
    """
    return torch.compiler.is_exporting()
