"""Results of the three tasks, as the estimators write them, made without training."""

from __future__ import annotations

import copy
from datetime import datetime, timedelta

import numpy as np
import pytest

from elman.report import render

HOURS = 24 * 7 * 10


def _times(start: datetime, count: int) -> list[str]:
    return [(start + timedelta(hours=hour)).isoformat() for hour in range(count)]


def _diagnosis(verdict: str, horizon: float, rate: float, lags: int, needed: int):
    lag = np.arange(lags)
    return {
        "verdict": verdict,
        "horizon": horizon,
        "needed": needed,
        "needed_source": f"autocorrelation of the target: peak at {needed} steps",
        "profile": [
            {
                "name": "decoder layer 0",
                "lag": lag[:24].tolist(),
                "norm": np.exp(-0.5 * rate * lag[:24]).tolist(),
            },
            {
                "name": "encoder layer 0",
                "lag": lag.tolist(),
                "norm": (0.3 * np.exp(-rate * lag)).tolist(),
            },
        ],
        "headline": "encoder layer 0",
        "lyapunov": [
            {
                "name": "encoder layer 0",
                "exponents": [-rate, -2 * rate],
                "errors": [0.001, 0.002],
                "singular_values": np.exp(-rate * np.arange(1, 33)).tolist(),
            }
        ],
        "saturation": [
            {
                "name": "encoder layer 0",
                "time_scales": (np.geomspace(0.5, 2, 40) / rate).tolist(),
            }
        ],
        "findings": [
            {
                "name": "short_reach",
                "severity": "high",
                "evidence": "A(168)/A(0) = 1e-33 is below 0.001",
                "threshold": 1e-3,
                "source": "Pascanu, Mikolov and Bengio 2013",
                "remedy": "chrono",
            }
        ],
    }


def _training():
    epochs = np.arange(1, 25)
    return {
        "history": [
            {
                "epoch": int(e),
                "loss": float(0.35 * np.exp(-e / 5) + 0.21),
                "validation_loss": float(0.3 * np.exp(-e / 4) + 0.26),
                "gradient_norm": float(1.5 * np.exp(-e / 8) + 0.1),
                "learning_rate": 0.003,
                "seconds": 1.4,
            }
            for e in epochs
        ],
        "best_epoch": 14,
        "stopped": "patience",
        "seconds": 38.4,
        "parameters": 52481,
        "flow": _flow(),
    }


def _flow():
    """A record of 30 steps whose reach falls from 100 of 168 steps to 20."""
    lags = [*range(8), 8, 10, 12, 14, 16, 20, 24, 28, 32, 40, 48, 56, 64, 80, 96]
    lags += [112, 128, 160]
    ends = [*[first - 1 for first in lags[1:]], 167]
    reach = np.linspace(100, 20, 30).round()
    norm = 0.02 * np.exp(-np.log(1e3) * np.array(lags) / reach[:, None])
    return {
        "every": 20,
        "steps": list(range(1, 600, 20)),
        "lags": [list(pair) for pair in zip(lags, ends, strict=True)],
        "layers": [
            {"name": "encoder", "norm": norm.tolist(), "reach": reach.tolist()},
            {
                "name": "decoder",
                "norm": [[0.01] * 12 + [None] * 14] * 30,
                "reach": [15] * 30,
            },
        ],
        "alarms": [{"step": 401, "kind": "collapsed", "message": "it fell"}],
        "needed": 60,
    }


def _environment(command: str):
    return {
        "elman": "0.1.0",
        "torch": "2.13.0",
        "python": "3.11.2",
        "threads": 2,
        "path": "composite",
        "command": command,
        "seed": 0,
    }


def _scores(metric: str, lower: bool, rows: list[tuple[str, str, float]], winner: str):
    return {
        "metric": metric,
        "lower_is_better": lower,
        "split": "test: the last part",
        "rows": [
            {"model": m, "kind": k, "values": {metric: v, "second": 1.5 * v}}
            for m, k, v in rows
        ],
        "winner": winner,
        "verdict": f"{winner} has the best {metric}.",
    }


