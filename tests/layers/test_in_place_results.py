"""Results are tensors of their own: cut from their graph in place, as programs do."""

import itertools

import pytest
import torch
from torch import nn
from torch.nn.utils.rnn import PackedSequence, pack_padded_sequence

import elman
from tolerance import assert_close

T, B, I, H = 5, 3, 4, 6
every = pytest.mark.parametrize("name", ["RNN", "GRU", "LSTM"])
FORMS = ("dense", "strided", "batch_first", "unbatched", "packed", "expanded state")
SHAPES = tuple(itertools.product((1, 2), (False, True)))


def called(layer, form):
    """Return outputs and states of a layer called twice, the second time as one list.

    Without gradients the second call may go a shorter way than the first.
    """
    torch.manual_seed(1)
    x, hx = torch.randn(T, B, I, dtype=torch.float64), None
    if form == "strided":
        x = torch.randn(B, T, I, dtype=torch.float64).transpose(0, 1)
    elif form == "batch_first":
        x = x.transpose(0, 1).contiguous()
    elif form == "unbatched":
        x = x[:, 0].contiguous()
    elif form == "packed":
        x = pack_padded_sequence(x, torch.tensor([4, 5, 1]), enforce_sorted=False)
    elif form == "expanded state":
        h = torch.ones(1, 1, H, dtype=torch.float64)
        h = h.expand(layer.num_layers * (1 + layer.bidirectional), B, H)
        hx = (h, h) if layer.mode == "LSTM" else h
    layer(x, hx)
    y, state = layer(x, hx)
    y = y.data if isinstance(y, PackedSequence) else y
    return [y, *(state if isinstance(state, tuple) else (state,))]


@pytest.mark.parametrize("grad", [True, False])
@pytest.mark.parametrize("form", FORMS)
@every
def test_every_result_is_cut_from_its_graph_in_place(name, form, grad):
    for layers, both in SHAPES:
        layer = getattr(elman, name)(
            I,
            H,
            layers,
            bidirectional=both,
            batch_first=form == "batch_first",
            dtype=torch.float64,
        )
        theirs = getattr(nn, name)(
            I,
            H,
            layers,
            bidirectional=both,
            batch_first=form == "batch_first",
            dtype=torch.float64,
        )
        theirs.load_state_dict(layer.state_dict())
        with torch.set_grad_enabled(grad):
            results, expected = called(layer, form), called(theirs, form)
        for result, other in zip(results, expected, strict=True):
            assert result.shape == other.shape
            assert result.requires_grad == grad
            assert result.detach_() is result
            assert not result.requires_grad
            assert_close(result, other.detach(), summands=layers * (I + H), steps=T)


@every
def test_states_with_the_batch_first_are_the_callers_too(name):
    layer = getattr(elman, name)(I, H, 2, state_batch_first=True)
    for result in parts_of(layer(torch.randn(T, B, I))):
        result.detach_()


def parts_of(result):
    y, state = result
    return [y, *(state if isinstance(state, tuple) else (state,))]


@every
@pytest.mark.parametrize("batch_first", [False, True])
def test_truncated_backpropagation_with_states_cut_in_place(name, batch_first):
    """Chunks of a stream, the state cut between them, outputs changed in place."""
    torch.manual_seed(0)
    ours = getattr(elman, name)(I, H, batch_first=batch_first, dtype=torch.float64)
    theirs = getattr(nn, name)(I, H, batch_first=batch_first, dtype=torch.float64)
    theirs.load_state_dict(ours.state_dict())
    chunks = torch.randn(4, B, T, I, dtype=torch.float64)
    if not batch_first:
        chunks = chunks.transpose(1, 2)
    done = torch.tensor([True, False, False])
    losses = []
    for layer, in_place in ((ours, True), (theirs, False)):
        optimiser = torch.optim.SGD(layer.parameters(), 0.1)
        state, found = None, []
        for x in chunks:
            y, state = layer(x, state)
            y = y.mul_(2.0) if in_place else y * 2.0
            loss = y.square().mean()
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            found.append(loss.detach())
            states = state if isinstance(state, tuple) else (state,)
            if in_place:
                for s in states:
                    s.detach_()
                    s[:, done] = 0
            else:
                states = tuple(
                    torch.where(done[:, None], 0.0, s.detach()) for s in states
                )
                state = states if name == "LSTM" else states[0]
        losses.append(torch.stack(found))
    assert_close(*losses, summands=8 * T * B * H, steps=4 * T)


@every
def test_turning_outputs_does_not_count_as_a_change_of_them(name):
    """A change would make backward run forward again."""
    y, _ = getattr(elman, name)(I, H, batch_first=True)(torch.randn(B, T, I))
    assert y._version == 0
    assert not y._is_view()


@every
def test_a_trace_keeps_its_own_axes(name):
    layer = getattr(elman, name)(I, H, batch_first=True)
    y, _, seen = layer.trace(torch.randn(B, T, I))
    assert y.shape == (B, T, H)
    assert seen[0][0]["h"].shape == (T, B, H)
    assert torch.equal(seen[0][0]["h"].transpose(0, 1), y)
