"""Parameters computed from what is stored, so that every step of training keeps a form.

A transform is applied once a call, outside the step, in torch; gradients go through it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from elman._errors import InputError

from ._functions import Value, tensors


class Transform(Protocol):
    """A map from a stored parameter to the one the equations see."""

    def of(self, stored: Value) -> Value:
        """Return the parameter, of the same shape."""


@dataclass(frozen=True)
class Exponential:
    """Orthogonal blocks: e^A with A = L − Lᵀ, L below the diagonal of what is stored.

    Lezcano-Casado and Martínez-Rubio, "Cheap orthogonal constraints in neural
    networks", 2019.
    """

    def of(self, stored: Value) -> Value:
        """Return it."""
        torch, blocks = _blocks(stored, self)
        return torch.linalg.matrix_exp(_skew(blocks)).reshape(stored.shape)


@dataclass(frozen=True)
class Cayley:
    """Orthogonal blocks: (1 + A)⁻¹ (1 − A) with A as for `Exponential`.

    Helfrich, Willmott and Ye, "Orthogonal recurrent neural networks with scaled Cayley
    transform", 2018, without the scaling.
    """

    def of(self, stored: Value) -> Value:
        """Return it."""
        torch, blocks = _blocks(stored, self)
        skew, width = _skew(blocks), blocks.shape[-1]
        one = torch.eye(width, dtype=stored.dtype, device=stored.device)
        return torch.linalg.solve(one + skew, one - skew).reshape(stored.shape)


@dataclass(frozen=True)
class Antisymmetric:
    """Blocks W − Wᵀ − γ 1: Chang et al., "AntisymmetricRNN", 2019."""

    damping: float = 0.0

    def of(self, stored: Value) -> Value:
        """Return it."""
        torch, blocks = _blocks(stored, self)
        one = torch.eye(blocks.shape[-1], dtype=stored.dtype, device=stored.device)
        return (blocks - blocks.mT - self.damping * one).reshape(stored.shape)


def _skew(blocks: Value) -> Value:
    lower = blocks.tril(-1)
    return lower - lower.mT


def _blocks(stored: Value, transform: Transform) -> tuple[Any, Value]:
    """Return torch, and the square blocks on top of each other in a matrix."""
    torch = tensors(stored)
    if torch is None or stored.dim() != 2 or stored.shape[0] % stored.shape[1]:
        raise InputError(
            f"transforms: {type(transform).__name__} is for matrices of square blocks "
            "such as weight_hh"
        )
    return torch, stored.reshape(-1, stored.shape[1], stored.shape[1])
