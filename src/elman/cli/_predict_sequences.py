"""Predictions of a sequence classifier or regressor as a table."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from elman._errors import InputError, did_you_mean
from elman.data import (
    SOUNDS,
    Sequences,
    as_numbers,
    existing_file,
    holds_recordings,
    holds_sequences,
    is_utf8,
    like,
    open_sequences,
    read_sequences,
    sequences_of,
)
from elman.tasks import TASKS

from ._options import say
from ._reading import read_any
from .held_out._parts import as_texts


def predict_sequences(
    estimator: Any, data: Path, given: dict[str, Any]
) -> tuple[pl.DataFrame, dict[str, float]]:
    """Return one row a sequence (or step), and scores where the file has labels.

    Parameters
    ----------
    estimator : SequenceEstimator
        Fitted.
    data : path
        A file of the kind it was trained on.
    given : dict
        Columns label, id and time, where they are not those of training; what means
        missing besides, and the encoding.

    Raises
    ------
    InputError
        Other channels than in training; the message names the difference.
    """
    known = estimator.results_.get("input", {})
    found = sequences_like(estimator, data, given)
    columns: dict[str, Any] = {"sequence": found.ids}
    predicted = estimator.predict(found.X)
    per_step = bool(known.get("per_step"))
    if per_step:
        lengths = found.lengths
        columns["sequence"] = np.repeat(found.ids, lengths)
        columns["step"] = np.concatenate([np.arange(n) for n in lengths])
        predicted = np.concatenate(list(predicted))
    columns["prediction"] = predicted
    task = TASKS[estimator.task]
    if task.labels == "classes":
        chances = estimator.predict_proba(found.X)
        if per_step:
            chances = np.concatenate(list(chances))
        for i, name in enumerate(estimator.classes_):
            columns[f"probability_{name}"] = chances[:, i]
    scores = {}
    if found.y is not None and found.per_step == per_step and len(found.y):
        truth = _in_form_of(estimator, found)
        columns["label"] = np.concatenate(truth) if per_step else truth
        say(_unknown_labels(estimator, columns["label"], found.source))
        scores[task.score] = float(estimator.score(found.X, truth))
    return pl.DataFrame(columns), scores


def sequences_like(estimator: Any, data: Path, given: dict[str, Any]) -> Sequences:
    """Return a file's sequences, read as those of training, with notes said.

    Parameters
    ----------
    estimator, data, given
        As for `predict_sequences`.
    """
    known = estimator.results_.get("input", {})
    found = _read(data, {**known, **given}, known.get("channels"), given, estimator)
    say([*found.notes, *_unknown_values(estimator, found)])
    return found


def labelled_sequences(estimator: Any, data: Path, given: dict[str, Any]) -> Any:
    """Return sequences and labels of a file, as the run knows them.

    Parameters
    ----------
    estimator, data, given
        As for `predict_sequences`.

    Raises
    ------
    InputError
        It holds no labels, or some of another kind.
    """
    known = estimator.results_.get("input", {})
    found = _read(data, {**known, **given}, known.get("channels"), given, estimator)
    say(found.notes)
    if found.y is None:
        raise InputError(
            f"{data}: there are no labels to score with; name their column with --label"
        )
    if found.per_step != bool(known.get("per_step")):
        raise InputError(
            f"{data}: labels of {'steps' if found.per_step else 'sequences'}, and the"
            " run was trained on the others"
        )
    return found.X, _in_form_of(estimator, found)


def _read(
    data: Path,
    columns: dict[str, Any],
    channels: list[str] | None,
    given: dict[str, Any],
    estimator: Any,
) -> Sequences:
    """Read sequences in the order of channels that training had."""
    front_end = getattr(estimator, "front_end_", None)
    if front_end is not None:
        return _recordings(data, columns, given, estimator)
    if holds_recordings(data):
        raise InputError(
            f"{data} holds recordings, and the run was trained on sequences of numbers;"
            " give a file like the one trained on"
        )
    how: dict[str, Any] = {
        "missing": [*(columns.get("missing") or ()), *(given.get("missing") or ())],
        "encoding": given.get("encoding") or _encoding(data, columns.get("encoding")),
    }
    if holds_sequences(data) and not given.get("label"):
        found = read_sequences(data, **how)
        if channels and len(found.channels) != len(channels):
            raise InputError(
                f"{data}: {len(found.channels)} channels, but the run was trained on"
                f" {len(channels)}"
            )
        return found
    label, id_, time = (columns.get(name) for name in ("label", "id", "time"))
    group = columns.get("group")
    kinds, gaps = columns.get("kinds") or {}, columns.get("gaps", "off")
    table = open_sequences(data, label, id_, kinds=kinds, **how)
    names = table.frame.columns
    if label not in names and "label" not in given:
        label = None
    if group not in names:
        group = None
    if id_ is None or not channels:
        return sequences_of(table, label, id_, time, group=group, kinds=kinds)
    told = columns.get("read_as") or {}
    channels = [name for name in channels if told.get(name) != "elapsed"]
    for name in [*channels, *opt_names(id_, label, time)]:
        if name not in names:
            raise InputError(
                f"{data}: no column {name!r}, which the run was trained on"
                f"{did_you_mean(name, names)}"
            )
    found = sequences_of(
        table, label, id_, time, channels, group, kinds=kinds, gaps=gaps
    )
    elapsed = [name for name, kind in told.items() if kind == "elapsed"]
    if not set(elapsed) <= set(found.channels):
        here = [name for name, kind in found.kinds.items() if kind == "elapsed"]
        raise InputError(
            f"{data}: the run was trained with {elapsed[0]!r}, and here it is"
            f" {here[0]!r}; write the times as those trained on, as moments or numbers"
        )
    return found


def _recordings(
    data: Path, columns: dict[str, Any], given: dict[str, Any], estimator: Any
) -> Sequences:
    """Read recordings as those trained on were; labels that it lacks are none."""
    recording = columns.get("recording")
    if not holds_recordings(data) and not (recording and data.is_file()):
        if not data.exists():
            existing_file(data)
        raise InputError(
            f"{data} holds no recordings, and the run was trained on some; name a"
            " folder of them, a table with a column of paths, or one recording"
        )
    label, pattern = columns.get("label"), columns.get("pattern")
    if data.is_file() and data.suffix.lower() not in SOUNDS:
        names = open_sequences(data, encoding=given.get("encoding")).frame.columns
        if label not in names and "label" not in given:
            label = None
        if recording not in names:
            recording = None
    else:
        label = None
    how = {"label": label, "recording": recording, "front_end": estimator.front_end_}
    how |= {"encoding": given.get("encoding"), "missing": columns.get("missing")}
    if "pattern" in given:
        return read_any(data, {**how, "pattern": pattern})
    try:
        found = read_any(data, {**how, "pattern": pattern})
    except InputError as error:
        # Recordings to predict need not be called as those trained on.
        if pattern is None or "no name fits the pattern" not in str(error):
            raise
        found = read_any(data, how)
    return _without_other_labels(estimator, found)


def _unknown_values(estimator: Any, found: Sequences) -> list[str]:
    """Return what there is to say of categories that were not learned from."""
    from elman.tasks.sequence.columns._unknown import unknown_values

    columns = getattr(estimator, "columns_", None)
    if columns is None or not len(found.X):
        return []
    return [f"{found.source}: {note}" for note in unknown_values(columns, found.X)]


def _unknown_labels(estimator: Any, labels: Any, source: str) -> list[str]:
    """Return a line where some labels are no class of the run: they count as wrong."""
    if TASKS[estimator.task].labels != "classes":
        return []
    named = np.asarray(labels)
    strange = named[~np.isin(named, estimator.classes_)]
    if not len(strange):
        return []
    return [
        f"{source}: {len(strange):,} of {len(named):,} labels, such as"
        f" {strange[0]!s:.40}, are no classes of the run, and count as wrong"
    ]


def _without_other_labels(estimator: Any, found: Sequences) -> Sequences:
    """Return recordings without labels where these are no classes of the run."""
    classes = TASKS[estimator.task].labels == "classes"
    if found.y is None or isinstance(found.y, list) or not classes:
        return found
    known = set(map(str, estimator.classes_.tolist()))
    if known & set(map(str, np.asarray(found.y).tolist())):
        return found
    note = (
        f"{found.source}: {found.y[0]!s:.40} and the other folders are no classes of"
        " the run, and were not taken for labels"
    )
    return replace(found, y=None, notes=[*found.notes, note])


def _encoding(data: Path, trained: str | None) -> str | None:
    """Return the encoding of the file trained on, unless this one's is certain."""
    if trained is None or not data.is_file() or is_utf8(data.read_bytes()):
        return None
    return trained


def _in_form_of(estimator: Any, found: Sequences) -> Any:
    """Return labels as the run knows them, to compare them."""
    if TASKS[estimator.task].labels == "tokens":
        return as_texts(found).y
    labels = found.y

    def change(row: Any) -> Any:
        if TASKS[estimator.task].labels == "numbers":
            return as_numbers(row)
        named = like(estimator.classes_, row)
        if (named.dtype.kind in "US") != (estimator.classes_.dtype.kind in "US"):
            raise InputError(
                f"{found.source}: the labels are texts such as {named.flat[0]!s:.20},"
                f" and the run knows {', '.join(map(str, estimator.classes_[:9]))};"
                " write them alike, or take the column of labels out"
            )
        return named

    return (
        [change(row) for row in labels] if isinstance(labels, list) else change(labels)
    )


def opt_names(id_: str, label: str | None, time: str | None) -> list[str]:
    """Return the columns beside the channels that are there."""
    times = [name.strip() for name in time.split(",")] if time else []
    return [id_, *([label] if label else []), *times]
