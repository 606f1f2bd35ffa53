"""Where training starts: how far gradients reach, and the remedy where they fall short.

One strategy for every task: measure the network on the data; with ``init="auto"`` take
the initialisation that measured best, if one is needed; measure again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import nn

from elman import init as initialisations
from elman.diagnosis import Diagnosis, diagnose
from elman.layers import CellLayer

_EXAMINING: ContextVar[bool] = ContextVar("examining", default=False)


@contextmanager
def examining() -> Iterator[None]:
    """Let the fits of this block say more of where training starts.

    The data are asked what they need where a training takes the sequences' length, and
    other cells are measured in the place of the network's own. Neither changes what a
    training does: the cell stays the user's choice.
    """
    token = _EXAMINING.set(True)
    try:
        yield
    finally:
        _EXAMINING.reset(token)


def is_examining() -> bool:
    """Return whether more is to be said than a training asks for."""
    return _EXAMINING.get()


@dataclass(frozen=True)
class Start:
    """Where training starts.

    Attributes
    ----------
    init : str
        The initialisation taken, a name of `elman.init.NAMES`.
    memory : int
        Steps the data need, for an initialisation that asks.
    before, after : Diagnosis or None
        Without and with a remedy; None where nothing was measured.
    note : str
        One line for the results where the network has no recurrence.
    """

    init: str
    memory: int
    before: Diagnosis | None = None
    after: Diagnosis | None = None
    note: str = ""

    @property
    def remedy(self) -> str | None:
        """The initialisation, where it is not torch's own."""
        return None if self.init == "default" else self.init

    def without_remedy(self) -> Start:
        """Return the start torch gives, with the same diagnosis before."""
        return replace(self, init="default", after=None)

    def apply(self, layer: nn.RNNBase | CellLayer | None, seed: int) -> None:
        """Initialise another network's layer in the same way."""
        initialise(self.init, layer, self.memory, seed)

    def report(self, acf: Sequence[Any] = ()) -> dict[str, Any] | None:
        """Return the diagnosis as the results hold it, None without one.

        Parameters
        ----------
        acf : sequence of float
            The autocorrelation that says what the data need, if that did.
        """
        if self.before is None:
            return None
        before = self.before.to_dict()
        return {
            "needed": self.before.needed,
            "needed_source": self.before.needed_source,
            "acf": list(acf),
            "before": before,
            "after": None if self.after is None else self.after.to_dict(),
            "remedy": self.remedy,
            "remedies": before.get("remedies", []),
        }


def choose_start(
    network: nn.Module,
    layer: nn.RNNBase | CellLayer,
    examples: tuple[Any, Any],
    loss: Callable[..., torch.Tensor],
    *,
    init: str,
    needed: int,
    source: str,
    memory: int,
    seed: int | None = None,
    probe: Callable[[nn.Module], nn.Module] | None = None,
) -> Start:
    """Measure a network on the user's data, and initialise it in place.

    Parameters
    ----------
    network : nn.Module
    layer : nn.RNNBase or CellLayer
        The part of it that a remedy initialises.
    examples : tuple
        Inputs and target.
    loss : callable
    init : str
        "auto", or a name of `elman.init.NAMES` that is applied as it is.
    needed : int
        Steps of the recurrence that the data need and the network sees.
    source : str
        Where that is from, for people.
    memory : int
        Steps the data need, seen or not.
    seed : int or None
        Of what the initialisation draws; None goes on with torch's generator.
    probe : callable or None
        Makes a copy of the network that lets gradients through from the first step.
    """
    inputs, target = examples

    def measured(*, remedies: bool) -> Diagnosis:
        return diagnose(
            network if probe is None else probe(network),
            inputs,
            target,
            loss,
            needed=needed,
            needed_source=source,
            remedies=tried if remedies else False,
        )

    tried = initialisations.NAMES[1:]
    if is_examining():
        tried = (*tried, "cell")
    before = measured(remedies=init == "auto")
    chosen = (before.best if init == "auto" else init) or "default"
    if chosen not in initialisations.NAMES:
        chosen = "default"  # another cell is shown, and the user's to choose
    if chosen == "default":
        return Start(chosen, memory, before)
    initialise(chosen, layer, memory, seed)
    return Start(chosen, memory, before, measured(remedies=False))


def initialise(
    name: str, layer: nn.RNNBase | CellLayer | None, memory: int, seed: int | None
) -> None:
    """Apply an initialisation by its name, in place; without a layer do nothing."""
    if layer is None:
        return
    options = {"t_max": max(float(memory), 3.0)} if name == "chrono" else {}
    if seed is None:
        initialisations.apply_(name, layer, **options)
        return
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        initialisations.apply_(name, layer, **options)
