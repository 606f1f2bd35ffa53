"""Files a run writes while it trains, and the progress it shows."""

from __future__ import annotations

import io
import json

import torch
from rich.console import Console
from safetensors.torch import load_file
from torch import nn

from elman.training import (
    BestWeights,
    Callback,
    MetricsFile,
    Progress,
    Rows,
    TrainingSettings,
    train,
)


def pairs(n=32):
    draw = torch.Generator().manual_seed(n)
    x = torch.randn(n, 2, generator=draw)
    return Rows(x, x.sum(1, keepdim=True))


def run(callbacks, validation=True, epochs=3):
    torch.manual_seed(0)
    module = nn.Linear(2, 1)
    settings = TrainingSettings(epochs=epochs, batch_size=16, learning_rate=0.05)
    result = train(
        module,
        nn.functional.mse_loss,
        pairs(),
        pairs(24) if validation else None,
        settings,
        callbacks,
    )
    return module, result


def test_metrics_file_has_a_json_line_an_epoch(tmp_path):
    path = tmp_path / "metrics.jsonl"
    path.write_text("left from an earlier run\n")
    _, result = run([MetricsFile(path)])
    rows = [json.loads(text) for text in path.read_text().splitlines()]
    assert [row["epoch"] for row in rows] == [0, 1, 2, 3]
    assert rows[0]["loss"] is None  # nothing was trained yet, and NaN is no JSON
    assert rows[2] == result.history[2]


def test_best_weights_file_holds_the_best_weights(tmp_path):
    path = tmp_path / "checkpoints" / "best.safetensors"
    module, _ = run([BestWeights(path)])
    saved = load_file(path)
    assert saved.keys() == module.state_dict().keys()
    assert all(torch.equal(saved[k], v) for k, v in module.state_dict().items())
    assert [p.name for p in path.parent.iterdir()] == ["best.safetensors"]


def test_best_weights_survive_an_interruption(tmp_path):
    class Stop(Callback):
        def on_step(self, state):
            if state.epoch == 2:
                raise KeyboardInterrupt

    path = tmp_path / "best.safetensors"
    module, result = run([BestWeights(path), Stop()], epochs=5)
    assert result.stopped == "interrupted"
    saved = load_file(path)
    assert all(torch.equal(saved[k], v) for k, v in module.state_dict().items())


def test_progress_prints_a_line_an_epoch_without_a_terminal():
    console = Console(file=io.StringIO(), width=60)
    run([Progress(console)])
    lines = console.file.getvalue().splitlines()
    assert [text.split("  ")[0] for text in lines] == [
        "epoch 1/3",
        "epoch 2/3",
        "epoch 3/3",
    ]
    assert "validation" in lines[0]


def test_progress_says_nothing_of_a_validation_part_that_is_not_there():
    console = Console(file=io.StringIO(), width=60)
    run([Progress(console)], validation=False)
    assert "nan" not in console.file.getvalue()


def test_progress_bar_on_a_terminal():
    for width in (40, 120):
        console = Console(file=io.StringIO(), force_terminal=True, width=width)
        run([Progress(console)])
        assert "3/3" in console.file.getvalue()
