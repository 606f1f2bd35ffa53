"""The network of a translator: a source read, a target written token by token."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import linear

from elman._errors import InputError
from elman.cells import Cell
from elman.models._cells import check_cell
from elman.models._encoders import ENCODERS, check_encoder

from ._decoder import Decoder
from ._embedding import Dropout, Embedding, TokenDropout
from ._loss import linear_loss
from ._memory import Memory, State
from ._special import PAD


class TranslationNetwork(nn.Module):
    r"""Encoder, attention and decoder.

    .. math::

        h_{1..S} = \mathrm{encoder}(E^x_{x_{1..S}}), \qquad
        o_{1..U} = \mathrm{decoder}(E^y_{y_{1..U}}, h), \qquad
        z_u = V o_u + b

    with :math:`z_u` the scores (logits) of the token after :math:`y_u`; see `Decoder`,
    whose first states are made of the mean of h. Tied, the rows of V are those of
    :math:`E^y` (Press and Wolf 2017, arXiv:1608.05859).

    Parameters
    ----------
    cell : str or Cell
        Of the decoder: a name of `elman.cells`, or a cell.
    encoder : str or Cell
        A name of `ENCODERS`, or a cell; where it can it reads both ways.
    source_vocabulary, target_vocabulary, embedding_size, hidden_size : int
        Tokens of each side, E, H.
    num_layers : int
        Of the decoder behind the attention; before it there is one.
    encoder_layers : int
    encoder_size : int or None
        H of the encoder, in each direction; None: that of the decoder.
    shared : bool
        One embedding for both sides, of one vocabulary.
    tied : bool
    heads : int
        Of the attention.
    token_dropout : float
        Share of the tokens whose whole vector is left out, on both sides.
    embedding_dropout : float
        Share of the units of each token's vector that are left out, on both sides.
    dropout : float
        The same of what the encoder gives, and of the outputs between layers.
    output_dropout : float
        The same of o.
    variational : bool
        Whether a sentence lacks the same units in all its steps, else others in each.
    input_feeding : bool
        Whether each o is an input of the next step: a loop in training.
    """

    def __init__(
        self,
        cell: str | Cell,
        encoder: str | Cell,
        source_vocabulary: int,
        target_vocabulary: int,
        embedding_size: int,
        hidden_size: int,
        *,
        num_layers: int = 1,
        encoder_layers: int = 1,
        encoder_size: int | None = None,
        shared: bool = False,
        tied: bool = True,
        heads: int = 1,
        token_dropout: float = 0.0,
        embedding_dropout: float = 0.0,
        dropout: float = 0.0,
        output_dropout: float = 0.0,
        variational: bool = False,
        input_feeding: bool = False,
    ) -> None:
        super().__init__()
        if shared and source_vocabulary != target_vocabulary:
            raise InputError(
                "shared: one embedding needs one vocabulary for both sides, got"
                f" {source_vocabulary} and {target_vocabulary} tokens"
            )
        self._config = {
            "cell": check_cell(cell),
            "encoder": check_encoder(encoder, "encoder"),
            "source_vocabulary": source_vocabulary,
            "target_vocabulary": target_vocabulary,
            "embedding_size": embedding_size,
            "hidden_size": hidden_size,
            "num_layers": num_layers,
            "encoder_layers": encoder_layers,
            "encoder_size": encoder_size,
            "shared": shared,
            "tied": tied,
            "heads": heads,
            "token_dropout": token_dropout,
            "embedding_dropout": embedding_dropout,
            "dropout": dropout,
            "output_dropout": output_dropout,
            "variational": variational,
            "input_feeding": input_feeding,
        }
        self.lose_tokens = TokenDropout(token_dropout)
        self.thin_tokens = Dropout(embedding_dropout, variational)
        self.thin_steps = Dropout(dropout, variational)
        self.thin_output = Dropout(output_dropout, variational)
        self.target = Embedding(target_vocabulary, embedding_size)
        # Shared, there is one matrix, by one name.
        self.source = None if shared else Embedding(source_vocabulary, embedding_size)
        self.encoder = ENCODERS[encoder](
            embedding_size,
            hidden_size if encoder_size is None else encoder_size,
            num_layers=encoder_layers,
            bidirectional=True,
            dropout=dropout,
        )
        self.decoder = Decoder(
            cell,
            embedding_size,
            hidden_size,
            self.encoder.width,
            num_layers=num_layers,
            dropout=dropout,
            heads=heads,
            input_feeding=input_feeding,
        )
        self.head = None if tied else Embedding(target_vocabulary, embedding_size)
        self.bias = nn.Parameter(torch.zeros(target_vocabulary))

    def config(self) -> dict[str, Any]:
        """Return the constructor's arguments as plain values."""
        return dict(self._config)

    def forward(
        self,
        source: Tensor,
        source_lengths: Tensor | None,
        target: Tensor,
        answer: Tensor | None = None,
        smoothing: float = 0.0,
    ) -> Tensor:
        """Return the scores of what follows each token of the target, (B, U, V).

        Parameters
        ----------
        source : Tensor
            int64 (B, S).
        source_lengths : Tensor or None
            int64 (B,), each 1 to S; None: all of S.
        target : Tensor
            int64 (B, U), beginning with START.
        answer : Tensor or None
            int64 (B, U), what follows each token, PAD beyond the end: the loss is
            returned instead, the mean over what is no PAD. That is what to train
            with: most of the time goes into scores, and all would be gone over
            several times.
        smoothing : float
            Of the loss; see `translation_loss`.
        """
        memory = self.encode(source, source_lengths)
        o, _, _ = self.decoder(self._written(target), memory.state, memory)
        o = self.thin_output(o)
        if answer is None:
            return self._scores(o)
        told = answer != PAD
        return linear_loss(o[told], *self._head(), answer[told], smoothing)

    def encode(self, source: Tensor, source_lengths: Tensor | None = None) -> Memory:
        """Return what the decoder needs of each source.

        Parameters
        ----------
        source, source_lengths
            As for a call.
        """
        embed = self.target if self.source is None else self.source
        x = self.thin_tokens(self.lose_tokens(embed(source)))
        found = self.encoder(x, source_lengths)
        steps = self.thin_steps(found.steps)
        # Steps are zero on padding, so the sum may run over it.
        summary = steps.sum(1) / found.mask.sum(1, keepdim=True)
        return self.decoder.remember(steps, found.mask, summary)

    def step(
        self, tokens: Tensor, state: State, memory: Memory
    ) -> tuple[Tensor, Tensor, State]:
        """Return the scores of the next token (R, V), the attention (R, S), the state.

        Parameters
        ----------
        tokens : Tensor
            int64 (R,): the last of each row; R a multiple of B, with the rows of a
            sentence side by side.
        state : State
            R rows; at the start ``memory.state``.
        memory : Memory
            Of B sentences.
        """
        o, seen, state = self.decoder(self._written(tokens[:, None]), state, memory)
        return self._scores(o[:, 0]), seen[:, 0], state

    def _written(self, target: Tensor) -> Tensor:
        x: Tensor = self.thin_tokens(self.lose_tokens(self.target(target)))
        return x

    def _scores(self, o: Tensor) -> Tensor:
        return linear(o, *self._head())

    def _head(self) -> tuple[Tensor, Tensor]:
        """Return V and b."""
        table = self.target if self.head is None else self.head
        return table.weight, self.bias
