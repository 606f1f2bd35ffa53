"""How a message names what it is about."""

import pytest

from elman._errors import with_article


@pytest.mark.parametrize(
    "text",
    [
        *("an RNN", "a GRU", "an LSTM", "an LRU", "a JANET", "a CoRNN", "an IndRNN"),
        *("a LayerNormGRU", "a MinGRU", "an SLSTM", "a PeepholeLSTM"),
    ],
)
def test_an_article_fits_the_name_as_it_is_read(text):
    assert with_article(text.split()[1]) == text
