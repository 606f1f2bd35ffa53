"""A process that another one started for more trials of its search."""

from __future__ import annotations

import json
import os
import pickle
import signal
import sys
import threading
import warnings
from typing import Any


def main() -> None:
    """Take part in the search that standard input brings, until it is closed.

    What there is to say goes to standard output, an object of JSON a line.
    """
    size = int.from_bytes(sys.stdin.buffer.read(8), "big")
    content = sys.stdin.buffer.read(size)
    if len(content) < size:
        return
    threading.Thread(target=_end_with_the_starter, daemon=True).start()
    # A shell has it ignored in what runs in its background.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    warnings.simplefilter("ignore")  # the first process says the same
    from elman._errors import InputError

    try:
        sys.path[:] = json.loads(content[: content.index(b"\n")])
        # From the process that started this one, over a pipe that nobody else has.
        told = pickle.loads(content[content.index(b"\n") + 1 :])  # noqa: S301
        _take_part(told)
    except InputError as error:
        _say(error=str(error))
    except KeyboardInterrupt:
        sys.exit(130)
    except Exception as error:
        _say(error=f"{type(error).__name__}: {error}")
        sys.exit(1)


def _take_part(told: dict[str, Any]) -> None:
    import torch

    from elman.tasks.selection._opened import OpenSearch

    torch.set_num_threads(1)
    opened = OpenSearch(
        told["estimator"],
        *told["data"],
        **told["asked"],
        **told["fit"],
        say=lambda text: _say(say=text),
    )
    with opened:
        opened.run()


def _say(**words: str) -> None:
    sys.stdout.write(json.dumps(words) + "\n")
    sys.stdout.flush()


def _end_with_the_starter() -> None:
    """End as soon as the starter has, however it did: nothing more is asked for."""
    sys.stdin.buffer.read()
    os._exit(0)
