"""A network that says something else to every sentence, and sentences for it."""

from __future__ import annotations

import torch

from elman.models.translation import TranslationNetwork

LENGTHS = torch.tensor([5, 1, 7, 3])


def lively(*, input_feeding: bool = False) -> TranslationNetwork:
    """Return a network with weights so large that every token matters."""
    torch.manual_seed(4)
    net = TranslationNetwork("gru", "lstm", 11, 7, 8, 16, input_feeding=input_feeding)
    with torch.no_grad():
        for parameter in net.parameters():
            if parameter is not net.target.weight:
                parameter *= 4
    return net.double().eval()


def sources(extra: int = 0) -> torch.Tensor:
    """Return four sentences of `LENGTHS`, and so much more padding."""
    draw = torch.Generator().manual_seed(1)
    source = torch.zeros(4, 7 + extra, dtype=torch.int64)
    for place, n in zip(source, LENGTHS.tolist(), strict=True):
        place[:n] = torch.randint(4, 11, (n,), generator=draw)
    return source
