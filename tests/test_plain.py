"""Results as plain data."""

from __future__ import annotations

import json

import numpy as np
import pytest

from elman._arguments import without_password
from elman._plain import plain, short_time


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (np.float32(0.5), 0.5),
        (np.int64(3), 3),
        (np.bool_(True), True),
        (float("nan"), None),
        (np.float64("inf"), None),
        (np.array([1.0, np.nan]), [1.0, None]),
        ((1, (2.0, "a")), [1, [2.0, "a"]]),
        ({1: {"b": np.array([[1]])}}, {"1": {"b": [[1]]}}),
        (np.array(["2024-01-01T05:00:00"], "M8[s]"), ["2024-01-01 05:00"]),
        (np.datetime64("2024-01-01T00:00:00"), "2024-01-01"),
        (None, None),
        (True, True),
    ],
)
def test_a_value_as_json_has_it(value, found):
    assert plain(value) == found
    assert type(plain(value)) is type(found)
    json.dumps(plain(value), allow_nan=False)


def test_a_row_number_is_its_digits():
    assert short_time(np.int64(17)) == "17"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("postgresql://me:secret@host:1/x", "postgresql://me@host:1/x"),
        ("--study=postgresql://me:s@cr:et@host/x", "--study=postgresql://me@host/x"),
        ("postgresql://host/x?password=secret&study=a", "postgresql://host/x?study=a"),
        ("postgresql://host/x?study=a&password=secret", "postgresql://host/x?study=a"),
        ("postgresql://me@host/x", "postgresql://me@host/x"),
        ("what is this?", "what is this?"),
        ("me:secret@host", "me:secret@host"),
    ],
)
def test_an_address_without_its_password(text, shown):
    assert without_password(text) == shown
