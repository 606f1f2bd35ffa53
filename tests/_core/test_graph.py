"""Cells given to the core as programs, written by hand, beside torch's autograd."""

import math

import pytest
import torch

from native_core import native, running_on

OPS = [
    "LOAD",
    "STORE",
    "CONST",
    "WIDTH",
    "ROW",
    "SUM",
    "ADD",
    "SUB",
    "MUL",
    "DIV",
    "FMA",
    "FNMA",
    "NEG",
    "SIGMOID",
    "TANH",
]
SPACES = ["FRAME", "SAVED", "BEFORE", "AFTER", "UNIT", "MASK", "DSTATE", "DSLOT"]
INPUT, STATE = 0, 1


def piece(text):
    """A piece's numbers, from lines like ``LOAD 0 FRAME 1`` and ``MUL 2 0 1``."""
    code = []
    for line in text.strip().splitlines():
        op, to, *rest = line.split()
        numbers = [SPACES.index(r) if r in SPACES else int(r) for r in rest]
        code.append([OPS.index(op), int(to), *numbers, *[0] * (3 - len(numbers))])
    registers = 1 + max(line[1] for line in code)
    return [registers, len(code), *(n for line in code for n in line)]


def program(slots, saved, products, forward, backward):
    header = [1, 1, slots, slots, 0, saved, 0, 0, 0, 0, len(products), 1]
    made = [n for p in products for n in p]
    actions = [2, 0, 1, 1, 0]  # the product of the state, the piece
    back = [1, 1, 0, -1]
    pieces = [1, *piece(forward), 1, *piece(backward)]
    return [*header, len(products), *made, *actions, *back, *pieces], [1.0]


RNN = program(
    1,
    0,
    [[0, INPUT, 0, -1, 1, 0, 1, 0], [1, STATE, 0, -1, 1, 0, 1, 0]],
    """
    LOAD 0 FRAME 0
    TANH 0 0
    STORE 0 AFTER 0
    """,
    """
    LOAD 0 DSTATE 0
    LOAD 1 AFTER 0
    CONST 2 0
    SUB 3 2 2
    MUL 1 1 1
    FNMA 0 1 0 0
    STORE 0 DSLOT 0
    STORE 3 DSTATE 0
    """,
)

JANET = program(
    2,
    2,
    [[0, INPUT, 0, -1, 1, 0, 2, 1, 0], [1, STATE, 0, -1, 1, 0, 2, 1, 0]],
    """
    LOAD 0 FRAME 0
    LOAD 1 FRAME 1
    LOAD 2 BEFORE 0
    SIGMOID 0 0
    TANH 1 1
    SUB 3 2 1
    FMA 3 0 3 1
    STORE 0 SAVED 0
    STORE 1 SAVED 1
    STORE 3 AFTER 0
    """,
    """
    LOAD 0 SAVED 0
    LOAD 1 SAVED 1
    LOAD 2 BEFORE 0
    LOAD 3 DSTATE 0
    CONST 4 0
    SUB 5 4 0
    MUL 6 0 5
    SUB 7 2 1
    MUL 7 3 7
    MUL 7 7 6
    MUL 8 3 5
    MUL 9 1 1
    SUB 9 4 9
    MUL 8 8 9
    MUL 9 3 0
    STORE 7 DSLOT 0
    STORE 8 DSLOT 1
    STORE 9 DSTATE 0
    """,
)


def rnn(a, h):
    return torch.tanh(a)


def janet(a, h):
    # The weights' first rows are the candidate's, the forget gate's the second.
    g, f = a.chunk(2, -1)
    f = torch.sigmoid(f)
    return f * h + (1 - f) * torch.tanh(g)


CELLS = [(RNN, rnn, 1), (JANET, janet, 2)]


def draw(gates, T, B, I, H, dtype):
    random = torch.Generator().manual_seed(5)

    def normal(*shape):
        return torch.randn(*shape, generator=random, dtype=torch.float64).to(dtype)

    scale = 1 / math.sqrt(H)
    return {
        "x": normal(T, B, I),
        "w": normal(gates * H, I) * scale,
        "u": normal(gates * H, H) * scale,
        "b": normal(gates * H) * scale,
        "h": normal(B, H),
        "dy": normal(T, B, H),
        "dlast": normal(B, H),
    }


def swapped(b, gates):
    """The bias by slots, of one by rows of the weights."""
    return torch.cat(list(reversed(b.chunk(gates))))


def by_hand(step, d, lengths, reverse):
    """Outputs and gradients by torch's autograd, row by row."""
    names = ("x", "w", "u", "b", "h")
    leaf = {k: d[k].clone().requires_grad_() for k in names}
    T, B, _ = d["x"].shape
    rows, last = [], []
    for b in range(B):
        h, ys = leaf["h"][b], [torch.zeros_like(d["h"][b])] * T
        times = range(lengths[b])
        for t in reversed(times) if reverse else times:
            a = leaf["w"] @ leaf["x"][t, b] + leaf["u"] @ h + leaf["b"]
            h = ys[t] = step(a, h)
        rows.append(torch.stack(ys))
        last.append(h)
    y, last = torch.stack(rows, 1), torch.stack(last)
    ((y * d["dy"]).sum() + (last * d["dlast"]).sum()).backward()
    return [y.detach(), last.detach(), *(leaf[k].grad for k in names)]


