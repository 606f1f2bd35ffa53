"""The network of a language model: tokens in, one score for each next token out."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn.functional import cross_entropy, dropout, embedding, linear

from elman._arguments import whole_number
from elman._errors import InputError
from elman.cells import Cell
from elman.layers import CellLayer
from elman.models._encoders import ENCODERS, KINDS, check_encoder
from elman.models._recurrent import RecurrentEncoder

from ._sliding import slide

CONTEXT = 200
"""Tokens that an encoder without state reads at once, if nothing else is asked for."""


class LanguageNetwork(nn.Module):
    r"""Embedding, an encoder of what stands before, and scores of all tokens.

    .. math::

        h_{1..T}, s_T = \mathrm{encoder}(E_{x_{1..T}}, s_0), \qquad
        z_t = V\,P\,h_t + b

    with :math:`z_t` the scores (logits) of the token after :math:`x_t`. Tied, the
    rows of V are those of E (Press and Wolf 2017, arXiv:1608.05859), scaled down by
    :math:`\sqrt{W}`, and P brings :math:`h_t` to their width where it differs.

    The state s of recurrent layers is what they carry from token to token. A temporal
    convolution and a Transformer carry none: trained, they read each window by
    itself; else s is the tokens themselves, as many as `slide` keeps of them.

    The regularisation of recurrent layers is that of Merity, Keskar and Socher (2017,
    arXiv:1708.02182): each mask of dropout is drawn once for all steps of a window,
    tokens lose their embedding as a whole, and recurrent matrices lose single
    weights. The other encoders drop units inside, each step its own.

    Parameters
    ----------
    cell : str or Cell
        A name of `elman.cells`, or a cell; or "tcn" or "transformer".
    vocabulary, embedding_size, hidden_size, num_layers : int
        V, W, H, L.
    tied : bool
    dropout : float
        Share of the embedding's and the last layer's units that a row of the batch
        lacks over a window, and of the outputs between layers; of an encoder without
        state what it drops itself.
    embedding_dropout : float
        Share of the tokens that have no embedding in a window.
    state_dropout : float
        Share of the state's units that a row lacks over a window, in what its next
        step is made of.
    weight_dropout : float
        Share of the recurrent matrices' entries that are zero in a window.
    context : int
        Tokens that an encoder without state reads at once when it is not trained;
        recurrent layers have no use for it.

    Attributes
    ----------
    context : int or None
        The same; None of recurrent layers.

    Raises
    ------
    InputError
        There is no such encoder, or it has not what is to be dropped.
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
        context: int = CONTEXT,
    ) -> None:
        super().__init__()
        cell = check_encoder(cell)
        recurrent = cell not in KINDS
        whole_number("context", context, 2)
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
            "context": context,
        }
        self.context = None if recurrent else context
        self.drops = dropout if recurrent else 0.0
        self.drops_tokens = embedding_dropout
        self.drops_weights = weight_dropout
        self.embedding = nn.Embedding(vocabulary, embedding_size)
        if not recurrent:
            _refuse(cell, state_dropout=state_dropout, weight_dropout=weight_dropout)
        self.encoder = ENCODERS[cell](
            embedding_size,
            hidden_size,
            num_layers=num_layers,
            bidirectional=False,
            dropout=dropout,
            **({"recurrent_dropout": state_dropout} if recurrent else {}),
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
    def recurrent(self) -> nn.RNNBase | CellLayer | None:
        """The recurrent layers; None of an encoder without state."""
        encoder = self.encoder
        return encoder.stack if isinstance(encoder, RecurrentEncoder) else None

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
        if self.context is None:
            x = self._for_a_window(self._embedded(tokens))
            steps, state = self._run(x, state)
            steps = self._for_a_window(steps)
        elif self.training:
            steps, state = self._read(tokens), None
        else:
            steps, state = slide(self._read, tokens, state, self.context)
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
        found = embedding(tokens, weight)
        return found if self.scale == 1.0 else found * self.scale

    def _for_a_window(self, x: Tensor) -> Tensor:
        """Return (B, T, W) with some units of each row at zero in all steps."""
        if not self.training or not self.drops:
            return x
        return x * dropout(x.new_ones(len(x), 1, x.shape[-1]), self.drops)

    def _read(self, tokens: Tensor) -> Tensor:
        """Return one vector a token, of a text that begins with the first."""
        steps: Tensor = self.encoder(self._embedded(tokens)).steps
        return steps

    def _run(self, x: Tensor, state: Any) -> tuple[Tensor, Any]:
        if not self.training or not self.drops_weights:
            # Without the encoder's mask and summary, which cost each token written.
            found: tuple[Tensor, Any] = self.encoder.stack(x, state)
            return found
        weights = {
            name: dropout(weight, self.drops_weights)
            for name, weight in self._recurrent_weights().items()
        }
        encoded = functional_call(self.encoder, weights, (x, None, state))
        return encoded.steps, encoded.state

    def _recurrent_weights(self) -> dict[str, Tensor]:
        named = self.encoder.named_parameters()
        return {name: weight for name, weight in named if "weight_hh" in name}


def _refuse(cell: str | Cell, **shares: float) -> None:
    """Raise if something is to be dropped that recurrent layers alone have."""
    for name, share in shares.items():
        if share:
            lacks = "recurrent matrix" if name == "weight_dropout" else "state"
            raise InputError(
                f"{name}: a {KINDS[str(cell)]} has no {lacks}; leave it out, or use"
                " dropout"
            )


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
