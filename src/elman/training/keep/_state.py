"""The state of a part as plain JSON values and named tensors, and back.

Checkpoints hold JSON and safetensors only. `pack` takes a tree of dicts, lists,
tuples, tensors, strings, numbers, booleans and None apart; `unpack` puts it
together with every bit and every type as it was: tuples stay tuples, keys of dicts
may be numbers, and infinities and NaN pass through.
"""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor

# A dict with this key is not a dict of the state but one of the forms below.
_MARK = "$"


def pack(state: Any, prefix: str = "") -> tuple[Any, dict[str, Tensor]]:
    """Return the tree with every tensor replaced by a name, and the tensors.

    Parameters
    ----------
    state : Any
        A tree, as in the module's description.
    prefix : str
        Begins every tensor's name; the rest is the path to it.

    Returns
    -------
    plain : Any
        What ``json`` writes without a loss.
    tensors : dict of str to Tensor
        Contiguous, on the CPU, and none shares its memory with another.

    Raises
    ------
    TypeError
        Something is neither; the message says where it is.
    """
    tensors: dict[str, Tensor] = {}
    return _pack(state, prefix, tensors), tensors


def unpack(plain: Any, tensors: dict[str, Tensor]) -> Any:
    """Return what `pack` took apart.

    Parameters
    ----------
    plain : Any
    tensors : dict of str to Tensor

    Raises
    ------
    ValueError
        It is not what `pack` returns: an unknown form, or a missing tensor.
    """
    if isinstance(plain, list):
        return [unpack(value, tensors) for value in plain]
    if not isinstance(plain, dict):
        return plain
    if _MARK not in plain:
        return {key: unpack(value, tensors) for key, value in plain.items()}
    kind, content = plain[_MARK], plain.get("of")
    if kind == "tensor" and isinstance(content, str):
        if content not in tensors:
            raise ValueError(f"there is no tensor {content!r}")
        return tensors[content]
    if kind == "tuple" and isinstance(content, list):
        return tuple(unpack(value, tensors) for value in content)
    if kind == "float" and content in ("nan", "inf", "-inf"):
        return float(content)
    if kind == "dict" and isinstance(content, list):
        pairs = [unpack(pair, tensors) for pair in content]
        if all(isinstance(pair, list) and len(pair) == 2 for pair in pairs):
            return dict(pairs)
    raise ValueError(f"unknown form {kind!r}")


def _pack(value: Any, path: str, tensors: dict[str, Tensor]) -> Any:
    if value is None or isinstance(value, bool | str):
        return value
    # Not their subclasses: NumPy's numbers and enums would come back as others.
    if type(value) is int:
        return value
    if type(value) is float:
        return value if math.isfinite(value) else {_MARK: "float", "of": str(value)}
    if isinstance(value, Tensor):
        tensors[path] = _own(value, tensors)
        return {_MARK: "tensor", "of": path}
    if isinstance(value, list | tuple):
        items = [_pack(v, _join(path, i), tensors) for i, v in enumerate(value)]
        return items if isinstance(value, list) else {_MARK: "tuple", "of": items}
    if isinstance(value, dict):
        if all(isinstance(key, str) and key != _MARK for key in value):
            return {k: _pack(v, _join(path, k), tensors) for k, v in value.items()}
        if not all(isinstance(key, str | int) for key in value):
            raise TypeError(f"{path}: a key is neither text nor a whole number")
        pairs = [[k, _pack(v, _join(path, k), tensors)] for k, v in value.items()]
        return {_MARK: "dict", "of": pairs}
    raise TypeError(
        f"{path}: a {type(value).__name__} cannot be kept in a checkpoint; make it"
        " tensors, numbers, text, lists or dicts"
    )


def _own(tensor: Tensor, others: dict[str, Tensor]) -> Tensor:
    """Return the tensor on the CPU, in memory that no other of them uses."""
    own = tensor.detach().to("cpu").contiguous()
    if own.is_sparse or own.is_quantized:
        raise TypeError("a sparse or quantised tensor cannot be kept in a checkpoint")
    storage = own.untyped_storage()
    shared = own.numel() * own.element_size() != storage.nbytes() or any(
        storage.data_ptr() == other.untyped_storage().data_ptr()
        for other in others.values()
    )
    return own.clone(memory_format=torch.contiguous_format) if shared else own


def _join(path: str, key: object) -> str:
    return f"{path}.{key}" if path else str(key)
