"""Rows of a tensor, an array or a memory-mapped file, the same bits from each."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

Array = Tensor | NDArray


def gather(array: Array, index: Tensor) -> Tensor:
    """Return ``array[index]`` as a tensor of its own, shape index.shape + rest.

    Parameters
    ----------
    array : Tensor or ndarray
        Of a memory-mapped array only the pages with these rows are read.
    index : Tensor
        int64 numbers of rows.
    """
    if isinstance(array, Tensor):
        # Whole rows at a time: several times quicker than array[index].
        rows = array.index_select(0, index.to(array.device).flatten())
        return rows.view(*index.shape, *array.shape[1:])
    return torch.from_numpy(np.ascontiguousarray(array[index.numpy()]))
