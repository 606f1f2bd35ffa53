"""What is given to a layer and is no tensor, and packed batches in compiled models."""

import pytest
import torch
from torch import nn
from torch.nn.utils.rnn import (
    PackedSequence,
    pack_padded_sequence,
    pack_sequence,
    pad_packed_sequence,
)

import elman
from elman import InputError
from layer_pairs import layer_pair
from tolerance import assert_close

T, B, I, H = 5, 2, 3, 4
LAYERS = ["RNN", "GRU", "LSTM"]


class Like:
    """Acts as the tensor it holds, and is none."""

    def __init__(self, tensor):
        self.tensor = tensor

    @classmethod
    def __torch_function__(cls, function, types, args=(), kwargs=None):
        result = function(*bare(args), **bare(kwargs or {}))
        return wrapped(result)

    def __getattr__(self, name):
        value = getattr(self.tensor, name)
        if not callable(value):
            return value
        return lambda *args, **kwargs: wrapped(value(*args, **kwargs))


def bare(value):
    if isinstance(value, Like):
        return value.tensor
    if isinstance(value, dict):
        return {k: bare(v) for k, v in value.items()}
    if type(value) in (tuple, list):
        return type(value)(bare(v) for v in value)
    return value


def wrapped(value):
    if isinstance(value, torch.Tensor):
        return Like(value)
    if type(value) in (tuple, list):
        return type(value)(wrapped(v) for v in value)
    return value


def pair(name, **options):
    return layer_pair(name, I, H, **options)


def calls(name):
    """Return arguments in which something acts as a tensor, for a layer."""
    x, h = torch.randn(2, T, B, max(I, H), dtype=torch.float64)
    x, h = x[..., :I].contiguous(), h[:1, ..., :H].contiguous()
    state = (Like(h), Like(h)) if name == "LSTM" else Like(h)
    packed = PackedSequence(Like(x.reshape(-1, I)), torch.tensor([B] * T))
    return {
        "input": (Like(x),),
        "both": (Like(x), state),
        "state": (x, state),
        "packed": (packed,),
        "unbatched": (Like(x[:, 0]),),
    }


@pytest.mark.parametrize("what", ["input", "both", "state", "packed", "unbatched"])
@pytest.mark.parametrize("name", LAYERS)
def test_what_acts_as_a_tensor_goes_to_torchs_operators(name, what):
    torch.manual_seed(1)
    args = calls(name)[what]
    found = []
    for layer in pair(name):
        y = layer(*args)[0]
        y = y.data if isinstance(y, PackedSequence) else y
        assert type(y) is Like
        found.append(y.tensor)
    assert torch.equal(*found)


def test_torchs_operators_have_no_more_than_torch():
    x = Like(torch.randn(T, B, I))
    with pytest.raises(InputError, match="a Like, but torch has no lengths"):
        elman.GRU(I, H)(x, lengths=[5, 2])
    with pytest.raises(InputError, match=r"torch has no zoneout=0\.1"):
        elman.GRU(I, H, zoneout=0.1)(x)


class Ragged(nn.Module):
    def __init__(self, rnn):
        super().__init__()
        self.rnn = rnn
        self.head = nn.Linear(H * (1 + rnn.bidirectional), 2, dtype=torch.float64)

    def forward(self, x, lengths, in_order):
        packed = pack_padded_sequence(x, lengths, True, enforce_sorted=in_order)
        y, _ = self.rnn(packed)
        y, _ = pad_packed_sequence(y, True, total_length=x.shape[1])
        return self.head(y.relu())


@pytest.mark.skipif(
    tuple(map(int, torch.__version__.split(".")[:2])) < (2, 12),
    reason="this torch.compile cannot trace pad_packed_sequence; the guide says so",
)
# What torch's tracer reads of outputs that a break of the graph hands on.
@pytest.mark.filterwarnings("ignore:The .grad attribute of a Tensor")
@pytest.mark.parametrize(
    ("options", "dynamic"),
    [({}, None), ({"num_layers": 2, "bidirectional": True}, True)],
)
@pytest.mark.parametrize("name", LAYERS)
def test_a_compiled_model_may_pack_its_batches(name, options, dynamic):
    torch._dynamo.reset()
    ours, theirs = pair(name, batch_first=True, **options)
    models = [Ragged(ours), Ragged(theirs)]
    models[1].load_state_dict(models[0].state_dict())
    compiled = torch.compile(models[0], backend="eager", dynamic=dynamic)
    for steps, lengths, in_order in (
        (6, [2, 6, 1, 4], False),
        (9, [3, 9, 8], False),
        (5, [5, 2], True),
    ):
        x = torch.randn(len(lengths), steps, I, dtype=torch.float64)
        args = x, torch.tensor(lengths), in_order
        found = []
        for model, run in ((models[0], compiled), (models[1], models[1])):
            y = run(*args)
            grads = torch.autograd.grad(y.square().sum(), list(model.parameters()))
            found.append([y, *grads])
        for one, other in zip(*found, strict=True):
            assert_close(one, other, summands=16 * steps * len(lengths), steps=steps)
        with torch.no_grad():
            assert_close(compiled(*args), found[1][0], summands=64, steps=steps)


def test_a_compiled_layer_may_be_given_a_packed_batch():
    layer = elman.GRU(I, H)
    packed = pack_sequence([torch.randn(n, I) for n in (5, 3)])
    compiled = torch.compile(layer, backend="eager")
    assert torch.equal(compiled(packed)[0].data, layer(packed)[0].data)
