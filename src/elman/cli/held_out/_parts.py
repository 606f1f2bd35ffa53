"""Sequences to train on and sequences to score on."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from elman._arguments import MOST_SEED, whole_number
from elman._errors import InputError
from elman.cli._reading import described, digest, read_any
from elman.data import (
    Recordings,
    Sequences,
    SoundFeatures,
    as_numbers,
    drawn_groups,
    in_both,
    like,
    matching,
)
from elman.tasks import TASKS

Labelled = tuple[list[np.ndarray], Any]

# Random orders of each kind that the held-out sequences are scored in.
_DRAWS = 3


@dataclass(frozen=True)
class Parts:
    """Training and test sequences with their labels.

    Attributes
    ----------
    train : tuple
        Sequences and labels to train on.
    test : tuple or None
        Sequences and labels to score on, if there are any.
    split : str
        What the test sequences are, in words.
    notes : list of str
    input : dict
        Columns and channels, which predicting needs again.
    test_file : path or None
        Where the test sequences are from, if from a file of their own.
    files : tuple of path
        What else was read.
    groups : ndarray or None
        Those of the training sequences, which stay together.
    sounds : dict or None
        Of recordings: what the report shows of them.
    contents : str
        Of recordings: a digest of what was read of them.
    """

    train: Labelled
    test: Labelled | None
    split: str
    notes: list[str]
    input: dict[str, Any]
    test_file: Path | None = None
    files: tuple[Path, ...] = ()
    groups: np.ndarray | None = None
    sounds: dict[str, Any] | None = None
    contents: str = ""

    def check(self, estimator: Any) -> list[str]:
        """Return what the scores will have to say; raise if there can be none."""
        from elman.tasks import check_held_out

        if _says(estimator.task):
            return []
        return check_held_out(estimator, self.train, self.test)

    def fitting(self) -> dict[str, Any]:
        """Return what else ``fit`` and ``compare`` take."""
        return {} if self.groups is None else {"groups": self.groups}

    def score(self, estimator: Any) -> None:
        """Score an estimator on the test part, its steps in other orders as well."""
        if self.test is None:
            return
        estimator.evaluate(*self.test, split=self.split)
        if max(map(len, self.test[0])) > 1 and not _says(estimator.task):
            estimator.scores_by_order(*self.test, _DRAWS, split=self.split)

    def arguments(self, options: dict[str, Any]) -> dict[str, Any]:
        """Return the options with weights by the labels themselves, be they numbers.

        And with what the channels are, where the file has others than numbers.
        """
        told = self.input.get("read_as")
        if told:
            names = self.input["channels"]
            kinds = {names.index(name): kind for name, kind in told.items()}
            options = {**options, "columns": kinds}
        weights = options.get("class_weight")
        y = self.train[1]
        if not isinstance(weights, dict) or y is None:
            return options
        rows = y if isinstance(y, list) else [y]
        labels = {str(x): x for row in rows for x in np.unique(row).tolist()}
        known = {labels.get(name, name): value for name, value in weights.items()}
        return {**options, "class_weight": known}


def _says(task: str) -> bool:
    """Return whether a task is about what sequences say: rows of labels."""
    return TASKS[task].labels == "tokens"


def held_out(
    task: str,
    data: Path,
    columns: dict[str, Any],
    test: Path | None,
    share: float,
    seed: int,
) -> Parts:
    """Read the sequences and part them.

    Parameters
    ----------
    task : str
        One whose data are sequences.
    data : path
        Training sequences.
    columns : dict
        label, id, time and group of a table; encoding, and what means missing; of
        recordings what `sound_columns` returned.
    test : path or None
        Test sequences; None looks for a ``_TEST`` beside ``_TRAIN``, and else
        holds out a share.
    share : float
        From 0 (none) to below 1.
    seed : int
        Draws the share; classes keep their proportions.

    Raises
    ------
    InputError
        No labels, labels of the wrong kind, other channels in the test file, or a
        share or seed out of range.
    """
    if not 0 <= share < 1:
        raise InputError(f"--test-fraction must be at least 0 and below 1, got {share}")
    whole_number("--seed", seed, 0, MOST_SEED)
    pattern = columns.get("test_pattern")
    if TASKS[task].labels == "tokens" and columns.get("gaps") == "auto":
        columns = columns | {"gaps": "off"}
    whole = _labelled(task, read_any(data, columns))
    if whole.kinds and TASKS[task].labels == "tokens":
        name, kind = next(iter(whole.kinds.items()))
        raise InputError(
            f"{data}: {name!r} is {kind}, and {task} reads numbers; leave the column"
            " out, or give --gaps off for times"
        )
    notes = list(whole.notes)
    # What was guessed of the training part holds for every other.
    columns = columns | {"kinds": _told(columns, whole), "gaps": _gaps_of(whole)}
    details = columns | {"channels": whole.channels, "per_step": whole.per_step}
    if whole.kinds:
        details["read_as"] = whole.kinds
    details |= described(whole)
    if test is None and data.stem.endswith("_TRAIN"):
        beside = data.with_name(data.stem[: -len("TRAIN")] + "TEST" + data.suffix)
        if beside.is_file() or beside.is_dir():
            test = beside
            notes.append(f"scored on {beside.name}, found beside {data.name}")
    if test is not None:
        other = _labelled(task, read_any(test, columns, whole))
        whole, other = _alike(task, whole, other)
        notes += [note for note in other.notes if note not in notes]
        _check_alike(data, whole, test, other)
        notes += in_both(whole.groups, other.groups)
        split = f"test, {Path(test).name}"
        return Parts(
            (whole.X, whole.y),
            (other.X, other.y),
            split,
            notes,
            details,
            test,
            groups=whole.groups,
            contents=digest(whole, other),
        )
    if pattern:
        inside = matching(pattern, whole.ids)
        rows, held = np.flatnonzero(~inside), np.flatnonzero(inside)
        if len(rows) < 2:
            raise InputError(
                f"--test-pattern {pattern!r} leaves {len(rows)} recordings of"
                f" {len(whole)} to train on"
            )
        split = f"test, {pattern}"
        if whole.groups is not None:
            notes += in_both(whole.groups[rows], whole.groups[held])
    else:
        rows, held = _draw(task, whole, share, seed)
        split = f"test, {share:.0%} held out at random"
        if whole.groups is not None:
            many = len(np.unique(whole.groups[held]))
            split = f"test, {many} of {len(np.unique(whole.groups))} groups held out"
    parts = Parts(
        _take(whole, rows),
        _take(whole, held),
        split,
        notes,
        details,
        groups=None if whole.groups is None else whole.groups[rows],
        contents=digest(whole),
    )
    return parts if len(held) else replace(parts, test=None, split="")


def _check_alike(data: Path, whole: Sequences, test: Path, other: Sequences) -> None:
    """Raise unless the test part has the channels and labels of the other."""
    if other.channels != whole.channels:
        raise InputError(
            f"{test}: the channels are {', '.join(other.channels[:8])}, but {data} has"
            f" {', '.join(whole.channels[:8])}"
        )
    if other.per_step != whole.per_step:
        kinds = ("one label a sequence", "one label a step")
        raise InputError(
            f"{test} has {kinds[other.per_step]}, but {data} {kinds[whole.per_step]};"
            " give a test file like it, or leave --test out"
        )


def _told(columns: dict[str, Any], found: Sequences) -> dict[str, str]:
    """Return what columns of a table are, so that the next file is read alike."""
    given = dict(columns.get("kinds") or {})
    if not found.kinds and not given:
        return given
    if columns.get("id") is None:
        steps = {"words": "text", "characters": "category"}
        return given | {n: steps[k] for n, k in found.kinds.items() if k in steps}
    told = dict.fromkeys(found.channels, "number") | found.kinds
    return {name: kind for name, kind in told.items() if kind != "elapsed"}


def _gaps_of(found: Sequences) -> str:
    return "on" if "elapsed" in found.kinds.values() else "off"


def _labelled(task: str, found: Sequences) -> Sequences:
    """Return sequences that have labels of the kind that the task is about."""
    if found.y is None and isinstance(found, Recordings):
        raise InputError(
            f"{found.source}: there are no labels; put the recordings into a sub-folder"
            " for each, let their names say it (--pattern '{label}_*'), or name a"
            " table's column with --label"
        )
    if found.y is None:
        raise InputError(
            f"{found.source}: there are no labels; name their column with --label"
            if not found.source.lower().endswith((".ts", ".npz", ".arff"))
            else f"{found.source}: the file holds no labels (in .npz: the array y)"
        )
    if TASKS[task].labels == "numbers":
        found = replace(found, y=_each(as_numbers, found))
    if _says(task):
        return as_texts(found)
    assert found.y is not None  # noqa: S101 - for the type checker
    first = found.y[0] if found.per_step else found.y
    if TASKS[task].labels == "numbers" and np.asarray(first).dtype.kind not in "iuf":
        raise InputError(
            f"{found.source}: the labels are text, such as {np.ravel(first)[0]!s:.30},"
            " not numbers; use 'elman train classify'"
        )
    return found


def as_texts(found: Sequences) -> Sequences:
    """Return sequences with what each says as a text.

    Raises
    ------
    InputError
        There is a label for each step.
    """
    if found.per_step:
        raise InputError(
            f"{found.source}: the labels differ from step to step; a transcription is"
            " one text for each sequence, the same in all rows of its id"
        )
    texts = [] if found.y is None else [str(text) for text in np.asarray(found.y)]
    return replace(found, y=np.array(texts))


def _alike(
    task: str, whole: Sequences, other: Sequences
) -> tuple[Sequences, Sequences]:
    """Return both with labels of one kind: two files may call for two."""
    if TASKS[task].labels == "numbers":
        return whole, other
    labels, others = _end_to_end(whole), _end_to_end(other)
    if labels.dtype.kind == others.dtype.kind:
        return whole, other
    classes = np.unique(labels)
    other = replace(other, y=_each(lambda y: like(classes, y), other))
    if _end_to_end(other).dtype.kind != classes.dtype.kind:
        return tuple(  # type: ignore[return-value]
            replace(f, y=_each(lambda y: np.asarray(y).astype(str), f))
            for f in (whole, other)
        )
    return whole, other


def _each(change: Any, found: Sequences) -> Any:
    """Return the labels changed: those of the sequences, or of each one's steps."""
    y = found.y
    return [change(row) for row in y] if isinstance(y, list) else change(y)


