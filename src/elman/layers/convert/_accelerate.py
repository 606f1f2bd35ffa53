"""Turn a model's torch.nn recurrent layers into Elman's, and back, in place.

An Elman layer keeps its parameters under torch's names and has no others, so an
object of the one is an object of the other but for its class. Only the class
changes: the module itself stays, and with it its parameters, its hooks, its mode,
and every reference anyone holds to any of them.
"""

from __future__ import annotations

from dataclasses import dataclass

from torch import nn
from torch.nn.utils.parametrize import is_parametrized

from elman._errors import InputError
from elman.layers._twins import beyond_torch

from ._standard import OURS, RECURRENT

_BACK = {ours: theirs for theirs, ours in OURS.items()}
_OURS_ALONE = ("_by_name", "__overloads__")
"""What only one of the two classes can read."""
_MADE_ANEW = ("__dict__", "__weakref__")


@dataclass(frozen=True)
class Swap:
    """What `accelerate` or `restore` did; printed, it says so line by line.

    Attributes
    ----------
    swapped : dict of str to str
        For each module by its name in the model ("" is the model itself), what
        it was and what it is: "torch.nn.GRU → elman.GRU".
    left : dict of str to str
        Recurrent modules that stay as they are, and why.
    """

    swapped: dict[str, str]
    left: dict[str, str]

    def __str__(self) -> str:
        if not self.swapped and not self.left:
            return "no recurrent layers"
        rows = [*self.swapped.items()]
        rows += [(name, f"left as it is: {why}") for name, why in self.left.items()]
        named = [(name or "(the model itself)", what) for name, what in rows]
        width = max(len(name) for name, _ in named)
        return "\n".join(f"{name:{width}}  {what}" for name, what in named)


def accelerate(model: nn.Module) -> Swap:
    """Turn every `torch.nn` recurrent layer and cell of a model into Elman's.

    In place, and nothing but the class changes: every module and every Parameter
    stays the same object, so optimisers, hooks, tied weights, parametrisations,
    ``requires_grad``, modes and names are untouched. The model may be a layer
    itself. A class derived from torch's is left alone, as it may compute
    something else.

    Parameters
    ----------
    model : torch.nn.Module

    Returns
    -------
    Swap
        What was replaced, and what was not; ``print`` it.

    Raises
    ------
    InputError
        If the model is not a module.

    Examples
    --------
    >>> from torch import nn
    >>> model = nn.ModuleDict({"encoder": nn.GRU(3, 5), "decoder": nn.Linear(5, 1)})
    >>> print(accelerate(model))
    encoder  torch.nn.GRU → elman.GRU
    >>> print(restore(model))
    encoder  elman.GRU → torch.nn.GRU
    """
    return _swap(model, OURS)


def restore(model: nn.Module) -> Swap:
    """Turn every Elman recurrent layer and cell of a model into torch's.

    The inverse of `accelerate`, in place. Layers that do what torch's cannot
    (``reset_after=False``, more nonlinearities, ``zoneout``, …) are left alone.

    Parameters
    ----------
    model : torch.nn.Module

    Returns
    -------
    Swap
        What was replaced, and what was not; ``print`` it.

    Raises
    ------
    InputError
        If the model is not a module.
    """
    return _swap(model, _BACK)


def _swap(model: nn.Module, twins: dict[type[nn.Module], type[nn.Module]]) -> Swap:
    if not isinstance(model, nn.Module):
        raise InputError(
            f"model: expected a torch.nn.Module, got {type(model).__name__}"
        )
    swapped: dict[str, str] = {}
    left: dict[str, str] = {}
    for name, module in model.named_modules():
        # A parametrised module has a class of its own, made for it alone.
        own = is_parametrized(module)
        kind = type(module).__base__ if own else type(module)
        if kind in twins:
            why = beyond_torch(module)
            if why:
                left[name] = why
                continue
            swapped[name] = f"{_title(kind)} → {_title(twins[kind])}"
            module.__class__ = _class_for(module, twins[kind], own)
            for name in _OURS_ALONE:
                module.__dict__.pop(name, None)
        elif kind not in twins.values() and isinstance(module, RECURRENT):
            left[name] = f"{type(module).__qualname__} is a class of its own"
    return Swap(swapped, left)


def _class_for(module: nn.Module, twin: type[nn.Module], own: bool) -> type:
    """Return the class a module changes to: its own again, if it had one."""
    if not own:
        return twin
    body = {k: v for k, v in vars(type(module)).items() if k not in _MADE_ANEW}
    return type(f"Parametrized{twin.__name__}", (twin,), body)


def _title(kind: type) -> str:
    return f"{'elman' if kind in _BACK else 'torch.nn'}.{kind.__name__}"
