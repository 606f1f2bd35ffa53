"""Holidays of a country, a part of one, or a stock exchange."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from elman._errors import InputError, did_you_mean

DAY = 86_400
# Fewer teach nothing, and a network meets something new in the forecast.
_FEWEST = 3
_BUSINESS_STEP = 3 * DAY


def check_holidays(value: object) -> str | None:
    """Return which holidays are asked for, as their names with commas, or None.

    Parameters
    ----------
    value : object
        None; a country's code ("DE"), one of its parts ("DE-BY"), an exchange
        ("XNYS"), or several with commas.

    Raises
    ------
    InputError
        The package is not there, or it does not know the name.
    """
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        raise InputError(
            f"holidays must be the code of a country such as 'DE', got {value!r:.60}"
        )
    names = [name.strip().upper() for name in value.split(",") if name.strip()]
    for name in names:
        _days(name, 2024, 2024)
    return ",".join(names) or None


def usable_holidays(
    name: str | None, time: NDArray, step: float, zone: str = ""
) -> tuple[str, list[str]]:
    """Return the holidays that a series can learn from, or "" and why not.

    Parameters
    ----------
    name : str or None
        As `check_holidays` returns it.
    time : ndarray
        (T,): of the training part.
    step : float
        Seconds from one to the next.
    zone : str
        In which the days are counted, for times in UTC.
    """
    if not name:
        return "", []
    if not np.issubdtype(time.dtype, np.datetime64):
        return "", [f"holidays of {name} were left out: the rows have no dates"]
    if step >= _BUSINESS_STEP:
        return "", [f"holidays of {name} were left out: a step is longer than a day"]
    flags = holiday_flags(name, local_times(time, zone))
    seen = len(np.unique(local_times(time, zone).astype("M8[D]")[flags[:, 0] > 0]))
    if seen < _FEWEST:
        return "", [
            f"holidays of {name} were left out: the training part has {seen} of them, "
            f"and at least {_FEWEST} are needed to learn from"
        ]
    return name, [f"holidays of {name}: {seen} of them in the training part"]


def holiday_flags(name: str, time: NDArray) -> NDArray[np.float64]:
    """Return (T, 3): whether each time is on a holiday, the day before, or after one.

    Parameters
    ----------
    name : str
        As `check_holidays` returns it.
    time : ndarray
        (T,), datetime64 on the clocks of the place.
    """
    days = time.astype("M8[D]")
    if not len(days):
        return np.zeros((0, 3))
    years = days[[0, -1]].astype("M8[Y]").astype(np.int64) + 1970
    off = np.unique(
        np.concatenate(
            [
                _days(each, int(years.min()) - 1, int(years.max()) + 1)
                for each in name.split(",")
            ]
        )
    )
    shifts = (days, days + 1, days - 1)
    return np.stack([np.isin(at, off) for at in shifts], 1).astype(np.float64)


def local_times(time: NDArray, zone: str) -> NDArray:
    """Return times in UTC on the clocks of a zone, or as they are without one."""
    if not zone or not np.issubdtype(time.dtype, np.datetime64):
        return time
    import polars as pl

    moments = pl.Series(time.astype("M8[us]")).dt.replace_time_zone("UTC")
    local = moments.dt.convert_time_zone(zone).dt.replace_time_zone(None)
    return np.asarray(local.to_numpy().astype(time.dtype))


@lru_cache(maxsize=64)
def _days(name: str, first: int, last: int) -> NDArray:
    """Return the holidays of the years, datetime64[D]."""
    try:
        import holidays as package
    except ImportError as error:
        raise InputError(
            f"holidays={name!r} needs the package holidays, which is not installed: "
            "pip install 'elman[holidays]'"
        ) from error
    years = range(first, last + 1)
    country, _, part = name.partition("-")
    found: Any
    parts = package.list_supported_countries()
    if country not in parts and country in package.list_supported_financial():
        found = package.financial_holidays(country, years=years)
    else:
        if country not in parts:
            known = [*parts, *package.list_supported_financial()]
            raise InputError(
                f"holidays: {name!r} is no country or exchange that is known"
                f"{did_you_mean(country, known)}; give a code such as DE, US, DE-BY or "
                "XNYS"
            )
        if part and part not in parts[country]:
            shown = ", ".join(parts[country]) or "none"
            raise InputError(
                f"holidays: {country} has no part {part!r}; it has {shown:.200}"
            )
        found = package.country_holidays(country, subdiv=part or None, years=years)
    return np.array(sorted(found), dtype="M8[D]")
