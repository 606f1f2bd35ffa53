"""From a table to the arrays a forecaster learns from; fitted on training rows."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import polars as pl
import torch
from numpy.typing import NDArray
from torch import Tensor

from elman._errors import InputError
from elman.data import RegularSeries
from elman.tasks._scaling import ClippedScaler
from elman.tasks.forecast.columns._window_table import WindowTable

from ._calendar import Calendar
from ._columns import Column, encode, encoded_names, is_switch, unseen
from ._holidays import usable_holidays
from ._target_kind import bounded_by_zero
from ._transform import Transform
from ._wild import counted_missing, outside, typical

_MOST_SWITCHES = 4


@dataclass(frozen=True)
class Prepared:
    """A series as arrays, one row a time step.

    Attributes
    ----------
    time : ndarray
        (T,), datetime64[s] or int64.
    raw : ndarray
        (T, K): the targets in their own units, NaN where missing.
    table : WindowTable
        What the linear model sees.
    encoder, decoder : Tensor
        float32, (T, Ce) and (T, Cd): what the network sees of the past and of
        the future.
    known_until : int
        Rows before this one have all their known covariates.
    """

    time: NDArray
    raw: NDArray[np.float64]
    table: WindowTable
    encoder: Tensor
    decoder: Tensor
    known_until: int

    def without(self, left_out: NDArray[np.bool_]) -> Prepared:
        """Return the same with some targets (T, K) unknown to who learns."""
        truth = np.where(left_out, np.nan, self.table.truth)
        return replace(self, table=replace(self.table, truth=truth))


class Preparation:
    """Column roles, encodings and scales, learned from the training rows.

    Parameters
    ----------
    targets : list of str
    known, past : list of Column
    transforms : list of Transform
        One a target.
    calendar : Calendar
    scalers : dict
        "target", "known" and "past", each a ClippedScaler.
    flags : dict
        "target", "known" and "past": which columns carry a missing flag.
    switches : list of int
        Positions among the encoded known columns that are 0 or 1.
    season : int
        Over which past covariates are averaged.
    floors : list of bool
        Which targets cannot be negative.
    """

    def __init__(
        self,
        targets: list[str],
        known: list[Column],
        past: list[Column],
        transforms: list[Transform],
        calendar: Calendar,
        scalers: dict[str, ClippedScaler],
        flags: dict[str, list[bool]],
        switches: list[int],
        season: int,
        floors: list[bool],
    ) -> None:
        self.targets = targets
        self.known = known
        self.past = past
        self.transforms = transforms
        self.calendar = calendar
        self.scalers = scalers
        self.flags = flags
        self.switches = switches
        self.season = season
        self.floors = floors

    @classmethod
    def fit(
        cls,
        series: RegularSeries,
        end: int,
        targets: list[str],
        known: list[Column],
        past: list[Column],
        scale: str,
        season: int,
        means: list[bool],
        holidays: str | None = None,
    ) -> tuple[Preparation, list[str]]:
        """Learn from rows before ``end``; return the preparation and its notes.

        Targets whose mean is forecast, see ``means``, keep their own scale unless
        another is asked for: the mean of a square root is not that of the number.
        """
        frame = series.frame[:end]
        raw = target_values(frame, targets)
        usual = typical(raw)
        transforms = [
            Transform.choose("none" if mean and scale == "auto" else scale, column)
            for column, mean in zip(usual.T, means, strict=True)
        ]
        values = {
            "target": _transformed(raw, transforms),
            "known": encode(frame, known),
            "past": encode(frame, past),
        }
        scalers = {role: ClippedScaler.fit(v) for role, v in values.items()}
        switches = [j for j, v in enumerate(values["known"].T) if is_switch(v)]
        for j in switches:
            # A switch stays 0 or 1, so that it can turn other features on.
            scalers["known"].mean[j], scalers["known"].scale[j] = 0.0, 1.0
        notes = [
            note
            for role, columns in (("known", known), ("past", past))
            for note in scalers[role].clipped(values[role], encoded_names(columns))
        ]
        flags = {
            role: [bool(np.isnan(c).any()) for c in v.T] for role, v in values.items()
        }
        missing = [
            f"{targets[j]}: {int(np.isnan(raw[:, j]).sum()):,} of {end:,} training "
            "values are missing; carried forward as input, left out of the loss"
            for j in range(len(targets))
            if np.isnan(raw[:, j]).any()
        ]
        time, axis = series.time[:end], series.axis
        chosen, told = usable_holidays(holidays, time, axis.step, axis.zone)
        calendar = Calendar.of(time, float(axis.clock), axis.zone, chosen)
        preparation = cls(
            targets,
            known,
            past,
            transforms,
            calendar,
            scalers,
            flags,
            switches[:_MOST_SWITCHES],
            season,
            [bounded_by_zero(column) for column in usual.T],
        )
        return preparation, missing + notes + told

    def apply(self, series: RegularSeries) -> Prepared:
        """Return the arrays of a series with the same columns."""
        frame = series.frame
        raw = target_values(frame, self.targets)
        known, past = encode(frame, self.known), encode(frame, self.past)
        return self.prepared(series.time, raw, known, past)

    def prepared(
        self,
        time: NDArray,
        raw: NDArray[np.float64],
        known_raw: NDArray[np.float64],
        past_raw: NDArray[np.float64],
    ) -> Prepared:
        """Return the arrays of targets and encoded covariates, a row a step."""
        scaler = self.scalers["target"]
        values = _transformed(raw, self.transforms)
        useless = self.no_input(raw)
        truth = (values - scaler.mean) / scaler.scale
        target = _forward_filled(np.where(useless, np.nan, truth))
        gone = np.isnan(values) | useless
        target_flags = gone[:, self.flags["target"]].astype(np.float64)
        known, known_flags = self._fill("known", known_raw)
        past, past_flags = self._fill("past", past_raw)
        smooth = self.calendar.smooth(time)
        categories = self.calendar.categories(time, known[:, self.switches])
        table = WindowTable(
            lags=target,
            truth=truth,
            past=_summaries(np.concatenate([past, past_flags], 1), self.season),
            known=np.concatenate([known, known_flags, categories], 1),
        )
        encoder = [target, target_flags, past, past_flags, known, known_flags, smooth]
        decoder = [known, known_flags, smooth]
        return Prepared(
            time=time,
            raw=raw,
            table=table,
            encoder=torch.from_numpy(np.concatenate(encoder, 1).astype(np.float32)),
            decoder=torch.from_numpy(np.concatenate(decoder, 1).astype(np.float32)),
            known_until=_known_until(known_raw),
        )

    def forward(self, raw: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return (…, K) targets in their own units as scaled ones."""
        values = _transformed(raw.reshape(-1, raw.shape[-1]), self.transforms)
        scaler = self.scalers["target"]
        return ((values - scaler.mean) / scaler.scale).reshape(raw.shape)

    def inverse(self, scaled: NDArray[np.floating]) -> NDArray[np.float64]:
        """Return (…, K) scaled targets in their own units, none below its floor."""
        values = self.scalers["target"].inverse(scaled)
        columns = [
            transform.inverse(values[..., j])
            for j, transform in enumerate(self.transforms)
        ]
        floor = np.where(self.floors, 0.0, -np.inf)
        return np.maximum(np.stack(columns, -1), floor)

    def wild(self, raw: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Return (T, K): the targets, in their own units, beyond their bounds."""
        scaler = self.scalers["target"]
        values = _transformed(raw, self.transforms)
        # What the transform is not made for is NaN now.
        invalid = np.isnan(values) & ~np.isnan(raw)
        return outside(values, scaler.low, scaler.high) | invalid

    def no_input(self, raw: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Return (T, K): the wild targets that are glitches, no other level."""
        scaler = self.scalers["target"]
        values = _transformed(raw, self.transforms)
        invalid = np.isnan(values) & ~np.isnan(raw)
        return counted_missing(values, scaler.low, scaler.high) | invalid

    def left_out(self, raw: NDArray[np.float64], wild: NDArray[np.bool_]) -> list[str]:
        """Return a line for each target with training values that are left out."""
        notes = []
        for j, name in enumerate(self.targets):
            if wild[:, j].any():
                beyond = raw[wild[:, j], j]
                known = int((~np.isnan(raw[:, j])).sum())
                notes.append(
                    f"{name}: left out {len(beyond):,} of {known:,} training values, "
                    f"outside {self.range_of(j)}; the farthest was "
                    f"{beyond[np.abs(beyond).argmax()]:.6g}"
                )
        return notes

    def range_of(self, j: int) -> str:
        """Return what a target's values lie within, in its own units."""
        transform, scaler = self.transforms[j], self.scalers["target"]
        low, high = transform.inverse(np.array([scaler.low[j], scaler.high[j]]))
        return f"[{low:.4g}, {high:.4g}]"

    def later(self, frame: pl.DataFrame, what: str) -> list[str]:
        """Return notes on covariates of later rows that training knew nothing of."""
        notes = []
        for role, columns in (("known", self.known), ("past", self.past)):
            values = encode(frame, columns)
            notes += self.scalers[role].clipped(values, encoded_names(columns))
            notes += unseen(frame, columns)
        return [f"{note} ({what})" for note in notes]

    def unlike(self, frame: pl.DataFrame, raw: NDArray[np.float64]) -> list[str]:
        """Return what in the rows of a forecast is unlike the training part."""
        wild, notes = self.wild(raw), []
        for j, name in enumerate(self.targets):
            if wild[:, j].any():
                notes.append(
                    f"{name}: {int(wild[:, j].sum())} of the values that the forecast "
                    f"is made from lie outside {self.range_of(j)}, where the training "
                    "part was; the first two in a row count as missing"
                )
        return notes + self.later(frame, "in the rows the forecast is made from")

    def never_negative(self) -> list[str]:
        """Return the targets whose forecasts are never below 0."""
        even = [transform is not Transform.NONE for transform in self.transforms]
        return [
            name
            for name, floor, root in zip(self.targets, self.floors, even, strict=True)
            if floor or root
        ]

    def describe(self) -> dict[str, Any]:
        """Return everything but the scalers as plain values."""
        return {
            "targets": self.targets,
            "known": [column.describe() for column in self.known],
            "past": [column.describe() for column in self.past],
            "transforms": [transform.value for transform in self.transforms],
            "calendar": asdict(self.calendar),
            "flags": self.flags,
            "switches": self.switches,
            "season": self.season,
            "floors": self.floors,
        }

    @classmethod
    def from_description(
        cls, described: dict[str, Any], tensors: dict[str, Tensor]
    ) -> Preparation:
        """Return what `describe` and the scalers' tensors say."""
        return cls(
            targets=described["targets"],
            known=[Column(**c) for c in described["known"]],
            past=[Column(**c) for c in described["past"]],
            transforms=[Transform(t) for t in described["transforms"]],
            calendar=Calendar(**described["calendar"]),
            scalers={
                role: ClippedScaler.from_tensors(f"scaler.{role}", tensors)
                for role in ("target", "known", "past")
            },
            flags=described["flags"],
            switches=described["switches"],
            season=described["season"],
            # Runs written before there were floors have none.
            floors=described.get("floors", [False] * len(described["targets"])),
        )

    def tensors(self) -> dict[str, Tensor]:
        """Return the scalers as tensors."""
        return {
            name: tensor
            for role, scaler in self.scalers.items()
            for name, tensor in scaler.tensors(f"scaler.{role}").items()
        }

    def _fill(
        self, role: str, values: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return scaled values without gaps, and the flags of the gaps."""
        flagged = np.array(self.flags[role], dtype=bool)
        missing = np.isnan(values)[:, flagged].astype(np.float64)
        return _forward_filled(self.scalers[role].transform(values)), missing


def target_values(frame: pl.DataFrame, targets: list[str]) -> NDArray[np.float64]:
    """Return (T, K): the targets in their own units, NaN where missing."""
    if not targets:
        raise InputError("target is empty; name the column to forecast")
    return np.stack(
        [frame[t].cast(pl.Float64).fill_null(np.nan).to_numpy() for t in targets], 1
    )


def _transformed(
    raw: NDArray[np.float64], transforms: list[Transform]
) -> NDArray[np.float64]:
    """Return (T, K): NaN too where a value is not in its transform's domain."""
    columns = [
        np.where(raw[:, j] < 0, np.nan, t.forward(raw[:, j]))
        if t is not Transform.NONE
        else raw[:, j]
        for j, t in enumerate(transforms)
    ]
    return np.stack(columns, 1)


def _forward_filled(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Carry the last value forward; before the first, the column's mean, 0."""
    last = np.where(np.isnan(values), -1, np.arange(len(values))[:, None])
    last = np.maximum.accumulate(last, axis=0) if len(values) else last
    filled = np.take_along_axis(values, np.maximum(last, 0), 0)
    return np.where(last < 0, 0.0, filled)


def _summaries(past: NDArray[np.float64], season: int) -> NDArray[np.float64]:
    """Return at each row its value and the means of the last 6 steps and season.

    Row t holds what is known at the end of step t.
    """
    sums = np.concatenate([np.zeros((1, past.shape[1])), np.cumsum(past, 0)])
    columns = [past]
    for width in sorted({6, max(season, 2)}):
        stop = np.arange(1, len(past) + 1)
        start = np.maximum(stop - width, 0)
        columns.append((sums[stop] - sums[start]) / (stop - start)[:, None])
    return np.concatenate(columns, 1)


def _known_until(known: NDArray[np.float64]) -> int:
    """Return the number of rows up to the last with any known covariate."""
    if not known.shape[1]:
        return np.iinfo(np.int64).max
    given = np.flatnonzero(~np.isnan(known).all(1))
    return int(given[-1]) + 1 if len(given) else 0
