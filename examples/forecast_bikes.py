"""Forecast bike rentals a day ahead, and look at what the network adds.

python examples/forecast_bikes.py [EPOCHS]
"""

import sys

import polars as pl

import elman
from elman.data import load_bikeshare

epochs = int(sys.argv[1]) if len(sys.argv) > 1 else 15
frame = load_bikeshare()
weather_and_calendar = frame.columns[2:]  # known ahead, as from a weather forecast

forecaster = elman.Forecaster(horizon=24, epochs=epochs)
forecaster.fit(frame, "count", "time", known=weather_and_calendar, test="2011-11-01")
for row in forecaster.results_["scores"]["rows"]:
    print(f"{row['model']:28} MAE {row['values']['MAE']:6.1f}")
print(forecaster.results_["scores"]["verdict"])

# Every midnight of December, none seeing beyond its own.
rolling = forecaster.backtest(frame, start="2011-12-01")
print(f"{len(rolling)} origins, 90 % intervals covered {rolling.coverage():.0%}")
print(rolling.to_frame().head(3))

# A new day: its weather is known, its rentals are not.
row = pl.int_range(pl.len())
today = frame.with_columns(count=pl.when(row < len(frame) - 24).then("count"))
forecaster.save("runs/bikes")
print(elman.load("runs/bikes").predict(today).head(3))
