"""States: batch first, learned, carried from call to call."""

import copy
import pickle

import pytest
import torch
from torch.func import functional_call, grad, vmap
from torch.nn.utils.rnn import pack_sequence

import elman
from elman import InputError
from elman.layers import GRU, LSTM, RNN
from tolerance import assert_close

T, B, I, H = 6, 4, 3, 5
every_layer = pytest.mark.parametrize("kind", [RNN, GRU, LSTM])
STACK = {"num_layers": 2, "bidirectional": True, "dtype": torch.float64}
SIZES = [pytest.param({}, id="plain"), pytest.param(STACK, id="stack")]


def x_of(*shape):
    return torch.randn(*shape, dtype=torch.float64)


def parts(state):
    return state if isinstance(state, tuple) else (state,)


def like(state, found):
    return tuple(found) if isinstance(state, tuple) else found[0]


def same(a, b, steps=2 * T):
    for one, other in zip(parts(a), parts(b), strict=True):
        assert_close(one, other, summands=4 * H, steps=steps)


def twins(kind, **options):
    """Return a layer with the options, and one without, with the same weights."""
    base = {"dtype": torch.float64, **{k: options[k] for k in options if k in STACK}}
    plain = kind(I, H, **base)
    layer = kind(I, H, **{**base, **options})
    layer.load_state_dict(plain.state_dict(), strict=False)
    return layer, plain


def state_of(layer, rows=B):
    places = layer.num_layers * (1 + layer.bidirectional)
    h = x_of(places, rows, layer.proj_size or H)
    return (h, x_of(places, rows, H)) if layer.mode == "LSTM" else h


# States with the batch first.


@pytest.mark.parametrize("batch_first", [False, True])
@every_layer
def test_states_with_the_batch_first(kind, batch_first):
    layer, plain = twins(kind, state_batch_first=True, **STACK)
    layer.batch_first = plain.batch_first = batch_first
    x = x_of(B, T, I) if batch_first else x_of(T, B, I)
    state = state_of(plain)
    y, last = plain(x, state, lengths=[3, 6, 0, 1])
    turned = like(state, [s.transpose(0, 1) for s in parts(state)])
    y_turned, last_turned = layer(x, turned, lengths=[3, 6, 0, 1])
    assert torch.equal(y_turned, y)
    for a, b in zip(parts(last_turned), parts(last), strict=True):
        assert a.shape[:2] == (B, 4)
        assert torch.equal(a.transpose(0, 1), b)


@every_layer
def test_states_with_the_batch_first_in_the_other_forms_of_input(kind):
    layer, plain = twins(kind, state_batch_first=True, **STACK)
    rows = [x_of(n, I) for n in (2, 5, 3, 1)]
    packed = pack_sequence(rows, enforce_sorted=False)
    state = state_of(plain)
    turned = like(state, [s.transpose(0, 1) for s in parts(state)])
    last, expected = layer(packed, turned)[1], plain(packed, state)[1]
    for a, b in zip(parts(last), parts(expected), strict=True):
        assert torch.equal(a.transpose(0, 1), b)
    alone = like(state, [s[:, 0] for s in parts(state)])  # no batch, nothing to turn
    for a, b in zip(
        parts(layer(rows[0], alone)[1]), parts(plain(rows[0], alone)[1]), strict=True
    ):
        assert torch.equal(a, b)


def test_a_state_the_wrong_way_round_is_refused_in_the_callers_shape():
    layer = GRU(I, H, 2, state_batch_first=True)
    with pytest.raises(
        InputError,
        match=r"got \[2, 4, 5\]: h_0 should be \(4, 2, 5\) \(batch, layers ×",
    ):
        layer(torch.zeros(T, B, I), torch.zeros(2, B, H))


