"""Predictions explained: planted causes, adding up, units, and what is refused."""

import numpy as np
import pytest
import torch
from torch import nn

import elman
from elman import InputError
from elman.attribution import METHODS

rng = np.random.default_rng(0)
STEPS, CHANNELS = 30, 4
HERE = (slice(12, 16), 2)


def planted(count, seed):
    """Return sequences whose class is what stands in steps 12 to 15 of channel 2."""
    rng = np.random.default_rng(seed)
    X = 0.1 * rng.normal(size=(count, STEPS, CHANNELS))
    up = rng.random(count) > 0.5
    X[:, 12:16, 2] += np.where(up, 1.0, -1.0)[:, None]
    return X, np.where(up, "up", "down")


@pytest.fixture(scope="module")
def network():
    X, y = planted(160, 0)
    return elman.SequenceClassifier(
        hidden_size=12, epochs=12, highway="none", init="default", refit=False
    ).fit(X, y)


@pytest.fixture(scope="module")
def whole():
    """Return a classifier with linear models beside its network."""
    X, y = planted(120, 0)
    return elman.SequenceClassifier(
        hidden_size=8, epochs=3, init="default", refit=False
    ).fit(X, y)


@pytest.mark.parametrize("method", METHODS)
def test_a_planted_cause_has_nine_tenths_of_the_sum(network, method):
    X, _ = planted(8, 1)
    background, _ = planted(10, 2)
    found = elman.explain(
        network, X, method=method, background=background, stretches=15, refine=2
    )
    here = sum(case.values[0][HERE].sum() for case in found)
    assert 0.9 < here / sum(case.values.sum() for case in found) < 1.1
    if method in ("integrated gradients", "shapley"):
        assert max(case.attribution.relative_gap.max() for case in found) < 0.01


def test_with_linear_models_the_whole_answer_is_explained(whole):
    X, _ = planted(2, 1)
    found = elman.explain(whole, X)
    assert found.method == "shapley"
    for case, row in zip(found, whole.predict_proba(X), strict=True):
        p = row.max()
        assert case.attribution.output == pytest.approx([np.log(p) - np.log1p(-p)])
        values = case.values[0]
        assert values[HERE].sum() > 0.8 * values.sum()
        assert case.attribution.relative_gap.max() < 1e-9


def test_gradients_say_that_they_explain_the_network_alone(whole):
    found = elman.explain(whole, planted(1, 1)[0], method="integrated gradients")
    assert "the network alone" in found.notes[0]


def test_a_class_can_be_asked_for(network):
    X, _ = planted(1, 3)
    both = [elman.explain(network, X, output=name)[0] for name in ("up", "down")]
    np.testing.assert_allclose(both[0].values, -both[1].values, atol=1e-4)


def test_numbers_are_explained_in_their_own_units():
    X, _ = planted(120, 0)
    y = 100 + 50 * X[:, 12:16, 2].mean(1)
    model = elman.SequenceRegressor(
        hidden_size=12, epochs=10, highway="none", init="default", refit=False
    ).fit(X, y)
    case = elman.explain(model, X[:1])[0]
    assert case.attribution.output == pytest.approx(model.predict(X[:1]), rel=1e-5)
    assert abs(case.values.sum()) == pytest.approx(
        abs(case.attribution.difference[0]), rel=0.01
    )
    assert case.attribution.difference[0] == pytest.approx(
        y[0] - 100, abs=0.3 * abs(y[0] - 100)
    )


def test_sequences_of_unequal_length_and_missing_values():
    X, y = planted(80, 0)
    ragged = [x[: 20 + i % 10].copy() for i, x in enumerate(X)]
    for x in ragged[::3]:
        x[3, 0] = np.nan
    model = elman.SequenceClassifier(
        hidden_size=6, epochs=2, highway="none", init="default", refit=False
    ).fit(ragged, y)
    found = elman.explain(model, ragged[:3])
    assert [case.values.shape for case in found] == [(1, 20 + i, 4) for i in range(3)]
    assert all(np.isfinite(case.values).all() for case in found)
    assert max(case.attribution.relative_gap.max() for case in found) < 0.01


def test_categories_are_hidden_as_what_is_not_known():
    names = np.array(["low", "high", "none"])
    rows = [
        [[names[rng.integers(3)], float(rng.normal())] for _ in range(6)]
        for _ in range(60)
    ]
    y = [row[2][0] == "high" for row in rows]
    model = elman.SequenceClassifier(
        hidden_size=8, epochs=6, init="default", refit=False
    ).fit(rows, y)
    found = elman.explain(model, rows[:2])
    assert found.method == "shapley"
    assert found[0].values.shape == (1, 6, 2)
    with pytest.raises(InputError, match="needs a gradient"):
        elman.explain(model, rows[:2], method="integrated gradients")


