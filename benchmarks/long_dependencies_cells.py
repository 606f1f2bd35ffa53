"""How far every cell of the library reaches, and what the doctor makes of it.

The two problems of Bai, Kolter and Koltun (2018), at their lengths and beyond:

- Adding over T steps: two of T numbers are marked; mean squared error of their sum.
- Copying ten symbols of eight over T blank steps, with their cue in the last eleven
  steps; cross-entropy, mean over all T + 20 steps.

One protocol for all: a layer of the cell and a linear one; Adam at 0.01, which falls to
zero along a cosine over 2,000 steps up to T = 200, beyond it 4,000 for adding and 8,000
for copying; batches of 32, gradients clipped at 1; 64 units for adding, for copying as
many of 64 as 16,000 parameters allow. The error is that on 1,000 sequences that are not
trained on. Each cell is trained three ways:

- `default`: as it starts by itself;
- `prescribed`: as `elman.diagnosis.prescribe` makes it, the cell kept;
- `free`: of an RNN, GRU and LSTM, when the doctor may put another cell in its place;
  the new one gets as many units, in steps of eight, as the old one's parameters allow.

Behind a pointwise layer, relu(W x + b) of 64 units, stand the cells that are linear, as
rows of their own for adding: they cannot multiply a number by its mark; at T = 400 also
the RNN, whose units cannot multiply and add up at once.

    nice python benchmarks/long_dependencies_cells.py --page docs

A run that at half its steps is still within a tenth of the error of remembering nothing
ends there. So does one that is below the published error, up to T = 200 below a
hundredth of the error of remembering nothing, on 500 further sequences: they are looked
at every 250 steps. Results are appended to the file beside this one; what is there is
not run again. `--minutes` ends it after so much time on the processor.
"""

from __future__ import annotations

import math
import time
from functools import partial
from typing import Any

import torch
from kept_runs import asking, keep, read
from long_dependencies_plan import BEHIND, LENGTHS, key, plan
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, mse_loss, one_hot

import elman
from elman import cells
from elman.diagnosis import Prescription, prescribe
from elman.layers import layer_of

BATCH, RATE, CLIP, HELD_OUT, EVERY = 32, 0.01, 1.0, 1000, 250
UNITS, STEP, SHORT = 64, 8, 200
STEPS = {"adding": (2000, 4000), "copy": (2000, 8000)}
"""Of training, up to the length that counts as short, and beyond."""

SYMBOLS, ALPHABET = 10, 8
MOST = {"adding": 70_000, "copy": 16_000}
"""Parameters of Bai et al.; no network here has more."""

PUBLISHED = {"adding": 5.8e-5, "copy": 3.5e-5}
"""What their temporal convolutional network reached, at T = 600 and 1,000."""

SOLVED, ENOUGH = 0.1, 0.01
"""Shares of the error without memory: solved, and where a short run ends."""

PRACTICE = 128
"""Steps on a copy that show whether training lengthens a reach that falls short."""

APART = {"adding": 1, "copy": SYMBOLS}
"""Steps that have to be told apart: a sum has no order, ten symbols have."""

STOCK = {"rnn": elman.RNN, "gru": elman.GRU, "lstm": elman.LSTM}


def baseline(task: str, length: int) -> float:
    """Return the error of remembering nothing."""
    if task == "adding":
        return 1 / 6
    return SYMBOLS * math.log(ALPHABET) / (length + 2 * SYMBOLS)


def adding(length: int, rows: int, draw: torch.Generator) -> tuple[Tensor, Tensor]:
    """Numbers in [0, 1] and two marks, one in each half; the sum of the marked."""
    numbers = torch.rand(length, rows, generator=draw)
    marks = torch.zeros(length, rows)
    half, column = length // 2, torch.arange(rows)
    marks[torch.randint(0, half, (rows,), generator=draw), column] = 1
    marks[torch.randint(half, length, (rows,), generator=draw), column] = 1
    return torch.stack([numbers, marks], -1), (numbers * marks).sum(0).unsqueeze(1)


def copying(length: int, rows: int, draw: torch.Generator) -> tuple[Tensor, Tensor]:
    """Ten symbols, blanks, the cue; blanks to be said, then the symbols."""
    said = torch.randint(1, ALPHABET + 1, (SYMBOLS, rows), generator=draw)
    x = torch.zeros(length + 2 * SYMBOLS, rows, dtype=torch.long)
    y = torch.zeros_like(x)
    x[:SYMBOLS], x[length + SYMBOLS - 1 :], y[-SYMBOLS:] = said, ALPHABET + 1, said
    return one_hot(x, ALPHABET + 2).float(), y


