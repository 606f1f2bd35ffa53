"""Numbers in the notations people write them in: the right value, or the row."""

from __future__ import annotations

import polars as pl
import pytest

from elman import InputError
from elman.data import open_table, read_table


@pytest.fixture
def write(tmp_path):
    def put(content, name="t.csv"):
        path = tmp_path / name
        path.write_text(content, newline="")
        return path

    return put


COLUMNS = {
    "dots of thousands beside a decimal comma": ("n;q\n1.506;1,5\n641;2,25\n", 1506),
    "both in one value": ("n;q\n1.234,5;1\n641,25;2\n", 1234.5),
    "two dots": ("n;q\n1.234.567;1\n641;2\n", 1234567),
    "two dots between commas": ("n,q\n1.234.567,1\n641,2\n", 1234567),
    "quoted commas beside a decimal point": ('n,q\n"1,506",1.5\n641,2.5\n', 1506),
    "two commas": ('n,q\n"1,234,567",1\n641,2\n', 1234567),
    "both in one value, English": ('n,q\n"1,234.50",1\n641.25,2\n', 1234.5),
    "decimal commas between tabs": ("n\tq\n12,5\t1\n13,25\t2\n", 12.5),
    "decimal commas in quotes": ('n,q\n"12,5",1\n"13,25",2\n', 12.5),
    "one column of decimal commas": ("n\n12,5\n13\n", 12.5),
    "decimal commas between bars": ("n|q\n12,5|1\n13,25|2\n", 12.5),
    "decimal commas between blanks": ("n q\n12,5 1\n13,25 2\n", 12.5),
    "thousands between commas, decimals in quotes": (
        'n,q\n1.506,"1,5"\n641,"2,25"\n',
        1506,
    ),
    "three decimals between commas": ("n,q\n1.506,1\n641,2\n", 1.506),
    "three decimals and a number for no value": ("n,q\n12.125,a\n-9999,b\n", 12.125),
    "Indian groups": ("n;q\n1,12,512;1\n99,512;2\n", 112512),
    "Indian groups with decimals": ('n,q\n"12,34,56,789.5",1\n3,2\n', 123456789.5),
    "a zero in front is no thousand": ("n;q\n0.506;1\n641;2\n", 0.506),
    "a zero in front, comma": ("n\tq\n0,506\t1\n641\t2\n", 0.506),
    "four digits in front are no thousand": ("n;q\n1506.125;1\n641;2\n", 1506.125),
    "points elsewhere": ("n;q\n1.506;1.5\n2.641;2.5\n", 1.506),
    "blanks of thousands": ("n;q\n1 234;1\n12 345,5;2\n", 1234),
    "no-break blanks": ("n,q\n1\u00a0234,1\n12\u202f345,2\n", 1234),
    "apostrophes": ("n;q\n1'234.5;1\n12\u2019345.0;2\n", 1234.5),
    "the sign for minus": ("n,q\n\u22121.5,1\n2,2\n", -1.5),
    "a plus": ("n,q\n+1.5,1\n2,2\n", 1.5),
    "brackets of accountants": ("n,q\n(1.5),1\n2,2\n", -1.5),
    "exponents": ("n,q\n1.5e3,1\n2E-2,2\n", 1500),
    "exponents with commas": ("n;q\n1,5e3;1\n2E-2;2\n", 1500),
    "quotes": ('n,q\n"1.5","1"\n" 2 ","2"\n', 1.5),
    "leading zeros": ("n,q\n0015,1\n0002,2\n", 15),
}


@pytest.mark.parametrize("name", COLUMNS)
def test_one_right_value(write, name):
    content, expected = COLUMNS[name]
    table = open_table(write(content))
    assert table.frame["n"].dtype in (pl.Int64, pl.Float64)
    assert table.frame["n"][0] == expected
    assert table.notes == []


def test_a_whole_column_of_thousands(write):
    counts = [1506, 2197, 641, 862, 1083, 12409]
    text = "cases;rate\n" + "\n".join(
        f"{n:,}".replace(",", ".") + ";" + f"{n / 100:.2f}".replace(".", ",")
        for n in counts
    )
    frame = read_table(write(text))
    assert frame["cases"].to_list() == counts
    assert frame["rate"].to_list() == [n / 100 for n in counts]


