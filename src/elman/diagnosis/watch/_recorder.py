"""Gradient flow watched while a model trains."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from elman._arguments import whole_number
from elman._errors import InputError
from elman._plain import plain
from elman.diagnosis.open._preserve import unwrapped
from elman.diagnosis.open._probe import recurrent
from elman.layers import restore

from ._alarm import Alarm, FlowWarning, reach_of
from ._following import Following, as_elman
from ._lag_bins import pairs

Array = NDArray[np.float64]

PATIENCE = 3
"""Steps in a row that must look alike before there is a warning."""


class FlowRecorder:
    """Record ‖∂L/∂h_t‖ of every recurrent layer while a model trains.

    Of every so many training steps one is followed: the backward pass of a layer
    hands out the norms as a by-product, so that it costs next to nothing. The steps
    are counted by the model's own forward calls in training mode, whatever the loop
    around it. Several losses of one forward pass count as the last of them.

    As a callback of `elman.training` it needs no model: ``on_start`` brings it.

    Parameters
    ----------
    model : Module, optional
        With recurrent layers or cells, of elman or torch.nn. Compiled models cannot
        be followed.
    every : int
        Follow one step in so many, the first one among them.
    keep : int
        Records kept at most. When there are more, every second is dropped, so that
        they cover the whole training, evenly.
    needed : int, optional
        Steps the gradient has to reach, such as `needed_horizon` finds. Without it,
        a fall to a quarter of its best reach counts as a collapse.
    warn : bool
        Whether to issue a `FlowWarning`, once for each kind, when the flow collapses
        (less than a thousandth reaches the steps it should), explodes (a thousand
        times, along a sequence or against the median so far), or is not finite.
        A first sign is checked in the steps that follow before anything is said.

    Raises
    ------
    InputError
        If the model has no recurrent layer or is compiled, or a number is out of
        range.

    Examples
    --------
    >>> import torch
    >>> from elman.diagnosis import FlowRecorder
    >>> model = torch.nn.GRU(3, 5)
    >>> with FlowRecorder(model, every=10) as flow:
    ...     for _ in range(20):
    ...         model(torch.randn(30, 4, 3))[0][-1].sum().backward()
    >>> flow.steps
    [1, 11]
    """

    def __init__(
        self,
        model: nn.Module | None = None,
        *,
        every: int = 50,
        keep: int = 256,
        needed: int | None = None,
        warn: bool = True,
    ) -> None:
        self.every = whole_number("every", every)
        self.keep = whole_number("keep", keep, least=2)
        if needed is not None:
            whole_number("needed", needed)
        self.warn = warn
        self.alarms: list[dict[str, Any]] = []
        self._alarm = Alarm(needed)
        self._model = model
        self._layers: dict[str, nn.Module] = {}
        self._handles: list[Any] = []
        self._count = self._stride = 0
        self._longest = 0
        self._records: list[tuple[int, dict[str, Array]]] = []
        self._running: Following | None = None
        self._waiting: tuple[int, Following] | None = None
        self._suspicion: list[str] = []
        self._unsaid: tuple[str, str] | None = None
        self._again = self._swapped = False
        if model is not None:
            self._check(model)

    def attach(self, model: nn.Module | None = None) -> FlowRecorder:
        """Begin to follow a model; `detach` ends it.

        Parameters
        ----------
        model : Module, optional
            That of the constructor, if not given.
        """
        model = model if model is not None else self._model
        if model is None:
            raise InputError("model: none was given; FlowRecorder(model) takes it")
        self._layers = self._check(model)
        self._model = model
        if self._handles:
            return self
        self._handles = [model.register_forward_pre_hook(self._before)]
        if "" in self._layers:
            # A hook comes too late to change how the module it sits on runs.
            self._swapped = as_elman(model)
            self._handles += [
                model.register_forward_pre_hook(self._enters, with_kwargs=True),
                model.register_forward_hook(self._leaves),
            ]
        self._handles.append(model.register_forward_hook(self._after, always_call=True))
        return self

    def detach(self) -> None:
        """Stop, and take in what the last backward pass left."""
        self.step()
        if self._unsaid is not None:  # a loop that stops there leaves no second step
            self._say(self._count, *self._unsaid)
        for handle in self._handles:
            handle.remove()
        self._handles = []
        if self._swapped and self._model is not None:
            restore(self._model)
            self._swapped = False

    def __enter__(self) -> FlowRecorder:
        """Attach to the model of the constructor."""
        return self.attach()

    def __exit__(self, *error: object) -> None:
        """Detach, error or not."""
        self.detach()

    def step(self) -> None:
        """Take in what has arrived, so that a warning comes at this step.

        Never needed: without it, the next forward call does the same.
        """
        if self._waiting is None or not self._waiting[1].arrived:
            return
        step, following = self._waiting
        self._waiting = None
        profiles = following.profiles()
        self._longest = max(self._longest, following.longest)
        if (step - 1) % self.every == 0 and (step - 1) // self.every % (
            1 << self._stride
        ) == 0:
            self._records.append((step, profiles))
            if len(self._records) > self.keep:
                self._stride += 1
                self._records = self._records[::2]
        self._judge(step, profiles)

    @property
    def steps(self) -> list[int]:
        """The training steps recorded, from 1."""
        self.step()
        return [step for step, _ in self._records]

    def to_dict(self) -> dict[str, Any]:
        """Return the history as plain data for JSON.

        Returns
        -------
        dict
            ``every``; ``steps`` (R), the training steps recorded; ``lags`` (K), pairs
            [first, last] of steps before a row's end; ``layers``, a list of ``name``,
            ``norm`` (R, K), the mean ‖∂L/∂h_t‖ over rows and steps of each bin,
            None where there was none or it was not finite, and ``reach`` (R), the
            longest lag at which a thousandth of the largest norm arrives; ``alarms``,
            a list of ``step``, ``kind`` ("collapsed", "exploded", "nonfinite") and
            ``message``.
        """
        steps = self.steps
        names = list(dict.fromkeys(n for _, p in self._records for n in p))
        longest = max(
            (len(p) for _, of in self._records for p in of.values()), default=0
        )
        # The last bin may be wider than the sequences are long.
        end = max(self._longest - 1, 0)
        lags = [[first, min(last, end)] for first, last in pairs(longest)]
        layers = []
        for name in names:
            rows = [of.get(name, np.zeros(0)) for _, of in self._records]
            layers.append(
                {
                    "name": name,
                    "norm": [_padded(row, longest) for row in rows],
                    "reach": [_reach(row, end) for row in rows],
                }
            )
        return {
            "every": self.every,
            "steps": steps,
            "lags": lags,
            "layers": layers,
            "alarms": [dict(alarm) for alarm in self.alarms],
        }

    def state_dict(self) -> dict[str, Any]:
        """Return the record so far, for a checkpoint of a training run."""
        self.step()
        records = [
            (step, {name: torch.from_numpy(p) for name, p in profiles.items()})
            for step, profiles in self._records
        ]
        return {
            "count": self._count,
            "stride": self._stride,
            "longest": self._longest,
            "records": records,
            "alarms": [dict(alarm) for alarm in self.alarms],
            "alarm": self._alarm.state_dict(),
            "suspicion": list(self._suspicion),
            "unsaid": self._unsaid,
            "again": self._again,
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on with the record that `state_dict` returned."""
        self._count, self._stride = state["count"], state["stride"]
        self._longest = state["longest"]
        self._records = [
            (step, {name: p.numpy() for name, p in profiles.items()})
            for step, profiles in state["records"]
        ]
        self.alarms = [dict(alarm) for alarm in state["alarms"]]
        self._alarm.load_state_dict(state["alarm"])
        self._suspicion = list(state["suspicion"])
        self._unsaid, self._again = state["unsaid"], state["again"]

    def on_start(self, state: Any) -> None:
        """Attach to the module of a training run."""
        self.attach(state.module)

    def on_step(self, state: Any) -> None:
        """Take in what the step's backward pass left."""
        self.step()

    def on_epoch(self, state: Any) -> None:
        """Do nothing."""

    def on_end(self, state: Any) -> None:
        """Detach."""
        self.detach()

    @staticmethod
    def _check(model: nn.Module) -> dict[str, nn.Module]:
        inner = unwrapped(model)
        compiled = (getattr(m, "_compiled_call_impl", None) for m in model.modules())
        if hasattr(model, "_orig_mod") or any(c is not None for c in compiled):
            raise InputError(
                "model: a compiled model runs past its layers; record the model "
                "before torch.compile"
            )
        return recurrent(inner)

    def _enters(self, model: nn.Module, args: Any, kwargs: Any) -> None:
        if self._running is not None:
            self._running.enters("", model, args, kwargs)

    def _leaves(self, model: nn.Module, args: Any, output: Any) -> None:
        if self._running is not None:
            self._running.leaves("", model, args, output)

    def _before(self, model: nn.Module, args: Any) -> None:
        if not (model.training and torch.is_grad_enabled()):
            return
        if self._running is not None:  # a model that calls itself
            return
        self.step()
        self._count += 1
        if self._again or (self._count - 1) % self.every == 0:
            self._again = False
            self._running = Following(self._layers)
            self._running.begin()

    def _after(self, model: nn.Module, args: Any, output: Any) -> None:
        if self._running is not None:
            self._running.end()
            self._waiting = (self._count, self._running)
            self._running = None

    def _judge(self, step: int, profiles: dict[str, Array]) -> None:
        found = self._alarm.judge(step, profiles)
        known = {alarm["kind"] for alarm in self.alarms}
        if found is None or found[0] in known:
            self._suspicion, self._unsaid = [], None
            return
        kind, message = found
        same = [k for k in self._suspicion if k == kind]
        self._suspicion = [*same, kind]
        if len(self._suspicion) < PATIENCE:
            self._again = True
            self._unsaid = found if kind == "nonfinite" else None
            return
        self._say(step, kind, message)

    def _say(self, step: int, kind: str, message: str) -> None:
        self._suspicion, self._unsaid = [], None
        self.alarms.append({"step": step, "kind": kind, "message": message})
        if self.warn:
            warnings.warn(f"gradient flow: {message}", FlowWarning, stacklevel=2)


def _reach(profile: Array, end: int) -> int | None:
    known = len(profile) > 0 and bool(np.isfinite(profile).all())
    return min(reach_of(profile), end) if known else None


def _padded(profile: Array, length: int) -> list[float | None]:
    values: list[float | None] = plain([float(v) for v in profile])
    return values + [None] * (length - len(values))
