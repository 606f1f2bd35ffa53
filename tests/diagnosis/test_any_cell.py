"""Layers of any cell are examined as what they compute, options included."""

import copy
import math

import pytest
import torch
from torch import nn

import elman
from elman import InputError, cells, layers
from elman.cells import sigmoid, tanh
from elman.diagnosis.measure._gates import saturation
from elman.diagnosis.measure._lyapunov import lyapunov
from elman.diagnosis.open._probe import opened

B, T, I, H = 4, 7, 3, 6
TOL = 256 * T * H * torch.finfo(torch.float64).eps
LENGTHS = [4, 7, 1, 6]
CELLS = [name for name in cells.names() if name not in (*cells.STOCK,)]
OPTIONS = {
    "plain": {},
    "zoneout": {"zoneout": 0.3},
    "dropout": {"recurrent_dropout": 0.3, "dropout": 0.2},
    "learned": {"learn_initial_state": True},
    "stateful": {"stateful": True},
    "state first": {"state_batch_first": True, "bias": False},
}


class Own(elman.Cell):
    """A user's: two states, a product of an intermediate value."""

    states = ("h", "s")

    def step(self, x, h, s):
        k = sigmoid(self.linear("k", x, h))
        u = tanh(self.linear("u", x, k * s))
        s = k * s + (1 - k) * u
        return s * self.unit("scale", 1.0), s


def built(cell, **options):
    torch.manual_seed(3)
    cell = cells.cell(cell) if isinstance(cell, str) else cell
    layer = layers.layer_of(cell, I, H, **options).double()
    with torch.no_grad():
        for name, parameter in layer.named_parameters():
            if name.endswith("_0"):
                parameter.normal_()
    return layer


def tensors(value):
    if isinstance(value, torch.Tensor):
        return [value]
    return [t for part in value for t in tensors(part)]


def run(layer, *args, **kwargs):
    torch.manual_seed(11)
    found = tensors(layer(*args, **kwargs))
    generator = torch.Generator().manual_seed(5)
    loss = sum(
        (t * torch.randn(t.shape, generator=generator, dtype=t.dtype)).sum()
        for t in found
    )
    gradients = torch.autograd.grad(
        loss, list(layer.parameters()), allow_unused=True, materialize_grads=True
    )
    return [t.detach() for t in (*found, loss, *gradients)]


def compare(layer, *args, **kwargs):
    want = run(copy.deepcopy(layer), *args, **kwargs)
    with opened(layer) as tracks:
        got = run(layer, *args, **kwargs)
    for a, b in zip(got, want, strict=True):
        assert a.shape == b.shape
        assert (a - b).abs().max() <= TOL * max(1.0, float(b.abs().max()))
    return tracks


@pytest.mark.parametrize("option", OPTIONS)
@pytest.mark.parametrize("cell", [*CELLS, Own()], ids=str)
def test_loss_and_gradients_are_the_models_own(cell, option):
    options = dict(OPTIONS[option])
    known = cells.cell(cell) if isinstance(cell, str) else cell
    if not known.traced.dropped:  # no weights see its state
        options.pop("recurrent_dropout", None)
    layer = built(cell, num_layers=2, bidirectional=True, **options).train()
    x = torch.randn(T, B, I, dtype=torch.float64)
    tracks = compare(layer, x, lengths=LENGTHS)
    assert len(tracks) == 4
    assert tracks[0].lengths.tolist() == LENGTHS
    assert tracks[0].cell.gates == tuple(layer.cell.traced.values)


def track_of(layer, x):
    with opened(layer) as tracks:
        layer(x)
    return tracks[0]


def test_an_lru_lasts_as_long_as_its_lambdas():
    layer = built("lru")
    track = track_of(layer, torch.randn(60, B, I, dtype=torch.float64))
    rate = torch.exp(layer.nu_l0).detach()  # −ln |λ|
    scales = saturation(track).time_scales
    assert scales == pytest.approx((1 / rate).sort().values.tolist(), rel=1e-9)
    found = lyapunov(track, 2 * H).exponents
    want = (-rate).sort(descending=True).values.repeat_interleave(2)
    assert found[:2] == pytest.approx(want[:2].tolist(), rel=0.2)


