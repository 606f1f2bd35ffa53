"""Which recurrent modules compute exactly what their class says, and which may not.

A class derived from torch's or Elman's, or an object whose methods were replaced, may
compute anything. Whoever reads weights by the standard equations asks here first.
"""

from __future__ import annotations

from types import FunctionType
from typing import Any

from torch import nn
from torch.nn.utils.parametrize import is_parametrized

from elman import cells
from elman.layers._cells import GRUCell, LSTMCell, RNNCell
from elman.layers._equations import CellLayer
from elman.layers._gru import GRU
from elman.layers._lstm import LSTM
from elman.layers._one_step import OneStep
from elman.layers._rnn import RNN

OURS: dict[type[nn.Module], type[nn.Module]] = {
    nn.RNN: RNN,
    nn.GRU: GRU,
    nn.LSTM: LSTM,
    nn.RNNCell: RNNCell,
    nn.GRUCell: GRUCell,
    nn.LSTMCell: LSTMCell,
}
"""Elman's class in the place of each of torch's."""
_KNOWN: frozenset[type[nn.Module]] = frozenset(
    (*OURS, *OURS.values(), CellLayer, OneStep)
)
RECURRENT = (nn.RNNBase, nn.RNNCellBase, CellLayer, OneStep)
"""What every recurrent layer or cell derives from."""
ONE_STEP = (nn.RNNCellBase, OneStep)
"""What runs one step a call."""

# What a subclass may define again although its parent has it: none of it is asked in
# a forward pass.
_HARMLESS = frozenset(
    (
        *("extra_repr", "flatten_parameters", "reset_parameters", "all_weights"),
        *("train", "eval", "requires_grad_", "zero_grad", "parameters"),
        *("named_parameters", "state_dict", "load_state_dict", "share_memory"),
        *("to", "cpu", "cuda", "float", "double", "half", "bfloat16"),
    )
)


def is_recurrent(module: Any) -> bool:
    """Whether a module is a recurrent layer or cell of torch or Elman, or derived."""
    return isinstance(module, RECURRENT)


def is_one_step(module: Any) -> bool:
    """Whether a recurrent module runs one step a call, as `torch.nn.LSTMCell`."""
    return isinstance(module, ONE_STEP)


def standard_class(module: nn.Module) -> type[nn.Module] | None:
    """Return the class of torch or Elman that a recurrent module is or derives from.

    The nearest one: a module of a class of its own may still compute something else,
    see `peculiarity`.
    """
    return next((kind for kind in type(module).__mro__ if kind in _KNOWN), None)


def peculiarity(module: nn.Module) -> str:
    """Return why a recurrent module may compute something else than its class says.

    A subclass that adds methods, or has an ``__init__`` of its own, computes what its
    parent does. Hooks and parametrisations are no matter: hooks run around the forward
    pass, and the weights are read by name.

    Parameters
    ----------
    module : Module

    Returns
    -------
    str
        Words that go on from the module's name, or nothing.
    """
    title = type(module).__qualname__
    known = standard_class(module)
    if known is None:
        return f"is a {title}, whose equations are its own"
    own = type(module).__mro__[: type(module).__mro__.index(known)]
    if is_parametrized(module):
        own = own[1:]  # a class made for it alone, with its computed weights
    for kind in own:
        changed = sorted(
            name
            for name, value in vars(kind).items()
            if _matters(known, name) and value is not getattr(known, name, None)
        )
        if changed:
            return f"is a {title}, which has its own {', '.join(changed)}"
    replaced = sorted(name for name in vars(module) if _matters(known, name))
    if replaced:
        return f"is a {title} whose {', '.join(replaced)} was replaced"
    return ""


def _matters(known: type[nn.Module], name: str) -> bool:
    """Whether a name that is defined again can change what a forward pass computes."""
    if name in ("__call__", "__getattribute__", "__getattr__", "__torch_function__"):
        return True
    if name.startswith("__") or name in _HARMLESS:
        return False
    if name.startswith(("_load_from", "_save_to", "_register_", "_apply")):
        return False
    return isinstance(getattr(known, name, None), FunctionType | property)


def name_of(module: nn.Module) -> tuple[str, str]:
    """Return a standard module's cell and variant, as `elman.ops.Call` names them.

    Parameters
    ----------
    module : Module
        A layer or a one-step cell.
    """
    if isinstance(module, CellLayer | OneStep):
        return type(module.cell).__name__, ""
    if isinstance(module, nn.RNNCellBase):
        known = standard_class(module) or type(module)
        name = known.__name__.removesuffix("Cell").lower()
        variant = str(getattr(module, "nonlinearity", ""))
    else:
        name, _, variant = str(module.mode).lower().partition("_")
    if name == "gru":
        after = getattr(module, "reset_after", True)
        return name, "reset_after" if after else "reset_before"
    if name == "lstm":
        return name, "projected" if getattr(module, "proj_size", 0) else "plain"
    return name, variant


def equations_of(module: nn.Module) -> cells.Cell:
    """Return the equations of a standard layer or one-step cell.

    Parameters
    ----------
    module : Module
        One without a `peculiarity`.
    """
    if isinstance(module, CellLayer | OneStep):
        return module.cell
    return cells.stock(*name_of(module))


def as_ours(layer: nn.Module) -> nn.Module:
    """Return an Elman layer that has the very attributes of a standard one.

    The layer itself, class and all, stays as it is; what the result computes and
    keeps is what the layer would.

    Parameters
    ----------
    layer : Module
        One without a `peculiarity`.
    """
    known = standard_class(layer)
    if known is None:
        raise AssertionError("only standard layers have a twin")
    ours = OURS.get(known, known)
    own = type(layer).__mro__[: type(layer).__mro__.index(known)]
    # Parametrised weights are properties of a class made for the layer.
    computed = {
        name: value
        for kind in reversed(own)
        for name, value in vars(kind).items()
        if isinstance(value, property)
    }
    kind: Any = type(ours.__name__, (ours,), computed) if computed else ours
    twin: nn.Module = kind.__new__(kind)
    object.__setattr__(twin, "__dict__", layer.__dict__)
    return twin
