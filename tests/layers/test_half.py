"""Half precision on the CPU: float32 in between, torch's dtypes at the end."""

import pytest
import torch
from torch import nn
from torch._subclasses.fake_tensor import FakeTensorMode

import elman
from elman import ops

T, B, I, H = 5, 3, 4, 6
HALF = [torch.bfloat16, torch.float16]
LAYERS = ["RNN", "GRU", "LSTM"]
CELLS = ["RNNCell", "GRUCell", "LSTMCell"]
every_half = pytest.mark.parametrize("dtype", HALF, ids=str)
every_module = pytest.mark.parametrize("name", LAYERS + CELLS)
VARIANTS = [
    ("RNN", {}),
    ("RNN", {"nonlinearity": "softplus"}),
    ("GRU", {}),
    ("GRU", {"reset_after": False}),
    ("LSTM", {}),
    ("LSTM", {"proj_size": 2}),
    ("GRU", {"zoneout": 0.3}),
]


def flat(result):
    """Return the tensors of a result, however nested."""
    if isinstance(result, torch.Tensor):
        return [result]
    return [t for part in result for t in flat(part)]


@every_half
@pytest.mark.parametrize(("name", "options"), VARIANTS, ids=str)
def test_it_is_the_float32_run_rounded_once(name, options, dtype):
    """Bit for bit: outputs, states, every gradient; no step rounds the state."""
    half = getattr(elman, name)(I, H, dtype=dtype, **options).eval()
    exact = getattr(elman, name)(I, H, **options).eval()
    exact.load_state_dict(half.state_dict())
    x = torch.randn(T, B, I, dtype=dtype)
    found = []
    for layer, given in ((half, x.requires_grad_()), (exact, x.detach().float())):
        given = given.detach().requires_grad_()
        outputs = flat(layer(given, lengths=[5, 2, 0]))
        generator = torch.Generator().manual_seed(0)
        total = sum(
            (
                o.float() * torch.randn(o.shape, generator=generator).to(dtype).float()
            ).sum()
            for o in outputs
        )
        grads = torch.autograd.grad(
            total, [given, *layer.parameters()], allow_unused=True
        )
        found.append([*outputs, *grads])
    for a, b in zip(*found, strict=True):
        assert (a is None) == (b is None)
        if a is not None:
            assert a.dtype == dtype
            assert torch.equal(a, b.to(dtype))


@every_half
@pytest.mark.parametrize("name", CELLS)
def test_a_cell_is_the_float32_step_rounded_once(name, dtype):
    half, exact = getattr(elman, name)(I, H, dtype=dtype), getattr(elman, name)(I, H)
    exact.load_state_dict(half.state_dict())
    x = torch.randn(B, I, dtype=dtype)
    for a, b in zip(flat(half(x)), flat(exact(x.float())), strict=True):
        assert a.dtype == dtype
        limit = torch.finfo(dtype).eps * b.abs() + torch.finfo(dtype).tiny
        assert ((a.float() - b).abs() <= limit).all()


def mixtures(low):
    """Yield dtypes of input, state (or none given) and weights under autocast."""
    full = torch.float32
    for x in (full, low):
        for h in (None, full, low):
            for w in (full, low):
                yield x, h, w
    yield torch.float64, None, torch.float64
    yield torch.float64, torch.float64, torch.float64


@every_half
@every_module
def test_autocast_returns_the_dtypes_torch_returns(name, dtype):
    """torch's side runs on tensors without values: its kernels may not exist here."""
    ours, theirs = {}, {}
    rows = (B,) if name in CELLS else (T, B)
    state = (B, H) if name in CELLS else (1, B, H)
    for x_in, h_in, w_in in mixtures(dtype):
        if (name, x_in, h_in) == ("LSTM", dtype, torch.float32):
            # Of these torch makes 16 or 32 bits, as the processor has instructions.
            module = elman.LSTM(I, H, dtype=w_in)
            h = torch.zeros(state)
            with torch.autocast("cpu", dtype=dtype):
                result = module(torch.zeros(*rows, I, dtype=x_in), (h, h))
            assert {t.dtype for t in flat(result)} == {dtype}
            continue
        for found, home in ((ours, elman), (theirs, nn)):
            with (
                FakeTensorMode(allow_non_fake_inputs=True)
                if home is nn
                else torch.enable_grad()
            ):
                module = getattr(home, name)(I, H, dtype=w_in)
                h = None if h_in is None else torch.zeros(state, dtype=h_in)
                hx = (h, h) if "LSTM" in name and h is not None else h
                with torch.autocast("cpu", dtype=dtype):
                    result = module(torch.zeros(*rows, I, dtype=x_in), hx)
                found[x_in, h_in, w_in] = [t.dtype for t in flat(result)]
    assert ours == theirs


@every_half
@every_module
def test_autocast_computes_in_float32(name, dtype):
    module = getattr(elman, name)(I, H)
    x = torch.randn(*((B,) if name in CELLS else (T, B)), I)
    exact = flat(module(x))
    with torch.autocast("cpu", dtype=dtype), ops.record_paths() as ran:
        found = flat(module(x))
        assert torch.is_autocast_enabled("cpu")
    assert ran == ["native"]
    for a, b in zip(found, exact, strict=True):
        if name in LAYERS:
            assert torch.equal(a, b.to(a.dtype))
        else:  # torch's own float32 step sums in another order
            eps = max(torch.finfo(a.dtype).eps, 8 * I * torch.finfo(b.dtype).eps)
            assert ((a.float() - b).abs() <= eps * (b.abs() + 1)).all()
    sum(t.float().sum() for t in found).backward()
    assert all(p.grad.dtype == torch.float32 for p in module.parameters())


def test_after_a_layer_that_autocast_made_narrow():
    """A model in float32: a linear layer's bfloat16 goes into the recurrent one."""
    gru = elman.GRU(I, H, 2, bidirectional=True, dropout=0.5)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        y, h = gru(torch.randn(T, B, I).bfloat16(), lengths=[5, 1, 0])
        assert y.dtype == h.dtype == torch.bfloat16
        y, _, trace = gru.trace(torch.randn(T, B, I))
        assert y.dtype == trace[1][1]["z"].dtype == torch.float32


@pytest.mark.parametrize("name", LAYERS)
def test_second_derivatives_vmap_and_compilation(name):
    layer = getattr(elman, name)(I, H, dtype=torch.bfloat16)
    x = torch.randn(T, B, I, dtype=torch.bfloat16, requires_grad=True)
    (g,) = torch.autograd.grad(layer(x)[0].float().sum(), x, create_graph=True)
    (again,) = torch.autograd.grad(g.float().square().sum(), x)
    assert again.dtype == torch.bfloat16
    assert again.isfinite().all()
    data = torch.randn(2, T, B, I, dtype=torch.bfloat16)
    y = torch.func.vmap(lambda one: layer(one)[0])(data)
    step = torch.finfo(torch.bfloat16).eps
    for one, expected in zip(y, map(layer, data), strict=True):
        off = (one.float() - expected[0].float()).abs()
        assert (off <= step * expected[0].float().abs().clamp(min=1e-2)).all()
    torch.compiler.reset()
    compiled = torch.compile(layer, fullgraph=True, backend="aot_eager")
    assert torch.equal(compiled(x)[0], layer(x)[0])
