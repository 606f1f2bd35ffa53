"""Remedies: each made on a copy and measured; which is chosen; what comes back."""

import copy
import json
import math
from functools import partial

import pytest
import torch
from torch import nn
from torch.nn.functional import mse_loss

import elman
from elman import InputError, cells, diagnose, init
from elman.diagnosis import prescribe
from elman.diagnosis._results import Remedy
from elman.diagnosis.remedy import _prescribe
from elman.diagnosis.remedy._prescribe import best_of
from elman.diagnosis.remedy._settle import Settled
from readout import Last, net


def batch(steps, rows=8):
    return torch.randn(rows, steps, 4), torch.randn(rows, 1)


def reach(model, x, y):
    return diagnose(model, x, y, mse_loss, remedies=False)


def test_what_is_prescribed_is_what_was_measured():
    model, (x, y) = Last(net()), batch(60)
    weights = copy.deepcopy(model.state_dict())
    p = prescribe(model, x, y, mse_loss, 60)
    assert p.best == "chrono"
    assert p.configuration == {"init": "chrono", "t_max": 60}
    assert {r.name for r in p.remedies if r.kind != "cell"} == {
        "chrono", "critical", "forget_bias", "orthogonal",
    }  # fmt: skip
    assert "lstm + chrono" in {r.name for r in p.remedies}
    chosen = next(r for r in p.remedies if r.name == p.best)
    after = reach(p.model, x, y)
    assert after.verdict == "healthy"
    assert after.horizon == chosen.horizon_after == chosen.after
    assert math.isfinite(chosen.change)
    # The model given is as it was.
    assert all(torch.equal(v, weights[k]) for k, v in model.state_dict().items())


@pytest.mark.parametrize("home", [nn, elman], ids=["torch", "elman"])
def test_every_candidate_of_an_rnn(home):
    model, (x, y) = Last(net("RNN", home=home)), batch(60)
    p = prescribe(model, x, y, mse_loss, 60)
    kinds = {r.name: r.kind for r in p.remedies}
    assert {name: kind for name, kind in kinds.items() if kind != "cell"} == {
        "relu + identity": "activation",
        "relu + identity, kept orthogonal": "activation",
        "orthogonal": "initialisation",
        "critical": "initialisation",
        "identity": "initialisation",
    }
    assert kinds["gru + chrono"] == kinds["lstm + chrono"] == "cell"
    assert p.best == "relu + identity"
    assert p.model.rnn.mode == "RNN_RELU"
    assert torch.equal(p.model.rnn.weight_hh_l0, torch.eye(32))
    assert torch.equal(p.model.rnn.weight_ih_l0, model.rnn.weight_ih_l0)
    assert model.rnn.mode == "RNN_TANH"
    assert p.configuration == {
        "nonlinearity": "relu", "init": "identity", "input_std": None,
    }  # fmt: skip


@pytest.mark.parametrize("cell", ["gru", "lstm"])
def test_another_cell_in_its_place(cell):
    x, y = batch(60)
    model = Last(net("RNN", num_layers=2, bidirectional=False))
    p = prescribe(model, x, y, mse_loss, 60, remedies=[f"{cell} + chrono"])
    assert p.best == f"{cell} + chrono"
    assert isinstance(p.model.rnn, getattr(elman, cell.upper()))
    assert p.model.rnn.num_layers == 2
    assert reach(p.model, x, y).verdict == "healthy"
    bare = prescribe(
        net("RNN"), x, None, lambda o, _: o[0].sum(), 60, remedies=[f"{cell} + chrono"]
    )
    assert isinstance(bare.model, getattr(elman, cell.upper()))