def test_an_indrnns_exponents_are_its_own_weights():
    layer = built(cells.cell("indrnn", activation="identity"))
    with torch.no_grad():
        layer.u_l0.copy_(torch.linspace(0.2, 0.95, H))
    track = track_of(layer, torch.randn(80, B, I, dtype=torch.float64))
    found = lyapunov(track, H).exponents
    want = sorted((math.log(u) for u in layer.u_l0.tolist()), reverse=True)
    assert found == pytest.approx(want, abs=0.05)
    scales = saturation(track).time_scales
    assert scales == pytest.approx(sorted(-1 / w for w in want), rel=1e-9)


def test_a_gate_that_writes_keeps_by_what_it_leaves():
    layer = built("mingru")
    x = torch.randn(20, B, I, dtype=torch.float64)
    track = track_of(layer, x)
    z = layer.trace(x)[2][0][0]["z"].detach().mean((0, 1))
    want = sorted((-1 / (1 - z).log()).tolist())
    assert saturation(track).time_scales == pytest.approx(want, rel=1e-9)


@pytest.mark.parametrize("training", [True, False])
def test_zoneout_keeps_what_a_gate_lets_go(training):
    layer = built("mingru", zoneout=0.4).train(training)
    track = track_of(layer, torch.randn(400, B, I, dtype=torch.float64))
    z = torch.stack([gates[0] for gates in track.gates]).mean((0, 1))
    kept = 0.4 + 0.6 * (1 - z)
    want = sorted((-1 / kept.log()).tolist())
    # Of what is drawn, the share of 1600 draws of each unit: 0.4 ± 0.012.
    rel = 0.1 if training else 1e-9
    assert saturation(track).time_scales == pytest.approx(want, rel=rel)


def test_a_plain_rnns_time_constants_are_its_jacobians():
    torch.manual_seed(2)
    layer = nn.RNN(I, H).double()
    small = 1e-4 * torch.randn(30, B, I, dtype=torch.float64)
    nn.init.zeros_(layer.bias_ih_l0)
    nn.init.zeros_(layer.bias_hh_l0)  # near zero: all slopes are 1
    with opened(layer) as tracks:
        layer(small)
    found = saturation(tracks[0])
    sizes = torch.linalg.eigvals(layer.weight_hh_l0.detach()).abs()
    assert found.scales_of == "modes"
    want = (-1 / sizes.log()).sort().values.tolist()
    assert found.time_scales == pytest.approx(want, rel=1e-6)


@pytest.mark.parametrize(
    "cell", ["janet", "indrnn", "lru", "cornn", "slstm", Own()], ids=str
)
def test_a_whole_diagnosis(cell):
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.rnn = built(cell, batch_first=True).float()
            self.head = nn.Linear(H, 1)

        def forward(self, x):
            return self.head(self.rnn(x)[0][:, -1])

    x, y = torch.randn(16, 30, I), torch.randn(16, 1)
    net = Net()
    found = elman.diagnose(net, x, y, nn.functional.mse_loss, needed=10)
    (profile,) = found.profile
    assert profile.cell == type(net.rnn.cell).__name__
    assert math.isfinite(profile.horizon)
    assert profile.horizon > 0
    assert f"rnn ({profile.cell}, 30 steps)" in str(found)


class Doubled(layers.CellLayer):
    def forward(self, x, hx=None):
        return super().forward(2 * x, hx)


def test_a_subclass_with_its_own_forward_is_refused_by_name():
    layer = Doubled(cells.cell("janet"), I, H)
    with (
        pytest.raises(InputError, match="is a Doubled, which has its own forward"),
        opened(layer),
    ):
        pass
    with pytest.raises(InputError, match="is a Doubled"):
        elman.init.orthogonal_(layer)


@pytest.mark.parametrize("cell", ["janet", "cornn", "slstm", Own()], ids=str)
def test_a_loop_over_one_step_cells(cell):
    class Loop(nn.Module):
        def __init__(self):
            super().__init__()
            own = cells.cell(cell) if isinstance(cell, str) else cell
            self.cell = layers.OneStep(own, I, H).double()

        def forward(self, x):
            state = None
            for step in x:
                state = self.cell(step, state)
            return state

    tracks = compare(Loop(), torch.randn(T, B, I, dtype=torch.float64))
    assert [len(track.states) for track in tracks] == [T]
