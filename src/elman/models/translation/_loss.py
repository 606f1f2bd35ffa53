"""The surprise at tokens, from what is read out to a number."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.autograd import Function
from torch.autograd.function import once_differentiable
from torch.nn.functional import cross_entropy, linear

PAD = 0
"""The token that fills up."""

# Numbers that are gone over while they are in a processor's second cache.
_AT_ONCE = 2**17


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
    at a time: there is one (N, V) instead of four, and it passes the caches once.

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
        scores = linear(x, weight, bias)
        count, size = scores.shape
        rows = max(1, _AT_ONCE // size) if x.device.type == "cpu" else count
        total = x.new_zeros(())
        for part, tokens in zip(
            scores.split(rows), target.unsqueeze(1).split(rows), strict=True
        ):
            total += _to_gradient(part, tokens, smoothing, count)
        ctx.save_for_backward(scores, x, weight)
        return total / count

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        by, x, weight = ctx.saved_tensors
        (outer,) = gradients
        need_x, need_weight, need_bias, _, _ = ctx.needs_input_grad
        return (
            outer * (by @ weight) if need_x else None,
            outer * (by.t() @ x) if need_weight else None,
            outer * by.sum(0) if need_bias else None,
            None,
            None,
        )


def _to_gradient(
    scores: Tensor, tokens: Tensor, smoothing: float, count: int
) -> Tensor:
    """Return a part's summed loss, and turn its scores into the mean's gradient."""
    size = scores.shape[1]
    scores -= scores.amax(1, keepdim=True)
    aimed = (1 - smoothing) * scores.gather(1, tokens).sum()
    if smoothing:
        aimed = aimed + scores.sum() * (smoothing / size)
    sums = scores.exp_().sum(1, keepdim=True)
    scores /= sums * count
    if smoothing:
        scores -= smoothing / (size * count)
    share = scores.new_full((1, 1), (smoothing - 1) / count)
    scores.scatter_add_(1, tokens, share.expand_as(tokens))
    return sums.log().sum() - aimed
