"""Ratios, shares and medians against values worked out by hand."""

from __future__ import annotations

import json

import pytest
import torch

from elman import bench
from elman._errors import InputError
from elman.bench import Case, Row, Sizes, _layers, _loop, _memory


def row(cell="LSTM", group="grid", sizes=(2, 3, 5, 7), peak=None, **values):
    return Row(Case(group, cell, Sizes(*sizes)), values, peak)


def test_ratio_rate_and_share():
    # 6 · T·B · G·H · (I + H) = 6 · 6 · 28 · 12 = 12096 operations
    r = row(elman=0.002, torch=0.003, jax=0.001, peak=24_192_000.0)
    assert r.case.operations == 12_096
    assert r.ratios == {"torch": 1.5, "jax": 0.5}
    assert r.rate == 12_096 / 0.002
    assert r.share == 0.25


@pytest.mark.parametrize("group", ["ragged", "streaming", "loop", "memory"])
def test_no_rate_where_operations_are_not_counted(group):
    r = row(group=group, elman=1.0, torch=2.0, peak=1.0)
    assert r.rate is None
    assert r.share is None


def test_the_last_peak_counts_for_all():
    rows = [
        row(elman=0.002, torch=0.003, peak=1.0),
        row(group="float64", elman=0.002, torch=0.003, peak=1.0),
        row(group="loop", elman=0.002, torch=0.003),
    ]
    peaks = {"float32": 24.192e-3, "float64": 12.096e-3}
    shares = [r.share for r in bench.against(rows, peaks)]
    assert shares == [pytest.approx(0.25), pytest.approx(0.5), None]


def test_geometric_means_are_of_one_group_and_by_cell():
    rows = [
        row(elman=1.0, torch=2.0),
        row(elman=1.0, torch=8.0, jax=3.0),
        row(cell="GRU", elman=2.0, torch=1.0),
        row(group="thin", elman=1.0, torch=1000.0),
    ]
    means = bench.geometric_means(rows, "grid")
    assert means == {
        "LSTM": {"torch": pytest.approx(4.0), "jax": pytest.approx(3.0)},
        "GRU": {"torch": pytest.approx(0.5)},
    }
    assert bench.geometric_means(rows, "loop") == {}


def test_losing_rows_come_worst_first():
    rows = [row(elman=2.0, torch=1.9), row(elman=1.0, torch=2.0, jax=0.5)]
    assert [(p, x) for _, p, x in bench.slower(rows)] == [("jax", 0.5), ("torch", 0.95)]
    assert bench.slower([row(elman=1.0, torch=1.0)]) == []


class Clock:
    """Time that passes only where the steps say so."""

    def __init__(self):
        self.now, self.log = 0.0, []

    def __call__(self):
        return self.now

    def step(self, name, *durations):
        """Return a step that takes each duration in turn, then the last for ever."""
        left = list(durations)

        def run():
            self.log.append(name)
            self.now += left.pop(0) if len(left) > 1 else left[0]

        return run


def test_the_median_of_turns_by_hand():
    clock = Clock()
    # warm-up, trial; then in each of three turns one run uncounted, one counted
    steps = {"a": clock.step("a", 9, 1, 9, 1, 9, 5, 9, 2), "b": clock.step("b", 4.0)}
    assert bench.race(steps, 3, least=0.5, clock=clock) == {"a": 2.0, "b": 4.0}
    assert "".join(clock.log) == "aabb" + "aabb" + "bbaa" + "aabb"


def test_short_steps_are_repeated():
    clock = Clock()
    steps = {"a": clock.step("a", 0.25)}
    assert bench.race(steps, 1, least=1.0, clock=clock) == {"a": 0.25}
    assert len(clock.log) == 2 + 1 + 4


def test_quick_is_a_part_of_full():
    quick = bench.cases(bench.CELLS, bench.GROUPS, full=False)
    full = bench.cases([*bench.CELLS, *bench.OTHERS], bench.GROUPS, full=True)
    assert set(quick) < set(full)
    assert len(set(full)) == len(full)
    assert {c.group for c in full} == set(bench.GROUPS)
    assert {c.cell for c in full if c.group == "projection"} == {"LSTM"}
    grid = [c for c in full if c.group == "grid"]
    assert len(grid) == 8 * len(bench.CELLS)


def small(group, cell, variant=""):
    one = group == "streaming"
    return Case(group, cell, Sizes(1 if one else 3, 1 if one else 6, 4, 6), variant)


