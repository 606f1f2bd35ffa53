"""PyTorch's own module inputs, run on Elman's classes.

torch ships the inputs its module tests use, for every module of torch.nn, with a
reference where it has one. The checks are those of its own test of modules.
"""

import copy
import pickle

import pytest
import torch
from torch import nn
from torch.autograd import gradcheck, gradgradcheck
from torch.nn.utils.rnn import PackedSequence

import elman
from tolerance import assert_close

pytest.importorskip("expecttest", reason="torch's test helpers need expecttest")
from torch.testing._internal.common_modules import (
    ModuleErrorEnum,
    module_db,
)

TWINS = {
    nn.RNN: elman.RNN,
    nn.GRU: elman.GRU,
    nn.LSTM: elman.LSTM,
    nn.RNNCell: elman.RNNCell,
    nn.GRUCell: elman.GRUCell,
    nn.LSTMCell: elman.LSTMCell,
}
INFOS = [info for info in module_db if info.module_cls in TWINS]


def samples(info, dtype=torch.float64, training=True, requires_grad=False):
    return info.module_inputs_func(
        info,
        device="cpu",
        dtype=dtype,
        requires_grad=requires_grad,
        training=training,
    )


def every_sample():
    for info in INFOS:
        for index, sample in enumerate(samples(info)):
            made = sample.constructor_input
            words = [
                *map(str, made.args),
                *(f"{k}={v}" for k, v in made.kwargs.items()),
            ]
            name = f"{info.module_cls.__name__}-{index}-{','.join(words)}"
            yield pytest.param(info, index, id=name)


CASES = list(every_sample())


def build(info, index, dtype=torch.float64, training=True, requires_grad=False):
    """Return Elman's module, torch's with the same weights, and the arguments."""
    torch.manual_seed(index)
    sample = samples(info, dtype, training, requires_grad)[index]
    made, given = sample.constructor_input, sample.forward_input
    ours = TWINS[info.module_cls](*made.args, **made.kwargs).to(dtype).train(training)
    theirs = info.module_cls(*made.args, **made.kwargs).to(dtype).train(training)
    theirs.load_state_dict(ours.state_dict(), strict=True)
    return ours, theirs, given.args, given.kwargs, sample.reference_fn


def flat(value):
    """Return the tensors of a result, in order."""
    if isinstance(value, PackedSequence):
        return [value.data]
    if isinstance(value, torch.Tensor):
        return [value]
    return [] if value is None else [t for part in value for t in flat(part)]


def same(actual, expected, what=""):
    actual, expected = flat(actual), flat(expected)
    assert len(actual) == len(expected)
    for a, e in zip(actual, expected, strict=True):
        assert_close(a, e, summands=64, steps=10, what=what)


def test_every_recurrent_module_is_among_them():
    assert {info.module_cls for info in INFOS} == set(TWINS)


# What torch itself says of its float32 LSTM with a projection.
@pytest.mark.filterwarnings("ignore:LSTM with projections is not supported")
@pytest.mark.parametrize("training", [True, False], ids=["train", "eval"])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
@pytest.mark.parametrize(("info", "index"), CASES)
def test_forward_is_torchs_and_the_references(info, index, dtype, training):
    ours, theirs, args, kwargs, reference = build(info, index, dtype, training)
    result = ours(*args, **kwargs)
    same(result, theirs(*args, **kwargs))
    if reference is not None and not isinstance(args[0], PackedSequence):
        same(result, reference(ours, *args, **kwargs))


@pytest.mark.parametrize(("info", "index"), CASES)
def test_gradients_are_torchs(info, index):
    ours, theirs, args, kwargs, _ = build(info, index, requires_grad=True)
    grads = []
    for module in (ours, theirs):
        total = sum(t.square().sum() for t in flat(module(*args, **kwargs)))
        leaves = [*flat(args), *module.parameters()]
        grads.append(torch.autograd.grad(total, leaves))
    for a, e in zip(*grads, strict=True):
        assert_close(a, e, summands=64, steps=10)


@pytest.mark.parametrize("info", INFOS, ids=lambda i: i.module_cls.__name__)
def test_first_and_second_derivatives_by_differences(info):
    for index in (0, len(samples(info)) - 1):
        ours, _, args, kwargs, _ = build(info, index, requires_grad=True)
        leaves = [*flat(args), *ours.parameters()]

        def run(*_, ours=ours, args=args, kwargs=kwargs):
            return tuple(flat(ours(*args, **kwargs)))

        assert gradcheck(run, leaves, fast_mode=True)
        assert gradgradcheck(run, leaves, fast_mode=True)


@pytest.mark.parametrize(("info", "index"), CASES)
def test_copies_pickles_prints_and_state(info, index):
    ours, theirs, args, kwargs, _ = build(info, index)
    assert repr(ours) == repr(theirs)
    expected = flat(ours(*args, **kwargs))
    loaded = pickle.loads(pickle.dumps(ours))  # noqa: S301
    for twin in (copy.deepcopy(ours), loaded):
        assert type(twin) is type(ours)
        for a, e in zip(flat(twin(*args, **kwargs)), expected, strict=True):
            assert torch.equal(a, e)
    assert list(ours.state_dict()) == list(theirs.state_dict())
    sum(t.sum() for t in flat(ours(*args, **kwargs))).backward()
    assert all(p.grad is not None for p in ours.parameters())
    ours.zero_grad()
    assert all(p.grad is None for p in ours.parameters())


@pytest.mark.parametrize(("info", "index"), CASES)
def test_memory_that_is_not_contiguous(info, index):
    ours, _, args, kwargs, _ = build(info, index)
    expected = ours(*args, **kwargs)

    def spread(value):
        if isinstance(value, tuple) and not isinstance(value, PackedSequence):
            return tuple(map(spread, value))
        if not isinstance(value, torch.Tensor):
            return value
        return torch.stack([value, value + 1], -1)[..., 0]

    scattered = [spread(a) for a in args]
    if isinstance(args[0], torch.Tensor):
        assert not scattered[0].is_contiguous()
    same(ours(*scattered, **kwargs), expected)


@pytest.mark.parametrize("info", INFOS, ids=lambda i: i.module_cls.__name__)
def test_device_and_dtype_are_taken_when_built(info):
    for sample in samples(info):
        made = sample.constructor_input
        module = TWINS[info.module_cls](
            *made.args, **made.kwargs, device="meta", dtype=torch.float16
        )
        assert {p.device.type for p in module.parameters()} == {"meta"}
        assert {p.dtype for p in module.parameters()} == {torch.float16}
        module = module.to_empty(device="cpu")
        assert {p.device.type for p in module.parameters()} == {"cpu"}


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
@pytest.mark.parametrize("info", INFOS, ids=lambda i: i.module_cls.__name__)
def test_errors_are_of_torchs_type_and_say_what_torchs_say(info, dtype):
    assert info.module_error_inputs_func is not None
    for case in info.module_error_inputs_func(
        info, device="cpu", dtype=dtype, requires_grad=False, training=True
    ):
        made = case.module_error_input.constructor_input
        kind = TWINS[info.module_cls]
        if case.error_on == ModuleErrorEnum.CONSTRUCTION_ERROR:
            with pytest.raises(case.error_type, match=case.error_regex):
                kind(*made.args, **made.kwargs)
            continue
        given = case.module_error_input.forward_input
        module = kind(*made.args, **made.kwargs).to(dtype)
        with pytest.raises(case.error_type, match=case.error_regex):
            module(*given.args, **given.kwargs)
