"""The adjoint of every state equals double-precision differentiation of the layer.

The oracle never unrolls: it cuts the sequence after step t, takes the state there
as a leaf, and lets the layer itself (torch's fused operator, or elman's) run the
two parts, each layer of a stack and each direction on its own.
"""

import copy

import pytest
import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

import elman
from elman.diagnosis.measure._profile import adjoints, lag_curve, loss_profile
from elman.diagnosis.open._probe import opened

T, B, I, H = 9, 3, 4, 5
EPS = torch.finfo(torch.float64).eps

CELLS = {
    "torch tanh": lambda **k: nn.RNN(I, H, **k),
    "torch relu": lambda **k: nn.RNN(I, H, nonlinearity="relu", **k),
    "torch gru": lambda **k: nn.GRU(I, H, **k),
    "torch lstm": lambda **k: nn.LSTM(I, H, **k),
    "torch lstm projected": lambda **k: nn.LSTM(I, H, proj_size=3, **k),
    "torch no bias": lambda **k: nn.GRU(I, H, bias=False, **k),
    "sigmoid": lambda **k: elman.RNN(I, H, nonlinearity="sigmoid", **k),
    "identity": lambda **k: elman.RNN(I, H, nonlinearity="identity", **k),
    "softplus": lambda **k: elman.RNN(I, H, nonlinearity="softplus", **k),
    "elman gru": lambda **k: elman.GRU(I, H, **k),
    "gru reset before": lambda **k: elman.GRU(I, H, reset_after=False, **k),
    "elman lstm": lambda **k: elman.LSTM(I, H, **k),
}
SHAPES = [(1, False), (2, False), (1, True), (2, True)]


def single(layer, index, reverse):
    """One layer and direction of a stack, as a layer of its own."""
    one = copy.deepcopy(layer)
    suffix = f"_l{index}" + ("_reverse" if reverse else "")
    for name in [n for n, _ in layer.named_parameters()]:
        delattr(one, name)
    one._flat_weights_names, names = [], []
    for name, p in layer.named_parameters():
        stem, end = name.rsplit("_l", 1)
        if "_l" + end == suffix:
            names.append(f"{stem}_l0")
            setattr(one, names[-1], nn.Parameter(p.detach().clone()))
            if stem == "weight_ih":
                one.input_size = p.shape[1]
    one.num_layers, one.bidirectional = 1, False
    one._flat_weights_names, one._all_weights = names, [names]
    one._flat_weights = [getattr(one, n) for n in names]
    return one


def oracle(layer, x, loss, index, reverse, t):
    """Gradient of loss(y) with respect to h (and c) after time step t, one row (T, I).

    ``t`` counts in time for either direction.
    """
    sides = 2 if layer.bidirectional else 1
    below = x
    leaves = None
    for level in range(layer.num_layers):
        outputs = []
        for side in range(sides):
            one = single(layer, level, side == 1)
            inner = below.flip(0) if side else below
            if (level, side == 1) == (index, reverse):
                cut = len(x) - t if side else t + 1
                _, state = one(inner[:cut])
                pair = state if isinstance(state, tuple) else (state,)
                leaves = [s.detach().requires_grad_() for s in pair]
                first, _ = one(inner[:cut])
                # The last output of the first part is the leaf itself.
                whole = [first[: cut - 1].detach(), leaves[0]]
                if cut < len(x):
                    packed = tuple(leaves) if len(leaves) == 2 else leaves[0]
                    whole.append(one(inner[cut:], packed)[0])
                y = torch.cat(whole)
            else:
                y, _ = one(inner)
            outputs.append(y.flip(0) if side else y)
        below = torch.cat(outputs, -1)
    found = torch.autograd.grad(loss(below), leaves, allow_unused=True)
    return [
        torch.zeros_like(s).squeeze(0) if g is None else g.squeeze(0)
        for s, g in zip(leaves, found, strict=True)
    ]


def tolerance(size, layers=1):
    """Rounding of T steps of (H + I)-term sums through every layer, 8 gates each."""
    return 8 * layers * T * (H + I) * EPS * max(float(size), 1.0)


CASES = [
    (cell, ragged)
    for cell in CELLS
    for ragged in (None, "lengths", "packed")
    if not (ragged == "lengths" and cell.startswith("torch"))  # torch takes none
]


