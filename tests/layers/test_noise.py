"""Recurrent dropout and zoneout as options of a layer."""

import math

import pytest
import torch
from torch.func import functional_call, grad, vmap
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

import elman
from elman import InputError, ops
from elman.layers import GRU, LSTM, RNN
from tolerance import assert_close

T, B, I, H = 6, 4, 3, 5
KINDS = [RNN, GRU, LSTM]
every_layer = pytest.mark.parametrize("kind", KINDS)
NOISE = [
    pytest.param({"recurrent_dropout": 0.4}, id="recurrent_dropout"),
    pytest.param({"zoneout": 0.3}, id="zoneout"),
    pytest.param({"recurrent_dropout": 0.4, "zoneout": 0.3}, id="both"),
]
every_noise = pytest.mark.parametrize("noise", NOISE)
STACK = {"num_layers": 2, "bidirectional": True, "dtype": torch.float64}


def x_of(*shape):
    return torch.randn(*shape, dtype=torch.float64)


@pytest.fixture
def calls(monkeypatch):
    """Every operator call a layer makes, the ordinary way."""
    seen, run = [], ops.run
    monkeypatch.setattr(ops, "run", lambda call: (seen.append(call), run(call))[1])
    with ops.record_paths():
        yield seen


@every_layer
def test_one_mask_a_sequence_layer_and_direction(kind, calls):
    layer = kind(I, H, recurrent_dropout=0.4, **STACK)
    layer(x_of(T, B, I))
    factors = [call.noise.recurrent for call in calls]
    assert len(factors) == 4
    for factor in factors:
        assert factor.shape == (B, H)
        assert set((factor * 0.6).round(decimals=12).unique().tolist()) <= {0.0, 1.0}
    for k in range(4):
        for other in factors[:k]:
            assert not torch.equal(factors[k], other)
    assert not torch.equal(factors[0][0], factors[0][1])


def test_zoneout_holds_the_share_it_says(calls):
    layer = LSTM(I, 32, zoneout=(0.2, 0.5), proj_size=16)
    layer(torch.randn(50, 8, I))
    h, c = calls[0].noise.stays
    assert h.shape == (50, 8, 16)
    assert c.shape == (50, 8, 32)
    for held, p in ((h, 0.2), (c, 0.5)):  # six standard deviations of a mean
        bound = 6 * math.sqrt(p * (1 - p) / held.numel())
        assert abs(held.double().mean().item() - p) < bound


@every_noise
@every_layer
def test_the_same_seed_gives_the_same_run(kind, noise):
    layer, x = kind(I, H, **noise, **STACK), x_of(T, B, I)
    runs = []
    for seed in (1, 1, 2):
        torch.manual_seed(seed)
        runs.append(layer(x)[0])
    assert torch.equal(runs[0], runs[1])
    assert not torch.equal(runs[0], runs[2])


@every_layer
def test_without_noise_the_fused_core_runs(kind):
    plain = kind(I, H, **STACK)
    x = x_of(T, B, I)
    for options in ({"recurrent_dropout": 0.4}, {"recurrent_dropout": 0, "zoneout": 0}):
        layer = kind(I, H, **options, **STACK).eval()
        layer.load_state_dict(plain.state_dict())
        with ops.record_paths() as ran:
            y, _ = layer(x)
        assert set(ran) == {ops.choose_path(ops.Request(*layer._cell))}
        assert torch.equal(y, plain(x)[0])


@every_layer
def test_zoneout_in_evaluation_is_its_mean(kind, calls):
    layer = kind(I, H, zoneout=0.3, recurrent_dropout=0.5, dtype=torch.float64).eval()
    x = x_of(T, B, I)
    y, _ = layer(x)
    (call,) = calls
    assert call.noise.recurrent is None
    assert set(call.noise.stays) == {0.3}
    assert torch.equal(y, layer(x)[0])
    one, _ = layer(x[:1])  # a step alone is linear in what is held back
    draws = []
    layer.train()
    layer.recurrent_dropout = 0.0
    for _ in range(2000):
        draws.append(layer(x[:1])[0])
    mean, deviation = torch.stack(draws).mean(0), torch.stack(draws).std(0)
    assert ((mean - one).abs() <= 6 * deviation / math.sqrt(2000) + 1e-12).all()


@every_layer
def test_everything_held_is_the_initial_state(kind):
    layer = kind(I, H, zoneout=1.0, dtype=torch.float64)
    h = x_of(1, B, H)
    state = (h, x_of(1, B, H)) if kind is LSTM else h
    y, last = layer(x_of(T, B, I), state)
    assert torch.equal(y, h.expand(T, B, H))
    assert torch.equal(
        last[1] if kind is LSTM else last, state[1] if kind is LSTM else h
    )


