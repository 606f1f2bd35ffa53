"""Several networks that write one translation together."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn

from ._memory import Memory, State
from ._network import TranslationNetwork


class States(NamedTuple):
    """The state of each network, R rows."""

    each: tuple[State, ...]

    def rows(self, index: Tensor) -> States:
        """Return the states of the rows at an index, int64 (R,)."""
        return States(tuple(one.rows(index) for one in self.each))


class Memories(NamedTuple):
    """Sentences as each network sees them."""

    each: tuple[Memory, ...]

    @property
    def mask(self) -> Tensor:
        """Bool (B, S): true where a token belongs to its sentence."""
        return self.each[0].mask

    @property
    def state(self) -> States:
        """Where the networks start, B rows."""
        return States(tuple(one.state for one in self.each))

    def rows(self, index: Tensor) -> Memories:
        """Return the sentences at an index, int64 (R,)."""
        return Memories(tuple(one.rows(index) for one in self.each))


class Ensemble(nn.Module):
    r"""The mean of what several networks say of the next token.

    .. math:: p(y_u \mid y_{<u}, x) = \frac1n \sum_{i=1}^n p_i(y_u \mid y_{<u}, x)

    Every network goes on from the tokens that all have chosen together; the attention
    is the mean of theirs. It can be searched as one network is, and not trained.

    Parameters
    ----------
    networks : sequence of TranslationNetwork
        With the same tokens on both sides; all else may differ.
    """

    def __init__(self, networks: Sequence[TranslationNetwork]) -> None:
        super().__init__()
        self.networks = nn.ModuleList(networks)

    def encode(self, source: Tensor, source_lengths: Tensor | None = None) -> Memories:
        """Return what the networks need of each source."""
        return Memories(
            tuple(one.encode(source, source_lengths) for one in self._networks())
        )

    def step(
        self, tokens: Tensor, state: States, memory: Memories
    ) -> tuple[Tensor, Tensor, States]:
        """Return logarithms of the next token's probabilities, attention, state."""
        parts = zip(self._networks(), state.each, memory.each, strict=True)
        every = [network.step(tokens, own, seen) for network, own, seen in parts]
        chances = torch.stack([scores.log_softmax(-1) for scores, _, _ in every])
        seen = torch.stack([seen for _, seen, _ in every]).mean(0)
        after = States(tuple(own for _, _, own in every))
        return chances.logsumexp(0) - math.log(len(every)), seen, after

    def _networks(self) -> list[TranslationNetwork]:
        return list(self.networks)  # type: ignore[arg-type]


def members(network: TranslationNetwork | Ensemble) -> list[TranslationNetwork]:
    """Return the networks of an ensemble, or the one that is none."""
    return network._networks() if isinstance(network, Ensemble) else [network]
