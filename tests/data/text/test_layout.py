"""Where a table stands in its text: delimiter, header, blank lines, comments."""

from __future__ import annotations

import pytest

from elman import InputError
from elman.data import (
    numeric_column,
    open_table,
    read_sequences,
    read_table,
    regular_series,
)

ROWS = "".join(f"2024-01-{i + 1:02d},{i}\n" for i in range(20))


@pytest.fixture
def write(tmp_path):
    def put(content, name="t.csv"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return put


ABOVE = {
    "comments": "# station 7, river\n# read daily\nday,y\n",
    "a title and a blank line": "Category: All categories\n\nday,y\n",
    "a title with commas": "Station 7, river, daily\nday,y\n",
    "several lines": 'Report\n"Made, by hand"\nUnit:;m\n\nday,y\n',
    "signs of per cent": "% made by a logger\nday,y\n",
    "the header as a comment": "# read daily\n# day,y\n",
    "the header as a comment, nothing else": "#day,y\n",
}


@pytest.mark.parametrize("name", ABOVE)
def test_lines_above_the_header(write, name):
    above = ABOVE[name]
    path = write(above + ROWS)
    table = open_table(path)
    assert table.frame.columns == ["day", "y"]
    assert table.frame["y"].to_list() == list(range(20))
    skipped = [line for line in above.splitlines()[:-1] if line.strip()]
    if not skipped:
        assert table.notes == []
        return
    (note,) = table.notes
    row = above.count("\n")
    assert f"t.csv: the header was found in row {row}; {len(skipped)} line" in note
    assert repr(skipped[0]) in note


def test_many_lines_above_few_rows(write):
    head = "-BEGIN-\nDates: 2020\nParameter(s):\nT2M (C)\n-END-\n"
    rows = "YEAR,MO,DY,T2M\n2020,1,1,5.5\n2020,1,2,-999\n2020,1,3,6.5\n"
    table = open_table(write(head + rows))
    assert table.frame["T2M"].to_list() == [5.5, -999, 6.5]
    assert "the header was found in row 6; 5 lines above" in table.notes[0]
    world = (
        '"Source","Bank",\n\n"Updated","2024-01-01",\n\n"Name","Code","1960","1961",\n'
    )
    table = open_table(write(world + '"Aruba","ABW","1","2",\n"Chad","TCD","4","5",\n'))
    assert table.frame.columns == ["Name", "Code", "1960", "1961"]
    assert table.frame.rows() == [("Aruba", "ABW", 1, 2), ("Chad", "TCD", 4, 5)]
    with pytest.raises(InputError, match="row 2: 3 fields where the header has 2"):
        read_table(write("x,y\na,1,2\nb,3,4\n"))
    two = "day,y\n" + ROWS + "a,b,c\n" + "1,2,3\n" * 40
    with pytest.raises(InputError, match="row 22: 3 fields where the header has 2"):
        read_table(write(two))


def test_a_table_read_by_itself_logs_its_notes(write, caplog):
    read_table(write("# station 7\nday,y\n" + ROWS))
    (record,) = caplog.records
    assert (record.name, record.levelname) == ("elman.data", "WARNING")
    assert "'# station 7'" in record.message


def test_messages_name_the_line_in_the_file(write):
    path = write("# one\n\nday,y\n2024-01-01,1\n\n2024-01-02,x\n2024-01-03,3\n")
    table = open_table(path)
    with pytest.raises(InputError, match="'y', row 6: 'x' is not a number"):
        numeric_column(table.frame, "y", table.source)
    with pytest.raises(InputError, match="row 7: 3 fields where the header in row 3"):
        read_table(write("# one\n\na,b\n1,2\n3,4\n5,6\n7,8,9\n"))


@pytest.mark.parametrize("end", ["\r\r\n", "\r\n\r\n", "\n\n"])
def test_doubled_line_ends_are_line_ends(write, end):
    path = write(end.join(["a,y", *(f"{i},{10 * i}" for i in range(50)), ""]))
    table = open_table(path)
    assert table.frame["y"].to_list() == [10 * i for i in range(50)]
    assert table.notes == []
    long = end.join(
        ["id,x,label", *(f"{i // 5},{i},{'ab'[i % 10 // 5]}" for i in range(40))]
    )
    assert (
        read_sequences(write(long), label="label", id="id").lengths.tolist() == [5] * 8
    )
    one = write(end.join(["y", *map(str, range(50)), ""]))
    assert open_table(one).frame["y"].to_list() == list(range(50))
    dated = write(end.join(["t,y", *ROWS.split(), ""]))
    assert len(regular_series(open_table(dated).frame, "t").time) == 20


def test_a_blank_line_in_one_column_is_a_missing_value(write):
    table = open_table(write("y\n1\n\n2\n3\n4\n"))
    assert table.frame["y"].to_list() == [1, None, 2, 3, 4]
    assert "1 blank line read as missing values, the first in row 3" in table.notes[0]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("a b\n1 2\n3 4\n", {"a": [1, 3], "b": [2, 4]}),
        ("  a     b\n  1   2.5\n 30   4.5\n", {"a": [1, 30], "b": [2.5, 4.5]}),
        ("a;b,c\n1;2\n3;4\n", {"a": [1, 3], "b,c": [2, 4]}),
        ("a,b;c\n1,5;2\n3,5;4\n", {"a,b": [1.5, 3.5], "c": [2, 4]}),
        ("sep=;\na;b\n1;2\n3;4\n", {"a": [1, 3], "b": [2, 4]}),
        ("a\n1\n2\n", {"a": [1, 2]}),
        ("a,b,\n1,2,\n3,4,\n", {"a": [1, 3], "b": [2, 4]}),
        ("<DATE>,<OPEN>\n20240101,5\n", {"<DATE>": [20240101], "<OPEN>": [5]}),
        ("#,a\n1,5\n2,6\n", {"#": [1, 2], "a": [5, 6]}),
        ('a,b\n"x\ny",1\n"z ""q""",2\n', {"a": ["x\ny", 'z "q"'], "b": [1, 2]}),
        ('"a\n(mm)",b\n1,2\n', {"a (mm)": [1], "b": [2]}),
        ("0\n5\n6\n", {"0": [5, 6]}),
        (
            "label,0,1,2\nx,1.5,2,3\ny,2.5,3,5\n",
            {"label": ["x", "y"], "0": [1.5, 2.5], "1": [2, 3], "2": [3, 5]},
        ),
        (
            "place,2024-01-01,2024-01-02\nA,1,2\nB,3,4\n",
            {"place": ["A", "B"], "2024-01-01": [1, 3], "2024-01-02": [2, 4]},
        ),
    ],
)
def test_delimiters_and_headers(write, content, expected):
    table = open_table(write(content))
    assert table.frame.to_dict(as_series=False) == expected
    assert table.notes == []


