"""Print the shipped cells as C++ for the core: python tools/print_cells.py FOLDER.

Needs nothing but Python and this source tree, so that a build can run it.
"""

from __future__ import annotations

import sys
import types
from collections.abc import Iterator
from pathlib import Path

SOURCE = Path(__file__).resolve().parent.parent / "src" / "elman"


RNN_FORMS = ("tanh", "relu", "sigmoid", "identity", "softplus")
"""In the order of the core's Activation."""

HEADS = {"slstm": (1, 2, 4, 8)}
"""Numbers of heads that are printed, where not only 1 is."""

STOCK = (
    *(("rnn", nonlinearity) for nonlinearity in RNN_FORMS),
    *(("gru", "reset_after"), ("gru", "reset_before"), ("lstm", "plain")),
)
"""Cells and variants that the core has an interface of their own for, in its order.

They are compiled whole and for every instruction set; the others but for a row's last
units, and not for the scalar set, which is for processors that have none of the others.
"""

WITHOUT_NOISE = frozenset(
    (
        *("mgu", "ligru", "fastgrnn", "rhn", "sru", "minlstm", "rglru", "hgrn"),
        *("linoss", "paragru", "paralstm", "lem", "unicornn", "antisymmetric"),
        "orthogonal",
        "cfc",
    )
)
"""Of these the plain step alone is printed; with noise they are interpreted."""

WITH_BOTH = frozenset(("rnn", "gru", "lstm"))
"""Of these the step with recurrent dropout and zoneout together is printed too."""


def main(folder: Path) -> None:
    """Write a header for each cell, one that lists them, and the stock cells' data."""
    # The package's own __init__ asks for torch, which a build has not.
    package = types.ModuleType("elman")
    package.__path__ = [str(SOURCE)]
    sys.modules["elman"] = package
    from elman.cells import Program, cell, names, stock
    from elman.cells.program._print_cpp import (
        digest,
        listed,
        pieces_of,
        printed,
        stored,
    )
    from elman.cells.program._print_data import stock_programs

    stocks = [stock(*names).lowered() for names in STOCK]

    def programs_of(name: str) -> Iterator[tuple[str, Program]]:
        for heads in HEADS.get(name, (1,)):
            found = cell(name, heads=heads)
            ending = "_heads" if heads > 1 else ""
            yield ending, found.lowered().program
            if name in WITHOUT_NOISE:
                continue
            masks = (None,) * len(found.states)
            yield f"_zoneout{ending}", found.lowered(zoneout=masks).program
            if found.dropped != ():
                yield f"_dropout{ending}", found.lowered(dropout=True).program
            if name in WITH_BOTH:
                both = found.lowered(dropout=True, zoneout=masks).program
                yield f"_dropout_zoneout{ending}", both
        if name == "rnn":
            for form in RNN_FORMS[1:]:
                yield f"_{form}", stock(name, form).lowered().program

    folder.mkdir(parents=True, exist_ok=True)
    # Programs by the text of their pieces, which those of several heads share.
    groups: dict[str, tuple[str, list[Program]]] = {}
    for name in names():
        for kind, program in programs_of(name):
            text = "\n".join(pieces_of(program))
            groups.setdefault(text, (name + kind, []))[1].append(program)
    printing = dict(groups.values())
    known = {digest(lowered.program) for lowered in stocks}
    stocked = {
        name: programs
        for name, programs in printing.items()
        if known.intersection(map(digest, programs))
    }
    texts = {
        name: printed(
            programs, name, f"The cell {name} of elman.cells", tails=name in stocked
        )
        for name, programs in printing.items()
    }
    texts["printed"] = listed(printing)
    texts["printed_stock"] = listed(stocked)
    texts["stock"] = stock_programs(stocks)
    texts["programs"] = stored(
        {
            f"{name}_{k}": (program, name in stocked)
            for name, programs in printing.items()
            for k, program in enumerate(programs)
        }
    )
    for name, text in texts.items():
        target = folder / f"{name}.h"
        # Untouched where nothing has changed: the build compiles again what is newer.
        if not target.exists() or target.read_text(encoding="utf-8") != text:
            target.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
