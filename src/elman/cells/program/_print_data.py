"""Programs printed as C++ data: those of the cells the core knows by name."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from elman.cells.graph._layout import INPUT_WEIGHT

from ._lower import Lowered


def stock_programs(cells: Sequence[Lowered]) -> str:
    """Return a header with the programs of some cells, in their order.

    Beside each stands where its weights lie in a layer's: the number of the parameter,
    0 for the input's, and the first block of H rows.

    Parameters
    ----------
    cells : sequence of Lowered
        Whose weights' blocks stand side by side.
    """
    lines = ["// The stock cells' programs, by tools/print_cells.py: do not edit.", ""]
    for k, lowered in enumerate(cells):
        integers, floats = lowered.program.encode()
        weights = [
            (int(w.parameter != INPUT_WEIGHT), w.blocks[0]) for w in lowered.weights
        ]
        lines += _array("std::int64_t", f"kIntegers{k}", [str(n) for n in integers])
        lines += _array("double", f"kFloats{k}", [x.hex() for x in floats])
        lines += _array(
            "StockWeight", f"kWeights{k}", [f"{{{p}, {b}}}" for p, b in weights]
        )
    lines.append("constexpr StockCell kStock[] = {")
    for k, lowered in enumerate(cells):
        count = len(lowered.program.encode()[0]), len(lowered.program.constants)
        lines.append(
            f"    {{kIntegers{k}, {count[0]}, kFloats{k}, {count[1]}, kWeights{k}}},"
        )
    return "\n".join([*lines, "};", ""])


def _array(kind: str, name: str, values: Sequence[str]) -> Iterator[str]:
    yield f"constexpr {kind} {name}[] = {{"
    values = values or ["0"]  # C++ has no empty array
    for at in range(0, len(values), 12):
        yield f"    {', '.join(values[at : at + 12])},"
    yield "};"
