"""Another cell or nonlinearity in the place of a recurrent layer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils.parametrize import is_parametrized

from elman import cells, layers
from elman._errors import InputError
from elman.diagnosis.open._call_model import Forward, call
from elman.diagnosis.open._cells import is_layer, knows
from elman.diagnosis.open._preserve import preserved
from elman.layers import name_of

from ._state_form import HANDED, IGNORED, READ, output_for_state


def swap_nonlinearity(model: nn.Module, nonlinearity: str) -> bool:
    """Give every simple recurrent layer of a model another nonlinearity, in place.

    Returns
    -------
    bool
        Whether there was one to change.
    """
    changed = False
    mode = f"RNN_{nonlinearity.upper()}"
    for module in model.modules():
        if not isinstance(module, nn.RNNBase) or not knows(module):
            continue
        if module.mode.startswith("RNN_") and module.mode != mode:
            module.mode = mode
            module.nonlinearity = nonlinearity  # type: ignore[assignment]
            changed = True
    return changed


class CannotSwapError(Exception):
    """Why another cell cannot take a layer's place."""


def swap_cell(
    model: nn.Module,
    cell: str,
    uses: Mapping[str, str],
    own: Mapping[str, Any] | None = None,
) -> nn.Module:
    """Put another cell in the place of every recurrent layer of a model.

    The new layer has the old one's sizes, layers, directions, form and options, and
    its own start, drawn anew. Its state is handed around as the old one's was where
    both have as many parts; else nobody may look at it, or at no more than the output.

    Parameters
    ----------
    model : Module
        Changed in place.
    cell : str
        A name that the registry of cells knows.
    uses : mapping
        As `uses_of_states` returns it.
    own : mapping, optional
        Options of the cell.

    Returns
    -------
    Module
        The model, which is the new layer if it was one itself.

    Raises
    ------
    CannotSwapError
        If a layer cannot be replaced, or every one has that cell already.
    """
    found = {n: m for n, m in model.named_modules() if is_layer(m)}
    own = own or {}
    new = {
        id(m): _other(n, m, cell, uses, own)
        for n, m in found.items()
        if _is(m, cell, own)
    }
    if not new:
        raise CannotSwapError("there is no other layer to replace")
    if id(model) in new:
        return new[id(model)]
    for parent in list(model.modules()):
        for name, child in list(parent._modules.items()):
            if id(child) in new:  # one that stands in two places stays one
                setattr(parent, name, new[id(child)])
    return model


def _is(
    layer: nn.RNNBase | layers.CellLayer, cell: str, own: Mapping[str, Any]
) -> bool:
    """Return whether a layer is of another cell than the one named, or starts so."""
    has = layers.equations_of(layer)
    if type(has) is cells.find(cell):
        return any(has.chosen().get(k) != v for k, v in own.items())
    return name_of(layer)[0] != cell


def _other(
    place: str,
    layer: nn.RNNBase | layers.CellLayer,
    cell: str,
    uses: Mapping[str, str],
    own: Mapping[str, Any],
) -> nn.Module:
    where = place or "the layer"
    old = layers.equations_of(layer).states
    states = cells.find(cell).states
    if getattr(layer, "proj_size", 0):
        raise CannotSwapError(f"{where} projects its output, which only an LSTM does")
    if layer._forward_hooks or layer._forward_pre_hooks or is_parametrized(layer):
        raise CannotSwapError(
            f"{where} has hooks or parametrised weights, made for its own cell"
        )
    if not any(p.requires_grad for p in layer.parameters()):
        raise CannotSwapError(
            f"the weights of {where} are frozen: it is to stay as it is"
        )
    form = f"as ({', '.join(old)})" if len(old) > 1 else f"as one tensor, {old[0]}"
    its = f"({', '.join(states)})" if len(states) > 1 else f"one tensor, {states[0]}"
    use = uses.get(place, IGNORED)
    if len(old) != len(states) and (use == HANDED or (use == READ and len(old) > 1)):
        raise CannotSwapError(
            f"the model passes the state of {where} {form}, not as {its}"
        )
    new = _built(layer, cell, own)
    if len(old) != len(states) and use == READ:
        new.register_forward_hook(output_for_state)
    return new.train(layer.training)


