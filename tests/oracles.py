"""Every shipped cell in plain NumPy, one row at a time, written from its source.

They share no code with the package. `w` holds the blocks of the weights, and every
parameter of one value a unit by its name; `b` the blocks of the bias.
"""

from __future__ import annotations

import numpy as np


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
    z = z + 0.4 * (force - h - 2.3 * z)
    return h + 0.4 * z, z


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


def mgu(w, b, x, h):
    (xf, xn), (hf, hn) = w["ih"], w["hh"]
    f = logistic(xf @ x + hf @ h + b[0])
    return (h + f * (np.tanh(xn @ x + hn @ (f * h) + b[1]) - h),)


def ligru(w, b, x, h):
    (xz, xn), (hz, hn) = w["ih"], w["hh"]
    z = logistic(normed(w, "z", xz @ x) + hz @ h)
    n = np.maximum(normed(w, "n", xn @ x) + hn @ h, 0.0)
    return (z * h + (1 - z) * n,)


def fastgrnn(w, b, x, h):
    a = w["ih"][0] @ x + w["hh"][0] @ h
    z, n = logistic(a + w["b_z"]), np.tanh(a + w["b_n"])
    return ((logistic(w["zeta"]) * (1 - z) + logistic(w["nu"])) * n + z * h,)


def rhn(w, b, x, h):
    given = [w["ih"][0] @ x, w["ih"][1] @ x, 0.0, 0.0, 0.0, 0.0]
    for k in range(3):
        t = logistic(given[2 * k] + w["hh"][2 * k] @ h + b[2 * k])
        n = np.tanh(given[2 * k + 1] + w["hh"][2 * k + 1] @ h + b[2 * k + 1])
        h = h * (1 - t) + n * t
    return (h,)


def sru(w, b, x, h, c):
    wf, wr, wn, wp = w["ih"]
    f = logistic(wf @ x + w["v_f"] * c + b[0])
    r = logistic(wr @ x + w["v_r"] * c + b[1])
    c = f * c + (1 - f) * (wn @ x)
    return r * c + (1 - r) * (wp @ x) * np.sqrt(3.0), c


def minlstm(w, b, x, h):
    f, i = (logistic(w["ih"][k] @ x + b[k]) for k in (0, 1))
    return ((f * h + i * (w["ih"][2] @ x + b[2])) / (f + i),)


def rglru(w, b, x, h):
    r, i = (logistic(w["ih"][k] @ x + b[k]) for k in (0, 1))
    a = logistic(-w["decay"]) ** (8 * r)
    return (a * h + np.sqrt(1 - a**2) * i * (w["ih"][2] @ x),)


def hgrn(w, b, x, h, s):
    f, n, o = (wx @ x + bias for wx, bias in zip(w["ih"], b, strict=True))
    f, n = logistic(f), n * logistic(n)
    s = f * s + (1 - f) * n
    return logistic(o) * s, s


def linoss(w, b, x, h, y, z, implicit=True):
    """The matrices of the article's equations, of each oscillator by itself."""
    pull, rate = np.maximum(w["pull"], 0.0), logistic(w["rate"])
    drive = w["ih"][0] @ x
    found = np.empty((2, len(h)))
    for k, (a, d) in enumerate(zip(pull, rate, strict=True)):
        if implicit:
            m = np.linalg.inv(np.array([[1.0, d * a], [-d, 1.0]]))
            found[:, k] = m @ np.array([z[k] + d * drive[k], y[k]])
        else:
            new = z[k] + d * (drive[k] - a * y[k])
            found[:, k] = new, y[k] + d * new
    z, y = found
    return w["hh"][0] @ y + w["ih"][1] @ x, y, z


def paragru(w, b, x, h):
    z, r, n = (wx @ x + bias for wx, bias in zip(w["ih"], b, strict=True))
    z, r = logistic(z + w["a_z"] * h), logistic(r + w["a_r"] * h)
    n = np.tanh(n + w["a_n"] * h * r)
    return (z * n + (1 - z) * h,)


def paralstm(w, b, x, h, c):
    f, n, o = (wx @ x + bias for wx, bias in zip(w["ih"], b, strict=True))
    f = logistic(f + w["a_f"] * h + w["p_f"] * c)
    c = f * c + (1 - f) * np.tanh(n + w["a_n"] * h)
    return logistic(o + w["a_o"] * h + w["p_o"] * c) * np.tanh(c), c


def lem(w, b, x, h, z):
    (xp, xq, xz, xh), (hp, hq, hz, zh) = w["ih"], w["hh"]
    p = logistic(xp @ x + hp @ h + b[0])
    q = logistic(xq @ x + hq @ h + b[1])
    z = z + p * (np.tanh(xz @ x + hz @ h + b[2]) - z)
    return h + q * (np.tanh(xh @ x + zh @ z + b[3]) - h), z


def unicornn(w, b, x, h, z, pull=0.0):
    rate = 0.2 * logistic(w["c"])
    z = z - rate * (np.tanh(w["w"] * h + w["ih"][0] @ x + b[0]) + pull * h)
    return h + rate * z, z


def antisymmetric(w, b, x, h):
    flow = w["hh"][0] @ h
    z = logistic(flow + w["ih"][1] @ x + b[1])
    return (h + 0.1 * z * np.tanh(flow + w["ih"][0] @ x + b[0]),)


def orthogonal(w, b, x, h):
    a = w["ih"][0] @ x + w["hh"][0] @ h
    return (np.sign(a) * np.maximum(np.abs(a) + w["offset"], 0.0),)


def cfc(w, b, x, h, elapsed=1.0):
    between = 1.7159 * np.tanh(0.666 * (w["ih"][0] @ x + w["hh"][0] @ h + b[0]))
    a, s, f, g = (u @ between + c for u, c in zip(w["hh"][1:], b[1:], strict=True))
    s = logistic(a * elapsed + s)
    return (np.tanh(f) * (1 - s) + np.tanh(g) * s,)


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
    "mgu": mgu,
    "ligru": ligru,
    "fastgrnn": fastgrnn,
    "rhn": rhn,
    "sru": sru,
    "minlstm": minlstm,
    "rglru": rglru,
    "hgrn": hgrn,
    "linoss": linoss,
    "paragru": paragru,
    "paralstm": paralstm,
    "lem": lem,
    "unicornn": unicornn,
    "antisymmetric": antisymmetric,
    "orthogonal": orthogonal,
    "cfc": cfc,
}
OPTIONS = {"slstm": {"heads": 3}}
ACTIVATIONS = {
    "relu": lambda a: np.maximum(a, 0.0),
    "sigmoid": logistic,
    "identity": lambda a: a,
    "softplus": lambda a: np.log(1.0 + np.exp(a)),
}
