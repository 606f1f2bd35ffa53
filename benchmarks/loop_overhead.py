"""What training loops cost beside the step they repeat.

    python benchmarks/loop_overhead.py [--rounds N] [--json FILE]

One model (LSTM, linear layer, mean squared error, Adam, gradients clipped by norm) is
trained by the bare lines of torch on batches that lie ready, by `elman.training.train`,
and by accelerate, skorch and Lightning where they are installed (`make bench-loop`
installs them). They take turns. A step is the time from one forward pass to the next
inside an epoch. Each turn has a median, and its difference from that of the bare lines
in the same turn; the numbers are medians over turns. "Tiny" has the same operations on
a model of one unit: there the difference is the loop's own time, and set against the
step of a real size it is the share that the loop takes there.
"""

from __future__ import annotations

import argparse
import importlib.util
import itertools
import json
import statistics
import time
import warnings
from pathlib import Path

import torch
from torch import nn

import elman
from elman.training import RaggedSequences, Rows, TrainingSettings, train

# B, T, I, H: one unit, and two middle rows of the grid of sizes.
SIZES = {
    "tiny": (4, 2, 2, 1),
    "32 × 100, 64 → 128": (32, 100, 64, 128),
    "64 × 100, 128 → 256": (64, 100, 128, 256),
}
# The optimiser that all of them take: what is timed here is the loops.
LIKE_OTHERS = {
    "epochs": 1,
    "learning_rate": 1e-4,
    "optimizer_options": {"fused": False},
}
STEPS = {"tiny": 80, "32 × 100, 64 → 128": 12, "64 × 100, 128 → 256": 6}


class Model(nn.Module):
    """Takes note of when it is called."""

    def __init__(self, inputs, hidden):
        super().__init__()
        self.rnn = elman.LSTM(inputs, hidden, batch_first=True)
        self.head = nn.Linear(hidden, 1)
        self.calls = []

    def forward(self, x, lengths=None):
        self.calls.append(time.perf_counter())
        return self.head(self.rnn(x)[0][:, -1])


def bare(model, x, y, size):
    """Run the lines everybody writes, on batches cut beforehand."""
    optimizer = torch.optim.Adam(model.parameters(), 1e-4)
    for part, target in list(zip(x.split(size), y.split(size), strict=True)):
        optimizer.zero_grad()
        loss = nn.functional.mse_loss(model(part), target)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        loss.item()


def ours(model, x, y, size):
    settings = TrainingSettings(batch_size=size, **LIKE_OTHERS)
    train(model, nn.functional.mse_loss, Rows(x, y), None, settings)


def ragged(model, x, y, size):
    """Train on what the classifier and the regressor use: lengths, padding."""
    examples = RaggedSequences([a.numpy() for a in x], y)
    settings = TrainingSettings(batch_size=size, **LIKE_OTHERS)
    train(model, nn.functional.mse_loss, examples, None, settings)


def loader(x, y, size):
    data = torch.utils.data.TensorDataset(x, y)
    return torch.utils.data.DataLoader(data, batch_size=size, shuffle=True)


def with_accelerate(model, x, y, size):
    from accelerate import Accelerator

    accelerator = Accelerator(cpu=True)
    optimizer = torch.optim.Adam(model.parameters(), 1e-4)
    run, optimizer, batches = accelerator.prepare(model, optimizer, loader(x, y, size))
    for part, target in batches:
        optimizer.zero_grad()
        loss = nn.functional.mse_loss(run(part), target)
        accelerator.backward(loss)
        accelerator.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        loss.item()


def with_skorch(model, x, y, size):
    from skorch import NeuralNet
    from skorch.callbacks import GradientNormClipping

    net = NeuralNet(
        model,
        nn.MSELoss,
        optimizer=torch.optim.Adam,
        lr=1e-4,
        max_epochs=1,
        batch_size=size,
        iterator_train__shuffle=True,
        train_split=None,
        verbose=0,
        callbacks=[GradientNormClipping(1.0)],
    )
    net.fit(x, y)
    model.calls = net.module_.calls