def _built(
    layer: nn.RNNBase | layers.CellLayer, cell: str, own: Mapping[str, Any]
) -> nn.Module:
    weight = next(layer.parameters())
    extras = layers.extras_of(layer)
    if isinstance(extras.get("zoneout"), tuple):
        raise CannotSwapError("zoneout has a rate for each state of the old cell")
    options: dict[str, Any] = {
        "bias": layer.bias,
        "batch_first": layer.batch_first,
        "dropout": layer.dropout,
        "bidirectional": layer.bidirectional,
        "device": weight.device,
        "dtype": weight.dtype,
        **extras,
    }
    sizes = layer.input_size, layer.hidden_size, layer.num_layers
    try:
        if cell in cells.STOCK:
            stock: nn.Module = getattr(layers, cell.upper())(*sizes, **options)
            return stock
        inputs, hidden, count = sizes
        has = layers.equations_of(layer)
        same = has if type(has) is cells.find(cell) else cell
        made = cells.cell(same, **own)
        return layers.layer_of(made, inputs, hidden, num_layers=count, **options)
    except (InputError, TypeError) as error:
        raise CannotSwapError(str(error)) from error


def written(layer: nn.Module) -> str:
    """Return the line that builds a layer: "elman.LRU(8, 64, batch_first=True)"."""
    if not isinstance(layer, layers.CellLayer):
        return f"elman.{type(layer).__name__}({layer.extra_repr()})"
    cell = type(layer.cell)
    if layers.layer_class(cell) is layers.CellLayer:
        return f"{cell.__name__}.layer({layer.extra_repr()})"
    return f"elman.{cell.__name__}({layer.extra_repr()})"


def same_form(
    model: nn.Module, other: nn.Module, inputs: Any, forward: Forward | None = None
) -> bool:
    """Whether two models turn the same inputs into outputs of the same shapes.

    The state of a bare layer may differ: there, only the output counts.
    """
    bare = knows(model)
    with preserved(model), torch.no_grad():
        before = call(model, inputs, forward)
    with preserved(other), torch.no_grad():
        try:
            after = call(other, inputs, forward)
        except (RuntimeError, ValueError, TypeError, AttributeError, IndexError):
            return False
    return _form(before[0] if bare else before) == _form(after[0] if bare else after)


def _form(value: Any) -> Any:
    if isinstance(value, Tensor):
        return tuple(value.shape)
    if isinstance(value, (tuple, list)):
        return [_form(v) for v in value]
    if isinstance(value, dict):
        return {k: _form(v) for k, v in value.items()}
    return type(value)


def inputs_of_layers(model: nn.Module, run: Any) -> dict[str, Any]:
    """Run a model once and return what each recurrent layer was given first.

    Parameters
    ----------
    model : Module
    run : callable
        Calls the model on the batch.

    Returns
    -------
    dict
        From the layer's name to its input.
    """
    seen: dict[str, Any] = {}
    hooks = []
    for name, module in model.named_modules():
        if knows(module):

            def keep(
                _: nn.Module,
                args: tuple[Any, ...],
                kwargs: dict[str, Any],
                name: str = name,
            ) -> None:
                given = args[0] if args else kwargs.get("input")
                if given is not None:
                    seen.setdefault(name, given)

            hooks.append(module.register_forward_pre_hook(keep, with_kwargs=True))
    try:
        with preserved(model), torch.no_grad():
            run(model)
    except (RuntimeError, ValueError, TypeError, AttributeError) as error:
        raise InputError(f"model: does not run on the batch: {error}") from error
    finally:
        for hook in hooks:
            hook.remove()
    return {k: v.detach() if isinstance(v, Tensor) else v for k, v in seen.items()}
