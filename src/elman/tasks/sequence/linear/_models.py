"""Linear models on fixed features, averaged: where a sequence estimator starts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from elman.tasks._networks import within
from elman.tasks._sampled import sampled
from elman.tasks.sequence._targets import Targets
from elman.tasks.sequence.kinds._kind import Kind

from ._blocks import (
    Block,
    Features,
    LikenessBlock,
    Values,
    block_from_tensors,
    blocks_of,
    size_for,
)
from ._counts import CountBlock
from ._ridge import Ridge, fit_ridge

Array = NDArray[np.float64]

# Each model: the kinds of features it reads, and its weight before any evidence.
PARTS: dict[str, tuple[tuple[str, ...], float]] = {
    "random convolutions": (("convolutions", "kernels", "likeness"), 0.7),
    "random recurrent network": (("reservoir",), 0.1),
    "likeness to examples": (("likeness",), 0.1),
    "resampled steps": (("frames", "summary"), 0.1),
}
"""The linear models by name, after what they read."""

_OF_WORDS: dict[str, tuple[tuple[str, ...], float]] = {
    "counts of values": (("counts",), 0.7),
    "random recurrent network": (("reservoir",), 0.1),
    "likeness to examples": (("likeness",), 0.1),
    "resampled steps": (("frames", "summary"), 0.1),
}
"""Those of categories and words alone."""

_OF_BOTH: dict[str, tuple[tuple[str, ...], float]] = {
    "counts of values": (("counts",), 0.35),
    "random convolutions": (("convolutions", "kernels", "likeness"), 0.35),
    "random recurrent network": (("reservoir",), 0.1),
    "likeness to examples": (("likeness",), 0.1),
    "resampled steps": (("frames", "summary"), 0.1),
}
"""Those where numbers stand beside them."""

_READS = {name: kinds for name, (kinds, _) in {**PARTS, **_OF_BOTH}.items()}

MOST_ROWS, MOST_STEPS = 20_000, 20_000_000
"""More sequences, or more steps in all, are fitted on a random part of them."""

_PREDICTED_TOGETHER = 2000
_FAR = 10.0


@dataclass(frozen=True)
class _Scaled:
    """A block of features, standardised, its squares summing to about 1 a row."""

    block: Block
    mean: NDArray[np.float32]
    factor: NDArray[np.float32]
    limit: float

    @classmethod
    def fit(cls, block: Block, features: Features) -> _Scaled:
        mean, spread = features.mean(0), features.std(0)
        # A kernel's features have their scale, and so have counts.
        if isinstance(block, LikenessBlock | CountBlock):
            return cls(block, mean, np.ones_like(mean), np.inf)
        varies = spread > 1e-6 * np.maximum(1.0, np.abs(mean))
        factor = np.where(varies, 1.0 / np.maximum(spread, 1e-12), 0.0)
        root = float(np.sqrt(max(1, int(varies.sum()))))
        return cls(block, mean, (factor / root).astype(np.float32), _FAR / root)

    def scale(self, features: Features) -> Features:
        # A feature far outside the training part's range must not decide alone.
        return np.clip((features - self.mean) * self.factor, -self.limit, self.limit)

    def __call__(self, sequences: Sequence[Values]) -> Features:
        return self.scale(self.block(sequences))


@dataclass(frozen=True)
class _Part:
    """A linear model: outputs are ``factor`` times what it predicts."""

    coefficients: Array
    intercept: Array
    factor: float

    def outputs(self, features: Features, kind: Kind) -> Array:
        raw = np.asarray(features @ self.coefficients + self.intercept, np.float64)
        return kind.outputs(raw, self.factor)


class LinearModels:
    """Several linear models on fixed features, and how much each one counts.

    Parameters
    ----------
    kind : Kind
        What the outputs are: log-probabilities of classes, or numbers.
    blocks : dict of str to scaled block
    parts : dict of str to linear model
        A name of `PARTS` each.
    shares : ndarray
        Weights of the parts, summing to 1.
    codes : list of int
        Columns of each field of categories, the last ones of a sequence.

    Attributes
    ----------
    each_left_out : dict of str to ndarray
        After `fit` alone: outputs (m, K) of each part for the sequences ``rows``, by
        models that did not see the sequence.
    rows : ndarray
        After `fit` alone: int64 (m,), the sequences fitted on.
    """

    def __init__(
        self,
        kind: Kind,
        blocks: dict[str, _Scaled],
        parts: dict[str, _Part],
        shares: Array,
        codes: Sequence[int] = (),
    ) -> None:
        self.codes = list(codes)
        self.kind = kind
        self.blocks = blocks
        self.parts = parts
        self.shares = shares
        self.each_left_out: dict[str, Array] = {}
        self.rows = np.empty(0, np.int64)

    @classmethod
    def fit(
        cls,
        sequences: Sequence[Values],
        targets: Targets,
        kind: Kind,
        seed: int,
        codes: Sequence[int] = (),
        *,
        alone: bool = False,
    ) -> LinearModels:
        """Fit every part on all sequences, or on as many as there is time for.

        Parameters
        ----------
        sequences : sequence of ndarray
            float32 (T_i, C), as the network reads them.
        targets : Targets
            One a sequence: class numbers, or numbers (n, K) of scale about 1.
        kind : Kind
        seed : int
        codes : sequence of int
            Columns of each field of categories, the last ones of a sequence.
        alone : bool
            Whether there is nothing but fields.
        """
        rows = _fitted_rows([len(s) for s in sequences])
        chosen = [sequences[i] for i in rows]
        part = targets.take(rows)
        rng = np.random.default_rng([seed, 1])
        size = size_for(len(rows), sum(len(s) for s in chosen))
        blocks: dict[str, _Scaled] = {}
        features: dict[str, Features] = {}
        named = PARTS if not codes else _OF_WORDS if alone else _OF_BOTH
        numbers = _numbers(chosen, codes)
        wanted = {kind for kinds, _ in named.values() for kind in kinds}
        made: dict[str, Block] = dict(blocks_of(numbers, size, rng, wanted))
        if codes:
            made["counts"] = CountBlock.drawn(chosen, codes, size.runs)
        for name, block in made.items():
            raw = block(chosen if name == "counts" else numbers)
            blocks[name] = _Scaled.fit(block, raw)
            features[name] = blocks[name].scale(raw)
        truth, loss = kind.regressed(part)
        parts, each_left_out = {}, {}
        for name, (kinds, _) in named.items():
            joined = _joined(features, kinds)
            ridge: Ridge = fit_ridge(joined, truth, part.weights, loss, part.groups)
            factor = kind.factor(ridge.left_out, part)
            parts[name] = _Part(ridge.coefficients, ridge.intercept, factor)
            each_left_out[name] = kind.outputs(ridge.left_out, factor)
        prior = [share for _, share in named.values()]
        shares = kind.shares(list(each_left_out.values()), part, prior)
        models = cls(kind, blocks, parts, shares, codes)
        models.each_left_out, models.rows = each_left_out, rows
        return models

    def left_out(self) -> Array:
        """Return (m, K): outputs for ``rows`` by models that did not see them."""
        return self.kind.averaged(list(self.each_left_out.values()), self.shares)

    def outputs(self, sequences: Sequence[Values]) -> Array:
        """Return (n, K): log-probabilities, or numbers.

        Parameters
        ----------
        sequences : sequence of ndarray
            float32 (T_i, C), prepared as those of `fit`.
        """
        return self.kind.averaged(list(self.each(sequences).values()), self.shares)

    def each(self, sequences: Sequence[Values]) -> dict[str, Array]:
        """Return the outputs of each part."""
        found: dict[str, list[Array]] = {name: [] for name in self.parts}
        for start in range(0, len(sequences), _PREDICTED_TOGETHER):
            some = sequences[start : start + _PREDICTED_TOGETHER]
            numbers = _numbers(some, self.codes)
            features = {
                name: block(some if name == "counts" else numbers)
                for name, block in self.blocks.items()
            }
            for name, part in self.parts.items():
                joined = _joined(features, _READS[name])
                found[name].append(part.outputs(joined, self.kind))
        return {name: np.concatenate(rows) for name, rows in found.items()}

    def describe(self) -> dict[str, Any]:
        """Return everything but the tensors as plain values."""
        return {
            "blocks": list(self.blocks),
            "parts": list(self.parts),
            "limits": [scaled.limit for scaled in self.blocks.values()],
            "factors": [part.factor for part in self.parts.values()],
            "pool": [float(w) for w in self.shares],
            **({"codes": self.codes} if self.codes else {}),
        }

    def tensors(self) -> dict[str, Tensor]:
        """Return the tensors, named ``highway.…``."""
        found: dict[str, Tensor] = {}
        for i, scaled in enumerate(self.blocks.values()):
            prefix = f"highway.block{i}"
            found[f"{prefix}.mean"] = torch.from_numpy(scaled.mean.copy())
            found[f"{prefix}.factor"] = torch.from_numpy(scaled.factor.copy())
            for name, tensor in scaled.block.tensors().items():
                found[f"{prefix}.own.{name}"] = tensor
        for i, part in enumerate(self.parts.values()):
            prefix = f"highway.part{i}"
            found[f"{prefix}.coefficients"] = torch.from_numpy(part.coefficients.copy())
            found[f"{prefix}.intercept"] = torch.from_numpy(part.intercept.copy())
        return found

    @classmethod
    def from_description(
        cls, described: dict[str, Any], tensors: dict[str, Tensor], kind: Kind
    ) -> LinearModels:
        """Return what `describe` and `tensors` said."""
        blocks, parts = {}, {}
        for i, name in enumerate(described["blocks"]):
            prefix = f"highway.block{i}"
            block = block_from_tensors(name, within(tensors, f"{prefix}.own."))
            mean, factor = tensors[f"{prefix}.mean"], tensors[f"{prefix}.factor"]
            limit = float(described["limits"][i])
            blocks[name] = _Scaled(block, mean.numpy(), factor.numpy(), limit)
        for i, name in enumerate(described["parts"]):
            prefix = f"highway.part{i}"
            parts[name] = _Part(
                tensors[f"{prefix}.coefficients"].numpy(),
                tensors[f"{prefix}.intercept"].numpy(),
                float(described["factors"][i]),
            )
        shares = np.array(described["pool"])
        return cls(kind, blocks, parts, shares, described.get("codes", ()))


def _numbers(sequences: Sequence[Values], codes: Sequence[int]) -> Sequence[Values]:
    """Return the sequences without the numbers of categories."""
    if not codes:
        return sequences
    return [s[:, : s.shape[1] - sum(codes)] for s in sequences]


def _joined(features: dict[str, Features], kinds: Sequence[str]) -> Features:
    """Return the blocks of these kinds side by side, each with the same weight."""
    own = [f for name, f in features.items() if name.partition(".")[0] in kinds]
    return np.concatenate(own, 1) / np.float32(np.sqrt(len(own)))


def _fitted_rows(lengths: Sequence[int]) -> NDArray[np.int64]:
    """Return the sequences that the parts are fitted on, drawn alike each time."""
    many = len(lengths)
    typical = sum(lengths) / many
    return np.asarray(sampled(many, int(min(MOST_ROWS, MOST_STEPS / typical))))
