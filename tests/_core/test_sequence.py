"""The border: what does not fit is refused, and never an address."""

import pytest
import torch

from elman import GRU, LSTM, RNN, ops
from elman.cells import stock
from native_core import native

T, B, I, H = 6, 5, 7, 21
STATES = (1, 2)  # where they stand among what is given
MAY_BE_NONE = (*STATES, 7, 8)  # the projection and the lengths too


def given(cls):
    """Return what sequence_forward takes, before what is to be saved."""
    layer = cls(I, H)
    states = [torch.randn(1, B, H) for _ in STATES]
    if not isinstance(layer, LSTM):
        states[1] = None
    elif layer.proj_size:
        states[0] = torch.randn(1, B, layer.proj_size)
    weights = [p.detach() for p in layer.parameters()]
    if len(weights) == 4:
        weights.append(None)
    numbers = [*ops.CELLS[layer._cell], False, False, False, None]
    return numbers, [torch.randn(T, B, I), *states, *weights, torch.arange(B)]


def projected(inputs, hidden):
    return LSTM(inputs, hidden, proj_size=4)


BAD = [
    None,
    3,
    "x",
    torch.zeros(()),
    torch.zeros(0),
    torch.zeros(T, B),
    torch.zeros(T, B, H + 1),
    torch.zeros(T, B, I, dtype=torch.float64),
    torch.zeros(T, B, I, dtype=torch.int64),
    torch.zeros(1, B, H, device="meta"),
    torch.zeros(B, H, 2),
    torch.zeros(H, H).to_sparse(),
]


@pytest.mark.parametrize("bad", BAD, ids=range(len(BAD)))
@pytest.mark.parametrize("cls", [RNN, GRU, LSTM, projected])
def test_what_does_not_fit_is_refused(cls, bad):
    numbers, tensors = given(cls)
    y, h_n, c_n, *saved = native.sequence_forward(*numbers, *tensors, True)
    later = [y, *saved, torch.ones_like(y), h_n, c_n]
    how = [(True,) * 8, True, False]
    assert native.sequence_backward(*numbers, *tensors, *later, *how) is not None
    for place in range(len(tensors)):
        if bad is None and place in MAY_BE_NONE and (place, cls) != (7, projected):
            continue
        wrong = [bad if k == place else t for k, t in enumerate(tensors)]
        assert native.sequence_forward(*numbers, *wrong, True) is None
        assert native.sequence_backward(*numbers, *wrong, *later, *how) is None
    for place, right in enumerate(later):
        # What a cell does not save is not read; gradients may be none.
        if right is None or (bad is None and place >= 4):
            continue
        wrong = [bad if k == place else t for k, t in enumerate(later)]
        assert native.sequence_backward(*numbers, *tensors, *wrong, *how) is None


def strided(t):
    return t.repeat_interleave(2, -1)[..., ::2]


def turned(t):
    return t.transpose(0, 1).contiguous().transpose(0, 1)


def negated(t):
    return torch._neg_view(t.neg())


@pytest.mark.parametrize("form", [strided, negated, turned])
@pytest.mark.parametrize("cls", [RNN, GRU, LSTM, projected])
def test_tensors_may_lie_anyhow(cls, form):
    numbers, tensors = given(cls)
    tensors[8] = torch.full((B,), T)  # what is saved past a row's end is not set
    results = native.sequence_forward(*numbers, *tensors, True)
    later = [results[0], *results[3:], torch.randn(T, B, results[0].shape[-1])]
    how = [None, None, (True,) * 8, True, False]
    gradients = native.sequence_backward(*numbers, *tensors, *later, *how)

    def formed(given):
        fits = (lambda t: t.dim() == 3) if form is turned else torch.is_floating_point
        return [t if t is None or not fits(t) else form(t) for t in given]

    found = native.sequence_forward(*numbers, *formed(tensors), True)
    again = native.sequence_backward(*numbers, *formed(tensors), *formed(later), *how)
    for a, b in zip((*found, *again), (*results, *gradients), strict=True):
        assert (a is None) == (b is None)
        assert a is None or torch.equal(a, b)


def test_nothing_to_run_over():
    numbers, tensors = given(GRU)
    for x, rows in ((torch.zeros(0, B, I), B), (torch.zeros(T, 0, I), 0)):
        now = [x, torch.zeros(1, rows, H), None, *tensors[3:8], None]
        y, h_n, *_ = native.sequence_forward(*numbers, *now, True)
        assert y.shape == (*x.shape[:2], H)
        assert torch.equal(h_n, now[1])


def test_it_says_what_it_takes():
    for name in ("fast_layer", "sequence_forward", "sequence_backward", "setup"):
        with pytest.raises(TypeError, match=f"{name}: expected"):
            getattr(native, name)(0)


def test_masks_that_do_not_fit_are_refused():
    numbers, tensors = given(LSTM)
    program = stock("lstm", "plain").lowered(zoneout=(None, None)).program
    graph = native.Graph(*program.encode())
    mask = torch.rand(T, B, H) < 0.5

    def run(noise):
        return native.sequence_forward(*numbers[:5], noise, *tensors, True)

    found = run((graph, (mask, mask.float())))
    assert torch.equal(found[0], run((graph, (mask, mask)))[0])
    assert found[3].shape[2] == program.saved
    other = native.Graph(*stock("gru", "reset_after").lowered().program.encode())
    for wrong in (mask[1:], mask[..., 1:], mask.double(), mask[0], mask.to("meta"), 3):
        assert run((graph, (mask, wrong))) is None
    for noise in (
        *((other, ()), (graph, (mask,)), (graph, [mask, mask]), (graph,)),
        *((3, (mask, mask)), 3, (graph, (mask,) * 3), (None, None)),
    ):
        assert run(noise) is None
    numbers, tensors = given(projected)
    assert run((graph, (mask, mask))) is None
