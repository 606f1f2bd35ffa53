"""Tokens a second of a language model beside a plain torch program of the same.

    python benchmarks/language_speed.py [--page docs]

Both begin with the same weights, train on the same streams of a text with the state
carried over (embedding, one layer, head; cross-entropy, gradients clipped at 1, AdamW)
and end with the same, which is checked. Ours is trained by the package's own loop,
theirs by the few lines that people write. Then both write, a token at a time, drawn at
temperature 0.8: ours as `LanguageModel.stream` does. They take turns in one process on
one thread; medians, in seconds of that thread. The last rows are encoders without a
state, which read their window again for each token that they write.
"""

from __future__ import annotations

import argparse
import statistics
import time
from pathlib import Path

import torch
from kept_runs import write_tables
from torch import nn
from torch.nn.functional import cross_entropy
from torch.nn.utils import clip_grad_norm_

from elman.models import LanguageNetwork, language_loss, title_of
from elman.tasks.language._generate import Sampling, tokens_after
from elman.training import Streams, TrainingSettings, train

KINDS = {"gru": nn.GRU, "lstm": nn.LSTM}
VOCABULARY, ROWS, WINDOW, UPDATES, RATE = 66, 32, 100, 6, 3e-3
WRITTEN, ROUNDS = 200, 5
SIZES = {"64 → 128": (64, 128), "128 → 512": (128, 512)}
"""Numbers that a token becomes, and units."""


class Plain(nn.Module):
    """The same network by torch alone."""

    def __init__(self, kind: type[nn.RNNBase], embedding: int, hidden: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(VOCABULARY, embedding)
        self.rnn = kind(embedding, hidden, batch_first=True)
        self.head = nn.Linear(hidden, VOCABULARY)

    def forward(self, tokens, state=None):
        out, state = self.rnn(self.embedding(tokens), state)
        return self.head(out), state

    def take(self, ours: LanguageNetwork) -> None:
        """Begin with the weights of the other."""
        self.embedding.load_state_dict(ours.embedding.state_dict())
        self.rnn.load_state_dict(ours.recurrent.state_dict())
        self.head.load_state_dict(ours.head.state_dict())


def train_ours(network, tokens):
    streams = Streams(tokens[:-1], tokens[1:], rows=ROWS, steps=WINDOW)
    settings = TrainingSettings(
        epochs=1,
        learning_rate=RATE,
        optimizer="adamw",
        weight_decay=0.0,
        clip_norm=1.0,
        patience=None,
    )
    train(network, language_loss, streams, None, settings)


def train_theirs(network, tokens):
    optimizer = torch.optim.AdamW(network.parameters(), lr=RATE, weight_decay=0.0)
    length = (len(tokens) - 1) // ROWS
    inputs = tokens[: ROWS * length].view(ROWS, length)
    target = tokens[1 : ROWS * length + 1].view(ROWS, length)
    state = None
    for low in range(0, length, WINDOW):
        scores, state = network(inputs[:, low : low + WINDOW], state)
        state = (
            tuple(s.detach() for s in state)
            if isinstance(state, tuple)
            else (state.detach())
        )
        wanted = target[:, low : low + WINDOW]
        loss = cross_entropy(scores.flatten(0, 1), wanted.flatten())
        optimizer.zero_grad()
        loss.backward()
        clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()


def write_ours(network):
    return list(tokens_after(network, [1], WRITTEN, Sampling(), None))


@torch.no_grad()
def write_theirs(network):
    state, token, found = None, torch.tensor([[1]]), []
    draw = torch.Generator().manual_seed(0)
    for _ in range(WRITTEN):
        scores, state = network(token, state)
        chances = (scores[0, -1].double() / 0.8).softmax(0)
        token = torch.multinomial(chances, 1, generator=draw)[None]
        found.append(int(token))
    return found


def turns(*runs):
    """Return the median seconds of each."""
    found = [[] for _ in runs]
    for _ in range(ROUNDS + 1):
        for seconds, run in zip(found, runs, strict=True):
            before = time.process_time()
            run()
            seconds.append(time.process_time() - before)
    return [statistics.median(seconds[1:]) for seconds in found]


def report(name, tokens, seconds):
    """Print a row of the table, and return it."""
    each = [tokens / s for s in seconds]
    theirs, ratio = "", ""
    if len(each) > 1:
        theirs, ratio = f"{each[1]:,.0f}", f"{each[0] / each[1]:.2f}"
    row = f"| {name} | {each[0]:,.0f} | {theirs} | {ratio} |"
    print(row, flush=True)
    return row


def beside_torch(cell, name, embedding, hidden):
    torch.manual_seed(0)
    ours = LanguageNetwork(cell, VOCABULARY, embedding, hidden)
    theirs = Plain(KINDS[cell], embedding, hidden)
    theirs.take(ours)
    tokens = torch.randint(1, VOCABULARY, (ROWS * WINDOW * UPDATES + 1,))
    train_ours(ours, tokens)
    train_theirs(theirs, tokens)
    weights = ours.head.weight, theirs.head.weight
    torch.testing.assert_close(*weights, atol=1e-3, rtol=1e-2)
    seconds = turns(
        lambda: train_ours(ours, tokens), lambda: train_theirs(theirs, tokens)
    )
    yield report(f"{cell.upper()} {name}, training", len(tokens) - 1, seconds)
    theirs.take(ours)
    ours.eval()
    assert write_ours(ours)[:50] == write_theirs(theirs)[:50]
    seconds = turns(lambda: write_ours(ours), lambda: write_theirs(theirs))
    yield report(f"{cell.upper()} {name}, writing", WRITTEN, seconds)


def alone(encoder, layers, hidden):
    """Yield the rows of an encoder without a state, of the larger size."""
    torch.manual_seed(0)
    network = LanguageNetwork(encoder, VOCABULARY, 128, hidden, num_layers=layers)
    tokens = torch.randint(1, VOCABULARY, (ROWS * WINDOW * UPDATES + 1,))
    seconds = turns(lambda: train_ours(network, tokens))
    name = f"{title_of(encoder)}, {layers} layers of {hidden}"
    yield report(f"{name}, training", len(tokens) - 1, seconds)
    network.eval()
    seconds = turns(lambda: write_ours(network))
    yield report(f"{name}, writing", WRITTEN, seconds)


def main():
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--page", type=Path, help="folder of the documentation")
    page = parser.parse_args().page
    torch.set_num_threads(1)
    lines = ["| tokens a second | Elman | torch | ratio |", "|---|--:|--:|--:|"]
    for name, sizes in SIZES.items():
        for cell in KINDS:
            lines += beside_torch(cell, name, *sizes)
    for encoder, layers, hidden in (("transformer", 4, 144), ("tcn", 6, 167)):
        lines += alone(encoder, layers, hidden)
    if page:
        write_tables(page / "guide/language.md", {"language-speed": lines})


if __name__ == "__main__":
    main()
