"""What a network has to beat: the constant guess, the nearest neighbour, ridge."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from elman.tasks._sampled import sampled

from ._targets import Targets

if TYPE_CHECKING:
    from .kinds._kind import Kind

Floats = NDArray[np.floating]

# Ridge solves a system of this size at most, and 1-NN compares so many numbers.
_MOST_NUMBERS = 1024
_MOST_FRAMES = 64
_MOST_ROWS = 20_000
_REACH = 8
_MOST_RUNS = 20_000

ALPHAS = tuple(10.0**k for k in range(-3, 6))
"""The penalties that a ridge chooses from."""

NEAREST, RIDGE = "1-nearest-neighbour", "ridge"
COUNTS = "n-grams, linear"
"""What the models that all kinds of targets have are called."""


def resampled(sequence: Floats, frames: int) -> NDArray[np.float64]:
    """Return (frames, C): the sequence at evenly spaced times, linear between steps."""
    at = np.linspace(0, len(sequence) - 1, frames)
    steps = np.arange(len(sequence))
    return np.stack([np.interp(at, steps, c) for c in sequence.T], axis=1)


def summary(sequence: Floats) -> NDArray[np.float64]:
    """Return what a sequence is like in all, (7·C + 1,).

    Of each channel the mean, deviation, least, greatest, first and last value, and the
    mean size of a change from step to step; the logarithm of the length.
    """
    values = np.asarray(sequence, np.float64)
    parts = [values.mean(0), values.std(0), values.min(0), values.max(0)]
    movement = np.abs(np.diff(values, axis=0, prepend=values[:1])).mean(0)
    return np.concatenate(
        [*parts, values[0], values[-1], movement, [np.log(len(values))]]
    )


def slopes(sequence: Floats) -> NDArray[np.float64]:
    """Return (C,): the least-squares slope of each channel, per step."""
    steps = np.arange(len(sequence)) - (len(sequence) - 1) / 2
    slope: NDArray[np.float64] = steps @ sequence / max(float(steps @ steps), 1e-12)
    return slope


def windows(sequence: Floats, reach: int = _REACH) -> NDArray[np.float64]:
    """Return (T, (2·reach + 1)·C): each step with its neighbours, zero outside."""
    padded = np.pad(np.asarray(sequence, np.float64), ((reach, reach), (0, 0)))
    view = np.lib.stride_tricks.sliding_window_view(padded, 2 * reach + 1, axis=0)
    return view.reshape(len(sequence), -1)


class Baselines:
    """The simple models of a task, fitted on the same sequences as the network.

    For one target a sequence: the most frequent class or the mean; the nearest
    neighbour (Euclidean distance of sequences resampled to one length); ridge on
    the resampled frames and on each channel's summary. For one target a step:
    the constant, and ridge on a window of up to 8 steps to either side.

    Parameters
    ----------
    kind : Kind
        Which models there are for these targets.
    codes : sequence of int
        Columns of each field of categories, the last ones of a sequence: a linear model
        reads how often which runs of their values occur.
    """

    def __init__(self, kind: Kind, codes: Sequence[int] = ()) -> None:
        self.kind = kind
        self.codes = list(codes)
        self._counts: Any = None
        self.models: dict[str, Any] = {}
        self.notes: list[str] = []
        self._frames = 1
        self._reach = 0

    def fit(self, sequences: Sequence[Floats], targets: Targets) -> Baselines:
        """Fit every model.

        Parameters
        ----------
        sequences : sequence of ndarray
            (T_i, C) without missing values, as the network reads them.
        targets : Targets
            Class numbers, or numbers (n, K); steps without one are left out.
        """
        channels = sequences[0].shape[1] - sum(self.codes)
        lengths = [len(s) for s in sequences]
        most = max(1, _MOST_NUMBERS // channels)
        self._frames = int(min(np.median(lengths), _MOST_FRAMES, most))
        self._reach = min(_REACH, (most - 1) // 2)
        self.models = self.kind.baselines(targets)
        if targets.per_step:
            self.models.pop(NEAREST)
        elif self.codes:
            from .linear._counts import CountBlock

            self._counts = CountBlock.drawn(sequences, self.codes, _MOST_RUNS)
            self.models[COUNTS] = self.kind.counted()
        features = self._features(sequences, targets.per_step)
        if targets.weights is not None:
            features["weights"] = targets.weights
        values, features = _thinned(*_known(targets.values, features))
        weights = features.get("weights")
        if len(values) < len(targets.values):
            self.notes.append(f"baselines were fitted on {len(values):,} rows")
        for name, model in list(self.models.items()):
            with warnings.catch_warnings():
                # Ill-conditioned at the smallest penalty: another one is chosen.
                warnings.simplefilter("ignore")
                try:
                    model.fit(
                        features[_input(name)], values, **_weights(model, weights)
                    )
                except (ValueError, ArithmeticError, MemoryError) as error:
                    # A network that is trained is not lost to a simple model.
                    del self.models[name]
                    self._leave_out(name, error)
        return self

    def predict(
        self, sequences: Sequence[Floats], per_step: bool
    ) -> dict[str, NDArray[Any]]:
        """Return each model's prediction, steps end to end."""
        features = self._features(sequences, per_step)
        found = {}
        for name, model in list(self.models.items()):
            try:
                predicted = model.predict(features[_input(name)])
            except (ValueError, ArithmeticError, MemoryError) as error:
                self._leave_out(name, error)
                continue
            found[name] = self.kind.in_rows(predicted)
        return found

    def _leave_out(self, name: str, error: Exception) -> None:
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        self.notes.append(f"the baseline {name} is left out ({reason:.160})")

    def _features(
        self, sequences: Sequence[Floats], per_step: bool
    ) -> dict[str, NDArray[np.float64]]:
        counted = (
            {} if self._counts is None else {"counts": self._counts.sparse(sequences)}
        )
        if self.codes:
            sequences = [s[:, : s.shape[1] - sum(self.codes)] for s in sequences]
        if per_step:
            window = np.concatenate([windows(s, self._reach) for s in sequences])
            return {"frames": window, "all": window}
        frames = np.stack([resampled(s, self._frames).ravel() for s in sequences])
        summaries = np.stack([summary(s) for s in sequences])
        every = np.concatenate([frames, summaries], 1)
        return {"frames": frames, "all": every, **counted}


