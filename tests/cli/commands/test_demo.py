"""The demonstration, with a smaller network and window than a user gets."""

from __future__ import annotations

import functools
import json
from pathlib import Path

from elman import tasks


def test_demo(elman, monkeypatch):
    small = functools.partial(
        tasks.Forecaster, context=24, hidden_size=4, epochs=1, windows_per_epoch=64
    )
    monkeypatch.setattr(tasks, "Forecaster", small)
    answer = elman("demo", "--json")
    assert answer.status == 0, answer.err
    document = json.loads(answer.out)
    assert "61 origins" in document["scores"]["split"]
    flow = document["gradient_flow"]
    assert flow["segment"] == 6
    assert flow["needed"] * flow["segment"] == 168
    assert Path(document["report"]).exists()
    refused = elman("predict", document["run"])
    assert refused.status == 2
    assert "add rows after the last 'count'" in refused.err
