"""A cell called step after step without gradients: the quick way through the core.

It must change nothing but the time: plain calls take it, all others go on as before.
"""

import copy
import pickle
import threading
import weakref

import pytest
import torch
from torch import nn
from torch.nn.utils import parametrizations, prune

import elman
from elman import ops
from tolerance import assert_close

B, I, H = 3, 5, 20
NAMES = ["RNNCell", "GRUCell", "LSTMCell"]
every = pytest.mark.parametrize("name", NAMES)
PLAIN = {"RNNCell": (0, 0), "GRUCell": (1, 0), "LSTMCell": (3, 0)}
served = pytest.mark.skipif(
    ops.step(*(0, 0), nn.RNNCell(1, 1).requires_grad_(False)._parameters,
             torch.ones(1, 1), None, 1) is None,
    reason="the core is not built here, or torch is older than 2.10",
)  # fmt: skip


def pair(name, dtype=torch.float32, **options):
    """Elman's cell and torch's with the same parameters."""
    theirs = getattr(nn, name)(I, H, dtype=dtype, **options)
    ours = getattr(elman, name)(I, H, dtype=dtype, **options)
    ours.load_state_dict(theirs.state_dict())
    return ours, theirs


def given(name, *rows, dtype=torch.float32):
    """An input and a state."""
    x, h, c = (torch.randn(*rows, n, dtype=dtype) for n in (I, H, H))
    return x, (h, c) if name == "LSTMCell" else h


def stacked(new):
    return torch.stack(new) if isinstance(new, tuple) else new


def same(a, b):
    assert_close(stacked(a), stacked(b), summands=I + H)


def quick(cell, x, hx):
    """What the core gives for this call; None: not a plain one."""
    numbers = PLAIN[type(cell).__name__]
    return ops.step(*numbers, cell._parameters, x, hx, ops.MOST_ROWS)


@every
@pytest.mark.parametrize("rows", [(), (1,), (B,), (8,), (9,), (0,)], ids=str)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
@pytest.mark.parametrize("mode", [torch.no_grad, torch.inference_mode])
def test_torchs_numbers_shapes_and_kind_of_tensor(name, rows, dtype, mode):
    ours, theirs = pair(name, dtype)
    x, hx = given(name, *rows, dtype=dtype)
    with mode():
        for state in (None, hx):
            a, b = ours(x, state), theirs(x, state)
            assert type(a) is type(b)
            same(a, b)
            for one, other in zip(
                *((v,) if isinstance(v, torch.Tensor) else v for v in (a, b)),
                strict=True,
            ):
                assert one.is_inference() == other.is_inference()
                assert one.stride() == other.stride()
                assert not one.requires_grad
                assert one.grad_fn is None


@served
@every
def test_plain_calls_take_it(name):
    ours, _ = pair(name)
    x, hx = given(name, B)
    assert quick(ours, x, hx) is None  # gradients are wanted
    with torch.no_grad():
        assert quick(ours, x, hx) is not None
        assert quick(ours, x, None) is not None
        assert torch.equal(stacked(quick(ours, x, hx)), stacked(ours(x, hx)))
    ours.requires_grad_(False)
    assert quick(ours, x, hx) is not None
    assert quick(ours, x.requires_grad_(), hx) is None
    assert stacked(ours(x, hx)).requires_grad


def _changes():
    def in_place(cell):
        cell.weight_hh.mul_(0.5)

    def one_number_through_data(cell):
        cell.weight_hh.data[7, 3] += 1.0

    def one_bias_through_numpy(cell):
        cell.bias_ih.detach().numpy()[3] += 1.0

    def new_storage(cell):
        cell.weight_ih.data = cell.weight_ih.data * 0.5

    def new_parameter(cell):
        cell.weight_hh = nn.Parameter(cell.weight_hh * 0.5)

    def loaded(cell):
        cell.load_state_dict({k: v * 0.5 for k, v in cell.state_dict().items()})

    def assigned(cell):
        halves = {k: v * 0.5 for k, v in cell.state_dict().items()}
        cell.load_state_dict(halves, assign=True)

    def optimised(cell):
        for p in cell.parameters():
            p.grad = torch.ones_like(p)
        torch.optim.SGD(cell.parameters(), 0.1).step()

    def drawn_again(cell):
        cell.reset_parameters()

    return [f for f in locals().values() if callable(f)]


