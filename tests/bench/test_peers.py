"""Peers: absent, broken, or there and computing the same."""

from __future__ import annotations

import importlib.util
import sys

import pytest
import torch

from elman import bench, cells, layers
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


@pytest.mark.parametrize(
    ("name", "options"),
    [*((name, {}) for name in bench.EQUATIONS), ("slstm", {"heads": 3})],
)
def test_the_scan_computes_what_our_layers_do(name, options):
    jax = pytest.importorskip("jax")
    from elman.bench import _jax

    torch.manual_seed(0)
    cell = cells.cell(name, **options)
    layer = layers.layer_of(cell, 4, 6)
    x = torch.randn(7, 3, 4, requires_grad=True)
    y = layer(x)[0]
    dy = torch.randn_like(y)
    y.backward(dy)
    w = {n.removesuffix("_l0"): p for n, p in layer.named_parameters()}
    arrays = {n: p.detach().numpy() for n, p in w.items()}

    def value(w, x):
        found = _jax.run(cell, w, x)
        return (found * dy.numpy()).sum(), found

    grads, found = jax.grad(value, (0, 1), has_aux=True)(arrays, x.detach().numpy())

    def close(theirs, ours):
        tensor = torch.from_numpy(jax.device_get(theirs).copy())
        torch.testing.assert_close(tensor, ours.detach(), rtol=1e-4, atol=1e-5)

    close(found, y)
    close(grads[1], x.grad)
    for n, p in w.items():
        close(grads[0][n], p.grad)


def test_equations_have_jax_beside_them():
    pytest.importorskip("jax")
    found, _ = bench.find_peers(("jax",), 1)
    r = bench.measure(Case("cells", "lru", Sizes(2, 3, 4, 5)), 1, found)
    assert list(r.values) == ["elman", "plain torch", "jax"]


@pytest.mark.parametrize("cell", bench.CELLS)
@pytest.mark.parametrize("name", bench.PEERS)
def test_each_runs_in_turn(cell, name):
    if importlib.util.find_spec(name) is None:
        pytest.skip(f"{name} is not installed")
    found, absent = bench.find_peers((name,), 1)
    assert absent == {}
    r = bench.measure(Case("grid", cell, Sizes(2, 3, 4, 5)), 1, found)
    assert list(r.values) == ["elman", "torch", name]
