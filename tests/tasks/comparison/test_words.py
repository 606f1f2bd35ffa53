"""How sure a comparison is of who is best."""

from __future__ import annotations

import numpy as np

from elman.tasks.comparison._words import sentence


def said(better, *, spread=0.0, seeds=1):
    """What is said of a network that errs less by ``better``, more or less by seed."""
    rng = np.random.default_rng(0)
    base = [rng.normal(1.0, 0.01, 50) for _ in range(seeds)]
    moved = better + spread * np.linspace(-1, 1, seeds) if seeds > 1 else [better]
    errors = {"GRU": base, "TCN": [b - m for b, m in zip(base, moved, strict=True)]}
    rows = [
        {"model": name, "kind": kind, "values": {"RMSE": float(np.mean(errors[name]))}}
        for name, kind in (("GRU", "network"), ("TCN", "other"))
    ]
    found = {"metric": "RMSE", "lower_is_better": True, "parameters": 900}
    return sentence({**found, "rows": rows}, errors)


def test_seeds_that_disagree_leave_it_to_chance():
    assert "TCN (0.9" in said(0.1)
    assert said(0.1).endswith("by more than chance, as far as one seed tells.")
    assert said(0.1, spread=0.01, seeds=3).endswith("by more than chance.")
    assert said(0.1, spread=0.3, seeds=3).endswith("by no more than chance.")
    assert said(0.1, spread=0.3, seeds=2).endswith("by no more than chance.")
