"""Print the shipped cells as C++ for the core: python tools/print_cells.py FOLDER.

Needs nothing but Python and this source tree, so that a build can run it.
"""

from __future__ import annotations

import sys
import types
from pathlib import Path

SOURCE = Path(__file__).resolve().parent.parent / "src" / "elman"


def main(folder: Path) -> None:
    """Write a header for each cell and one that lists them."""
    # The package's own __init__ asks for torch, which a build has not.
    package = types.ModuleType("elman")
    package.__path__ = [str(SOURCE)]
    sys.modules["elman"] = package
    from elman.cells._print_cpp import listed, printed
    from elman.cells._registry import cell, names

    folder.mkdir(parents=True, exist_ok=True)
    texts = {"printed": listed(list(names()))}
    for name in names():
        found = cell(name)
        about = f"{type(found).__name__} of elman.cells"
        texts[name] = printed(found.lowered().program, name, about)
    for name, text in texts.items():
        target = folder / f"{name}.h"
        # Untouched where nothing has changed: the build compiles again what is newer.
        if not target.exists() or target.read_text(encoding="utf-8") != text:
            target.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
