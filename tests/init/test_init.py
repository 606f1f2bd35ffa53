"""Initialisations: what they set, what they leave, and what they say."""

import math

import pytest
import torch
from torch import nn

from elman import InputError, init, layers
from tolerance import assert_close

H = 6
GATES = {"RNN": ["h"], "GRU": ["r", "z", "n"], "LSTM": ["i", "f", "g", "o"]}
KINDS = [
    pytest.param(home, kind, id=f"{home.__name__.split('.')[0]}-{kind}")
    for home in (layers, nn)
    for kind in GATES
]
GATED = [k for k in KINDS if k.values[1] != "RNN"]


def build(home, kind, **options):
    options = {"num_layers": 2, "bidirectional": True, **options}
    return getattr(home, kind)(3, H, **options)


def per_place(layer, stem):
    return [p for n, p in layer.named_parameters() if n.startswith(stem)]


def gate_bias(layer, gate):
    """Return the total bias of one gate at every place, and bias_hh's part."""
    kind = layer.mode.split("_")[0]
    k, gates = GATES[kind].index(gate), len(GATES[kind])
    ih = [b.detach().chunk(gates)[k] for b in per_place(layer, "bias_ih")]
    hh = [b.detach().chunk(gates)[k] for b in per_place(layer, "bias_hh")]
    return torch.stack(ih) + torch.stack(hh), torch.stack(hh)


def snapshot(layer):
    return {k: v.clone() for k, v in layer.state_dict().items()}


@pytest.mark.parametrize("gain", [1.0, 0.5])
@pytest.mark.parametrize(("home", "kind"), KINDS)
def test_orthogonal(home, kind, gain):
    layer = build(home, kind)
    before = snapshot(layer)
    assert init.orthogonal_(layer, gain) is layer
    weights = per_place(layer, "weight_hh")
    assert len(weights) == 4
    blocks = [b for w in weights for b in w.detach().chunk(len(GATES[kind]))]
    for block in blocks:
        assert_close(block.T @ block, gain**2 * torch.eye(H), summands=H, steps=H)
    assert not torch.allclose(blocks[0], blocks[1])
    assert all(not b.any() for b in per_place(layer, "bias"))
    for name, value in layer.state_dict().items():
        if name.startswith("weight_ih"):
            assert torch.equal(value, before[name])


def test_orthogonal_with_a_projection_and_without_bias():
    layer = layers.LSTM(3, H, proj_size=2, bias=False)
    init.orthogonal_(layer)
    for block in layer.weight_hh_l0.detach().chunk(4):
        assert_close(block.T @ block, torch.eye(2), summands=H, steps=H)


@pytest.mark.parametrize("home", [layers, nn], ids=["elman", "torch"])
def test_identity(home):
    layer = init.identity_(home.RNN(3, 50, 2, "relu", bidirectional=True), 0.9)
    for weight in per_place(layer, "weight_hh"):
        assert torch.equal(weight, 0.9 * torch.eye(50))
    assert all(not b.any() for b in per_place(layer, "bias"))
    values = torch.cat([w.detach().flatten() for w in per_place(layer, "weight_ih")])
    # The spread of n draws is known to about 1/√(2n); four of those.
    n = values.numel()
    assert abs(values.std() / 0.001 - 1) < 4 / math.sqrt(2 * n)
    assert abs(values.mean()) < 4 * 0.001 / math.sqrt(n)


def test_identity_keeps_a_state():
    layer = init.identity_(layers.RNN(1, 4, nonlinearity="relu"))
    h = torch.rand(1, 2, 4)
    assert torch.equal(layer(torch.zeros(100, 2, 1), h)[1], h)


@pytest.mark.parametrize(("home", "kind"), GATED)
def test_forget_bias(home, kind):
    layer = build(home, kind)
    before = snapshot(layer)
    assert init.forget_bias_(layer, 1.5) is layer
    keep = {"LSTM": "f", "GRU": "z"}[kind]
    total, hh = gate_bias(layer, keep)
    assert torch.equal(total, torch.full((4, H), 1.5))
    assert not hh.any()
    k = GATES[kind].index(keep)
    for name, value in layer.state_dict().items():
        same = value == before[name]
        if name.startswith("bias"):
            same[k * H : (k + 1) * H] = True
        assert same.all()


@pytest.mark.parametrize(("home", "kind"), GATED)
def test_chrono(home, kind):
    layer = init.chrono_(build(home, kind), 100)
    keep, hh = gate_bias(layer, {"LSTM": "f", "GRU": "z"}[kind])
    assert not hh.any()
    steps = keep.exp()
    assert steps.min() >= 1 - 1e-6
    assert steps.max() <= 99 * (1 + 1e-6)
    assert len(steps.unique()) > 20  # drawn anew at every place
    if kind == "LSTM":
        total, hh = gate_bias(layer, "i")
        assert torch.equal(total, -keep)
        assert not hh.any()


