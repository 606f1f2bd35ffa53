"""What a fit says of a training that met infinity or NaN."""

from __future__ import annotations

import copy
from typing import Any

from torch import nn

from elman._errors import InputError
from elman.diagnosis import first_nonfinite
from elman.training import TrainingResult


def divergence_report(
    network: nn.Module, loss: Any, result: TrainingResult
) -> dict[str, Any] | None:
    """Return where and why training met a value that is not finite, or None.

    Parameters
    ----------
    network : nn.Module
        Of the same kind as the one trained; not changed.
    loss : callable
        The training's.
    result : TrainingResult

    Returns
    -------
    dict or None
        epoch, step, loss and gradient_norm (as text, as one is not finite), and
        ``finding``, a line that names the first tensor that is not finite.
    """
    found = result.divergence
    if found is None:
        return None
    # Taken again with the weights of that step; a mask of dropout may differ.
    again = copy.deepcopy(network)
    again.load_state_dict(found.weights)
    again.train()
    try:
        first = first_nonfinite(again, found.inputs, found.target, loss)
        finding = str(first) if first else "the step taken again was finite"
    except (InputError, RuntimeError, TypeError, ValueError) as error:
        finding = f"the step could not be taken again ({str(error).splitlines()[0]})"
    return {
        "epoch": found.epoch,
        "step": found.step,
        "loss": str(found.loss),
        "gradient_norm": str(found.gradient_norm),
        "finding": finding,
    }


def divergence_note(report: dict[str, Any] | None) -> list[str]:
    """Return a line for the notes, if there is something to say."""
    if report is None:
        return []
    return [
        f"training stopped at step {report['step']:,} (epoch {report['epoch']}), whose"
        f" loss was {report['loss']} and gradient {report['gradient_norm']}:"
        f" {report['finding']}; the best weights before it were kept. A smaller"
        " learning rate often helps"
    ]