def fused(data, d, gates, lengths, reverse=False, threads=1):
    graph = native.Graph(*data)
    T, B, I = d["x"].shape
    H, dtype = d["h"].shape[1], d["x"].dtype

    def made(*shape):
        return torch.full(shape, math.nan, dtype=dtype)

    y, last, saved = made(T, B, H), made(B, H), made(T, B, 2 * (gates - 1), H)
    dx, dw, du = made(T, B, I), made(gates * H, I), made(gates * H, H)
    db, dh, norms = made(gates * H), made(B, H), made(T, B)
    n = None if lengths is None else torch.tensor(lengths)
    common = {"lengths": n, "reverse": reverse, "threads": threads}
    weights, bias = [d["w"], d["u"]], swapped(d["b"], gates)
    graph.forward(
        d["x"], weights, bias, [], [], [d["h"]], y, [last], saved, save=True, **common
    )
    given = (d["x"], weights, [], [], [d["h"]], y, saved, None, None)
    graph.backward(
        *given,
        **common,
        dy=d["dy"],
        dlast=[d["dlast"]],
        dx=dx,
        dweights=[dw, du],
        dbias=db,
        dfirst=[dh],
        norms=norms,
    )
    plain = made(T, B, H)
    graph.forward(
        d["x"], weights, bias, [], [], [d["h"]], plain, [made(B, H)], **common
    )
    assert torch.equal(plain, y)
    assert torch.isfinite(norms).all()
    return [y, last, dx, dw, du, swapped(db, gates), dh]


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize(("data", "step", "gates"), CELLS)
def test_outputs_and_gradients_are_those_of_autograd(data, step, gates, reverse, dtype):
    lengths = [4, 0, 6, 1, 6]
    d = draw(gates, 6, 5, 3, 19, dtype)
    found = fused(data, d, gates, lengths, reverse)
    double = {k: v.double() for k, v in d.items()}
    expected = by_hand(step, double, lengths, reverse)
    for a, b in zip(found, expected, strict=True):
        scale = 1 + b.abs().max()
        assert (a - b).abs().max() <= 60 * torch.finfo(dtype).eps * scale


@pytest.mark.parametrize("threads", [2, 3])
@pytest.mark.parametrize("B", [1, 7])
def test_threads_do_not_show_in_the_bits(B, threads):
    d = draw(2, 9, B, 4, 33, torch.float32)
    once = fused(JANET, d, 2, None)
    with running_on(threads=threads):
        shared = fused(JANET, d, 2, None, threads=threads)
    for a, b in zip(once, shared, strict=True):
        assert torch.equal(a, b)


def test_a_program_that_is_wrong_is_refused_in_one_line():
    integers, floats = JANET
    cases = [
        ([3, *integers[1:]], "the version is 3, not in 1..2"),
        (integers[:-1], "ends before"),
        ([*integers, 0], "1 numbers too many"),
        ([*integers[:11], 2, *integers[12:]], "1 constants for 2"),
    ]
    for wrong, message in cases:
        with pytest.raises(ValueError, match=message) as error:
            native.Graph(wrong, floats)
        assert "\n" not in str(error.value)
    # The forward piece stores the state twice in place of its second saved vector.
    twice = list(integers)
    at = len(integers) - 5 * 18 - 2 - 1 - 2 * 5
    assert twice[at : at + 4] == [1, 1, 1, 1]
    twice[at + 2 : at + 4] = [3, 0]
    with pytest.raises(ValueError, match="AFTER 0 twice"):
        native.Graph(twice, floats)


def test_tensors_that_do_not_fit_are_refused_in_one_line():
    graph = native.Graph(*RNN)
    x, w, u = torch.zeros(4, 2, 3), torch.zeros(5, 3), torch.zeros(5, 5)
    y, last = torch.zeros(4, 2, 5), torch.zeros(2, 5)
    graph.forward(x, [w, u], None, [], [], None, y, [last])

    def call(x=x, weights=(w, u), y=y, last=(last,), lengths=None):
        graph.forward(x, weights, None, [], [], None, y, list(last), lengths=lengths)

    cases = [
        ({"x": x.half()}, "x is neither float32 nor float64"),
        ({"x": x[0]}, "x has 2 axes, not 3"),
        ({"weights": (w,)}, "weights has 1 tensors, not 2"),
        ({"weights": (w.T, u)}, r"weights\[0\] has shape \(3, 5\), not \(5, 3\)"),
        ({"weights": (w, u.T[:, :])}, None),
        ({"weights": (w, u.double())}, r"weights\[1\] is not float32"),
        ({"weights": (None, u)}, "weights is missing"),
        ({"y": torch.zeros(4, 3, 5)}, r"y has shape \(4, 3, 5\), not \(4, 2, 5\)"),
        ({"y": torch.zeros(4, 5, 2).mT}, "y is not contiguous in its last axis"),
        ({"last": (torch.zeros(5, 2).T,)}, r"last\[0\] is not contiguous"),
        ({"x": "x"}, "x is no tensor"),
        ({"lengths": torch.tensor([5, 1])}, "length is outside"),
        ({"lengths": torch.tensor([1])}, "lengths is no contiguous int64 tensor of 2"),
    ]
    for given, message in cases:
        if message is None:
            with pytest.raises(ValueError, match="not contiguous"):
                call(**given)
            continue
        with pytest.raises(ValueError, match=message) as error:
            call(**given)
        assert "\n" not in str(error.value)
