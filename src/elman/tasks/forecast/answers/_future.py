"""Rows beyond the end of a series, and the tail a saved forecaster keeps."""

from __future__ import annotations

import dataclasses

import numpy as np
import polars as pl
import torch
from torch import Tensor

from elman.data import RegularSeries
from elman.tasks.forecast.columns._preparation import Prepared
from elman.tasks.forecast.columns._window_table import WindowTable

# Parts of a second in which times are stored.
_PER_SECOND = {"s": 1, "ms": 1000, "us": 10**6}


def with_future(series: RegularSeries, rows: int, horizon: int) -> RegularSeries:
    """Return the series with at least ``horizon`` rows after the first ``rows``.

    Rows it lacks are added with every column missing.
    """
    lacking = rows + horizon - len(series.frame)
    if lacking <= 0:
        return series
    empty = series.frame.clear(lacking)
    return dataclasses.replace(
        series,
        frame=pl.concat([series.frame, empty]),
        axis=dataclasses.replace(
            series.axis, values=series.axis.extended(len(series.frame) + lacking)
        ),
    )


class Tail:
    """The last window of a series and its future rows, cut out and stored."""

    _TABLE = ("lags", "truth", "past", "known")

    @classmethod
    def cut(
        cls, data: Prepared, origin: int, context: int, horizon: int
    ) -> tuple[Prepared, int]:
        """Return the rows that a forecast at ``origin`` needs, and its new origin."""
        rows = slice(origin - context, origin + horizon)
        table = WindowTable(*(getattr(data.table, name)[rows] for name in cls._TABLE))
        until = np.clip(data.known_until - rows.start, 0, context + horizon)
        cut = Prepared(
            time=data.time[rows],
            raw=data.raw[rows],
            table=table,
            encoder=data.encoder[rows].clone(),
            decoder=data.decoder[rows].clone(),
            known_until=int(until),
        )
        return cut, context

    @classmethod
    def dump(cls, data: Prepared) -> dict[str, Tensor]:
        """Return the arrays as tensors."""
        dated = np.issubdtype(data.time.dtype, np.datetime64)
        time = data.time
        if dated or not np.issubdtype(time.dtype, np.floating):
            time = time.astype(np.int64)
        unit = np.datetime_data(data.time.dtype)[0] if dated else "s"
        tensors = {
            "tail.time": torch.from_numpy(time),
            "tail.per_second": torch.tensor(_PER_SECOND[unit]),
            "tail.dated": torch.tensor(dated),
            "tail.raw": torch.from_numpy(data.raw),
            "tail.encoder": data.encoder,
            "tail.decoder": data.decoder,
            "tail.known_until": torch.tensor(data.known_until),
        }
        for name in cls._TABLE:
            tensors[f"tail.{name}"] = torch.from_numpy(getattr(data.table, name))
        return tensors

    @classmethod
    def restore(cls, tensors: dict[str, Tensor]) -> Prepared:
        """Return what `dump` described."""
        time = tensors["tail.time"].numpy()
        per = tensors.get("tail.per_second", torch.tensor(1))
        unit = next(u for u, size in _PER_SECOND.items() if size == int(per))
        return Prepared(
            time=time.astype(f"datetime64[{unit}]") if tensors["tail.dated"] else time,
            raw=tensors["tail.raw"].numpy(),
            table=WindowTable(
                *(tensors[f"tail.{name}"].numpy() for name in cls._TABLE)
            ),
            encoder=tensors["tail.encoder"],
            decoder=tensors["tail.decoder"],
            known_until=int(tensors["tail.known_until"]),
        )