NOTED = {
    "one currency": ("n,q\n$12.50,1\n-$3,2\n", [12.5, -3], "$ beside the numbers"),
    "a currency behind": ("n;q\n1.215,50 €;1\n3 €;2\n", [1215.5, 3], "€ beside"),
    "a currency of letters and a sign": (
        "n;q\nR$ 512,6;1\n-R$ 3;2\n",
        [512.6, -3],
        "R$ beside the numbers",
    ),
    "rupees": ('n,q\n"Rs. 1,12,512.5",1\nRs. 3,2\n', [112512.5, 3], "Rs. beside"),
    "per cent": ("n,q\n12%,1\n15.5 %,2\n", [12, 15.5], "% beside the numbers was left"),
    "decimals or thousands": (
        "n;q\n1.506;1\n2.641;2\n",
        [1.506, 2.641],
        "read as 1.506",
    ),
    "quoted thousands": ('n,q\n"1,506",x\n641,y\n', [1506, 641], "read as 1506"),
    "thousands from 10,000 on": (
        'n,q\n9860,1.5\n"10,030",2.5\n',
        [9860, 10030],
        "read as 10030, as other columns write numbers; row 2 holds '9860'",
    ),
    "three decimals on either side of 1000": (
        "n,q\n9860,1.5\n1.125,2.5\n3,3.5\n",
        [9860, 1.125, 3],
        "read as 1.125, as other columns write numbers; row 2 holds '9860'",
    ),
}


@pytest.mark.parametrize("name", NOTED)
def test_a_value_with_a_note(write, name):
    content, expected, words = NOTED[name]
    table = open_table(write(content))
    assert table.frame["n"].to_list() == expected
    assert len(table.notes) == 1
    assert "t.csv: column 'n': " in table.notes[0]
    assert words in table.notes[0]


REFUSED = {
    "point and comma": ("n;q\n1.5;1\n2;1\n1,5;2\n", r"point in row 2 .*comma in row 4"),
    "point and comma, tabs": ("n\tq\n1,5\t1\n1.25\t2\n", "point in row 3 .*row 2"),
    "thousands or decimals": ("n;q\n641;1\n1.506;2\n", "row 3: '1.506' may be 1506 or"),
    "thousands or decimals, comma": ('n,q\n"1,234",1\n"2,345",2\n', "may be 1234 or"),
    "thousands or decimals, alone": ("n\n1,234\n2,345\n", "row 2: '1,234' may be"),
    "a comma from 10,000 on": (
        "n;q\n9860;a\n10,030;b\n",
        "row 3: '10,030' beside '9860' in row 2 may be 10030 or 10.030",
    ),
    "a point from 10,000 on": ("n;q\n9860;a\n10.030;b\n", "may be 10030 or 10.030"),
    "a point from 10,000 on, commas": ("n,q\n9860,a\n10.030,b\n", "10030 or 10.030"),
    "a comma from 10,000 on, quoted": ('n,q\n9860,a\n"10,030",b\n', "10030 or 10.030"),
    "a comma up to 10,000": ("n;q\n9,860;a\n10030;b\n", "may be 9860 or 9.860"),
    "a factor of 1000 whatever stands beside it": (
        "n;q\n9860;1,5\n10,030;2,5\n",
        "may be 10030 or 10.030",
    ),
    "two currencies": ("n,q\n$12,1\n€13,2\n", r"row 3: '€13' has another unit .*\$, €"),
    "some per cent": ("n,q\n12%,1\n15,2\n", "row 3: '15' has another unit"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_can_be_read_two_ways_is_refused_by_its_row(write, name):
    content, message = REFUSED[name]
    with pytest.raises(InputError, match=message) as caught:
        read_table(write(content))
    assert "column 'n'" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_odd_word_leaves_the_numbers_beside_it(write):
    frame = read_table(write("n;q\n1,5;1\n2,5;1\nn.a.;2\n3,5;1\n"))
    assert frame["n"].to_list() == ["1.5", "2.5", "n.a.", "3.5"]


@pytest.mark.parametrize(
    "values",
    [
        ["2024-01-01", "2024-01-02"],
        ["01.02.2024", "02.02.2024"],
        ["1.2.3", "1.2.4"],
        ["12 kg", "13 kg"],
        ["0x1F", "0x2A"],
        ["10:30", "11:30"],
        ["sun", "rain"],
    ],
)
def test_what_is_no_number_stays_as_it_is_written(write, values):
    table = open_table(write("n;q\n" + "".join(f"{v};1\n" for v in values)))
    assert table.frame["n"].to_list() == values
    assert table.notes == []


def test_numbers_are_told_in_any_row_of_a_long_column(write):
    rows = [f"{i % 900 + 100};1" for i in range(3000)]
    rows[2999] = "1,5;1"
    rows[1500] = "2.5;1"
    with pytest.raises(InputError, match=r"point in row 1502 .*comma in row 3001"):
        read_table(write("n;q\n" + "\n".join(rows)))
