"""Programs printed as data for the core, read again."""

from __future__ import annotations

import re

from elman.cells import Program, cell, stock
from elman.cells.program._print_data import stock_programs


def numbers(text, name, kind):
    body = re.search(rf"{name}\[\] = {{(.*?)}};", text, re.S)
    return [kind(n) for n in re.findall(r"[^\s,]+", body[1])]


def test_programs_come_back_as_they_were():
    cells = [stock("rnn", "relu"), stock("gru", "reset_before"), cell("peephole_lstm")]
    lowered = [c.lowered() for c in cells]
    text = stock_programs(lowered)
    counts = re.findall(r"kIntegers\d+, (\d+), kFloats\d+, (\d+), kWeights", text)
    for k, (one, (count, constants)) in enumerate(zip(lowered, counts, strict=True)):
        integers = numbers(text, f"kIntegers{k}", int)
        floats = numbers(text, f"kFloats{k}", float.fromhex)[: int(constants)]
        assert len(integers) == int(count)
        assert Program.decode(integers, floats) == one.program


def test_weights_say_where_they_lie():
    text = stock_programs([stock("gru", "reset_before").lowered()])
    assert "{0, 0}, {1, 0}, {1, 2}," in text
