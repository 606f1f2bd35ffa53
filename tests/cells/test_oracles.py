"""Every shipped cell beside NumPy written by hand from its source, sharing no code."""

from __future__ import annotations

import numpy as np
import pytest

from cell_problems import draw
from elman.cells import cell, specified
from tolerance import assert_close


def logistic(a):
    return 0.5 * (1.0 + np.tanh(0.5 * a))


def rnn(w, b, x, h, act=np.tanh):
    return (act(w["ih"][0] @ x + w["hh"][0] @ h + b[0]),)


def gru(w, b, x, h):
    (xr, xz, xn), (hr, hz, hn) = w["ih"], w["hh"]
    r = logistic(xr @ x + hr @ h + b[0])
    z = logistic(xz @ x + hz @ h + b[1])
    n = np.tanh(xn @ x + b[2] + r * (hn @ h + b[3]))
    return ((1 - z) * n + z * h,)


def gru_reset_before(w, b, x, h):
    (xr, xz, xn), (hr, hz, hn) = w["ih"], w["hh"]
    r = logistic(xr @ x + hr @ h + b[0])
    z = logistic(xz @ x + hz @ h + b[1])
    n = np.tanh(xn @ x + hn @ (r * h) + b[2])
    return ((1 - z) * n + z * h,)


def four(w, b, x, h):
    return (
        wx @ x + wh @ h + bias for wx, wh, bias in zip(w["ih"], w["hh"], b, strict=True)
    )


def lstm(w, b, x, h, c):
    i, f, g, o = four(w, b, x, h)
    c = logistic(f) * c + logistic(i) * np.tanh(g)
    return logistic(o) * np.tanh(c), c


def peephole_lstm(w, b, x, h, c):
    i, f, g, o = four(w, b, x, h)
    i, f = logistic(i + w["p_i"] * c), logistic(f + w["p_f"] * c)
    c = f * c + i * np.tanh(g)
    return logistic(o + w["p_o"] * c) * np.tanh(c), c


def coupled_lstm(w, b, x, h, c):
    f, g, o = four(w, b, x, h)
    f = logistic(f)
    c = f * c + (1 - f) * np.tanh(g)
    return logistic(o) * np.tanh(c), c


def normed(w, name, v):
    v = (v - v.mean()) / np.sqrt(v.var() + 1e-5)
    return w[f"{name}_gain"] * v + w[f"{name}_shift"]


def layer_norm_lstm(w, b, x, h, c):
    gates = four(w, [0.0] * 4, x, h)
    i, f, g, o = (normed(w, name, v) for name, v in zip("ifgo", gates, strict=True))
    c = logistic(f) * c + logistic(i) * np.tanh(g)
    return logistic(o) * np.tanh(normed(w, "c", c)), c


def layer_norm_gru(w, b, x, h):
    (xr, xz, xn), (hr, hz, hn) = w["ih"], w["hh"]
    r = logistic(normed(w, "r", xr @ x + hr @ h))
    z = logistic(normed(w, "z", xz @ x + hz @ h))
    n = np.tanh(normed(w, "xn", xn @ x) + r * normed(w, "hn", hn @ h))
    return ((1 - z) * n + z * h,)


def janet(w, b, x, h):
    s, g = four(w, b, x, h)
    return (logistic(s) * h + (1 - logistic(s - 1.0)) * np.tanh(g),)


def mingru(w, b, x, h):
    z = logistic(w["ih"][0] @ x + b[0])
    return ((1 - z) * h + z * (w["ih"][1] @ x + b[1]),)


def indrnn(w, b, x, h):
    return (np.maximum(w["ih"][0] @ x + w["u"] * h + b[0], 0.0),)


def lru(w, b, x, h, re, im):
    u, v, d = w["ih"]
    eigenvalue = np.exp(-np.exp(w["nu"]) + 1j * np.exp(w["theta"]))
    drive = np.sqrt(1 - np.abs(eigenvalue) ** 2) * ((u + 1j * v) @ x)
    s = eigenvalue * (re + 1j * im) + drive
    readout = w["hh"][0] - 1j * w["hh"][1]
    return (readout @ s).real + d @ x, s.real, s.imag