@pytest.mark.parametrize(("layers", "two"), SHAPES)
@pytest.mark.parametrize(("cell", "ragged"), CASES)
def test_adjoint_is_exact(cell, layers, two, ragged):
    layer = CELLS[cell](num_layers=layers, bidirectional=two).double()
    lengths = [T, 4, 1] if ragged else [T] * B
    x = torch.randn(T, B, I, dtype=torch.float64)
    width = (3 if layer.proj_size else H) * (2 if two else 1)
    weight = torch.randn(T, width, dtype=torch.float64)

    def row_loss(y):  # of one row (t, width): depends on every step, not linearly
        return (weight[: len(y)] * torch.sin(y) + y**2).sum()

    with opened(layer) as tracks:
        if ragged == "packed":
            packed = pack_padded_sequence(x, lengths, enforce_sorted=False)
            y, _ = pad_packed_sequence(layer(packed)[0])
        else:
            y, _ = layer(x, **({"lengths": lengths} if ragged else {}))
        loss = sum(row_loss(y[:n, b]) for b, n in enumerate(lengths))
        assert len(tracks) == layers * (2 if two else 1)
        measured = [adjoints(track, loss) for track in tracks]

    for track, (h, c, connected) in zip(tracks, measured, strict=True):
        assert connected
        for b, n in enumerate(lengths):
            for t in {0, n // 2, n - 1}:
                want = oracle(layer, x[:n, b], row_loss, track.layer, track.reverse, t)
                at = T - 1 - t if track.reverse else t
                got = [h[at, b]] + ([] if c is None else [c[at, b]])
                for mine, theirs in zip(got, want, strict=True):
                    error = (mine - theirs).abs().max()
                    assert error <= tolerance(theirs.abs().max(), layers)


def test_naive_hook_sees_only_the_direct_term():
    """What other tools show: the gradient of the output tensor, not of the state."""
    layer = nn.GRU(I, H).double()
    x = torch.randn(T, B, I, dtype=torch.float64)
    y, _ = layer(x)
    y.retain_grad()
    (y**2).sum().backward()
    with opened(layer) as tracks:
        out, _ = layer(x)
        h, _, _ = adjoints(tracks[0], (out**2).sum())
    # Equal at the last step, where nothing comes through time; wrong before.
    assert (y.grad[-1] - h[-1]).abs().max() <= tolerance(h.abs().max())
    assert (y.grad[:-1] - h[:-1]).abs().max() > 0.1


def test_profile_of_the_loss_in_time_and_ragged():
    layer = nn.GRU(I, H, bidirectional=True).double()
    x = torch.randn(T, 2, I, dtype=torch.float64)
    packed = pack_padded_sequence(x, [3, T], enforce_sorted=False)
    with opened(layer) as tracks:
        y, _ = pad_packed_sequence(layer(packed)[0])
        loss = y[2, 0].sum() + y[T - 1, 1].sum()
        forward, backward = (loss_profile(t, loss)[0] for t in tracks)
        h = [adjoints(t, loss)[0].norm(dim=-1) for t in tracks]
    # Step 3 and later belong to row 1 alone.
    assert forward[5] == pytest.approx(float(h[0][5, 1]), rel=1e-15)
    both = float(h[0][2].mean())
    assert forward[2] == pytest.approx(both, rel=1e-15)
    # In reverse, only the steps at and after the loss can matter to it: its own.
    assert backward[T - 1] > 0
    assert backward[T - 2] == 0


@pytest.mark.parametrize("reverse", [False, True])
def test_lag_curve_of_linear_maps(reverse):
    """Orthogonal W: A(k) = 1 at every lag; scaled by g: g^k."""
    steps = 40
    layer = elman.RNN(2, 6, nonlinearity="identity", bidirectional=True).double()
    elman.init.orthogonal_(layer)
    gain = 0.9
    for name in ("weight_hh_l0", "weight_hh_l0_reverse"):
        getattr(layer, name).data.mul_(gain)
    x = torch.randn(steps, 4, 2, dtype=torch.float64)
    generator = torch.Generator().manual_seed(1)
    with opened(layer) as tracks:
        layer(x, lengths=[steps, steps, 7, 1])
        curve = lag_curve(tracks[int(reverse)], generator)
    powers = gain ** torch.arange(steps, dtype=torch.float64).numpy()
    tol = steps * 6 * EPS
    for row, length in enumerate([steps, steps, 7, 1]):
        assert abs(curve[row, :length] - powers[:length]).max() <= tol
        assert torch.from_numpy(curve[row, length:]).isnan().all()


def test_lag_curve_stops_at_max_lag():
    layer = nn.LSTM(I, H)
    with opened(layer) as tracks:
        layer(torch.randn(T, B, I))
        generator = torch.Generator().manual_seed(0)
        assert lag_curve(tracks[0], generator, 3).shape == (B, 4)
