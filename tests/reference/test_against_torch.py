"""The reference against torch.nn, where torch has the cell, in float64."""

import numpy as np
import pytest
import torch

from cells import CELLS, by_reference, draw
from elman.ops import STOCK
from tolerance import assert_close

T, B, I, H = 7, 5, 3, 4


def by_torch_layer(problem):
    """Solve a problem with torch.nn's layer; in reverse, as a second direction."""
    cell = problem.cell
    kind = {"rnn": torch.nn.RNN, "gru": torch.nn.GRU, "lstm": torch.nn.LSTM}[cell.cell]
    given = problem.given
    options = {"nonlinearity": cell.variant} if cell.cell == "rnn" else {}
    out = given["w_hh"].shape[1]
    if cell.variant == "projected":
        options["proj_size"] = out
    directions = 2 if problem.reverse else 1
    layer = kind(I, H, bidirectional=problem.reverse, dtype=torch.float64, **options)
    long = {"w_ih": "weight_ih", "w_hh": "weight_hh", "w_hr": "weight_hr"}
    long |= {"b_ih": "bias_ih", "b_hh": "bias_hh"}
    suffix = "_l0_reverse" if problem.reverse else "_l0"
    parameters = {k: getattr(layer, v + suffix) for k, v in long.items() if k in given}
    with torch.no_grad():
        for name, parameter in parameters.items():
            parameter.copy_(torch.from_numpy(given[name]))

    leaves = {
        k: torch.from_numpy(given[k]).requires_grad_() for k in ("x", *cell.states)
    }
    state = tuple(leaves[s].expand(directions, -1, -1) for s in cell.states)
    x = leaves["x"]
    if problem.lengths is not None:
        x = torch.nn.utils.rnn.pack_padded_sequence(
            x, problem.lengths, enforce_sorted=False
        )
    y, last = layer(x, state if len(state) == 2 else state[0])
    if problem.lengths is not None:
        y, _ = torch.nn.utils.rnn.pad_packed_sequence(y, total_length=T)
    last = last if isinstance(last, tuple) else (last,)
    solution = {"y": y[..., -out:]}
    solution |= {k: s[-1] for k, s in zip(("h_n", "c_n"), last, strict=False)}
    total = sum(
        (solution[k] * torch.from_numpy(v)).sum() for k, v in problem.cotangents.items()
    )
    inputs = {**leaves, **parameters}
    grads = torch.autograd.grad(total, list(inputs.values()))
    return solution | {f"d{k}": g for k, g in zip(inputs, grads, strict=True)}


STOCK_CELLS = [c for c in CELLS if (c.cell, c.variant) in STOCK]


@pytest.mark.parametrize("reverse", [False, True], ids=["forward", "reverse"])
@pytest.mark.parametrize("lengths", [None, [7, 1, 3, 6, 3]], ids=["full", "ragged"])
@pytest.mark.parametrize("cell", STOCK_CELLS, ids=lambda c: c.id)
def test_outputs_states_and_gradients_agree(cell, lengths, reverse):
    problem = draw(cell, T, B, I, H, lengths=lengths, reverse=reverse)
    expected = by_torch_layer(problem)
    actual = by_reference(problem)
    assert actual.keys() == expected.keys()
    for name, value in actual.items():
        assert_close(
            value, expected[name], summands=problem.summands, steps=T, what=name
        )


def test_the_original_gru_is_the_same_as_torchs_where_nothing_is_reset():
    # With r = 1 the product before and after the reset gate is the same.
    after, before = (draw(c, 5, 2, 3, 4) for c in CELLS if c.cell == "gru")
    for problem in (after, before):
        problem.given["b_ih"][:4] = 1e3  # σ(1000) is exactly 1
    one, other = by_reference(after), by_reference(before)
    for name in ("y", "h_n", "dx", "dh_0", "dw_ih", "db_ih", "db_hh"):
        assert_close(
            one[name], other[name], summands=after.summands, steps=5, what=name
        )
    assert np.isfinite(one["dw_hh"]).all()
