"""The forecast a network starts from: a mean of the window ridge and local models."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from elman.tasks.forecast.columns._preparation import Preparation
from elman.tasks.forecast.columns._window_table import WindowTable
from elman.tasks.forecast.local import MOST_ROWS, LocalModel

from ._linear import Choice, WindowRidge
from ._local_values import LocalValues, scaled

Array = NDArray[np.float64]
RIDGE = "ridge"


class Blend:
    r"""A weighted mean of a ridge on the window and of local models, for each target.

    .. math:: \hat y_{t+k,j} = w_{0j}\, \text{ridge}_{kj}(\text{window}_t)
              + \sum_i w_{ij}\, \text{local}_{ij}(y_{\le t, j})_k

    The weights are set by `elman.tasks.forecast.linear._choice`; with the
    ridge's all 1, this is the ridge.

    Parameters
    ----------
    ridge : WindowRidge
    preparation : Preparation
        Turns scaled targets, which the ridge sees, into their own units, which the
        local models see.
    local : list of dict
        The local models of each target by name; those with a weight are enough.
    weights : list of dict
        Each target's weights by name, "ridge" among them; they add up to 1.
    """

    def __init__(
        self,
        ridge: WindowRidge,
        preparation: Preparation,
        local: list[dict[str, LocalModel]],
        weights: list[dict[str, float]],
    ) -> None:
        self.ridge = ridge
        self.preparation = preparation
        self.local = [
            {name: model for name, model in models.items() if name in weight}
            for models, weight in zip(local, weights, strict=True)
        ]
        self.shares = weights
        # A baseline of its own, whether or not it has a part; it is not stored.
        self.smoothing = [models.get("smoothing") for models in local]

    @classmethod
    def alone(cls, ridge: WindowRidge, preparation: Preparation) -> Blend:
        """Return the ridge alone."""
        count = len(preparation.targets)
        return cls(ridge, preparation, [{}] * count, [{RIDGE: 1.0}] * count)

    @property
    def context(self) -> int:
        """Steps that the ridge and the network look back."""
        return self.ridge.context

    @property
    def horizon(self) -> int:
        """Steps ahead."""
        return len(self.ridge.weights)

    @property
    def anchor(self) -> str:
        """What the ridge's lags are relative to."""
        return self.ridge.anchor

    @property
    def choice(self) -> Choice:
        """What the folds chose for the ridge."""
        return self.ridge.choice

    @property
    def memory(self) -> int:
        """Rows before an origin that have an influence on its forecast."""
        return max(self.context, MOST_ROWS if any(self.local) else 0)

    @property
    def seasons(self) -> list[int]:
        """Return the season of each target's local models, 1 where they have none."""
        return [
            max(
                (getattr(model.map, "season", 1) for model in models.values()),
                default=1,
            )
            for models in self.local
        ]

    @property
    def is_ridge(self) -> bool:
        """Whether no local model has a part."""
        return not any(self.local)

    def predict(self, table: WindowTable, origins: NDArray[np.int64]) -> Array:
        """Return scaled predictions, (n, H, K); each origin at least the context."""
        shares = np.array([weight.get(RIDGE, 0.0) for weight in self.shares])
        if self.is_ridge:
            return self.ridge.predict(table, origins)
        blended = np.zeros((len(origins), self.horizon, len(shares)))
        if shares.any():
            blended += shares * self.ridge.predict(table, origins)
        values = LocalValues.of(self.preparation, table, self.seasons)
        for j, (models, weight) in enumerate(zip(self.local, self.shares, strict=True)):
            for name, model in models.items():
                part = values.forecast(model, j, origins, self.horizon)
                blended[:, :, j] += weight[name] * scaled(self.preparation, part, j)
        return blended

    def smoothed(self, table: WindowTable, origins: NDArray[np.int64]) -> Array | None:
        """Return the forecasts of exponential smoothing alone, in the targets' units.

        None where a target has none.
        """
        values = LocalValues.of(self.preparation, table, self.seasons)
        parts = [
            values.forecast(model, j, origins, self.horizon)
            for j, model in enumerate(self.smoothing)
            if model is not None
        ]
        return np.stack(parts, -1) if len(parts) == len(self.shares) else None

    def said(self, j: int) -> str:
        """Return the parts of a target's forecast in words, the largest first."""
        parts = sorted(self.shares[j].items(), key=lambda part: -part[1])
        return " + ".join(f"{share:.2f} {name}" for name, share in parts)

    def describe(self) -> dict[str, Any]:
        """Return what `restored` takes, as plain values; the ridge's weights apart."""
        return {
            "anchor": self.ridge.anchor,
            "alpha": self.ridge.alpha,
            "shared": self.ridge.shared,
            "context": self.context,
            "shares": self.shares,
            "local": [
                {name: model.describe() for name, model in models.items()}
                for models in self.local
            ],
        }

    def tensors(self) -> dict[str, Tensor]:
        """Return the ridge's weights as a tensor."""
        return self.ridge.tensors()

    @classmethod
    def restored(
        cls,
        described: dict[str, Any],
        tensors: dict[str, Tensor],
        preparation: Preparation,
    ) -> Blend:
        """Return what `describe` and `tensors` say."""
        ridge = WindowRidge(
            described["context"],
            described["anchor"],
            described["alpha"],
            tensors["linear.weights"].numpy(),
            shared=described.get("shared", False),
        )
        # Runs written before there were local models are the ridge alone.
        if "shares" not in described:
            return cls.alone(ridge, preparation)
        local = [
            {name: LocalModel.described(name, model) for name, model in models.items()}
            for models in described["local"]
        ]
        return cls(ridge, preparation, local, described["shares"])
