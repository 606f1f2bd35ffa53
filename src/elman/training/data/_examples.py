"""Examples addressed by number, so that a batch is one gather, not a Python loop."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor

from ._digest import digest_of


class Examples(Protocol):
    """Anything that can hand out a batch of training examples by number."""

    def __len__(self) -> int:
        """Return how many examples there are."""
        ...

    def take(self, index: Tensor) -> tuple[tuple[Any, ...], Any]:
        """Return ``(inputs, target)`` for int64 numbers ``index`` of shape (B,).

        The module is called as ``module(*inputs)`` and the loss as
        ``loss(output, target)``.
        """
        ...


class Subset:
    """Some of the examples of another collection.

    Parameters
    ----------
    examples : Examples
        The whole.
    index : Tensor
        int64, shape (n,): which of them, in this order.
    """

    def __init__(self, examples: Examples, index: Tensor) -> None:
        self.examples = examples
        self.index = index
        lengths = getattr(examples, "lengths", None)
        if isinstance(lengths, Tensor):
            self.lengths = lengths[index]

    def __len__(self) -> int:
        """Return how many examples were chosen."""
        return len(self.index)

    def take(self, index: Tensor) -> tuple[tuple[Any, ...], Any]:
        """Return the batch of the chosen examples numbered ``index``."""
        return self.examples.take(self.index[index])

    def digest(self) -> str:
        """Return what tells these examples from others, for checkpoints."""
        whole = getattr(self.examples, "digest", None)
        known = whole() if callable(whole) else len(self.examples)
        return digest_of(known, self.index)


class RaggedSequences:
    """Sequences of different lengths, held end to end in one tensor.

    Parameters
    ----------
    sequences : sequence of ndarray
        Each (T_i, C); T_i may differ, C may not.
    targets : Tensor or None
        (n, …): one target a sequence; or, with ``per_step``, the targets of
        all steps end to end, (ΣT_i, …). None when only predicting.
    per_step : bool
        Whether each step has a target of its own.

    Notes
    -----
    A batch is padded to its own longest sequence: inputs are
    ``(values (B, T, C), lengths (B,))``, and a per-step target is (B, T, …)
    with NaN beyond each length.
    """

    def __init__(
        self,
        sequences: Sequence[np.ndarray],
        targets: Tensor | None = None,
        *,
        per_step: bool = False,
    ) -> None:
        self.lengths = torch.tensor([len(s) for s in sequences], dtype=torch.int64)
        self.starts = torch.cumsum(self.lengths, 0) - self.lengths
        self.values = torch.from_numpy(
            np.ascontiguousarray(np.concatenate(sequences), dtype=np.float32)
        )
        self.targets = targets
        self.per_step = per_step

    def __len__(self) -> int:
        """Return the number of sequences."""
        return len(self.lengths)

    def take(self, index: Tensor) -> tuple[tuple[Tensor, Tensor], Tensor | None]:
        """Return ``((values, lengths), target)`` of the sequences ``index``."""
        lengths = self.lengths[index]
        steps = torch.arange(int(lengths.max()) if len(index) else 0)
        valid = steps < lengths[:, None]
        rows = torch.where(valid, self.starts[index][:, None] + steps, 0)
        beyond = ~valid
        # Whole rows at a time: several times quicker than values[rows].
        values = self.values.index_select(0, rows.flatten())
        values.index_fill_(0, beyond.flatten().nonzero().flatten(), 0.0)
        values = values.view(*rows.shape, self.values.shape[1])
        if self.targets is None:
            return (values, lengths), None
        if not self.per_step:
            return (values, lengths), self.targets[index]
        target = self.targets[rows]
        beyond = beyond.reshape(valid.shape + (1,) * (target.ndim - 2))
        return (values, lengths), target.masked_fill(beyond, float("nan"))

    def digest(self) -> str:
        """Return what tells these examples from others, for checkpoints."""
        return digest_of(self.values, self.lengths, self.targets, self.per_step)
