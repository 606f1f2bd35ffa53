"""The look every picture shares: palette, type sizes, and axes placed in pixels.

Colours are the light palette's own values. When a figure becomes inline SVG
(`_svg`) each is exchanged for the CSS variable of the same name, so that one
drawing serves light, dark and print.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

INK = "#1c2127"  # truth, and text that must be read
MUTED = "#5b6572"  # axis text, the quieter of two lines
FAINT = "#9aa3ad"  # context: other layers, diagonals
RULE = "#dfe3e8"  # grid and frames
ACCENT = "#0b62a8"  # the network
SIGNAL = "#b8470f"  # what is wrong, or was before the remedy
WASH = "#f2f4f6"  # shaded regions
PAPER = "#fefefe"  # what lies behind

VARIABLES = {
    INK: "var(--ink)",
    MUTED: "var(--muted)",
    FAINT: "var(--faint)",
    RULE: "var(--rule)",
    ACCENT: "var(--accent)",
    SIGNAL: "var(--signal)",
    WASH: "var(--wash)",
    PAPER: "var(--paper)",
}

RC: dict[str, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "elman",
    "figure.dpi": 72,
    "font.family": "DejaVu Sans",
    "font.size": 12,
    "text.color": MUTED,
    "text.parse_math": False,
    "axes.labelcolor": MUTED,
    "axes.titlesize": 12,
    "axes.edgecolor": FAINT,
    "axes.facecolor": "none",
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.spines.left": False,
    "axes.grid": True,
    "axes.grid.axis": "y",
    "axes.axisbelow": True,
    "axes.unicode_minus": True,
    "axes.formatter.use_mathtext": False,
    "axes.formatter.useoffset": False,
    "grid.color": RULE,
    "grid.linewidth": 0.8,
    "xtick.color": FAINT,
    "xtick.labelcolor": MUTED,
    "ytick.color": FAINT,
    "ytick.labelcolor": MUTED,
    "xtick.major.size": 4,
    "xtick.major.width": 0.8,
    "ytick.major.size": 0,
    "lines.linewidth": 1.5,
    "lines.solid_joinstyle": "round",
    "lines.solid_capstyle": "round",
    "figure.facecolor": "none",
    "savefig.facecolor": "none",
    "path.simplify": False,
}


@dataclass(frozen=True)
class Sheet:
    """A surface to draw on: the width in CSS pixels, and whether it is a phone's.

    Parameters
    ----------
    width : int
        Width of the drawing in CSS pixels; one point is one pixel.
    narrow : bool
        Drawn for a phone: panels stack, ticks are fewer, excerpts shorter.
    """

    width: int
    narrow: bool

    def figure(self, height: float) -> Figure:
        """Return an empty figure of this width and the given height in pixels."""
        return Figure(figsize=(self.width / 72, height / 72))

    def panel(
        self,
        figure: Figure,
        top: float,
        height: float,
        *,
        left: float = 46,
        right: float = 8,
        title: str = "",
    ) -> Axes:
        """Return axes placed by pixels from the top left corner of the figure.

        Parameters
        ----------
        figure : Figure
            The figure of this sheet.
        top, height : float
            Upper edge and height of the drawing area.
        left, right : float
            Distance of its sides from the figure's sides.
        title : str
            A few words above the upper left corner: the quantity and its unit.
        """
        width_px, height_px = figure.get_size_inches() * 72
        axes = figure.add_axes(
            (
                left / width_px,
                1 - (top + height) / height_px,
                (width_px - left - right) / width_px,
                height / height_px,
            )
        )
        if title:
            words(axes, -44, height + 10, title, color=MUTED)
        axes.tick_params(axis="y", pad=4)
        axes.yaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 2.5, 5, 10]))
        axes.yaxis.set_major_formatter(FuncFormatter(tick))
        return axes


WIDE = Sheet(width=760, narrow=False)
NARROW = Sheet(width=350, narrow=True)


def words(axes: Axes, x: float, y: float, text: str, **style: Any) -> None:
    """Write text at a pixel offset from the lower left corner of the axes.

    The text is taken as it is: `RC` turns off TeX, since a column may well be
    called ``price $``.
    """
    axes.annotate(
        plain(text),
        (0, 0),
        xycoords="axes fraction",
        xytext=(x, y),
        textcoords="offset pixels",
        annotation_clip=False,
        **style,
    )


def flag(axes: Axes, x: Any, text: str, *, late: bool = False, **style: Any) -> None:
    """Write text beside a vertical line at `x`, under the top edge of the axes.

    Parameters
    ----------
    axes : Axes
        Already showing its data, so that its units are known.
    x : float or datetime64
        Where the line stands.
    text : str
        What to write.
    late : bool
        Write to the left of the line instead of to its right.
    style : Any
        Passed on to matplotlib.
    """
    axes.annotate(
        plain(text),
        (axes.convert_xunits(x), 1),
        xycoords=axes.get_xaxis_transform(),
        xytext=(-6 if late else 5, -3),
        textcoords="offset pixels",
        horizontalalignment="right" if late else "left",
        verticalalignment="top",
        annotation_clip=False,
        **style,
    )


def plain(text: str) -> str:
    """Return `text` on one line, cut where it would run off the picture."""
    line = " ".join(text.split())
    return line if len(line) <= 56 else f"{line[:55]}…"


def tick(value: float, _position: object = None) -> str:
    """Return a short axis label: 1200 is ``1,200``, two million is ``2M``."""
    size = abs(value)
    for unit, letter in ((1e9, "G"), (1e6, "M"), (1e4, "k")):
        if size >= unit:
            base = 1e3 if letter == "k" else unit
            return f"{value / base:,.3g}{letter}".replace("-", "−")
    if size >= 1000:
        return f"{value:,.0f}".replace("-", "−")
    if 0 < size < 1e-4:
        return f"{value:.0e}".replace("-", "−")
    return f"{value:.4g}".replace("-", "−")


_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def power(value: float, _position: object = None) -> str:
    """Return a power of ten as a label: 0.01, 1, 100, 10⁻⁶."""
    exponent = round(math.log10(value)) if value > 0 else 0
    if -3 <= exponent <= 3:
        return f"{10.0**exponent:g}"
    return f"10{str(exponent).translate(_RAISED)}"
