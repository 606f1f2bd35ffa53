"""The attention of translations as a file of its own."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.backends.backend_agg import FigureCanvasAgg

from elman._errors import InputError, did_you_mean
from elman._files import replace_durably

from ._page import render
from ._values import floats, listed
from .drawing._style import PAPER, RC, WIDE
from .pictures._attention import attention_figure, tokens_of

_PICTURES = (".png", ".svg", ".pdf")
FORMATS = (".html", *_PICTURES)
"""Endings of the names of files that can be written."""


def check_attention_file(option: str, path: Path) -> None:
    """Raise unless the file's name says what it is to be.

    Parameters
    ----------
    option : str
        The option that named the file, for the message.
    path : path

    Raises
    ------
    InputError
        It ends in none of `FORMATS`.
    """
    if path.suffix.lower() not in FORMATS:
        raise InputError(
            f"{option} {path}: the name must end in {', '.join(FORMATS)}"
            f"{did_you_mean(path.suffix.lower(), FORMATS)}"
        )


def write_attention(path: Path, drawn: Sequence[Mapping[str, Any]]) -> str:
    """Draw where translations looked: all of them as a page, the first as a picture.

    Parameters
    ----------
    path : path
        Its ending is one of `FORMATS`.
    drawn : sequence of mapping
        source, target and weights of each.

    Returns
    -------
    str
        What was left out, if anything.

    Raises
    ------
    InputError
        There is nothing to draw.
    """
    if not drawn:
        raise InputError("there is no translation to draw: every text is empty")
    if path.suffix.lower() == ".html":
        title = "Where the translations looked"
        page = render({"task": "translate", "title": title, "attention": list(drawn)})
        replace_durably(path, page.encode())
        return ""
    _save(path, drawn[0])
    more = len(drawn) - 1
    return f"{path} shows the first of {more + 1}; .html shows all" if more else ""


def _save(path: Path, drawn: Mapping[str, Any]) -> None:
    settings: Any = {**RC, "svg.fonttype": "path", "figure.dpi": 144}
    weights = [floats(row) for row in listed(drawn, "weights")]
    with mpl.rc_context(), warnings.catch_warnings():
        # A letter that the font lacks is drawn as a box; a page has the reader's fonts.
        warnings.simplefilter("ignore", UserWarning)
        mpl.rcdefaults()
        mpl.rcParams.update(settings)
        source, target = tokens_of(drawn, "source"), tokens_of(drawn, "target")
        figure = attention_figure(WIDE, source, target, weights)
        FigureCanvasAgg(figure)
        figure.savefig(path, facecolor=PAPER, bbox_inches="tight")
