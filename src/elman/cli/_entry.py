"""The entry point: so light that Ctrl-C finds it ready while the rest is loading."""

from __future__ import annotations

import sys

_INTERRUPTED = 130


def main() -> None:
    """Run ``elman`` with the arguments of the process."""
    try:
        from ._main import main as run

        run()
    except KeyboardInterrupt:
        if sys.stderr is not None:
            sys.stderr.write("elman: interrupted\n")
        raise SystemExit(_INTERRUPTED) from None