def recall_loss(scores: Tensor, said: Tensor) -> Tensor:
    """Cross-entropy, mean over all steps."""
    return cross_entropy(scores.flatten(0, 1), said.flatten())


MAKE = {"adding": adding, "copy": copying}
LOSS = {"adding": mse_loss, "copy": recall_loss}


class Network(nn.Module):
    """A layer of the cell, and a linear one on the last step or on all."""

    def __init__(
        self, task: str, cell: str, units: int, options: dict[str, Any] | None = None
    ) -> None:
        super().__init__()
        width, out = (2, 1) if task == "adding" else (ALPHABET + 2, ALPHABET + 1)
        self.before: nn.Module = nn.Identity()
        if cell.endswith(BEHIND):
            cell = cell.removesuffix(BEHIND)
            self.before = nn.Sequential(nn.Linear(width, units), nn.ReLU())
            width = units
        self.rnn: nn.Module = (
            STOCK[cell](width, units)
            if cell in STOCK
            else layer_of(cells.cell(cell, **(options or {})), width, units)
        )
        self.out = nn.Linear(units, out)
        self.last = task == "adding"

    def forward(self, x: Tensor) -> Tensor:
        """(T, B, I) → (B, 1) or (T, B, symbols)."""
        y = self.rnn(self.before(x))[0]
        return self.out(y[-1] if self.last else y)


def size(model: nn.Module) -> int:
    """Return the number of parameters."""
    return sum(p.numel() for p in model.parameters())


def network(task: str, cell: str) -> tuple[Network, int]:
    """Return a network of at most 64 units that keeps within the parameters."""
    for units in range(UNITS, 0, -STEP):
        model = Network(task, cell, units)
        if size(model) <= MOST[task]:
            return model, units
    raise AssertionError(f"{cell}: no width fits")


def prescribed(
    task: str, cell: str, length: int, seed: int, how: str, batches: list[Any]
) -> tuple[nn.Module, int, dict[str, Any]]:
    """Return a network as the doctor makes it, its units and what it prescribed.

    Another cell is prescribed again with the units that the size allows.
    """

    def found(units: int, remedies: Any) -> Prescription:
        torch.manual_seed(seed)
        return prescribe(
            Network(task, cell, units),
            *batches[0],
            LOSS[task],
            needed(task, length),
            remedies=remedies,
            optimizer=partial(torch.optim.Adam, lr=RATE),
            clip_norm=CLIP,
            batches=batches[1:],
            apart=APART[task],
        )

    torch.manual_seed(seed)
    own, units = network(task, cell)
    chosen = found(units, ("initialisation", "activation") if how != "free" else True)
    if how == "free" and chosen.best is not None:
        alone = cell.removesuffix(BEHIND)
        each = cell.replace(alone, chosen.configuration.get("cell", alone))
        most = size(own)
        options = chosen.configuration.get("cell_options", {})
        wider = range(units + STEP, 4 * units, STEP)
        fit = [n for n in wider if size(Network(task, each, n, options)) <= most]
        if fit:
            units = fit[-1]
            chosen = found(units, [chosen.best])
    return chosen.model, units, chosen.configuration


def needed(task: str, length: int) -> int:
    """Return how far back the answer lies."""
    return length if task == "adding" else length + SYMBOLS


def look(
    model: nn.Module, task: str, length: int, batches: list[Any], settings: Any
) -> dict[str, Any]:
    """Return what is known before training: horizon, order, verdict, notes."""
    steps = needed(task, length)
    d = elman.diagnose(
        model,
        *batches[0],
        LOSS[task],
        needed=steps,
        apart=SYMBOLS,
        remedies=False,
        learning_rate=settings.get("learning_rate", RATE),
        clip_norm=settings.get("clip_norm", CLIP),
        batches=batches[1:],
        practice=PRACTICE,
    )
    reaches = d.horizon >= steps and d.verdict != "exploding"
    return {
        "horizon": d.horizon,
        "apart": round(d.head.apart, 1),
        "reaches": reaches,
        "grows": any(f.name == "reach grows" for f in d.findings),
        "practised": [round(horizon) for _, horizon in d.practised],
        "linear": any(f.name == "linear in its inputs" for f in d.findings),
    }


