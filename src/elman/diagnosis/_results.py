"""What a diagnosis consists of: plain data."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from elman._plain import plain

from .measure._behaviour import Behaviour
from .measure._gates import Saturation
from .measure._lyapunov import Lyapunov
from .measure._trial import Trial


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong, or worth knowing, with the number that shows it.

    Parameters
    ----------
    name : str
        Short, such as "gradients vanish".
    severity : str
        "error", "warning" or "note".
    evidence : str
        What was measured.
    threshold : str
        What it was compared with.
    source : str
        Where that threshold comes from.
    remedy : str
        What to do.
    effect : str
        What that is expected to change.
    value, limit : float
        The number measured, and the one it was compared with.
    """

    name: str
    severity: str
    evidence: str
    threshold: str
    source: str
    remedy: str
    effect: str = ""
    value: float = float("nan")
    limit: float = float("nan")


@dataclass(frozen=True)
class Remedy:
    """One change, made on a copy of the model and measured.

    Parameters
    ----------
    name : str
        An initialisation as `elman.init.apply_` knows it, or such as
        "relu + identity", "gru + chrono", "lru", "clipping", "learning rate".
    horizon_before, horizon_after : float
        Steps; NaN for a change of the training.
    verdict_after : str
        "vanishing", "exploding" or "healthy".
    change : float
        ‖θ' − θ‖ / ‖θ‖ over the weights of the recurrent layers; infinite where
        they are others, zero for a change of the training.
    call : str
        The line that applies it.
    kind : str
        "initialisation", "activation", "cell", "flossing", "clipping", "learning
        rate" or "truncation".
    settings : dict
        The change as plain data, such as {"init": "chrono", "t_max": 200}.
    measured : str
        What ``before`` and ``after`` are.
    before, after : float
        The quantity the change is for, measured without and with it.
    trained : float
        Loss after the confirming training; NaN where there was none.
    """

    name: str
    horizon_before: float
    horizon_after: float
    verdict_after: str
    change: float
    call: str
    kind: str = "initialisation"
    settings: dict[str, Any] = field(default_factory=dict)
    measured: str = "steps the gradient reaches"
    before: float = float("nan")
    after: float = float("nan")
    trained: float = float("nan")


@dataclass(frozen=True)
class LayerProfile:
    """The gradient through one layer in one direction.

    Parameters
    ----------
    name : str
        Module, layer of its stack, direction.
    cell : str
        "rnn", "gru" or "lstm", or the name of the class of its equations.
    steps : int
        Length of the longest sequence it saw.
    lag, norm : list
        The lag curve: A(k), how much of a gradient at the last step arrives k
        steps earlier (`lag_curve`), mean over rows.
    step, loss_norm : list
        ‖∂L/∂h_t‖ of the user's loss by time step, mean over the rows alive.
    horizon, error : float
        The smallest k with A(k) < 1e-3 A(0), and its standard error.
    beyond_window, capped : bool
        Whether the horizon was extrapolated, and cut at ten windows.
    rate : float
        Slope of ln A(k) per step.
    connected : bool
        Whether the user's loss depends on this layer at all.
    whole : int
        Where the model detaches the state between calls of the layer: the steps of
        all calls that go on with each other, of which ``steps`` are the longest one's;
        else 0.
    apart : float
        Of as many steps up to the need as are to be told apart, how many are at the
        end (`told_apart`); NaN where it was not asked for.
    """

    name: str
    cell: str
    steps: int
    lag: list[int]
    norm: list[float]
    step: list[int]
    loss_norm: list[float]
    horizon: float
    error: float
    beyond_window: bool
    capped: bool
    rate: float
    connected: bool = True
    whole: int = 0
    apart: float = math.nan


@dataclass(frozen=True)
class Diagnosis:
    """How far a model's gradients reach back in time, and how far they need to.

    Parameters
    ----------
    verdict : str
        "vanishing", "exploding" or "healthy"; or, where nothing can be said about the
        flow, "not finite" (a value is infinite or no number), "no gradient" (none
        arrives in a recurrent layer) or "too short" (sequences of one step).
    horizon : float
        Steps the gradient reaches in the layer named by ``headline``; NaN where there
        is no verdict.
    needed : int
        Steps the data ask for.
    needed_source : str
        How ``needed`` is known.
    headline : str
        The layer, among those with the longest sequence, that reaches farthest.
    profile : list of LayerProfile
        One for each layer and direction.
    lyapunov : list of Lyapunov
        Leading exponents, in the order of ``profile``, where there were steps enough.
    saturation : list of Saturation
        Gates, dead units and time constants, in the order of ``profile``.
    findings : list of Finding
        The gravest first.
    remedies : list of Remedy
        What each initialisation would change; empty if not asked or not needed.
    best : str or None
        The remedy prescribed.
    loss : float
        The loss measured.
    rows : int
        Rows of the batch that were used.
    behaviour : list of Behaviour
        Slopes, gates and inputs, in the order of ``profile``.
    trial : Trial or None
        A few steps of the optimiser on a copy, if one was given.
    configuration : dict
        What is prescribed, as plain data: init, t_max, cell, nonlinearity,
        learning_rate, clip_norm, truncation, each where it is to change.
    reason : str
        Why nothing can be said about the flow; empty where something can.
    skipped : dict of str to str
        Cells that were looked at and not tried in the place of the model's own, with
        the reason.
    practised : list of (int, float)
        Training steps on a copy and the horizon after them, where asked for
        (``practice``) and the horizon falls short.
    """

    verdict: str
    horizon: float
    needed: int
    needed_source: str
    headline: str
    profile: list[LayerProfile]
    lyapunov: list[Lyapunov] = field(default_factory=list)
    saturation: list[Saturation] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    remedies: list[Remedy] = field(default_factory=list)
    best: str | None = None
    loss: float = float("nan")
    rows: int = 0
    behaviour: list[Behaviour] = field(default_factory=list)
    trial: Trial | None = None
    configuration: dict[str, Any] = field(default_factory=dict)
    reason: str = ""
    skipped: dict[str, str] = field(default_factory=dict)
    practised: list[tuple[int, float]] = field(default_factory=list)

    @property
    def head(self) -> LayerProfile:
        """The profile of the headline layer."""
        return next(p for p in self.profile if p.name == self.headline)

    def to_dict(self) -> dict[str, Any]:
        """Return plain data for JSON; what is not a finite number is None."""
        found: dict[str, Any] = plain(asdict(self))
        return found

    def __str__(self) -> str:
        from .show._text import as_text

        return as_text(self)

    def save(self, path: str | Path) -> Path:
        """Write one self-contained HTML page with the lag curve and findings.

        Parameters
        ----------
        path : str or Path
            The file to write.

        Returns
        -------
        Path
            The file written.

        Raises
        ------
        InputError
            If it cannot be written.
        """
        from .show._page import write_page

        return write_page(self, Path(path))
