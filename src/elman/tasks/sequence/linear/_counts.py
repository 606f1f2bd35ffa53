"""How often short runs of values occur in a sequence of categories."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import sparse
from torch import Tensor

Values = NDArray[np.float32]
Features = NDArray[np.float32]
Keys = NDArray[np.int64]

LONGEST = 5
"""Values in a run, at most."""

_FEWEST = 2
_EDGE = 0
_OWN = 0xD1B54A32D192ED03
_FACTOR = np.uint64(0x9E3779B97F4A7C15)


class CountBlock:
    r"""Runs of one to five values, weighed by how rare they are.

    .. math:: \phi_g = \frac{1}{\lVert\cdot\rVert} \log(1 + n_g)
              \left(1 + \log\frac{1 + N}{1 + N_g}\right)

    for the :math:`n_g` times that the run g occurs in a sequence and the :math:`N_g` of
    N training sequences that have it; each row's squares sum to 1. The edges of a
    sequence are values too, so that beginnings and ends are runs of their own. Of a
    field with several columns, a text, single words count and not their order.

    Parameters
    ----------
    columns : list of int
        How many columns each field takes, in order; they are the last ones.
    keys : ndarray
        int64 (p,), sorted: the runs that count, each by its hash.
    weights : ndarray
        float32 (p,).
    """

    def __init__(self, columns: Sequence[int], keys: Keys, weights: Features) -> None:
        self.columns, self.keys, self.weights = list(columns), keys, weights

    @classmethod
    def drawn(
        cls, sequences: Sequence[Values], columns: Sequence[int], most: int
    ) -> CountBlock:
        """Return the block with the runs that most of these sequences have.

        Parameters
        ----------
        sequences : sequence of ndarray
            (T_i, C), the fields' numbers last.
        columns : sequence of int
        most : int
            Runs, at most.
        """
        row, key = _runs(sequences, columns)
        pairs = np.unique(np.stack([key, row]), axis=1)
        keys, often = np.unique(pairs[0], return_counts=True)
        order = np.argsort(-often, kind="stable")[:most]
        order = np.sort(order[often[order] >= min(_FEWEST, len(sequences))])
        rare = np.log((1 + len(sequences)) / (1 + often[order]))
        return cls(columns, keys[order], (1 + rare).astype(np.float32))

    def __call__(self, sequences: Sequence[Values]) -> Features:
        """Return (n, p)."""
        return np.asarray(self.sparse(sequences).toarray(), np.float32)

    def sparse(self, sequences: Sequence[Values]) -> Any:
        """Return the same as a sparse matrix."""
        row, key = _runs(sequences, self.columns)
        place = np.searchsorted(self.keys, key)
        place = np.minimum(place, max(0, len(self.keys) - 1))
        known = self.keys[place] == key if len(self.keys) else np.zeros(len(key), bool)
        shape = (len(sequences), len(self.keys))
        ones = np.ones(int(known.sum()), np.float32)
        counts = sparse.csr_matrix((ones, (row[known], place[known])), shape=shape)
        counts.data = np.log1p(counts.data)
        weighed = counts.multiply(self.weights[None, :]).tocsr()
        lengths = np.sqrt(np.asarray(weighed.multiply(weighed).sum(1)).ravel())
        scale = 1.0 / np.maximum(lengths, 1e-12)
        return sparse.diags(scale.astype(np.float32)) @ weighed

    def tensors(self) -> dict[str, Tensor]:
        """Return everything, for a file."""
        return {
            "columns": torch.tensor(self.columns, dtype=torch.int64),
            "keys": torch.from_numpy(self.keys.copy()),
            "weights": torch.from_numpy(self.weights.copy()),
        }

    @classmethod
    def from_tensors(cls, tensors: dict[str, Tensor]) -> CountBlock:
        """Return what `tensors` said."""
        columns, keys, weights = (tensors[k] for k in ("columns", "keys", "weights"))
        return cls(columns.tolist(), keys.numpy(), weights.numpy())


def _runs(sequences: Sequence[Values], columns: Sequence[int]) -> tuple[Keys, Keys]:
    """Return sequence and hash of every run there is."""
    rows, keys = [], []
    lengths = np.array([len(s) for s in sequences])
    start = sequences[0].shape[1] - sum(columns)
    for field, count in enumerate(columns):
        part = np.concatenate([s[:, start : start + count] for s in sequences])
        codes = part.astype(np.int64)
        start += count
        if count > 1:
            row = np.repeat(np.arange(len(sequences)), lengths)
            step, word = np.nonzero(codes)
            rows.append(row[step])
            keys.append(_hashed(codes[step, word].astype(np.uint64), field, 1))
            continue
        row, edged = _edged(codes[:, 0] + 1, lengths)
        whole = edged.astype(np.uint64)
        for n in range(1, LONGEST + 1):
            if n > 1:
                ahead = edged[n - 1 :].astype(np.uint64)
                whole = whole[: len(ahead)] * _FACTOR + ahead
            together = row[: len(whole)] == row[n - 1 :]
            if n == 1:
                together = together & (edged != _EDGE)
            rows.append(row[: len(whole)][together])
            keys.append(_hashed(whole[together], field, n))
    return np.concatenate(rows), np.concatenate(keys)


def _edged(codes: Keys, lengths: Keys) -> tuple[Keys, Keys]:
    """Return the sequence of each value, an edge before and behind each sequence."""
    row = np.repeat(np.arange(len(lengths)), lengths + 2)
    found = np.full(len(row), _EDGE, np.int64)
    ends = np.cumsum(lengths + 2)
    inner = np.ones(len(row), bool)
    inner[ends - 1] = False
    inner[ends - lengths - 2] = False
    found[inner] = codes
    return row, found


def _hashed(values: NDArray[np.uint64], field: int, n: int) -> Keys:
    """Return hashes that differ between fields and lengths."""
    own = (64 * field + n) * _OWN % 2**64
    mixed = (values ^ np.uint64(own)) * _FACTOR
    return np.asarray(mixed ^ (mixed >> np.uint64(31))).view(np.int64)
