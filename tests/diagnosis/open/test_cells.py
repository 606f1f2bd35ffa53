"""Loops over one-step cells: every state's adjoint, against a leaf put in its place."""

import pytest
import torch
from torch import nn

import elman
from elman.diagnosis.measure._profile import adjoints
from elman.diagnosis.open._probe import opened
from tolerance import tolerance

T, B, I, H = 8, 3, 2, 4

CELLS = {
    "torch rnn": lambda: nn.RNNCell(I, H),
    "torch relu": lambda: nn.RNNCell(I, H, nonlinearity="relu"),
    "torch gru": lambda: nn.GRUCell(I, H),
    "torch lstm": lambda: nn.LSTMCell(I, H),
    "no bias": lambda: nn.LSTMCell(I, H, bias=False),
    "elman gru before": lambda: elman.GRUCell(I, H, reset_after=False),
    "elman sigmoid": lambda: elman.RNNCell(I, H, nonlinearity="sigmoid"),
    "elman lstm": lambda: elman.LSTMCell(I, H),
}


class Loop(nn.Module):
    def __init__(self, cell):
        super().__init__()
        self.cell = cell

    def forward(self, x, cut=None, leaf=None):
        h, outputs = None, []
        for t, step in enumerate(x):
            h = self.cell(step, h)
            if t == cut:
                h = leaf(h)
            outputs.append(h[0] if isinstance(h, tuple) else h)
        return torch.stack(outputs)


@pytest.mark.parametrize("unbatched", [False, True])
@pytest.mark.parametrize("cell", CELLS)
def test_adjoints_of_a_loop(cell, unbatched):
    model = Loop(CELLS[cell]()).double()
    x = torch.randn(T, *([] if unbatched else [B]), I, dtype=torch.float64)

    def loss(y):
        return (y.sin() * torch.arange(1, T + 1).view(-1, *[1] * (y.dim() - 1))).sum()

    with opened(model) as tracks:
        y = model(x)
        ((h, c, _),) = [adjoints(track, loss(y)) for track in tracks]
    for cut in (0, 3, T - 1):
        leaves = []

        def leaf(state, leaves=leaves):
            pair = isinstance(state, tuple)
            leaves += [
                s.detach().requires_grad_() for s in (state if pair else (state,))
            ]
            return tuple(leaves) if pair else leaves[0]

        found = torch.autograd.grad(
            loss(model(x, cut, leaf)), leaves, allow_unused=True
        )
        limit = tolerance(torch.float64, I + H, T, float(h.abs().max()))
        for mine, theirs in zip((h, c), found, strict=False):
            theirs = torch.zeros_like(leaves[0]) if theirs is None else theirs
            assert (mine[cut].reshape(theirs.shape) - theirs).abs().max() <= limit


def test_two_loops_through_one_cell_are_two_tracks():
    cell = nn.GRUCell(I, H)
    model = Loop(cell)
    with opened(model) as tracks:
        model(torch.randn(T, B, I))
        model(torch.randn(3, B, I))
    assert [len(track.states) for track in tracks] == [T, 3]


def test_interleaved_loops_are_told_apart():
    """Two sequences step by step through one cell, as in a Siamese network."""
    cell = nn.LSTMCell(I, H)
    with opened(cell) as tracks:
        a = b = None
        for step in torch.randn(T, 2, B, I):
            a = cell(step[0], a)
            b = cell(step[1], b)
    assert [(t.sequence, len(t.states)) for t in tracks] == [(0, T), (1, T)]


def test_a_mask_or_dropout_between_steps_does_not_break_the_sequence():
    cell = nn.GRUCell(I, H)
    alive = torch.tensor([[1.0], [0.0], [1.0]])
    with opened(cell) as tracks:
        h = torch.zeros(B, H)
        for step in torch.randn(T, B, I):
            new = nn.functional.dropout(cell(step, h), 0.5)
            h = alive * new + (1 - alive) * h
    assert [len(track.states) for track in tracks] == [T]


def test_encoder_and_decoder_that_share_a_layer():
    """A decoder that starts from the encoder's state goes on with its sequence."""
    layer = nn.GRU(I, H)

    class Shared(nn.Module):
        def __init__(self):
            super().__init__()
            self.encoder = self.decoder = layer

        def forward(self, x):
            _, h = self.encoder(x)
            y = x[-1:]
            for _ in range(4):
                y, h = self.decoder(y[..., :I], h)
            return y

    with opened(Shared()) as tracks:
        pass
    model = Shared()
    with opened(model) as tracks:
        loss = model(torch.randn(T, B, I)).sum()
        h, _, connected = adjoints(tracks[0], loss)
    assert [len(track.states) for track in tracks] == [T + 4]
    assert connected
    assert (h[:T].norm(dim=-1) > 0).all()


def test_a_detached_state_begins_a_new_sequence():
    layer = nn.GRU(I, H)
    with opened(layer) as tracks:
        _, h = layer(torch.randn(T, B, I))
        layer(torch.randn(3, B, I), h.detach())
    assert [len(track.states) for track in tracks] == [T, 3]
