"""Tables, plain and on a narrow terminal."""

from __future__ import annotations

import pytest

from elman.cli._output import Output, number
from elman.cli._spark import sparkline

HEADER = ["model", "MAE", "RMSE"]
ROWS = [["a long name of a model", "1.5", "22"], ["b", "10.25", "3"]]


def test_plain_columns_line_up(capsys):
    Output().table(HEADER, ROWS, best=1)
    assert capsys.readouterr().out.splitlines() == [
        "model                     MAE  RMSE",
        "a long name of a model    1.5    22",
        "b *                     10.25     3",
    ]


@pytest.mark.parametrize("width", [20, 40, 100])
def test_a_terminal_of_any_width(capsys, monkeypatch, width):
    monkeypatch.setenv("COLUMNS", str(width))
    out = Output()
    out.rich = True
    out.heading("Scores of everything that was tried on the data")
    out.table(HEADER, ROWS, best=0)
    out.pairs([("needed", "168 steps: " + "autocorrelation of the target " * 3)])
    said = capsys.readouterr().out
    assert max(map(len, said.splitlines())) <= width
    assert "10.25" in said


def test_json_says_nothing_else(capsys):
    out = Output(as_json=True)
    out.line("x")
    out.heading("x")
    out.table(HEADER, ROWS)
    out.pairs([("a", "b")])
    out.document({"a": [1, None, "ü"]})
    assert capsys.readouterr().out == '{"a": [1, null, "ü"]}\n'


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, "–"), (1234567, "1,234,567"), (0.123456, "0.1235"), (98765.4, "98,765")],
)
def test_numbers(value, text):
    assert number(value) == text


@pytest.mark.parametrize(
    ("values", "drawn"),
    [
        ([0, 1, 2, 3, 4, 5, 6, 7], "▁▂▃▄▅▆▇█"),
        ([5.0, 5.0], "▁▁"),
        ([1.0, None, 2.0], "▁ █"),
        ([None], ""),
        ([], ""),
    ],
)
def test_a_curve_in_one_line(values, drawn):
    assert sparkline(values) == drawn
    assert len(sparkline(values * 100, width=7)) <= 7
