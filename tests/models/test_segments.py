"""The network of segments: where it starts, what it sees, what it keeps apart."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from elman.models import SegmentNetwork, _segments

B, C, H, K, S = 5, 13, 10, 3, 4
OTHERS, KNOWN = 2, 3


def network(cell="gru", **options):
    torch.manual_seed(0)
    made = SegmentNetwork(cell, K + OTHERS, KNOWN, K, H, S, hidden_size=6, **options)
    nn.init.normal_(made.head.weight)
    return made.double().eval()


@pytest.fixture
def inputs():
    torch.manual_seed(1)
    shapes = (B, C, K + OTHERS), (B, H, KNOWN), (B, H, K)
    return [torch.randn(shape, dtype=torch.float64) for shape in shapes]


def test_untrained_it_is_the_linear_forecast(inputs):
    made = SegmentNetwork("gru", K + OTHERS, KNOWN, K, H, S, hidden_size=6).double()
    assert torch.equal(made(*inputs), inputs[2])


@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])
def test_the_equations(cell, layers, inputs):
    made = network(cell, num_layers=layers)
    encoder, decoder, linear = inputs
    # 13 steps of context are filled up to 16, 10 steps ahead to 12.
    past = torch.cat([encoder[:, :1].expand(-1, 3, -1), encoder], 1)
    known = torch.cat([decoder, decoder[:, -1:].expand(-1, 2, -1)], 1)
    base = torch.cat([linear, linear[:, -1:].expand(-1, 2, -1)], 1)
    for b in range(B):
        for j in range(K):
            last = encoder[b, -1, j]
            steps = []
            for i in range(0, 16, S):
                own = made.values(past[b, i : i + S, j] - last)
                rest = made.others(past[b, i : i + S, K:].reshape(-1))
                steps.append(torch.relu(own + rest))
            _, state = made.encoder(torch.stack(steps))
            for m in range(3):
                ahead = slice(m * S, m * S + S)
                query = made.place[m] + made.target[j]
                query = query + made.linear(base[b, ahead, j] - last)
                query = query + made.ahead(known[b, ahead].reshape(-1))
                output, _ = made.decoder(query[None], state)
                expected = base[b, ahead, j] + made.head(output[0])
                found = made(*inputs)[b, ahead, j]
                torch.testing.assert_close(found, expected[: len(found)])


def test_a_level_added_to_a_target_is_added_to_its_forecast(inputs):
    made = network()
    encoder, decoder, linear = inputs
    before = made(*inputs)
    moved = encoder.clone()
    moved[..., 1] += 7
    shifted = linear.clone()
    shifted[..., 1] += 7
    after = made(moved, decoder, shifted)
    torch.testing.assert_close(after[..., 1], before[..., 1] + 7)
    torch.testing.assert_close(after[..., [0, 2]], before[..., [0, 2]])


def test_without_gradients_windows_go_through_in_parts(inputs, monkeypatch):
    made = network()
    whole = made(*inputs).detach()
    sizes = []
    inner = made._corrected
    monkeypatch.setattr(
        made, "_corrected", lambda *a: sizes.append(len(a[0])) or inner(*a)
    )
    monkeypatch.setattr(_segments, "_MOST_ROWS", 2 * K * 3)
    with torch.no_grad():
        parts = made(*inputs)
    assert sizes == [2, 2, 1]
    torch.testing.assert_close(parts, whole)


def test_nothing_but_the_targets_and_no_known_columns():
    made = SegmentNetwork("gru", 1, 0, 1, 7, 3, hidden_size=4)
    nn.init.normal_(made.head.weight)
    found = made(torch.randn(2, 2, 1), torch.randn(2, 7, 0), torch.randn(2, 7, 1))
    assert found.shape == (2, 7, 1)
    found.sum().backward()
    assert torch.isfinite(made.values.weight.grad).all()
