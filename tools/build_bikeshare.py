"""Build the bundled bike-rental sample from a copy of the UCI data set.

Usage: python tools/build_bikeshare.py BIKESHARE.csv

BIKESHARE.csv is the 2011 year of the UCI Bike Sharing Dataset, hourly, with the
columns day (day of the year), hr, holiday, workingday, weathersit, temp, atemp,
hum, windspeed and bikers. What changes on the way is listed in the README
beside the result; a second run writes the same bytes.
"""

from __future__ import annotations

import gzip
import sys
from pathlib import Path

import polars as pl

TARGET = Path(__file__).parents[1] / "src/elman/data/samples/bikeshare.csv.gz"


def build(source: Path) -> bytes:
    """Return the sample as compressed CSV."""
    hours = (pl.col("day") - 1) * 24 + pl.col("hr")
    frame = pl.read_csv(source).select(
        time=pl.datetime(2011, 1, 1) + pl.duration(hours=hours),
        count=pl.col("bikers"),
        # The data set's description: (t + 8) / 47 and (t + 16) / 66.
        temp=(pl.col("temp") * 47 - 8).round(1),
        feels_like=(pl.col("atemp") * 66 - 16).round(0).cast(pl.Int64),
        humidity=(pl.col("hum") * 100).round(0).cast(pl.Int64),
        windspeed=(pl.col("windspeed") * 67).round(0).cast(pl.Int64),
        weather=pl.col("weathersit"),
        holiday=pl.col("holiday"),
        workingday=pl.col("workingday"),
    )
    text = frame.write_csv(datetime_format="%Y-%m-%d %H:%M:%S")
    # No time stamp inside: the same input gives the same bytes.
    return gzip.compress(text.encode(), compresslevel=9, mtime=0)


def main() -> None:
    """Write the sample beside the reader that loads it."""
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    TARGET.write_bytes(build(Path(sys.argv[1])))
    sys.stdout.write(f"{TARGET.name}: {TARGET.stat().st_size} bytes\n")


if __name__ == "__main__":
    main()
