"""What programs do with torch.nn's layers besides calling them, done to Elman's."""

import copy
import io

import pytest
import torch
from torch import nn
from torch.func import functional_call
from torch.nn.utils import parametrizations, parametrize, prune

import elman
from tolerance import assert_close

T, B, I, H = 5, 3, 4, 6
LAYERS = ["RNN", "GRU", "LSTM"]
CELLS = ["RNNCell", "GRUCell", "LSTMCell"]
every_layer = pytest.mark.parametrize("name", LAYERS)
every_module = pytest.mark.parametrize("name", LAYERS + CELLS)


def pair(name, **options):
    """Return Elman's and torch's with the same weights, and an input."""
    if name in LAYERS:
        options = {"num_layers": 2, "bidirectional": True} | options
    ours, theirs = (
        getattr(elman, name)(I, H, **options),
        getattr(nn, name)(I, H, **options),
    )
    theirs.load_state_dict(ours.state_dict())
    return ours, theirs, torch.randn(*((T, B) if name in LAYERS else (B,)), I)


def out(result):
    """Return the first tensor: a layer's output, a cell's state."""
    return result if isinstance(result, torch.Tensor) else result[0]


def same(a, b):
    assert_close(a, b, summands=I + 4 * H, steps=2 * T)


@every_module
def test_state_is_saved_and_loaded_as_weights_only(name):
    ours, theirs, x = pair(name)
    file = io.BytesIO()
    torch.save(ours.state_dict(), file)
    file.seek(0)
    loaded = torch.load(file, weights_only=True)
    for module in (type(ours)(I, H), theirs):
        if name in LAYERS and module is not theirs:
            module = type(ours)(I, H, 2, bidirectional=True)
        assert str(module.load_state_dict(loaded)) == "<All keys matched successfully>"
        same(out(module(x)), out(ours(x)))


@every_module
def test_wrong_state_is_refused_in_torchs_words(name):
    ours, theirs, _ = pair(name)
    said = []
    state = {k: v[:1] for k, v in ours.state_dict().items()}
    state["more"] = state.pop(next(iter(state)))
    for module in (ours, theirs):
        with pytest.raises(RuntimeError) as error:
            module.load_state_dict(state)
        said.append(str(error.value))
    assert said[0] == said[1]


@every_module
def test_shared_memory(name):
    ours, _, x = pair(name)
    expected = out(ours(x))
    assert ours.share_memory() is ours
    assert all(p.is_shared() for p in ours.parameters())
    assert torch.equal(out(ours(x)), expected)


@every_module
def test_hooks_see_what_torchs_see(name):
    ours, theirs, x = pair(name)
    log = []
    for module in (ours, theirs):
        seen = []
        module.register_forward_pre_hook(lambda m, a, s=seen: s.append(("pre", len(a))))
        module.register_forward_hook(
            lambda m, a, y, s=seen: s.append(("post", out(y).shape))
        )
        module.register_full_backward_pre_hook(
            lambda m, g, s=seen: s.append(("backward pre", g[0].shape))
        )
        module.register_full_backward_hook(
            lambda m, i, o, s=seen: s.append(("backward", i[0].shape, o[0].shape))
        )
        weight = next(p for k, p in module.named_parameters() if "hh" in k)
        weight.register_hook(lambda g, s=seen: s.append("weight"))
        out(module(x.clone().requires_grad_())).sum().backward()
        log.append(seen)
    assert len(log[0]) == 5
    assert sorted(map(str, log[0])) == sorted(map(str, log[1]))


WRAPS = {
    "weight_norm": parametrizations.weight_norm,
    "spectral_norm": parametrizations.spectral_norm,
    "orthogonal": parametrizations.orthogonal,
    "pruned": lambda m, n: prune.l1_unstructured(m, n, 0.5),
}


