"""Peers: absent, broken, or there and computing the same."""

from __future__ import annotations

import importlib.util
import sys

import pytest
import torch

from elman import bench
from elman.bench import Case, Sizes


@pytest.fixture(autouse=True)
def environment(monkeypatch):
    # Set, so that what a peer sets is undone.
    monkeypatch.setenv("NPROC", "1")
    monkeypatch.setenv("KERAS_BACKEND", "")
    monkeypatch.delenv("KERAS_BACKEND")


def test_absent_peers_are_said(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    found, absent = bench.find_peers(bench.PEERS, 1)
    assert found == {}
    assert absent == {"jax": "not installed", "keras": "not installed"}


def test_a_broken_installation_is_said(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: object())
    monkeypatch.delitem(sys.modules, "elman.bench._jax", raising=False)
    monkeypatch.setitem(sys.modules, "jax", None)
    found, absent = bench.find_peers(("jax",), 1)
    assert found == {}
    assert absent["jax"].startswith("ModuleNotFoundError: ")
    assert "\n" not in absent["jax"]


@pytest.mark.parametrize("cell", bench.CELLS)
def test_the_scan_computes_what_torch_does(cell):
    jax = pytest.importorskip("jax")
    from elman.bench import _jax

    theirs = getattr(torch.nn, cell)(4, 6)
    x = torch.randn(7, 3, 4)
    names = ("w_ih", "w_hh", "b_ih", "b_hh")
    weights = [p.detach().numpy() for p in theirs.parameters()]
    y = _jax.run(cell, dict(zip(names, weights, strict=True)), x.numpy())
    expected = theirs(x)[0].detach()
    torch.testing.assert_close(torch.from_numpy(jax.device_get(y).copy()), expected)


@pytest.mark.parametrize("cell", bench.CELLS)
@pytest.mark.parametrize("name", bench.PEERS)
def test_each_runs_in_turn(cell, name):
    if importlib.util.find_spec(name) is None:
        pytest.skip(f"{name} is not installed")
    found, absent = bench.find_peers((name,), 1)
    assert absent == {}
    r = bench.measure(Case("grid", cell, Sizes(2, 3, 4, 5)), 1, found)
    assert list(r.values) == ["elman", "torch", name]
