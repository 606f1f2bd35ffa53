"""Pictures as sequences: each row of pixels is a step, or each column."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from elman._errors import InputError

from ._input import as_array


def steps_of_pictures(X: Any, image: str, steps: int | None = None) -> Any:
    """Return X, with pictures as sequences where they are read so.

    Parameters
    ----------
    X : array-like or list
        (n, height, width), or (n, height, width, colours); or so many pictures apart.
    image : {"none", "rows", "columns"}
        ``none`` returns X.
    steps : int, optional
        Rows, or columns, of the pictures that were learned from.

    Returns
    -------
    ndarray
        (n, height, width · colours) of rows, (n, width, height · colours) of columns.

    Raises
    ------
    InputError
        A picture has another form, another size than the first, or another number of
        steps than those that were learned from.
    """
    if image == "none" or (hasattr(X, "__len__") and not len(X)):
        return X
    apart = isinstance(X, list | tuple) or str(getattr(X, "dtype", "")) == "object"
    pictures = [as_array(row, f"X[{i}]") for i, row in enumerate(X)] if apart else None
    if pictures is None:
        whole = as_array(X, "X")
        form = whole.shape[1:]
        _check_form(form, "X[0]")
    else:
        form = pictures[0].shape
        for i, picture in enumerate(pictures):
            _check_form(picture.shape, f"X[{i}]")
            if picture.shape != form:
                raise InputError(
                    f"X[{i}] is a picture of {_size(picture.shape)}, X[0] of"
                    f" {_size(form)}; bring all to one size"
                )
        whole = np.stack(pictures)
    if image == "columns":
        whole = np.swapaxes(whole, 1, 2)
    if steps not in (None, whole.shape[1]):
        raise InputError(
            f"X[0] is a picture of {_size(form)}, which is read by its {image}; those"
            f" that were learned from have {steps} {image}; bring all to one size"
        )
    found: NDArray[Any] = whole.reshape(*whole.shape[:2], -1)
    return found


def _check_form(form: tuple[int, ...], where: str) -> None:
    if len(form) not in (2, 3) or 0 in form:
        raise InputError(
            f"{where} has the shape {form}; with image, a picture is (height, width) or"
            " (height, width, colours)"
        )


def _size(form: tuple[int, ...]) -> str:
    return " × ".join(map(str, form))
