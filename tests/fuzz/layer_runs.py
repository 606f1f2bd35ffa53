"""Run draws in processes of their own and gather what differs, crashes or hangs.

``python -m fuzz.layer_runs COUNT [FIRST]`` from the folder of the tests prints it all.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

TESTS = Path(__file__).parents[1]
CHUNK = 200
"""Draws a process: enough to forget its start, few enough to repeat."""
LIMIT = 600
"""Seconds after which a process of so many draws hangs."""


def failures(first: int, count: int, *words: str) -> list[str]:
    """Return a line for each draw of these seeds that fails.

    Parameters
    ----------
    first, count : int
        The seeds.
    *words : str
        "quick", "first", or the name of a fault to plant; see `fuzz.layer_worker`.
    """
    found: list[str] = []
    seed, end = first, first + count
    while seed < end:
        ran = _run(seed, min(CHUNK, end - seed), *words)
        found += [line[8:] for line in ran if line.startswith("differs ")]
        begun = [line[6:] for line in ran if line.startswith("begin ")]
        if ran and ran[-1] == "end":
            seed += CHUNK
        elif ran and ran[-1].startswith("spoilt "):
            seed = int(ran[-1].split()[1]) + 1
        elif begun:
            found.append(f"{begun[-1]}: the process died, or hung")
            seed = int(begun[-1].split(":")[0].removeprefix("seed ")) + 1
        else:
            return [*found, f"seed {seed}: the process did not start: {ran[-3:]}"]
    return found


def _run(first: int, count: int, *words: str) -> Sequence[str]:
    try:
        done = subprocess.run(
            [sys.executable, "-m", "fuzz.layer_worker", str(first), str(count), *words],
            cwd=TESTS,
            env={**os.environ, "PYTHONPATH": str(TESTS), "OMP_NUM_THREADS": "1"},
            capture_output=True,
            text=True,
            timeout=LIMIT,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        return (error.stdout or b"").decode().splitlines()
    return done.stdout.splitlines() or done.stderr.splitlines()


if __name__ == "__main__":
    wrong = failures(int(sys.argv[2]) if len(sys.argv) > 2 else 0, int(sys.argv[1]))
    lines = [*wrong, f"{len(wrong)} of {sys.argv[1]} draws failed"]
    sys.stdout.write("\n".join(lines) + "\n")
    sys.exit(bool(wrong))
