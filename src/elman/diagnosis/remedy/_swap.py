"""Another cell or nonlinearity in the place of a recurrent layer."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils.parametrize import is_parametrized

from elman import layers
from elman._errors import InputError
from elman.diagnosis.open._call_model import Forward, call
from elman.diagnosis.open._cells import is_layer, knows
from elman.diagnosis.open._preserve import preserved


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


def swap_cell(model: nn.Module, cell: str) -> nn.Module | None:
    """Put another cell in the place of every recurrent layer of a model.

    The new layer has the old one's sizes, layers, directions, form and options, and
    torch's default weights, drawn anew. What surrounds it must not look into its
    state: an LSTM's is a pair, where that of the others is one tensor.

    Parameters
    ----------
    model : Module
        Changed in place.
    cell : str
        "gru" or "lstm".

    Returns
    -------
    Module or None
        The model, which is the new layer if it was one itself; None if every layer
        has that cell already, or none can be replaced.
    """
    build: Any = layers.GRU if cell == "gru" else layers.LSTM
    if is_layer(model):
        return _other(model, build)
    done = False
    for parent in list(model.modules()):
        for name, child in list(parent.named_children()):
            if is_layer(child):
                new = _other(child, build)
                if new is not None:
                    setattr(parent, name, new)
                    done = True
    return model if done else None


def _other(layer: nn.RNNBase | layers.CellLayer, build: Any) -> nn.RNNBase | None:
    if isinstance(layer, nn.RNNBase):
        if layer.mode == build.__name__ or layer.proj_size:
            return None
    elif isinstance(layer.zoneout, tuple):
        return None  # one rate for each of its own states
    if layer._forward_hooks or layer._forward_pre_hooks or is_parametrized(layer):
        return None  # what they do with the old cell they may not do with the new
    weight = next(layer.parameters())
    new: nn.RNNBase = build(
        layer.input_size,
        layer.hidden_size,
        layer.num_layers,
        bias=layer.bias,
        batch_first=layer.batch_first,
        dropout=layer.dropout,
        bidirectional=layer.bidirectional,
        device=weight.device,
        dtype=weight.dtype,
        **layers.extras_of(layer),
    )
    return new.train(layer.training)


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
