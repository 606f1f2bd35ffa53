"""The examination: record, judge, prescribe."""

from __future__ import annotations

from typing import Any

from torch import nn

from elman._errors import InputError

from ._judge import findings_of, headline_of, verdict_of
from ._measure import Loss, measure
from ._needed import needed_from_lengths
from ._prescribe import prescribe
from ._results import Diagnosis, Remedy


def diagnose(
    model: nn.Module,
    inputs: Any,
    targets: Any,
    loss: Loss,
    *,
    needed: int | None = None,
    needed_source: str | None = None,
    max_lag: int | None = None,
    remedies: bool = True,
) -> Diagnosis:
    """Measure how far a model's gradients reach back in time, before training.

    Runs the model on the batch with every recurrent layer unrolled, so that the
    gradient with respect to every state is exact, and restores it untouched. The
    horizon is the smallest lag k at which A(k) = E_b ‖∂ℓ/∂s_{T−k}‖ falls below
    A(0)/1000, where ℓ is a loss at a row's last step (`lag_curve`). It is compared
    with the steps the data need. The model is measured in the mode it is in, so
    dropout acts if it trains. Of a batch first batch larger than 64 rows, 64 evenly
    spread rows are used.

    Parameters
    ----------
    model : Module
        Containing RNN, GRU or LSTM layers of elman or torch.nn, at any depth.
    inputs : Tensor, PackedSequence or tuple
        Passed as ``model(inputs)``, or ``model(*inputs)`` for a tuple.
    targets : Any
        Passed to the loss.
    loss : callable
        ``loss(output, targets)`` returns a scalar tensor.
    needed : int, optional
        Steps the data need, such as `needed_horizon` finds; the median length of
        the sequences if not given.
    needed_source : str, optional
        How that is known, in words.
    max_lag : int, optional
        Longest lag of the lag curve; the whole sequence if not given.
    remedies : bool
        Whether to try the initialisations of `elman.init` when the verdict is bad.

    Returns
    -------
    Diagnosis

    Raises
    ------
    InputError
        If the model has no recurrent layer, the loss is no scalar, or a number is
        out of range.

    Examples
    --------
    >>> import torch
    >>> from elman import diagnose
    >>> class Last(torch.nn.Module):
    ...     def __init__(self):
    ...         super().__init__()
    ...         self.rnn = torch.nn.GRU(1, 32, batch_first=True)
    ...     def forward(self, x):
    ...         return self.rnn(x)[0][:, -1, :1]
    >>> x, y = torch.randn(8, 100, 1), torch.randn(8, 1)
    >>> diagnose(Last(), x, y, torch.nn.functional.mse_loss).verdict
    'vanishing'
    """
    for name, value in (("needed", needed), ("max_lag", max_lag)):
        if value is not None and not value >= 1:
            raise InputError(f"{name}: got {value}; give a number of steps, 1 or more")
    seen = measure(model, inputs, targets, loss, max_lag=max_lag)
    if needed is None:
        need = needed_from_lengths(seen.lengths)
        needed, needed_source = need.steps, needed_source or need.source
    needed = int(needed)
    head = headline_of(seen.profiles)
    verdict = verdict_of(seen.profiles, needed)
    best: str | None = None
    tried: list[Remedy] = []
    if remedies and verdict != "healthy":
        best, tried = prescribe(
            model, inputs, targets, loss, needed, max_lag=max_lag, horizon=head.horizon
        )
    return Diagnosis(
        verdict=verdict,
        horizon=head.horizon,
        needed=needed,
        needed_source=needed_source or "given",
        headline=head.name,
        profile=seen.profiles,
        lyapunov=seen.exponents,
        saturation=seen.used,
        findings=findings_of(
            seen.profiles, seen.exponents, seen.used, needed, seen.loss, tried, best
        ),
        remedies=tried,
        best=best,
        loss=seen.loss,
        rows=seen.rows,
    )
