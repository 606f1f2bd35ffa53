"""What kind of frame an estimator answers with: ``set_output`` of scikit-learn."""

from __future__ import annotations

from typing import Any, Self

import polars as pl
from sklearn import get_config

from elman._errors import InputError, did_you_mean

CONTAINERS = ("default", "pandas", "polars")


def contained(frame: pl.DataFrame, container: str) -> Any:
    """Return a frame in the container asked for.

    Raises
    ------
    InputError
        It is pandas', which is not installed.
    """
    if container != "pandas":
        return frame
    try:
        import pandas as pd
    except ImportError:
        raise InputError(
            "set_output(transform='pandas') needs pandas: pip install pandas, or take"
            " 'polars'"
        ) from None
    columns = {column.name: column.to_numpy() for column in frame.get_columns()}
    return pd.DataFrame(columns)


class WithOutput:
    """Lets ``set_output`` choose the kind of frame that an estimator returns."""

    def set_output(self, *, transform: str | None = None) -> Self:
        """Choose the frames that predictions come in.

        Parameters
        ----------
        transform : {"default", "pandas", "polars"} or None
            ``default`` is Polars, and an array where y came apart from X. None
            leaves the choice as it is; where there is none,
            ``sklearn.set_config(transform_output=…)`` decides.

        Raises
        ------
        InputError
            It is another word.
        """
        if transform is None:
            return self
        if transform not in CONTAINERS:
            raise InputError(
                f"transform must be one of {', '.join(CONTAINERS)}, got {transform!r}"
                f"{did_you_mean(str(transform), CONTAINERS)}"
            )
        # Under scikit-learn's name for it, so that `clone` takes it along.
        self._sklearn_output_config = {"transform": transform}
        return self

    @property
    def _container(self) -> str:
        own: dict[str, str] = getattr(self, "_sklearn_output_config", {})
        chosen: str = own.get("transform") or get_config()["transform_output"]
        return chosen
