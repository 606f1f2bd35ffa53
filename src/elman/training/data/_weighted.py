"""Examples that carry weights."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from elman._errors import InputError

from ._digest import digest_of
from ._examples import Examples


class WithWeights:
    """Examples of which some count more than others.

    Their target is ``(target, weights)``, as `Weighted` takes it.

    Parameters
    ----------
    examples : Examples
    weights : Tensor
        (n,): at least 0, finite.

    Raises
    ------
    InputError
        They are not one for each example, or not weights.
    """

    def __init__(self, examples: Examples, weights: Tensor) -> None:
        if weights.shape != (len(examples),):
            raise InputError(
                f"weights must be one for each of the {len(examples)} examples, got "
                f"shape {tuple(weights.shape)}"
            )
        if not (weights.isfinite().all() and (weights >= 0).all()):
            raise InputError("weights must be finite and at least 0")
        self.examples = examples
        self.weights = weights
        lengths = getattr(examples, "lengths", None)
        if isinstance(lengths, Tensor):
            self.lengths = lengths

    def __len__(self) -> int:
        """Return how many examples there are."""
        return len(self.examples)

    def take(self, index: Tensor) -> tuple[tuple[Any, ...], tuple[Any, Tensor]]:
        """Return ``(inputs, (target, weights))`` of the examples ``index``."""
        inputs, target = self.examples.take(index)
        return inputs, (target, self.weights[index])

    def digest(self) -> str:
        """Return what tells these examples from others, for checkpoints."""
        whole = getattr(self.examples, "digest", None)
        known = whole() if callable(whole) else len(self.examples)
        return digest_of(known, self.weights)
