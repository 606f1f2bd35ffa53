"""Faults planted on purpose: the first finding names the cause, with its number."""

from functools import partial

import pytest
import torch
from torch import nn
from torch.nn.functional import mse_loss

import elman
from elman import InputError, diagnose, init
from elman.diagnosis import KINDS, THRESHOLDS
from readout import Last, net


def examine(layer, steps, rows=16, scale=1.0, shift=0.0, **options):
    x = shift + scale * torch.randn(rows, steps, 4)
    return diagnose(
        Last(layer), x, torch.randn(rows, 1), mse_loss, remedies=False, **options
    )


def gained(cell, gain, home=nn, **options):
    layer = net(cell, 64, home, **options)
    nn.init.normal_(layer.weight_hh_l0, 0, gain / 8)
    return layer


def gate(layer, name, value):
    """Set the bias of one gate."""
    names = {"LSTM": "ifgo", "GRU": "rzn"}[layer.mode]
    at, size = names.index(name), layer.hidden_size
    layer.bias_ih_l0.data[at * size : (at + 1) * size] = value
    return layer


def dead(bias=-50.0, share=1.0):
    layer = net("RNN", nonlinearity="relu")
    layer.bias_ih_l0.data[: int(32 * share)] = bias
    return layer


def chrono(cell="LSTM", steps=50, **options):
    return init.chrono_(net(cell, 64, **options), steps)


