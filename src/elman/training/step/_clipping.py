"""Gradients held within bounds: by value, by norm, or by what norms are usual."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable
from typing import Any, Literal

import numpy as np
from torch import Tensor
from torch.nn.utils import clip_grad_value_, clip_grads_with_norm_, get_total_norm

RECENT = 1000
"""Steps whose norms the automatic limit remembers."""


class Clip:
    r"""Bound the gradients of one step, and say how large they were.

    By value first, then by norm:

    .. math::

        g \leftarrow \min(\max(g, -v), v), \qquad
        g \leftarrow g \min(1, c / \lVert g \rVert)

    The automatic limit is a percentile of the norms of the last 1000 steps, this
    one included (AutoClip, Seetharaman et al. 2020, arXiv:2007.14469, which
    remembers all steps; a window follows a run whose gradients shrink).

    Parameters
    ----------
    norm : float, "auto" or None
        c: the greatest Euclidean norm of all gradients together (Pascanu, Mikolov
        and Bengio 2013, arXiv:1211.5063). None: no limit.
    value : float or None
        v: the greatest absolute value of an element. None: no limit.
    percentile : float
        Of the automatic limit, 0 to 100.
    """

    def __init__(
        self,
        norm: float | Literal["auto"] | None = None,
        value: float | None = None,
        percentile: float = 10.0,
    ) -> None:
        self.norm = norm
        self.value = value
        self.percentile = percentile
        self.limit = math.inf
        self.recent: deque[float] = deque(maxlen=RECENT)

    def __call__(self, parameters: Iterable[Tensor]) -> float:
        """Clip in place; return the norm before, NaN or infinite if it is.

        Parameters
        ----------
        parameters : iterable of Tensor
            Those without a gradient are passed over.
        """
        held = [p for p in parameters if p.grad is not None]
        gradients = [p.grad for p in held if p.grad is not None]
        total = get_total_norm(gradients)
        before = float(total)
        if not math.isfinite(before):
            return before
        if self.value is not None:
            clip_grad_value_(held, self.value)
            total = get_total_norm(gradients)
        self.limit = self._limit(float(total))
        if math.isfinite(self.limit):
            clip_grads_with_norm_(held, self.limit, total)
        return before

    def state_dict(self) -> dict[str, Any]:
        """Return the norms the automatic limit is taken from."""
        return {"recent": list(self.recent)}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take up what `state_dict` returned."""
        self.recent = deque(map(float, state["recent"]), maxlen=RECENT)

    def _limit(self, norm: float) -> float:
        if self.norm is None:
            return math.inf
        if self.norm != "auto":
            return float(self.norm)
        if norm > 0:  # a step without gradients is no measure of the others
            self.recent.append(norm)
        if not self.recent:
            return math.inf
        return float(np.percentile(self.recent, self.percentile))
