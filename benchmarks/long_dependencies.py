"""Compare the diagnosed horizon and the prescription with what training achieves.

Two classic problems with a dependence of known length: adding two marked numbers out
of T (Hochreiter and Schmidhuber 1997), and recalling three symbols after T blank
steps (copy memory, Arjovsky et al. 2016, with three symbols instead of ten). Each
cell is trained twice with the same optimiser, number of steps, seeds and batches: as
torch initialises it, and as `elman.diagnose` prescribes after looking at one batch,
before any training. Everything the doctor decides goes in, nothing else.

    python benchmarks/long_dependencies.py --page docs

Results are appended to the file beside this one; what is there already is not run
again (--out elsewhere for a fresh start).
"""

from __future__ import annotations

import math
import time
from functools import partial
from typing import Any

import torch
from kept_runs import asking, keep, read
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, mse_loss, one_hot

import elman
from elman.diagnosis import prescribe

HIDDEN, BATCH, RATE, CLIP = 64, 32, 0.003, 1.0
SYMBOLS, ALPHABET = 3, 8
STEPS = {"adding": 1500, "copy": 1000}
LENGTHS = {"adding": (50, 100, 200, 400), "copy": (50, 100, 200)}
CELLS = ("RNN", "GRU", "LSTM")
SEEDS = 5
BASELINE = {"adding": 1 / 6, "copy": math.log(ALPHABET)}
"""Loss of the best answer that remembers nothing: the mean; a guess."""

SOLVED = {"adding": 0.1, "copy": 0.5}
"""Share of the baseline below which the mean of 50 losses counts as solved."""


def adding(length: int, draw: torch.Generator) -> tuple[Tensor, Tensor]:
    """Numbers in [0, 1] and two marks, one in each half; the sum of the marked."""
    numbers = torch.rand(BATCH, length, generator=draw)
    marks = torch.zeros(BATCH, length)
    half = length // 2
    rows = torch.arange(BATCH)
    marks[rows, torch.randint(0, half, (BATCH,), generator=draw)] = 1
    marks[rows, torch.randint(half, length, (BATCH,), generator=draw)] = 1
    return torch.stack([numbers, marks], -1), (numbers * marks).sum(1, keepdim=True)


def copying(length: int, draw: torch.Generator) -> tuple[Tensor, Tensor]:
    """Symbols, blanks, a cue, and blanks in which to say the symbols again."""
    said = torch.randint(1, ALPHABET + 1, (BATCH, SYMBOLS), generator=draw)
    x = torch.zeros(BATCH, length + 2 * SYMBOLS, dtype=torch.long)
    x[:, :SYMBOLS] = said
    x[:, length + SYMBOLS - 1] = ALPHABET + 1
    return one_hot(x, ALPHABET + 2).float(), said - 1


def recall_loss(scores: Tensor, said: Tensor) -> Tensor:
    """Cross-entropy of the last steps, where the symbols are to be said."""
    return cross_entropy(scores[:, -SYMBOLS:].flatten(0, 1), said.flatten())


class Network(nn.Module):
    """One recurrent layer and a linear one, on the last step or on all."""

    def __init__(self, task: str, cell: str) -> None:
        super().__init__()
        width, out = (2, 1) if task == "adding" else (ALPHABET + 2, ALPHABET)
        self.rnn = getattr(elman, cell)(width, HIDDEN, batch_first=True)
        self.out = nn.Linear(HIDDEN, out)
        self.last = task == "adding"

    def forward(self, x: Tensor) -> Tensor:
        """(B, T, I) → (B, 1) or (B, T, symbols)."""
        y = self.rnn(x)[0]
        return self.out(y[:, -1] if self.last else y)


MAKE = {"adding": adding, "copy": copying}
LOSS = {"adding": mse_loss, "copy": recall_loss}


