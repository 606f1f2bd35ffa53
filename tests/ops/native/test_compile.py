"""Cells compiled at first use: the interpreter's bits, and no harm where it fails."""

from __future__ import annotations

import os
import time

import pytest
import torch

import elman
from elman import InputError
from elman.cells import Cell, cell, sigmoid, tanh
from elman.layers import CellLayer
from elman.ops import instruction_set
from elman.ops.native import _compile, _compiler, _library_folder, _program
from native_core import SETS, native, running_on
from random_cells import random_cell

NUMBERS = iter(range(1, 1000))


def own_cell() -> Cell:
    """Return a cell whose program no other test has."""

    class Own(Cell):
        states = ("h",)
        share = 0.5 + next(NUMBERS) / 4096

        def step(self, x, h):
            f = sigmoid(self.linear("f", x, h))
            return f * h + self.share * (1 - f) * tanh(self.linear("g", x, h))

    return Own()


def results(found: Cell, dtype=torch.float32, **options):
    """Return a training step of a layer: outputs and gradients."""
    torch.manual_seed(0)
    layer = CellLayer(found, 3, 20, dtype=dtype, **options)
    y, states = layer(torch.randn(4, 3, 3, dtype=dtype))
    y.square().sum().backward()
    states = states if isinstance(states, tuple) else (states,)
    gradients = [p.grad for p in layer.parameters() if p.grad is not None]
    return [y.detach(), *(s.detach() for s in states), *gradients]


def same(a, b) -> bool:
    whole = [x.view(torch.int32 if x.element_size() == 4 else torch.int64) for x in a]
    return all(torch.equal(x, y.view(x.dtype)) for x, y in zip(whole, b, strict=True))


def graphs(found: Cell):
    return [_program._GRAPHS[low] for low in found.__dict__["_lowered"].values()]


