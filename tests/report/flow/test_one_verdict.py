"""A report does not call one network both healthy and bad."""

from __future__ import annotations

import itertools
import re

import pytest
import torch
from torch import nn

import elman
from elman.report import render
from elman.report.flow._flow import flow_picture
from elman.report.flow._memory import scales_picture, spectrum_picture

VERDICTS = ("healthy", "vanishing", "exploding", "not finite", "no gradient")
PICTURES = (flow_picture, scales_picture, spectrum_picture)


def part(verdict, horizon, needed, scales, rate):
    reason = "" if verdict in VERDICTS[:3] else "it is said why"
    return {
        "verdict": verdict,
        "horizon": None if reason else horizon,
        "needed": needed,
        "headline": "encoder",
        "reason": reason,
        "profile": [{"name": "encoder", "lag": [0, 1, 2], "norm": [1.0, 0.5, 0.2]}],
        "lyapunov": [
            {
                "name": "encoder",
                "exponents": [rate],
                "errors": [0.001],
                "singular_values": [0.9, 0.5],
            }
        ],
        "saturation": [{"name": "encoder", "time_scales": scales}],
    }


def sentences(diagnosis):
    drawn = [draw(diagnosis) for draw in PICTURES]
    return [picture.finding for picture in drawn if picture is not None]


def check(said, verdict):
    text = " ".join(said)
    good = re.search(r"\bGood\b|: good\b", text)
    bad = re.search(r"\bBad\b|\bbad\b|short of", text)
    if verdict == "healthy":
        assert not bad, text
        assert good, text
    elif verdict in ("vanishing", "exploding"):
        assert not good, text
        assert bad, text
    else:
        assert not good, text
        assert not bad, text
        assert "as far as was measured" not in text


UNITS = ([1.4, 1.5, 2.0], [1.0, 40.0, 90.0], [200.0, 300.0])
RATES = (-0.9, -0.001, 0.2)  # the leading exponent
NEEDS = (12, 83)  # what the data need; the network sees 12 steps
GRID = list(itertools.product(VERDICTS, UNITS, RATES, NEEDS))


@pytest.mark.parametrize(("verdict", "scales", "rate", "asked"), GRID)
def test_no_sentence_contradicts_the_verdict(verdict, scales, rate, asked):
    horizon = 15.0 if verdict == "healthy" else 3.0
    diagnosis = {
        "needed": asked,
        "needed_source": "of the data",
        "before": part(verdict, horizon, 12, scales, rate),
        "after": None,
    }
    check(sentences(diagnosis), verdict)


def test_the_network_after_the_remedy_is_spoken_of():
    after = part("healthy", 15.0, 12, [1.4, 1.5], -0.9)
    before = part("vanishing", 3.0, 12, [1.4, 1.5], -0.9)
    diagnosis = {"needed": 12, "before": before, "after": after, "remedy": "chrono"}
    for picture in (scales_picture, spectrum_picture):
        said = picture(diagnosis).finding
        assert "Bad" not in said
        assert "Good" not in said


class Net(nn.Module):
    def __init__(self, cell, scale):
        super().__init__()
        self.rnn = getattr(elman, cell)(2, 12, batch_first=True)
        with torch.no_grad():
            self.rnn.weight_hh_l0.mul_(scale)

    def forward(self, x):
        return self.rnn(x)[0][:, -1, :1]


@pytest.mark.parametrize("scale", [0.1, 1.0, 3.0, 12.0])
@pytest.mark.parametrize("needed", [2, 12, 30])
@pytest.mark.parametrize("cell", ["RNN", "GRU", "LSTM"])
def test_measured_networks(cell, needed, scale):
    torch.manual_seed(0)
    x, y = torch.randn(16, 30, 2), torch.randn(16, 1)
    d = elman.diagnose(
        Net(cell, scale), x, y, nn.functional.mse_loss, needed=needed, remedies=False
    )
    plain = d.to_dict()
    check(sentences({"needed": needed, "before": plain, "after": None}), d.verdict)
    flow = {
        "gradients explode",
        "gradients vanish",
        "chaotic state",
        "forget gate shut",
    }
    if d.verdict == "healthy":
        assert not [f for f in d.findings if f.severity == "error" and f.name in flow]
    named = {f.name for f in d.findings} & {"gradients explode", "gradients vanish"}
    if d.verdict == "exploding":
        assert "gradients explode" in named
    else:
        assert "gradients explode" not in named


def test_a_page_without_a_verdict_says_why(forecast_results):
    diagnosis = forecast_results["diagnosis"]
    diagnosis["after"] = None
    diagnosis["before"] |= {
        "verdict": "not finite",
        "horizon": None,
        "reason": "first non-finite value: nan in target targets",
    }
    page = re.sub(r"\s+", " ", render(forecast_results))
    assert "nothing can be said about the flow: first non-finite value: nan" in page
    assert "as far as was measured" not in page
    assert "∞" not in page
