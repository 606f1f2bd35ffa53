"""The map of the gradient flow over the training, and the sentence under it."""

from __future__ import annotations

import copy
import re

import numpy as np
import pytest

from elman.report.flow._flow_map import _fields, _shade, flow_map_picture


@pytest.fixture
def training(forecast_results):
    return forecast_results["training"]


def test_the_sentence_follows_the_numbers(training):
    flow = training["flow"]
    said = flow_map_picture(training).finding
    assert "the data need 60" in said
    assert "no longer do" in said  # half of the record reached it
    assert "Alarm at step 401: the reach gave way." in said
    flow["needed"] = 15
    assert flow_map_picture(training).finding.startswith("Good: in encoder")
    flow["needed"] = 150
    assert flow_map_picture(training).finding.startswith("Bad: in encoder")
    flow["needed"] = None
    said = flow_map_picture(training).finding
    assert "need" not in said
    # The median of three steps at each end of a line from 100 to 20 in 30 steps.
    assert "reach 23 steps back when training ends, 97 when it begins" in said


def test_a_need_beyond_the_sequences_is_met_by_their_first_step(training):
    flow = training["flow"]
    flow["needed"] = 500
    flow["layers"][0]["reach"] = [167] * 30
    found = flow_map_picture(training)
    assert found.finding.startswith("Good: in encoder")
    assert "back to the first of 168 steps" in found.finding
    assert "beyond the sequences" in found.wide


def test_a_leap_in_size_is_called_bad(training):
    training["flow"]["layers"][0]["norm"][12] = [90.0] * 26
    said = flow_map_picture(training).finding
    assert "leaps to 4,500 times the usual: bad" in said


def test_steps_without_gradient_are_blank_and_said_so(training):
    training["flow"]["layers"][0]["norm"][0] = [0.0] * 26
    said = flow_map_picture(training).finding
    assert "At 1 of the 30 steps looked at none arrived at all" in said


def test_shades_are_thirds_of_decades_below_the_largest_of_the_step():
    norm = np.array([[4.0, 3.9, 0.4001, 0.0041, 0.0039, 0.0, np.nan], [0.0] * 7])
    shade = _shade(norm)
    np.testing.assert_array_equal(shade[0], [0, 0, 2, 8, 9, 9, np.nan])
    assert np.isnan(shade[1]).all()


@pytest.mark.parametrize("seed", range(3))
def test_fields_cover_what_is_theirs_and_nothing_else(seed):
    """The areas of the joined rectangles, summed, are those of the single fields."""
    draw = np.random.default_rng(seed)
    here = draw.random((9, 5)) < 0.5
    begin = np.sort(draw.random(9))
    end = np.append(begin[1:], 2.0)
    corners = _fields(here, begin, end).vertices.reshape(-1, 5, 2)
    area = (corners[:, 2, 0] - corners[:, 0, 0]) * (corners[:, 1, 1] - corners[:, 0, 1])
    assert area.sum() == pytest.approx((here.sum(1) * (end - begin)).sum())
    assert len(corners) <= here.sum()


def test_long_records_and_many_layers_stay_small(training):
    flow = training["flow"]
    draw = np.random.default_rng(0)
    flow["steps"] = list(range(1, 257))
    flow["layers"] = [
        {
            "name": f"rnn layer {i}",
            "norm": draw.lognormal(0, 4, (256, 26)).tolist(),
            "reach": [100] * 256,
        }
        for i in range(6)
    ]
    found = flow_map_picture(training)
    assert len(found.wide) + len(found.narrow) < 1_000_000
    assert re.search("rnn layer 3", found.wide)
    assert not re.search("rnn layer 4", found.wide)


def test_one_record_is_no_map(training):
    flow = training["flow"]
    one = {**flow, "steps": [1]}
    assert flow_map_picture({"flow": one}) is None
    assert flow_map_picture({}) is None
    broken = copy.deepcopy(flow)
    broken["steps"][3] = broken["steps"][2]
    assert flow_map_picture({"flow": broken}) is None
