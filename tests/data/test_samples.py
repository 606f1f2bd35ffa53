"""The bundled sample is what its README says, and is rebuilt bit for bit."""

from __future__ import annotations

import importlib.util
import os
from importlib import resources
from pathlib import Path

import numpy as np
import pytest

from elman.data import load_bikeshare, regular_series

ROOT = Path(__file__).parents[2]
DATA = Path(os.environ.get("ELMAN_DATA", ROOT / "../shared/data"))


def test_the_sample():
    frame = load_bikeshare()
    assert frame.columns == [
        "time",
        "count",
        "temp",
        "feels_like",
        "humidity",
        "windspeed",
        "weather",
        "holiday",
        "workingday",
    ]
    assert frame.shape == (8645, 9)
    assert frame["count"].sum() == 1_243_103  # the total the data set states for 2011
    assert frame["temp"].is_between(-8, 39).all()
    assert frame["humidity"].is_between(0, 100).all()
    series = regular_series(frame)
    assert (series.freq, series.inserted) == ("hourly", 115)
    assert len(series.time) == 365 * 24
    weekday = (series.time.astype("M8[D]").astype(int) + 3) % 7
    working = series.frame["workingday"].to_numpy()
    assert not (working[weekday > 4] == 1).any()
    assert np.nanmean(working[weekday <= 4]) > 0.9


def test_the_licence_lies_beside_it():
    folder = resources.files("elman.data") / "samples"
    note = (folder / "README.md").read_text()
    assert "CC BY 4.0" in note
    assert "Fanaee-T" in note
    assert (folder / "bikeshare.csv.gz").stat().st_size < 150_000


def test_it_is_rebuilt_bit_for_bit():
    source = DATA / "bikeshare.csv"
    tool = ROOT / "tools" / "build_bikeshare.py"
    if not source.exists():
        pytest.skip(f"{source} is not here (set ELMAN_DATA)")
    spec = importlib.util.spec_from_file_location("build_bikeshare", tool)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    import gzip

    built = gzip.decompress(module.build(source))
    assert built == gzip.decompress(module.TARGET.read_bytes())