def _forecast():
    rng = np.random.default_rng(0)
    hour = np.arange(HOURS)
    value = 120 + 90 * np.sin(2 * np.pi * hour / 24) * (1 + 0.5 * (hour // 24 % 7 > 4))
    value = np.maximum(0, value + rng.normal(0, 12, HOURS))
    time = _times(datetime(2011, 1, 1), HOURS)
    train, validation = HOURS - 672, HOURS - 504
    truth = value[validation:]
    linear = truth + rng.normal(0, 20, len(truth))
    prediction = truth + rng.normal(0, 15, len(truth))
    series = [None if 100 <= h < 110 else float(v) for h, v in enumerate(value)]
    before = _diagnosis("vanishing", 15.2, 0.45, 168, 168)
    after = _diagnosis("healthy", 212.0, 0.0325, 168, 168)
    ahead = prediction[:24]
    return {
        "task": "forecast",
        "title": "Bike rentals, the next 24 hours",
        "question": [["Forecast", "count, 24 hours ahead"], ["Network", "GRU of 64"]],
        "notes": ["10 missing hours were filled.", "windspeed: 3 values clipped."],
        "data": {
            "time": time,
            "value": series,
            "target": "count",
            "train_end": train,
            "validation_end": validation,
            "step": "hourly",
        },
        "diagnosis": {
            "needed": 168,
            "needed_source": "autocorrelation of the target: peak at 168 steps",
            "acf": np.cos(2 * np.pi * np.arange(300) / 24).tolist(),
            "before": before,
            "after": after,
            "remedy": "chrono",
            "remedies": [
                {
                    "name": "chrono",
                    "horizon_before": 15.2,
                    "horizon_after": 212.0,
                    "verdict_after": "healthy",
                },
                {
                    "name": "identity",
                    "horizon_before": 15.2,
                    "horizon_after": None,
                    "verdict_after": "exploding",
                },
            ],
        },
        "training": _training(),
        "scores": _scores(
            "MAE",
            True,
            [
                ("last week", "baseline", 47.5),
                ("highway + GRU", "network", 30.4),
                ("linear part", "part", 31.3),
                ("ridge", "baseline", 31.2),
            ],
            "highway + GRU",
        ),
        "forecast": {
            "test": {
                "time": time[validation:],
                "truth": truth.tolist(),
                "prediction": prediction.tolist(),
                "linear": linear.tolist(),
                "lower": (prediction - 30).tolist(),
                "upper": (prediction + 30).tolist(),
            },
            "next": {
                "time": _times(datetime(2011, 3, 12), 24),
                "prediction": ahead.tolist(),
                "linear": (ahead + 4).tolist(),
                "lower": (ahead - 30).tolist(),
                "upper": (ahead + 30).tolist(),
            },
            "coverage": 0.887,
            "level": 0.9,
            "error_by_step": (18 + np.sqrt(np.arange(24))).tolist(),
            "recent": {"time": time[-336:], "value": series[-336:]},
        },
        "environment": _environment("elman demo --out runs/demo"),
    }


def _sequences(task: str):
    rng = np.random.default_rng(1)
    lengths = rng.integers(7, 27, 200)
    return {
        "task": task,
        "title": "Who is speaking?",
        "question": [["From", "3 channels, 7 to 26 steps"]],
        "notes": [],
        "data": {
            "lengths": lengths.tolist(),
            "examples": [
                {"label": label, "values": rng.normal(size=(3, n)).cumsum(1).tolist()}
                for label, n in enumerate(lengths[:8].tolist())
            ],
        },
        "diagnosis": {
            "needed": 15,
            "needed_source": "length of the sequences (median 15 steps)",
            "acf": [],
            "before": _diagnosis("healthy", 34.0, 0.2, 26, 15),
            "after": None,
            "remedy": None,
            "remedies": [],
        },
        "training": _training(),
        "environment": _environment(f"elman train {task} X_TRAIN.ts"),
    }


def _classify():
    labels = [f"speaker {i}" for i in range(1, 10)]
    matrix = 40 * np.eye(9, dtype=int)
    matrix[2, 5] = 3
    results = _sequences("classify")
    results["data"]["classes"] = dict.fromkeys(labels, 30)
    results["scores"] = _scores(
        "accuracy",
        False,
        [("GRU", "network", 0.978), ("ridge", "baseline", 0.984)],
        "ridge",
    )
    results["confusion"] = {"labels": labels, "matrix": matrix.tolist()}
    return results


def _regress():
    rng = np.random.default_rng(2)
    truth = rng.gamma(3, 2, 900)
    counts, edges = np.histogram(truth, 20)
    results = _sequences("regress")
    results["data"]["target_histogram"] = {
        "edges": edges.tolist(),
        "counts": counts.tolist(),
    }
    results["scores"] = _scores(
        "MAE",
        True,
        [("LSTM", "network", 0.71), ("ridge", "baseline", 0.93)],
        "LSTM",
    )
    results["predicted"] = {
        "truth": truth.tolist(),
        "prediction": (0.9 * truth + rng.normal(0, 0.7, 900)).tolist(),
    }
    return results


_MADE = {"forecast": _forecast(), "classify": _classify(), "regress": _regress()}


@pytest.fixture(params=sorted(_MADE), scope="session")
def page(request):
    """The page of each task in turn, drawn once."""
    return render(_MADE[request.param])


@pytest.fixture(params=sorted(_MADE))
def results(request):
    """Results of each task in turn, free to be changed."""
    return copy.deepcopy(_MADE[request.param])


@pytest.fixture
def forecast_results():
    return copy.deepcopy(_MADE["forecast"])


@pytest.fixture
def classify_results():
    return copy.deepcopy(_MADE["classify"])


@pytest.fixture
def regress_results():
    return copy.deepcopy(_MADE["regress"])
