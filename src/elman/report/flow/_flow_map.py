"""The gradient flow over the training: a map of steps back against training steps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch
from matplotlib.path import Path
from matplotlib.ticker import (
    FixedFormatter,
    FixedLocator,
    FuncFormatter,
    LogLocator,
    MaxNLocator,
    NullLocator,
)

from elman.report._values import Floats, finite, floats, listed, rows, section
from elman.report.drawing._picture import Key, Picture, picture
from elman.report.drawing._style import (
    ACCENT,
    FAINT,
    INK,
    MUTED,
    PAPER,
    SIGNAL,
    Sheet,
    power,
    tick,
    words,
)

from ._flow_map_words import map_finding

# Three shades a decade, from the largest gradient of a step to a thousandth of it.
_SHADES = (0.95, 0.82, 0.7, 0.59, 0.49, 0.4, 0.32, 0.25, 0.19)
_A_DECADE = 3
_FAINT_SHADE = 0.2
_MOST_LAYERS = 4
_FEWEST_STEPS = 2
_ROOM = 15  # pixels that a label takes


@dataclass(frozen=True)
class Layer:
    """One layer's record.

    Parameters
    ----------
    name : str
    norm : array (R, K)
        By training step and bin of lags; NaN where there is none.
    reach : array (R,)
        Longest lag at which a thousandth of the largest norm arrives.
    """

    name: str
    norm: Floats
    reach: Floats

    @property
    def bins(self) -> int:
        """How many bins of lags hold something."""
        known = np.isfinite(self.norm).any(axis=0)
        return int(np.flatnonzero(known)[-1]) + 1 if known.any() else 0


def flow_map_picture(training: Mapping[str, Any]) -> Picture | None:
    """Draw ‖∂L/∂h‖ by lag and training step, relative to each step's largest.

    Parameters
    ----------
    training : mapping
        The results' ``training``, whose ``flow`` a `FlowRecorder` left.
    """
    flow = section(training, "flow")
    steps, lags = floats(flow.get("steps")), _lags(flow)
    layers = _layers(flow, len(steps), len(lags))
    if len(steps) < _FEWEST_STEPS or not layers or not (np.diff(steps) > 0).all():
        return None
    known = finite(flow.get("needed"))
    needed = int(known) if known else None
    alarms = [
        (float(step), str(row.get("kind") or "alarm"))
        for row in rows(flow, "alarms")
        if (step := finite(row.get("step"))) is not None
    ]

    def draw(sheet: Sheet) -> Figure:
        heights = [_height(layer, layers[0]) for layer in layers]
        figure = sheet.figure(32 + sum(h + 52 for h in heights) + 128)
        top = 32.0
        for place, (layer, height) in enumerate(zip(layers, heights, strict=True)):
            title = f"{layer.name}: steps back from the end"
            axes = sheet.panel(figure, top, height, title=title)
            _map(axes, layer, steps, lags, sheet)
            if place == 0 and needed:
                _needed(axes, needed, lags, layer.bins)
            _alarms(axes, alarms)
            axes.tick_params(labelbottom=False)
            top += height + 52
        axes = sheet.panel(figure, top, 70, title="the largest gradient of a step")
        _sizes(axes, layers, steps)
        _by_step(axes, steps, sheet)
        _alarms(axes, alarms)
        words(axes, 0, -34, "training step", color=MUTED)
        return figure

    keys = [
        Key("ramp accent", "the largest of its step, paler to a thousandth of it"),
        Key("band signal", "fainter still: too faint to learn from"),
    ]
    if needed:
        keys.append(Key("line ink", "what the data need"))
    if alarms:
        keys.append(Key("upright signal", "alarm"))
    return picture(
        "flow-map",
        draw,
        alt="Size of the gradient by steps back and by training step, as shades.",
        keys=keys,
        reading="Each column is one training step, read from the bottom, the end of a "
        "sequence, upwards into its past; the darker a field, the more of the error's "
        "gradient arrives there. Good: blue stays up to the needed line, from the "
        "first column to the last. Bad: orange below that line, or the curve at the "
        "bottom leaping by factors of a thousand.",
        finding=map_finding(layers, needed, alarms, lags),
    )


def _lags(flow: Mapping[str, Any]) -> list[tuple[int, int]]:
    found = []
    for pair in listed(flow, "lags"):
        ends = floats(pair)
        if len(ends) != 2 or not np.isfinite(ends).all() or ends[0] > ends[1]:
            break
        found.append((int(ends[0]), int(ends[1])))
    return found


def _layers(flow: Mapping[str, Any], steps: int, bins: int) -> list[Layer]:
    """Return the layers that can be drawn, those of the longest sequences first."""
    found = []
    for row in rows(flow, "layers"):
        records = [floats(values)[:bins] for values in listed(row, "norm")[:steps]]
        norm = np.full((steps, bins), np.nan)
        for place, values in enumerate(records):
            norm[place, : len(values)] = values
        norm[~(norm >= 0)] = np.nan
        reach = np.full(steps, np.nan)
        known = floats(row.get("reach"))[:steps]
        reach[: len(known)] = known
        layer = Layer(str(row.get("name") or "layer"), norm, reach)
        if layer.bins > 1 and np.nanmax(norm) > 0:
            found.append(layer)
    found.sort(key=lambda layer: (-layer.bins, -np.nan_to_num(layer.reach).sum()))
    return found[:_MOST_LAYERS]


def _height(layer: Layer, first: Layer) -> float:
    return 170.0 if layer is first else max(60.0, 170.0 * layer.bins / first.bins)


def _map(
    axes: Axes, layer: Layer, steps: Floats, lags: list[tuple[int, int]], sheet: Sheet
) -> None:
    bins, height = layer.bins, axes.get_window_extent().height
    kept = np.arange(0, len(steps), -(-len(steps) // (48 if sheet.narrow else 96)))
    norm, begin = layer.norm[kept, :bins], steps[kept]
    end = np.append(begin[1:], steps[-1] + _stride(steps))
    for level, colour, alpha in _levels():
        path = _fields(_shade(norm) == level, begin, end)
        if path is None:
            continue
        # Neighbours must not show seams.
        patch = PathPatch(
            path, facecolor=colour, alpha=alpha, linewidth=0, antialiased=False
        )
        axes.add_patch(patch)
    _by_step(axes, steps, sheet)
    axes.set_ylim(0, bins)
    axes.grid(False)
    marks = _marks([first for first, _ in lags[:bins]], height / bins)
    axes.yaxis.set_major_locator(FixedLocator([b + 0.5 for b in marks]))
    axes.yaxis.set_major_formatter(FixedFormatter([f"{lags[b][0]:,}" for b in marks]))


def _by_step(axes: Axes, steps: Floats, sheet: Sheet) -> None:
    axes.set_xlim(steps[0], steps[-1] + _stride(steps))
    axes.xaxis.set_major_locator(MaxNLocator(4 if sheet.narrow else 8, integer=True))


def _stride(steps: Floats) -> float:
    return float(np.diff(steps).max())


def _levels() -> list[tuple[int, str, float]]:
    blue = [(place, ACCENT, alpha) for place, alpha in enumerate(_SHADES)]
    return [*blue, (len(_SHADES), SIGNAL, _FAINT_SHADE)]


def _shade(norm: Floats) -> Floats:
    """Return the shade of each field, 0 the darkest, NaN where there is nothing."""
    top = np.nanmax(np.where(np.isfinite(norm), norm, 0.0), axis=1, keepdims=True)
    with np.errstate(divide="ignore", invalid="ignore"):
        decades = -np.log10(norm / np.where(top > 0, top, np.nan))
    nothing = np.isfinite(norm) & (top > 0) & ~np.isfinite(decades)
    decades = np.where(nothing, np.inf, decades)
    return np.minimum(np.floor(_A_DECADE * decades), len(_SHADES))


def _fields(here: Any, begin: Floats, end: Floats) -> Path | None:
    """Return the fields as one path, those side by side joined."""
    corners: list[tuple[float, float]] = []
    for bin_, row in enumerate(here.T):
        edges = np.flatnonzero(np.diff(np.concatenate([[0], row.astype(int), [0]])))
        for start, stop in edges.reshape(-1, 2):
            left, right = begin[start], end[stop - 1]
            low, high = bin_, bin_ + 1
            corners += [
                (left, low),
                (left, high),
                (right, high),
                (right, low),
                (left, low),
            ]
    if not corners:
        return None
    codes = [Path.MOVETO, Path.LINETO, Path.LINETO, Path.LINETO, Path.CLOSEPOLY]
    return Path(corners, codes * (len(corners) // 5))


def _marks(lags: list[int], pixels: float) -> list[int]:
    """Return the bins that are labelled: 0 and powers of two that have room."""
    found = [0]
    for place, lag in enumerate(lags):
        if lag & (lag - 1) == 0 and (place - found[-1]) * pixels >= _ROOM:
            found.append(place)
    return found


def _needed(axes: Axes, needed: int, lags: list[tuple[int, int]], bins: int) -> None:
    """Draw a line where the needed lag is, its label above or below it."""
    place = next((b for b in range(bins) if needed <= lags[b][1]), None)
    if place is None:
        height, beyond = float(bins), needed > lags[bins - 1][1] + 1
    else:
        first, last = lags[place]
        height = place + min(1.0, (needed - first + 1) / (last - first + 1))
        beyond = False
    axes.axhline(height, color=INK, linewidth=1.4, zorder=5, clip_on=False)
    text = f"needed: {needed:,} steps" + (", beyond the sequences" if beyond else "")
    under = height > 0.8 * bins
    axes.annotate(
        text,
        (1, height),
        xycoords=axes.get_yaxis_transform(),
        xytext=(-4, -4 if under else 4),
        textcoords="offset pixels",
        horizontalalignment="right",
        verticalalignment="top" if under else "bottom",
        color=INK,
        zorder=6,
        bbox={"facecolor": PAPER, "alpha": 0.8, "linewidth": 0, "pad": 1.5},
    )


def _alarms(axes: Axes, alarms: list[tuple[float, str]]) -> None:
    for step, _ in alarms:
        axes.axvline(step, color=SIGNAL, linewidth=1.4, zorder=6)


def _sizes(axes: Axes, layers: list[Layer], steps: Floats) -> None:
    tops = [np.nanmax(np.nan_to_num(layer.norm), axis=1) for layer in layers]
    for place, top in reversed(list(enumerate(tops))):
        axes.plot(
            steps,
            np.where(top > 0, top, np.nan),
            color=FAINT if place else ACCENT,
            linewidth=1 if place else 2,
        )
    known = np.concatenate(tops)
    known = known[known > 0]
    axes.set_yscale("log")
    low, high = float(known.min()), float(known.max())
    axes.set_ylim(low / 1.6, high * 1.6)
    wide = high > 20 * low
    axes.yaxis.set_major_locator(
        LogLocator(subs=(1.0,) if wide else (1.0, 2.0, 5.0), numticks=5)
    )
    axes.yaxis.set_major_formatter(FuncFormatter(power if wide else tick))
    axes.yaxis.set_minor_locator(NullLocator())
