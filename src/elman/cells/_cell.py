"""`elman.Cell`: a recurrent cell, written once as its equations."""

from __future__ import annotations

import copy
import functools
import importlib
import inspect
import math
from collections.abc import Callable, Mapping
from numbers import Real
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from elman._errors import InputError, KindError, did_you_mean

from ._class_checks import check_class
from .equations._blame import step_error
from .equations._draws import Constant, Draw
from .equations._functions import Value, normalise
from .equations._transforms import Transform

if TYPE_CHECKING:
    from .equations._latex import Equations
    from .equations._trace import Step
    from .program._lower import Lowered


class Run(Protocol):
    """What gives a step its weights: a trace, or arrays."""

    def linear(
        self, name: str, sources: tuple[Any, ...], bias: bool, shared: bool, first: int
    ) -> Value:
        """Return the sum of the products of a gate, from its matrix `first` on."""

    def unit(self, name: str, init: Draw) -> Value:
        """Return a parameter of one value a unit."""

    def gate(self, name: str, value: Value) -> Value:
        """Return the value, known by this name from now on."""


class Cell:
    r"""A recurrent cell, written once as its equations.

    Write a class with ``states`` and ``step``; the layer, its fused kernels, their
    gradients, the diagnosis and the formulas follow::

        class JANET(elman.Cell):
            states = ("h",)

            def step(self, x, h):
                f = sigmoid(self.linear("f", x, h))  # W_xf x + W_hf h + b_f
                g = tanh(self.linear("g", x, h))
                return f * h + (1 - f) * g

    ``step`` takes the input and the states before the step and returns the states
    after it, the output first. Arithmetic, the functions of `elman.cells`,
    ``self.linear``, ``self.unit``, ``self.layer_norm`` and ``self.gate`` are what it
    may use; all values are one number a unit. Class attributes that are numbers, texts
    or booleans are the cell's options, which the constructor may set.

    Parameters
    ----------
    **options
        Values for the class's options.

    Attributes
    ----------
    states : tuple of str
        Names of the states; the first is the output.
    gates : tuple of str
        Order of the gates in the weights; default: of first use.
    heads : int
        The matrices of states are block diagonal with so many blocks.
    dropped : tuple of str
        States that recurrent dropout may hide from the recurrent weights; default:
        the first.
    parts : tuple of tuple of str
        States that are parts of one unit, as real and imaginary: recurrent dropout and
        zoneout hold all of it back, or nothing.
    init : mapping
        How parameters start, by parameter or by gate: see `elman.cells.initial`.
    limits : mapping
        Between which two numbers a parameter is kept after every step of training.
    transforms : mapping
        What a parameter is computed from, so that it keeps a form: ``{"weight_hh":
        elman.cells.Cayley()}`` stores any matrix and multiplies by an orthogonal one.
    source : str
        Where the equations are from.
    use : str
        When to take it.

    Raises
    ------
    InputError
        If an option is unknown, or equations cannot be read: the message names the
        line.
    """

    states: ClassVar[tuple[str, ...]] = ("h",)
    gates: ClassVar[tuple[str, ...]] = ()
    dropped: ClassVar[tuple[str, ...] | None] = None
    parts: ClassVar[tuple[tuple[str, ...], ...]] = ()
    source: ClassVar[str] = ""
    use: ClassVar[str] = ""
    init: Mapping[str, Draw | float] = {}
    limits: Mapping[str, tuple[float, float]] = {}
    transforms: Mapping[str, Transform] = {}
    heads: int = 1

    _run: Run | None = None

    def __init__(self, **options: Any) -> None:
        known = self.options()
        for name, value in options.items():
            if name not in known:
                raise InputError(
                    f"{type(self).__name__}: no option {name!r}"
                    f"{did_you_mean(name, known)}; options: {', '.join(known)}"
                )
            if not _alike(known[name], value):
                raise InputError(
                    f"{type(self).__name__}: {name} must be "
                    f"{_kind(known[name])}, got {value!r}"
                )
            setattr(self, name, value)
        check_class(self)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(self.written_options())})"

    def __setattr__(self, name: str, value: Any) -> None:
        if self._run is not None:
            raise step_error(
                f"self.{name} = ... in a step is forgotten: what the next step is to "
                "know is a state, named in states and returned; for the rest of this "
                "step a plain variable serves"
            )
        super().__setattr__(name, value)

    def __getstate__(self) -> dict[str, Any]:
        derived = ("traced", "equations", "on_core", "_lowered", "_run")
        return {k: v for k, v in self.__dict__.items() if k not in derived}

    def __reduce__(self) -> Any:
        # Its equations go with it: its class may be another where it is read.
        return importlib.import_module("elman.cells._pickled").reduced(self)

    def __copy__(self) -> Cell:
        found = object.__new__(type(self))
        found.__dict__.update(self.__getstate__())
        return found

    def __deepcopy__(self, memo: dict[int, Any]) -> Cell:
        return self  # it never changes

    @classmethod
    def options(cls) -> dict[str, Any]:
        """Return the class's options and their defaults."""
        found: dict[str, Any] = {}
        for base in reversed(cls.__mro__):
            for name, value in vars(base).items():
                plain = isinstance(value, Real | str) and not name.startswith("_")
                if plain and name not in ("source", "use"):
                    found[name] = value
        return found

    def chosen(self) -> dict[str, Any]:
        """Return this cell's options, defaults included."""
        return {name: getattr(self, name) for name in self.options()}

    def written_options(self) -> list[str]:
        """Return the options that differ from their defaults, as one writes them."""
        defaults = self.options()
        return [f"{k}={v!r}" for k, v in self.chosen().items() if v != defaults[k]]

    def lasting(self, steps: int) -> dict[str, Any]:
        """Return options with which it starts for dependences of so many steps.

        What chrono initialisation is for gates, where an option decides how long units
        remember. To be written where there is one; else none.

        Parameters
        ----------
        steps : int
        """
        return {}

    def keeping_order(self, steps: int) -> dict[str, Any]:
        """Return options as `lasting` does, where steps have to be told apart as well.

        A sum over many steps takes units that hardly turn, repeating them in their
        order units that do. To be written where these differ.

        Parameters
        ----------
        steps : int
        """
        return self.lasting(steps)

    def step(self, x: Value, *states: Value) -> Value | tuple[Value, ...]:
        """Return the states after a step, the output first. To be written."""
        raise InputError(
            f"{type(self).__name__} has no equations; write def step(self, x, "
            f"{', '.join(self.states)}) that returns the new states"
        )

    # What a step may use

    def linear(
        self, name: str, *sources: Value, bias: bool = True, shared: bool = False
    ) -> Value:
        """Return W_x x + W_h h + … + b for what is given, in `step` only.

        Parameters
        ----------
        name : str
            The gate; the same name may stand once with x and once with a state.
        *sources
            x, states, or anything computed from them.
        bias : bool
            Whether b is added.
        shared : bool
            The same weights multiply other values as well: the name may stand again
            with other states in the places of these, each time with ``shared=True``.
        """
        return self._bound("linear").linear(name, sources, bias, shared, 0)

    def unit(self, name: str, init: Draw | float = 0.0) -> Value:
        """Return a parameter of one value a unit, in `step` only.

        Parameters
        ----------
        name : str
        init : number or Draw
            How it starts.
        """
        if isinstance(init, float) and math.isnan(init):
            raise step_error(f"self.unit({name!r}): init must be a number, got nan")
        draw = Constant(float(init)) if isinstance(init, int | float) else init
        return self._bound("unit").unit(name, draw)

    def gate(self, name: str, value: Value) -> Value:
        """Return the value, to be traced under this name; in `step` only."""
        return self._bound("gate").gate(name, value)

    def layer_norm(self, value: Value, name: str, eps: float = 1e-5) -> Value:
        r"""Return a value normalised over a row's units, in `step` only.

        :math:`\gamma \circ (v - \mu) / \sqrt{\sigma^2 + \epsilon} + \beta`, with
        the parameters ``{name}_gain`` and ``{name}_shift``.

        Parameters
        ----------
        value
        name : str
        eps : float
        """
        if not isinstance(name, str):
            raise step_error(
                f"self.layer_norm takes a value and then its name, got {name!r}"
            )
        gain = self.unit(f"{name}_gain", 1.0)
        shift = self.unit(f"{name}_shift", 0.0)
        return gain * normalise(value, eps) + shift

    def _bound(self, what: str) -> Run:
        if self._run is None:
            raise step_error(
                f"self.{what} belongs into step, which the layer calls with weights"
            )
        return self._run

    def bound(self, run: Run) -> Callable[..., tuple[Value, ...]]:
        """Return `step` with weights, always giving a tuple."""
        cell = copy.copy(self)
        cell.__dict__["_run"] = run

        def step(x: Value, *states: Value) -> tuple[Value, ...]:
            found = cell.step(x, *states)
            return tuple(found) if isinstance(found, tuple | list) else (found,)

        return step

    # What follows from it

    @functools.cached_property
    def traced(self) -> Step:
        """The equations as a graph."""
        from .equations._trace import trace

        return trace(self)

    @functools.cached_property
    def on_core(self) -> bool:
        """Whether the core has all operations of a step; it has no sin and cos."""
        from .program._lower import repeated

        return not any(node.op in ("sin", "cos") for node in repeated(self.traced))

    @functools.cached_property
    def equations(self) -> Equations:
        """The equations as mathematics: print it, or take ``.latex``."""
        from .equations._latex import Equations

        return Equations.of(self)

    def lowered(self, **options: Any) -> Lowered:
        """Return the equations as a program for the core.

        Parameters
        ----------
        **options
            Those of `elman.cells.lower`.
        """
        key = tuple(sorted(options.items()))
        kept = self.__dict__.setdefault("_lowered", {})
        if key not in kept:
            from .program._lower import lower

            kept[key] = lower(self.traced, **options)
        found: Lowered = kept[key]
        return found

    @classmethod
    def layer(cls, input_size: int, hidden_size: int, **options: Any) -> Any:
        """Return a layer of this cell, with every option of `elman.LSTM`.

        Parameters
        ----------
        input_size : int
        hidden_size : int
        **options
            The cell's own and the layer's.
        """
        layers = importlib.import_module("elman.layers")
        own = cls._own(options, layers.layer_class(cls))
        return layers.layer_of(cls(**own), input_size, hidden_size, **options)

    @classmethod
    def one_step(cls, input_size: int, hidden_size: int, **options: Any) -> Any:
        """Return a module of one step of this cell, as `elman.LSTMCell` is.

        Parameters
        ----------
        input_size : int
        hidden_size : int
        **options
            The cell's own, and bias, device and dtype.
        """
        layers = importlib.import_module("elman.layers")
        own = cls._own(options, layers.OneStep)
        return layers.OneStep(cls(**own), input_size, hidden_size, **options)

    @classmethod
    def _own(cls, options: dict[str, Any], layer: type) -> dict[str, Any]:
        """Take the cell's own options out of those of a layer, and check the others."""
        own = {k: options.pop(k) for k in list(options) if k in cls.options()}
        known = [*cls.options(), *list(inspect.signature(layer).parameters)[1:]]
        for name in options:
            if name not in known:
                raise KindError(
                    f"{cls.__name__}: no option {name!r}{did_you_mean(name, known)}; "
                    f"options: {', '.join(known)}"
                )
        return own


def _kind(default: Any) -> str:
    if isinstance(default, bool):
        return "True or False"
    return "a text" if isinstance(default, str) else "a number"


def _alike(default: Any, value: Any) -> bool:
    if isinstance(default, bool) or isinstance(value, bool):
        return isinstance(default, bool) and isinstance(value, bool)
    if isinstance(default, str):
        return isinstance(value, str)
    return isinstance(value, Real)
