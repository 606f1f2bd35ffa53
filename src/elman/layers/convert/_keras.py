"""Keras' weights in, and out: its shapes, its order of gates, its biases.

Keras keeps a layer's weights as kernel (I, G·H), recurrent kernel (H, G·H) and one
bias, torch as the transposes and two. Gates: GRU z|r|h against r|z|n, LSTM i|f|c|o
as torch. A GRU's bias is (2, 3·H) with ``reset_after``, the input's and the
recurrent one's, else (3·H,). Bidirectional: forward, then backward.

Source: Keras 3, `keras.layers.SimpleRNN`, `GRU`, `LSTM`, `Bidirectional`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from elman._arguments import whole_number
from elman._errors import InputError
from elman.layers._gru import GRU
from elman.layers._lstm import LSTM
from elman.layers._rnn import RNN

Layer = nn.RNNBase | nn.RNNCellBase
Array = NDArray[Any]

_SWAP = (1, 0, 2)  # z|r|h to r|z|n and back
_KEPT = (np.dtype(np.float32), np.dtype(np.float64))


def from_keras(
    weights: Sequence[Any], *, num_layers: int = 1, **options: Any
) -> RNN | GRU | LSTM:
    """Return a new layer with the weights of a Keras layer.

    Cell, sizes, bias, directions and a GRU's ``reset_after`` are read from the
    arrays. Keras' activations are not in them: the defaults are torch's, which are
    Keras' too.

    Parameters
    ----------
    weights : sequence of array
        What ``get_weights()`` of a Keras SimpleRNN, GRU or LSTM returns, or of
        Bidirectional around one; of several stacked layers, one after another.
    num_layers : int
        How many layers they are.
    **options
        Further arguments of the layer; ``batch_first=True`` unless given, as Keras
        has it. A GRU without bias takes ``reset_after`` from here.

    Returns
    -------
    RNN, GRU or LSTM

    Raises
    ------
    InputError
        If the arrays are not the weights of such a layer.

    Examples
    --------
    >>> import numpy as np
    >>> kernel, recurrent, bias = np.zeros((3, 20)), np.zeros((5, 20)), np.zeros(20)
    >>> from_keras([kernel, recurrent, bias], dtype=torch.float32)
    LSTM(3, 5, batch_first=True)
    """
    arrays = _arrays(weights)
    num_layers = whole_number("num_layers", num_layers)
    per_layer = len(arrays) / num_layers
    if per_layer not in (2, 3, 4, 6):
        raise InputError(
            f"weights: got {len(arrays)} arrays for num_layers={num_layers}; a Keras "
            f"layer has 2 or 3, Bidirectional 4 or 6"
        )
    kernel, recurrent = arrays[:2]
    hidden = recurrent.shape[0] if recurrent.ndim == 2 else 0
    gates = recurrent.shape[1] / hidden if hidden else 0
    if gates not in (1, 3, 4) or kernel.shape[1:] != recurrent.shape[1:]:
        raise InputError(
            f"weights: the first two must be a kernel (I, G·H) and a recurrent kernel "
            f"(H, G·H) with G = 1, 3 or 4, got {kernel.shape} and {recurrent.shape}; "
            f"pass what get_weights() of one Keras layer returns"
        )
    bias = per_layer in (3, 6)
    given: dict[str, Any] = {
        "batch_first": True,
        "bias": bias,
        "bidirectional": per_layer >= 4,
    }
    if kernel.dtype == np.float64:
        given["dtype"] = torch.float64
    if gates == 3 and bias:
        given["reset_after"] = arrays[2].ndim == 2
    made = {1: RNN, 3: GRU, 4: LSTM}[int(gates)]
    layer: RNN | GRU | LSTM = made(
        kernel.shape[0], hidden, num_layers, **{**given, **options}
    )
    load_keras(layer, arrays)
    return layer


def load_keras(layer: Layer, weights: Sequence[Any]) -> None:
    """Give a layer or cell the weights of a Keras layer, in place.

    All arrays are checked before one is written. Where Keras has one bias it becomes
    ``bias_ih``, and ``bias_hh`` zero.

    Parameters
    ----------
    layer : RNN, GRU, LSTM or a cell, of elman or torch.nn
    weights : sequence of array
        What ``get_weights()`` of the Keras layer returns; of several stacked layers,
        one after another.

    Raises
    ------
    InputError
        If the number or a shape of the arrays is not the layer's, or the layer has
        what Keras has not (a projection), or a weight is computed from others.
    """
    places = _places(layer)
    arrays = _arrays(weights)
    each = 3 if layer.bias else 2
    if len(arrays) != each * len(places):
        raise InputError(_count_message(layer, len(arrays), each, len(places)))
    written: list[tuple[Tensor, Tensor]] = []
    for place, names in enumerate(places):
        own = [getattr(layer, name) for name in names]
        for name, tensor in zip(names, own, strict=True):
            if not isinstance(tensor, nn.Parameter):
                raise InputError(
                    f"layer: {name} is computed, by a parametrisation or pruning; "
                    f"load the weights first and parametrise then"
                )
        found = arrays[place * each : (place + 1) * each]
        _check_shapes(layer, own[0], found, place * each)
        written += zip(own, _entered(layer, found), strict=True)
    with torch.no_grad():
        for parameter, value in written:
            parameter.copy_(value)


def to_keras(layer: Layer) -> list[Array]:
    """Return a layer's weights as Keras' ``set_weights`` takes them.

    Where Keras has one bias it is the sum of the two. Layers stacked come one after
    another, forward before backward; activations are to be set in Keras.

    Parameters
    ----------
    layer : RNN, GRU, LSTM or a cell, of elman or torch.nn

    Returns
    -------
    list of array
        Kernel, recurrent kernel and, with bias, bias, of each layer and direction:
        float64 for a layer of float64, else float32.

    Raises
    ------
    InputError
        If the layer has what Keras has not: a projection, zoneout or a learned
        initial state.

    Examples
    --------
    >>> [array.shape for array in to_keras(GRU(3, 5))]
    [(3, 15), (5, 15), (2, 15)]
    """
    for option in ("zoneout", "learn_initial_state"):
        if getattr(layer, option, False):
            raise InputError(
                f"layer: {option}={getattr(layer, option)!r} has no counterpart in "
                f"Keras; export a layer without it"
            )
    result: list[Array] = []
    for names in _places(layer):
        own = [_number(getattr(layer, name)) for name in names]
        kernel, recurrent, *biases = (_turn(array, layer) for array in own)
        result += [np.ascontiguousarray(w.T) for w in (kernel, recurrent)]
        if biases:
            both = np.stack(biases)
            result.append(both if _two_biases(layer) else both.sum(0))
    return result


def _places(layer: Any) -> list[list[str]]:
    """Return the names of the weights of each layer and direction."""
    if isinstance(layer, nn.RNNBase):
        if layer.proj_size:
            raise InputError("layer: Keras' LSTM has no projection; use proj_size=0")
        return [list(names) for names in layer._all_weights]
    if isinstance(layer, nn.RNNCellBase):
        names = ["weight_ih", "weight_hh", "bias_ih", "bias_hh"]
        return [names if layer.bias else names[:2]]
    raise InputError(
        f"layer: expected an RNN, GRU or LSTM or a cell, got {type(layer).__name__}; "
        f"pass the recurrent layer itself"
    )


def _arrays(weights: Any) -> list[Array]:
    if not isinstance(weights, Sequence) or isinstance(weights, str):
        raise InputError(
            f"weights: expected a list of arrays, got {type(weights).__name__}; "
            f"pass what the Keras layer's get_weights() returns"
        )
    return [_array(value, k) for k, value in enumerate(weights)]


def _array(value: Any, k: int) -> Array:
    """Return a copy in native float32 or float64."""
    try:
        array = np.array(value)
        if array.dtype in _KEPT and array.dtype.isnative:
            return array
        if array.dtype.kind in "fiuV":  # V: bfloat16, as ml_dtypes registers it
            return array.astype(np.float64)
    except (TypeError, ValueError, RuntimeError) as error:
        raise InputError(f"weights[{k}]: not an array of numbers: {error}") from error
    raise InputError(
        f"weights[{k}]: expected an array of numbers, got {array.dtype}; pass what "
        f"the Keras layer's get_weights() returns"
    )


def _gates(layer: Layer) -> int:
    w: Tensor = getattr(layer, _places(layer)[0][0])
    return w.shape[0] // layer.hidden_size


def _two_biases(layer: Layer) -> bool:
    return _gates(layer) == 3 and bool(getattr(layer, "reset_after", True))


def _check_shapes(layer: Layer, w_ih: Tensor, found: list[Array], first: int) -> None:
    rows, inputs = w_ih.shape
    bias = (2, rows) if _two_biases(layer) else (rows,)
    expected = [(inputs, rows), (layer.hidden_size, rows), bias]
    parts = ["kernel", "recurrent kernel", "bias"]
    for k, array in enumerate(found):
        if array.shape == expected[k]:
            continue
        hint = "build the layer with Keras' sizes and directions"
        if _gates(layer) == 3 and k == 2 and array.shape in ((rows,), (2, rows)):
            after = array.ndim == 2
            hint = f"these are of a GRU with reset_after={after}"
        elif array.shape == expected[k][::-1]:
            hint = "it is transposed; pass Keras' own array"
        raise InputError(
            f"weights[{first + k}]: the {parts[k]} must be {expected[k]}, got "
            f"{array.shape}; {hint}"
        )


def _count_message(layer: Layer, got: int, each: int, places: int) -> str:
    what = "kernel, recurrent kernel" + (" and bias" if each == 3 else ", no bias")
    hint = "pass what get_weights() returns, stacked layers one after another"
    if got == (5 - each) * places:
        hint = f"for these build the layer with bias={each == 2}"
    elif isinstance(layer, nn.RNNBase) and 2 * got == each * places:
        hint = "for these build it with half the layers or one direction"
    return (
        f"weights: the layer has {places} times {what}: expected {each * places} "
        f"arrays, got {got}; {hint}"
    )


def _entered(layer: Layer, found: list[Array]) -> list[Tensor]:
    """Return torch's weights of one direction from Keras' arrays."""
    kernel, recurrent, *bias = found
    turned = [_turn(kernel.T, layer), _turn(recurrent.T, layer)]
    if bias and _two_biases(layer):
        turned += [_turn(half, layer) for half in bias[0]]
    elif bias:
        turned += [_turn(bias[0], layer), np.zeros_like(bias[0])]
    return [torch.from_numpy(np.ascontiguousarray(array)) for array in turned]


def _turn(array: Array, layer: Layer) -> Array:
    """Swap a GRU's first two gates, along the first axis."""
    if _gates(layer) != 3:
        return array
    parts = np.split(array, 3)
    return np.concatenate([parts[k] for k in _SWAP])


def _number(tensor: Tensor) -> Array:
    tensor = tensor.detach().cpu()
    array: Array = (tensor if tensor.dtype == torch.float64 else tensor.float()).numpy()
    return array.copy()
