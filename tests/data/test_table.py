"""Tables: what is read, and the one line said about what cannot be."""

from __future__ import annotations

import os
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from elman import InputError
from elman.data import numeric_column, open_table, read_table

DATA = Path(os.environ.get("ELMAN_DATA", "../shared/data"))


@pytest.fixture
def write(tmp_path):
    def put(content, name="t.csv"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return put


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_delimiter_and_line_end_are_found(write, delimiter, end):
    text = end.join(["a|b|c", "1|2.5|x", "2||y"]).replace("|", delimiter)
    frame = read_table(write(text + end))
    assert frame.to_dict(as_series=False) == {
        "a": [1, 2],
        "b": [2.5, None],
        "c": ["x", "y"],
    }


@pytest.mark.parametrize("word", ["NA", "N/A", "NaN", "nan", "null", "?", "", "NULL"])
def test_missing_values(write, word):
    frame = read_table(write(f"a,b\n1,x\n{word},{word}\n3,z\n"))
    assert frame["a"].to_list() == [1, None, 3]
    assert frame["b"].to_list() == ["x", None, "z"]


def test_types(write):
    frame = read_table(write("i,f,b,s,e,n\n1,1,true,1,1e3,NA\n-2,2.5,False,x,-.5,NA\n"))
    assert frame.dtypes == [
        pl.Int64,
        pl.Float64,
        pl.Boolean,
        pl.String,
        pl.Float64,
        pl.String,
    ]
    assert frame["e"].to_list() == [1000.0, -0.5]
    assert frame["b"].to_list() == [True, False]


def test_decimal_commas_between_semicolons(write):
    frame = read_table(write("a;b\n1,5;2\n-3;4\n"))
    assert frame["a"].to_list() == [1.5, -3.0]
    assert frame["b"].to_list() == [2, 4]


def test_quotes_encodings_and_marks(write):
    quoted = read_table(write('"a, b","c"\n"1","x ""y"", z"\n'))
    assert quoted.to_dict(as_series=False) == {"a, b": [1], "c": ['x "y", z']}
    text = "Größe,°C\n1,2\n"
    for data in (
        text.encode("utf-8-sig"),
        text.encode("latin-1"),
        text.encode("utf-16"),
    ):
        assert read_table(write(data)).columns == ["Größe", "°C"]


def test_blank_lines_are_no_rows_and_keep_the_row_numbers(write):
    table = open_table(write("a,b\n1,2\n\n3,4\n \n5,6\n\n\n"))
    assert table.frame["a"].to_list() == [1, 3, 5]
    assert "2 blank lines between the rows left out, the first in row 3" in str(
        table.notes
    )
    with pytest.raises(InputError, match="row 5: 3 fields"):
        read_table(write("a,b\n1,2\n\n3,4\n5,6,7\n8,9\n"))
    table = open_table(write("a,b\n1,2\n\n3,x\n5,6\n8,9\n"))
    with pytest.raises(InputError, match="'b', row 4: 'x' is not a number"):
        numeric_column(table.frame, "b", table.source)


def test_nameless_columns_get_names(write):
    assert read_table(write(",a\n0,5\n1,6\n")).columns == ["column_1", "a"]


def test_a_delimiter_at_the_end_of_every_row_is_no_field(write):
    assert read_table(write("a,b\n1,2,\n3,4,\n")).columns == ["a", "b"]


def test_parquet(tmp_path):
    frame = pl.DataFrame({"a": [1.5, None], "b": ["x", "y"]})
    frame.write_parquet(tmp_path / "t.parquet")
    assert read_table(tmp_path / "t.parquet").equals(frame)
    (tmp_path / "bad.parquet").write_bytes(b"PAR1 nonsense PAR1")
    with pytest.raises(InputError, match=r"bad\.parquet: this is not a readable Parq"):
        read_table(tmp_path / "bad.parquet")
    pl.DataFrame({"a": []}).write_parquet(tmp_path / "none.parquet")
    with pytest.raises(InputError, match="no row of data"):
        read_table(tmp_path / "none.parquet")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "the file is empty"),
        (b"\n \n\n", "the file is empty"),
        (b"a,b\n", "a header but no row of data"),
        (b"a,b\n1,2\n3\n", "row 3: 1 fields where the header has 2"),
        (b"a,b\n1,2\n\n3,4,5\n", "row 4: 3 fields where the header has 2"),
        (b"a,b,a\n1,2,3\n", "row 1: the header names the column 'a' 2 times"),
        (b"1.5,2.5\n1,2\n", "row 1: the first line holds numbers"),
        (b"\x00\x01\x02\x03junk", "binary data, not a text table"),
        (b"PK\x03\x04rest", "Excel workbook; save the sheet as CSV"),
    ],
)
def test_unusable_content(write, content, message):
    path = write(content)
    with pytest.raises(InputError, match=message) as caught:
        read_table(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_missing_file_names_the_nearest(write, tmp_path):
    write("a\n1\n", "bikeshare.csv")
    with pytest.raises(InputError, match=r"no such file; did you mean '.*bikeshare"):
        read_table(tmp_path / "bikeshaer.csv")
    with pytest.raises(InputError, match="there is no folder"):
        read_table(tmp_path / "none" / "x.csv")
    with pytest.raises(
        InputError, match=r"^[^:]*: this is a folder \(it holds bikeshare"
    ):
        read_table(tmp_path)
    with pytest.raises(InputError, match=r"\.ts file holds many sequences"):
        read_table(write("@data\n1:1\n", "x.ts"))


def test_line_numbers_are_right_deep_inside_a_large_file(write):
    rows = ["1,2"] * 120_000
    rows[99_998] = "1,2,3"
    with pytest.raises(InputError, match="row 100000: 3 fields"):
        read_table(write("a,b\n" + "\n".join(rows)))


def attempt(call, *arguments):
    """Return the result and no refusal, or nothing and what was said."""
    try:
        return call(*arguments), ""
    except InputError as error:
        return None, str(error)


@pytest.mark.parametrize("name", ["beijing_pm25", "ETTh1", "bikeshare"])
def test_real_files_read_as_another_reader_reads_them(name):
    path = DATA / f"{name}.csv"
    if not path.exists():
        pytest.skip(f"{path} is not here (set ELMAN_DATA)")
    expected = pl.read_csv(path, null_values="NA", infer_schema_length=None)
    found = read_table(path)
    assert found.columns == expected.columns
    for column in expected.columns:
        assert found[column].to_list() == expected[column].to_list()


FUZZ = settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@FUZZ
@given(st.one_of(st.binary(max_size=200), st.text(max_size=200)))
def test_any_bytes_are_read_or_refused_in_one_line(tmp_path, content):
    for name in ("f.csv", "f.parquet"):
        path = tmp_path / name
        path.write_bytes(
            content
            if isinstance(content, bytes)
            else content.encode("utf-8", "surrogatepass")
        )
        frame, refusal = attempt(read_table, path)
        assert refusal or frame.height > 0
        assert len(refusal.splitlines()) <= 1


@FUZZ
@given(
    st.lists(st.text(alphabet='ab1.,;"\t\n\r -?', max_size=12), min_size=1, max_size=8)
)
def test_near_tables_are_read_or_refused(tmp_path, lines):
    path = tmp_path / "f.csv"
    path.write_text("\n".join(lines), newline="")
    frame, refusal = attempt(read_table, path)
    assert (frame is None) == (str(path) in refusal)
