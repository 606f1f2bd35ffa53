"""The results as one JSON document: what was measured, on what, against whom."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch

from elman import ops

from ._rows import Row, geometric_means

_SCHEMA = 1
_CPUS = Path("/proc/cpuinfo")


def machine() -> dict[str, Any]:
    """Return what the numbers were taken on; the peaks are measured now."""
    threads = torch.get_num_threads()
    return {
        "processor": _processor(),
        "cores": _cores(),
        "threads": threads,
        "instruction_set": ops.instruction_set(),
        "torch_instruction_set": torch.backends.cpu.get_cpu_capability(),
        "peak_gflops": {
            "float32": ops.measured_peak(threads) / 1e9,
            "float64": ops.measured_peak(threads, doubles=True) / 1e9,
        },
    }


def document(
    rows: Sequence[Row],
    facts: Mapping[str, Any],
    rounds: int,
    versions: Mapping[str, str],
    absent: Mapping[str, str],
) -> dict[str, Any]:
    """Return everything as plain values.

    Parameters
    ----------
    rows : sequence of Row
    facts : mapping
        From `machine`.
    rounds : int
    versions : mapping of str to str
        Of elman, torch and the peers.
    absent : mapping of str to str
        The peers left out, and why.

    Returns
    -------
    dict
        Times in milliseconds, memory in megabytes (10⁶ bytes).
    """
    return {
        "schema": _SCHEMA,
        "versions": dict(versions),
        "absent": dict(absent),
        "machine": dict(facts),
        "rounds": rounds,
        "rows": [_plain(row) for row in rows],
        "geometric_means": {
            cell: means
            for group in ("grid", "cells")
            for cell, means in geometric_means(rows, group).items()
        },
    }


def _plain(row: Row) -> dict[str, Any]:
    case, s = row.case, row.case.sizes
    memory = case.group == "memory"
    unit, factor = ("MB", 1e-6) if memory else ("ms", 1e3)
    return {
        "group": case.group,
        "cell": case.cell,
        "variant": case.variant,
        "batch": s.batch,
        "steps": s.steps,
        "inputs": s.inputs,
        "hidden": s.hidden,
        "unit": unit,
        "values": {name: value * factor for name, value in row.values.items()},
        "ratios": row.ratios,
        "gflops": None if row.rate is None else row.rate / 1e9,
        "share_of_peak": row.share,
    }


def _processor() -> str:
    try:
        for line in _CPUS.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def _cores() -> int:
    """Return the cores this process may use."""
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else os.cpu_count() or 1