FAULTS = {
    "tanh with a gain of 2": (lambda: gained("RNN", 2.0), 100, {}, "chaotic state"),
    "tanh with a gain of 3": (lambda: gained("RNN", 3.0), 100, {}, "chaotic state"),
    "tanh with a gain of 6": (lambda: gained("RNN", 6.0), 60, {}, "chaotic state"),
    "GRU with a gain of 8": (lambda: gained("GRU", 8.0), 80, {}, "chaotic state"),
    "LSTM with a gain of 8": (lambda: gained("LSTM", 8.0), 80, {}, "chaotic state"),
    "ReLU with a gain of 3": (
        lambda: gained("RNN", 3.0, nonlinearity="relu"), 40, {}, "chaotic state"
    ),
    "forget bias -3": (
        lambda: init.forget_bias_(net("LSTM"), -3.0), 100, {}, "forget gate shut"
    ),
    "forget bias -2, stacked": (
        lambda: init.forget_bias_(net("LSTM", num_layers=2), -2.0),
        40, {}, "forget gate shut",
    ),
    "keep gate of a GRU at -4": (
        lambda: init.forget_bias_(net("GRU"), -4.0), 60, {}, "forget gate shut"
    ),
    "input gate at -6": (
        lambda: gate(net("LSTM"), "i", -6.0), 60, {}, "input gate shut"
    ),
    "output gate at -6": (
        lambda: gate(chrono(), "o", -6.0), 50, {}, "output gate shut"
    ),
    "Adam 100 times too fast": (
        chrono, 50, {"learning_rate": 0.1}, "learning rate too high"
    ),
    "the same with vanishing gradients": (
        lambda: net("LSTM", 64), 60, {"learning_rate": 0.1}, "learning rate too high"
    ),
    "SGD 100 times too fast": (
        lambda: net("GRU", 64), 10,
        {"optimizer": partial(torch.optim.SGD, lr=10.0)}, "learning rate too high",
    ),
    "SGD with momentum, ReLU identity": (
        lambda: init.identity_(net("RNN", 64, nonlinearity="relu"), input_std=None),
        40, {"optimizer": partial(torch.optim.SGD, lr=0.3, momentum=0.9)},
        "learning rate too high",
    ),
    "sigmoid over 300 steps": (
        lambda: net("RNN", 64, elman, nonlinearity="sigmoid"),
        300, {}, "flat nonlinearity",
    ),
    "sigmoid, orthogonal": (
        lambda: init.orthogonal_(net("RNN", 64, elman, nonlinearity="sigmoid")),
        100, {}, "flat nonlinearity",
    ),
    "truncated at 5, needed 50": (
        chrono, 100, {"truncation": 5, "needed": 50}, "truncation too short"
    ),
    "the same with torch's defaults": (
        lambda: net("LSTM", 64), 100, {"truncation": 5, "needed": 50},
        "truncation too short",
    ),
    "truncated at 40, horizon 14": (
        lambda: net("LSTM", 64), 100, {"truncation": 40, "needed": 50},
        "gradients vanish",
    ),
    "dead ReLU": (dead, 20, {}, "dead units"),
    "most ReLU dead": (lambda: dead(share=0.7), 20, {}, "dead units"),
    "inputs in thousands": (
        lambda: net("GRU"), 30, {"scale": 1000.0}, "inputs are not scaled"
    ),
    "inputs around 300": (
        lambda: chrono("LSTM", 30), 30, {"shift": 300.0}, "inputs are not scaled"
    ),
    "inputs in hundreds, tanh": (
        lambda: net("RNN"), 30, {"scale": 300.0}, "inputs are not scaled"
    ),
    "torch's default tanh": (lambda: net("RNN"), 60, {}, "gradients vanish"),
    "an LRU alone": (lambda: elman.LRU(4, 32, batch_first=True), 20, {"needed": 5},
                     "linear in its inputs"),
    "windows of 20, a need of 168": (
        lambda: init.chrono_(net("GRU"), 168), 20, {"needed": 168},
        "sequences are too short",
    ),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_first_finding_names_the_cause(fault):
    layer, steps, options, name = FAULTS[fault]
    d = examine(layer(), steps, **options)
    first = d.findings[0]
    assert first.name == name, [(f.severity, f.name, f.evidence) for f in d.findings]
    assert any(digit in first.evidence for digit in "0123456789")
    assert first.remedy
    assert first.effect
    assert first.source
    assert first.value == first.value  # a number, not NaN
    assert first.limit == first.limit


def test_bfloat16_loses_what_float32_keeps():
    layer = init.forget_bias_(net("LSTM"), 2.5)
    torch.manual_seed(7)
    needed = int(0.8 * examine(layer, 120).horizon)  # a curve between the two
    assert examine(layer, 120, needed=needed).verdict == "healthy"
    half = examine(layer, 120, needed=needed, precision=torch.bfloat16)
    assert half.findings[0].name == "half precision loses the gradient"
    assert "bfloat16" in half.findings[0].evidence
    with pytest.raises(InputError, match=r"precision: got torch\.int8"):
        examine(layer, 9, precision=torch.int8)


def test_not_a_number_in_the_batch():
    x = torch.randn(4, 9, 4)
    x[2, 3, 1] = torch.nan
    d = diagnose(Last(net("GRU")), x, torch.randn(4, 1), mse_loss, needed=5)
    first = d.findings[0]
    assert first.name == "inputs are not finite"
    assert "1 of 144 values" in first.evidence
    assert "[2, 3, 1]" in first.evidence


def test_infinite_weight_is_named():
    model = Last(net("GRU"))
    model.rnn.weight_hh_l0.data[5, 2] = torch.inf
    d = diagnose(model, torch.randn(4, 9, 4), torch.randn(4, 1), mse_loss)
    first = d.findings[0]
    assert first.name == "weights are not finite"
    assert "rnn.weight_hh_l0" in first.evidence
    assert "[5, 2]" in first.evidence


def test_infinite_target():
    d = diagnose(
        Last(net("GRU")), torch.randn(4, 9, 4), torch.full((4, 1), torch.inf), mse_loss
    )
    assert [f.name for f in d.findings] == [
        "targets are not finite",
        "loss is not finite",
    ]
    assert d.verdict == "not finite"


def test_too_low_a_learning_rate_and_too_tight_a_clip():
    d = examine(chrono(), 50, learning_rate=1e-9)
    assert [f.name for f in d.findings] == ["learning rate too low"]
    d = examine(chrono(), 50, learning_rate=1e-3, clip_norm=1e-4)
    assert [(f.name, f.severity) for f in d.findings] == [("clips most steps", "note")]


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)
def test_every_kind_of_finding_is_complete(kind):
    assert kind.meaning.endswith(".")
    assert kind.remedy
    assert kind.effect
    assert kind.source or kind.limit in {t.name for t in THRESHOLDS}
