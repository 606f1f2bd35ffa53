"""Groups that are held out as a whole, such as all recordings of a speaker."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from elman._errors import InputError

from ._columns import complete_column, place


def drawn_groups(
    groups: NDArray[Any],
    classes: NDArray[Any] | None,
    share: float,
    seed: int,
    least: int = 1,
) -> NDArray[np.bool_]:
    """Return which rows are of groups that are drawn to be held out.

    Groups are drawn at random until the share of the rows is nearest to the one asked
    for. One that alone has some class is passed over, and one group at least stays.

    Parameters
    ----------
    groups : ndarray
        (n,), numbers or texts.
    classes : ndarray or None
        (n,): every class keeps rows that are not held out.
    share : float
        From 0 (none) to 1.
    seed : int
    least : int
        Groups that are held out, where twice as many are there.
    """
    held = np.zeros(len(groups), bool)
    if share <= 0:
        return held
    many = 0 if classes is None else len(np.unique(classes))
    least = least if len(np.unique(groups)) >= 2 * least else 1
    drawn = 0
    for name in np.random.default_rng(seed).permutation(np.unique(groups)):
        tried = held | (groups == name)
        if tried.all():
            continue
        if classes is not None and len(np.unique(classes[~tried])) < many:
            continue
        wanted = share * len(groups)
        nearer = abs(tried.sum() - wanted) < abs(held.sum() - wanted)
        if drawn < least or nearer:
            held, drawn = tried, drawn + 1
    return held


def in_both(one: NDArray[Any] | None, other: NDArray[Any] | None) -> list[str]:
    """Return a note if two parts of the data share groups.

    Parameters
    ----------
    one, other : ndarray or None
        The groups of the training part, and of the test part.
    """
    if one is None or other is None:
        return []
    shared = sorted(set(map(str, one)) & set(map(str, other)))
    if not shared:
        return []
    shown = ", ".join(shared[:5]) + (", …" if len(shared) > 5 else "")
    return [
        f"{len(shared):,} of {len(set(map(str, other))):,} groups of the test part are"
        f" in the training part too: {shown}"
    ]


def groups_of(
    frame: pl.DataFrame, group: str, id_: str | None, ids: Sequence[str], source: Any
) -> NDArray[Any]:
    """Return the group of each sequence of a table.

    Parameters
    ----------
    frame : DataFrame
    group : str
        The column.
    id_ : str or None
        That of the sequences' names, in a long table.
    ids : sequence of str
        Their names, in order; of a wide table one a row.
    source
        The file to name in messages.

    Raises
    ------
    InputError
        No such column, a value is missing, or a sequence has several.
    """
    needed = "every sequence needs a group"
    values = complete_column(frame, group, source, needed).cast(pl.String)
    if id_ is None:
        return values.to_numpy()
    pairs = pl.DataFrame({"id": frame[id_].cast(pl.String), "group": values}).unique(
        maintain_order=True
    )
    twice = pairs.filter(pairs["id"].is_duplicated())
    if twice.height:
        name, first, second = twice["id"][0], twice["group"][0], twice["group"][1]
        raise InputError(
            f"{place(source)}sequence {name!r} has several values of {group!r}"
            f" ({first!r} and {second!r}); a group holds whole sequences"
        )
    known = dict(zip(pairs["id"].to_list(), pairs["group"].to_list(), strict=True))
    return np.array([known[name] for name in ids])
