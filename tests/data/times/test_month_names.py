"""Months written in other languages than English."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from elman.data import regular_series

NAMES = {
    "Monat": "Jan Feb Mrz Apr Mai Jun Jul Aug Sep Okt Nov Dez",
    "Datum": "Januar Februar März April Mai Juni Juli August September Oktober"
    " November Dezember",
    "Mois": "janv. févr. mars avr. mai juin juil. août sept. oct. nov. déc.",
    "fecha": "ene feb mar abr may jun jul ago sep oct nov dic",
    "mese": "gen feb mar apr mag giu lug ago set ott nov dic",
    "maand": "jan feb mrt apr mei jun jul aug sep okt nov dec",
    "mês": "jan fev mar abr mai jun jul ago set out nov dez",
    "V1": "JANEIRO FEVEREIRO MARÇO ABRIL MAIO JUNHO JULHO AGOSTO SETEMBRO OUTUBRO"
    " NOVEMBRO DEZEMBRO",
}


def read(columns):
    height = len(next(iter(columns.values())))
    frame = pl.DataFrame({**columns, "y": np.arange(height, dtype=float)})
    return regular_series(frame, None, "d.csv")


@pytest.mark.parametrize("column", NAMES)
@pytest.mark.parametrize("form", ["{} {:02d}", "{}-{:02d}", "{} 20{:02d}", "1 {} {}"])
def test_months_with_years(column, form):
    names = NAMES[column].split()
    year = [18 + i // 12 for i in range(40)]
    if "1 " in form:
        year = [2000 + y for y in year]
    found = read({column: [form.format(names[i % 12], year[i]) for i in range(40)]})
    assert (found.freq, found.axis.columns) == ("monthly", (column,))
    expected = np.datetime64("2018-01") + np.arange(40)
    np.testing.assert_array_equal(found.time, expected.astype("M8[s]"))
    assert f"column {column!r}: month names such as" in " ".join(found.notes)


def test_days_in_sentences():
    found = read({"fecha": [f"{d} de enero de 2020" for d in range(1, 29)]})
    assert (found.freq, str(found.time[-1])[:10]) == ("daily", "2020-01-28")
    found = read({"Datum": [f"{d}. März 2020" for d in range(1, 29)]})
    assert (found.freq, str(found.time[-1])[:10]) == ("daily", "2020-03-28")


def test_years_and_months_in_two_columns():
    names = NAMES["Datum"].split()
    months = [names[i % 12] for i in range(30)]
    found = read({"Jahr": [2018 + i // 12 for i in range(30)], "Monat": months})
    assert (found.freq, found.axis.columns) == ("monthly", ("Jahr", "Monat"))


@pytest.mark.parametrize(
    ("weekdays", "months"),
    [
        ("Mo, Di, Mi, Do, Fr, Sa, So,", "Datum"),
        ("lundi mardi mercredi jeudi vendredi samedi dimanche", "Mois"),
        ("lun. mar. mié. jue. vie. sáb. dom.", "fecha"),
    ],
)
def test_weekdays_before_the_day(weekdays, months):
    days = [date(2020, 1, 1) + timedelta(days=i) for i in range(80)]
    names, week = NAMES[months].split(), weekdays.split()
    texts = [f"{week[d.weekday()]} {d.day} {names[d.month - 1]} {d.year}" for d in days]
    found = read({"c": texts})
    assert found.freq == "daily"
    np.testing.assert_array_equal(found.time, np.array(days, "M8[s]"))


@pytest.mark.parametrize("word", ["set", "out", "gen", "Mars"])
def test_words_that_are_names_of_months_elsewhere_are_no_times(word):
    found = read({"c": [f"{word} {10 + i % 4}" for i in range(20)]})
    assert found.axis.columns == ()
    assert found.notes == []
