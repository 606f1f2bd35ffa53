"""Cells beside numbers that other people's code gave for them, run once and kept here.

sLSTM: ``slstm_forward_pointwise`` of xlstm 2.0.6, its authors' own. All others:
torchrecurrent 0.2.5. Both in float64, six steps from zeros with two inputs and four
units, all parameters sines: see `waves`.
"""

from __future__ import annotations

import numpy as np
import pytest

from elman.cells import cell, shapes, specified

T, I, H = 6, 2, 4
LAST = {
    "slstm": [
        [0.135086550102, 0.147860718784, -0.308088154777, -0.146347309353],
        [0.322807271955, 0.667778177167, -0.611814691412, -1.55532718279],
        [1.83420948658, 2.05703510107, 1.15109252396, 2.97799779773],
        [-0.109487170244, -1.32341998721, 0.838393975374, 0.843950055769],
    ],
    "janet": [
        [0.43900163039, -0.163558813688, -0.211129807124, 0.641666686789],
    ],
    "cornn": [
        [-0.209074966593, -0.449728013741, 0.122160864225, 0.326652126398],
        [0.0288378602361, -0.294835223287, 0.0182497028599, 0.0929287765714],
    ],
    "indrnn": [
        [0.513023653021, -0.883692742136, 0.835313107463, 0.576201589505],
    ],
    "peephole_lstm": [
        [0.224875418407, -0.0234874401038, -0.402418739681, -0.241618160047],
        [0.273487676082, -0.0395278188065, -0.717642561085, -0.984590889926],
    ],
    "unicornn": [
        [0.161919283154, 0.429237166641, -0.179605558198, -0.14935805499],
        [0.336252653629, 0.569196381483, -0.24351295287, -0.350277095934],
    ],
    "mgu": [
        [0.137295561256, -0.445969786426, -0.561688850122, 0.427559070899],
    ],
}
"""The states after the last step."""
OPTIONS = {
    "slstm": {"heads": 2},
    "cornn": {"dt": 0.3, "gamma": 1.0, "epsilon": 0.5},
    "indrnn": {"activation": "tanh"},
    "unicornn": {"dt": 0.3, "alpha": 0.7},
}
FIRST = {"weight_ih": 2, "weight_hh": 3, "bias": 4}
FIRST |= {"u": 5, "w": 5, "c": 6, "p_i": 5, "p_f": 6, "p_o": 7}


def waves(first, *shape):
    count = np.arange(int(np.prod(shape)))
    return 0.8 * np.sin(1.3 * count + first).reshape(shape)


@pytest.mark.parametrize("name", LAST)
def test_a_cell_ends_where_published_code_does(name):
    found = cell(name, **OPTIONS.get(name, {}))
    parameters = {
        key: waves(FIRST[key], *shape)
        for key, shape in shapes(found.traced, I, H).items()
    }
    start = [np.zeros((1, H)) for _ in found.states]
    last = specified(found, waves(1, T, 1, I), start, parameters)[-1]
    for ours, theirs in zip(last, LAST[name], strict=True):
        np.testing.assert_allclose(ours[0], theirs, rtol=1e-9)
