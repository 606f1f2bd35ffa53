"""Half precision where it pays and works."""

from __future__ import annotations

import functools
import subprocess
import sys
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch
from torch import Tensor

from elman._errors import InputError

PRECISIONS = ("full", "mixed")

_PROBE = (
    "import torch; a = torch.ones(33, 65, dtype=torch.bfloat16);"
    "torch.nn.functional.linear(a, a); torch.mm(a, a.T)"
)


@functools.cache
def bfloat16_works() -> bool:
    """Return whether this processor multiplies bfloat16 matrices.

    Asked in another process, once: on some processors torch's kernel is an
    illegal instruction, which would end this one.
    """
    probe = subprocess.run(  # noqa: S603  our own interpreter and text
        [sys.executable, "-c", _PROBE], capture_output=True, check=False
    )
    return probe.returncode == 0


class Precision:
    """The number formats of the forward and the backward pass.

    ``mixed`` runs matrix products in half precision (`torch.autocast`) and keeps
    the weights in full: bfloat16 where the device has it; on an older GPU float16
    with a scaled loss.

    Parameters
    ----------
    kind : {"full", "mixed"}
    device : torch.device
        Where the module is.

    Raises
    ------
    InputError
        If it is "mixed" and this processor cannot.
    """

    def __init__(self, kind: str, device: torch.device) -> None:
        self.mixed = kind == "mixed"
        self.device = device
        self.dtype = torch.bfloat16
        if self.mixed and device.type == "cpu" and not bfloat16_works():
            raise InputError(
                "precision='mixed' needs bfloat16 matrix products, which torch cannot "
                "run on this processor; set precision='full'"
            )
        if device.type == "cuda" and not torch.cuda.is_bf16_supported():
            self.dtype = torch.float16
        scaled = self.mixed and self.dtype is torch.float16
        self.scaler = torch.amp.GradScaler(device.type, enabled=scaled)

    def autocast(self) -> AbstractContextManager[Any]:
        """Return the block in which the forward pass runs."""
        if not self.mixed:
            return nullcontext()
        # Weights are narrowed anew in each pass: torch forgets the narrow ones at the
        # end of the outermost block alone, and the caller may have one around us.
        return torch.autocast(self.device.type, self.dtype, cache_enabled=False)

    def backward(self, loss: Tensor) -> None:
        """Run the backward pass, of a scaled loss where float16 needs it."""
        self.scaler.scale(loss).backward()

    def unscale(self, optimizer: torch.optim.Optimizer) -> None:
        """Take the scale out of the gradients."""
        if self.scaler.is_enabled():
            self.scaler.unscale_(optimizer)

    def update(self, optimizer: torch.optim.Optimizer) -> None:
        """Take the optimiser's step, or none where float16 overflowed."""
        self.scaler.step(optimizer)
        self.scaler.update()

    def state_dict(self) -> dict[str, Any]:
        """Return the scale, or nothing where there is none."""
        return dict(self.scaler.state_dict())

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take up what `state_dict` returned."""
        if state:
            self.scaler.load_state_dict(state)