def prescribed(
    task: str, model: Network, length: int, draw: torch.Generator
) -> tuple[nn.Module, dict[str, Any], float]:
    """Return what the doctor makes of a network, from eight batches of its own."""
    needed = length if task == "adding" else length + SYMBOLS
    (x, y), *more = [MAKE[task](length, draw) for _ in range(8)]
    found = prescribe(
        model,
        x,
        y,
        LOSS[task],
        needed,
        remedies=("initialisation", "activation"),  # the cell is the row
        optimizer=partial(torch.optim.Adam, lr=RATE),
        clip_norm=CLIP,
        batches=more,
    )
    d = elman.diagnose(found.model, x, y, LOSS[task], needed=needed, remedies=False)
    return found.model, found.configuration, d.horizon


def run(task: str, cell: str, length: int, seed: int, how: str) -> dict[str, Any]:
    """Build, prescribe or not, train until solved or out of steps."""
    torch.manual_seed(seed)
    model: nn.Module = Network(task, cell)
    draw = torch.Generator().manual_seed(1000 + seed)
    started = time.perf_counter()
    settings: dict[str, Any] = {}
    if how == "prescribed":
        model, settings, horizon = prescribed(task, model, length, draw)
    else:
        needed = length if task == "adding" else length + SYMBOLS
        x, y = MAKE[task](length, draw)
        horizon = elman.diagnose(
            model, x, y, LOSS[task], needed=needed, remedies=False
        ).horizon
    looked = time.perf_counter() - started
    rate = settings.get("learning_rate", RATE)
    clip = settings.get("clip_norm", CLIP)
    optimiser = torch.optim.Adam(model.parameters(), rate)
    draw = torch.Generator().manual_seed(2000 + seed)
    losses: list[float] = []
    started = time.perf_counter()
    solved = None
    for step in range(1, STEPS[task] + 1):
        x, y = MAKE[task](length, draw)
        optimiser.zero_grad()
        loss = LOSS[task](model(x), y)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), clip)
        optimiser.step()
        losses.append(float(loss.detach()))
        if not math.isfinite(losses[-1]):
            break
        late = losses[-50:]
        if len(late) == 50 and sum(late) / 50 < SOLVED[task] * BASELINE[task]:
            solved = step
            break
    late = losses[-50:]
    final = sum(late) / len(late)
    return {
        "task": task,
        "cell": cell,
        "length": length,
        "seed": seed,
        "how": how,
        "settings": settings,
        "horizon": horizon,
        "needed": length if task == "adding" else length + SYMBOLS,
        "solved": solved,
        "loss": final if math.isfinite(final) else None,
        "share": final / BASELINE[task] if math.isfinite(final) else None,
        "steps": len(losses),
        "diagnosis_seconds": round(looked, 2),
        "seconds": round(time.perf_counter() - started, 1),
    }


def plan() -> list[tuple[str, str, int, int, str]]:
    """Every run, one seed of everything before the next."""
    return [
        (task, cell, length, seed, how)
        for seed in range(SEEDS)
        for task in ("adding", "copy")
        for cell in CELLS
        for length in LENGTHS[task]
        for how in ("prescribed", "default")
    ]


def main() -> None:
    """Run what is missing, then draw."""
    given = asking(__doc__, __file__).parse_args()
    rows = read(given.out)
    done = {key(row) for row in rows}
    for todo in [] if given.draw_only else plan():
        if todo in done:
            continue
        row = run(*todo)
        keep(row, rows, given.out)
        print(
            f"{row['task']} {row['cell']} T={row['length']} {row['how']} "
            f"seed {row['seed']}: horizon {row['horizon']:.0f}, "
            f"solved {row['solved']}, share {row['share']}, {row['settings']}, "
            f"{row['seconds']} s",
            flush=True,
        )
    if given.page:
        from long_dependencies_page import write

        write(rows, given.page)


def key(row: dict[str, Any]) -> tuple[str, str, int, int, str]:
    """Return what tells one run from another."""
    return (row["task"], row["cell"], row["length"], row["seed"], row["how"])


if __name__ == "__main__":
    torch.set_num_threads(1)
    main()
