"""Optimisers by name, and which weights they may shrink."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from elman._errors import InputError, did_you_mean

OPTIMIZERS: dict[str, type[torch.optim.Optimizer]] = {
    "adam": torch.optim.Adam,
    "adamw": torch.optim.AdamW,
    "rmsprop": torch.optim.RMSprop,
    "sgd": torch.optim.SGD,
    "nesterov": torch.optim.SGD,
    "descent": torch.optim.SGD,
}
"""Short names: sgd has momentum, nesterov looks ahead, descent has neither."""

OptimizerChoice = str | torch.optim.Optimizer | Callable[..., torch.optim.Optimizer]

_NORMALISATION = (
    nn.LayerNorm,
    nn.GroupNorm,
    nn.RMSNorm,
    nn.modules.batchnorm._NormBase,
)
# The recurrent matrix and, in an LSTM with projections, the way back from h.
_RECURRENT = ("weight_hh", "weight_hr")


# Those whose whole step torch has as one kernel, and the options that choose another.
_FUSED = (torch.optim.Adam, torch.optim.AdamW)
_HOW = {"fused", "foreach", "capturable", "differentiable"}


def torch_optimizers() -> dict[str, type[torch.optim.Optimizer]]:
    """Return every optimiser of `torch.optim` by its class' name."""
    found = {}
    for name, kind in vars(torch.optim).items():
        if isinstance(kind, type) and issubclass(kind, torch.optim.Optimizer):
            found[name] = kind
    return {name: kind for name, kind in found.items() if name != "Optimizer"}


def check_optimizer(choice: object) -> None:
    """Raise unless ``choice`` is a known name, an optimiser or a factory."""
    if isinstance(choice, torch.optim.Optimizer) or callable(choice):
        return
    if not isinstance(choice, str):
        raise InputError(
            "optimizer must be a name, a torch optimiser, or a function that takes "
            f"parameter groups and returns one, got {choice!r}"
        )
    if choice not in OPTIMIZERS and choice.lower() not in _lower(torch_optimizers()):
        hint = did_you_mean(choice, [*torch_optimizers(), *OPTIMIZERS])
        raise InputError(
            f"optimizer must be one of {', '.join(OPTIMIZERS)}, or a name from "
            f"torch.optim, got {choice!r}{hint}"
        )


def build_optimizer(
    choice: OptimizerChoice,
    module: nn.Module,
    *,
    learning_rate: float,
    weight_decay: float = 0.0,
    decay_recurrent: bool = False,
    momentum: float = 0.9,
    options: Mapping[str, Any] | None = None,
) -> torch.optim.Optimizer:
    """Return an optimiser over the module's trainable parameters.

    Parameters
    ----------
    choice : str, Optimizer or callable
        A name of `OPTIMIZERS` or `torch.optim`; an optimiser that already holds
        the module's parameters, returned as it is; or a function called with
        parameter groups and ``lr``.
    module : nn.Module
    learning_rate, weight_decay, momentum : float
        Momentum is for ``sgd`` and ``nesterov`` alone.
    decay_recurrent : bool
        Whether recurrent matrices are decayed too; see `parameter_groups`.
    options : mapping or None
        Further arguments of the optimiser, such as ``{"betas": (0.9, 0.98)}``.

    Raises
    ------
    InputError
        If nothing is trainable, or the optimiser refuses its arguments.
    """
    trainable = [p for p in module.parameters() if p.requires_grad]
    if not trainable:
        raise InputError("the module has no trainable parameter; nothing to optimise")
    if isinstance(choice, torch.optim.Optimizer):
        return _ready(choice, trainable)
    arguments: dict[str, Any] = {"lr": learning_rate}
    if callable(choice):
        build: Callable[..., torch.optim.Optimizer] = choice
        name = getattr(choice, "__name__", repr(choice))
    else:
        build, name = _named(choice), choice
        if choice in ("sgd", "nesterov"):
            arguments |= {"momentum": momentum, "nesterov": choice == "nesterov"}
    if build in _FUSED and _plain(trainable) and not _HOW & (options or {}).keys():
        arguments["fused"] = True  # a fifth of the time, on layers of a few units
    groups: Any = parameter_groups(
        module, weight_decay, decay_recurrent=decay_recurrent
    )
    if build is torch.optim.LBFGS:  # knows neither groups nor decay
        if weight_decay:
            raise InputError("LBFGS has no weight decay; set weight_decay=0")
        groups = trainable
    try:
        return build(groups, **{**arguments, **(options or {})})
    except (TypeError, ValueError) as error:
        raise InputError(f"optimizer {name} refused its arguments: {error}") from error


def parameter_groups(
    module: nn.Module, weight_decay: float, *, decay_recurrent: bool = False
) -> list[dict[str, Any]]:
    """Return the trainable parameters in groups with and without weight decay.

    Biases, gains and whatever else is a vector, and everything in a
    normalisation, stay out of the decay: shrinking them takes no capacity away.
    So do recurrent matrices unless asked for, since their scale is what carries
    gradients through time. An empty group is left out.

    Parameters
    ----------
    module : nn.Module
    weight_decay : float
    decay_recurrent : bool
        Whether ``weight_hh`` and ``weight_hr`` are decayed too.

    Returns
    -------
    list of dict
        As `torch.optim` takes them.
    """
    if not weight_decay:
        everything = [p for p in module.parameters() if p.requires_grad]
        return [{"params": everything, "weight_decay": 0.0}]
    decayed: list[Tensor] = []
    kept: list[Tensor] = []
    for owner, name, parameter in _owned(module):
        spared = (
            parameter.ndim < 2
            or isinstance(owner, _NORMALISATION)
            or (not decay_recurrent and name.startswith(_RECURRENT))
        )
        (kept if spared else decayed).append(parameter)
    groups = [
        {"params": decayed, "weight_decay": weight_decay},
        {"params": kept, "weight_decay": 0.0},
    ]
    return [group for group in groups if group["params"]]


def _owned(module: nn.Module) -> Iterator[tuple[nn.Module, str, Tensor]]:
    """Yield each trainable parameter once, with its module and its name there."""
    seen = set()
    for owner in module.modules():
        for name, parameter in owner.named_parameters(recurse=False):
            if parameter.requires_grad and id(parameter) not in seen:
                seen.add(id(parameter))
                yield owner, name, parameter


def _named(name: str) -> type[torch.optim.Optimizer]:
    check_optimizer(name)
    if name in OPTIMIZERS:
        return OPTIMIZERS[name]
    return _lower(torch_optimizers())[name.lower()]


def _plain(parameters: Sequence[Tensor]) -> bool:
    """Return whether torch's fused kernels take all of these, on the CPU."""
    return all(
        type(p) is nn.Parameter
        and p.is_contiguous()  # they take others' memory in the wrong order
        and p.device.type == "cpu"
        and p.dtype in (torch.float32, torch.float64)
        for p in parameters
    )


def _lower(
    kinds: Mapping[str, type[torch.optim.Optimizer]],
) -> dict[str, type[torch.optim.Optimizer]]:
    return {name.lower(): kind for name, kind in kinds.items()}


def _ready(
    optimizer: torch.optim.Optimizer, trainable: Sequence[Tensor]
) -> torch.optim.Optimizer:
    held = {id(p) for group in optimizer.param_groups for p in group["params"]}
    if not held & {id(p) for p in trainable}:
        raise InputError(
            "the optimiser holds none of the module's parameters; build it from "
            "module.parameters(), or give its class or a function instead"
        )
    return optimizer
