"""Every test runs seeded, single-threaded, and on memory poisoned with NaN."""

from __future__ import annotations

import os
import signal

# The suite runs several workers side by side: one thread each.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("POLARS_MAX_THREADS", "1")
# The core's working memory starts as NaN, like torch.empty below.
os.environ.setdefault("ELMAN_POISON", "1")
os.environ["MPLBACKEND"] = "Agg"

import numpy as np
import pytest
import torch

torch.set_num_threads(1)

# A shell starts what it puts into the background deaf to Ctrl-C; the tests send it.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(wrapper=True)
def pytest_terminal_summary(terminalreporter):
    """Say last, and loudly, how much was not tested on real data."""
    yield
    skipped = terminalreporter.stats.get("skipped", [])
    count = sum("ELMAN_DATA" in str(report.longrepr) for report in skipped)
    if count:
        terminalreporter.section("NOT TESTED ON REAL DATA", yellow=True, bold=True)
        terminalreporter.line(
            f"{count} tests skipped: set ELMAN_DATA to the folder of the data sets"
        )


@pytest.fixture(autouse=True)
def _deterministic():
    torch.manual_seed(0)
    np.random.seed(0)
    # torch.empty returns NaN: an element nobody wrote shows up as one.
    torch.use_deterministic_algorithms(True)
    torch.utils.deterministic.fill_uninitialized_memory = True
    yield
    torch.use_deterministic_algorithms(False)
