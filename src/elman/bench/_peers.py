"""Who runs besides torch, where installed: a compiled jax.lax.scan, and Keras."""

from __future__ import annotations

import importlib
import importlib.util
import os
from importlib import metadata
from types import ModuleType
from typing import Any, NamedTuple

from ._cases import Case
from ._race import Step

PEERS = ("jax", "keras")
"""Peers beside torch, by the names of their packages."""


class Peer(NamedTuple):
    """A peer that is there.

    Attributes
    ----------
    name : str
    version : str
        With what it computes with, if there is a choice.
    module : module
        What builds its training steps.
    """

    name: str
    version: str
    module: ModuleType

    def training_step(self, case: Case) -> Step:
        """Return a training step of the case, compiled on its first call."""
        build: Any = self.module.training_step  # type: ignore[attr-defined]
        step: Step = build(case)
        return step


def find_peers(
    names: tuple[str, ...], threads: int
) -> tuple[dict[str, Peer], dict[str, str]]:
    """Return the peers that are installed, and why the others are not there.

    Parameters
    ----------
    names : tuple of str
        Of ``PEERS``.
    threads : int
        What they may use. XLA reads it when it is first imported.

    Returns
    -------
    found : dict of str to Peer
    absent : dict of str to str
        Reasons.
    """
    # XLA's thread pool; without this it is as large as the machine.
    os.environ.setdefault("NPROC", str(threads))
    found, absent = {}, {}
    for name in names:
        if importlib.util.find_spec(name) is None:
            absent[name] = "not installed"
            continue
        try:
            module = importlib.import_module(f"._{name}", __package__)
            version = f"{metadata.version(name)}{module.computes_with()}"
        except Exception as error:  # whatever a broken installation raises
            absent[name] = " ".join(f"{type(error).__name__}: {error}".split())[:200]
            continue
        found[name] = Peer(name, version, module)
    return found, absent
