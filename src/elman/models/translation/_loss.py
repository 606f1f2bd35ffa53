"""The surprise at tokens, from what is read out to a number."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.autograd import Function
from torch.autograd.function import once_differentiable
from torch.nn.functional import cross_entropy, linear

from ._special import PAD

# Scores that there are at a time: the next ones reuse their memory.
_HELD = 2**21
# Scores that are gone over while they are in a processor's second cache.
_AT_ONCE = 2**18


def translation_loss(output: Tensor, target: Tensor, smoothing: float = 0.0) -> Tensor:
    r"""Return the mean cross-entropy in nats over all tokens that are no padding.

    Smoothed by :math:`\epsilon`, the aim is :math:`1 - \epsilon` of the token and
    :math:`\epsilon` of an even share of all (Szegedy et al. 2016).

    Parameters
    ----------
    output : Tensor
        (B, U, V): scores.
    target : Tensor
        int64 (B, U): tokens, PAD beyond each end.
    smoothing : float
        :math:`\epsilon`.
    """
    return cross_entropy(
        output.flatten(0, -2),
        target.flatten(),
        ignore_index=PAD,
        label_smoothing=smoothing,
    )


def linear_loss(
    x: Tensor, weight: Tensor, bias: Tensor, target: Tensor, smoothing: float = 0.0
) -> Tensor:
    """Return the `translation_loss` of the scores ``x @ weight.T + bias``.

    With gradients, the scores are made their own gradient where they lie, a few rows
    at a time, and what is asked for is made of it at once: there is never (N, V) of
    anything, and what there is passes the caches once.

    Parameters
    ----------
    x : Tensor
        (N, E).
    weight, bias : Tensor
        (V, E) and (V,).
    target : Tensor
        int64 (N,): tokens, none of them PAD.
    smoothing : float
    """
    if torch.is_grad_enabled() and any(p.requires_grad for p in (x, weight, bias)):
        loss: Tensor = _LinearLoss.apply(x, weight, bias, target, smoothing)
        return loss
    return cross_entropy(linear(x, weight, bias), target, label_smoothing=smoothing)


class _LinearLoss(Function):
    @staticmethod
    def forward(
        ctx: Any,
        x: Tensor,
        weight: Tensor,
        bias: Tensor,
        target: Tensor,
        smoothing: float,
    ) -> Tensor:
        count, size = len(x), len(weight)
        rows = max(1, _HELD // size)
        total = weight.new_zeros(())
        by_x, by_weight, by_bias = (torch.zeros_like(p) for p in (x, weight, bias))
        parts = zip(by_x.split(rows), x.split(rows), target.split(rows), strict=True)
        kind = _products_in(x, weight)
        narrow = weight.to(kind)
        with torch.autocast(x.device.type, enabled=False):
            for place, read, tokens in parts:
                read = read.to(kind)
                scores = linear(read, narrow, bias.to(kind)).to(weight.dtype)
                total += _to_gradient(scores, tokens.unsqueeze(1), smoothing, count)
                by_bias += scores.sum(0)
                if kind is weight.dtype is place.dtype:
                    torch.mm(scores, weight, out=place)
                    by_weight.addmm_(scores.t(), read)
                    continue
                scores = scores.to(kind)
                place += (scores @ narrow).to(place.dtype)
                by_weight += scores.t() @ read
        ctx.save_for_backward(by_x, by_weight, by_bias)
        return total / count

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        (outer,) = gradients
        return (*(outer * by for by in ctx.saved_tensors), None, None)


def _products_in(x: Tensor, weight: Tensor) -> torch.dtype:
    """Return what the products are made in: bfloat16 where mixed precision has it.

    Not float16, of which the loss is scaled only after its gradient is there.
    """
    device = x.device.type
    mixed = torch.is_autocast_enabled(device)
    if mixed and torch.get_autocast_dtype(device) is torch.bfloat16:
        return torch.bfloat16
    return weight.dtype


def _to_gradient(
    scores: Tensor, tokens: Tensor, smoothing: float, count: int
) -> Tensor:
    """Return the summed loss, and turn scores into the gradient of the mean of all."""
    size = scores.shape[1]
    rows = max(1, _AT_ONCE // size) if scores.device.type == "cpu" else count
    total = scores.new_zeros(())
    for part, aims in zip(scores.split(rows), tokens.split(rows), strict=True):
        part -= part.amax(1, keepdim=True)
        total -= (1 - smoothing) * part.gather(1, aims).sum()
        if smoothing:
            total -= part.sum() * (smoothing / size)
        sums = part.exp_().sum(1, keepdim=True)
        total += sums.log().sum()
        part /= sums * count
        if smoothing:
            part -= smoothing / (size * count)
        share = part.new_full((1, 1), (smoothing - 1) / count)
        part.scatter_add_(1, aims, share.expand_as(aims))
    return total
