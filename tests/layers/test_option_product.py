"""The whole product of torch.nn's options: outputs, states and all gradients.

Nothing is sampled: every cell, depth, direction, bias, layout, initial state, form
of the batch, dtype and mode of dropout meets every other one, beside torch's layer
with the same weights, the same input and, where dropout draws, the same seed.
"""

import itertools
from typing import NamedTuple

import pytest
import torch
from torch import nn
from torch.nn.utils.rnn import PackedSequence, pack_padded_sequence

import elman
from tolerance import assert_close

T, B, I, H, P = 4, 3, 3, 4, 2
CELLS = {
    "tanh": ("RNN", {}),
    "relu": ("RNN", {"nonlinearity": "relu"}),
    "gru": ("GRU", {}),
    "lstm": ("LSTM", {}),
    "projected": ("LSTM", {"proj_size": P}),
}
FORMS = {  # the lengths of the rows where they are packed
    "unbatched": None,
    "batched": None,
    "packed sorted": [4, 3, 1],
    "packed unsorted": [2, 4, 1],
}
DROPOUT = 0.4
PRODUCT = {
    "num_layers": (1, 2),
    "bidirectional": (False, True),
    "bias": (False, True),
    "batch_first": (False, True),
    "given": (False, True),
    "training": (False, True),
}


class Case(NamedTuple):
    num_layers: int
    bidirectional: bool
    bias: bool
    batch_first: bool
    given: bool
    training: bool


def draw(form: str, case: Case, dtype: torch.dtype, widths: list[int]):
    """Return the input, the state and what its gradients are weighted by."""
    rows = () if form == "unbatched" else (B,)
    shape = (T, *rows) if not (case.batch_first and rows) else (B, T)
    x = torch.randn(*shape, I, dtype=dtype)
    places = case.num_layers * (1 + case.bidirectional)
    state = tuple(torch.randn(places, *rows, w, dtype=dtype) for w in widths)
    return x, (state if case.given else ())


def solve(layer, form, x, state):
    """Return outputs, states and the gradients of a fixed functional of them."""
    x = x.clone().requires_grad_()
    state = tuple(s.clone().requires_grad_() for s in state)
    given = x
    if FORMS[form] is not None:
        given = pack_padded_sequence(
            x,
            FORMS[form],
            batch_first=layer.batch_first,
            enforce_sorted=form == "packed sorted",
        )
    torch.manual_seed(7)  # of the masks
    hx = None if not state else state if len(state) == 2 else state[0]
    y, last = layer(given, hx)
    if isinstance(y, PackedSequence):
        assert all(
            a is b or torch.equal(a, b) for a, b in zip(y[1:], given[1:], strict=True)
        )
        y = y.data
    out = [y, *(last if isinstance(last, tuple) else (last,))]
    total = sum((o * torch.linspace(-1, 1, o.numel()).view_as(o)).sum() for o in out)
    named = {"x": x, **{f"state {k}": s for k, s in enumerate(state)}}
    named |= dict(layer.named_parameters())
    grads = torch.autograd.grad(total, list(named.values()))
    found = dict(zip(("y", "h_n", "c_n"), out, strict=False))
    return found | {f"d {k}": g for k, g in zip(named, grads, strict=True)}


@pytest.mark.filterwarnings("ignore:LSTM with projections is not supported")
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", CELLS)
def test_every_option_with_every_other(name, form, dtype):
    kind, more = CELLS[name]
    widths = [more.get("proj_size", H)] + [H] * (kind == "LSTM")
    for case in itertools.starmap(Case, itertools.product(*PRODUCT.values())):
        if case.training and case.num_layers == 1:
            continue  # nothing lies between layers for a mask to fall on
        options = {
            "num_layers": case.num_layers,
            "bidirectional": case.bidirectional,
            "bias": case.bias,
            "batch_first": case.batch_first,
            "dropout": DROPOUT * (case.num_layers > 1),
            "dtype": dtype,
        }
        ours = getattr(elman, kind)(I, H, **options, **more).train(case.training)
        theirs = getattr(nn, kind)(I, H, **options, **more).train(case.training)
        theirs.load_state_dict(ours.state_dict())
        x, state = draw(form, case, dtype, widths)
        expected = solve(theirs, form, x, state)
        actual = solve(ours, form, x, state)
        assert actual.keys() == expected.keys()
        for key, value in actual.items():
            assert value.dtype == expected[key].dtype
            assert value.stride() == expected[key].stride() or key != "y", case
            assert_close(
                value,
                expected[key],
                summands=max(I + 4 * H, T * B),
                steps=T * case.num_layers,
                what=f"{key} of {case}",
            )
