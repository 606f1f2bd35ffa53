"""Ridge: the row left out is really left out."""

from __future__ import annotations

import numpy as np
import pytest

from elman.tasks.sequence.linear._ridge import PENALTIES, fit_ridge


def problem(n=30, p=8, seed=0):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, p)) / np.sqrt(p)
    return x, x @ rng.normal(size=(p, 2)) + rng.normal(0, 0.3, (n, 2)) + 2.0


def squared(y):
    return lambda predicted: float(np.mean((predicted - y) ** 2))


@pytest.mark.parametrize("p", [8, 60])
@pytest.mark.parametrize("weighted", [False, True])
def test_solves_the_weighted_problem(p, weighted):
    x, y = problem(p=p)
    w = np.random.default_rng(1).uniform(0.2, 2, 30) if weighted else None
    found = fit_ridge(x, y, w, squared(y))
    weight = np.ones(30) if w is None else w
    full = np.c_[x, np.ones(30)]
    penalty = np.diag([*[found.penalty] * p, 0.0])
    normal = full.T @ (weight[:, None] * full) + penalty
    solution = np.linalg.solve(normal, full.T @ (weight[:, None] * y))
    np.testing.assert_allclose(found.coefficients, solution[:-1], rtol=1e-6, atol=1e-8)
    np.testing.assert_allclose(found.intercept, solution[-1], rtol=1e-6)
    np.testing.assert_allclose(found.predict(x), full @ solution, rtol=1e-6)


@pytest.mark.parametrize("p", [8, 60])
def test_left_out_predictions_are_those_of_a_fit_without_the_row(p):
    x, y = problem(p=p)
    found = fit_ridge(x, y, None, squared(y))
    for row in range(30):
        kept = np.arange(30) != row
        full = np.c_[x[kept], np.ones(29)]
        normal = full.T @ full + np.diag([*[found.penalty] * p, 0.0])
        solution = np.linalg.solve(normal, full.T @ y[kept])
        wanted = np.append(x[row], 1.0) @ solution
        np.testing.assert_allclose(found.left_out[row], wanted, rtol=1e-5)


def test_the_penalty_is_the_one_with_the_least_loss():
    x, y = problem()
    losses = []

    def loss(predicted):
        losses.append(squared(y)(predicted))
        return losses[-1]

    found = fit_ridge(x, y, None, loss)
    assert found.penalty == PENALTIES[int(np.argmin(losses))]


def test_a_row_without_weight_teaches_nothing():
    x, y = problem()
    w = np.ones(30)
    w[3] = 0.0
    first = fit_ridge(x, y, w, lambda p: 0.0).coefficients
    y[3] = 100.0
    np.testing.assert_allclose(
        fit_ridge(x, y, w, lambda p: 0.0).coefficients, first, atol=1e-5
    )
