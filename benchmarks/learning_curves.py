"""Train every cell on adding T = 100 and on digits, and keep its curves.

One protocol for all: 64 units in one layer, a linear one on the last step, Adam,
gradients clipped at 1, batches of 50. Each cell starts as it says itself, no options.

- Adding (Hochreiter and Schmidhuber 1997): 100 pairs of a number and a mark, fresh at
  every step, 3,000 steps, or until four means of 25 losses are below a hundredth of
  1/6, the error of always saying 1. The rates 0.01, 0.003 and 0.03 are tried in this
  order until one solves it: an error on 1,000 held-out sequences below a tenth of 1/6.
  Where none does, the lowest is kept. The error that is shown is of 1,000 further
  sequences.
- A cell that none of them solves is tried again behind a pointwise layer, relu(W x + b)
  of 64 units: adding needs the product of number and mark, which a linear cell cannot
  form by itself. Where that solves it neither, the cell alone is kept.
- Digits (scikit-learn's): 64 pixels one by one, 1,400 for training, the other 397 for
  the accuracy, 20 epochs at the rate that adding chose, in the same form.
- The first seed chooses rate and form; two more train with them.

A cell that solves it with one of its options alone is shown with that option too.

    nice python benchmarks/learning_curves.py [--cells lem,lru] [--seeds 3]

About a minute a cell on one thread. Results go to the file beside this one; runs that
are in it are left out, all cells' first seed comes before any second.
"""

from __future__ import annotations

import argparse
import json
import math
import time
from pathlib import Path
from typing import Any

import torch
from sklearn.datasets import load_digits
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, mse_loss

from elman import cells
from elman.layers import layer_of
from elman.tasks.parameters._cell import read_cell

LENGTH, HIDDEN, BATCH, CLIP, STEPS, EVERY = 100, 64, 50, 1.0, 3000, 25
RATES = (0.01, 0.003, 0.03)
EPOCHS = 20
BASELINE = 1 / 6
SOLVED, ENOUGH = 0.1 * BASELINE, 0.01 * BASELINE
FORMS = ("cfc(mixed=True)", "linoss(slowest=0.0001)")
"""Cells with an option, beside those as they are."""
OUT = Path(__file__).with_suffix(".json")


def adding(rows: int, draw: torch.Generator) -> tuple[Tensor, Tensor]:
    """Numbers in [0, 1] and two marks, one in each half; the sum of the marked."""
    numbers = torch.rand(LENGTH, rows, generator=draw)
    marks = torch.zeros(LENGTH, rows)
    half, column = LENGTH // 2, torch.arange(rows)
    marks[torch.randint(0, half, (rows,), generator=draw), column] = 1
    marks[torch.randint(half, LENGTH, (rows,), generator=draw), column] = 1
    return torch.stack([numbers, marks], -1), (numbers * marks).sum(0).unsqueeze(1)


class Network(nn.Module):
    """A layer of the cell, perhaps behind a pointwise one, and a linear one."""

    def __init__(self, cell: str, inputs: int, outputs: int, behind: bool) -> None:
        super().__init__()
        self.before: nn.Module = nn.Identity()
        if behind:
            self.before = nn.Sequential(nn.Linear(inputs, HIDDEN), nn.ReLU())
        width = HIDDEN if behind else inputs
        self.rnn = layer_of(
            cells.cell(read_cell("--cells", cell, cells.names())), width, HIDDEN
        )
        self.out = nn.Linear(HIDDEN, outputs)

    def forward(self, x: Tensor) -> Tensor:
        """(T, B, I) → (B, outputs)."""
        return self.out(self.rnn(self.before(x))[0][-1])


def train_adding(cell: str, rate: float, behind: bool, seed: int) -> dict[str, Any]:
    """Train once; the curve holds means of 25 losses."""
    torch.manual_seed(seed)
    model = Network(cell, 2, 1, behind)
    optimiser = torch.optim.Adam(model.parameters(), rate)
    draw = torch.Generator().manual_seed(1 + 100 * seed)
    curve: list[float] = []
    total = 0.0
    for step in range(1, STEPS + 1):
        x, y = adding(BATCH, draw)
        loss = train_step(model, optimiser, mse_loss(model(x), y))
        total += loss
        if not math.isfinite(loss):
            break
        if step % EVERY == 0:
            curve.append(_short(total / EVERY))
            total = 0.0
            if len(curve) > 3 and max(curve[-4:]) < ENOUGH:
                break
    found: dict[str, Any] = {"seed": seed, "curve": curve}
    for name, draws in (("held_out", 2), ("test", 3)):
        x, y = adding(1000, torch.Generator().manual_seed(draws))
        with torch.no_grad():
            error = float(mse_loss(model(x), y))
        found[name] = _short(error) if math.isfinite(error) else None
    below = [k for k, loss in enumerate(curve, 1) if loss < SOLVED]
    found["solved_at"] = EVERY * below[0] if below and _error(found) < SOLVED else None
    return found


