"""A list of weights given to a layer is computed with exactly when torch's does so."""

import copy
import pickle

import pytest
import torch
from torch import nn
from torch.func import functional_call

import elman
from layer_pairs import layer_pair
from tolerance import assert_close

T, B, I, H = 5, 2, 3, 4
every = pytest.mark.parametrize("name", ["RNN", "GRU", "LSTM"])
OPTIONS = ({}, {"num_layers": 2, "bidirectional": True}, {"bias": False})


def pair(name, **options):
    return layer_pair(name, I, H, **options)


def outputs(layer):
    """Return what a layer puts out with gradients and, twice, without."""
    x = torch.randn(T, B, I, dtype=torch.float64, generator=torch.manual_seed(1))
    found = [layer(x)[0]]
    with torch.no_grad():
        found += [layer(x)[0], layer(x)[0]]
    return torch.stack(found)


def assigned(layer):
    layer._flat_weights = [w * 2 for w in layer._flat_weights]


def one_item(layer):
    layer._flat_weights[1] = layer._flat_weights[1] * 0


def held_by_the_program(layer):
    flat = layer._flat_weights
    outputs(layer)
    flat[1] = flat[1] * 0


def one_weight_for_its_parameter(layer):
    raw = layer._parameters.pop("weight_hh_l0")
    layer.register_parameter("weight_hh_l0_raw", raw)
    layer.weight_hh_l0 = raw * 0.3


def deleted_and_set(layer):
    weight = layer.weight_hh_l0.detach()
    del layer.weight_hh_l0
    layer.weight_hh_l0 = weight * 0.3


def all_deleted(layer):
    flat = [p.detach() * 0.3 for p in layer.parameters()]
    layer._parameters.clear()
    layer._flat_weights = flat


def then_a_new_parameter(layer):
    assigned(layer)
    layer.weight_hh_l0 = nn.Parameter(layer.weight_hh_l0.detach() * 0.5)


def then_moved(layer):
    assigned(layer)
    layer.to(torch.float32).to(torch.float64)


def then_loaded(layer):
    assigned(layer)
    layer.load_state_dict({k: v * 0.1 for k, v in layer.state_dict().items()})


def then_flattened(layer):
    assigned(layer)
    layer.flatten_parameters()


def then_called_with_others(layer):
    assigned(layer)
    half = {k: v.detach() / 2 for k, v in layer.named_parameters()}
    functional_call(layer, half, (torch.zeros(T, B, I, dtype=torch.float64),))


def then_called_with_others_and_looked_at(layer):
    then_called_with_others(layer)
    assert len(layer._flat_weights) == len(layer._flat_weights_names)


CHANGES = (
    assigned,
    one_item,
    held_by_the_program,
    one_weight_for_its_parameter,
    deleted_and_set,
    all_deleted,
    then_a_new_parameter,
    then_moved,
    then_loaded,
    then_flattened,
    then_called_with_others,
    then_called_with_others_and_looked_at,
)


@pytest.mark.parametrize("called_before", [False, True])
@pytest.mark.parametrize("change", CHANGES)
@every
def test_a_change_has_torchs_effect(name, change, called_before):
    for options in OPTIONS:
        found = []
        for layer in pair(name, **options):
            if called_before:
                outputs(layer)
            change(layer)
            found.append(outputs(layer))
        assert_close(*found, summands=4 * (I + H), steps=T)


@every
def test_gradients_reach_what_the_list_was_made_of(name):
    found = []
    for layer in pair(name):
        assigned(layer)
        outputs(layer).sum().backward()
        found.append([p.grad for p in layer.parameters()])
    for one, other in zip(*found, strict=True):
        assert_close(one, other, summands=4 * T * B * H, steps=T)


@every
def test_projections_and_traces_read_the_list(name):
    layer, theirs = pair("LSTM", proj_size=2) if name == "LSTM" else pair(name)
    assigned(layer)
    assigned(theirs)
    x = torch.randn(T, B, I, dtype=torch.float64)
    assert_close(layer.trace(x)[0], theirs(x)[0], summands=4 * (I + H), steps=T)


@every
@pytest.mark.parametrize(
    "copied",
    [copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))],  # noqa: S301
)
def test_copies_compute_with_what_torchs_compute_with(name, copied):
    found = []
    for layer in pair(name):
        layer._flat_weights = [w.detach() * 2 for w in layer._flat_weights]
        found.append(outputs(copied(layer)))
    assert_close(*found, summands=4 * (I + H), steps=T)


@every
def test_a_list_stays_through_a_change_of_class_and_back(name):
    _, theirs = pair(name)
    assigned(theirs)
    expected, own = outputs(theirs), theirs.__dict__.keys()
    elman.accelerate(theirs)
    assert_close(outputs(theirs), expected, summands=4 * (I + H), steps=T)
    elman.restore(theirs)
    assert_close(outputs(theirs), expected, summands=4 * (I + H), steps=T)
    assert theirs.__dict__.keys() == own


@every
def test_a_replica_has_its_weights_in_the_list_alone(name):
    found = [layer._replicate_for_data_parallel() for layer in pair(name)]
    assert not found[0]._parameters
    assert_close(*map(outputs, found), summands=4 * (I + H), steps=T)


@every
def test_a_functional_call_leaves_no_weights_behind(name):
    ours, theirs = pair(name)
    x = torch.randn(T, B, I, dtype=torch.float64)
    half = {k: v.detach() / 2 for k, v in ours.named_parameters()}
    found = [functional_call(m, half, (x,))[0] for m in (ours, theirs)]
    assert_close(*found, summands=4 * (I + H), steps=T)
    assert_close(outputs(ours), outputs(theirs), summands=4 * (I + H), steps=T)


# What torch's tracer reads of weights that a break of the graph hands on, until 2.12.
@pytest.mark.filterwarnings("ignore:The .grad attribute of a Tensor")
@every
def test_a_compiled_model_reads_a_list_made_within_it(name):
    class Halved(nn.Module):
        def __init__(self):
            super().__init__()
            self.rnn, _ = pair(name)

        def forward(self, x):
            self.rnn._flat_weights = [p * 0.5 for p in self.rnn.parameters()]
            return self.rnn(x)[0]

    x = torch.randn(T, B, I, dtype=torch.float64)
    model = Halved()
    expected = model(x)
    actual = torch.compile(Halved(), backend="eager")(x)
    assert_close(actual, expected, summands=4 * (I + H), steps=T)
    whole, theirs = pair(name)
    compiled = torch.compile(whole, backend="eager")
    compiled(x)
    for layer in (whole, theirs):
        layer._flat_weights = [p.detach() * 2 for p in layer.parameters()]
    assert_close(compiled(x)[0], theirs(x)[0], summands=4 * (I + H), steps=T)
