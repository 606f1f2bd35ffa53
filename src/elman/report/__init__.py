"""Results to one self-contained HTML page: it draws, and computes nothing."""

from ._page import render as render
from ._write import write_report as write_report

__all__ = ["render", "write_report"]