def train_step(model: nn.Module, optimiser: Any, loss: Tensor) -> float:
    """Make one step of training."""
    optimiser.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), CLIP)
    optimiser.step()
    return float(loss.detach())


def train_digits(cell: str, rate: float, behind: bool, seed: int) -> dict[str, Any]:
    """Return the accuracy on digits that were not trained on, after every epoch."""
    images, labels = load_digits(return_X_y=True)
    x = torch.tensor(images / 16, dtype=torch.float32).unsqueeze(-1)
    y = torch.tensor(labels)
    order = torch.randperm(len(x), generator=torch.Generator().manual_seed(0))
    train, rest = order[:1400], order[1400:]
    torch.manual_seed(seed)
    model = Network(cell, 1, 10, behind)
    optimiser = torch.optim.Adam(model.parameters(), rate)
    curve = []
    for _ in range(EPOCHS):
        for rows in train[torch.randperm(len(train))].split(BATCH):
            logits = model(x[rows].transpose(0, 1))
            train_step(model, optimiser, cross_entropy(logits, y[rows]))
        with torch.no_grad():
            said = model(x[rest].transpose(0, 1)).argmax(1)
        curve.append(round(float((said == y[rest]).float().mean()), 3))
    return {"seed": seed, "curve": curve}


def choose(cell: str) -> dict[str, Any]:
    """Try the rates, alone and behind a pointwise layer, until one solves adding."""
    tried: list[dict[str, Any]] = []
    for behind in (False, True):
        for rate in RATES:
            found = train_adding(cell, rate, behind, seed=0)
            tried.append({"behind": behind, "rate": rate, "run": found})
            if _error(found) < SOLVED:
                break
        if _error(tried[-1]["run"]) < SOLVED:
            break
    best = tried[-1]
    if _error(best["run"]) >= SOLVED:  # by chance alone one would be best
        best = tried[RATES.index(min(RATES))]
    return {
        "behind": best["behind"],
        "rate": best["rate"],
        "tried": [[t["behind"], t["rate"], t["run"]["held_out"]] for t in tried],
        "adding": [best["run"]],
        "digits": [],
    }


def _error(found: dict[str, Any]) -> float:
    return math.inf if found["held_out"] is None else found["held_out"]


def _short(value: float) -> float:
    return float(f"{value:.3g}")


def add(cell: str, seed: int, found: dict[str, Any] | None) -> dict[str, Any]:
    """Return what is known of a cell with the runs of one more seed."""
    if found is None:
        found = choose(cell)
    how = found["rate"], found["behind"], seed
    if seed not in (run["seed"] for run in found["adding"]):
        found["adding"].append(train_adding(cell, *how))
    if seed not in (run["seed"] for run in found["digits"]):
        found["digits"].append(train_digits(cell, *how))
    return found


def main() -> None:
    """Run what is missing."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--cells", help="names, with commas; default: all")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--out", type=Path, default=OUT)
    given = parser.parse_args()
    torch.set_num_threads(1)
    kept = json.loads(given.out.read_text()) if given.out.exists() else {}
    every = [*cells.names(), *FORMS]
    names = given.cells.split(",") if given.cells else every
    for seed in range(given.seeds):
        for cell in names:
            if seed in [run["seed"] for run in kept.get(cell, {}).get("digits", [])]:
                continue
            started = time.process_time()
            kept[cell] = add(cell, seed, kept.get(cell))
            _print(cell, kept[cell], seed, time.process_time() - started)
            known = sorted(kept, key=every.index)
            rows = [f"{json.dumps(k)}: {json.dumps(kept[k])}" for k in known]
            given.out.write_text("{\n" + ",\n".join(rows) + "\n}\n", encoding="utf-8")


def _print(cell: str, found: dict[str, Any], seed: int, seconds: float) -> None:
    [run] = [run for run in found["adding"] if run["seed"] == seed]
    [digits] = [run for run in found["digits"] if run["seed"] == seed]
    shown = {k: v for k, v in run.items() if k != "curve"}
    how = f"rate {found['rate']:g}{' behind' * found['behind']}"
    print(cell, how, shown, "digits", digits["curve"][-1], f"{seconds:.0f} s")
    if seed == 0:
        print("   tried", found["tried"], flush=True)


if __name__ == "__main__":
    main()