def cornn(w, b, x, h, z):
    force = np.tanh(w["ih"][0] @ x + w["hh"][0] @ h + w["hh"][1] @ z + b[0])
    z = z + 0.042 * (force - 2.7 * h - 4.7 * z)
    return h + 0.042 * z, z


def slstm(w, b, x, h, c, n, m):
    def recurrent(blocks):
        parts = blocks.reshape(3, 2, 2)
        return np.concatenate(
            [p @ s for p, s in zip(parts, h.reshape(3, 2), strict=True)]
        )

    i, f, z, o = (
        wx @ x + recurrent(r) + bias
        for wx, r, bias in zip(w["ih"], w["hh"], b, strict=True)
    )
    log_f = np.log(logistic(f))
    new = np.maximum(log_f + m, i)
    i, f = np.exp(i - new), np.exp(log_f + m - new)
    c, n = f * c + i * np.tanh(z), f * n + i
    return logistic(o) * c / n, c, n, new


ORACLES = {
    "rnn": rnn,
    "gru": gru,
    "gru_reset_before": gru_reset_before,
    "lstm": lstm,
    "peephole_lstm": peephole_lstm,
    "coupled_lstm": coupled_lstm,
    "layer_norm_lstm": layer_norm_lstm,
    "layer_norm_gru": layer_norm_gru,
    "janet": janet,
    "mingru": mingru,
    "indrnn": indrnn,
    "lru": lru,
    "cornn": cornn,
    "slstm": slstm,
}
OPTIONS = {"slstm": {"heads": 3}}
ACTIVATIONS = {
    "relu": lambda a: np.maximum(a, 0.0),
    "sigmoid": logistic,
    "identity": lambda a: a,
    "softplus": lambda a: np.log(1.0 + np.exp(a)),
}


def compare(found, oracle):
    problem = draw(found, T=5, B=3, I=4, H=6)
    H = 6
    w = {k: v for k, v in problem.parameters.items() if "weight" not in k}
    for short in ("ih", "hh"):
        whole = problem.parameters.get(f"weight_{short}", np.zeros((0, 1)))
        w[short] = [whole[k : k + H] for k in range(0, len(whole), H)]
    bias = problem.parameters.get("bias", np.zeros(0))
    b = [bias[k : k + H] for k in range(0, len(bias), H)]
    ours = specified(found, problem.x, problem.start, problem.parameters)
    for row in range(3):
        state = [s[row] for s in problem.start]
        for t in range(5):
            state = oracle(w, b, problem.x[t, row], *state)
            for k, name in enumerate(found.states):
                assert_close(
                    ours[t][k][row],
                    state[k],
                    summands=problem.summands,
                    steps=t + 1,
                    what=f"{name} of row {row}, step {t}",
                )


def test_every_shipped_cell_has_an_oracle():
    from elman.cells import shipped

    classes = {type(cell(name)).__name__ for name in ORACLES}
    assert classes == set(shipped.__all__)


@pytest.mark.parametrize("name", ORACLES)
def test_a_cell_is_what_its_source_says(name):
    compare(cell(name, **OPTIONS.get(name, {})), ORACLES[name])


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_every_activation_of_the_simple_network(name):
    act = ACTIVATIONS[name]
    compare(cell("rnn", nonlinearity=name), lambda *a: rnn(*a, act=act))


def test_the_stabiliser_of_an_empty_slstm_is_its_input_gate():
    """With no memory yet, what is written decides alone: as in the authors' code."""
    found = cell("slstm")
    problem = draw(found, T=1)
    zeros = [np.zeros_like(s) for s in problem.start]
    (h, c, n, m) = specified(found, problem.x, zeros, problem.parameters)[0]
    np.testing.assert_array_equal(n, 1.0)
    assert np.isfinite(h).all()
    assert (np.abs(c) <= 1.0).all()
    w = problem.parameters["weight_ih"][:6]
    assert_close(m, problem.x[0] @ w.T + problem.parameters["bias"][:6], summands=2)


def test_an_empty_slstm_takes_any_input():
    """Nothing is kept of nothing, however much less than that is written."""
    found = cell("slstm")
    problem = draw(found, T=3)
    zeros = [np.zeros_like(s) for s in problem.start]
    for scale in (1.0, -1.0):
        x = 1e4 * scale * problem.x
        for states in specified(found, x, zeros, problem.parameters):
            assert all(np.isfinite(s).all() for s in states)
