"""Recordings of a folder or a table, read into sequences of features."""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from elman._errors import InputError
from elman.data._room import available_bytes
from elman.data._table import existing_file
from elman.data.sequences._sequences import Sequences
from elman.data.values._missing import Given

from ._cache import FeatureCache
from ._features import SoundFeatures
from ._front_end import FrontEnd
from ._kept import what_is_kept
from ._listed import (
    Listed,
    column_of_paths,
    listed_by,
    listed_in,
    may_name_recordings,
    open_list,
)
from ._read import SOUNDS, content_of, decoded
from ._said import notes_on, notes_on_twins

HIGHEST_RATE = 16_000
"""Samples a second of a front end that nobody chose: speech has little above."""

_ASKED = 100  # recordings, for the rate of most
_SHOWN_SECONDS = 10
_LOOK = 500  # recordings, from one look at the memory to the next


@dataclass(frozen=True)
class Recordings(Sequences):
    """Recordings as sequences of features, with their labels and groups.

    Attributes
    ----------
    X : SoundFeatures
        A list of (steps, width) arrays, float32; it knows its front end.
    y : numpy.ndarray or None
        (n,) labels, or None where there are none.
    channels : list of str
        A name for each number of a step, such as a band's middle.
    source : str
        Their folder or table.
    ids : list of str
        Their paths as they stand there.
    per_step : bool
        Never: a label is of a whole recording.
    notes : list of str
        What was done to some of them.
    groups : numpy.ndarray or None
        (n,) texts, such as the speakers.
    kinds : dict of str to str
        Nothing: all channels are numbers.
    files : list of path
    seconds : numpy.ndarray
        (n,) how long each is.
    """

    files: list[Path] = field(default_factory=list)
    seconds: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))

    @property
    def front_end(self) -> FrontEnd:
        """Which made the features."""
        assert isinstance(self.X, SoundFeatures)  # noqa: S101 - as it is built
        return self.X.front_end


def read_recordings(
    path: str | os.PathLike[str],
    label: str | None = None,
    group: str | None = None,
    *,
    recording: str | None = None,
    pattern: str | None = None,
    front_end: FrontEnd | dict[str, Any] | None = None,
    encoding: str | None = None,
    missing: Given | None = None,
    progress: Callable[[int, int], None] | None = None,
    cache: bool = True,
) -> Recordings:
    """Read recordings, and compute what a network reads of them.

    Parameters
    ----------
    path : str or path
        A folder with a sub-folder of recordings for each label, or whose names say
        the labels (``pattern``); a table with a column of paths, which begin in the
        table's folder; or one recording.
    label, group : str, optional
        Columns of a table: labels; and speakers, or whatever else may not be in two
        parts of the data at once.
    recording : str, optional
        The column of paths; found if it is called ``path``, ``file`` or the like.
    pattern : str, optional
        What the names in a folder say, such as ``"{label}_{group}_*.wav"``. With a
        ``/`` it is compared with the path below the folder. Recordings that it does
        not fit are left out.
    front_end : FrontEnd or dict, optional
        What is computed, or what of `FrontEnd` is to be another than by default. The
        rate is that of most recordings, at most 16,000, if it is not given.
    encoding, missing
        Of a table, as for `read_sequences`.
    progress : callable, optional
        Called with how many recordings are read, and how many there are.
    cache : bool
        Whether features are kept in, and taken from, ``~/.cache/elman/sounds``.

    Returns
    -------
    Recordings
        In the order of the table, or of the paths.

    Raises
    ------
    InputError
        There is no recording, or one cannot be read: one line that names the first,
        and how many more.

    Examples
    --------
    >>> recordings = elman.read_recordings("digits/")  # doctest: +SKIP
    >>> model = elman.SequenceClassifier()  # doctest: +SKIP
    >>> model.fit(recordings.X, recordings.y)  # doctest: +SKIP
    """
    place = Path(path)
    if place.is_dir():
        for name, value in (("label", label), ("group", group), ("path", recording)):
            if value is not None:
                raise InputError(
                    f"{place} is a folder, and {value!r} was given as the column of the"
                    f" {name}; a folder's names say it: give a pattern such as"
                    " '{label}_{group}_*.wav'"
                )
        listed = listed_in(place, pattern)
    elif place.suffix.lower() in SOUNDS:
        listed = Listed([place], [place.name], None, None)
    else:
        listed = _of_table(place, label, group, recording, pattern, encoding, missing)
    return features_of(listed, str(place), front_end, progress, cache)


def holds_recordings(path: str | os.PathLike[str]) -> bool:
    """Return whether a path is a folder, a file of sound, or a table that names some.

    Parameters
    ----------
    path : str or path
    """
    place = Path(path)
    if place.is_dir() or place.suffix.lower() in SOUNDS:
        return True
    if not (place.is_file() and may_name_recordings(place)):
        return False
    try:
        return column_of_paths(open_list(place, None, None, {}).frame) is not None
    except InputError:
        return False


def _of_table(
    place: Path,
    label: str | None,
    group: str | None,
    recording: str | None,
    pattern: str | None,
    encoding: str | None,
    missing: Given | None,
) -> Listed:
    if pattern is not None:
        raise InputError(
            f"{place} is a table: its columns say labels and groups, and a pattern is"
            " for a folder; leave it out"
        )
    file = existing_file(place)
    how = {"encoding": encoding, "missing": missing}
    table = open_list(file, label, group, how)
    column = recording or column_of_paths(table.frame)
    if column is None:
        raise InputError(
            f"{file}: no column of recordings was found (columns:"
            f" {', '.join(table.frame.columns[:12])}); name it with recording=, or"
            " --recording"
        )
    return listed_by(table, label, group, column)


