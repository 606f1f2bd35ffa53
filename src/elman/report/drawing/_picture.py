"""A picture with everything around it: two drawings, legend, caption, spoken text."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import matplotlib as mpl
from markupsafe import Markup
from matplotlib.figure import Figure

from ._style import NARROW, RC, WIDE, Sheet
from ._svg import inline

Draw = Callable[[Sheet], Figure]


@dataclass(frozen=True)
class Key:
    """One entry of a legend: how the mark looks (a class in style.css), what it is."""

    mark: str
    text: str


@dataclass(frozen=True)
class Picture:
    """What the template shows of one figure.

    Parameters
    ----------
    name : str
        Unique in the page.
    wide, narrow : Markup
        The drawing for a desktop or paper, and for a phone.
    keys : sequence of Key
        The legend, as text beside the drawing: it wraps, and never hides a line.
    reading : str
        How to read such a picture, for someone who has never seen one.
    finding : str
        What is good and what is bad in this one.
    """

    name: str
    wide: Markup
    narrow: Markup
    keys: Sequence[Key]
    reading: str
    finding: str


def picture(
    name: str,
    draw: Draw,
    *,
    alt: str,
    keys: Sequence[Key] = (),
    reading: str = "",
    finding: str = "",
) -> Picture:
    """Draw a picture at both widths, leaving matplotlib's settings untouched."""
    settings: Any = RC
    with mpl.rc_context(), warnings.catch_warnings():
        # Text stays text: letters that this font lacks are in the reader's.
        warnings.filterwarnings("ignore", r"Glyph .* missing from", UserWarning)
        mpl.rcdefaults()
        mpl.rcParams.update(settings)
        wide = inline(draw(WIDE), f"{name}-w", alt)
        narrow = inline(draw(NARROW), f"{name}-n", alt)
    return Picture(name, wide, narrow, keys, reading, finding)