@pytest.mark.parametrize("wrap", WRAPS)
@every_module
def test_wrapped_weights_run_and_train(name, wrap):
    ours, theirs, x = pair(name)
    weight = "weight_hh" if name in CELLS else "weight_hh_l1_reverse"
    for module in (ours, theirs):
        torch.manual_seed(1)
        WRAPS[wrap](module, weight)
        module.eval()
    assert list(ours.state_dict()) == list(theirs.state_dict())
    same(out(ours(x)), out(theirs(x)))
    grads = []
    for module in (ours, theirs):
        out(module(x)).square().sum().backward()
        grads.append({k: p.grad for k, p in module.named_parameters()})
        torch.optim.SGD(module.parameters(), 0.1).step()
        if wrap == "pruned":  # torch's own layer masks before each call
            module.zero_grad()
    for key, grad in grads[0].items():
        if grads[1][key] is not None and grad is not None:
            assert_close(grad, grads[1][key], summands=T * B * 4 * H, steps=2 * T)
    assert (grads[0].keys()) == (grads[1].keys())
    same(out(ours(x)), out(theirs(x)))


def test_the_old_weight_norm():
    ours, theirs, x = pair("GRU")
    for module in (ours, theirs):
        with pytest.warns(FutureWarning, match="weight_norm"):
            nn.utils.weight_norm(module, "weight_hh_l0")
    same(ours(x)[0], theirs(x)[0])
    with torch.no_grad():
        for module in (ours, theirs):
            module.weight_hh_l0_g.mul_(2)
    same(ours(x)[0], theirs(x)[0])


@every_module
def test_functional_call_and_parts_of_it(name):
    ours, theirs, x = pair(name)
    new = {k: torch.randn_like(p) for k, p in ours.named_parameters()}
    same(out(functional_call(ours, new, (x,))), out(functional_call(theirs, new, (x,))))
    part = dict(list(new.items())[:1])
    same(
        out(functional_call(ours, part, (x,))), out(functional_call(theirs, part, (x,)))
    )
    same(out(ours(x)), out(theirs(x)))


@every_module
def test_frozen_parts_get_no_gradient_and_the_rest_get_theirs(name):
    grads = []
    ours, theirs, x = pair(name)
    for module in (ours, theirs):
        for k, p in module.named_parameters():
            p.requires_grad_("hh" in k)
        out(module(x)).sum().backward()
        grads.append({k: p.grad for k, p in module.named_parameters()})
    for key, grad in grads[0].items():
        assert (grad is None) == (grads[1][key] is None) == ("hh" not in key)
        if grad is not None:
            assert_close(grad, grads[1][key], summands=T * B * 4 * H, steps=2 * T)


def test_tied_weights_add_their_gradients():
    grads = []
    for kind in (elman.GRU, nn.GRU):
        torch.manual_seed(0)
        layer = kind(H, H, 2)
        layer.weight_hh_l1 = layer.weight_hh_l0
        layer.weight_ih_l1 = layer.weight_ih_l0
        assert len(list(layer.parameters())) == 6
        layer(torch.ones(T, B, H))[0].sum().backward()
        grads.append([p.grad for p in layer.parameters()])
    for a, b in zip(*grads, strict=True):
        assert_close(a, b, summands=T * B * 4 * H, steps=2 * T)


@every_module
def test_changing_dtype_keeps_the_parameters(name):
    ours, theirs, x = pair(name)
    before = list(ours.parameters())
    assert ours.double() is ours
    same(out(ours(x.double())), out(theirs.double()(x.double())))
    assert all(a is b for a, b in zip(before, ours.parameters(), strict=True))
    assert out(ours.float()(x)).dtype == torch.float32
    assert {p.dtype for p in ours.bfloat16().parameters()} == {torch.bfloat16}


@every_module
def test_meta_device_then_materialised(name):
    ours, _, x = pair(name)
    with torch.device("meta"):
        more = {"num_layers": 2, "bidirectional": True} if name in LAYERS else {}
        empty = type(ours)(I, H, **more)
    assert all(p.is_meta for p in empty.parameters())
    assert out(empty(x.to("meta"))).is_meta
    filled = empty.to_empty(device="cpu")
    filled.load_state_dict(ours.state_dict())
    assert torch.equal(out(filled(x)), out(ours(x)))
    lazy = copy.deepcopy(ours).to("meta")
    lazy.load_state_dict(ours.state_dict(), assign=True)
    assert torch.equal(out(lazy(x)), out(ours(x)))
    filled.reset_parameters()
    assert not torch.equal(out(filled(x)), out(ours(x)))


