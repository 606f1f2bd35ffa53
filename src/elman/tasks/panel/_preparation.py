"""What is learned of the columns of many series, and their arrays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
import torch
from numpy.typing import NDArray
from torch import Tensor

from elman.data import Panel, numeric_column
from elman.tasks._scaling import ClippedScaler
from elman.tasks.forecast.columns._calendar import Calendar
from elman.tasks.forecast.columns._columns import (
    Column,
    encode,
    encoded_names,
    is_switch,
    unseen,
)
from elman.tasks.forecast.columns._holidays import usable_holidays

from ._roles import PanelRoles
from ._series import Array, Rows, SeriesSet, carried
from ._space import Space

ROLES = ("known", "past", "static")


@dataclass
class PanelPreparation:
    """Column roles, scales and calendar, learned from the training rows.

    Attributes
    ----------
    target : str
    roles : PanelRoles
    space : Space
    seasons : list of int
        Those that the series have, the commonest first; empty where none shows.
    calendar : Calendar
    scalers : dict
        Of the known, past and static columns.
    floor : bool
        Whether forecasts are never below 0.
    """

    target: str
    roles: PanelRoles
    space: Space
    seasons: list[int]
    calendar: Calendar
    scalers: dict[str, ClippedScaler]
    floor: bool

    @property
    def season(self) -> int:
        """The commonest season, or 1."""
        return self.seasons[0] if self.seasons else 1

    @property
    def columns(self) -> list[Column]:
        """Every covariate."""
        return [*self.roles.known, *self.roles.past, *self.roles.static]

    @classmethod
    def fit(
        cls,
        panel: Panel,
        training: NDArray[np.bool_],
        target: str,
        roles: PanelRoles,
        space: Space,
        seasons: list[int],
        *,
        floor: bool,
        holidays: str | None = None,
    ) -> tuple[PanelPreparation, list[str]]:
        """Learn from the training rows; return the preparation and notes."""
        frame, notes = panel.frame.filter(pl.Series(training)), []
        scalers = {}
        for role in ROLES:
            columns = getattr(roles, role)
            values = encode(frame, columns)
            scaler = ClippedScaler.fit(values)
            for j, column in enumerate(values.T):
                if is_switch(column):
                    scaler.mean[j], scaler.scale[j] = 0.0, 1.0
            notes += scaler.clipped(values, encoded_names(columns))
            scalers[role] = scaler
        time = np.sort(panel.time[training])
        axis = panel.axis
        chosen, told = usable_holidays(holidays, time, axis.step, axis.zone)
        notes += told
        calendar = Calendar.of(time, float(axis.clock), axis.zone, chosen)
        return cls(target, roles, space, seasons, calendar, scalers, floor), notes

    def apply(self, panel: Panel, stops: Rows) -> SeriesSet:
        """Return the arrays of a panel whose series all have their future rows.

        Parameters
        ----------
        panel : Panel
        stops : ndarray
            (S,): one past each series' last observed step, from its first.
        """
        raw = target_of(panel, self.target)
        gone = np.isnan(raw)[:, None].astype(np.float64)
        parts = {
            role: self._filled(panel, role, getattr(self.roles, role)) for role in ROLES
        }
        smooth = self.calendar.smooth(panel.time)
        known = np.concatenate([parts["known"], smooth], 1)
        past = np.concatenate(
            [_averaged(parts["past"], panel.starts), parts["static"]], 1
        )
        encoder = [gone, parts["past"], known, parts["static"]]
        decoder = [known, parts["static"]]
        return SeriesSet(
            starts=panel.starts,
            stops=panel.starts[:-1] + stops,
            time=panel.time,
            raw=raw,
            space=self.space,
            season=self.season,
            known=known,
            past=past,
            encoder=_tensor(encoder),
            decoder=_tensor(decoder),
        )

    def known_until(self, panel: Panel) -> Rows:
        """Return (S,): the steps of each series up to its last known covariate."""
        if not self.roles.known:
            return np.full(len(panel), np.iinfo(np.int64).max)
        seen = np.isfinite(encode(panel.frame, self.roles.known))
        given = np.asarray(seen.any(1))
        rows = np.where(given, np.arange(len(given)), -1)
        last = np.maximum.reduceat(rows, panel.starts[:-1])
        return np.maximum(last - panel.starts[:-1] + 1, 0)

    def unlike(self, panel: Panel, what: str) -> list[str]:
        """Return notes on covariates that training knew nothing of."""
        notes = []
        for role in ROLES:
            columns = getattr(self.roles, role)
            values = encode(panel.frame, columns)
            notes += self.scalers[role].clipped(values, encoded_names(columns))
            notes += unseen(panel.frame, columns)
        return [f"{note} ({what})" for note in notes]

    def inverse(self, evened: Array) -> Array:
        """Return values of `space` in the target's own unit, none below its floor."""
        values = self.space.inverse(evened)
        return np.maximum(values, 0.0) if self.floor else values

    def describe(self) -> dict[str, Any]:
        """Return everything but the scalers as plain values."""
        return {
            "target": self.target,
            "targets": [self.target],
            **{
                role: [column.describe() for column in getattr(self.roles, role)]
                for role in ROLES
            },
            "space": self.space.value,
            "seasons": self.seasons,
            "calendar": vars(self.calendar),
            "floor": self.floor,
        }

    @classmethod
    def from_description(
        cls, described: dict[str, Any], tensors: dict[str, Tensor]
    ) -> PanelPreparation:
        """Return what `describe` and the scalers' tensors say."""
        return cls(
            described["target"],
            PanelRoles(*([Column(**c) for c in described[role]] for role in ROLES)),
            Space(described["space"]),
            described["seasons"],
            Calendar(**described["calendar"]),
            {
                role: ClippedScaler.from_tensors(f"scaler.{role}", tensors)
                for role in ROLES
            },
            described["floor"],
        )

    def tensors(self) -> dict[str, Tensor]:
        """Return the scalers as tensors."""
        return {
            name: tensor
            for role, scaler in self.scalers.items()
            for name, tensor in scaler.tensors(f"scaler.{role}").items()
        }

    def _filled(self, panel: Panel, role: str, columns: list[Column]) -> Array:
        values = self.scalers[role].transform(encode(panel.frame, columns))
        if not values.shape[1]:
            return values
        filled = [carried(column, panel.starts) for column in values.T]
        return np.stack(filled, 1)


def target_of(panel: Panel, target: str, source: object = None) -> Array:
    """Return (T,): the target, NaN where missing."""
    return numeric_column(panel.frame, target, source, rows=panel.rows)


def _averaged(past: Array, starts: Rows) -> Array:
    """Return at each row its value and the mean of the last 6 steps of its series."""
    if not past.shape[1]:
        return past
    sums = np.concatenate([np.zeros((1, past.shape[1])), np.cumsum(past, 0)])
    stop = np.arange(1, len(past) + 1)
    first = np.maximum(stop - 6, np.repeat(starts[:-1], np.diff(starts)))
    mean = (sums[stop] - sums[first]) / (stop - first)[:, None]
    return np.concatenate([past, mean], 1)


def _tensor(parts: list[Array]) -> Tensor:
    return torch.from_numpy(np.concatenate(parts, 1).astype(np.float32))
