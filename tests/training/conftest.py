"""What tests of files on disk share."""

from __future__ import annotations

import os

import pytest
import torch


@pytest.fixture
def quick_disk(monkeypatch):
    """Make fsync a call that does nothing.

    It decides what a power cut leaves, which no test can cut; a killed process
    leaves the same with it and without. `make torture` leaves it in.
    """
    if not os.environ.get("ELMAN_TORTURE"):
        monkeypatch.setattr(os, "fsync", lambda number: None)


@pytest.fixture
def one_thread():
    """Train in one thread: a forked child has no workers, and would wait for them."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)