def ridge(model: Any) -> Any:
    """Return a ridge that standardises its features."""
    return make_pipeline(StandardScaler(), model)


def _input(name: str) -> str:
    return {RIDGE: "all", COUNTS: "counts"}.get(name, "frames")


def _weights(
    model: Any, weights: NDArray[np.float64] | None
) -> dict[str, NDArray[np.float64]]:
    """Return the weights for each part of a ridge; the others take the rows as is."""
    if weights is not None and isinstance(model, LogisticRegression | Ridge):
        return {"sample_weight": weights}
    if weights is None or not isinstance(model, Pipeline):
        return {}
    return {f"{name}__sample_weight": weights for name in model.named_steps}


def _known(
    values: NDArray[Any], features: dict[str, NDArray[np.float64]]
) -> tuple[NDArray[Any], dict[str, NDArray[np.float64]]]:
    """Leave out the rows without a target."""
    if values.dtype.kind == "i":
        return values, features
    known = ~np.isnan(values).any(axis=1)
    return values[known], {k: v[known] for k, v in features.items()}


def _thinned(
    values: NDArray[Any], features: dict[str, NDArray[np.float64]]
) -> tuple[NDArray[Any], dict[str, NDArray[np.float64]]]:
    """Keep as many rows, drawn at random, as can be solved for."""
    kept = sampled(len(values), _MOST_ROWS)
    return values[kept], {k: v[kept] for k, v in features.items()}
