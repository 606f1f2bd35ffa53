"""Sequences in a table keep the ids and labels as they stand in the file."""

from __future__ import annotations

import csv
import os
import random
import warnings

import numpy as np
import pytest

from elman import InputError
from elman.data import read_sequences

COUNT = int(os.environ.get("ELMAN_TORTURE", 1)) * 100

IDS = (
    ("7", "07", "007", "0007"),
    ("1E5", "100000", "1e5"),
    ("1.0", "1", "1.00"),
    ("NA", "SE", "NO", "none"),
    ("True", "true", "TRUE"),
    ("a", "b", "c d"),
    ("1", "2", "10"),
    ("12345678901234567890", "12345678901234567891"),
    ("2024-01-01", "2024-01-02"),
    ("-", "?", "+"),
    ("ä", "Ä", "ß"),
)
"""Words that a reader of numbers takes for one another, or for nothing."""


def draw(seed):
    """Return rows of (id, label, a, b), the delimiter and the decimal sign."""
    r = random.Random(seed)  # noqa: S311
    ids, labels = r.choice(IDS), r.choice(IDS)
    if len(labels) < 2:
        labels = IDS[5]
    rows = []
    for name in ids:
        label = r.choice(labels)
        for _ in range(r.randint(1, 6)):
            rows.append((name, label, round(r.gauss(1e6, 1), 4), r.randint(0, 9)))
    return rows, r.choice(",;\t|"), r.choice((csv.QUOTE_MINIMAL, csv.QUOTE_ALL))


@pytest.mark.parametrize("part", range(2))
def test_ids_and_labels_are_the_texts_in_the_file(part, tmp_path):
    file = tmp_path / "sequences.csv"
    for seed in range(part * COUNT, (part + 1) * COUNT):
        rows, delimiter, quoting = draw(seed)
        with file.open("w", newline="", encoding="utf-8") as stream:
            write = csv.writer(stream, delimiter=delimiter, quoting=quoting)
            write.writerow(("id", "label", "a", "b"))
            write.writerows(rows)
        refused, found = "", None
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                found = read_sequences(file, label="label", id="id")
            except InputError as error:
                refused = str(error)
        if found is None:
            assert str(file) in refused, f"seed {seed}: {refused}"
            continue
        names = list(dict.fromkeys(name for name, *_ in rows))
        assert [str(i) for i in found.ids] == names, f"seed {seed}"
        for name, x, y in zip(names, found.X, found.y, strict=True):
            mine = [row for row in rows if row[0] == name]
            assert str(y) == mine[0][1], f"seed {seed}"
            expected = np.array([row[2:] for row in mine], dtype=np.float64)
            np.testing.assert_array_equal(np.asarray(x, dtype=np.float64), expected)
