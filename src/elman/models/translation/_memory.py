"""What a decoder is given of a sentence, and what it carries from token to token."""

from __future__ import annotations

from typing import NamedTuple, Protocol, Self

from torch import Tensor


class Rows(Protocol):
    """Something of which every row is a sentence's, or a hypothesis'."""

    def rows(self, index: Tensor) -> Self:
        """Return the rows at an index, int64 (R,), in its order."""
        ...


class State(NamedTuple):
    """A decoder's state, R rows.

    Attributes
    ----------
    first : tuple of Tensor
        Of the layer before the attention, each (1, R, H).
    second : tuple of Tensor
        Of the layers behind it, each (L, R, H).
    feed : Tensor
        (R, E): what the last step read out, where the next one is told; else (R, 0).
    """

    first: tuple[Tensor, ...]
    second: tuple[Tensor, ...]
    feed: Tensor

    def rows(self, index: Tensor) -> State:
        """Return the states of the rows at an index, int64 (R,)."""
        return State(
            tuple(s.index_select(1, index) for s in self.first),
            tuple(s.index_select(1, index) for s in self.second),
            self.feed.index_select(0, index),
        )


class Memory(NamedTuple):
    """Sentences as a decoder sees them.

    Attributes
    ----------
    keys : Tensor
        (B, S, H): what queries are compared with.
    values : Tensor
        (B, S, W): what they get, zero on padding.
    mask : Tensor
        Bool (B, S): true where a token belongs to its sentence.
    state : State
        Where the decoder starts, B rows.
    """

    keys: Tensor
    values: Tensor
    mask: Tensor
    state: State

    def rows(self, index: Tensor) -> Memory:
        """Return the sentences at an index, int64 (R,)."""
        return Memory(
            self.keys.index_select(0, index),
            self.values.index_select(0, index),
            self.mask.index_select(0, index),
            self.state.rows(index),
        )
