"""What scikit-learn's tools may assume of a forecaster."""

from __future__ import annotations

from typing import Any

from sklearn.utils import RegressorTags, Tags


class RegressorTagged:
    """Says that a forecaster predicts numbers, and takes gaps and categories."""

    def __sklearn_tags__(self) -> Tags:
        """Return the tags: a regressor for several targets, with gaps and texts."""
        above: Any = super()
        tags: Tags = above.__sklearn_tags__()
        tags.estimator_type = "regressor"
        tags.regressor_tags = RegressorTags()
        tags.input_tags.allow_nan = True
        tags.input_tags.string = True
        tags.input_tags.categorical = True
        tags.target_tags.multi_output = True
        tags.target_tags.required = False
        return tags
