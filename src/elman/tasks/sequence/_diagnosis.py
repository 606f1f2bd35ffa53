"""How far gradients reach in a sequence network before training, and its remedy."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch import nn

from elman import init as initialisations
from elman._errors import InputError
from elman._plain import plain
from elman.diagnosis import Diagnosis, diagnose, prescribe
from elman.models import CELLS, KINDS, SequenceNetwork
from elman.training import RaggedSequences

_ROWS = 64
# Every step of every row keeps its graph: long sequences take fewer rows.
_FEWEST_ROWS, _STEPS = 8, 32_000


@dataclass(frozen=True)
class Start:
    """Where training starts.

    Attributes
    ----------
    init : str
        The initialisation taken, a name of `elman.init.NAMES`.
    needed : int
        Steps the data need: the median length.
    diagnosis : dict or None
        As the results hold it; None where there is nothing to measure, with
        sequences of one step, or without a recurrence.
    note : str
        One line for the results where the network has no recurrence.
    """

    init: str
    needed: int
    diagnosis: dict[str, Any] | None = None
    note: str = ""

    def without_remedy(self) -> Start:
        """Return the start torch gives, with the same diagnosis before."""
        known = self.diagnosis
        if known is not None:
            known = {**known, "after": None, "remedy": None}
        return Start("default", self.needed, known)

    def apply(self, network: SequenceNetwork, seed: int) -> None:
        """Initialise another network's encoder in the same way."""
        _initialise(self.init, network.recurrent, self.needed, seed)


def check_init(init: str, cell: str) -> None:
    """Raise unless the initialisation fits the cell."""
    if cell not in CELLS and init not in ("auto", "default"):
        raise InputError(
            f"init={init!r} sets recurrent weights, and a {KINDS[cell]} has none; "
            "leave it out, or use cell='gru', 'lstm' or 'rnn'"
        )
    if cell == "rnn" and init in ("forget_bias", "chrono"):
        raise InputError(
            f"init={init!r} sets a gate, and an rnn has none; use cell='gru' or "
            "'lstm', or init='orthogonal' or 'identity'"
        )


def choose_start(
    network: SequenceNetwork,
    training: RaggedSequences,
    loss: Any,
    init: str,
    seed: int,
) -> Start:
    """Measure the network on the user's data, and initialise it.

    With ``init="auto"`` the network stays as it was built if its gradients reach
    as far as the data need; else the remedy that measured best is applied. A
    name is applied as it is. Up to 64 sequences are looked at.

    Parameters
    ----------
    network : SequenceNetwork
        Changed in place.
    training : RaggedSequences
    loss : callable
    init : str
        Checked.
    seed : int
        Draws the sequences, and whatever the initialisation draws.
    """
    needed = int(network.encoded_lengths(training.lengths).median())
    chosen = "default" if init == "auto" else init
    if network.recurrent is None:
        longest = int(training.lengths.max())
        return Start(chosen, needed, note=_no_recurrence(network, longest))
    if needed < 2:
        _initialise(chosen, network.recurrent, needed, seed)
        return Start(chosen, needed)
    source = f"length of the sequences (median {needed} steps)"
    draw = torch.Generator().manual_seed(seed)
    count = min(_ROWS, max(_FEWEST_ROWS, _STEPS // int(training.lengths.max())))
    rows = torch.randperm(len(training), generator=draw)[:count]
    inputs, target = training.take(rows)

    def measure() -> Diagnosis:
        return diagnose(
            network,
            inputs,
            target,
            loss,
            needed=needed,
            needed_source=source,
            remedies=False,
        )

    network.eval()
    before = measure()
    remedies: list[dict[str, Any]] = []
    if init == "auto" and before.verdict in ("vanishing", "exploding"):
        found = prescribe(
            network,
            inputs,
            target,
            loss,
            needed,
            horizon=before.horizon,
            verdict=before.verdict,
            remedies=initialisations.NAMES[1:],
        )
        chosen = found.best or chosen
        remedies = plain([asdict(remedy) for remedy in found.remedies])
    after = None
    if chosen != "default":
        _initialise(chosen, network.recurrent, needed, seed)
        after = measure().to_dict()
    return Start(
        chosen,
        needed,
        {
            "needed": needed,
            "needed_source": source,
            "acf": [],
            "before": before.to_dict(),
            "after": after,
            "remedy": None if chosen == "default" else chosen,
            "remedies": remedies,
        },
    )


def _no_recurrence(network: SequenceNetwork, longest: int) -> str:
    """Return what can be said of how far back such a network sees."""
    kind = KINDS[network.config()["cell"]]
    sees = (
        "each step attends to all others"
        if network.sees is None
        else f"each step is made from {network.sees} steps, and the longest sequence "
        f"has {longest}"
    )
    return (
        f"a {kind} has no recurrence, so that no gradient flow through time was "
        f"measured; {sees}"
    )


def _initialise(name: str, layer: nn.RNNBase | None, needed: int, seed: int) -> None:
    if layer is None:
        return
    options = {"t_max": max(float(needed), 3.0)} if name == "chrono" else {}
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        initialisations.apply_(name, layer, **options)