@every_module
def test_replicas_as_data_parallel_makes_them(name):
    """A replica has plain tensors, not parameters, put into its __dict__."""
    ours, _, x = pair(name)
    replica = ours._replicate_for_data_parallel()
    leaves = {k: p.detach().clone() for k, p in ours.named_parameters()}
    for key, leaf in leaves.items():
        setattr(replica, key, leaf.requires_grad_())
    y = out(replica(x))
    assert torch.equal(y, out(ours(x)))
    y.sum().backward()
    assert all(leaf.grad is not None for leaf in leaves.values())
    assert all(p.grad is None for p in ours.parameters())


@every_layer
def test_attributes_that_programs_read(name):
    ours, theirs, x = pair(name)
    assert ours._flat_weights_names == theirs._flat_weights_names
    flat = zip(ours._flat_weights, ours.parameters(), strict=True)
    assert all(a is b for a, b in flat)
    assert [len(w) for w in ours.all_weights] == [len(w) for w in theirs.all_weights]
    assert ours.all_weights[1][0] is ours.weight_ih_l0_reverse
    assert ours.flatten_parameters() is None
    assert isinstance(ours, nn.RNNBase)
    ours.weight_ih_l0 = nn.Parameter(torch.zeros_like(ours.weight_ih_l0))
    assert ours._flat_weights[0] is ours.weight_ih_l0
    assert ours.check_forward_args is not None
    assert ours.get_expected_hidden_size(x, None) == (4, B, H)
    assert ours.extra_repr() == theirs.extra_repr()


def wrong():
    """Yield what torch.nn refuses: input, state (h, or the pair), as a function."""
    z = torch.zeros
    yield "last axis", z(T, B, I + 1), None
    yield "axes", z(I), None
    yield "more axes", z(1, T, B, I), None
    yield "state rows", z(T, B, I), z(4, B + 1, H)
    yield "state layers", z(T, B, I), z(2, B, H)
    yield "state width", z(T, B, I), z(4, B, H + 1)
    yield "state axes", z(T, B, I), z(4, H)
    yield "unbatched state axes", z(T, I), z(4, B, H)
    yield "dtype", z(T, B, I, dtype=torch.float64), None


REFUSED = [pytest.param(x, state, id=what) for what, x, state in wrong()]


@pytest.mark.parametrize(("x", "state"), REFUSED)
@every_layer
def test_what_torch_refuses_is_refused_with_its_error(name, x, state):
    ours, theirs, _ = pair(name)
    hx = (state, state) if name == "LSTM" and state is not None else state
    with pytest.raises((RuntimeError, ValueError)) as expected:
        theirs(x, hx)
    with pytest.raises(expected.type):
        ours(x, hx)


@every_layer
def test_caching_parametrisations(name):
    ours, _, x = pair(name)
    parametrizations.orthogonal(ours, "weight_hh_l0")
    expected = out(ours(x))
    with parametrize.cached():
        assert torch.equal(out(ours(x)), expected)


@every_layer
def test_distributed_data_parallel(name, tmp_path):
    ours, theirs, x = pair(name)
    torch.distributed.init_process_group(
        "gloo", init_method=f"file://{tmp_path}/rendezvous", rank=0, world_size=1
    )
    try:
        grads = []
        for module in (ours, theirs):
            wrapped = nn.parallel.DistributedDataParallel(module)
            out(wrapped(x)).sum().backward()
            grads.append([p.grad for p in module.parameters()])
    finally:
        torch.distributed.destroy_process_group()
    for a, b in zip(*grads, strict=True):
        assert_close(a, b, summands=T * B * 4 * H, steps=2 * T)
