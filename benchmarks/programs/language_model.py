"""A word-level language model: what PyTorch's example of that name does, written anew.

Embedding, recurrent layers with dropout, a linear decoder to the vocabulary; batches
of running text cut into pieces, the state going on detached from piece to piece,
gradients clipped, plain steps of gradient descent whose length is quartered when the
validation loss does not fall.
"""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import GRU, LSTM, RNN


class Corpus:
    """A text's words by number, every line ending with one of its own."""

    def __init__(self, lines: list[str]) -> None:
        self.numbers: dict[str, int] = {}
        words = [w for line in lines for w in (*line.split(), "<eos>")]
        self.words = torch.tensor(
            [self.numbers.setdefault(w, len(self.numbers)) for w in words]
        )

    def batches(self, start: float, stop: float, rows: int) -> Tensor:
        """Return a share of the text as (steps, rows), one stretch a row."""
        count = len(self.words)
        words = self.words[int(start * count) : int(stop * count)]
        steps = len(words) // rows
        return words[: steps * rows].view(rows, steps).t().contiguous()


class Model(nn.Module):
    """Embedding, recurrent layers, decoder."""

    def __init__(self, kind: str, words: int, width: int, layers: int, p: float):
        super().__init__()
        self.kind, self.width, self.layers = kind, width, layers
        self.dropout = nn.Dropout(p)
        self.encoder = nn.Embedding(words, width)
        if kind in ("LSTM", "GRU"):
            self.rnn = {"LSTM": LSTM, "GRU": GRU}[kind](width, width, layers, dropout=p)
        else:
            nonlinearity = {"RNN_TANH": "tanh", "RNN_RELU": "relu"}[kind]
            self.rnn = RNN(width, width, layers, nonlinearity=nonlinearity, dropout=p)
        self.decoder = nn.Linear(width, words)
        for weight in (self.encoder.weight, self.decoder.weight):
            nn.init.uniform_(weight, -0.1, 0.1)
        nn.init.zeros_(self.decoder.bias)

    def forward(self, words: Tensor, state: Any) -> tuple[Tensor, Any]:
        """Return the scores of every next word, and the state."""
        y, state = self.rnn(self.dropout(self.encoder(words)), state)
        return self.decoder(self.dropout(y)).flatten(0, 1), state

    def first_state(self, rows: int) -> Any:
        """Return zeros, for an LSTM twice."""
        zeros = next(self.parameters()).new_zeros(self.layers, rows, self.width)
        return (zeros, zeros.clone()) if self.kind == "LSTM" else zeros


def detached(state: Any) -> Any:
    if isinstance(state, Tensor):
        return state.detach()
    return tuple(detached(s) for s in state)


def pieces(text: Tensor, steps: int) -> Any:
    for start in range(0, len(text) - 1, steps):
        stop = min(start + steps, len(text) - 1)
        yield text[start:stop], text[start + 1 : stop + 1].flatten()


def evaluate(model: Model, text: Tensor, steps: int) -> float:
    model.eval()
    total, state = 0.0, model.first_state(text.shape[1])
    with torch.no_grad():
        for words, targets in pieces(text, steps):
            scores, state = model(words, state)
            total += len(words) * nn.functional.cross_entropy(scores, targets).item()
    return total / (len(text) - 1)


def run(
    lines: list[str],
    kind: str = "LSTM",
    width: int = 200,
    layers: int = 2,
    rows: int = 20,
    steps: int = 35,
    epochs: int = 1,
    rate: float = 20.0,
    clip: float = 0.25,
    p: float = 0.2,
    seed: int = 1111,
    dtype: torch.dtype = torch.float32,
) -> list[float]:
    """Train, and return the loss of every batch, then of validation and test."""
    torch.manual_seed(seed)
    corpus = Corpus(lines)
    text = corpus.batches(0, 0.9, rows)
    validation = corpus.batches(0.9, 0.95, 10)
    test = corpus.batches(0.95, 1, 10)
    model = Model(kind, len(corpus.numbers), width, layers, p).to(dtype)
    losses, best = [], math.inf
    for _ in range(epochs):
        model.train()
        state = model.first_state(rows)
        for words, targets in pieces(text, steps):
            model.zero_grad()
            scores, state = model(words, detached(state))
            loss = nn.functional.cross_entropy(scores, targets)
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), clip)
            with torch.no_grad():
                for parameter in model.parameters():
                    parameter.add_(parameter.grad, alpha=-rate)
            losses.append(loss.item())
        found = evaluate(model, validation, steps)
        losses.append(found)
        if found < best:
            best = found
        else:
            rate /= 4.0
    return [*losses, evaluate(model, test, steps)]
