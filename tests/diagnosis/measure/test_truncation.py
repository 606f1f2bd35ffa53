"""The bias of truncated backpropagation, against a plain loop with detach.

The oracle is written the way users write it: a loop over torch's one-step cells in
double precision, the state detached before a step, layer by layer.
"""

import math

import pytest
import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

import elman
from elman import InputError
from elman.diagnosis import truncation_bias
from tolerance import tolerance

T, B, I, H = 11, 3, 2, 4

CELLS = {
    "rnn": (nn.RNN, nn.RNNCell),
    "gru": (nn.GRU, nn.GRUCell),
    "lstm": (nn.LSTM, nn.LSTMCell),
    "elman lstm": (elman.LSTM, nn.LSTMCell),
    "gru before": (
        lambda *a, **k: elman.GRU(*a, reset_after=False, **k),
        lambda *a, **k: elman.GRUCell(*a, reset_after=False, **k),
    ),
}


def by_loop(layer, make_cell, x, every):
    """Run a stack cell by cell, row by row, cutting every K steps from the end."""
    sides = 2 if layer.bidirectional else 1
    total = len(x)
    below = list(x)
    for index in range(layer.num_layers):
        sides_out = []
        for side in range(sides):
            suffix = f"_l{index}" + ("_reverse" if side else "")
            cell = make_cell(below[0].shape[-1], H).double()
            for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh"):
                delattr(cell, name)
                setattr(cell, name, getattr(layer, name + suffix))
            hidden, outputs = None, []
            for t, inputs in enumerate(below[::-1] if side else below):
                if t and (total - t) % every == 0 and hidden is not None:
                    pair = isinstance(hidden, tuple)
                    hidden = (
                        tuple(s.detach() for s in hidden) if pair else hidden.detach()
                    )
                hidden = cell(inputs, hidden)
                outputs.append(hidden[0] if isinstance(hidden, tuple) else hidden)
            sides_out.append(outputs[::-1] if side else outputs)
        below = [torch.cat(s, -1) for s in zip(*sides_out, strict=True)]
    return torch.stack(below)


@pytest.mark.parametrize("two", [False, True])
@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("cell", CELLS)
def test_bias_is_that_of_a_loop_with_detach(cell, layers, two):
    make_layer, make_cell = CELLS[cell]
    layer = make_layer(I, H, layers, bidirectional=two).double()
    x = torch.randn(T, B, I, dtype=torch.float64)
    weight = torch.randn(T, B, H * (1 + two), dtype=torch.float64)

    def loss(output, target):
        y = output[0] if isinstance(output, tuple) else output
        return (target * y.sin()).sum()

    def gradient(every):
        value = loss(by_loop(layer, make_cell, x, every), weight)
        found = torch.autograd.grad(value, list(layer.parameters()))
        return torch.cat([g.flatten() for g in found])

    measured = truncation_bias(layer, x, weight, loss, steps=[1, 3, 4, T])
    whole = gradient(T)
    limit = tolerance(torch.float64, T * B * (I + H), T)
    assert measured.norm == pytest.approx(float(whole.norm()), rel=limit)
    assert measured.length == T
    for k, bias, cosine in zip(
        measured.steps, measured.bias, measured.cosine, strict=True
    ):
        mine = gradient(k)
        want = float((mine - whole).norm() / whole.norm())
        assert bias == pytest.approx(want, abs=limit)
        turned = float(mine @ whole / mine.norm() / whole.norm())
        assert cosine == pytest.approx(turned, abs=limit)
    assert measured.bias[-1] == 0.0


def test_geometric_tail_in_closed_form():
    """h_t = w h_{t−1} + x_t, loss h_T, x = 1: g_K = Σ_{k<K} w^k h_{T−1−k}."""
    w, steps = 0.8, 60
    layer = elman.RNN(1, 1, nonlinearity="identity", bias=False).double()
    layer.weight_hh_l0.data.fill_(w)
    layer.weight_ih_l0.data.fill_(1.0)
    layer.weight_ih_l0.requires_grad_(False)
    h = [(1 - w**t) / (1 - w) for t in range(steps + 1)]
    parts = [w**k * h[steps - 1 - k] for k in range(steps)]
    # The input weight counts too, frozen or not: ∂h_T/∂w_ih = Σ w^k.
    inputs = [w**k for k in range(steps)]

    def bias(every):
        missing = math.hypot(sum(parts[every:]), sum(inputs[every:]))
        return missing / math.hypot(sum(parts), sum(inputs))

    found = truncation_bias(
        layer,
        torch.ones(steps, 1, 1, dtype=torch.float64),
        None,
        lambda output, _: output[0][-1].sum(),
    )
    limit = tolerance(torch.float64, steps, steps)
    assert found.bias == pytest.approx([bias(k) for k in found.steps], abs=limit)
    assert found.smallest == next(k for k in range(1, steps) if bias(k) <= 0.05)
    assert not layer.weight_ih_l0.requires_grad


