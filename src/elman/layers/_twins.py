"""Which of torch's classes a layer or cell is in the place of, and what is beyond."""

from __future__ import annotations

from typing import Any

from torch import nn

from elman.ops import STOCK

_HERE = "elman.layers."

TORCHS: tuple[type[nn.Module], ...] = (
    nn.RNN,
    nn.GRU,
    nn.LSTM,
    nn.RNNCell,
    nn.GRUCell,
    nn.LSTMCell,
)


def twin_of(module: nn.Module) -> Any:
    """Return torch's class that a layer or cell is derived from."""
    return next(kind for kind in type(module).__mro__ if kind in TORCHS)


def calls_ours(module: nn.Module) -> bool:
    """Say whether a call of a layer or cell is that of its class here, and no more."""
    forward = type(module).forward
    return "forward" not in module.__dict__ and forward.__module__.startswith(_HERE)


ALWAYS, IN_TRAINING, WITHOUT_STATE, STATES_TURNED = 1, 2, 4, 8
"""When an option changes a call; the core knows these bits (_core/layer.h)."""

EXTRAS = {
    "recurrent_dropout": IN_TRAINING,
    "zoneout": ALWAYS,
    "learn_initial_state": WITHOUT_STATE,
    "stateful": ALWAYS,
    "state_batch_first": STATES_TURNED,
}
"""The arguments beyond torch's, and when each changes a call: always, in training,
where no state is given, or in the form of its states. Each is off when it is 0 or
False."""


def bits_of(layer: Any) -> int:
    """Return when the options of a layer that are on change a call, as bits.

    A layer keeps them as ``_beyond``, the one thing that the fast path and the compiled
    call ask of its options.
    """
    bits = 0
    for name, when in EXTRAS.items():
        bits |= when if getattr(layer, name) else 0
    return bits


def extras_of(layer: Any) -> dict[str, Any]:
    """Return the arguments beyond torch's that a layer makes use of."""
    found = {name: getattr(layer, name, False) for name in EXTRAS}
    return {name: value for name, value in found.items() if value}


def beyond_torch(module: nn.Module) -> str:
    """Return what a layer or cell does that torch's cannot, or nothing."""
    extras = [f"{name}={value!r}" for name, value in extras_of(module).items()]
    if extras:
        return f"torch has no {', '.join(extras)}"
    if not getattr(module, "reset_after", True):
        return "torch has no reset_after=False"
    phi = getattr(module, "nonlinearity", "tanh")
    if ("rnn", phi) not in STOCK:
        return f"torch has no nonlinearity={phi!r}"
    return ""