def run(task: str, cell: str, length: int, seed: int, how: str) -> dict[str, Any]:
    """Build, prescribe or not, train, and measure on what was not trained on."""
    torch.manual_seed(seed)
    draw = torch.Generator().manual_seed(1000 + seed)
    batches = [MAKE[task](length, BATCH, draw) for _ in range(8)]
    started = time.process_time()
    model: nn.Module
    settings: dict[str, Any] = {}
    if how == "default":
        model, units = network(task, cell)
    else:
        model, units, settings = prescribed(task, cell, length, seed, how, batches)
    known = look(model, task, length, batches, settings)
    looked = time.process_time() - started
    row = train(model, task, length, seed, settings)
    return {
        "task": task,
        "cell": cell,
        "length": length,
        "seed": seed,
        "how": how,
        "settings": settings,
        "units": units,
        "parameters": size(model),
        "needed": needed(task, length),
        **known,
        **row,
        "share": None if row["test"] is None else row["test"] / baseline(task, length),
        "diagnosis_seconds": round(looked, 1),
    }


def published(task: str, length: int) -> float:
    """Return the error that was published, over the steps of this length."""
    if task == "adding":
        return PUBLISHED[task]
    return PUBLISHED[task] * (1000 + 2 * SYMBOLS) / (length + 2 * SYMBOLS)


def enough(task: str, length: int) -> float:
    """Return the error at which a run ends."""
    if length > SHORT:
        return published(task, length)
    return ENOUGH * baseline(task, length)


@torch.no_grad()
def error(model: nn.Module, task: str, length: int, rows: int, seed: int) -> float:
    """Return the error on sequences of their own, 250 at a time."""
    x, y = MAKE[task](length, rows, torch.Generator().manual_seed(seed))
    parts = x.split(250, 1), y.split(250, 1 if task == "copy" else 0)
    found = [float(LOSS[task](model(a), b)) for a, b in zip(*parts, strict=True)]
    return sum(found) / len(found)


def train(
    model: nn.Module, task: str, length: int, seed: int, settings: dict[str, Any]
) -> dict[str, Any]:
    """Train along the cosine; the first step with 50 losses solved, and the error."""
    rate, clip = settings.get("learning_rate", RATE), settings.get("clip_norm", CLIP)
    optimiser = torch.optim.Adam(model.parameters(), rate)
    draw = torch.Generator().manual_seed(2000 + seed)
    nothing, steps = baseline(task, length), STEPS[task][length > SHORT]
    goal = enough(task, length)
    losses: list[float] = []
    solved, stopped = None, ""
    started = time.process_time()
    for step in range(steps):
        optimiser.param_groups[0]["lr"] = (
            rate * 0.5 * (1 + math.cos(math.pi * step / steps))
        )
        x, y = MAKE[task](length, BATCH, draw)
        optimiser.zero_grad()
        loss = LOSS[task](model(x), y)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), clip)
        optimiser.step()
        losses.append(float(loss.detach()))
        late = sum(losses[-50:]) / 50
        if not math.isfinite(losses[-1]):
            stopped = "diverged"
            break
        if solved is None and len(losses) >= 50 and late < SOLVED * nothing:
            solved = step + 1
        near = (step + 1) % EVERY == 0 and late < 2 * goal
        if near and error(model, task, length, 500, 4) < goal:
            stopped = "reached"
            break
        if step + 1 == steps // 2 and late > 0.9 * nothing:
            stopped = "half"
            break
    seconds = time.process_time() - started
    test = error(model, task, length, HELD_OUT, 3)
    return {
        "solved": solved,
        "test": float(f"{test:.3g}") if math.isfinite(test) else None,
        "steps": len(losses),
        "stopped": stopped,
        "seconds": round(seconds, 1),
    }


def main() -> None:
    """Run what is missing, then write the page."""
    parser = asking(__doc__, __file__)
    parser.add_argument("--minutes", type=float, default=math.inf)
    parser.add_argument("--tasks", nargs="+", choices=list(LENGTHS), default=[*LENGTHS])
    given = parser.parse_args()
    rows = read(given.out)
    done = {key(row) for row in rows}
    for todo in [] if given.draw_only else plan():
        if todo in done or todo[0] not in given.tasks:
            continue
        if time.process_time() > 60 * given.minutes:
            break
        row = run(*todo)
        keep(row, rows, given.out)
        print({k: v for k, v in row.items() if k != "needed"}, flush=True)
    if given.page:
        from long_dependencies_cells_page import write

        write(rows, given.page)


if __name__ == "__main__":
    torch.set_num_threads(1)
    main()
