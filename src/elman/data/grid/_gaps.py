"""Missing steps that follow the calendar: weekends and hours that never come."""

from __future__ import annotations

import numpy as np

from ._spacing import DAY, Spacing

# Shares of missing steps that make a pattern: there, and everywhere else.
_MOST, _FEW = 0.9, 0.5
_FEWEST = 4


def pattern_of_gaps(
    values: np.ndarray, missing: np.ndarray, spacing: Spacing
) -> list[str]:
    """Return a note where weekends, or hours of the day, are missing as a rule.

    Forecasts cover them as they cover any step.
    """
    if spacing.unit != "seconds" or spacing.step > DAY:
        return []
    found = []
    days = values.astype("M8[D]")
    weekend = (days.astype(np.int64) + 3) % 7 >= 5
    hours = (values - days).astype("m8[h]").astype(np.int64)
    if len(np.unique(days[weekend])) >= _FEWEST:
        there = float(missing[weekend].mean())
        if there >= _MOST and float(missing[~weekend].mean()) < _MOST:
            found.append(f"{there:.0%} of the steps on Saturdays and Sundays")
    if spacing.step <= DAY / 4 and len(np.unique(days)) >= _FEWEST:
        weekday = ~weekend if found else np.ones_like(weekend)
        empty = [
            hour
            for hour in range(24)
            if (at := weekday & (hours == hour)).any() and missing[at].mean() >= _MOST
        ]
        present = weekday & ~np.isin(hours, empty)
        if empty and present.any() and missing[present].mean() < _FEW:
            shown = ", ".join(map(str, empty))
            found.append(f"the hours {shown} of the day")
    if not found:
        return []
    return [
        f"among the missing steps are {' and '.join(found)}: forecasts cover them too;"
        " give '' as the time to count the rows alone"
    ]
