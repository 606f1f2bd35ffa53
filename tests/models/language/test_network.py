"""The network of a language model: its state, its masks, its one matrix."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from elman import InputError, cells
from elman.models import LanguageNetwork, language_loss

SIZES = {"vocabulary": 7, "embedding_size": 6, "hidden_size": 5}
TOKENS = torch.randint(0, 7, (3, 8), generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("cell", ["gru", "lstm", "mingru", "peephole_lstm"])
def test_a_state_goes_on_from_any_step(cell):
    assert cell in cells.names()
    network = LanguageNetwork(cell, **SIZES, num_layers=2).eval()
    whole, end = network(TOKENS)
    first, state = network(TOKENS[:, :3])
    second, later = network(TOKENS[:, 3:], state)
    torch.testing.assert_close(torch.cat([first, second], 1), whole)
    torch.testing.assert_close(later, end)


def test_nothing_sees_what_follows():
    network = LanguageNetwork("gru", **SIZES).eval()
    other = TOKENS.clone()
    other[:, 5:] = (other[:, 5:] + 1) % 7
    ours, theirs = network(TOKENS)[0], network(other)[0]
    torch.testing.assert_close(ours[:, :5], theirs[:, :5])
    assert not torch.allclose(ours[:, 5], theirs[:, 5])


def test_tied_there_is_one_matrix():
    tied = LanguageNetwork("gru", **SIZES, tied=True)
    apart = LanguageNetwork("gru", **SIZES)
    names = [name for name, _ in tied.named_parameters()]
    assert not any(name.startswith("head") for name in names)
    assert "narrow.weight" in names  # from 5 units to 6 numbers
    assert tied(TOKENS)[0].shape == apart(TOKENS)[0].shape == (3, 8, 7)
    same = LanguageNetwork("gru", 7, 5, 5, tied=True)
    assert same.narrow is None


def test_masks_hold_for_a_window():
    network = LanguageNetwork("gru", 7, 40, 5, dropout=0.5).train()
    seen = network._for_a_window(torch.ones(3, 8, 40))
    assert torch.equal(seen, seen[:, :1].expand_as(seen))
    assert set(seen.unique().tolist()) == {0.0, 2.0}
    assert not torch.equal(seen[0], seen[1])


def test_tokens_are_dropped_as_a_whole():
    network = LanguageNetwork("gru", **SIZES, embedding_dropout=0.5).train()
    found = network._embedded(TOKENS)
    gone = found.eq(0).all(-1)
    assert torch.equal(gone, found.eq(0).any(-1))
    assert 0 < gone.float().mean() < 1
    for token in range(7):
        assert gone[token == TOKENS].unique().numel() == 1


def test_recurrent_weights_are_dropped_one_by_one():
    torch.manual_seed(0)
    network = LanguageNetwork("lstm", 7, 6, 32, weight_dropout=0.5).train()
    before = {k: v.clone() for k, v in network.state_dict().items()}
    language_loss(network(TOKENS)[0], TOKENS).backward()
    gradient = network.encoder.stack.weight_hh_l0.grad
    assert 0.4 < gradient.eq(0).float().mean() < 0.6
    assert not network.encoder.stack.weight_ih_l0.grad.eq(0).any()
    assert all(torch.equal(before[k], v) for k, v in network.state_dict().items())


def test_nothing_is_dropped_when_it_is_judged():
    options = dict.fromkeys(("dropout", "embedding_dropout", "state_dropout"), 0.5)
    network = LanguageNetwork("gru", **SIZES, **options, weight_dropout=0.5).eval()
    assert torch.equal(network(TOKENS)[0], network(TOKENS)[0])
    again = LanguageNetwork(**network.config())
    again.load_state_dict(network.state_dict())
    assert torch.equal(again.eval()(TOKENS)[0], network(TOKENS)[0])


def test_without_a_recurrent_matrix_none_of_its_weights_can_be_dropped():
    with pytest.raises(InputError, match="weight_dropout: the cell mingru has no"):
        LanguageNetwork("mingru", **SIZES, weight_dropout=0.1)


def test_the_loss_is_the_mean_over_all_tokens():
    scores = torch.randn(3, 8, 7)
    expected = nn.CrossEntropyLoss()(scores.reshape(24, 7), TOKENS.reshape(24))
    assert torch.equal(language_loss(scores, TOKENS), expected)
