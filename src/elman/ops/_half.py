"""Half precision on the CPU: 16 bits in memory, 32 in between.

The core computes in float32, and torch's own half-precision products need
instructions that not every processor has. So a call is widened, run, and only its
results are stored in 16 bits: the state between two steps is never rounded.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from ._call import Call, Result, Weights

HALF = (torch.bfloat16, torch.float16)


def stored_in(call: Call) -> torch.dtype | None:
    """Return the dtype of the results of a call to be widened, or None.

    Under autocast it is what torch's own layers return: autocast's dtype, but for
    a GRU the wider of that and the state's, with which its equations end.
    """
    if not computes_in_half(call.x):
        return None
    if torch.is_autocast_enabled("cpu"):
        low = torch.get_autocast_dtype("cpu")
        if call.cell == "gru":
            return torch.promote_types(low, call.state[0].dtype)
        return low
    return call.x.dtype


def run_widened(
    call: Call, dtype: torch.dtype, run: Callable[[Call], Result]
) -> Result:
    """Run a call in float32 and return its results in another dtype.

    Parameters
    ----------
    call : Call
        In any dtypes.
    dtype : torch.dtype
        Of the results.
    run : callable
        What runs the widened call, outside autocast.
    """
    with torch.autocast("cpu", enabled=False):
        wide = call._replace(
            x=call.x.float(),
            state=tuple(s.float() for s in call.state),
            weights=_wide(call),
        )
        y, state, trace = run(wide)
        return Result(
            y.to(dtype),
            tuple(s.to(dtype) for s in state),
            {name: track.to(dtype) for name, track in trace.items()},
        )


def _wide(call: Call) -> Any:
    if call.equations is not None:
        return {name: w.float() for name, w in call.parameters.items()}
    return Weights(*(None if w is None else w.float() for w in call.weights))  # type: ignore[arg-type]


def computes_in_half(x: Tensor) -> bool:
    """Say whether torch's own CPU kernels would compute on x in 16 bits."""
    if x.dtype in HALF:
        return x.is_cpu
    return torch.is_autocast_enabled("cpu") and x.is_cpu and x.dtype != torch.float64
