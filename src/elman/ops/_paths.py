"""Which implementation runs, why, and how to ask for another.

A path is registered once, with the calls it can serve; the first in
``PREFERENCE`` that can serve a call runs it. The choice is a pure function of
what the call is, never of what ran before.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch

from elman._errors import InputError, did_you_mean

from . import _step_gradients as step_gradients
from ._asked import Asked, asked, asking_for
from ._asked_once import asked_once, exporting
from ._call import Call, Result
from ._cell_keys import on_core
from ._half import run_widened, stored_in
from ._ordinary import foreign

PREFERENCE = ("native", "torch", "composite")


@dataclass(frozen=True)
class Request:
    """The facts about a call that decide its path.

    Attributes
    ----------
    cell, variant : str
        As in `Call`.
    device : str
        "cpu", "cuda", …
    dtype : torch.dtype
        What is computed in: autocast's where that is on, else the input's.
    ragged : bool
        Rows have lengths of their own.
    empty : bool
        No steps or no rows.
    trace : bool
        Every step's gates are wanted.
    noise : bool
        States are partly held back, see `Noise`.
    transformed : bool
        Inside a `torch.func` transform or forward-mode differentiation.
    compiling : bool
        Being traced by `torch.compile` or `torch.export`.
    exporting : bool
        By `torch.export`, whose programs run where this package is not.
    foreign : bool
        Tensors are not ordinary ones, or something sees torch's operations: see
        `_ordinary`.
    equations : bool
        The cell is given as equations: none of the three.
    beyond_core : bool
        They use operations that the core has not.
    """

    cell: str
    variant: str
    device: str = "cpu"
    dtype: torch.dtype = torch.float32
    ragged: bool = False
    empty: bool = False
    trace: bool = False
    noise: bool = False
    transformed: bool = False
    compiling: bool = False
    exporting: bool = False
    foreign: bool = False
    equations: bool = False
    beyond_core: bool = False


@dataclass(frozen=True)
class Path:
    """An implementation: which calls it can serve, and the function that does."""

    can: Callable[[Request], bool]
    run: Callable[[Call], Result]


_PATHS: dict[str, Path] = {}


def register_path(
    name: str, can: Callable[[Request], bool], run: Callable[[Call], Result]
) -> None:
    """Make an implementation available under a name of ``PREFERENCE``."""
    _PATHS[_known(name)] = Path(can, run)


def choose_path(request: Request, forced: str | None = None) -> str:
    """Return the name of the path that serves a call.

    Parameters
    ----------
    request : Request
        What the call is.
    forced : str, optional
        The only path allowed.

    Returns
    -------
    str
        "native", "torch" or "composite".

    Raises
    ------
    InputError
        If the forced path is unknown or cannot serve the call.
    """
    if forced is None:
        return next(n for n in PREFERENCE if n in _PATHS and _PATHS[n].can(request))
    if _known(forced) not in _PATHS or not _PATHS[forced].can(request):
        raise InputError(
            f"path {forced!r} was forced, but cannot serve {request}; "
            f"force 'composite', which serves every call, or none"
        )
    return forced


@contextlib.contextmanager
def force_path(name: str) -> Iterator[None]:
    """Run every operator inside the block on one path, or fail.

    Parameters
    ----------
    name : str
        "native", "torch" or "composite".

    Examples
    --------
    >>> with force_path("composite"):
    ...     pass
    """
    with asking_for(forced=_known(name)):
        yield


@contextlib.contextmanager
def record_paths() -> Iterator[list[str]]:
    """Collect the name of the path of every operator call inside the block.

    Examples
    --------
    >>> with record_paths() as ran:
    ...     pass
    >>> ran
    []
    """
    ran: list[str] = []
    with asking_for(ran=ran):
        yield ran


@contextlib.contextmanager
def run_instead(function: Callable[[Call], Result | None]) -> Iterator[None]:
    """Hand every operator call inside the block to a function, for an exporter.

    Parameters
    ----------
    function : callable
        From a `Call` to its `Result`, or to None to let the call run as usual.

    Examples
    --------
    >>> with run_instead(lambda call: None):
    ...     pass
    """
    with asking_for(instead=function):
        yield


def run(call: Call) -> Result:
    """Run one layer in one direction, by the path forced or the first that can.

    Parameters
    ----------
    call : Call

    Returns
    -------
    Result
        The outputs, the last states and, if asked for, the trace.
    """
    stored = stored_in(call)
    if stored is not None:
        return run_widened(call, stored, run)
    request = request_of(call)
    wish = Asked()  # a tracer sees no context variables: nothing is asked for
    if not torch.compiler.is_dynamo_compiling():
        wish = asked()
        result = None if wish.instead is None else wish.instead(call)
        if result is not None:
            return result
    if request.compiling:
        return _PATHS[choose_path(request)].run(call)
    name = choose_path(request, wish.forced)
    if wish.ran is not None:
        wish.ran.append(name)
    with step_gradients.following(call, name):
        return _PATHS[name].run(call)


def request_of(call: Call) -> Request:
    """Return the facts about a call that decide its path."""
    compiling = torch.compiler.is_compiling()
    return Request(
        cell=call.cell,
        variant=call.variant,
        device=call.x.device.type,
        dtype=_computed_in(call.x.dtype, call.x.device.type),
        ragged=call.lengths is not None,
        empty=0 in call.x.shape[:2],
        trace=call.trace,
        noise=call.noise is not None,
        transformed=transformed(),
        compiling=compiling,
        exporting=exporting(),
        foreign=not compiling and foreign(call.tensors()),
        equations=call.equations is not None,
        beyond_core=call.equations is not None and not _on_core(call, compiling),
    )


def _on_core(call: Call, compiling: bool) -> bool:
    if compiling and call.key:
        return on_core(call.key)
    return call.equations is not None and call.equations.on_core


def _computed_in(dtype: torch.dtype, device: str) -> torch.dtype:
    if dtype == torch.float64:  # autocast leaves it alone
        return dtype
    if _autocasts(device) and torch.is_autocast_enabled(device):
        return torch.get_autocast_dtype(device)
    return dtype


@asked_once  # before torch 2.12 no compiler can trace it
def _autocasts(device: str) -> bool:
    return torch.amp.is_autocast_available(device)


@asked_once
def core_traces(cell: str, variant: str, device: str, dtype: torch.dtype) -> bool:
    """Say whether a plain call is the core's, for a graph that is being traced.

    A compiler asks it once and traces none of it: autocast, which may change the
    answer, is watched by every graph anyway.

    Parameters
    ----------
    cell, variant, device : str
        As in `Request`.
    dtype : torch.dtype
        The input's.

    Returns
    -------
    bool
        False as well where nothing but torch may be left in the graph, for export.
    """
    request = Request(
        cell,
        variant,
        device,
        _computed_in(dtype, device),
        transformed=transformed(),
        compiling=True,
        exporting=exporting(),
    )
    return choose_path(request) == "native"


@asked_once
def core_traces_program(key: str, device: str, dtype: torch.dtype) -> bool:
    """Say the same of a cell given as equations.

    Parameters
    ----------
    key : str
        See `_cell_keys`.
    device : str
    dtype : torch.dtype
    """
    request = Request(
        "",
        "",
        device,
        _computed_in(dtype, device),
        transformed=transformed(),
        compiling=True,
        equations=True,
        beyond_core=not on_core(key),
    )
    return choose_path(request) == "native"


@asked_once
def transformed() -> bool:
    """Say whether a `torch.func` transform or forward mode is active."""
    # Asked while tracing, not traced: a compiler sees the stack of transforms it
    # is itself inside of, and would otherwise take it for one.
    return (
        torch._C._functorch.peek_interpreter_stack() is not None
        or torch.autograd.forward_ad._current_level >= 0
    )


def _known(name: str) -> str:
    if name not in PREFERENCE:
        raise InputError(
            f"unknown path {name!r}; the paths are {', '.join(PREFERENCE)}"
            f"{did_you_mean(name, PREFERENCE)}"
        )
    return name