@every_noise
@every_layer
@pytest.mark.parametrize("lengths", [[6, 4, 4, 1], [1, 4, 6, 4]], ids=str)
def test_every_form_of_a_batch_is_the_same_run(kind, noise, lengths):
    layer = kind(I, H, **noise, **STACK)
    x = x_of(T, B, I)

    def run(x, **options):
        torch.manual_seed(3)
        y, state = layer(x, **options)
        return y, (state[1] if kind is LSTM else state)

    y, last = run(x, lengths=lengths)
    packed, last_packed = run(pack_padded_sequence(x, lengths, enforce_sorted=False))
    assert torch.equal(pad_packed_sequence(packed)[0], y)
    assert torch.equal(last_packed, last)
    layer.batch_first = True
    assert torch.equal(run(x.transpose(0, 1), lengths=lengths)[0].transpose(0, 1), y)
    alone, _ = run(x[:, 0])
    assert alone.shape == (T, 2 * H)
    torch.manual_seed(3)
    traced, _, trace = layer.trace(x.transpose(0, 1), lengths=lengths)
    assert torch.equal(traced.transpose(0, 1), y)
    top = torch.cat([trace[1][0]["h"], trace[1][1]["h"]], -1)
    assert torch.equal(top, y)


@every_layer
def test_chunks_with_masks_of_their_own_are_two_sequences(kind):
    """TBPTT: each call draws anew, the state passes on."""
    layer = kind(I, H, recurrent_dropout=0.5, dtype=torch.float64)
    x = x_of(T, B, I)
    torch.manual_seed(0)
    whole, _ = layer(x)
    torch.manual_seed(0)
    first, state = layer(x[:3])
    second, _ = layer(x[3:], state)
    assert_close(first, whole[:3], summands=4 * H, steps=3)
    assert not torch.equal(second, whole[3:])


@every_noise
@every_layer
def test_vmap_over_data_and_gradients_of_each_example(kind, noise):
    layer = kind(I, H, **noise, dtype=torch.float64)
    parameters = dict(layer.named_parameters())
    x = x_of(B, T, I)

    def loss(p, one):
        return functional_call(layer, p, (one,))[0].square().sum()

    same = vmap(grad(loss), (None, 0), randomness="same")(parameters, x)
    torch.manual_seed(5)
    different = vmap(grad(loss), (None, 0), randomness="different")(parameters, x)
    for key, parameter in parameters.items():
        assert same[key].shape == different[key].shape == (B, *parameter.shape)
        assert different[key].isfinite().all()
    equal = x[:1].expand(B, T, I)
    same = vmap(lambda one: layer(one)[0], randomness="same")(equal)
    # One noise for all rows; torch may round rows of a batched product differently.
    assert_close(same[0], same[1], summands=4 * H, steps=T)
    different = vmap(lambda one: layer(one)[0], randomness="different")(equal)
    assert (different[0] - different[1]).abs().max() > 1e-3
    with pytest.raises(RuntimeError, match="randomness"):
        vmap(lambda one: layer(one)[0])(x)


@every_layer
def test_a_compiled_layer_draws_and_holds(kind):
    layer = kind(I, H, zoneout=1.0, recurrent_dropout=0.5)
    torch.compiler.reset()  # every layer shares one forward
    compiled = torch.compile(layer, fullgraph=True, backend="aot_eager")
    y, _ = compiled(torch.randn(2, B, I))
    assert not y.any()
    layer.zoneout = 0.25
    x = torch.randn(2, B, I)
    layer.eval()
    assert_close(compiled(x)[0], layer(x)[0], summands=4 * H, steps=2)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"recurrent_dropout": 1.5}, "recurrent_dropout must be a number from 0 to 1"),
        ({"recurrent_dropout": True}, "recurrent_dropout must be .* got True"),
        ({"recurrent_dropout": "a"}, "recurrent_dropout must be"),
        ({"recurrent_dropout": float("nan")}, "recurrent_dropout must be"),
        ({"zoneout": -0.1}, "zoneout must be a number from 0 to 1, got -0.1"),
        ({"zoneout": (0.1, 0.2)}, "zoneout must be a number, got"),
    ],
    ids=str,
)
def test_wrong_rates(options, message):
    with pytest.raises(InputError, match=message):
        GRU(I, H, **options)


def test_an_lstm_takes_one_rate_or_two():
    for wrong in ((0.1,), (0.1, 0.2, 0.3)):
        with pytest.raises(InputError, match=r"a number or the pair \(of h, of c\)"):
            LSTM(I, H, zoneout=wrong)
    with pytest.raises(InputError, match="zoneout of c must be"):
        LSTM(I, H, zoneout=(0.1, 2))
    assert LSTM(I, H, zoneout=[0, 0]).zoneout == 0
    assert "zoneout=(0.0, 0.5)" in repr(LSTM(I, H, zoneout=(0, 0.5)))


def test_the_layer_says_so_and_is_not_restored_silently():
    layer = GRU(I, H, recurrent_dropout=0.25, zoneout=0.1)
    assert repr(layer) == "GRU(3, 5, recurrent_dropout=0.25, zoneout=0.1)"
    done = elman.restore(layer)
    assert not done.swapped
    assert done.left == {"": "torch has no recurrent_dropout=0.25, zoneout=0.1"}
    assert type(layer) is GRU
    stock = torch.nn.GRU(I, H)
    elman.accelerate(stock)
    assert repr(stock) == "GRU(3, 5)"
    stock.recurrent_dropout = 0.5  # now an Elman layer: it may use them
    torch.manual_seed(0)
    a = stock(torch.ones(T, B, I))[0]
    assert not torch.equal(a, stock(torch.ones(T, B, I))[0])
