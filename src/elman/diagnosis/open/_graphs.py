"""Keep the graph of what a model would not keep, and compute again."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any


class _AtOnce:
    """In the place of the function that checkpoints with reentrant backward passes."""

    @staticmethod
    def apply(run: Callable[..., Any], _: bool, *args: Any) -> Any:
        return run(*args)


def _once(*_: Any, **__: Any) -> Iterator[None]:
    """In the place of the generator around a call that is to be computed again."""
    yield


_INSTEAD: dict[str, Any] = {
    "CheckpointFunction": _AtOnce,
    "_checkpoint_without_reentrant_generator": _once,
}


@contextmanager
def graphs_kept() -> Iterator[None]:
    """Run what `torch.utils.checkpoint` wraps once, with its graph, while this lasts.

    Values and gradients are the same. Computed again in a backward pass, a layer would
    be seen a second time; or not at all, where its first pass makes no graph.
    """
    module = sys.modules.get("torch.utils.checkpoint")
    known = {} if module is None else vars(module)
    plain = {name: known[name] for name in _INSTEAD if name in known}
    known.update({name: _INSTEAD[name] for name in plain})
    try:
        yield
    finally:
        known.update(plain)
