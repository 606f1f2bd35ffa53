"""Linear models and network together; held-out sequences decide on the shares."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from elman.models import SequenceNetwork
from elman.tasks._networks import within
from elman.tasks.sequence._fit import network_outputs
from elman.tasks.sequence._preparation import Preparation
from elman.tasks.sequence._targets import Targets
from elman.tasks.sequence.columns._columns import Layout
from elman.tasks.sequence.given._input import Array
from elman.tasks.sequence.kinds._kind import Kind

from ._models import LinearModels

Model = tuple[SequenceNetwork, Preparation]

LINEAR, NETWORK = "linear models alone", "network alone"
"""What the scores' table calls its parts."""

# What linear models and network count before any evidence; see `Kind.shares`.
_PRIOR = (0.8, 0.2)


@dataclass
class Combination:
    r"""The mean of the linear models' probabilities, or numbers, and the network's.

    .. math:: p = (1 - w)\, p_\text{linear} + w\, p_\text{network}

    Attributes
    ----------
    linear_models : LinearModels
    preparation : Preparation
        Of what the linear models read.
    weight : float
        w: 0 where the network was no better than chance on top of the others.
    factor : float
        What the network's logits are multiplied by, so that their probabilities
        are right on held-out sequences.
    evidence : dict
        The losses on the held-out sequences that decided.
    held_out : ndarray or None
        After `weigh` alone: (m, K), what linear models that did not see them say of
        the held-out sequences.
    """

    linear_models: LinearModels
    preparation: Preparation
    weight: float = 0.0
    factor: float = 1.0
    evidence: dict[str, Any] | None = None
    held_out: Array | None = None

    @classmethod
    def fit(
        cls,
        sequences: Sequence[Array],
        targets: Targets,
        kind: Kind,
        seed: int,
        layout: Layout | None = None,
    ) -> Combination:
        """Fit the linear models; the network counts nothing yet.

        Parameters
        ----------
        sequences : sequence of ndarray
            (T_i, C), checked.
        targets : Targets
            One a sequence, in the units that the network's loss expects.
        kind : Kind
        seed : int
        layout : Layout, optional
            Where what is in a step, if not all channels are numbers.
        """
        preparation = Preparation.fit(sequences, layout=layout)
        spread = preparation.spread(sequences)
        alone = layout is not None and not layout.numbers
        models = LinearModels.fit(
            spread, targets, kind, seed, preparation.codes, alone=alone
        )
        return cls(models, preparation)

    def weigh(
        self,
        sequences: Sequence[Array],
        targets: Targets,
        rows: NDArray[np.int64],
        model: Model,
    ) -> None:
        """Decide how much the network counts, on sequences that it did not see.

        It counts if the loss with it is lower by more than the standard error of
        the difference over these sequences; of groups, such as speakers, over these,
        as sequences of one are no evidence on others.

        Parameters
        ----------
        sequences, targets
            As for `fit`.
        rows : ndarray
            The sequences that the network did not see.
        model : tuple of network and preparation
        """
        if not len(rows):
            return
        truth = targets.take(rows)
        raw = _outputs(model, [sequences[i] for i in rows])
        linear = self.held_out = self._unseen(sequences, rows)
        kind = self.linear_models.kind
        self.factor = kind.factor(raw, truth)
        both = [linear, kind.outputs(raw, self.factor)]
        shares = kind.shares(both, truth, _PRIOR)
        counts = 1.0 if truth.weights is None else truth.weights
        each = [
            counts * kind.losses(part, truth)
            for part in (*both, kind.averaged(both, shares))
        ]
        gain = each[0] - each[2]
        if truth.groups is not None:
            names = np.unique(truth.groups)
            gain = np.array([gain[truth.groups == name].mean() for name in names])
        error = gain.std(ddof=1) / math.sqrt(len(gain)) if len(gain) > 1 else math.inf
        self.weight = float(shares[1]) if gain.mean() > error else 0.0
        self.evidence = {
            "sequences": len(rows),
            "linear": float(each[0].mean()),
            "network": float(each[1].mean()),
            "both": float(each[2].mean()),
            "error": float(error) if math.isfinite(error) else None,
            "tried": float(shares[1]),
        }

    def linear(self, sequences: Sequence[Array]) -> Array:
        """Return (n, K): log-probabilities, or numbers."""
        return self.linear_models.outputs(self.preparation.spread(sequences))

    def whole(self, linear: Array, sequences: Sequence[Array], model: Model) -> Array:
        """Return (n, K): the linear models' outputs with the network's share."""
        if self.weight == 0.0:
            return linear
        return self.mixed(linear, _outputs(model, sequences))

    def mixed(self, linear: Array, raw: NDArray[np.floating]) -> Array:
        """Return the same of the network's own outputs."""
        if self.weight == 0.0:
            return linear
        kind = self.linear_models.kind
        network = kind.outputs(raw.astype(np.float64), self.factor)
        shares = np.array([1 - self.weight, self.weight])
        return kind.averaged([linear, network], shares)

    def _unseen(self, sequences: Sequence[Array], rows: NDArray[np.int64]) -> Array:
        """Return what linear models that did not see these rows say of them."""
        left_out = self.linear_models.left_out()
        found = np.empty((len(rows), left_out.shape[1]))
        # Of very many sequences only a part was fitted on.
        fitted = np.isin(rows, self.linear_models.rows)
        place = np.searchsorted(self.linear_models.rows, rows[fitted])
        found[fitted] = left_out[place]
        if not fitted.all():
            found[~fitted] = self.linear([sequences[i] for i in rows[~fitted]])
        return found

    def report(self) -> dict[str, Any]:
        """Return what the results say of it."""
        shares = self.linear_models.shares * (1 - self.weight)
        parts = dict(zip(self.linear_models.parts, map(float, shares), strict=True))
        return {"weights": {**parts, "network": self.weight}, **(self.evidence or {})}

    def notes(self) -> list[str]:
        """Return one line about what counts how much, and why."""
        shares = zip(self.linear_models.parts, self.linear_models.shares, strict=True)
        most = ", ".join(f"{name} {100 * share:.0f} %" for name, share in shares)
        first = f"linear models on fixed features are the start: {most}"
        if self.evidence is None:
            return [first, "nothing was held out to weigh the network by: weight 0"]
        known = self.evidence
        figures = (
            f"held-out loss {known['linear']:.3g} without it, {known['both']:.3g} with "
            f"weight {known['tried']:.2f}; {known['sequences']:,} sequences"
        )
        if self.weight:
            return [first, f"the network was added ({figures})"]
        return [
            first,
            f"the network adds no more than chance and has weight 0 ({figures})",
        ]

    def describe(self) -> dict[str, Any]:
        """Return everything but the tensors as plain values."""
        known = {k: v for k, v in (self.evidence or {}).items() if v is not None}
        return {
            "weight": self.weight,
            "factor": self.factor,
            "evidence": known,
            "highway": self.linear_models.describe(),
        }

    def tensors(self) -> dict[str, Tensor]:
        """Return the tensors, named ``highway.…``."""
        own = {f"highway.{k}": v for k, v in self.preparation.tensors().items()}
        return {**own, **self.linear_models.tensors()}

    @classmethod
    def from_description(
        cls, described: dict[str, Any], tensors: dict[str, Tensor], kind: Kind
    ) -> Combination:
        """Return what `describe` and `tensors` said."""
        return cls(
            LinearModels.from_description(described["highway"], tensors, kind),
            Preparation.from_tensors(within(tensors, "highway.")),
            float(described["weight"]),
            float(described["factor"]),
            described.get("evidence") or None,
        )


def _outputs(model: Model, sequences: Sequence[Array]) -> Array:
    network, preparation = model
    found = network_outputs(network, preparation.apply(sequences))
    return np.stack(found).astype(np.float64)
