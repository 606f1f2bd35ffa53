"""Pictures of what a layer keeps, and what their sentences say."""

from __future__ import annotations

import pytest

from elman.report.flow._memory import scales_picture, spectrum_picture


@pytest.fixture
def diagnosis(forecast_results):
    return forecast_results["diagnosis"]


def test_time_scales_say_what_is_good_and_bad(diagnosis):
    said = scales_picture(diagnosis).finding
    # ln 1000 = 6.91: 168 steps take a time constant of 24.3 steps.
    assert said.startswith("Good: half of the units of encoder layer 0")
    assert "24 are wanted for a need of 168" in said
    assert "none before the remedy" in said
    diagnosis["after"] = None
    said = scales_picture(diagnosis).finding
    assert said.startswith("Bad: ")
    assert "no unit has them" in said
    diagnosis["needed"] = None
    assert scales_picture(diagnosis).finding.startswith("Half of the units")


def test_the_spectrum_tells_memory_forgetting_and_chaos(diagnosis):
    said = spectrum_picture(diagnosis).finding
    assert said.startswith("Good: over many steps encoder layer 0 multiplies")
    assert "by 0.968 a step" in said
    assert "a thousandth is left after about 213 steps, and the data need 168" in said
    diagnosis["after"]["lyapunov"][0]["exponents"] = [0.2, 0.1]
    assert "the state is chaotic" in spectrum_picture(diagnosis).finding
    diagnosis["after"] = None
    assert spectrum_picture(diagnosis).finding.startswith("Bad: over many steps")
    diagnosis["before"]["lyapunov"][0]["exponents"] = []
    assert "too few" in spectrum_picture(diagnosis).finding


def test_without_the_numbers_there_is_no_picture(diagnosis):
    for part in ("before", "after"):
        diagnosis[part]["lyapunov"] = diagnosis[part]["saturation"] = []
    assert scales_picture(diagnosis) is None
    assert spectrum_picture(diagnosis) is None