def test_data_parallel_splits_and_joins_states_along_the_batch():
    """Scatter, replicate, gather, as DataParallel does them, on the CPU."""
    layer = LSTM(I, H, 2, batch_first=True, state_batch_first=True)
    x, state = torch.randn(B, T, I), (torch.randn(B, 2, H), torch.randn(B, 2, H))
    whole, last = layer(x, state)
    replicas = [layer._replicate_for_data_parallel() for _ in range(2)]
    for replica in replicas:
        for name, parameter in layer.named_parameters():
            setattr(replica, name, parameter)
    halves = [
        replica(x[k : k + 2], tuple(s[k : k + 2] for s in state))
        for replica, k in zip(replicas, (0, 2), strict=True)
    ]
    assert torch.equal(torch.cat([y for y, _ in halves]), whole)
    for k in range(2):
        assert torch.equal(torch.cat([s[k] for _, s in halves]), last[k])


# A learned initial state.


@pytest.mark.parametrize("sizes", SIZES)
@every_layer
def test_a_learned_initial_state_is_a_state_given(kind, sizes):
    layer, plain = twins(kind, learn_initial_state=True, **sizes)
    names = ["h_0", "c_0"] if kind is LSTM else ["h_0"]
    places = layer.num_layers * (1 + layer.bidirectional)
    assert list(layer.state_dict())[-len(names) :] == names
    x = x_of(T, B, I)
    assert torch.equal(layer(x)[0], plain(x)[0])  # zero at first
    with torch.no_grad():
        for name in names:
            assert getattr(layer, name).shape == (places, H)
            getattr(layer, name).normal_()
    learned = [getattr(layer, name).detach().clone() for name in names]
    leaves = [s.requires_grad_() for s in learned]
    given = [s[:, None].expand(-1, B, -1) for s in leaves]
    y, last = layer(x, lengths=[6, 2, 0, 1])
    expected, last_given = plain(
        x, tuple(given) if kind is LSTM else given[0], lengths=[6, 2, 0, 1]
    )
    same(y, expected)
    same(last, last_given)
    weights = x_of(*y.shape)
    grads = torch.autograd.grad((y * weights).sum(), [*layer.parameters()])
    wanted = torch.autograd.grad(
        (expected * weights).sum(), [*plain.parameters(), *leaves]
    )
    for a, b in zip(grads, wanted, strict=True):
        assert_close(a, b, summands=T * B * 4 * H, steps=2 * T)
    mine = state_of(layer)
    assert torch.equal(layer(x, mine)[0], plain(x, mine)[0])


@every_layer
def test_a_learned_initial_state_in_every_form_of_input(kind):
    layer, _ = twins(kind, learn_initial_state=True, **STACK)
    with torch.no_grad():
        for _, parameter in list(layer.named_parameters())[-1:]:
            parameter.normal_()
    rows = [x_of(n, I) for n in (2, 5, 3)]
    y, _ = layer(pack_sequence(rows, enforce_sorted=False))
    for one, row in zip(torch.nn.utils.rnn.unpack_sequence(y), rows, strict=True):
        same(one, layer(row)[0])
    zero = layer(x_of(0, B, I))[1]
    for state, name in zip(parts(zero), ("h_0", "c_0"), strict=False):
        assert torch.equal(state[:, 1], getattr(layer, name))


@every_layer
def test_a_learned_initial_state_is_saved_copied_and_part_of_functions(kind):
    layer, _ = twins(kind, learn_initial_state=True)
    x = x_of(T, B, I)
    new = {k: torch.randn_like(p) for k, p in layer.named_parameters()}
    expected = functional_call(layer, new, (x,))[0]
    fresh = kind(I, H, dtype=torch.float64, learn_initial_state=True)
    fresh.load_state_dict(new)
    for twin in (fresh, copy.deepcopy(fresh), pickle.loads(pickle.dumps(fresh))):  # noqa: S301
        assert torch.equal(twin(x)[0], expected)
    with pytest.raises(RuntimeError, match=r"Unexpected key.*h_0"):
        kind(I, H).load_state_dict(new)
    each = vmap(
        grad(lambda p, one: functional_call(fresh, p, (one,))[0].sum()), (None, 0)
    )(new, x.transpose(0, 1))
    assert each["h_0"].shape == (B, 1, H)
    fresh.reset_parameters()
    assert not fresh.h_0.any()
    assert fresh.weight_hh_l0.any()


# A state carried from call to call.