def test_chrono_spreads_memories_evenly():
    layer = init.chrono_(layers.LSTM(1, 100, 25, bidirectional=True), 100)
    steps = gate_bias(layer, "f")[0].exp().flatten()
    # Uniform on [1, 99]; the p-quantile of n draws is known to √(p(1−p)/n) of that.
    p = torch.linspace(0.1, 0.9, 9)
    off = torch.quantile(steps, p) - (1 + 98 * p)
    assert (off.abs() < 4 * 98 * (p * (1 - p) / len(steps)).sqrt()).all()


@pytest.mark.parametrize(
    ("name", "options"),
    [("orthogonal", {}), ("identity", {}), ("chrono", {"t_max": 50})],
)
def test_a_generator_decides_the_draw(name, options):
    kind = "RNN" if name == "identity" else "LSTM"

    def draw(seed):
        generator = torch.Generator().manual_seed(seed)
        layer = build(layers, kind)
        with torch.no_grad():
            for parameter in layer.parameters():
                parameter.zero_()
        state = torch.get_rng_state()
        init.apply_(name, layer, generator=generator, **options)
        assert torch.equal(torch.get_rng_state(), state)
        return torch.cat([p.detach().flatten() for p in layer.parameters()])

    assert torch.equal(draw(1), draw(1))
    assert not torch.equal(draw(1), draw(2))


@pytest.mark.parametrize(("home", "kind"), KINDS)
def test_by_name(home, kind):
    assert init.NAMES == ("default", "orthogonal", "identity", "forget_bias", "chrono")
    layer = build(home, kind)
    before = snapshot(layer)
    assert init.apply_("default", layer) is layer
    assert all(torch.equal(v, before[k]) for k, v in layer.state_dict().items())
    init.apply_("orthogonal", layer)
    assert not per_place(layer, "bias")[0].any()
    assert all(p.requires_grad for p in layer.parameters())


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: init.apply_("chron", layers.GRU(2, 3)), r"unknown 'chron'.*'chrono'"),
        (lambda: init.apply_("chrono", layers.GRU(2, 3)), r"init 'chrono'.*t_max"),
        (lambda: init.chrono_(layers.GRU(2, 3), 2), r"must be above 2, got 2"),
        (lambda: init.chrono_(layers.GRU(2, 3), "9"), r"must be above 2, got '9'"),
        (lambda: init.chrono_(nn.GRU(2, 3, bias=False), 9), r"bias=False"),
        (lambda: init.forget_bias_(nn.RNN(2, 3)), r"an RNN has no gate"),
        (lambda: init.chrono_(nn.RNN(2, 3), 9), r"an RNN has no gate"),
        (lambda: init.identity_(nn.LSTM(2, 3)), r"LSTM layers keep their state"),
        (lambda: init.orthogonal_(nn.Linear(2, 3)), r"got Linear; pass the recurrent"),
        (lambda: init.orthogonal_("GRU"), r"got str"),
    ],
)
def test_what_cannot_be_done_is_said(call, message):
    with pytest.raises(InputError, match=message):
        call()


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
@pytest.mark.parametrize("cell", [layers.RNN, layers.GRU, layers.LSTM])
def test_narrow_weights_are_drawn_wider_and_rounded(cell, dtype):
    wide, narrow = cell(3, 8, 2), cell(3, 8, 2, dtype=dtype)
    for layer in (wide, narrow):
        init.orthogonal_(layer, 1.5, generator=torch.Generator().manual_seed(4))
    for name, given in narrow.named_parameters():
        assert given.dtype == dtype
        if "weight_hh" in name:
            assert torch.equal(given, wide.get_parameter(name).to(dtype))


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_narrow_weights_are_critical_to_within_rounding(dtype):
    x = torch.randn(60, 4, 3)
    drawn = [torch.Generator().manual_seed(4) for _ in range(2)]
    wide = init.critical_(layers.RNN(3, 8), x, redraw=True, generator=drawn[0])
    narrow = layers.RNN(3, 8)
    narrow.load_state_dict(wide.state_dict())
    narrow = init.critical_(narrow.to(dtype), x.to(dtype), generator=drawn[1])
    # The bisection stops within its tolerance: gains may differ by about as much.
    difference = (narrow.weight_hh_l0.float() - wide.weight_hh_l0).norm()
    assert difference / wide.weight_hh_l0.norm() < 0.05