def test_names_and_kinds_restrict():
    model, (x, y) = Last(net("RNN")), batch(60)
    only = prescribe(model, x, y, mse_loss, 60, remedies=("initialisation",))
    assert {r.kind for r in only.remedies} == {"initialisation"}
    d = diagnose(model, x, y, mse_loss, remedies=["orthogonal"])
    assert [r.name for r in d.remedies] == ["orthogonal"]
    with pytest.raises(InputError, match=r"unknown 'ortogonal'.*orthogonal"):
        prescribe(model, x, y, mse_loss, 60, remedies=["ortogonal"])


def test_learning_rate_is_lowered_until_sound():
    model, (x, y) = Last(init.chrono_(net("LSTM"), 40)), batch(40)
    d = diagnose(model, x, y, mse_loss, learning_rate=0.3)
    assert d.findings[0].name == "learning rate too high"
    rate = d.configuration["learning_rate"]
    assert rate <= 0.03
    again = diagnose(model, x, y, mse_loss, learning_rate=rate)
    assert again.findings == []
    tried = next(r for r in d.remedies if r.kind == "learning rate")
    assert tried.settings == {"learning_rate": rate}
    assert "init" not in d.configuration  # nothing was wrong with the flow


@pytest.mark.parametrize(
    ("stands", "best"),
    [
        ({"relu": 1.0, "tanh": 1.0}, "relu + identity"),
        ({"relu": 0.03, "tanh": 0.1}, "relu + identity"),  # not ten times as much
        ({"relu": 0.003, "tanh": 1.0}, "orthogonal"),
        ({"relu": 0.03, "tanh": 0.0}, "relu + identity"),
    ],
)
def test_a_remedy_that_stands_no_steps_gives_way(monkeypatch, stands, best):
    def settle(model, *_, above=0.0, **__):
        factor = stands[model.rnn.nonlinearity]
        if not factor > above:
            return Settled(factor=0.0)
        return Settled({"learning_rate": factor}, factor=factor)

    monkeypatch.setattr(_prescribe, "settle", settle)
    p = prescribe(
        Last(net("RNN")),
        *batch(15),
        mse_loss,
        15,
        remedies=["relu + identity", "orthogonal"],
        optimizer=partial(torch.optim.Adam, lr=1.0),
    )
    assert {r.verdict_after for r in p.remedies} == {"healthy"}
    assert p.best == best
    chosen = "relu" if best == "relu + identity" else "tanh"
    assert p.model.rnn.nonlinearity == chosen
    assert p.configuration["learning_rate"] == stands[chosen]


def test_identity_that_is_kept_orthogonal():
    model, (x, y) = Last(net("RNN")), batch(40)
    name = "relu + identity, kept orthogonal"
    p = prescribe(model, x, y, mse_loss, 40, remedies=[name])
    assert p.best == name
    own = p.model.rnn.cell
    assert (type(own), own.nonlinearity) == (type(cells.cell("orthogonal")), "relu")
    assert not p.model.rnn.weight_hh_l0.any()  # the identity, once it is mapped
    assert p.remedies[0].call.startswith("elman.OrthogonalRNN(4, 32, batch_first=True")


def test_steps_that_turn_what_is_kept_are_too_long():
    torch.manual_seed(0)
    model = Last(elman.OrthogonalRNN(4, 32, batch_first=True))
    x, y = batch(200)
    options = {"optimizer": partial(torch.optim.Adam, lr=0.1), "remedies": False}
    assert (
        "learning_rate"
        not in prescribe(model, x, y, mse_loss, 190, **options).configuration
    )
    p = prescribe(model, x, y, mse_loss, 190, apart=8, **options)
    assert p.configuration["learning_rate"] < 0.1


def test_clipping_at_the_ninetieth_percentile():
    model, (x, y) = Last(init.chrono_(net("LSTM"), 40)), batch(40)
    y[0] = 300.0
    d = diagnose(
        model, x, y, mse_loss, learning_rate=0.5, batches=[batch(40) for _ in range(9)]
    )
    clip = next(r for r in d.remedies if r.kind == "clipping")
    assert clip.settings == {"clip_norm": d.configuration["clip_norm"]}
    assert clip.after < clip.before