@pytest.mark.parametrize("sizes", SIZES)
@every_layer
def test_a_stateful_layer_goes_on_where_it_ended(kind, sizes):
    layer, plain = twins(kind, stateful=True, **sizes)
    state = None
    for lengths in (None, [2, 3, 0, 1], None):
        x = x_of(3, B, I)
        y, last = layer(x, lengths=lengths)
        expected, state = plain(x, state, lengths=lengths)
        assert torch.equal(y, expected)
        for a, b in zip(parts(last), parts(state), strict=True):
            assert torch.equal(a, b)
    layer.reset_state()
    assert torch.equal(layer(x)[0], plain(x)[0])
    given = state_of(layer)
    y, _ = layer(x, given)  # a state given comes first, and is gone on from
    assert torch.equal(y, plain(x, given)[0])
    assert torch.equal(layer(x)[0], plain(x, plain(x, given)[1])[0])
    layer.trace(x)
    with pytest.raises(InputError, match="has 4; call reset_state"):
        layer(x_of(3, B + 1, I))
    layer.reset_state()
    layer(x_of(3, B + 1, I))


@pytest.mark.parametrize(
    "rows",
    [[1, 3], (3, 1), torch.tensor([1, -1]), [False, True, False, True]],
    ids=str,
)
@pytest.mark.parametrize("learned", [False, True])
@every_layer
def test_single_rows_start_anew(kind, learned, rows):
    layer, plain = twins(kind, stateful=True, learn_initial_state=learned)
    start = [torch.zeros(1, B, H, dtype=torch.float64) for _ in parts(state_of(plain))]
    x = x_of(T, B, I)
    _, state = layer(x)
    layer.reset_state(rows)
    if learned:  # as it is when the next call begins
        with torch.no_grad():
            for k, name in enumerate(("h_0", "c_0")[: len(start)]):
                getattr(layer, name).normal_()
                start[k] = start[k] + getattr(layer, name)
    given = [s.detach().clone() for s in parts(state)]
    for s, zero in zip(given, start, strict=True):
        s[:, [1, 3]] = zero[:, [1, 3]]
    assert torch.equal(layer(x)[0], plain(x, like(state, given))[0])


def test_rows_of_one_stream_and_resets_that_add_up():
    layer = GRU(I, H, stateful=True, dtype=torch.float64)
    x = x_of(T, B, I)
    layer.reset_state([0])  # nothing is carried yet
    first, _ = layer(x)
    layer.reset_state(0)
    layer.reset_state([])
    layer.reset_state([1, 2])
    layer.reset_state(torch.tensor(3))
    assert torch.equal(layer(x)[0], first)
    assert not torch.equal(layer(x)[0], first)
    for wrong, message in (
        ([4], "4 is none of the 4 rows"),
        ([-5], "-5 is none"),
        ([True], r"a mask has one entry a row, shape \(4,\), got \(1,\)"),
        ([0.5], "expected whole numbers or a mask"),
        ([[0]], "expected whole numbers or a mask"),
        ("ab", "expected whole numbers or a mask|numbers or a mask"),
    ):
        with pytest.raises(InputError, match=message):
            layer.reset_state(wrong)


@every_layer
def test_gradients_flow_through_calls_until_detached(kind):
    layer, plain = twins(kind, stateful=True)
    first, second = x_of(T, B, I), x_of(T, B, I)
    first.requires_grad_()
    layer(first)
    y, _ = layer(second)
    weights = [*layer.parameters(), first]
    grads = torch.autograd.grad(y.sum(), weights)
    whole = plain(torch.cat([first, second]))[0][T:]
    expected = torch.autograd.grad(whole.sum(), [*plain.parameters(), first])
    for a, b in zip(grads, expected, strict=True):
        assert_close(a, b, summands=2 * T * B * 4 * H, steps=2 * T)

    with pytest.raises(RuntimeError, match="second time"):
        layer(second)[0].sum().backward()
    layer.detach_state()
    layer(second)[0].sum().backward()  # the usual loop: one detach a step
    layer.detach_state()
    layer(second)[0].sum().backward()


@every_layer
def test_detached_states_carry_values_and_no_graph(kind):
    layer, plain = twins(kind, stateful="detached")
    state = None
    for _ in range(3):
        x = x_of(T, B, I)
        y, _ = layer(x)
        expected, state = plain(x, state)
        state = like(state, [s.detach() for s in parts(state)])
        assert torch.equal(y, expected)
        y.sum().backward()
        expected.sum().backward()
    for a, b in zip(layer.parameters(), plain.parameters(), strict=True):
        assert torch.equal(a.grad, b.grad)


