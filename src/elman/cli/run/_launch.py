"""``--processes`` and ``--nodes``: torch's elastic launcher, called or spelt out."""

from __future__ import annotations

import logging
import os
import shlex
import sys
import tempfile
import uuid
from collections.abc import MutableMapping
from pathlib import Path

import typer

from elman._arguments import whole_number

from . import _members

_RESTARTS = 3
_PORT = 29400
_OURS = ("--processes", "--nodes")
_WAITING = ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT")


def start(processes: int | None, nodes: int | None) -> None:
    """Go on in one process, or start several of this command and end with them.

    Parameters
    ----------
    processes : int or None
        To start on this machine. A process that was started by torchrun ignores
        it and joins the others.
    nodes : int or None
        Machines: the command to run on each of them is printed, and that is all.

    Raises
    ------
    typer.Exit
        The processes have ended, or the command was printed.
    InputError
        A number is not positive.
    """
    if processes is not None:
        whole_number("--processes", processes)
    if nodes is not None:
        whole_number("--nodes", nodes)
        typer.echo(spelt_out(sys.argv[1:], nodes, processes or 1))
        raise typer.Exit
    if "torch" not in sys.modules:  # afterwards it would change nothing here
        sleep_soon(os.environ)
    if "TORCHELASTIC_RUN_ID" in os.environ or _members.count() > 1:
        _members.join()
    elif processes is not None and processes > 1:
        raise typer.Exit(_run(processes, sys.argv[1:]))


def sleep_soon(environment: MutableMapping[str, str]) -> None:
    """Have GNU OpenMP's threads sleep after about 50 microseconds of waiting, not 8 ms.

    Beside other programs each operation that torch shares out between two threads
    takes up to hundreds of times as long otherwise. What a user has set stays.

    Parameters
    ----------
    environment : mutable mapping
        Of this process, before torch is imported.
    """
    if not any(name in environment for name in _WAITING):
        environment["GOMP_SPINCOUNT"] = "2000"


def spelt_out(arguments: list[str], nodes: int, processes: int) -> str:
    """Return the command to run on every machine.

    Parameters
    ----------
    arguments : list of str
        Of ``elman``; ``--processes`` and ``--nodes`` are left out.
    nodes, processes : int
        Machines, and processes on each.
    """
    torchrun = (
        # Else processes that are started again look for those that ended.
        f"TORCH_DISABLE_SHARE_RDZV_TCP_STORE=1 torchrun --nnodes {nodes}"
        f" --nproc-per-node {processes}"
        f" --max-restarts {_RESTARTS} --rdzv-backend c10d --rdzv-id elman"
        f" --rdzv-endpoint FIRST_MACHINE:{_PORT} -m elman"
    )
    return f"{torchrun} {shlex.join(_without_ours(arguments))}"


def _without_ours(arguments: list[str]) -> list[str]:
    kept, skip = [], False
    for word in arguments:
        if skip:
            skip = False
        elif word in _OURS:
            skip = True
        elif not word.startswith(tuple(f"{name}=" for name in _OURS)):
            kept.append(word)
    return kept


def _run(processes: int, arguments: list[str]) -> int:
    """Start the processes, restart them if one dies, return how they ended."""
    from torch.distributed.elastic.multiprocessing import SignalException
    from torch.distributed.elastic.multiprocessing.errors import ChildFailedError
    from torch.distributed.launcher.api import LaunchConfig, elastic_launch

    from elman.training import manner_of

    # What it says of a worker that ended is said below, in one line.
    logging.disable(logging.CRITICAL)
    config = LaunchConfig(
        min_nodes=1,
        max_nodes=1,
        nproc_per_node=processes,
        run_id=uuid.uuid4().hex,
        rdzv_backend="c10d",
        rdzv_endpoint="localhost:0",
        local_addr="localhost",
        max_restarts=_RESTARTS,
    )
    threads = max(1, (os.cpu_count() or 1) // processes)
    os.environ.setdefault("OMP_NUM_THREADS", str(threads))
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "status"
        os.environ["ELMAN_STATUS"] = str(place)
        try:
            elastic_launch(config, sys.executable)("-m", "elman", *arguments)
        except SignalException as event:
            return _status(place, 128 + int(event.sigval))
        except ChildFailedError as error:
            rank, failure = error.get_first_failure()
            how = manner_of(failure.exitcode)
            typer.echo(
                f"elman: error: process {rank} {how}, after {_RESTARTS} restarts; what"
                " was trained is in the run directory: elman resume goes on with it",
                err=True,
            )
            return _status(place, 1)
        finally:
            logging.disable(logging.NOTSET)
            del os.environ["ELMAN_STATUS"]
        return _status(place, 0)


def _status(place: Path, default: int) -> int:
    """Return the status the leader left."""
    try:
        return int(place.read_text())
    except (OSError, ValueError):
        return default
