"""Scans whose decay may be negative or turn: their equations, what they can keep."""

from __future__ import annotations

import copy
import itertools

import numpy as np
import pytest
import torch

from cell_problems import compare, draw
from elman import InputError, ops
from elman.cells import cell, shapes, specified
from elman.layers import layer_of
from oracles import logistic


def mingru(w, b, x, h):
    z, n = (wx @ x + bias for wx, bias in zip(w["ih"], b, strict=True))
    return (np.tanh(-z / 2) * h + logistic(z) * n,)


def minlstm(w, b, x, h):
    f, i, n = (wx @ x + bias for wx, bias in zip(w["ih"], b, strict=True))
    f, i = logistic(f), logistic(i)
    return (((f - i) * h + i * n) / (f + i),)


def rglru(w, b, x, h):
    r, i = (logistic(w["ih"][k] @ x + b[k]) for k in (0, 1))
    a = 2 * logistic(-w["decay"]) ** (8 * r) - 1
    return (a * h + np.sqrt(1 - a**2) * i * (w["ih"][2] @ x),)


def hgrn(w, b, x, h, s):
    f, n, o = (wx @ x + bias for wx, bias in zip(w["ih"], b, strict=True))
    s = np.tanh(f / 2) * s + (1 - logistic(f)) * n * logistic(n)
    return logistic(o) * s, s


def turning(w, b, x, h, re, im, lower=0.25):
    """With complex numbers, and an angle from tangent and cosine of it."""
    f, n, m, o, p, *t = (wx @ x + bias for wx, bias in zip(w["ih"], b, strict=True))
    angle = 2 * np.arctan(t[0]) if t else np.exp(w["theta"])
    f = lower + (1 - lower) * logistic(f)
    written = n * logistic(n) + 1j * m * logistic(m)
    s = f * np.exp(1j * angle) * (re + 1j * im) + (1 - f) * written
    return logistic(o) * s.real + logistic(p) * s.imag, s.real, s.imag


SIGNED = {"mingru": mingru, "minlstm": minlstm, "rglru": rglru, "hgrn": hgrn}
FORMS = {
    **{name: ({"signed": True}, oracle) for name, oracle in SIGNED.items()},
    "fixed": ({"angle": "fixed", "lower": 0.25}, turning),
    "input": ({"angle": "input", "lower": 0.25}, turning),
}


def form(name):
    options, oracle = FORMS[name]
    return cell(name if name in SIGNED else "hgrn", **options), oracle


@pytest.mark.parametrize("name", FORMS)
def test_a_form_is_what_it_says(name):
    compare(*form(name))


@pytest.mark.parametrize("name", FORMS)
def test_a_layer_of_a_form_runs_on_the_core_as_by_its_equations(name):
    found, _ = form(name)
    torch.manual_seed(0)
    layer = layer_of(found, 3, 5, num_layers=2, bidirectional=True)
    x = torch.randn(4, 2, 3)
    results = []
    for path in ("native", "composite") if ops.PROGRAMS else ("composite",):
        own = copy.deepcopy(layer)
        with ops.force_path(path):
            y, last = own(x)
            sum(v.square().sum() for v in (y, *last)).backward()
        results.append([y, *last, *(p.grad for p in own.parameters())])
    for values in zip(*results, strict=True):
        assert values[0].isfinite().all()
        torch.testing.assert_close(values[0], values[-1], rtol=1e-4, atol=1e-5)


def test_an_angle_is_one_of_three_and_has_no_sign():
    with pytest.raises(InputError, match="'none', 'fixed' or 'input', got 'half'"):
        cell("hgrn", angle="half")
    with pytest.raises(InputError, match="leave one of them out"):
        cell("hgrn", angle="fixed", signed=True)


@pytest.mark.parametrize("name", SIGNED)
def test_gates_that_are_shut_leave_finite_gradients(name):
    found, _ = form(name)
    layer = layer_of(found, 2, 3)
    with torch.no_grad():
        for p in layer.parameters():
            p.fill_(60.0)
    for sign in (-1.0, 1.0):
        layer(sign * torch.ones(3, 1, 2))[0].sum().backward()
        assert all(p.grad.isfinite().all() for p in layer.parameters())


def bits(steps):
    """Every sequence of bits of this length, one after the other as one-hot input."""
    every = np.array(list(itertools.product((0, 1), repeat=steps)))
    return every, np.eye(2)[every.T]  # (2^steps, steps); (steps, 2^steps, 2)


def test_one_unit_of_a_signed_scan_keeps_a_parity_by_construction():
    """h becomes 1 − h where a one is read: a is −1 and what is written 1."""
    every, x = bits(10)
    found = cell("mingru", signed=True)
    gate = {"weight_ih": np.array([[-40.0, 40.0], [0.0, 1.0]]), "bias": np.zeros(2)}
    assert gate.keys() == shapes(found.traced, 2, 1).keys()
    tracks = specified(found, x, [np.zeros((len(every), 1))], gate)
    for t, (h,) in enumerate(tracks):
        parity = every[:, : t + 1].sum(1) % 2
        np.testing.assert_allclose(h[:, 0], parity, atol=1e-9)


def test_one_unit_that_turns_by_its_input_counts_modulo_three_by_construction():
    """A third of a turn for a one: the state is one of three corners."""
    every, x = bits(8)
    found = cell("hgrn", angle="input")
    unit = 1 / (1 + np.exp(30.0))  # what a shut gate still writes
    weights = np.zeros((6, 2))
    weights[5] = 0.0, np.tan(np.pi / 3)
    bias = np.array([30.0, 0.0, 0.0, 60.0, -60.0, 0.0])
    parameters = {"weight_ih": weights, "bias": bias}
    ones = np.ones((len(every), 1))
    tracks = specified(found, x, [0 * ones, ones, 0 * ones], parameters)
    for t, (h, re, im) in enumerate(tracks):
        count = every[:, : t + 1].sum(1) % 3
        corner = np.exp(2j * np.pi * count / 3)
        np.testing.assert_allclose(re[:, 0] + 1j * im[:, 0], corner, atol=100 * unit)
        np.testing.assert_allclose(h, re, atol=1e-9)


def test_the_angles_start_from_one_radian_to_next_to_none():
    found = cell("hgrn", angle="fixed")
    assert draw(found).parameters["theta"].shape == (6,)
    layer = layer_of(found, 2, 5)
    angles = np.exp(layer.theta_l0.detach().numpy())
    np.testing.assert_allclose(angles, 10.0 ** -np.arange(0, 10, 2.0), rtol=1e-5)
