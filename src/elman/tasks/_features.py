"""What scikit-learn calls the features of X: how many, and their names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np


def take_features(estimator: Any, count: int, names: Sequence[str] | None) -> None:
    """Set ``n_features_in_``, and ``feature_names_in_`` where X had names."""
    estimator.n_features_in_ = count
    if names:
        estimator.feature_names_in_ = np.array(list(names), dtype=object)
    elif hasattr(estimator, "feature_names_in_"):
        del estimator.feature_names_in_


def described_features(estimator: Any) -> dict[str, Any]:
    """Return the same as plain values, for a run directory."""
    return {
        "features_in": estimator.n_features_in_,
        "feature_names": list(getattr(estimator, "feature_names_in_", ())) or None,
    }


def restore_features(estimator: Any, fitted: dict[str, Any], count: int | None) -> None:
    """Take up what `described_features` returned; ``count`` where a run has none."""
    found = fitted.get("features_in", count)
    if found is not None:
        take_features(estimator, found, fitted.get("feature_names"))
