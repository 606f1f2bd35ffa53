"""Predictions of a sequence classifier or regressor as a table."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from elman._errors import InputError, did_you_mean
from elman.data import Sequences, read_sequences, read_table, sequences_from_frame


def predict_sequences(
    estimator: Any, data: Path, given: dict[str, str]
) -> tuple[pl.DataFrame, dict[str, float]]:
    """Return one row a sequence (or step), and scores where the file has labels.

    Parameters
    ----------
    estimator : SequenceClassifier or SequenceRegressor
        Fitted.
    data : path
        A file of the kind it was trained on.
    given : dict
        Columns label, id and time, where they are not those of training.

    Raises
    ------
    InputError
        Other channels than in training; the message names the difference.
    """
    known = estimator.results_.get("input", {})
    found = _read(data, {**known, **given}, known.get("channels"), given)
    columns: dict[str, Any] = {"sequence": found.ids}
    predicted = estimator.predict(found.X)
    per_step = bool(known.get("per_step"))
    if per_step:
        lengths = found.lengths
        columns["sequence"] = np.repeat(found.ids, lengths)
        columns["step"] = np.concatenate([np.arange(n) for n in lengths])
        predicted = np.concatenate(list(predicted))
    columns["prediction"] = predicted
    if estimator.task == "classify":
        chances = estimator.predict_proba(found.X)
        if per_step:
            chances = np.concatenate(list(chances))
        for i, name in enumerate(estimator.classes_):
            columns[f"probability_{name}"] = chances[:, i]
    scores = {}
    if found.y is not None and found.per_step == per_step:
        name = "accuracy" if estimator.task == "classify" else "R²"
        truth = found.y
        columns["label"] = np.concatenate(truth) if per_step else truth
        scores[name] = float(estimator.score(found.X, truth))
    return pl.DataFrame(columns), scores


def _read(
    data: Path,
    columns: dict[str, Any],
    channels: list[str] | None,
    given: dict[str, str],
) -> Sequences:
    """Read sequences in the order of channels that training had."""
    if data.suffix.lower() in (".ts", ".npz", ".npy"):
        found = read_sequences(data)
        if channels and len(found.channels) != len(channels):
            raise InputError(
                f"{data}: {len(found.channels)} channels, but the run was trained on"
                f" {len(channels)}"
            )
        return found
    frame = read_table(data)
    label, id_, time = (columns.get(name) for name in ("label", "id", "time"))
    if label not in frame.columns and "label" not in given:
        label = None
    if id_ is not None and channels:
        keep = [*channels, *opt_names(id_, label, time)]
        for name in keep:
            if name not in frame.columns:
                raise InputError(
                    f"{data}: no column {name!r}, which the run was trained on"
                    f"{did_you_mean(name, frame.columns)}"
                )
        frame = frame.select(keep)
    return sequences_from_frame(frame, label, id_, time, source=str(data))


def opt_names(id_: str, label: str | None, time: str | None) -> list[str]:
    """Return the columns beside the channels that are there."""
    times = [name.strip() for name in time.split(",")] if time else []
    return [id_, *([label] if label else []), *times]