def test_truncation_is_prescribed():
    model, (x, y) = Last(init.chrono_(net("LSTM"), 40)), batch(80)
    d = diagnose(model, x, y, mse_loss, truncation=5, needed=40)
    assert d.configuration == {"truncation": 40}


def test_an_optimiser_over_the_model_is_copied_with_it():
    model, (x, y) = Last(init.chrono_(net("LSTM"), 40)), batch(40)
    optimiser = torch.optim.Adam(
        [{"params": model.rnn.parameters()}, {"params": model.out.parameters()}],
        lr=1e-3,
    )
    model(x).sum().backward()
    optimiser.step()
    optimiser.param_groups[0]["lr"] = 0.2
    before = copy.deepcopy((model.state_dict(), optimiser.state_dict()))
    gradient = model.out.weight.grad.clone()
    d = diagnose(model, x, y, mse_loss, optimizer=optimiser, remedies=False)
    assert d.findings[0].name == "learning rate too high"
    assert d.trial.learning_rate == 0.2
    assert torch.equal(model.out.weight.grad, gradient)
    after = (model.state_dict(), optimiser.state_dict())
    for a, b in zip(before, after, strict=True):
        torch.testing.assert_close(a, b, rtol=0, atol=0)


def test_confirmed_by_training():
    torch.manual_seed(3)
    several = [torch.randn(32, 40, 4) for _ in range(60)]
    (x, y), *more = [(x, x[:, 0, :1]) for x in several]  # the first step decides
    model = Last(net("LSTM"))
    p = prescribe(
        model, x, y, mse_loss, 40,
        remedies=["chrono", "orthogonal"],
        optimizer=partial(torch.optim.Adam, lr=0.01), clip_norm=1.0, batches=more,
        confirm=120,
    )  # fmt: skip
    assert p.best == "chrono"
    trained = next(r for r in p.remedies if r.name == "chrono").trained
    assert math.isfinite(trained)
    with pytest.raises(InputError, match="confirm: needs optimizer"):
        prescribe(model, x, y, mse_loss, 40, confirm=10)


def test_plain_data():
    d = diagnose(Last(net("RNN")), *batch(60), mse_loss, learning_rate=0.02)
    plain = json.loads(json.dumps(d.to_dict(), allow_nan=False))
    assert plain["configuration"]["nonlinearity"] == "relu"
    assert plain["trial"]["learning_rate"] == 0.02
    assert plain["behaviour"][0]["variant"] == "tanh"
    assert {"effect", "value", "limit"} <= set(plain["findings"][0])


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"learning_rate": 0.0}, "learning_rate must be positive"),
        ({"clip_norm": -1.0}, "clip_norm must be positive"),
        ({"truncation": 0}, "truncation: got 0"),
        ({"optimizer": "adam"}, "optimizer: got str"),
        (
            {"optimizer": torch.optim.SGD([torch.zeros(1, requires_grad=True)], 0.1)},
            "none of this model's",
        ),
        (
            {"learning_rate": 0.1, "optimizer": partial(torch.optim.SGD, lr=0.1)},
            "the optimizer has one already",
        ),
    ],
)
def test_wrong_settings_are_one_line(options, words):
    with pytest.raises(InputError, match=words) as caught:
        diagnose(Last(net()), *batch(9), mse_loss, **options)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("rows", "best"),
    [
        ([("a", 90, "healthy"), ("b", 160, "healthy")], "a"),  # the order decides
        ([("a", 40, "vanishing"), ("b", 20, "vanishing")], "a"),
        ([("a", 90, "exploding"), ("b", 20, "vanishing")], "b"),
        ([("a", 90, "exploding"), ("b", 12, "vanishing")], None),
        ([], None),
    ],
)
def test_rule_of_the_best(rows, best):
    assert best_of([Remedy(n, 10, h, v, 1.0, "") for n, h, v in rows]) == best
