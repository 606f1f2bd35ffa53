"""Examples that are rows of arrays, in memory or on disk."""

from __future__ import annotations

from torch import Tensor

from elman._errors import InputError

from ._digest import digest_of
from ._gather import Array, gather


class Rows:
    """One example a row.

    Parameters
    ----------
    inputs : Tensor, array, or tuple of them
        (N, …) each; the module is called with a batch of each. Of a memory-mapped
        array (`elman.data.to_memmap`, or ``numpy.load`` with ``mmap_mode="r"``) only
        the rows of the batch are read, so that it may be larger than memory. The
        batches and their bits are the same as from memory.
    target : Tensor or array
        (N, …).
    """

    def __init__(self, inputs: Array | tuple[Array, ...], target: Array) -> None:
        self.inputs = inputs if isinstance(inputs, tuple) else (inputs,)
        self.target = target
        for position, array in enumerate(self.inputs):
            if len(array) != len(target):
                raise InputError(
                    f"inputs[{position}] has {len(array)} rows and target "
                    f"{len(target)}; give one target a row"
                )

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.target)

    def take(self, index: Tensor) -> tuple[tuple[Tensor, ...], Tensor]:
        """Return the rows numbered ``index`` of the inputs, and of the target."""
        return (
            tuple(gather(array, index) for array in self.inputs),
            gather(self.target, index),
        )

    def digest(self) -> str:
        """Return what tells these examples from others, for checkpoints."""
        return digest_of(*self.inputs, self.target)
