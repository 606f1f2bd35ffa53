"""What is said of work without epochs."""

import io

import pytest
from rich.console import Console

from elman.training import working


def said(size=0, shown=True, terminal=False):
    out = io.StringIO()
    console = Console(file=out, force_terminal=terminal, width=60)
    with working("linear models", shown, size=size, console=console):
        out.write("<here>")
    return out.getvalue()


def test_long_work_is_a_line_before_it_begins():
    assert said(size=10**7) == "linear models …\n<here>"


@pytest.mark.parametrize("how", [{"size": 100}, {"size": 10**7, "shown": False}])
def test_short_work_and_quiet_work_are_not(how):
    assert said(**how) == "<here>"


def test_a_terminal_shows_it_whatever_its_size():
    seen = said(terminal=True)
    assert "linear models" in seen
    assert said(terminal=True, shown=False) == "<here>"


def test_an_error_passes_through():
    with pytest.raises(ValueError, match="inside"), working("work"):
        raise ValueError("inside")