def features_of(
    listed: Listed,
    source: str,
    front_end: FrontEnd | dict[str, Any] | None = None,
    progress: Callable[[int, int], None] | None = None,
    cache: bool = True,
) -> Recordings:
    """Return recordings that were found, read one by one.

    Parameters
    ----------
    listed : Listed
    source : str
        Their folder or table.
    front_end, progress, cache
        As for `read_recordings`.
    """
    advise = not isinstance(front_end, FrontEnd)
    if not isinstance(front_end, FrontEnd):
        front_end = _chosen(listed.files, dict(front_end or {}))
    kept = FeatureCache(front_end) if cache else None
    features, said, digests, bad = [], [], [], []
    for number, file in enumerate(listed.files, start=1):
        try:
            content = content_of(file)
            values, about = _one(content, file, front_end, kept)
            features.append(values)
            said.append(about)
            digests.append(hashlib.sha256(content).digest())
        except InputError as error:
            bad.append(str(error))
        if progress is not None:
            progress(number, len(listed.files))
        if number % _LOOK == 0:
            _check_room(source, features, number, len(listed.files))
    if kept is not None:
        kept.shrink()
    if bad:
        raise InputError(bad[0] + _and_more(bad[1:], source))
    notes = notes_on(listed.names, said, front_end, source, advise)
    notes += notes_on_twins(listed, digests, source)
    kept_of_one = _kept_of_one(listed, said, front_end)
    return Recordings(
        SoundFeatures(features, front_end, kept_of_one),
        listed.labels,
        front_end.channels,
        source,
        list(listed.names),
        notes=[*listed.notes, *notes],
        groups=listed.groups,
        files=list(listed.files),
        seconds=np.array([about["seconds"] for about in said]),
    )


def _one(
    content: bytes, file: Path, front_end: FrontEnd, kept: FeatureCache | None
) -> tuple[NDArray[np.float32], dict[str, Any]]:
    """Return the features of a file, and what there is to say of it."""
    key = kept.key(content) if kept is not None else ""
    found = kept.get(key) if kept is not None else None
    if found is not None:
        return found
    samples, rate, notes = decoded(content, file)
    plain = replace(front_end, level="none")(samples, rate)
    level = plain.mean(0, dtype=np.float64)
    about = {
        "rate": rate,
        "seconds": len(samples) / rate,
        "silent": not samples.any(),
        "notes": notes,
        "level": level.tolist(),
        "varies": float(np.var(plain, axis=0, dtype=np.float64).sum()),
    }
    values = plain
    if front_end.level == "mean":
        values = (plain - level).astype(np.float32)
    if kept is not None:
        kept.put(key, values, about)
    return values, about


def _kept_of_one(
    listed: Listed, said: Sequence[dict[str, Any]], front_end: FrontEnd
) -> dict[str, Any] | None:
    """Return what the features keep of a recording of usual length."""
    heard = [i for i, about in enumerate(said) if not about["silent"]]
    heard.sort(key=lambda i: (said[i]["seconds"], i))
    if not heard:
        return None
    one = heard[len(heard) // 2]
    samples, rate, _ = decoded(content_of(listed.files[one]), listed.files[one])
    found = what_is_kept(front_end, samples[: _SHOWN_SECONDS * rate], rate)
    return {"name": listed.names[one], **found}


def _chosen(files: Sequence[Path], given: dict[str, Any]) -> FrontEnd:
    """Return a front end with the rate of most recordings, if none is given."""
    if "rate" in given:
        return FrontEnd.from_description(given)
    rates: Counter[int] = Counter()
    for i in np.linspace(0, len(files) - 1, min(_ASKED, len(files))).astype(int):
        try:
            rates[decoded(content_of(files[i]), files[i])[1]] += 1
        except InputError:  # is named when it is read
            continue
    most = max(rates, key=lambda rate: (rates[rate], rate), default=HIGHEST_RATE)
    rate = min(max(most, 1000), HIGHEST_RATE)
    return FrontEnd.from_description({**given, "rate": rate})


def _and_more(bad: Sequence[str], source: str) -> str:
    if not bad:
        return ""
    few = "another recording" if len(bad) == 1 else f"{len(bad):,} more recordings"
    verb = "is" if len(bad) == 1 else "are"
    return f" ({few} of {source} {verb} unreadable; the next: {bad[0]})"


def _check_room(
    source: str, features: Sequence[NDArray[np.float32]], done: int, count: int
) -> None:
    """Raise where the rest would not fit, before the system runs out of memory."""
    free = available_bytes()
    each = sum(x.nbytes for x in features) / done
    # Once as they are, then in double precision and prepared.
    wanted = 4 * each * count
    if free is not None and wanted > free + 3 * each * done:
        raise InputError(
            f"{source}: the features of {count:,} recordings need about"
            f" {wanted / 1e9:,.1f} GB, and {free / 1e9:,.1f} GB of memory are free; use"
            " fewer bands, a longer hop, or a part of them"
        )
