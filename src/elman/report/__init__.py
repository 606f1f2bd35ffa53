"""Results to one self-contained HTML page: it draws, and computes nothing."""

from ._attention import check_attention_file as check_attention_file
from ._attention import write_attention as write_attention
from ._explained import write_explanation as write_explanation
from ._page import render as render
from ._write import write_report as write_report

__all__ = [
    "check_attention_file",
    "render",
    "write_attention",
    "write_explanation",
    "write_report",
]
