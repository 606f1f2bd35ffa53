"""The .tsf files of the Monash archive."""

from __future__ import annotations

import datetime as dt

import pytest

from elman._errors import InputError
from elman.data import open_table

HEAD = """# a comment
@relation test
@attribute series_name string
@attribute start_timestamp date
@frequency quarterly
@horizon 4
@data
"""


def read(tmp_path, text):
    path = tmp_path / "x.tsf"
    path.write_text(text)
    return open_table(path)


def test_series_times_and_horizon(tmp_path):
    table = read(tmp_path, HEAD + "T1:1990-01-01 00-00-00:1,?,3\nT2:2000-04-01:7,8\n")
    layout = table.layout
    assert (layout.id, layout.target, layout.time) == ("series_name", "value", "time")
    assert layout.horizon == 4
    assert table.frame["value"].to_list() == [1.0, None, 3.0, 7.0, 8.0]
    assert table.frame["time"][2] == dt.datetime(1990, 7, 1)
    assert table.frame["time"][4] == dt.datetime(2000, 7, 1)


def test_further_attributes_are_columns(tmp_path):
    head = HEAD.replace("@frequency", "@attribute state string\n@frequency")
    table = read(tmp_path, head + "T1:1990-01-01:NSW:1,2\n")
    assert table.frame["state"].to_list() == ["NSW", "NSW"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("T1:1990-01-01:1,x,3\n", "line 8: value 2 is 'x'"),
        ("T1:1,2\n", "line 8: 2 parts divided by ':'"),
        ("T1:soon:1,2\n", "the start 'soon' is not a date"),
        ("", "no series below @data"),
    ],
)
def test_errors_name_the_line(tmp_path, text, words):
    with pytest.raises(InputError, match=words):
        read(tmp_path, HEAD + text)