@every
@pytest.mark.parametrize("change", _changes(), ids=lambda f: f.__name__)
def test_every_change_of_a_weight_is_seen(name, change):
    ours, theirs = pair(name)
    x, hx = given(name, B)
    with torch.no_grad():
        before = stacked(ours(x, hx)).clone()
        change(ours)
        theirs.load_state_dict(ours.state_dict())
        assert not torch.equal(stacked(ours(x, hx)), before)
        same(ours(x, hx), theirs(x, hx))


@every
def test_another_dtype_and_back(name):
    ours, theirs = pair(name)
    with torch.no_grad():
        for dtype in (torch.float64, torch.float32):
            x, hx = given(name, B, dtype=dtype)
            same(ours.to(dtype)(x, hx), theirs.to(dtype)(x, hx))


@every
def test_copies_are_their_own(name):
    ours, _ = pair(name)
    x, hx = given(name, B)
    with torch.no_grad():
        expected = stacked(ours(x, hx))
        copies = [copy.deepcopy(ours), copy.copy(ours)]
        copies.append(pickle.loads(pickle.dumps(ours)))  # noqa: S301
        assert all(torch.equal(stacked(c(x, hx)), expected) for c in copies)
        ours.weight_ih.zero_()
        assert torch.equal(stacked(copies[0](x, hx)), expected)
        assert torch.equal(stacked(copies[2](x, hx)), expected)


@every
def test_parameters_computed_from_others(name):
    x, hx = given(name, B)
    for how in (
        lambda c: parametrizations.weight_norm(c, "weight_hh"),
        lambda c: parametrizations.orthogonal(c, "weight_ih"),
        lambda c: prune.random_unstructured(c, "weight_hh", 0.5),
    ):
        ours, theirs = pair(name)
        torch.manual_seed(1)
        how(ours)
        torch.manual_seed(1)
        how(theirs)
        with torch.no_grad():
            same(ours(x, hx), theirs(x, hx))
            next(iter(ours.parameters())).mul_(0.5)
            theirs.load_state_dict(ours.state_dict())
            same(ours(x, hx), theirs(x, hx))


@every
def test_functional_call(name):
    ours, theirs = pair(name)
    x, hx = given(name, B)
    half = {k: v.detach() * 0.5 for k, v in ours.named_parameters()}
    with torch.no_grad():
        before = stacked(ours(x, hx)).clone()
        a = torch.func.functional_call(ours, half, (x, hx))
        same(a, torch.func.functional_call(theirs, half, (x, hx)))
        assert torch.equal(stacked(ours(x, hx)), before)


@every
def test_hooks_run(name):
    ours, _ = pair(name)
    x, hx = given(name, B)
    seen = []
    ours.register_forward_pre_hook(lambda *_: seen.append("before"))
    ours.register_forward_hook(lambda *_: seen.append("after"))
    with torch.no_grad():
        ours(x, hx)
    assert seen == ["before", "after"]


class Own(torch.Tensor):
    """A subclass, to be seen by its __torch_function__."""


class Watch(torch.utils._python_dispatch.TorchDispatchMode):
    """Sees every operator."""

    def __init__(self):
        super().__init__()
        self.seen = 0

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        self.seen += 1
        return function(*args, **(kwargs or {}))


@pytest.mark.filterwarnings("ignore:`torch.jit.script`")  # inside make_dual
@every
def test_whoever_watches_torch_sees_the_step(name):
    ours, theirs = pair(name)
    x, hx = given(name, B)
    with torch.no_grad():
        with Watch() as watch:
            ours(x, hx)
        assert watch.seen
        assert quick(ours, x.as_subclass(Own), hx) is None
        assert type(stacked(ours(x.as_subclass(Own), hx))) is Own
        with torch.autocast("cpu", torch.bfloat16):
            assert quick(ours, x, hx) is None
            assert stacked(ours(x, hx)).dtype == stacked(theirs(x, hx)).dtype
        with torch.device("meta"):
            assert quick(ours, x, hx) is None
        with ops.force_path("composite"):
            assert quick(ours, x, hx) is None
        with torch.autograd.forward_ad.dual_level():
            dual = torch.autograd.forward_ad.make_dual(x, torch.ones_like(x))
            assert quick(ours, dual, hx) is None
        rows = torch.func.vmap(lambda one: ours(one, None))(x)
        same(rows, ours(x, None))


@every
def test_traced_and_compiled(name):
    ours, _ = pair(name)
    x, hx = given(name, B)
    with torch.no_grad():
        expected = ours(x, hx)
        from torch.fx.experimental.proxy_tensor import make_fx

        same(make_fx(lambda v: ours(v, hx))(x)(x), expected)
        compiled = torch.compile(ours, backend="eager", fullgraph=True)
        same(compiled(x, hx), expected)
        program = torch.export.export(ours, (x, hx)).module()
        same(program(x, hx), expected)


