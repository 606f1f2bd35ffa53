"""The weights of one layer and direction, in one piece of memory, as cuDNN wants."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.backends import cudnn
from torch.nn import RNNBase


@torch.no_grad()
def flatten(layer: RNNBase, weights: Sequence[Tensor | None]) -> None:
    """Move weights that cuDNN can use into one buffer, in place; leave others.

    The operators run one layer in one direction, so each gets a buffer of its own
    where `torch.nn` makes one for the whole stack.

    Parameters
    ----------
    layer : RNNBase
        Whose sizes the weights have.
    weights : sequence of Tensor
        Of one layer and direction, in torch's order.
    """
    present = [w for w in weights if isinstance(w, Tensor)]
    if len(present) < len(weights):
        return
    first = present[0]
    if not all(
        w.is_cuda and w.dtype == first.dtype and cudnn.is_acceptable(w) for w in present
    ):
        return
    if len({w.data_ptr() for w in present}) < len(present):
        return  # shared memory: moving one would part it from the other
    from torch.backends.cudnn.rnn import get_cudnn_mode

    with torch.cuda.device_of(first):
        torch._cudnn_rnn_flatten_weight(
            present,
            len(present),
            first.shape[1],
            get_cudnn_mode(layer.mode),
            layer.hidden_size,
            layer.proj_size,
            1,
            layer.batch_first,
            False,
        )
