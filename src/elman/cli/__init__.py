"""The command line: parse, call, print."""

from __future__ import annotations

from ._entry import main as main

__all__ = ["main"]