def test_comments_and_empty_rows_are_left_out_with_a_note(write):
    table = open_table(write("a,b\n1,2\n# pause\n3,4\n,\n,\n"))
    assert table.frame.rows() == [(1, 2), (3, 4)]
    assert any("1 comment amid the rows left out" in note for note in table.notes)
    assert any("2 rows without any value at the end" in note for note in table.notes)
    inf = open_table(write("a,b\n1,2\n# pause\n3,inf\n4,5\n"))
    with pytest.raises(InputError, match="'b', row 4: the value is infinite"):
        numeric_column(inf.frame, "b", inf.source)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("2024-01-01,5\n2024-01-02,6\n2024-01-03,7\n", "row 1: the first line holds"),
        ("a,5\nb,6\na,7\n", "row 1: the first line holds numbers or times"),
        ("5\n6\n7\n", "row 1: the first line holds numbers"),
        ("a,b\n1,5,6\n2,7,8\n", "row 2: 3 fields where the header has 2"),
        ("a,b\n1,2\n3,4\nSource: a bank\n", "row 4: 1 fields .*below the table with #"),
        ('a,b\n"1,2\n3,4\n', "row 2: 1 fields .*is a quote left open"),
        ("a, a\n1,2\n", "names the column 'a' 2 times"),
        ("month,y\nJan,2\nFeb,4\nTotal,6\n", "row 4: 'Total' looks like a summary"),
        ('[{"a":1},{"a":2}]', "this is JSON"),
        ("<!DOCTYPE html>\n<html>\n", "this is a web page"),
        ("<?xml version='1.0'?>\n<a/>\n", "this is XML"),
        ("% x\n@relation w\n@attribute a numeric\n@data\n1\n", "this is an ARFF file"),
        ("# x\n@relation m\n@frequency daily\n@data\nT:1,2\n", "this is a .tsf file"),
        ("SQLite format 3\x00", "SQLite database"),
    ],
)
def test_what_is_no_table_or_has_no_header(write, content, message):
    with pytest.raises(InputError, match=message) as caught:
        read_table(write(content))
    assert "\n" not in str(caught.value)


def test_the_archives_tab_files_are_sent_to_its_ts_files(write):
    path = write("1\t0.5\t0.7\n2\t0.3\t0.4\n", "Coffee_TRAIN.tsv")
    with pytest.raises(InputError, match=r"add a header line; of a file of the UCR"):
        read_table(path)


FIXED = "station      temp\nA  B          1.5\nC D E        1.6\nNew  C        1.7\n"
DRAWN = "+----+-----+\n| a  | b   |\n+----+-----+\n|  1 | 2.5 |\n+----+-----+\n"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (FIXED, r"row 1: no delimiter was found: the header .* 3 of 3 rows.*fixed"),
        (DRAWN, "a table drawn with lines.* no delimiter was found"),
        ("mysql> show status;\n" + DRAWN, "a table drawn with lines"),
        (DRAWN.replace("\n", "\r\n"), "a table drawn with lines"),
    ],
)
def test_a_table_without_a_delimiter_is_refused(tmp_path, text, words):
    path = tmp_path / "t.txt"
    path.write_text(text, newline="")
    with pytest.raises(InputError, match=words) as caught:
        read_table(path)
    assert "\n" not in str(caught.value)


def test_one_column_of_blanks_is_noted(tmp_path):
    path = tmp_path / "t.txt"
    path.write_text("station temp\nA B 1.5\nC D E 1.6\n")
    (note,) = open_table(path).notes
    assert "no delimiter was found: the header 'station temp' is one column" in note
    path.write_text("air temperature\n1.5\n1.6\n")
    assert open_table(path).notes == []
