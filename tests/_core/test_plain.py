"""The border of plain calls: what does not fit is refused, and never an address."""

import pytest
import torch

from elman import GRU, LSTM, RNN, ops
from native_core import native

pytestmark = pytest.mark.skipif(
    ops.plain_layer is not getattr(native, "plain_layer", None),
    reason="this torch does not tell where its tensors lie (before 2.10)",
)
T, B, I, H = 6, 5, 7, 21
STATES = (1, 2)  # where they stand among what is given
MAY_BE_NONE = (*STATES, 7)  # the lengths too


def given(cls):
    """Return what plain_forward takes, before what is to be saved."""
    layer = cls(I, H)
    states = [torch.randn(1, B, H) for _ in STATES]
    if cls is not LSTM:
        states[1] = None
    weights = [p.detach() for p in layer.parameters()]
    numbers = [*ops.STEPS[layer._cell], False, False]
    return numbers, [torch.randn(T, B, I), *states, *weights, torch.arange(B)]


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
    torch.zeros(B, H, 2)[..., 0],
    torch.zeros(H, H).to_sparse(),
]


@pytest.mark.parametrize("bad", BAD, ids=range(len(BAD)))
@pytest.mark.parametrize("cls", [RNN, GRU, LSTM])
def test_what_does_not_fit_is_refused(cls, bad):
    numbers, tensors = given(cls)
    y, h_n, c_n, gates, cells = native.plain_forward(*numbers, *tensors, True)
    later = [y, gates, cells, torch.ones_like(y), h_n, c_n, (True,) * 7]
    assert native.plain_backward(*numbers, *tensors, *later) is not None
    for place in range(len(tensors)):
        if bad is None and place in MAY_BE_NONE:
            continue
        wrong = [bad if k == place else t for k, t in enumerate(tensors)]
        assert native.plain_forward(*numbers, *wrong, True) is None
        assert native.plain_backward(*numbers, *wrong, *later) is None
    for place, right in enumerate(later[:6]):
        # Gates and cells that a cell does not have are not read; gradients may be none.
        if right is None or (bad is None and place >= 3):
            continue
        wrong = [bad if k == place else t for k, t in enumerate(later)]
        assert native.plain_backward(*numbers, *tensors, *wrong) is None


def test_it_says_what_it_takes():
    with pytest.raises(TypeError, match="plain_layer: expected"):
        native.plain_layer(0)
    with pytest.raises(TypeError, match="plain_forward: expected"):
        native.plain_forward(0)
    with pytest.raises(TypeError, match="plain_backward: expected"):
        native.plain_backward(*range(19))
    numbers, tensors = given(GRU)
    with pytest.raises(TypeError):
        native.plain_forward("gru", *numbers[1:], *tensors, True)
