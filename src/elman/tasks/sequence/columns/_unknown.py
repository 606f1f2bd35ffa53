"""Values that were not learned from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ._columns import Columns


def unknown_values(columns: Columns, rows: Sequence[Any]) -> list[str]:
    """Return one line for each category with values that were not learned from.

    Parameters
    ----------
    columns : Columns
    rows : sequence
        As for `Columns.coded`.
    """
    found = []
    coded, place = columns.coded(rows), len(columns.numbers)
    for i in columns.fields:
        if columns.kinds[i] == "category":
            codes = np.concatenate([x[:, place] for x in coded])
            strange = int((codes == len(columns.values[i])).sum())
            if strange:
                known = int((~np.isnan(codes)).sum())
                found.append(
                    f"{columns.names[i]!r}: {strange:,} of {known:,} values have no"
                    " embedding of their own, as not two training sequences had them"
                )
        place += columns.counts[i]
    return found
