"""The scores of a model on steps in other orders."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from elman.report._values import finite, rows, section
from elman.report.drawing._picture import Key, Picture, picture
from elman.report.drawing._style import ACCENT, MUTED, RULE, Sheet, tick, words

_ROW = 34


def order_picture(order: Mapping[str, Any]) -> Picture | None:
    """Draw the results' ``order``: a row an order, a point a model.

    Parameters
    ----------
    order : mapping
        With rows of mean and deviation over the draws.
    """
    table = [
        (str(row.get("order")), section(row, "values")) for row in rows(order, "rows")
    ]
    models = list(table[0][1])[:2] if table else []
    if not models:
        return None
    points = [
        [
            (finite(value.get("mean")), finite(value.get("deviation")) or 0.0)
            for value in (section(values, model) for model in models)
        ]
        for _, values in table
    ]
    if any(mean is None for row in points for mean, _ in row):
        return None
    metric = str(order.get("metric") or "score")

    def draw(sheet: Sheet) -> Figure:
        height = _ROW * len(table)
        figure = sheet.figure(height + 84)
        left = 128 if sheet.narrow else 190
        axes = sheet.panel(figure, 32, height, left=left)
        words(axes, 0, height + 10, metric, color=MUTED)
        axes.grid(visible=True, axis="x")
        axes.grid(visible=False, axis="y")
        for place, row in enumerate(points):
            axes.axhline(place, color=RULE, linewidth=0.8, zorder=0)
            for i, (known, spread) in reversed(list(enumerate(row))):
                mean = known or 0.0
                y = place + (0.0 if len(models) == 1 else 0.13 * (2 * i - 1))
                colour = MUTED if i else ACCENT
                low, high = mean - spread, mean + spread
                axes.plot([low, high], [y, y], color=colour, linewidth=2)
                axes.plot([mean], [y], "o", color=colour, markersize=8 - 2 * i)
        axes.set_ylim(len(table) - 0.5, -0.5)
        axes.set_yticks(range(len(table)), [name for name, _ in table])
        if not order.get("lower_is_better"):
            axes.set_xlim(min(0.0, axes.get_xlim()[0]), max(1.0, axes.get_xlim()[1]))
        else:
            axes.set_xlim(0, None)
        axes.xaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 2.5, 5, 10]))
        axes.xaxis.set_major_formatter(FuncFormatter(tick))
        return figure

    keys = [Key("dot accent", models[0])]
    if len(models) > 1:
        keys.append(Key("dot muted", models[1]))
    return picture(
        "order",
        draw,
        alt=f"{metric} on held-out sequences with their steps in other orders.",
        keys=keys,
        reading="The same trained model on the same held-out sequences, their steps put"
        " in another order; lines are plus and minus one deviation over the draws. A"
        " model that leans on order does worse to the"
        f" {'right' if order.get('lower_is_better') else 'left'}. It does not say that"
        " the task needs the order: for that, train with --shuffle-time.",
        finding=str(order.get("verdict") or ""),
    )
