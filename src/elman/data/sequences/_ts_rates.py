"""Channels of one case that were sampled at different rates."""

from __future__ import annotations

import numpy as np


class Rates:
    """How often each value of a channel is repeated, the same in every case.

    A sensor read half as often has half as many values. They hold until the next one
    is read, so each stands for two steps of the quickest channel. That is a rule of the
    whole file: lengths that follow none, or another in another case, are no rates.
    """

    def __init__(self) -> None:
        self._repeats: tuple[int, ...] | None = None

    @property
    def uneven(self) -> bool:
        """Whether some channel was sampled less often than another."""
        return max(self._repeats or (1,)) > 1

    def brought_together(self, channels: list[np.ndarray]) -> list[np.ndarray] | None:
        """Return a case's channels at one length, or None if no rates explain them."""
        lengths = [len(channel) for channel in channels]
        longest = max(lengths)
        if not min(lengths) or any(longest % length for length in lengths):
            return None
        repeats = tuple(longest // length for length in lengths)
        if self._repeats is None:
            self._repeats = repeats
        if repeats != self._repeats:
            return None
        return [np.repeat(c, n) for c, n in zip(channels, repeats, strict=True)]

    def notes(self) -> list[str]:
        """Return which channels were repeated, and how often."""
        return [
            f"channel {i + 1} has one value for {count} of the longest channel's, in"
            f" every case: each stands for {count} steps"
            for i, count in enumerate(self._repeats or ())
            if count > 1
        ]
