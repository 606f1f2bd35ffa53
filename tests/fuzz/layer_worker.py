"""A process that runs draws and prints a line for each, so that a crash names its own.

``python -m fuzz.layer_worker FIRST COUNT [quick] [first] [FAULT]`` from the folder of
the tests; "quick" leaves out what is costly, "first" ends with the first difference.
"""

from __future__ import annotations

import faulthandler
import sys

import torch

from fuzz.layer_compare import check, drawn
from fuzz.layer_drivers import COSTLY
from fuzz.layer_faults import FAULTS


def main(first: int, count: int, quick: bool, one: bool) -> None:
    """Check draws by their seeds; a line before each, one after each that differs."""
    for seed in range(first, first + count):
        given = drawn(seed)
        if quick and given.driver in COSTLY:
            continue
        _say(f"begin {given}")
        found = check(given)
        if not _sound():
            _say(f"spoilt {seed}")
            return
        if found:
            _say(f"differs {given}: {found}".replace("\n", " "))
            if one:
                break
    _say("end")


def _sound() -> bool:
    """Say whether torch itself still records gradients.

    Some of its own errors inside modes leave that switched off for the rest of the
    process: what is computed there says nothing about anybody.
    """
    one = torch.ones(1, requires_grad=True)
    return (one * 2).grad_fn is not None


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    faulthandler.enable()
    for word in sys.argv[3:]:
        if word not in ("quick", "first"):
            FAULTS[word]()
    main(int(sys.argv[1]), int(sys.argv[2]), "quick" in sys.argv, "first" in sys.argv)
