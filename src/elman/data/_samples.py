"""The sample that ships with the package."""

from __future__ import annotations

import gzip
from importlib import resources
from pathlib import Path

import polars as pl

from .text._csv import parse_csv

_FOLDER = "samples"


def load_bikeshare() -> pl.DataFrame:
    """Return hourly bike rentals in Washington, D.C., in 2011, with the weather.

    8,645 rows; 115 hours without a record are absent. Columns: ``time`` (start
    of the hour, local), ``count`` (bikes rented in that hour), ``temp`` and
    ``feels_like`` (degrees Celsius), ``humidity`` (per cent), ``windspeed``
    (km/h), ``weather`` (text, four kinds), ``holiday`` and ``workingday`` (0 or
    1).

    Returns
    -------
    polars.DataFrame
        Rows in order of time.

    References
    ----------
    H. Fanaee-T and J. Gama, Event labeling combining ensemble detectors and
    background knowledge, Progress in Artificial Intelligence 2, 113-127 (2014;
    online 2013). UCI Bike Sharing Dataset, CC BY 4.0.
    """
    file = resources.files(__package__) / _FOLDER / "bikeshare.csv.gz"
    data = gzip.decompress(file.read_bytes())
    frame = parse_csv(data, Path("bikeshare.csv")).frame
    return frame.with_columns(pl.col("time").str.to_datetime("%Y-%m-%d %H:%M:%S"))