@every_layer
def test_copies_and_pickles_go_on_apart_and_state_dicts_leave_it_out(kind):
    layer, plain = twins(kind, stateful=True)
    x = x_of(T, B, I)
    layer(x)
    assert list(layer.state_dict()) == list(plain.state_dict())
    copies = [copy.deepcopy(layer), pickle.loads(pickle.dumps(layer))]  # noqa: S301
    expected = layer(x)[0]
    for twin in copies:
        y, _ = twin(x)
        assert torch.equal(y, expected)
        y.sum().backward()  # its own graph begins with the copy
        twin.reset_state()
    assert not torch.equal(layer(x)[0], expected)


def test_the_state_moves_with_the_layer():
    layer = LSTM(I, H, stateful=True)
    layer(torch.randn(T, B, I))
    layer.reset_state([1])
    y, _ = layer.double()(x_of(T, B, I))
    assert y.dtype == torch.float64
    layer.to("meta")(torch.empty(T, B, I, dtype=torch.float64, device="meta"))


def test_streams_of_a_packed_batch_keep_their_places():
    layer, plain = twins(LSTM, stateful=True)
    rows = [x_of(n, I) for n in (2, 5, 3)]
    layer(pack_sequence(rows, enforce_sorted=False))
    y, _ = layer(pack_sequence(rows[::-1], enforce_sorted=False))
    for k, one in enumerate(torch.nn.utils.rnn.unpack_sequence(y)):
        _, state = plain(rows[k])
        same(one, plain(rows[2 - k], state)[0])
    layer.reset_state()
    layer(rows[0])  # a stream alone
    same(layer(rows[1])[0], plain(rows[1], plain(rows[0])[1])[0])


def test_where_a_state_cannot_be_carried():
    layer = GRU(I, H, stateful=True)
    with pytest.raises(InputError, match=r"no meaning inside torch.func"):
        vmap(lambda x: layer(x)[0])(torch.randn(2, T, B, I))
    replica = layer._replicate_for_data_parallel()
    for name, parameter in layer.named_parameters():
        setattr(replica, name, parameter)
    with pytest.raises(InputError, match="DataParallel's replicas"):
        replica(torch.randn(T, B, I))
    for act in (GRU(I, H).reset_state, GRU(I, H).detach_state):
        with pytest.raises(InputError, match=r"carries no state; .* stateful=True"):
            act()


def test_a_stateful_layer_compiles():
    layer, plain = twins(GRU, stateful="detached")
    torch.compiler.reset()  # every layer shares one forward
    compiled = torch.compile(layer, fullgraph=True, backend="aot_eager")
    state = None
    for _ in range(3):
        x = x_of(2, B, I)
        y, _ = compiled(x)
        expected, state = plain(x, state)
        same(y, expected)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"stateful": "yes"}, 'stateful must be False, True or "detached"'),
        ({"stateful": 1}, "stateful must be"),
        ({"learn_initial_state": 1}, "learn_initial_state must be True or False"),
        ({"state_batch_first": "no"}, "state_batch_first must be True or False"),
    ],
    ids=str,
)
def test_wrong_options(options, message):
    with pytest.raises(InputError, match=message):
        RNN(I, H, **options)


def test_such_layers_say_so_and_are_not_restored_silently():
    model = torch.nn.ModuleDict(
        {
            "learned": GRU(I, H, learn_initial_state=True),
            "stateful": LSTM(I, H, stateful="detached"),
            "turned": RNN(I, H, state_batch_first=True),
            "plain": RNN(I, H),
        }
    )
    assert repr(model["stateful"]) == "LSTM(3, 5, stateful='detached')"
    done = elman.restore(model)
    assert done.swapped == {"plain": "elman.RNN → torch.nn.RNN"}
    assert done.left == {
        "learned": "torch has no learn_initial_state=True",
        "stateful": "torch has no stateful='detached'",
        "turned": "torch has no state_batch_first=True",
    }
