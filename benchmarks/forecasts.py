"""Single series with defaults, beside what else is usual: rolling origins.

    python benchmarks/forecasts.py DIRECTORY_OR_FILE ...

Every csv file holds a column of times and one of values. The last part of a series is
held out: forecasts start at five origins at least there, and none learns from it. The
horizon follows the spacing of the times: a year of months or quarters, a quarter of
weeks, five years, ten days of business, fourteen days, a day of hours. Printed are
errors as a multiple of the best of the others: the ridge on the same window, automatic
exponential smoothing, the last season again (of all that the calendar has), the last
value. Series are counted apart by how many forecasts of their held-out part do not
overlap: with fewer than five, which of the others was best is largely chance.

Automatic exponential smoothing is that of statsforecast (AutoETS, fitted anew at every
origin on at most 1,000 values; seasons up to 24) where it is installed, and left out
otherwise. Files on the command line, or those of the folder $ELMAN_DATA/series.
"""

from __future__ import annotations

import argparse
import os
import time
import warnings
from pathlib import Path

import numpy as np
import polars as pl

import elman
from elman.data import regular_series, to_table

_DAY = 86400.0
# From so many forecasts that do not overlap on, a series says something by itself.
_ENOUGH = 5
# From so many seconds a step on: horizon, season of the reference, naive seasons.
_KINDS = [
    (300 * _DAY, 5, 1, []),
    (80 * _DAY, 4, 4, [4]),
    (27 * _DAY, 12, 12, [12]),
    (6 * _DAY, 13, 1, [52]),
    (_DAY, 14, 7, [7]),
    (3600, 24, 24, [24, 168]),
    (0, 48, 48, [48, 336]),
]


