"""The picture of a sweep over learning rates."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from elman._errors import InputError

if TYPE_CHECKING:
    from ._find_rate import LearningRates

_KINDS = (".svg", ".png", ".pdf")
_INK, _FAINT, _LINE, _MARK = "#1c2127", "#9aa3ad", "#0b62a8", "#b8470f"
_LOOK: Any = {
    "svg.fonttype": "none",
    "svg.hashsalt": "elman",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "text.color": _INK,
    "axes.edgecolor": _FAINT,
    "axes.labelcolor": _INK,
    "xtick.color": _INK,
    "ytick.color": _INK,
}


def draw(found: LearningRates, path: Path) -> Path:
    """Draw the loss after each rate's step: every sweep, their mean, the suggestion."""
    if path.suffix.lower() not in _KINDS:
        raise InputError(
            f"{path}: a plot is one of {', '.join(_KINDS)}, by the end of its name"
        )
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(_LOOK)
        figure = Figure(figsize=(6.4, 3.6), layout="constrained")
        axes = figure.subplots()
        for sweep in found.sweeps:
            losses = found.start + np.array(sweep[: len(found.rates)])
            axes.plot(found.rates, losses, color=_FAINT, linewidth=0.7)
        mean = found.start + np.array(found.changes)
        axes.plot(found.rates, mean, color=_LINE, linewidth=2)
        low, start = float(mean.min()), found.start
        room = max(start - low, abs(start) / 20, 1e-12)
        axes.set_ylim(low - 0.25 * room, start + 0.75 * room)
        axes.set_xscale("log")
        axes.set_xlim(found.rates[0], found.rates[-1])
        axes.set_xlabel("learning rate")
        axes.set_title("loss, set against the untouched module's", loc="left", size=10)
        if found.suggested is not None and found.between is not None:
            axes.axvspan(*found.between, color=_MARK, alpha=0.12, linewidth=0)
            axes.axvline(found.suggested, color=_MARK, linewidth=1.2)
            axes.annotate(
                f" {found.suggested:.2g}",
                (found.suggested, 1),
                xycoords=("data", "axes fraction"),
                color=_MARK,
                va="top",
            )
        dated = {"Date": None} if path.suffix.lower() == ".svg" else None
        figure.savefig(path, dpi=150, metadata=dated)
    return path
