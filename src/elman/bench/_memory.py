"""The peak memory of a training step, each in a process of its own.

The process makes the layer, its input and the output's gradient, and runs one step
of a tiny batch, so that libraries and threads are there. Then it notes its resident
memory, runs one training step, and notes the highest resident memory since: on Linux
the kernel's own high-water mark, which is set back in between; elsewhere the
process's highest ever. The difference is what the step needed beyond its input:
output, reserve, workspace and all gradients.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from elman._errors import InputError

from ._cases import Case

_STATUS, _RESET = Path("/proc/self/status"), Path("/proc/self/clear_refs")
_PAGE = 4096.0  # less than that cannot be told from nothing
_SCRIPT = "from elman.bench._memory import child; child()"


def peak_memory(case: Case, whose: str, threads: int) -> float:
    """Return bytes.

    Parameters
    ----------
    case : Case
    whose : {"elman", "torch"}
    threads : int
    """
    s = case.sizes
    task = [whose, case.cell, s.batch, s.steps, s.inputs, s.hidden, threads]
    done = subprocess.run(  # noqa: S603 - this interpreter, this package
        [sys.executable, "-c", _SCRIPT, json.dumps(task)],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        raise InputError(
            f"{case.label}: the process that measures {whose}'s memory failed: {last}"
        )
    return max(float(done.stdout.split()[-1]), _PAGE)


def child() -> None:
    """Measure what the last argument of the process asks for, and print it."""
    whose, cell, batch, steps, inputs, hidden, threads = json.loads(sys.argv[-1])
    import torch

    from elman import layers

    from ._layers import training_step

    torch.set_num_threads(threads)
    home: Any = layers if whose == "elman" else torch.nn
    layer = getattr(home, cell)(inputs, hidden)
    x = torch.randn(steps, batch, inputs, requires_grad=True)
    dy = torch.randn(steps, batch, hidden)
    training_step(layer, torch.randn(2, 2, inputs), torch.randn(2, 2, hidden))()
    layer.zero_grad(set_to_none=True)
    before = _reset()
    layer(x)[0].backward(dy)
    print(_highest() - before)  # noqa: T201 - to the parent


def _reset() -> int:
    """Set the high-water mark back, if the system can; return resident bytes."""
    try:
        _RESET.write_text("5")
        return _field("VmRSS")
    except (OSError, LookupError):
        return _ever()


def _highest() -> int:
    try:
        return _field("VmHWM")
    except (OSError, LookupError):
        return _ever()


def _field(name: str) -> int:
    for line in _STATUS.read_text().splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) * 1024
    raise LookupError(name)


def _ever() -> int:
    try:
        import resource
    except ModuleNotFoundError as error:
        raise InputError("peak memory cannot be measured on this system") from error
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
