"""Learning curves as SVG inside a page: its colours are in stylesheets/cells.css."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from cell_results import EVERY, Learned

WIDE, HIGH, LEFT, TOP, BELOW = 300, 170, 44, 26, 34
GAP = 70
MOST, LEAST = 0.5, 5e-4
"""Errors of adding at the top and at the bottom of a picture."""
BASELINE, SOLVED = 1 / 6, 1 / 60


def picture(own: Learned, other: Learned | None, name: str, beside: str) -> str:
    """Return both curves of a cell, another's behind them.

    Parameters
    ----------
    own, other : Learned
    name, beside : str
        What the curves are called.
    """
    last = max(len(run["curve"]) for run in own.adding) * EVERY
    steps = max(1000, 500 * math.ceil(last / 500))
    wide = LEFT + 2 * WIDE + GAP + 8
    high = TOP + HIGH + BELOW
    adding = _Panel(LEFT, steps, _error_height)
    digits = _Panel(LEFT + WIDE + GAP, 20, _share_height)
    parts = [
        adding.title("Adding 100: squared error"),
        *(adding.level(e, f"{e:g}") for e in (0.1, 0.01, 0.001)),
        adding.mark(BASELINE, "always saying 1"),
        adding.mark(SOLVED, "solved"),
        *adding.places(range(0, steps + 1, 250 if steps == 1000 else 500)),
        adding.below("training steps"),
        digits.title("Digits, pixel by pixel: accuracy"),
        *(digits.level(s, f"{100 * s:.0f} %") for s in (0.25, 0.5, 0.75, 1)),
        digits.mark(0.1, "guessing"),
        *digits.places(range(0, 21, 5)),
        digits.below("epochs"),
    ]
    for kind, known in (("other", other), ("own", own)):
        for run in known.adding if known else []:
            parts.append(adding.curve(run["curve"], EVERY, kind))
        for run in known.digits if known else []:
            parts.append(digits.curve(run["curve"], 1, kind))
    parts.append(_names(wide, name, beside if other else ""))
    label = f"Learning curves of {name} on adding and on digits"
    return (
        f'<svg class="curves" role="img" aria-label="{label}" '
        f'viewBox="0 0 {wide} {high}">{"".join(parts)}</svg>'
    )


def spark(own: Learned, steps: int = 3000) -> str:
    """Return the curve of adding alone, of the size of a word."""
    wide, high = 110, 24

    def point(k: int, loss: float) -> str:
        return f"{k * EVERY / steps * wide:.1f},{_error_height(loss) * high:.1f}"

    lines = [
        f'<polyline class="own" points="'
        f'{" ".join(point(k, e) for k, e in enumerate(run["curve"], 1))}"/>'
        for run in own.adding
    ]
    y = _error_height(SOLVED) * high
    return (
        f'<svg class="spark" role="img" aria-label="error of adding by step" '
        f'viewBox="0 0 {wide} {high}" width="{wide}" height="{high}">'
        f'<path class="mark" d="M0 {y:.1f}H{wide}"/>{"".join(lines)}</svg>'
    )


def _error_height(error: float) -> float:
    """Return how far down an error stands, from 0 to 1."""
    power = math.log(MOST / min(max(error, LEAST), MOST))
    return power / math.log(MOST / LEAST)


def _share_height(share: float) -> float:
    return 1 - share


class _Panel:
    """One pair of axes."""

    def __init__(self, left: int, last: int, height: Callable[[float], float]) -> None:
        self.left, self.last, self.height = left, last, height

    def _y(self, value: float) -> float:
        return TOP + self.height(value) * HIGH

    def _x(self, value: float) -> float:
        return self.left + value / self.last * WIDE

    def title(self, text: str) -> str:
        return f'<text class="title" x="{self.left}" y="12">{text}</text>'

    def below(self, text: str) -> str:
        x, y = self.left + WIDE, TOP + HIGH + 30
        return f'<text x="{x}" y="{y}" text-anchor="end">{text}</text>'

    def level(self, value: float, text: str) -> str:
        y = self._y(value)
        return (
            f'<path class="level" d="M{self.left} {y:.1f}h{WIDE}"/>'
            f'<text x="{self.left - 6}" y="{y + 4:.1f}" text-anchor="end">{text}</text>'
        )

    def mark(self, value: float, text: str) -> str:
        y = self._y(value)
        x = self.left + WIDE - 3
        return (
            f'<path class="mark" d="M{self.left} {y:.1f}h{WIDE}"/>'
            f'<text x="{x}" y="{y - 4:.1f}" text-anchor="end">{text}</text>'
        )

    def places(self, values: Sequence[int]) -> list[str]:
        y = TOP + HIGH
        return [
            f'<path class="level" d="M{self._x(v):.1f} {y}v4"/>'
            f'<text x="{self._x(v):.1f}" y="{y + 16}" text-anchor="middle">{v}</text>'
            for v in values
        ]

    def curve(self, values: Sequence[float], every: int, kind: str) -> str:
        points = " ".join(
            f"{self._x(k * every):.1f},{self._y(v):.1f}"
            for k, v in enumerate(values, 1)
            if k * every <= self.last
        )
        return f'<polyline class="{kind}" points="{points}"/>'


def _names(wide: int, name: str, beside: str) -> str:
    words = [("own", name), ("other", beside)] if beside else [("own", name)]
    found, x = [], wide - 8
    for kind, word in reversed(words):
        found.append(
            f'<text class="name {kind}" x="{x}" y="12" text-anchor="end">{word}</text>'
        )
        x -= 8 * len(word) + 14
    return "".join(found)