def compiled(found: Cell, dtype=torch.float32) -> bool:
    return all(graph.compiled_for(dtype == torch.float64) for graph in graphs(found))


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A folder of its own for libraries, and nothing compiled before or after."""
    tmp_path.chmod(0o700)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.delenv("ELMAN_COMPILE", raising=False)
    _compiler.identity.cache_clear()
    yield tmp_path / "elman" / "cells"
    elman.compile_cells(False)


@pytest.fixture
def compiler(place):
    try:
        _compiler.command()
    except _compiler.CompileError as error:
        pytest.skip(str(error))
    return place


def script(folder, text: str) -> str:
    path = folder / "compiler"
    path.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
    path.chmod(0o700)
    return str(path)


def libraries(place):
    return sorted(place.glob("*.so"))


def test_nothing_is_compiled_unasked(place):
    found = own_cell()
    results(found)
    assert not compiled(found)
    assert not place.exists()


CASES = [
    (isa, seed, dtype)
    for isa in SETS
    for seed, dtype in enumerate((torch.float32, torch.float64))
    if isa != "scalar" or seed  # plain C++ takes a compiler five times as long
]


@pytest.mark.parametrize(("isa", "seed", "dtype"), CASES)
def test_the_bits_are_the_interpreters(compiler, isa, seed, dtype):
    found = random_cell(seed + 100)
    with running_on(isa):
        expected = results(found, dtype)
        assert not compiled(found, dtype)
        elman.compile_cells()
        assert same(results(found, dtype), expected)
        assert compiled(found, dtype)


def test_noise_and_numbers_of_heads_no_kernel_was_printed_for(compiler):
    found, options = cell("slstm", heads=5), {"zoneout": 0.1, "recurrent_dropout": 0.2}
    expected = results(found, **options)
    elman.compile_cells()
    assert same(results(found, **options), expected)
    assert compiled(found)


def test_a_library_is_kept_for_the_next_process(compiler, monkeypatch):
    found = own_cell()
    elman.compile_cells()
    expected = results(found)
    [path] = libraries(compiler)
    assert path.stat().st_mode & 0o077 == 0
    elman.compile_cells(False)
    assert not compiled(found)
    monkeypatch.setattr(_compile, "compile_library", None)
    elman.compile_cells()
    assert same(results(found), expected)
    assert compiled(found)
    assert [p.name for p in compiler.iterdir() if p.suffix != ".so"] == [".lock"]


@pytest.mark.parametrize("damage", [b"", b"\x7fELF and no more"])
def test_a_damaged_library_is_made_again(compiler, damage):
    found = own_cell()
    elman.compile_cells()
    expected = results(found)
    [path] = libraries(compiler)
    elman.compile_cells(False)
    path.unlink()  # what is in use keeps its content
    path.write_bytes(damage)
    elman.compile_cells()
    assert same(results(found), expected)
    assert compiled(found)
    assert path.stat().st_size > len(damage)


def test_a_library_of_another_program_is_refused(compiler):
    first, second = own_cell(), own_cell()
    elman.compile_cells()
    results(first)
    elman.compile_cells(False)
    results(second)
    [graph] = graphs(second)
    address = _compile._SWITCH.loaded[-1].elman_pieces()
    with pytest.raises(ValueError, match="of another program"):
        graph.provide(address)


def test_meanwhile_on_a_thread(compiler):
    found = own_cell()
    expected = results(found)
    elman.compile_cells(background=True)
    assert same(results(found), expected)
    end = time.monotonic() + _compiler.TIMEOUT
    while not compiled(found) and time.monotonic() < end:
        time.sleep(0.02)
    assert compiled(found)
    assert same(results(found), expected)


FAULTS = {
    "exit 3": "status 3: no message",
    "echo 'cell.cpp:1: error: no such thing' >&2; exit 1": "error: no such thing",
    "sleep 100": "has not ended within 0 s",
    'case "$*" in *--version*) exit 0;; esac; exit 0': "cannot be kept",
}


@pytest.mark.parametrize("text", FAULTS)
def test_a_compiler_that_fails_is_said_once(place, tmp_path, monkeypatch, text):
    first, second = own_cell(), own_cell()
    expected = results(first)
    monkeypatch.setenv("CXX", script(tmp_path, text))
    if text.startswith("sleep"):
        monkeypatch.setattr(_compiler, "TIMEOUT", 0.3)
    elman.compile_cells()
    with pytest.warns(RuntimeWarning, match=FAULTS[text]) as said:
        assert same(results(first), expected)
    assert len(said) == 1
    assert "cells stay interpreted" in str(said[0].message)
    results(first), results(second)  # filterwarnings: another one would be an error
    assert not compiled(first)
    assert not libraries(place)
    assert not list(place.glob(".*.partial"))


@pytest.mark.parametrize(
    ("given", "says"),
    [("", "no C.. compiler"), ("/nowhere/c++", "'/nowhere/c..'"), ("'a", "CXX")],
)
def test_no_compiler(place, monkeypatch, given, says):
    found = own_cell()
    expected = results(found)
    monkeypatch.setenv("CXX", given)
    monkeypatch.setenv("PATH", "/nowhere")
    elman.compile_cells()
    with pytest.warns(RuntimeWarning, match=says):
        assert same(results(found), expected)


def test_the_variable_asks_for_it_too(compiler, monkeypatch):
    found = own_cell()
    for value, mode in (("0", "off"), ("1", "wait"), ("background", "background")):
        monkeypatch.setenv("ELMAN_COMPILE", value)
        assert _compile._mode() == mode
    monkeypatch.setenv("ELMAN_COMPILE", "please")
    monkeypatch.setattr(_compile._SWITCH, "mode", None)
    says = "ELMAN_COMPILE must be 0, 1 or background, got 'please'"
    with pytest.raises(InputError, match=says):
        results(found)


def test_a_folder_that_is_no_folder(place, tmp_path):
    (tmp_path / "elman").write_text("", encoding="utf-8")
    elman.compile_cells()
    with pytest.warns(RuntimeWarning, match="cannot be kept"):
        results(own_cell())


def test_a_folder_that_others_may_write_to_is_not_used(tmp_path):
    inner = tmp_path / "elman" / "cells"
    inner.mkdir(mode=0o700, parents=True)
    for closed in (tmp_path, tmp_path / "elman"):
        closed.chmod(0o700)
    _library_folder.check_closed(inner)
    for place in (inner, tmp_path):
        place.chmod(0o770)
        with pytest.raises(_compiler.CompileError, match="chmod go-w"):
            _library_folder.check_closed(inner)
        place.chmod(0o700)
    tmp_path.chmod(0o1777)  # as /tmp: whose entries are their owners'
    _library_folder.check_closed(inner)


def test_a_folder_of_somebody_else_is_not_used(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 12345)
    with pytest.raises(_compiler.CompileError, match="belongs to another user"):
        _library_folder.check_closed(tmp_path)


@pytest.mark.parametrize("locks", [True, False])
def test_several_processes_at_once(tmp_path, monkeypatch, locks):
    if not locks:
        monkeypatch.setattr(_library_folder, "fcntl", None)
    made = tmp_path / "made"

    def make(target):
        with made.open("a", encoding="utf-8") as file:
            file.write("x")
        time.sleep(0.05)
        target.write_bytes(b"a library")

    children = []
    for _ in range(5):
        child = os.fork()
        if child == 0:
            right = False
            try:
                path = _library_folder.keep(tmp_path, "key", make)
                right = path.read_bytes() == b"a library"
            finally:
                os._exit(0 if right else 1)
        children.append(child)
    assert all(os.waitpid(child, 0)[1] == 0 for child in children)
    assert len(libraries(tmp_path)) == 1
    times = len(made.read_text(encoding="utf-8"))
    assert times == 1 if locks else times >= 1
    assert not list(tmp_path.glob(".*.partial"))


def test_the_core_says_which_set_its_text_is_for():
    text = native.pieces_text()
    assert f'kIsa[] = "{instruction_set()}"' in text
    assert "-ffp-contract=off" in native.pieces_flags()
    assert '#include "' not in text
