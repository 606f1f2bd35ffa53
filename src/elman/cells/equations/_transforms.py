"""Parameters computed from what is stored, so that every step of training keeps a form.

A transform is applied once a call, outside the step, in torch; gradients go through it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

from elman._errors import InputError

from ._functions import Value, tensors


class Transform(Protocol):
    """A map from a stored parameter to the one the equations see."""

    def of(self, stored: Value) -> Value:
        """Return the parameter, of the same shape."""


@dataclass(frozen=True)
class Exponential:
    """Orthogonal blocks: e^A with A = c (L − Lᵀ), L what is stored below the diagonal.

    Lezcano-Casado and Martínez-Rubio, "Cheap orthogonal constraints in neural
    networks", 2019. A ``scale`` c below 1 slows A down under optimisers that make steps
    of one size, such as Adam: theirs gives A a tenth of the other parameters' rate.
    """

    scale: float = 1.0

    def of(self, stored: Value) -> Value:
        """Return it."""
        torch, blocks = _blocks(stored, self)
        # torch's exponential of half precision is NaN, and it solves nothing in it.
        turned = torch.linalg.matrix_exp(_skew(_wide(torch, blocks), self.scale))
        return turned.reshape(stored.shape).to(stored.dtype)


@dataclass(frozen=True)
class Cayley:
    """Orthogonal blocks: (1 + A)⁻¹ (1 − A) with A as for `Exponential`.

    Helfrich, Willmott and Ye, "Orthogonal recurrent neural networks with scaled Cayley
    transform", 2018, without their signs. One system of equations: at 512 units an
    eighteenth of the time of `Exponential`, and a hundredth of its rounding errors in
    gradients.
    """

    scale: float = 1.0

    def of(self, stored: Value) -> Value:
        """Return it."""
        torch, blocks = _blocks(stored, self)
        skew = _skew(_wide(torch, blocks), self.scale)
        one = torch.eye(skew.shape[-1], dtype=skew.dtype, device=skew.device)
        turned = torch.linalg.solve(one + skew, one - skew)
        return turned.reshape(stored.shape).to(stored.dtype)


@dataclass(frozen=True)
class Antisymmetric:
    """Blocks W − Wᵀ − γ 1: Chang et al., "AntisymmetricRNN", 2019."""

    damping: float = 0.0

    def of(self, stored: Value) -> Value:
        """Return it."""
        torch, blocks = _blocks(stored, self)
        one = torch.eye(blocks.shape[-1], dtype=stored.dtype, device=stored.device)
        return (blocks - blocks.mT - self.damping * one).reshape(stored.shape)


@dataclass(frozen=True)
class Elapsed:
    """Of ``weight_ih``: the last block of H rows gives every unit x's last column.

    No other block sees that column: so a step has a value that comes with the input,
    such as the time since the step before. As many blocks as ``blocks``.
    """

    blocks: int = 2

    own_columns: ClassVar[bool] = True
    """The columns of x have a meaning: only a first layer can have it."""

    def of(self, stored: Value) -> Value:
        """Return it."""
        torch, rows = tensors(stored), stored.shape[0] // self.blocks
        seen = torch.ones_like(stored)
        seen[:, -1] = 0.0
        seen[-rows:] = 0.0
        given = torch.zeros_like(stored)
        given[-rows:, -1] = 1.0
        return stored * seen + given


def _wide(torch: Any, values: Value) -> Value:
    return values.float() if values.dtype in (torch.half, torch.bfloat16) else values


def _skew(blocks: Value, scale: float) -> Value:
    lower = blocks.tril(-1)
    skew = lower - lower.mT
    return skew if scale == 1.0 else scale * skew


def _blocks(stored: Value, transform: Transform) -> tuple[Any, Value]:
    """Return torch, and the square blocks on top of each other in a matrix."""
    torch = tensors(stored)
    if torch is None or stored.dim() != 2 or stored.shape[0] % stored.shape[1]:
        raise InputError(
            f"transforms: {type(transform).__name__} is for matrices of square blocks "
            "such as weight_hh"
        )
    return torch, stored.reshape(-1, stored.shape[1], stored.shape[1])