def test_a_target_a_step_is_explained_where_it_stands():
    X = np.random.default_rng(0).normal(size=(60, 12, 2))
    y = np.cumsum(X[:, :, 0], axis=1)
    model = elman.SequenceRegressor(
        hidden_size=12, epochs=10, output="step", refit=False, bidirectional=False
    ).fit(X, y)
    found = elman.explain(model, X[:1], step=5)[0]
    assert (found.values[0, 6:] == 0).all()  # it reads one way: later steps are none
    assert found.attribution.output[0] == pytest.approx(
        model.predict(X[:1])[0, 5], rel=1e-4
    )
    with pytest.raises(InputError, match="step=12 is not one of the 12"):
        elman.explain(model, X[:1], step=12)


def test_a_check_finds_a_faithful_map_that_chance_weights_do_not_have(network):
    found = elman.explain(network, planted(3, 1)[0], check=True)
    for case in found:
        assert case.fidelity.gain > 0.2
        assert abs(case.likeness) < 0.8
    assert "fidelity" in str(found)


class Doubled(nn.Module):
    """Return the sum of channel 1 in steps 2 and 3, twice."""

    def forward(self, x):
        return 2 * x[:, 2:4, 1].sum(1)


@pytest.mark.parametrize("method", METHODS)
def test_any_module_is_explained(method):
    X = np.random.default_rng(0).normal(size=(2, 6, 3))
    found = elman.explain(Doubled(), X, method=method, baseline="zero")
    for case, x in zip(found, X, strict=True):
        wanted = np.zeros((6, 3))
        wanted[2:4, 1] = 2 * x[2:4, 1]
        np.testing.assert_allclose(case.values[0], wanted, atol=1e-5)


def test_a_recurrent_layer_is_explained_at_its_last_step():
    torch.manual_seed(0)
    layer = nn.LSTM(3, 4, batch_first=True)
    X = torch.randn(2, 9, 3)
    found = elman.explain(layer, X)
    last = layer(X)[0][:, -1].detach().numpy()
    np.testing.assert_allclose(
        [case.attribution.output for case in found], last, rtol=1e-5
    )
    assert max(case.attribution.relative_gap.max() for case in found) < 0.01


def test_a_frame_has_a_row_for_each_value(network):
    X, _ = planted(2, 1)
    found = elman.explain(network, X, names=["a", "b"])
    frame = found.to_frame()
    assert frame.columns == [
        *("case", "output", "step", "channel", "value", "baseline", "attribution")
    ]
    assert len(frame) == 2 * STEPS * CHANNELS
    one = frame.filter((frame["case"] == "b") & (frame["step"] == 13))
    np.testing.assert_allclose(one["value"], X[1, 13])
    np.testing.assert_allclose(one["attribution"], found[1].values[0, 13])


def test_the_estimator_is_left_as_it_was(network):
    X, _ = planted(3, 1)
    before = network.predict_proba(X)
    state = torch.get_rng_state()
    elman.explain(network, X, check=True)
    assert torch.equal(torch.get_rng_state(), state)
    assert (network.predict_proba(X) == before).all()


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"method": "shaply"}, "did you mean 'shapley'"),
        ({"output": "sideways"}, "no class"),
        ({"step": 3}, "one for the whole sequence"),
        ({"baseline": "median"}, "none of auto, mean, zero, background"),
        ({"baseline": "background"}, "background=X_train"),
        ({"baseline": np.zeros(3)}, "baseline has shape"),
        ({"baseline": np.full(4, np.nan)}, "a number for each channel"),
        ({"stretches": 0}, "stretches"),
        ({"forward": print}, "forward is for modules"),
    ],
)
def test_what_cannot_be_asked_is_refused_in_one_line(network, asked, words):
    with pytest.raises(InputError, match=words) as caught:
        elman.explain(network, planted(1, 1)[0], **asked)
    assert "\n" not in str(caught.value)


def test_other_models_are_refused():
    with pytest.raises(InputError, match="cannot be explained"):
        elman.explain(elman.LanguageModel(), "text")
    with pytest.raises(InputError, match="got str"):
        elman.explain("model", np.zeros((1, 2, 3)))
    with pytest.raises(InputError, match="no row for each"):
        elman.explain(nn.Flatten(0), np.zeros((2, 4, 3)))
    with pytest.raises(InputError, match="has 60 outputs"):
        elman.explain(nn.Linear(3, 60), np.zeros((2, 4, 3)))
