"""A module's outputs as functions of the values of its input."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from elman._errors import InputError
from elman.attribution import Array, ModuleFunction, shuffled

from ._asked import Asked, Question
from ._baselines import Wanted

MOST_OUTPUTS = 50
"""So many outputs are explained at once; of more one has to be chosen."""


def question_of_module(
    module: nn.Module,
    X: Any,
    *,
    wanted: Wanted,
    output: Any = None,
    step: int | None = None,
    names: Sequence[str] | None = None,
    forward: Callable[[nn.Module, Tensor], Tensor] | None = None,
) -> Question:
    """Return what a module was asked.

    Parameters
    ----------
    module : nn.Module
        Called as ``module(x)`` with x (n, T, C), in evaluation mode.
    X : Tensor or ndarray
        (n, T, C).
    wanted : Wanted
        "mean" is that of X over all its cases and steps.
    output : int or None
        Which of the outputs; all of them if None.
    step : int or None
        Which step's, of outputs (n, T, K); the last if None.
    names : sequence of str, optional
        What the cases are called.
    forward : callable, optional
        ``forward(module, x)`` for a call of another form; returns (n, K), (n, T, K) or
        (n,).

    Raises
    ------
    InputError
        X or what the module returns has another shape; there is no such output.
    """
    inputs = np.asarray(X.detach().cpu() if isinstance(X, Tensor) else X, np.float64)
    if inputs.ndim != 3 or 0 in inputs.shape:
        raise InputError(
            f"X has shape {inputs.shape}; a module is explained on (cases, steps,"
            " channels), none of them 0"
        )
    if not np.isfinite(inputs).all():
        raise InputError("X holds values that are not finite")
    at = -1 if step is None else step

    def outputs_of(module: nn.Module) -> Callable[[Tensor], Tensor]:
        def run(values: Tensor) -> Tensor:
            found = module(values) if forward is None else forward(module, values)
            # Recurrent layers return their outputs first, then their states.
            found = found[0] if isinstance(found, tuple) else found
            if not isinstance(found, Tensor) or len(found) != len(values):
                what = (
                    f"of shape {tuple(found.shape)}"
                    if isinstance(found, Tensor)
                    else f"a {type(found).__name__}"
                )
                raise InputError(
                    f"the module returned {what} for {len(values)} cases, no row for"
                    " each; give forward=lambda module, x: … that returns (n, K)"
                )
            if found.ndim == 3:
                if not -found.shape[1] <= at < found.shape[1]:
                    raise InputError(
                        f"step={step} is not one of the {found.shape[1]} steps"
                    )
                found = found[:, at]
            found = found.reshape(len(found), -1)
            return found if output is None else found[:, [output]]

        return run

    with torch.no_grad():
        probe = ModuleFunction(module, outputs_of(module))
        try:
            width = probe(inputs[:1]).shape[1]
        except IndexError:
            raise InputError(f"output={output!r} is none of the module's") from None
    if width > MOST_OUTPUTS:
        raise InputError(
            f"the module has {width} outputs; choose one: output=0 to {width - 1}"
        )
    called = list(names) if names is not None else [str(i) for i in range(len(inputs))]
    columns = range(width) if output is None else [output]
    outputs = [f"output {k}" for k in columns]
    if wanted.background is not None:
        wanted = wanted.taking(list(np.asarray(wanted.background, np.float64)))
    baseline = _baseline(inputs, wanted)

    def question(module: nn.Module) -> Question:
        function = ModuleFunction(module, outputs_of(module))

        def asked(name: str, values: Array) -> Asked:
            predicted = ", ".join(f"{v:.4g}" for v in function(values[None])[0])
            return Asked(
                name,
                values,
                baseline,
                function,
                outputs,
                "units of the output",
                predicted,
                function.gradient,
                lambda inputs: inputs,
                lambda values: values,
            )

        return Question(
            type(module).__name__,
            [f"channel {i}" for i in range(inputs.shape[2])],
            [[i] for i in range(inputs.shape[2])],
            [asked(n, v) for n, v in zip(called, inputs, strict=True)],
            "each channel's mean over the cases given"
            if wanted.kind == "mean"
            else wanted.words,
            shuffled=lambda seed: question(shuffled(module, seed)),
        )

    return question(module)


def _baseline(inputs: Array, wanted: Wanted) -> Array:
    if wanted.kind == "background":
        found = np.stack(wanted.background)
        if found.shape[1:] != inputs.shape[1:]:
            raise InputError(
                f"background has shape {found.shape}; its cases have to be of"
                f" {inputs.shape[1:]} as those of X"
            )
        return found
    if wanted.values is not None:
        if wanted.values.shape not in (inputs.shape[2:], inputs.shape[1:]):
            raise InputError(
                f"baseline has shape {wanted.values.shape}; give {inputs.shape[2:]} or"
                f" {inputs.shape[1:]}"
            )
        return wanted.values
    if wanted.kind == "zero":
        return np.zeros(inputs.shape[2])
    return np.asarray(inputs.mean((0, 1)))