@pytest.mark.parametrize("cell", bench.CELLS)
@pytest.mark.parametrize(
    ("group", "variant"),
    [
        ("grid", ""),
        ("ragged", ""),
        ("float64", ""),
        ("streaming", "cell"),
        ("streaming", "cell, graph"),
        ("streaming", "layer"),
        ("loop", ""),
    ],
)
def test_each_group_is_measured(group, variant, cell):
    r = bench.measure(small(group, cell, variant), rounds=1)
    assert set(r.values) == {"elman", "torch"}
    assert all(v > 0 for v in r.values.values())
    assert (r.share is None) == (group not in ("grid", "float64"))


def test_a_projection_says_nothing(recwarn):
    r = bench.measure(small("projection", "LSTM", "3"), rounds=1)
    assert r.ratios["torch"] > 0
    assert not recwarn.list


@pytest.mark.parametrize("whose", ["elman", "torch"])
def test_memory_is_measured_in_a_process_of_its_own(whose):
    case = Case("memory", "LSTM", Sizes(32, 200, 64, 64))
    # what is kept at the very least: y and four gates, in float32
    assert _memory.peak_memory(case, whose, 1) > 32 * 200 * 64 * 5 * 4


def test_a_process_that_fails_is_one_line(monkeypatch):
    monkeypatch.setattr(_memory, "_SCRIPT", "raise SystemExit('no memory left')")
    case = Case("memory", "LSTM", Sizes(1, 1, 1, 1))
    with pytest.raises(InputError, match=r"measures torch's memory failed: no memory"):
        _memory.peak_memory(case, "torch", 1)


def test_both_train_the_same_thing():
    torch.manual_seed(0)
    for build, group in ((_layers.dense, "grid"), (_loop.loop, "loop")):
        steps = build(small(group, "GRU"))
        ours, theirs = steps["elman"](), steps["torch"]()
        torch.testing.assert_close(ours, theirs)


def test_the_document_is_plain_and_complete():
    rows = [
        row(elman=0.002, torch=0.003, peak=1e9),
        row(group="memory", elman=2e6, torch=3e6),
    ]
    facts = {"processor": "p", "peak_gflops": {"float32": 1.0}}
    text = json.dumps(bench.document(rows, facts, 5, {"a": "1"}, {"jax": "gone"}))
    found = json.loads(text)
    assert found["schema"] == 1
    assert found["absent"] == {"jax": "gone"}
    assert found["versions"] == {"a": "1"}
    assert found["machine"] == facts
    assert found["rounds"] == 5
    assert found["geometric_means"] == {"LSTM": {"torch": pytest.approx(1.5)}}
    first, second = found["rows"]
    assert first == {
        "group": "grid",
        "cell": "LSTM",
        "variant": "",
        "batch": 2,
        "steps": 3,
        "inputs": 5,
        "hidden": 7,
        "unit": "ms",
        "values": {"elman": 2.0, "torch": 3.0},
        "ratios": {"torch": 1.5},
        "gflops": pytest.approx(12_096 / 0.002 / 1e9),
        "share_of_peak": pytest.approx(12_096 / 0.002 / 1e9),
    }
    assert second["unit"] == "MB"
    assert second["values"] == {"elman": 2.0, "torch": 3.0}
    assert second["gflops"] is None


def test_the_machine_is_described():
    facts = bench.machine()
    assert facts["cores"] >= 1
    assert facts["threads"] == torch.get_num_threads()
    assert all(v > 0 for v in facts["peak_gflops"].values())


def test_further_cells_have_rows_of_their_own_group():
    found = bench.cases([*bench.CELLS, *bench.OTHERS], ["cells", "loop"], full=False)
    assert {c.cell for c in found if c.group == "cells"} == set(bench.EQUATIONS)
    assert {c.cell for c in found if c.group == "loop"} == set(bench.CELLS)
    full = bench.cases(["janet"], bench.GROUPS, full=True)
    assert [c.group for c in full] == ["cells"] * 8
    assert full[0].label.startswith("JANET 32 × 100")


def test_sizes_can_be_chosen():
    sizes = [Sizes(2, 3, 4, 5), Sizes(3, 4, 5, 6)]
    found = bench.cases(["GRU", "janet"], ["grid", "cells"], True, sizes)
    assert [(c.group, c.cell, c.sizes) for c in found] == [
        (group, cell, s)
        for group, cell in (("grid", "GRU"), ("cells", "gru"), ("cells", "janet"))
        for s in sizes
    ]


@pytest.mark.parametrize("cell", ["janet", "gru"])
def test_a_cell_is_timed_fused_and_in_plain_torch(cell):
    measured = bench.measure(Case("cells", cell, Sizes(2, 3, 4, 5)), 1)
    assert set(measured.values) == {"elman", "plain torch"}
    assert all(seconds > 0 for seconds in measured.values.values())
