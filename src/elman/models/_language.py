"""The network of a language model: tokens in, one score for each next token out."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn.functional import cross_entropy, dropout, embedding, linear

from elman._errors import InputError
from elman.cells import Cell
from elman.layers import CellLayer

from ._recurrent import RecurrentEncoder


class LanguageNetwork(nn.Module):
    r"""Embedding, recurrent layers, and scores of all tokens.

    .. math::

        h_{1..T}, s_T = \mathrm{cell}(E_{x_{1..T}}, s_0), \qquad
        z_t = V\,P\,h_t + b

    with :math:`z_t` the scores (logits) of the token after :math:`x_t`. Tied, the
    rows of V are those of E (Press and Wolf 2017, arXiv:1608.05859), scaled down by
    :math:`\sqrt{W}`, and P brings :math:`h_t` to their width where it differs.

    The regularisation is that of Merity, Keskar and Socher (2017,
    arXiv:1708.02182): each mask of dropout is drawn once for all steps of a window,
    tokens lose their embedding as a whole, and recurrent matrices lose single
    weights.

    Parameters
    ----------
    cell : str or Cell
        A name of `elman.cells`, or a cell.
    vocabulary, embedding_size, hidden_size, num_layers : int
        V, W, H, L.
    tied : bool
    dropout : float
        Share of the embedding's and the last layer's units that a row of the batch
        lacks over a window, and of the outputs between layers.
    embedding_dropout : float
        Share of the tokens that have no embedding in a window.
    state_dropout : float
        Share of the state's units that a row lacks over a window, in what its next
        step is made of.
    weight_dropout : float
        Share of the recurrent matrices' entries that are zero in a window.
    """

    def __init__(
        self,
        cell: str | Cell,
        vocabulary: int,
        embedding_size: int,
        hidden_size: int,
        *,
        num_layers: int = 1,
        tied: bool = False,
        dropout: float = 0.0,
        embedding_dropout: float = 0.0,
        state_dropout: float = 0.0,
        weight_dropout: float = 0.0,
    ) -> None:
        super().__init__()
        self._config = {
            "cell": cell,
            "vocabulary": vocabulary,
            "embedding_size": embedding_size,
            "hidden_size": hidden_size,
            "num_layers": num_layers,
            "tied": tied,
            "dropout": dropout,
            "embedding_dropout": embedding_dropout,
            "state_dropout": state_dropout,
            "weight_dropout": weight_dropout,
        }
        self.drops, self.drops_tokens = dropout, embedding_dropout
        self.drops_weights = weight_dropout
        self.embedding = nn.Embedding(vocabulary, embedding_size)
        self.encoder = RecurrentEncoder(
            cell,
            embedding_size,
            hidden_size,
            num_layers=num_layers,
            bidirectional=False,
            dropout=dropout,
            recurrent_dropout=state_dropout,
        )
        # Tied, E has the scale of a head, and what the layers read that of units.
        self.scale = math.sqrt(embedding_size) if tied else 1.0
        if tied:
            nn.init.normal_(self.embedding.weight, std=1 / self.scale)
        narrows = tied and hidden_size != embedding_size
        self.narrow = (
            nn.Linear(hidden_size, embedding_size, bias=False) if narrows else None
        )
        # Tied, there is one matrix, by one name.
        self.head = None if tied else nn.Linear(hidden_size, vocabulary)
        self.bias = nn.Parameter(torch.zeros(vocabulary)) if tied else None
        if weight_dropout and not self._recurrent_weights():
            raise InputError(
                f"weight_dropout: the cell {cell!s} has no recurrent matrix; leave it"
                " out, or use dropout"
            )

    @property
    def vocabulary(self) -> int:
        """V."""
        return self.embedding.num_embeddings

    @property
    def recurrent(self) -> nn.RNNBase | CellLayer:
        """The recurrent layers."""
        return self.encoder.stack

    def config(self) -> dict[str, Any]:
        """Return the constructor's arguments as plain values."""
        return dict(self._config)

    def forward(self, tokens: Tensor, state: Any = None) -> tuple[Tensor, Any]:
        """Return the scores of what follows each token (B, T, V), and the state.

        Parameters
        ----------
        tokens : Tensor
            int64 (B, T).
        state : Any
            That after the tokens before; None at the start of a text.
        """
        x = self._for_a_window(self._embedded(tokens))
        steps, state = self._run(x, state)
        steps = self._for_a_window(steps)
        if self.narrow is not None:
            steps = self.narrow(steps)
        if self.head is not None:
            return self.head(steps), state
        return linear(steps, self.embedding.weight, self.bias), state

    def _embedded(self, tokens: Tensor) -> Tensor:
        weight = self.embedding.weight
        if self.training and self.drops_tokens:
            kept = weight.new_ones(len(weight), 1)
            weight = weight * dropout(kept, self.drops_tokens)
        return embedding(tokens, weight) * self.scale

    def _for_a_window(self, x: Tensor) -> Tensor:
        """Return (B, T, W) with some units of each row at zero in all steps."""
        if not self.training or not self.drops:
            return x
        return x * dropout(x.new_ones(len(x), 1, x.shape[-1]), self.drops)

    def _run(self, x: Tensor, state: Any) -> tuple[Tensor, Any]:
        if not self.training or not self.drops_weights:
            encoded = self.encoder(x, None, state)
            return encoded.steps, encoded.state
        weights = {
            name: dropout(weight, self.drops_weights)
            for name, weight in self._recurrent_weights().items()
        }
        encoded = functional_call(self.encoder, weights, (x, None, state))
        return encoded.steps, encoded.state

    def _recurrent_weights(self) -> dict[str, Tensor]:
        named = self.encoder.named_parameters()
        return {name: weight for name, weight in named if "weight_hh" in name}


def language_loss(output: Tensor, target: Tensor) -> Tensor:
    """Return the mean cross-entropy in nats.

    Parameters
    ----------
    output : Tensor
        (B, T, V): scores.
    target : Tensor
        int64 (B, T): tokens.
    """
    return cross_entropy(output.flatten(0, -2), target.flatten())
