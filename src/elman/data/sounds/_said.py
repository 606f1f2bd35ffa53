"""What there is to say of recordings that were read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ._front_end import FrontEnd
from ._listed import Listed


def notes_on(
    names: Sequence[str],
    said: Sequence[dict[str, Any]],
    front_end: FrontEnd,
    source: str,
    advise: bool = True,
) -> list[str]:
    """Return a line for whatever was done to some of the recordings.

    Parameters
    ----------
    names : sequence of str
    said : sequence of dict
        What each was read as.
    front_end : FrontEnd
    source : str
        Their folder or table.
    advise : bool
        Whether the front end may still be another one.
    """
    which: dict[str, list[str]] = {}
    for name, about in zip(names, said, strict=True):
        if about["rate"] != front_end.rate:
            what = f"{about['rate']:,} samples a second became {front_end.rate:,}"
            which.setdefault(what, []).append(name)
        if about["silent"]:
            which.setdefault("nothing but silence", []).append(name)
        if about["seconds"] < front_end.window:
            what = f"shorter than a window of {1000 * front_end.window:g} ms"
            which.setdefault(what, []).append(name)
        for note in about["notes"]:
            which.setdefault(note, []).append(name)
    steady = _steady(said) if advise and front_end.level == "mean" else 0.0
    if steady > 0.5:
        which[
            f"{100 * steady:.0f} % of what varies differs between recordings and not"
            " inside one, and is taken away with each band's mean; of steady sounds,"
            " such as tones or machines, level='none' (--level none) keeps it"
        ] = list(names)
    return [
        f"{source}: {len(found):,} of {len(names):,} recordings, such as {found[0]}:"
        f" {what}"
        for what, found in which.items()
    ]


def notes_on_twins(listed: Listed, digests: Sequence[bytes], source: str) -> list[str]:
    """Return a line where files hold the same bytes, and one where labels differ.

    Parameters
    ----------
    listed : Listed
    digests : sequence of bytes
        Of each file's content.
    source : str
        Their folder or table.
    """
    first: dict[bytes, int] = {}
    pairs = [
        (i, j) for i, key in enumerate(digests) if (j := first.setdefault(key, i)) != i
    ]
    if not pairs:
        return []
    names, labels = listed.names, listed.labels
    which = [pairs]
    says = ["holds what another holds too; two parts of the data may share it"]
    if labels is not None:
        other = [(i, j) for i, j in pairs if labels[i] != labels[j]]
        if other:
            which.append(other)
            says.append("has another label than one that holds the same")
    return [
        f"{source}: {len(some):,} of {len(names):,} recordings, such as {names[i]}"
        f" (as {names[j]}): {what}"
        for some, what in zip(which, says, strict=True)
        for i, j in some[:1]
    ]


def _steady(said: Sequence[dict[str, Any]]) -> float:
    """Return how much of what varies does so between recordings, from 0 to 1."""
    heard = [about for about in said if not about["silent"]]
    if len(heard) < 2:
        return 0.0
    between = float(np.var([about["level"] for about in heard], axis=0).sum())
    within = float(np.mean([about["varies"] for about in heard]))
    return between / max(between + within, 1e-12)
