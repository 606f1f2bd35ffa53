"""What the results of every task hold alike."""

from __future__ import annotations

import platform
from typing import Any

import torch

import elman
from elman.training import TrainingResult


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


def training_report(
    result: TrainingResult,
    network: torch.nn.Module,
    diverged: dict[str, Any] | None,
    flow: dict[str, Any] | None,
    **more: Any,
) -> dict[str, Any]:
    """Return the history of a training and how it ended.

    Parameters
    ----------
    result : TrainingResult
    network : nn.Module
        The trained one.
    diverged : dict or None
        Where and why it met a value that is not finite.
    flow : dict or None
        The gradient flow as it trained.
    **more
        What the task adds.
    """
    return {
        "history": result.history,
        "best_epoch": result.best_epoch,
        "stopped": result.stopped,
        "diverged": diverged,
        "flow": flow,
        "seconds": result.seconds,
        "parameters": parameter_count(network),
        **more,
    }


def parameter_count(network: torch.nn.Module) -> int:
    """Return how many numbers training may change."""
    return sum(p.numel() for p in network.parameters() if p.requires_grad)