def with_lightning(model, x, y, size):
    import logging

    import pytorch_lightning as lightning

    logging.getLogger("pytorch_lightning").setLevel(logging.ERROR)

    class Lit(lightning.LightningModule):
        def __init__(self):
            super().__init__()
            self.model = model

        def training_step(self, batch, index):
            return nn.functional.mse_loss(self.model(batch[0]), batch[1])

        def configure_optimizers(self):
            return torch.optim.Adam(self.parameters(), 1e-4)

    trainer = lightning.Trainer(
        max_epochs=1,
        accelerator="cpu",
        gradient_clip_val=1.0,
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
    )
    trainer.fit(Lit(), loader(x, y, size))


LOOPS = {
    "bare torch": (bare, "torch"),
    "elman": (ours, "elman"),
    "elman, ragged": (ragged, "elman"),
    "accelerate": (with_accelerate, "accelerate"),
    "skorch": (with_skorch, "skorch"),
    "Lightning": (with_lightning, "pytorch_lightning"),
}


def steps_of(run, sizes, count):
    """Return the seconds of each step of a fresh model's epoch, but the first."""
    size, steps, inputs, hidden = sizes
    torch.manual_seed(0)
    x = torch.randn(count * size, steps, inputs)
    model = Model(inputs, hidden)
    run(model, x, x[:, 0, :1].clone(), size)
    calls = model.calls
    return [b - a for a, b in itertools.pairwise(calls)][1:]


def loading_of(sizes):
    """Return the median seconds of getting a batch, from rows and from sequences."""
    from elman.training.data._order import build_order

    size, steps, inputs, _ = sizes
    x = torch.randn(40 * size, steps, inputs)
    y = x[:, 0, :1]
    found = []
    for examples in (Rows(x, y), RaggedSequences([a.numpy() for a in x], y)):
        order = build_order(examples, TrainingSettings(batch_size=size))
        order.batch(1, 0)
        times = []
        for number in range(order.steps(1)):
            start = time.perf_counter()
            examples.take(order.batch(1, number))
            times.append(time.perf_counter() - start)
        found.append(statistics.median(times))
    return found


def main():
    """Measure, print, and write JSON if asked to."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    loops = {n: f for n, (f, p) in LOOPS.items() if importlib.util.find_spec(p)}
    steps, more = {}, {}
    for name, sizes in SIZES.items():
        turns = []
        for _ in range(options.rounds + 1):
            turns.append(
                {
                    loop: 1e6 * statistics.median(steps_of(run, sizes, STEPS[name]))
                    for loop, run in loops.items()
                }
            )
        turns = turns[1:]  # the first warms up
        steps[name] = {k: statistics.median(t[k] for t in turns) for k in loops}
        more[name] = {
            k: statistics.median(t[k] - t["bare torch"] for t in turns) for k in loops
        }
    own = more["tiny"]
    real = [name for name in SIZES if name != "tiny"]
    print(f"{'':<14}{'own, a step':>12}", *(f"{n:>34}" for n in real))
    for loop in loops:
        row = f"{loop:<14}{own[loop]:>9.0f} µs"
        for name in real:
            bare_step = steps[name]["bare torch"]
            row += (
                f"{steps[name][loop] / 1000:>10.2f} ms"
                f" {100 * more[name][loop] / bare_step:>+6.1f} %,"
                f" own {100 * own[loop] / bare_step:>4.2f} %"
            )
        print(row)
    loading = {}
    for name in real:
        rows, sequences = loading_of(SIZES[name])
        step = steps[name]["bare torch"] / 1e6
        loading[name] = {"rows": 1e6 * rows, "sequences": 1e6 * sequences}
        print(
            f"getting a batch, {name}: rows {1e6 * rows:.0f} µs "
            f"({100 * rows / step:.2f} %), sequences of different lengths "
            f"{1e6 * sequences:.0f} µs ({100 * sequences / step:.2f} %)"
        )
    if options.json:
        text = json.dumps({"microseconds": steps, "loading": loading}, indent=1)
        options.json.write_text(text + "\n")


if __name__ == "__main__":
    main()
