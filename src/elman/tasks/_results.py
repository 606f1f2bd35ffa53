"""What the results of every task hold alike."""

from __future__ import annotations

import platform
from typing import Any

import torch

import elman

from .fit._run import Run


def environment(seed: int, path: str) -> dict[str, Any]:
    """Return versions, threads and the path the recurrent layers took."""
    return {
        "elman": elman.__version__,
        "torch": str(torch.__version__),
        "python": platform.python_version(),
        "threads": torch.get_num_threads(),
        "path": path,
        "command": None,
        "seed": seed,
    }


def training_report(run: Run, network: torch.nn.Module, **more: Any) -> dict[str, Any]:
    """Return the history of a training and how it ended.

    Parameters
    ----------
    run : Run
    network : nn.Module
        The trained one.
    **more
        What the task adds.
    """
    result = run.result
    return {
        "history": result.history,
        "best_epoch": result.best_epoch,
        "stopped": result.stopped,
        "diverged": run.diverged,
        "flow": run.flow,
        "seconds": result.seconds,
        "parameters": parameter_count(network),
        **more,
    }


def parameter_count(network: torch.nn.Module) -> int:
    """Return how many numbers training may change."""
    return sum(p.numel() for p in network.parameters() if p.requires_grad)