def test_shifts_average_the_alignments():
    """The mean over all K alignments misses lag k with probability k/K."""
    layer = elman.RNN(1, 1, nonlinearity="identity", bias=False).double()
    layer.weight_hh_l0.data.fill_(1.0)
    layer.weight_ih_l0.data.fill_(1.0)
    x = torch.zeros(8, 1, 1, dtype=torch.float64)
    x[2] = 1.0  # h_T = w_ih w_hh^5: ∂h_T/∂w_ih crosses 5 steps, ∂/∂w_hh is 5

    def last(output, _):
        return output[0][-1].sum()

    found = truncation_bias(layer, x, None, last, steps=[6], shifts=6)
    # Cuts before 8 − i − 6m: the path of w_ih from step 2 to 7 survives i = 0 alone;
    # w_hh at step t (3 to 7) needs h_{t−1} whatever its graph, so it survives where
    # no cut lies in (t, 7].
    whole, mine = [1.0, 5.0], [0.0, 0.0]
    for i in range(6):
        cuts = [c for c in (8 - i - 6, 8 - i) if 0 < c < 8]
        mine[0] += (not any(c > 2 for c in cuts)) / 6
        mine[1] += sum(not any(t < c for c in cuts) for t in range(3, 8)) / 6
    want = math.dist(mine, whole) / math.hypot(*whole)
    assert found.bias[0] == pytest.approx(want, abs=1e-15)


def test_ragged_and_packed_agree():
    layer = elman.GRU(I, H, bidirectional=True).double()
    x = torch.randn(T, B, I, dtype=torch.float64)
    lengths = [T, 4, 7]

    def loss(y, _):
        return (y**2).sum()

    by_lengths = truncation_bias(
        layer, x, None, loss, forward=lambda m, x: m(x, lengths=lengths)[0]
    )
    by_packing = truncation_bias(
        layer,
        x,
        None,
        loss,
        forward=lambda m, x: pad_packed_sequence(
            m(pack_padded_sequence(x, lengths, enforce_sorted=False))[0]
        )[0],
    )
    limit = tolerance(torch.float64, T * B * (I + H), T)
    assert by_lengths.bias == pytest.approx(by_packing.bias, abs=limit)
    assert by_lengths.smallest == by_packing.smallest


class Loop(nn.Module):
    """A loop over a cell, by hand."""

    def __init__(self):
        super().__init__()
        self.cell = nn.GRUCell(I, H)

    def forward(self, x):
        h, outputs = None, []
        for step in x:
            h = self.cell(step, h)
            outputs.append(h)
        return torch.stack(outputs)


class ByStep(Loop):
    """The same as a layer called one step at a time."""

    def forward(self, x):
        layer = self.layer
        h, outputs = None, []
        for step in x:
            y, h = layer(step.unsqueeze(0), h)
            outputs.append(y)
        return torch.cat(outputs)


def test_loops_are_one_sequence():
    whole = nn.GRU(I, H).double()
    loop, by_step = Loop().double(), ByStep()
    for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh"):
        setattr(loop.cell, name, getattr(whole, name + "_l0"))
    del by_step.cell
    by_step.layer = whole
    x = torch.randn(T, B, I, dtype=torch.float64)

    def loss(y, _):
        return (y[0] if isinstance(y, tuple) else y).sin().sum()

    found = [truncation_bias(m, x, None, loss) for m in (whole, loop, by_step)]
    limit = tolerance(torch.float64, T * B * (I + H), T)
    for other in found[1:]:
        assert other.steps == found[0].steps
        assert other.bias == pytest.approx(found[0].bias, abs=limit)


def test_dropout_draws_the_same_mask_each_time():
    layer = nn.LSTM(I, H, 2, dropout=0.5).double()
    x = torch.randn(T, B, I, dtype=torch.float64)
    before = torch.get_rng_state()
    found = truncation_bias(layer, x, None, lambda y, _: y[0].sum(), steps=[T, 3 * T])
    assert found.bias == [0.0, 0.0]
    assert torch.equal(torch.get_rng_state(), before)


def test_no_gradient_is_no_verdict():
    layer = nn.GRU(I, H)
    found = truncation_bias(
        layer, torch.randn(T, B, I), None, lambda y, _: 0 * y[0].sum()
    )
    assert found.smallest is None
    assert found.to_dict()["bias"] == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"tolerance": 0.0}, "tolerance must be"),
        ({"steps": [0]}, "steps must be at least 1"),
        ({"steps": []}, "steps: got none"),
        ({"shifts": 0}, "shifts must be"),
    ],
)
def test_what_cannot_be_measured(change, words):
    with pytest.raises(InputError, match=words):
        truncation_bias(
            nn.GRU(I, H), torch.randn(T, B, I), None, lambda y, _: y[0].sum(), **change
        )
