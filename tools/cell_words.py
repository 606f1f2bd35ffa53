"""How parameters start and what keeps them, in words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from elman import cells

_EVENLY = "even within ±1/√H"


def starts(cell: cells.Cell) -> list[str]:
    """Return a table of how a cell's parameters start."""
    own = dict(cell.init)
    for name, draw in cell.traced.units.items():
        own.setdefault(name, draw)
    rows = [f"| `{name}` | {said(draw)} |" for name, draw in own.items()]
    matrices = cells.shapes(cell.traced, 1, 1)
    rest = [n for n in matrices if n not in own and not _all_blocks(cell, n)]
    if rest:
        others = " other blocks" if any(k.split(".")[0] in rest for k in own) else ""
        names = ", ".join(f"`{name}`" for name in rest)
        rows.append(f"| {names}{others} | {_EVENLY}, as torch's layers |")
    return ["| parameter | starts |", "|---|---|", *rows, ""]


def _all_blocks(cell: cells.Cell, name: str) -> bool:
    blocks = [key for key in cell.init if key.startswith(f"{name}.")]
    return bool(blocks) and len(blocks) == len(cell.traced.gates)


def kept(cell: cells.Cell) -> list[str]:
    """Return what a cell's parameters are kept to."""
    found = [
        f"`{name}` is moved back between {low:g} and {high:g} before every call."
        for name, (low, high) in cell.limits.items()
    ]
    for name, transform in cell.transforms.items():
        kind = type(transform).__name__
        words = _TRANSFORMS.get(kind, f"computed by `{transform!r}`")
        found.append(f"`{name}` is {words}, whatever the optimiser stores.")
    if not found:
        found = ["No constraint: parameters are used as the optimiser leaves them."]
    return [" ".join(found), ""]


_TRANSFORMS = {
    "Exponential": "an orthogonal matrix, e^A with A less its transpose",
    "Cayley": "an orthogonal matrix, (1 + A)⁻¹ (1 − A) with A less its transpose",
    "Antisymmetric": "a matrix less its transpose, less the damping",
    "Elapsed": "such that one gate is given x's last column",
}


def said(draw: Any) -> str:
    """Return a start in words."""
    if isinstance(draw, int | float):
        return f"at {draw:g}"
    words = _DRAWS.get(type(draw).__name__)
    return words(draw) if words else f"`{draw!r}`"


def _uniform(draw: Any) -> str:
    if draw.low is None or draw.high is None:
        return _EVENLY
    return f"even between {draw.low:g} and {draw.high:g}"


def _normal(draw: Any) -> str:
    deviation = "1/√fan-in" if draw.deviation is None else f"{draw.deviation:g}"
    return f"normal, deviation {deviation}"


_DRAWS: dict[str, Callable[[Any], str]] = {
    "Constant": lambda draw: f"at {draw.value:g}",
    "Uniform": _uniform,
    "Normal": _normal,
    "HeNormal": lambda _: "normal, deviation √(2/fan-in)",
    "FanIn": lambda draw: f"even within ±{draw.gain:.3g}/√fan-in",
    "Orthogonal": lambda draw: f"orthogonal, times {draw.gain:g}",
    "Identity": lambda draw: f"{draw.gain:g} times the identity",
    "Rotations": lambda _: "such that the matrix rotates pairs of units",
    "ChronoBias": lambda draw: f"ln of a number even from 1 to {draw.steps - 1:g}",
    "Ladder": lambda d: f"evenly spaced over the units from {d.first:g} to {d.last:g}",
    "LogRing": lambda d: f"|λ| even over the ring from {d.smallest:g} to {d.largest:g}",
    "SoftplusRing": lambda d: (
        f"decay even over the ring from {d.smallest:g} to {d.largest:g}"
    ),
    "Geometric": lambda d: f"ln even from ln {d.low:g} to ln {d.high:g}",
    "LogUniform": lambda d: f"ln of a number even from {d.low:g} to {d.high:g}",
}