@pytest.mark.filterwarnings("ignore:`torch.jit:DeprecationWarning")
@pytest.mark.filterwarnings("ignore:.*torch.jit.trace.*:FutureWarning")
@every
def test_jit_trace(name):
    ours, _ = pair(name)
    x, hx = given(name, B)
    with torch.no_grad():
        traced = torch.jit.trace(ours, (x, hx), check_trace=False)
        same(traced(2 * x, hx), ours(2 * x, hx))


@pytest.mark.filterwarnings("ignore:torch.quantize_per_tensor")
@every
def test_tensors_that_are_not_plain(name):
    ours, theirs = pair(name)
    x, hx = given(name, B)
    c = torch.randn(B, I, dtype=torch.complex64)
    odd = [
        x.expand(2, B, I)[1],
        torch.randn(I, B).t(),
        torch.randn(B, 2 * I)[:, ::2],
        torch.randn(B, 2 * I)[:, I:],
        c.conj().imag,
        torch._neg_view(x),
        torch._efficientzerotensor(B, I),
    ]
    with torch.no_grad():
        for each in odd:
            same(ours(each, hx), theirs(each, hx))
        assert quick(ours, x.to("meta"), hx) is None
        assert quick(ours, x.to_sparse(), hx) is None
        assert quick(ours, x.to_mkldnn(), hx) is None
        assert (
            quick(ours, torch.quantize_per_tensor(x, 0.1, 0, torch.quint8), hx) is None
        )


@every
def test_errors_are_torchs(name):
    ours, theirs = pair(name)
    x, hx = given(name, B)
    h = hx[0] if name == "LSTMCell" else hx
    as_state = (lambda s: (s, s)) if name == "LSTMCell" else lambda s: s
    wrong = [
        (x[:, 1:], hx),
        (x[None], hx),
        (x.double(), hx),
        (x, as_state(h[:2])),
        (x, as_state(h[:, 1:])),
        (x, as_state(h.double())),
        (x[0], as_state(h[None])),
    ]
    for bad in wrong:
        messages = []
        for cell in (ours, theirs):
            with torch.no_grad(), pytest.raises(Exception) as caught:  # noqa: PT011
                cell(*bad)
            messages.append(f"{caught.type}{caught.value}")
        assert messages[0] == messages[1]


def test_variants():
    for cell in (
        elman.GRUCell(I, H, reset_after=False),
        elman.RNNCell(I, H, nonlinearity="relu"),
        elman.RNNCell(I, H, nonlinearity="sigmoid"),
        elman.RNNCell(I, H, nonlinearity="identity"),
        elman.RNNCell(I, H, nonlinearity="softplus"),
        elman.LSTMCell(I, H, bias=False),
    ):
        x, hx = given(type(cell).__name__, B)
        expected = cell(x, hx)
        with torch.no_grad():
            same(cell(x, hx), expected)


@every
def test_a_stream_equals_the_sequence(name):
    ours, _ = pair(name)
    layer = getattr(elman, name.removesuffix("Cell"))(I, H)
    layer.load_state_dict({f"{k}_l0": v for k, v in ours.state_dict().items()})
    x = torch.randn(50, 1, I)
    with torch.no_grad():
        y, _ = layer(x)
        hx = None
        for t in range(50):
            hx = ours(x[t], hx)
            h = hx[0] if name == "LSTMCell" else hx
            assert_close(h, y[t], summands=I + H, steps=t + 1)


@every
def test_several_threads_on_one_cell(name):
    ours = getattr(elman, name)(64, 300)  # large enough to let go of the lock
    x = torch.randn(4, 1, 64)
    with torch.no_grad():
        expected = [stacked(ours(row)) for row in x]
    wrong = []

    def work(k):
        with torch.no_grad():
            for _ in range(30):
                if not torch.equal(stacked(ours(x[k])), expected[k]):
                    wrong.append(k)

    threads = [threading.Thread(target=work, args=(k,)) for k in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert not wrong


@every
def test_nothing_is_kept(name):
    ours, _ = pair(name)
    x, hx = given(name, B)
    gone = [weakref.ref(ours.weight_hh), weakref.ref(x)]
    with torch.no_grad():
        ours(x, hx)
    del ours, x
    assert all(r() is None for r in gone)
