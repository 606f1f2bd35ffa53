"""What tests of files on disk share."""

from __future__ import annotations

import os

import pytest


@pytest.fixture
def quick_disk(monkeypatch):
    """Make fsync a call that does nothing.

    It decides what a power cut leaves, which no test can cut; a killed process
    leaves the same with it and without. `make torture` leaves it in.
    """
    if not os.environ.get("ELMAN_TORTURE"):
        monkeypatch.setattr(os, "fsync", lambda number: None)
