"""Several networks that write one translation together."""

from __future__ import annotations

import pytest
import torch

from elman.models.translation import END, START, Ensemble, TranslationNetwork, search
from lively_translator import LENGTHS, lively, sources


def another():
    """Return a network of other cells and sizes."""
    torch.manual_seed(5)
    net = TranslationNetwork("lstm", "gru", 11, 7, 6, 12, num_layers=2)
    with torch.no_grad():
        for parameter in net.parameters():
            parameter *= 3
    return net.double().eval()


def told(net, row, tokens):
    """Return the probability of each token after those before it, and of the end."""
    source = sources()[row : row + 1, : LENGTHS[row]]
    given = torch.tensor([[START, *tokens]])
    with torch.no_grad():
        chances = net(source, LENGTHS[row : row + 1], given)[0].softmax(-1)
    return chances[torch.arange(len(tokens) + 1), torch.tensor([*tokens, END])]


@pytest.mark.parametrize("beam", [1, 4])
def test_each_token_has_the_mean_of_the_probabilities(beam):
    nets = [lively(), another(), lively(input_feeding=True)]
    found = search(Ensemble(nets).eval(), sources(), LENGTHS, beam=beam, n_best=beam)
    ended = 0
    for row, hypotheses in enumerate(found):
        for one in hypotheses:
            torch.testing.assert_close(
                one.attention.sum(-1), torch.ones(len(one.tokens)).double()
            )
            if one.finished:
                ended += 1
                mean = torch.stack([told(net, row, one.tokens) for net in nets]).mean(0)
                assert one.log_prob == pytest.approx(float(mean.log().sum()), abs=1e-9)
    assert ended


def test_a_network_with_itself_says_what_it_says_alone():
    net = lively()
    alone = search(net, sources(), LENGTHS, beam=3)
    for (one,), (other,) in zip(
        alone, search(Ensemble([net, net]), sources(), LENGTHS, beam=3), strict=True
    ):
        assert other.tokens == one.tokens
        assert other.score == pytest.approx(one.score, abs=1e-10)
