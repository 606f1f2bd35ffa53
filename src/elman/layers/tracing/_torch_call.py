"""Calls that torch's own layers answer: of what are no ordinary tensors, and watched.

A tracer, a mode that counts or fakes, a subclass with a meaning of its own: they know
torch's operators, and see of these layers what they see of torch's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence

from elman import ops
from elman.layers._twins import extras_of

if TYPE_CHECKING:
    from elman.layers._twin import Twin

_FORWARD: dict[str, Callable[..., tuple[Any, Any]]] = {
    "rnn": nn.RNN.forward,
    "gru": nn.GRU.forward,
    "lstm": nn.LSTM.forward,
}


def torch_call(layer: Twin, x: Any, hx: Any) -> tuple[Any, Any] | None:
    """Return what torch's layer returns where one of its operators is to be seen.

    None where all is ordinary, for what torch has not, inside transforms, whose rules
    the composite path follows, and where a path is asked for. What then remains goes
    call by call to torch's operator or plain operations.

    Parameters
    ----------
    layer : Twin
    x, hx : object
        As the layer was given them; not checked.
    """
    cell, variant = layer._cell
    if (cell, variant) not in ops.STOCK or extras_of(layer):
        return None
    if not ops.foreign(_tensors(layer, x, hx)) or ops.asking() or ops.transformed():
        return None
    data = x.data if isinstance(x, PackedSequence) else x
    if not isinstance(data, Tensor) or data.is_nested or ops.computes_in_half(data):
        return None
    return _FORWARD[cell](layer, x, hx)


def _tensors(layer: Twin, x: Any, hx: Any) -> Iterator[Tensor]:
    given = (x, *hx) if isinstance(hx, tuple | list) else (x, hx)
    for tensor in given:
        if isinstance(tensor, PackedSequence):
            yield tensor.data
        elif isinstance(tensor, Tensor):
            yield tensor
    for weights in layer._all_weights_by_place():
        yield from weights.tensors()