class Protocol:
    """Which part of a series is held out, and where forecasts start in it."""

    def __init__(self, values: np.ndarray, step: float) -> None:
        rows = len(values)
        kind = next(kind for kind in _KINDS if step >= kind[0])
        _, self.horizon, self.season, self.naive = kind
        if rows < 40:
            self.horizon = min(self.horizon, max(2, rows // 8))
        long = rows >= 2000
        span = 10 * self.horizon if long else min(5 * self.horizon, rows // 4)
        span = max(self.horizon + 4, span)
        last, start = rows - self.horizon, rows - span
        apart = (last - start) // self.horizon >= 4
        stride = self.horizon if apart else max(1, (last - start) // 9)
        self.origins = np.arange(last, start - 1, -stride)[::-1]
        self.held_out = rows - int(self.origins[0])
        steps = self.origins[:, None] + np.arange(self.horizon)
        self.truth = values[steps]

    def error(self, forecast: np.ndarray) -> float:
        """Return the mean absolute error over all origins."""
        return float(np.nanmean(np.abs(forecast - self.truth)))


def automatic_smoothing(values: np.ndarray, told: Protocol) -> np.ndarray | None:
    """Return the forecasts of statsforecast's AutoETS, or None without it."""
    try:
        from statsforecast.models import AutoETS
    except ImportError:
        return None
    season = told.season if told.season <= 24 else 1
    return np.stack(
        [
            AutoETS(season_length=season).forecast(
                values[max(0, origin - 1000) : origin], h=told.horizon
            )["mean"]
            for origin in told.origins
        ]
    )


def without_gaps(values: np.ndarray) -> np.ndarray:
    """Return the values with the last one in place of missing ones."""
    return pl.Series(values).fill_nan(None).forward_fill().to_numpy()


def simple(values: np.ndarray, told: Protocol) -> dict[str, np.ndarray]:
    """Return the last value and the last seasons."""
    steps = np.arange(told.horizon)
    last = np.repeat(values[told.origins - 1][:, None], told.horizon, 1)
    found = {"last value": last}
    for season in told.naive:
        if told.origins[0] >= season:
            back = told.origins[:, None] - season + steps % season
            found[f"season {season}"] = values[back]
    return found


def run(path: Path, seed: int) -> dict[str, object]:
    """Fit one file's series with defaults and return errors, coverage, seconds."""
    frame = pl.read_csv(path, try_parse_dates=True)
    series = regular_series(to_table(frame).frame, frame.columns[0], path.name)
    name = frame.columns[1]
    values = series.frame[name].cast(pl.Float64).fill_null(np.nan).to_numpy()
    told = Protocol(values, float(series.step))
    begin = time.process_time()
    forecaster = elman.Forecaster(horizon=told.horizon, random_state=seed)
    forecaster.fit(frame, name, frame.columns[0], test=told.held_out)
    seconds = time.process_time() - begin
    rolling = forecaster.backtest(frame, start=told.held_out, stride=1)
    which = told.origins - told.origins[0]
    inside = rolling.truth >= rolling.lower
    inside &= rolling.truth <= rolling.upper
    known = np.isfinite(rolling.truth[which])
    errors = {"Elman": told.error(rolling.prediction[which, :, 0])}
    errors["ridge"] = told.error(ridge(forecaster, frame, told))
    values = without_gaps(values)
    smoothed = automatic_smoothing(values, told)
    if smoothed is not None:
        errors["AutoETS"] = told.error(smoothed)
    for model, forecast in simple(values, told).items():
        errors[model] = told.error(forecast)
    return {
        "errors": errors,
        "coverage": float(inside[which][known].mean()),
        "rows": len(values),
        "origins": len(told.origins),
        "apart": told.held_out // told.horizon,
        "parts": forecaster.linear_.said(0),
        "kept": dict(forecaster.results_["question"])["correction kept"],
        "seconds": seconds,
    }


def ridge(
    forecaster: elman.Forecaster, frame: pl.DataFrame, told: Protocol
) -> np.ndarray:
    """Return the forecasts of the forecaster's ridge alone."""
    from elman.tasks.forecast.answers._reading import read_again

    _, data, _ = read_again(forecaster, frame, None)
    scaled = forecaster.linear_.ridge.predict(data.table, told.origins)
    return forecaster.preparation_.inverse(scaled)[:, :, 0]


def files(given: list[Path]) -> list[Path]:
    """Return the csv files among these, and in these folders."""
    if not given and os.environ.get("ELMAN_DATA"):
        given = [Path(os.environ["ELMAN_DATA"]) / "series"]
    found = []
    for path in given:
        found += sorted(path.glob("*.csv")) if path.is_dir() else [path]
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("paths", nargs="*", type=Path)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    print(
        "| series | rows | origins | apart | Elman | best other | ridge | AutoETS "
        "| season | last value | 90 % covers | CPU s |\n|" + "---|" * 12
    )
    ratios, covered, apart = [], [], []
    for path in files(arguments.paths):
        found = run(path, arguments.seed)
        errors = found["errors"]
        others = {model: e for model, e in errors.items() if model != "Elman"}
        best = min(others, key=others.get)
        ratio = {model: e / others[best] for model, e in errors.items()}
        seasons = [r for model, r in ratio.items() if model.startswith("season")]
        ratios.append(ratio["Elman"])
        covered.append(found["coverage"])
        apart.append(found["apart"])
        print(
            f"| {path.stem} | {found['rows']} | {found['origins']} "
            f"| {found['apart']} | {ratio['Elman']:.2f} "
            f"| {best} | {ratio['ridge']:.2f} "
            f"| {ratio.get('AutoETS', np.nan):.2f} "
            f"| {min(seasons, default=np.nan):.2f} | {ratio['last value']:.2f} "
            f"| {found['coverage']:.0%} | {found['seconds']:.1f} |",
            flush=True,
        )
    ratios, covered, apart = np.array(ratios), np.array(covered), np.array(apart)
    print()
    for name, rows in (
        ("all", apart > 0),
        (f"{_ENOUGH} forecasts apart or more", apart >= _ENOUGH),
        ("fewer", apart < _ENOUGH),
    ):
        if rows.any():
            print(f"{name}: {summary(ratios[rows], covered[rows])}")


def summary(ratios: np.ndarray, covered: np.ndarray) -> str:
    """Return what the errors, as multiples of the best other's, add up to."""
    return (
        f"{len(ratios)} series, geometric mean {np.exp(np.log(ratios).mean()):.3f}, "
        f"better than all others on {(ratios < 1).sum()}, at most 3 % worse on "
        f"{(ratios <= 1.03).sum()}, at most {ratios.max():.2f}; intervals of 90 % "
        f"cover {covered.mean():.0%} on average, {covered.min():.0%} at least"
    )


if __name__ == "__main__":
    main()
