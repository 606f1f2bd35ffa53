"""Nothing wrong reaches the core: an error each time, never a crash."""

import hypothesis.strategies as st
import pytest
import torch
from hypothesis import given, settings

from elman import InputError, ops
from native_core import SERVED

CELLS = [(c.cell, c.variant, c.gates) for c in SERVED]


def fitting(cell, variant, gates, T, B, I, H):
    P = H // 2 if variant == "projected" else H
    z = torch.zeros
    state = (z(B, P), z(B, H)) if cell == "lstm" else (z(B, P),)
    weights = {
        "w_ih": z(gates * H, I),
        "w_hh": z(gates * H, P),
        "b_ih": z(gates * H),
        "b_hh": z(gates * H),
        "w_hr": z(P, H) if variant == "projected" else None,
    }
    return {
        "x": z(T, B, I),
        "h_0": state[0],
        "c_0": state[1] if len(state) > 1 else None,
        **weights,
        "lengths": None,
    }


def call(cell, variant, t):
    state = tuple(t[k] for k in ("h_0", "c_0") if t[k] is not None)
    names = ("w_ih", "w_hh", "b_ih", "b_hh", "w_hr")
    weights = ops.Weights(**{k: t[k] for k in names})
    with ops.force_path("native"):
        return ops.run(ops.Call(cell, variant, t["x"], state, weights, t["lengths"]))


tensors = st.tuples(
    st.lists(st.integers(0, 7), min_size=0, max_size=4),
    st.sampled_from([torch.float32, torch.float64, torch.int64, torch.bfloat16]),
    st.sampled_from(["cpu", "meta"]),
).map(lambda p: torch.zeros(p[0], dtype=p[1], device=p[2]))


@given(
    data=st.data(),
    kind=st.sampled_from(CELLS),
    sizes=st.tuples(*[st.integers(0, 4)] * 3, st.integers(2, 5)),
)
@settings(max_examples=300, deadline=None, derandomize=True)
def test_a_wrong_tensor_anywhere(data, kind, sizes):
    cell, variant, gates = kind
    good = fitting(cell, variant, gates, *sizes)
    names = [k for k, v in good.items() if v is not None] + ["lengths"]
    name = data.draw(st.sampled_from(names))
    bad = data.draw(tensors)
    right = good[name]
    fits = (
        right is not None
        and bad.shape == right.shape
        and (bad.dtype, bad.device) == (right.dtype, right.device)
    )
    if name == "lengths":
        fits = (bad.shape, bad.dtype, bad.device) == (
            (sizes[1],),
            torch.int64,
            torch.device("cpu"),
        )
    other = bad.shape != getattr(right, "shape", None)
    try:
        result = call(cell, variant, {**good, name: bad})
    except InputError:
        assert not fits
        return
    # Another T, or everything's own size: then it is a fitting call after all.
    assert fits or (name == "x" and other and bad.shape[1:] == right.shape[1:])
    assert result.y.shape[0] == (bad if name == "x" else good["x"]).shape[0]


@given(
    lengths=st.lists(st.integers(-3, 9), min_size=3, max_size=3),
    kind=st.sampled_from(CELLS),
)
@settings(max_examples=60, deadline=None, derandomize=True)
def test_lengths_out_of_range(lengths, kind):
    good = fitting(*kind, 5, 3, 2, 4) | {"lengths": torch.tensor(lengths)}
    if all(0 <= n <= 5 for n in lengths):
        call(*kind[:2], good)
    else:
        with pytest.raises(InputError, match="length"):
            call(*kind[:2], good)


@pytest.mark.parametrize("kind", CELLS, ids=lambda k: k[1])
def test_any_strides_give_the_same(kind):
    plain = fitting(*kind, 4, 3, 5, 6)
    plain = {k: v if v is None else torch.randn_like(v) for k, v in plain.items()}
    strange = {
        k: v
        if v is None
        else v.mT.contiguous().mT
        if v.dim() > 1
        else torch.stack([v, v], 1)[:, 0]
        for k, v in plain.items()
    }
    a, b = call(*kind[:2], plain), call(*kind[:2], strange)
    assert torch.equal(a.y, b.y)
    for s, t in zip(a.state, b.state, strict=True):
        assert torch.equal(s, t)
    spread = {**plain, "x": torch.randn(9, 7, 5)[1:9:2, 2:5].copy_(plain["x"])}
    assert torch.equal(call(*kind[:2], spread).y, a.y)


@given(
    kind=st.sampled_from(CELLS),
    strides=st.tuples(*[st.integers(0, 9)] * 3),
    offset=st.integers(0, 5),
    sizes=st.tuples(*[st.integers(0, 4)] * 3),
    name=st.sampled_from(["x", "w_ih", "w_hh", "b_hh", "h_0"]),
)
@settings(max_examples=200, deadline=None, derandomize=True)
def test_views_of_any_stride(kind, strides, offset, sizes, name):
    """Overlapping, repeated, shifted: the same as a copy, forwards and backwards."""
    good = fitting(*kind, *sizes, 4)
    shape = good[name].shape
    store = torch.linspace(-1, 1, 200)
    view = torch.as_strided(store, shape, strides[: len(shape)], offset)
    found = []
    for tensor in (view, view.clone(memory_format=torch.contiguous_format)):
        tensor = tensor.detach().requires_grad_()
        result = call(*kind[:2], {**good, name: tensor})
        (gradient,) = torch.autograd.grad(result.y.sum(), tensor)
        found.append((result.y, *result.state, gradient))
    for a, b in zip(*found, strict=True):
        assert torch.equal(a, b)


@pytest.mark.parametrize("name", ["x", "h_0", "w_ih", "w_hh", "b_ih"])
@pytest.mark.parametrize(
    "strange",
    [
        lambda t: t.to_sparse(),
        lambda t: t.to(torch.complex64),
        lambda t: t[..., :0],
    ],
    ids=["sparse", "complex", "empty"],
)
def test_what_is_no_plain_tensor(name, strange):
    good = fitting(*CELLS[0], 3, 2, 2, 4)
    with pytest.raises(InputError):
        call(*CELLS[0][:2], {**good, name: strange(good[name])})