def _end_to_end(found: Sequences) -> np.ndarray:
    y = found.y
    return np.concatenate(y) if isinstance(y, list) else np.asarray(y)


def _draw(
    task: str, whole: Sequences, share: float, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return rows to train on and rows held out."""
    count = len(whole)
    rows = np.random.default_rng(seed).permutation(count)
    wanted = min(round(share * count), count - 2)
    if wanted < 1:
        return np.arange(count), np.arange(0)
    classes = TASKS[task].labels == "classes" and not whole.per_step
    if whole.groups is not None:
        labels = np.asarray(whole.y) if classes else None
        held = drawn_groups(whole.groups, labels, share, seed)
        if not held.any():
            raise InputError(
                f"{whole.source}: no group can be held out whole: each alone has some"
                " class, or there is one group only; give a --test part, or leave"
                " --group out"
            )
        return np.flatnonzero(~held), np.flatnonzero(held)
    if classes:
        # Row k of a class of n stands at (k + 1/2) / n: taking the lowest first
        # takes the same share of every class, and leaves each at least one row.
        labels = np.asarray(whole.y)[rows]
        place = np.empty(count)
        for label in np.unique(labels):
            members = np.flatnonzero(labels == label)
            place[members] = (np.arange(len(members)) + 0.5) / len(members)
            place[members[-1]] = np.inf
        wanted = min(wanted, int(np.isfinite(place).sum()))
        rows = rows[np.argsort(place, kind="stable")]
    return np.sort(rows[wanted:]), np.sort(rows[:wanted])


def _take(whole: Sequences, rows: np.ndarray) -> Labelled:
    y = whole.y
    assert y is not None  # noqa: S101 - checked when read; for the type checker
    labels = [y[i] for i in rows] if isinstance(y, list) else y[rows]
    if isinstance(whole.X, SoundFeatures):
        return whole.X.taken(rows), labels
    return [whole.X[i] for i in rows], labels
