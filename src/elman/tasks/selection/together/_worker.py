"""A process that another one started for more trials of its search."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sys
import threading
import warnings
from multiprocessing.connection import Connection
from typing import Any


def main() -> None:
    """Take part in the search that a pipe brings, until that is closed.

    The pipe's number is the one argument; nobody but the process that started this one
    has its other end. What there is to say goes to standard output, an object of JSON
    a line.
    """
    pipe = Connection(int(sys.argv[1]))
    # A shell has it ignored in what runs in its background.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    warnings.simplefilter("ignore")  # the first process says the same
    from elman._errors import InputError

    try:
        sys.path[:] = json.loads(pipe.recv_bytes())
        told = pipe.recv()
        ending = threading.Thread(target=_end_with_the_starter, args=(pipe,))
        ending.daemon = True
        ending.start()
        _take_part(told)
    except InputError as error:
        _say(error=str(error))
    except EOFError:
        return
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


def _end_with_the_starter(pipe: Connection) -> None:
    """End as soon as the starter has, however it did: nothing more is asked for."""
    with contextlib.suppress(EOFError, OSError):
        pipe.recv_bytes()
    os._exit(0)
