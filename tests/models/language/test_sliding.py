"""Encoders without state: what each token is read with, however a text comes."""

from __future__ import annotations

import pytest
import torch

from elman import InputError
from elman.models import LanguageNetwork
from elman.models.language._sliding import slide

SIZES = {"vocabulary": 7, "embedding_size": 6, "hidden_size": 8, "num_layers": 2}
TOKENS = torch.randint(0, 7, (3, 23), generator=torch.Generator().manual_seed(0))


def network(encoder, **options):
    torch.manual_seed(0)
    return LanguageNetwork(encoder, **SIZES, **options)


@pytest.mark.parametrize("most", [2, 3, 8, 9, 40])
def test_every_token_is_read_with_what_is_promised(most):
    tokens = torch.arange(1, 24)[None]

    def first_and_count(window):
        count = torch.arange(1, window.shape[1] + 1)
        return torch.stack([window[:, :1].expand_as(window), count[None]], -1)

    found, window = slide(first_and_count, tokens, None, most)
    begin, count = found[0].T
    assert torch.equal(begin + count - 1, tokens[0])  # it is the window's last
    assert int(count.max()) <= most
    later = count[most:]
    assert not len(later) or int(later.min()) >= most // 2 + 1
    assert torch.equal(window[0], tokens[:, int(begin[-1]) - 1 :])
    # The same in pieces of any length.
    parts, state = [], None
    for piece in tokens.split([1, 1, 5, 9, 2, 5], 1):
        part, state = slide(first_and_count, piece, state, most)
        parts.append(part)
    assert torch.equal(torch.cat(parts, 1), found)
    assert torch.equal(state, window)


@pytest.mark.parametrize("encoder", ["tcn", "transformer"])
def test_a_text_in_pieces_has_the_same_scores(encoder):
    model = network(encoder, context=8, dropout=0.3).eval()
    whole, end = model(TOKENS)
    state, parts = None, []
    for piece in TOKENS.split([3, 1, 12, 7], 1):
        part, state = model(piece, state)
        parts.append(part)
    torch.testing.assert_close(torch.cat(parts, 1), whole)
    assert torch.equal(state, end)
    # The sixteenth token is read with the twelve before it that begin the window.
    alone, _ = network(encoder, context=40).eval()(TOKENS[:, 12:20])
    torch.testing.assert_close(whole[:, 16:20], alone[:, 4:])


@pytest.mark.parametrize("encoder", ["tcn", "transformer"])
def test_nothing_sees_what_follows(encoder):
    model = network(encoder, context=40).eval()
    other = TOKENS.clone()
    other[:, 9:] = (other[:, 9:] + 1) % 7
    ours, theirs = model(TOKENS)[0], model(other)[0]
    torch.testing.assert_close(ours[:, :9], theirs[:, :9])
    assert not torch.allclose(ours[:, 9], theirs[:, 9])


@pytest.mark.parametrize("encoder", ["tcn", "transformer"])
def test_in_training_each_window_stands_alone(encoder):
    model = network(encoder, context=8, tied=True).train()
    scores, state = model(TOKENS)
    assert scores.shape == (3, 23, 7)
    assert state is None
    longer = network(encoder, context=40, tied=True).eval()
    torch.testing.assert_close(scores, longer(TOKENS)[0])
    again = LanguageNetwork(**model.config())
    again.load_state_dict(model.state_dict())
    assert again.context == 8
    assert again.recurrent is None


def test_tokens_are_dropped_and_units_inside_alone():
    model = network("transformer", embedding_dropout=0.5).train()
    found = model._embedded(TOKENS)
    gone = found.eq(0).all(-1)
    assert torch.equal(gone, found.eq(0).any(-1))
    assert 0 < gone.float().mean() < 1
    model = network("tcn", dropout=0.5).train()
    assert torch.equal(model._for_a_window(found), found)
    assert not torch.equal(model(TOKENS)[0], model(TOKENS)[0])


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"weight_dropout": 0.1}, "weight_dropout: a Transformer has no recurrent m"),
        ({"state_dropout": 0.1}, "state_dropout: a Transformer has no state; leave"),
        ({"context": 1}, "context must be at least 2"),
    ],
)
def test_what_cannot_be_asked_for(options, words):
    with pytest.raises(InputError, match=words):
        network("transformer", **options)
