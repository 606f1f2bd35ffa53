"""A state that the model detaches between calls ends every gradient there."""

import pytest
import torch
from torch import nn
from torch.nn.functional import mse_loss

import elman
from elman import diagnose

NAME = "state detached between calls"


class Chunks(nn.Module):
    """Runs a layer in chunks; ``between`` makes of the last state the next one."""

    def __init__(self, layer, steps, between):
        super().__init__()
        self.layer, self.steps, self.between = layer, steps, between
        self.out = nn.Linear(16, 1)

    def forward(self, x):
        state = None
        for piece in x.split(self.steps, 1):
            y, state = self.layer(piece, state)
            pair = isinstance(state, tuple)
            state = tuple(map(self.between, state)) if pair else self.between(state)
        return self.out(y[:, -1])


class Cells(nn.Module):
    """A loop over a cell, detached every few steps."""

    def __init__(self, steps):
        super().__init__()
        self.cell, self.steps, self.out = nn.LSTMCell(3, 16), steps, nn.Linear(16, 1)

    def forward(self, x):
        state = None
        for t, x_t in enumerate(x.unbind(1)):
            if t and t % self.steps == 0:
                state = tuple(s.detach() for s in state)
            state = self.cell(x_t, state)
        return self.out(state[0])


def examine(model, steps=60, **options):
    torch.manual_seed(0)
    return diagnose(
        model, torch.randn(8, steps, 3), torch.randn(8, 1), mse_loss, **options
    )


@pytest.mark.parametrize(
    "between",
    [
        lambda h: h.detach(),
        lambda h: h.detach().clone(),
        lambda h: h.detach().requires_grad_(),
        lambda h: h.data,
        lambda h: torch.cat([torch.zeros_like(h[:, :2]), h[:, 2:].detach()], 1),
    ],
)
@pytest.mark.parametrize("home", [nn, elman])
@pytest.mark.parametrize("cell", ["RNN", "GRU", "LSTM"])
def test_the_verdict_sees_it(home, cell, between):
    layer = getattr(home, cell)(3, 16, 2, batch_first=True)
    d = examine(Chunks(layer, 6, between))
    assert (d.verdict, d.needed) == ("vanishing", 60)
    assert d.horizon <= 6
    (found,) = (f for f in d.findings if f.name == NAME)
    assert "gradients reach at most 6 steps" in found.evidence
    assert "the sequence has 60" in found.evidence
    assert (found.value, found.limit) == (6, 60)
    assert "sequences are too short" not in [f.name for f in d.findings]


def test_a_loop_over_a_cell():
    d = examine(Cells(6))
    assert (d.verdict, d.needed, d.horizon) == ("vanishing", 60, 6)
    assert (d.findings[0].name, d.findings[0].severity) == (NAME, "error")
    assert d.remedies == []


def test_a_state_carried_by_the_layer_outside_its_graph():
    layer = elman.GRU(3, 16, batch_first=True, stateful="detached")

    class Model(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer, self.out = layer, nn.Linear(16, 1)

        def forward(self, x):
            self.layer.reset_state()
            for piece in x.split(6, 1):
                y, _ = self.layer(piece)
            return self.out(y[:, -1])

    d = examine(Model())
    assert (d.verdict, d.needed) == ("vanishing", 60)
    assert NAME in [f.name for f in d.findings]


def test_cuts_beyond_the_need_are_none_of_its_business():
    layer = elman.init.chrono_(elman.GRU(3, 16, batch_first=True), t_max=40)
    d = examine(Chunks(layer, 20, lambda h: h.detach()), needed=5)
    assert d.verdict == "healthy"
    assert NAME not in [f.name for f in d.findings]


@pytest.mark.parametrize(
    ("between", "needed"),
    [(lambda h: h, 60), (torch.zeros_like, 6), (torch.randn_like, 6)],
)
def test_states_handed_on_or_begun_anew_are_not_detached(between, needed):
    layer = elman.init.chrono_(elman.GRU(3, 16, batch_first=True), t_max=60)
    d = examine(Chunks(layer, 6, between))
    assert d.needed == needed
    assert NAME not in [f.name for f in d.findings]
