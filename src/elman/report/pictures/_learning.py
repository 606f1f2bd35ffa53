"""How training went: loss, validation loss, the best epoch, the gradient's size."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullLocator

from elman.report._values import Floats, finite, floats, rows
from elman.report.drawing._picture import Key, Picture, picture
from elman.report.drawing._style import ACCENT, INK, MUTED, Sheet, power, tick, words

_STOPS = {
    "patience": "Training stopped when the validation loss no longer fell",
    "epochs": "Training ended with the epochs it was given",
    "settled": "Training ended when the loss had settled",
    "steps": "Training ended with the steps it was given",
    "time": "Training ended when its time was over",
    "interrupted": "Training was interrupted",
    "diverged": "Training was stopped because the loss diverged",
}


def learning_picture(
    training: Mapping[str, Any],
    *,
    clock: bool = False,
    other: tuple[float, str] | None = None,
) -> Picture | None:
    """Draw the learning curves of the results' ``training``.

    Parameters
    ----------
    training : mapping
    clock : bool
        Over the seconds of training in the place of epochs.
    other : tuple of float and str, optional
        The loss of something else, and what that is called.
    """
    history = rows(training, "history")
    if len(history) < 2:
        return None
    loss = floats([row.get("loss") for row in history])
    validation = floats([row.get("validation_loss") for row in history])
    norm = floats([row.get("gradient_norm") for row in history])
    epoch = floats([row.get("epoch", i) for i, row in enumerate(history)])
    if not (np.isfinite(epoch).all() and (np.diff(epoch) > 0).all()):
        epoch = np.arange(len(history), dtype=float)
    best = finite(training.get("best_epoch"))
    ends = epoch
    if clock:
        taken = floats([row.get("seconds") for row in history])
        taken = np.cumsum(np.where(np.isfinite(taken), taken, 0.0))
        clock = bool((np.diff(taken) > 0).all())
    if clock:
        at = np.flatnonzero(epoch == best)
        best = float(taken[at[0]]) if len(at) else None
        epoch = taken
    with_norm = bool((norm > 0).any())

    def draw(sheet: Sheet) -> Figure:
        half = sheet.width // 2
        beside = with_norm and not sheet.narrow
        stacked = with_norm and sheet.narrow
        figure = sheet.figure(500 if stacked else 270)
        first = sheet.panel(
            figure, 32, 185, right=half + 12 if beside else 8, title="loss"
        )
        _losses(first, epoch, loss, validation, best)
        if other is not None:
            first.axhline(other[0], color=INK, linewidth=1, linestyle="dotted")
        _epochs(first, epoch, clock)
        if with_norm:
            second = sheet.panel(
                figure,
                296 if stacked else 32,
                155 if stacked else 185,
                left=half + 46 if beside else 46,
                title="gradient norm",
            )
            second.plot(epoch, np.where(norm > 0, norm, np.nan), color=MUTED)
            scaled(second, norm)
            _best(second, best)
            _epochs(second, epoch, clock)
        return figure

    keys = [Key("line muted", "training part")]
    if np.isfinite(validation).any():
        keys.append(Key("line accent", "validation part"))
    if best is not None:
        keys.append(Key("upright ink", "best epoch, whose weights were kept"))
    if other is not None:
        keys.append(Key("dotted", f"{other[1]}, {other[0]:.3f}"))
    return picture(
        "learning",
        draw,
        alt=f"Training and validation loss by {'seconds' if clock else 'epoch'}"
        + (", and the norm of the gradient." if with_norm else "."),
        keys=keys,
        reading="Good: both lines fall and level off together. Bad: the training "
        "loss keeps falling while the validation loss climbs, which is learning by "
        "heart, or the lines jump about.",
        finding=_finding(training, ends, finite(training.get("best_epoch"))),
    )


def _losses(
    axes: Axes, epoch: Floats, loss: Floats, validation: Floats, best: float | None
) -> None:
    axes.plot(epoch, loss, color=MUTED, linewidth=1.5)
    axes.plot(epoch, validation, color=ACCENT, linewidth=2)
    both = np.concatenate([loss, validation])
    scaled(axes, both)
    _best(axes, best)
    at = np.flatnonzero(epoch == best)
    dot: dict[str, Any] = {"color": ACCENT, "markersize": 6, "clip_on": False}
    if len(at) and np.isfinite(validation[at[0]]):
        axes.plot([epoch[at[0]]], [validation[at[0]]], "o", **dot)


def scaled(axes: Axes, values: Floats) -> None:
    """Use a logarithmic scale only where a linear one would hide the end."""
    known = values[np.isfinite(values)]
    if len(known) and known.min() > 0 and known.max() > 30 * known.min():
        axes.set_yscale("log")
        wide = known.max() > 1e3 * known.min()
        locator = LogLocator(subs=(1.0,) if wide else (1.0, 3.0), numticks=6)
        axes.yaxis.set_major_locator(locator)
        axes.yaxis.set_major_formatter(FuncFormatter(power if wide else tick))
        axes.yaxis.set_minor_locator(NullLocator())
    elif len(known) and known.min() >= 0:
        axes.set_ylim(0 if known.min() < 0.5 * known.max() else None, None)


def _best(axes: Axes, best: float | None) -> None:
    if best is not None:
        axes.axvline(best, color=INK, linewidth=0.8, zorder=1)


def _epochs(axes: Axes, epoch: Floats, clock: bool) -> None:
    axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    axes.set_xlim(epoch[0], epoch[-1])
    words(axes, 0, -34, "seconds of training" if clock else "epoch", color=MUTED)


def _finding(training: Mapping[str, Any], epoch: Floats, best: float | None) -> str:
    stopped = str(training.get("stopped") or "")
    said = _STOPS.get(stopped, f"Training ended: {stopped}" if stopped else "")
    said = f"{said}, after {epoch[-1]:.0f} epochs." if said else ""
    if best is not None:
        said += f" The weights of epoch {best:.0f} were kept."
    if epoch[0] == 0:
        said += " Epoch 0 is the network before its first step."
    return said
