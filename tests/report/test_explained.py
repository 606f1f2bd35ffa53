"""The part of a report that says what made a prediction."""

from __future__ import annotations

import numpy as np
import pytest

from elman.report import render
from elman.report.pictures._explanation import adds_up, explained_pictures


def found(steps=300, channels=3):
    rng = np.random.default_rng(0)
    counts = np.zeros((steps, channels))
    counts[20:24, 1], counts[40, 0] = 2.0, -1.0
    return {
        "kind": "classify",
        "method": "shapley",
        "unit": "log-odds",
        "baseline": "0 in every channel",
        "channels": [f"<c{i}>" for i in range(channels)],
        "notes": ["one note"],
        "cases": [
            {
                "case": "a & b",
                "predicted": "up (probability 0.9)",
                "outputs": ["log-odds of up"],
                "output": [7.5],
                "reference": [0.5],
                "gap": [0.0],
                "inputs": rng.normal(size=(steps, channels)).tolist(),
                "baseline": np.zeros((steps, channels)).tolist(),
                "attributions": [counts.tolist()],
                "fidelity": {"gain": 0.4},
                "likeness": 0.1,
            }
        ],
    }


def test_a_page_names_case_channels_and_numbers():
    page = render({"task": "classify", "explanation": found()})
    assert "What made this prediction" in page
    assert "a &amp; b: up" in page
    assert "&lt;c1&gt;: 88.9 %" in page  # 8 of 9, and nothing but text
    assert "<c1>" not in page
    assert "one note" in page


def test_channels_that_count_most_stand_on_top():
    wide = str(explained_pictures(found())[0]["picture"].wide)
    assert (
        wide.index("&lt;c1&gt;") < wide.index("&lt;c0&gt;") < wide.index("&lt;c2&gt;")
    )


def test_many_steps_share_fields_and_lose_nothing():
    picture = explained_pictures(found(steps=2000))[0]["picture"]
    assert str(picture.wide).count("<title>") == 3 * 240
    assert "to step" in picture.wide


def test_many_channels_are_counted():
    picture = explained_pictures(found(channels=20))[0]["picture"]
    assert "12 more channels count" in picture.finding


def test_the_sentence_says_how_far_it_adds_up():
    case = found()["cases"][0]
    assert "7, within 0 %" in adds_up(case, 0)
    assert "Fidelity 0.4" in adds_up(case, 0)
    assert adds_up({**case, "output": []}, 0) == ""


@pytest.mark.parametrize("missing", ["attributions", "inputs", "baseline", "outputs"])
def test_what_is_damaged_is_left_out(missing):
    whole = found()
    whole["cases"][0][missing] = None
    assert explained_pictures(whole) == []


def test_values_that_are_missing_leave_a_gap():
    whole = found(steps=60)
    whole["cases"][0]["inputs"][5][1] = None
    wide = str(explained_pictures(whole)[0]["picture"].wide)
    assert "step 5: nothing known" in wide
