"""Masks drawn at random: by the core where nothing else is to see it, else by torch.

Drawing them one after another, as torch's generator does, can take as long as the step
they are for. The core's numbers depend on a key, which that generator draws, and on
their places alone: one seed gives the same mask on any number of threads.
"""

from __future__ import annotations

import torch
from torch import Tensor

from elman.ops._ordinary import foreign

from ._border import BUILT, draw


def held(like: Tensor, shape: tuple[int, ...], share: float) -> Tensor:
    """Return a mask of booleans that are true with this probability.

    Parameters
    ----------
    like : Tensor
        What the mask is for: says on which device, and whether torch has to draw.
    shape : tuple of int
    share : float
    """
    if (
        not BUILT
        or torch.compiler.is_compiling()
        or torch._C._functorch.peek_interpreter_stack() is not None
        or like.device.type != "cpu"
        or foreign((like,))
    ):
        return torch.rand(shape, device=like.device) < share
    key = torch.empty((), dtype=torch.int64, device="cpu").random_()
    mask = torch.empty(shape, dtype=torch.bool, device="cpu")
    draw(mask, int(key), share, torch.get_num_threads())
    return mask
