"""What holds for every cell, whatever the sizes.

Bits are compared where the same sums are made in the same order; elsewhere a
matrix product of another shape may round differently, and the tolerance is the
derived one.
"""

import math

import hypothesis.strategies as st
import pytest
import torch
from hypothesis import HealthCheck, given, settings

from cells import CELLS, Cell
from elman import cells
from elman.cells.shipped import SLSTM
from elman.layers import GRU, LSTM, RNN, layer_of
from tolerance import assert_close

law = settings(
    max_examples=12,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
FURTHER = tuple(Cell(name, "", 0) for name in cells.names() if name not in cells.STOCK)
"""Those that are given as equations."""
every_cell = pytest.mark.parametrize(
    "cell", CELLS + FURTHER, ids=lambda c: c.id.rstrip("-")
)
# One panel of the core's products, and with 70 more than two of the widest.
units = st.integers(1, 9) | st.sampled_from([17, 33, 70])
sizes = st.tuples(*(st.integers(1, n) for n in (6, 4, 4)), units)  # T, B, I, H
seeds = st.integers(0, 2**16)
every_number = pytest.mark.parametrize(
    "numbers", [torch.float64, torch.float32], indirect=True, ids=str
)


@pytest.fixture(autouse=True)
def numbers(request):
    """What is drawn and built has this dtype."""
    torch.set_default_dtype(getattr(request, "param", torch.float64))
    yield
    torch.set_default_dtype(torch.float32)


def build(cell, I, H, **options):
    options["dtype"] = torch.get_default_dtype()
    if cell in FURTHER:
        return layer_of(cells.cell(cell.cell), I, H, **options)
    if cell.cell == "rnn":
        return RNN(I, H, nonlinearity=cell.variant, **options)
    if cell.cell == "gru":
        return GRU(I, H, reset_after=cell.variant == "reset_after", **options)
    if cell.variant == "projected":
        return LSTM(I, max(H, 2), proj_size=max(H, 2) // 2, **options)
    return LSTM(I, H, **options)


def draw_state(layer, B):
    places = layer.num_layers * (1 + layer.bidirectional)
    widths = layer._state_widths()
    found = tuple(torch.randn(places, B, width) for _, width in widths)
    if isinstance(getattr(layer, "cell", None), SLSTM):
        found[2].abs_().add_(0.5)  # its normaliser, which h is divided by
    return found if len(found) > 1 else found[0]


def parts(state):
    return state if isinstance(state, tuple) else (state,)


def pick(state, rows):
    """Return the rows of a state, in its own form."""
    chosen = tuple(s[:, rows] for s in parts(state))
    return chosen if isinstance(state, tuple) else chosen[0]


def zeros_like(state):
    zeros = tuple(torch.zeros_like(s) for s in parts(state))
    return zeros if isinstance(state, tuple) else zeros[0]


def close(actual, expected, shape, what="", sums=1):
    T, B, I, H = shape
    how = {"summands": max(I + 4 * H, T * B), "steps": 2 * T, "sums": sums}
    assert_close(actual, expected, what=what, **how)


def sums_of(layer, grads):
    """Return how many products the gradient of a parameter goes through.

    Of one that is computed by a matrix exponential: six of its polynomial, and as many
    squarings as the norm of the gradient has binary digits, with three for its own.
    """
    if not getattr(getattr(layer, "cell", None), "transforms", None):
        return 1
    norm = max((float(g.abs().sum(-1).max()) for g in grads if g.numel()), default=0.0)
    return 10 + math.ceil(math.log2(1.0 + norm))


@every_number
@every_cell
@law
@given(shape=sizes, cut=st.integers(0, 6), seed=seeds)
def test_chunked_equals_whole(cell, shape, cut, seed):
    torch.manual_seed(seed)
    T, B, I, H = shape
    layer = build(cell, I, H, num_layers=2)
    x, state = torch.randn(T, B, I), draw_state(layer, B)
    whole, last = layer(x, state)
    whole_grads = torch.autograd.grad(whole.sum(), list(layer.parameters()))
    first, between = layer(x[:cut], state)
    second, last_chunked = layer(x[cut:], between)
    chunked = torch.cat([first, second])
    close(chunked, whole, shape)
    for a, b in zip(parts(last_chunked), parts(last), strict=True):
        close(a, b, shape)
    grads = torch.autograd.grad(chunked.sum(), list(layer.parameters()))
    for a, b in zip(grads, whole_grads, strict=True):
        close(a, b, shape, sums=sums_of(layer, whole_grads))


@every_number
@every_cell
@law
@given(shape=sizes, seed=seeds)
def test_reversed_equals_the_second_direction(cell, shape, seed):
    torch.manual_seed(seed)
    T, B, I, H = shape
    both = build(cell, I, H, bidirectional=True)
    one = build(cell, I, H)
    one.load_state_dict(
        {
            k.removesuffix("_reverse"): v
            for k, v in both.state_dict().items()
            if k.endswith("_reverse")
        }
    )
    x, state = torch.randn(T, B, I), draw_state(both, B)
    y, last = both(x, state)
    second = tuple(s[1:] for s in parts(state))
    turned, last_turned = one(x.flip(0), second if len(second) > 1 else second[0])
    close(y[..., y.shape[-1] // 2 :], turned.flip(0), shape)
    for a, b in zip(parts(last), parts(last_turned), strict=True):
        close(a[1:], b, shape)


@every_number
@every_cell
@law
@given(shape=sizes, seed=seeds)
def test_none_equals_zeros(cell, shape, seed):
    torch.manual_seed(seed)
    T, B, I, H = shape
    layer = build(cell, I, H, num_layers=2, bidirectional=True)
    x = torch.randn(T, B, I)
    y, last = layer(x)
    y_zeros, last_zeros = layer(x, zeros_like(draw_state(layer, B)))
    assert torch.equal(y, y_zeros)
    for a, b in zip(parts(last), parts(last_zeros), strict=True):
        assert torch.equal(a, b)


@every_number
@every_cell
@law
@given(shape=sizes, seed=seeds, data=st.data())
def test_ragged_equals_each_row_alone(cell, shape, seed, data):
    torch.manual_seed(seed)
    T, B, I, H = shape
    lengths = data.draw(st.lists(st.integers(0, T), min_size=B, max_size=B))
    layer = build(cell, I, H, num_layers=2, bidirectional=True)
    x, state = torch.randn(T, B, I), draw_state(layer, B)
    y, last = layer(x, state, lengths=lengths)
    total = 0.0
    for row, n in enumerate(lengths):
        alone, end = layer(x[:n, row : row + 1], pick(state, [row]))
        close(y[:n, row], alone[:, 0], shape)
        assert not y[n:, row].any()
        for a, b in zip(parts(last), parts(end), strict=True):
            close(a[:, row], b[:, 0], shape)
        total = total + alone.sum()
    names, weights = zip(*layer.named_parameters(), strict=True)
    options = {"allow_unused": True, "materialize_grads": True}
    if y.numel() and total.requires_grad:
        expected = torch.autograd.grad(total, weights, **options)
        actual = torch.autograd.grad(y.sum(), weights, **options)
        for name, a, b in zip(names, actual, expected, strict=True):
            close(a, b, shape, name, sums_of(layer, expected))


@every_number
@every_cell
@law
@given(shape=sizes, seed=seeds, more=st.integers(1, 4), data=st.data())
def test_padding_changes_nothing(cell, shape, seed, more, data):
    """Its contents change no bit; its amount only how a product is blocked."""
    torch.manual_seed(seed)
    T, B, I, H = shape
    lengths = data.draw(st.lists(st.integers(0, T), min_size=B, max_size=B))
    layer = build(cell, I, H, num_layers=2, bidirectional=True)
    state = draw_state(layer, B)
    x = torch.zeros(T + more, B, I)
    x[:T] = torch.randn(T, B, I)
    dirty = x.clone()
    for row, n in enumerate(lengths):
        dirty[n:, row] = float("nan")

    def solve(batch):
        y, last = layer(batch, state, lengths=lengths)
        grads = torch.autograd.grad(y.sum(), list(layer.parameters()))
        return [y[:T], *parts(last), *grads]

    plain, filthy, shorter = solve(x), solve(dirty), solve(dirty[:T])
    for a, b, c in zip(plain, filthy, shorter, strict=True):
        assert torch.equal(a, b)
        close(a, c, shape)


@every_number
@every_cell
@law
@given(shape=sizes, seed=seeds, data=st.data())
def test_the_order_of_rows_does_not_matter(cell, shape, seed, data):
    torch.manual_seed(seed)
    T, B, I, H = shape
    order = data.draw(st.permutations(range(B)))
    lengths = torch.randint(0, T + 1, (B,))
    layer = build(cell, I, H, bidirectional=True)
    x, state = torch.randn(T, B, I), draw_state(layer, B)
    y, last = layer(x, state, lengths=lengths)
    y_other, last_other = layer(x[:, order], pick(state, order), lengths=lengths[order])
    close(y_other, y[:, order], shape)
    for a, b in zip(parts(last_other), parts(pick(last, order)), strict=True):
        close(a, b, shape)


@every_cell
def test_a_row_of_no_steps_takes_no_part(cell):
    layer = build(cell, 3, 4, num_layers=2, bidirectional=True)
    x, state = torch.randn(5, 2, 3), draw_state(layer, 2)
    for s in parts(state):
        s.requires_grad_()
    y, last = layer(x, state, lengths=[5, 0])
    for a, b in zip(parts(last), parts(state), strict=True):
        assert torch.equal(a[:, 1], b[:, 1])
    wanted = [*parts(state), *layer.parameters()]
    grads = torch.autograd.grad(y.sum(), wanted, retain_graph=True)
    assert all(not g[:, 1].any() for g in grads[: len(parts(state))])
    through = torch.autograd.grad(
        sum(s[:, 1].sum() for s in parts(last)),
        parts(state),
    )
    for g in through:  # the state passes through unchanged, gradient and all
        assert torch.equal(g[:, 1], torch.ones_like(g[:, 1]))


@every_cell
def test_nan_stays_in_its_row_and_does_not_vanish(cell):
    layer = build(cell, 3, 4, num_layers=2)
    x = torch.randn(6, 3, 3)
    clean, _ = layer(x)
    x[2, 1] = float("nan")
    y, _ = layer(x)
    assert torch.equal(y[:, [0, 2]], clean[:, [0, 2]])
    assert torch.equal(y[:2], clean[:2])
    assert y[2:, 1].isnan().all()


@law
@given(steps=st.integers(1, 12), hidden=st.integers(1, 6), seed=seeds)
def test_a_linear_network_is_a_power_of_its_matrix(steps, hidden, seed):
    torch.manual_seed(seed)
    layer = RNN(1, hidden, nonlinearity="identity", bias=False, dtype=torch.float64)
    h_0 = torch.randn(1, 2, hidden)
    _, h_n = layer(torch.zeros(steps, 2, 1), h_0)
    power = torch.linalg.matrix_power(layer.weight_hh_l0.detach(), steps)
    assert_close(h_n[0], h_0[0] @ power.T, summands=hidden, steps=steps)


@every_cell
def test_derivatives_of_a_whole_stack(cell):
    layer = build(cell, 2, 3, num_layers=2, bidirectional=True)
    x = torch.randn(3, 2, 2).requires_grad_()
    state = tuple(s.requires_grad_() for s in parts(draw_state(layer, 2)))

    def run(x, *state):
        y, last = layer(x, state if len(state) > 1 else state[0], lengths=[3, 1])
        return (y, *parts(last))

    assert torch.autograd.gradcheck(run, (x, *state), fast_mode=True)
    assert torch.autograd.gradgradcheck(run, (x, *state), fast_mode=True)


@every_cell
@pytest.mark.parametrize("shape", [(0, 3), (4, 0)], ids=["no steps", "no rows"])
def test_nothing_in_nothing_out(cell, shape):
    layer = build(cell, 3, 4, num_layers=2, bidirectional=True)
    state = draw_state(layer, shape[1])
    y, last = layer(torch.zeros(*shape, 3), state)
    assert y.shape == (*shape, 2 * layer._state_widths()[0][1])
    if shape[0] == 0:
        for a, b in zip(parts(last), parts(state), strict=True):
            assert torch.equal(a, b)
