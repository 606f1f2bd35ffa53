"""Contrast in both schemes, and constants that must agree across files."""

from __future__ import annotations

import re
from importlib import resources

import pytest

from elman.diagnosis import _thresholds
from elman.report._numbers import duration, fixed, moment, number, percent, places
from elman.report.drawing._style import VARIABLES, power, tick
from elman.report.flow._flow import FADED


def _schemes():
    folder = resources.files("elman.report").joinpath("templates")
    css = folder.joinpath("style.css").read_text(encoding="utf-8")
    blocks = re.findall(r":root \{(.*?)\}", css, flags=re.DOTALL)
    return [dict(re.findall(r"--(\w+): (#[0-9a-f]{3,6})", block)) for block in blocks]


def _luminance(colour: str) -> float:
    digits = colour[1:] if len(colour) == 7 else "".join(2 * c for c in colour[1:])
    parts = [int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    linear = [
        p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _contrast(one: str, other: str) -> float:
    low, high = sorted([_luminance(one), _luminance(other)])
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("scheme", [0, 1, 2], ids=["light", "dark", "print"])
def test_text_contrast(scheme):
    """WCAG 2.2 asks 4.5 of text (1.4.3), on the page and on shaded ground."""
    colours = _schemes()[scheme]
    for name in ("ink", "muted", "accent", "signal"):
        assert _contrast(colours[name], colours["paper"]) >= 4.5
        assert _contrast(colours[name], colours["wash"]) >= 4.5


def test_drawings_are_made_in_the_light_palette():
    light = _schemes()[0]
    assert {v[len("var(--") : -1]: k for k, v in VARIABLES.items()} == light


def test_threshold_is_the_one_diagnosis_judges_by():
    assert FADED == _thresholds.VANISHED


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (30.4123, "30.4"),
        (8760, "8,760"),
        (0.0123456, "0.0123"),
        (-5.25, "−5.25"),
        (0, "0"),
        (1e-9, "1.00e−09"),
        (None, "–"),
        (float("nan"), "–"),
        (float("inf"), "–"),
    ],
)
def test_number(value, text):
    assert number(value) == text


def test_other_words_for_numbers():
    assert percent(0.9) == "90 %"
    assert fixed(31.25, 1) == "31.2"
    assert places([0.978, 0.02, None]) == 4
    assert [duration(s) for s in (4.26, 41.2, 185, 4320)] == [
        "4.3 s",
        "41 s",
        "3 min 05 s",
        "1 h 12 min",
    ]
    assert moment("2011-12-30T14:00:00") == "Fri 30 Dec 2011, 14:00"
    assert moment("2011-12-30") == "Fri 30 Dec 2011"
    assert moment(7) == "7"
    assert [tick(v) for v in (0, 250, 1200, 25000, 3e6, -0.5)] == [
        "0",
        "250",
        "1,200",
        "25k",
        "3M",
        "−0.5",
    ]


def test_powers_of_ten():
    labels = [power(v) for v in (1e-8, 1e-3, 1, 100, 1e6)]
    assert labels == ["10⁻⁸", "0.001", "1", "100", "10⁶"]
