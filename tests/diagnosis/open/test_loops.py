"""A loop around a cell is examined with what the model does between two steps."""

import math

import pytest
import torch
from torch import nn
from torch.nn.functional import mse_loss
from torch.utils.checkpoint import checkpoint

import elman
from elman import InputError, cells, layers
from elman.diagnosis.measure._gates import saturation
from elman.diagnosis.measure._lyapunov import lyapunov
from elman.diagnosis.measure._spectrum import singular_values
from elman.diagnosis.open._probe import opened

B, T, I, H = 3, 40, 2, 4
OWN = [0.3, 0.5, 0.7, 0.9]


class Loop(nn.Module):
    """Units that see nothing of each other, so that exponents are their weights."""

    def __init__(self, keeps=1.0, feeds=0.0):
        super().__init__()
        own = cells.cell("indrnn", activation="identity")
        self.cell = layers.OneStep(own, H, H).double()
        self.keeps, self.feeds = keeps, feeds
        with torch.no_grad():
            self.cell.u.copy_(torch.tensor(OWN, dtype=torch.float64))
            self.cell.weight_ih.copy_(torch.eye(H))

    def forward(self, x):
        h = x.new_zeros(len(x), H)
        for step in x.unbind(1):
            x = step + self.feeds * h if self.feeds else step
            h = self.cell(x, self.keeps * h)
        return h


@pytest.mark.parametrize(
    ("keeps", "feeds"), [(1.0, 0.0), (0.5, 0.0), (1.0, 0.05), (0.8, -0.1)]
)
def test_exponents_are_those_of_the_loop(keeps, feeds):
    model = Loop(keeps, feeds)
    with opened(model) as tracks:
        model(torch.randn(B, T, H, dtype=torch.float64))
    (track,) = tracks
    assert track.open_loop == ((keeps, feeds) == (1.0, 0.0))
    factors = sorted((abs(keeps * u + feeds) for u in OWN), reverse=True)
    found = lyapunov(track).exponents
    assert found == pytest.approx([math.log(f) for f in factors], abs=0.05)
    assert singular_values(track) == pytest.approx(factors, rel=1e-9)
    scales = saturation(track).time_scales
    want = [] if keeps != 1.0 else sorted(-1 / math.log(u) for u in OWN)
    assert scales == pytest.approx(want, rel=1e-9)


class Head(nn.Module):
    def __init__(self):
        super().__init__()
        self.rnn = nn.GRU(I, H, batch_first=True)
        self.out = nn.Linear(H, 1)

    def forward(self, x):
        return self.out(self.core(x)[:, -1])

    def core(self, x):
        return self.rnn(x)[0]


class Checkpointed(Head):
    def __init__(self, reentrant):
        super().__init__()
        self.reentrant = reentrant

    def core(self, x):
        x = x.clone().requires_grad_()
        return checkpoint(lambda v: self.rnn(v)[0], x, use_reentrant=self.reentrant)


class FrozenEncoder(Head):
    def __init__(self):
        super().__init__()
        self.encoder = nn.GRU(I, I, batch_first=True)

    def core(self, x):
        with torch.no_grad():
            x = self.encoder(x)[0]
        return self.rnn(x)[0]


class TwoInTurn(Head):
    """Each state was made two calls before: two sequences, of which one is used."""

    def __init__(self):
        super().__init__()
        self.cell = nn.GRUCell(I, H)

    def core(self, x):
        states = [x.new_zeros(len(x), H)] * 2
        for step in x.unbind(1):
            states.append(self.cell(step, states[-2]))
        return torch.stack(states[2:], 1)


class Mapped(Head):
    def core(self, x):
        return torch.vmap(lambda row: self.rnn(row)[0])(x)


def examined(model, **options):
    torch.manual_seed(0)
    x, y = torch.randn(B, 12, I), torch.randn(B, 1)
    return elman.diagnose(model, x, y, mse_loss, remedies=False, **options)


def same_as_plain(model, **options):
    plain = Head()
    plain.load_state_dict(model.state_dict())
    want, got = examined(plain, **options), examined(model, **options)
    assert got.loss == pytest.approx(want.loss, rel=1e-6)
    assert got.profile[0].norm == pytest.approx(want.profile[0].norm, rel=1e-5)
    assert got.profile[0].loss_norm == pytest.approx(
        want.profile[0].loss_norm, rel=1e-5
    )
    assert len(got.profile) == 1


@pytest.mark.parametrize("reentrant", [True, False])
def test_what_is_checkpointed_is_seen_once(reentrant):
    same_as_plain(Checkpointed(reentrant), truncation=3)
    x = torch.randn(B, 12, I)
    model = Checkpointed(reentrant)
    model(x).sum().backward()  # still checkpoints by itself
    assert model.rnn.weight_hh_l0.grad is not None


def test_a_layer_under_no_grad_hides_no_other():
    model = FrozenEncoder()
    found = {p.name: p for p in examined(model).profile}
    assert not found["encoder"].connected
    assert found["rnn"].connected
    assert math.isfinite(found["rnn"].horizon)


def test_of_two_sequences_the_one_that_a_gradient_arrives_in():
    found = examined(TwoInTurn())
    assert found.verdict in ("vanishing", "healthy")
    assert found.profile[0].loss_norm[-1] > 0


def test_a_transform_is_refused_in_a_line():
    with pytest.raises(InputError, match=r"transform of torch\.func.*forward="):
        examined(Mapped())
    model = Mapped()
    examined(model, forward=lambda m, x: m.out(m.rnn(x)[0][:, -1]))
