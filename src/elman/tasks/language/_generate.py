"""New text: one token after another, each drawn from what the network expects."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from elman._arguments import MOST_SEED, number, whole_number
from elman._errors import InputError
from elman.models import LanguageNetwork
from elman.tasks.tokens._text import as_text
from elman.tasks.tokens._vocabulary import Vocabulary


@dataclass(frozen=True)
class Sampling:
    r"""How a token is drawn.

    .. math:: p_i \propto \exp(z_i / \tau)

    Parameters
    ----------
    temperature : float
        :math:`\tau`; 0 takes the most probable token.
    top_k : int or None
        Among so many of the most probable tokens.
    top_p : float or None
        Among the fewest that have this probability together (Holtzman et al. 2020,
        arXiv:1904.09751).
    seed : int

    Raises
    ------
    InputError
        A value is out of range.
    """

    temperature: float = 0.8
    top_k: int | None = None
    top_p: float | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        number("temperature", self.temperature, zero=True)
        if self.top_k is not None:
            whole_number("top_k", self.top_k)
        if self.top_p is not None and not 0 < number("top_p", self.top_p) <= 1:
            raise InputError(f"top_p must be above 0 and at most 1, got {self.top_p}")
        whole_number("seed", self.seed, 0, MOST_SEED)

    def draw(self, scores: Tensor, generator: torch.Generator) -> int:
        """Return a token's number.

        Parameters
        ----------
        scores : Tensor
            (V,); -inf for a token that is never drawn.
        generator : torch.Generator
        """
        if not self.temperature:
            return int(scores.argmax())
        scores = scores.double()
        scores = (scores - scores.max()) / self.temperature
        if self.top_k is not None and self.top_k < len(scores):
            least = scores.topk(self.top_k).values[-1]
            scores = scores.masked_fill(scores < least, -math.inf)
        chances = scores.softmax(0)
        if self.top_p is not None:
            chances, order = chances.sort(descending=True, stable=True)
            # The one that reaches the sum is among them.
            chances = chances * (chances.cumsum(0) - chances < self.top_p)
            return int(order[torch.multinomial(chances, 1, generator=generator)])
        return int(torch.multinomial(chances, 1, generator=generator))


def prompt_ids(vocabulary: Vocabulary, prompt: str) -> Sequence[int]:
    """Return a prompt's tokens, after the one that begins every text.

    Raises
    ------
    InputError
        It has characters that the training text lacks, or is no text.
    """
    if not isinstance(prompt, str):
        raise InputError(f"prompt must be a str, got {type(prompt).__name__}")
    prompt = as_text(prompt, "prompt")
    strangers = vocabulary.strangers(prompt)
    if strangers:
        shown = ", ".join(map(repr, strangers[:5]))
        more = f" and {len(strangers) - 5} more" if len(strangers) > 5 else ""
        raise InputError(
            f"prompt: the text trained on has no {shown}{more}; leave"
            f" {'it' if len(strangers) == 1 else 'them'} out"
        )
    return [vocabulary.start, *vocabulary.encode(prompt).tolist()]


def tokens_after(
    network: LanguageNetwork,
    ids: Sequence[int],
    count: int,
    sampling: Sampling,
    unknown: int | None,
) -> Iterator[int]:
    """Yield one token after another.

    Parameters
    ----------
    network : LanguageNetwork
        In evaluation mode.
    ids : sequence of int
        What stands before.
    count : int
        How many.
    sampling : Sampling
    unknown : int or None
        Never drawn.
    """
    generator = torch.Generator().manual_seed(sampling.seed)
    state: Any = None
    given = torch.tensor([list(ids)])
    for _ in range(count):
        with torch.no_grad():
            scores, state = network(given, state)
        last = scores[0, -1]
        if unknown is not None:
            last[unknown] = -math.inf
        token = sampling.draw(last, generator)
        yield token
        given = torch.tensor([[token]])


def text_after(
    network: LanguageNetwork,
    vocabulary: Vocabulary,
    prompt: str,
    length: int,
    sampling: Sampling,
    stop: str | None = None,
) -> Iterator[str]:
    """Yield new text in pieces, as it comes into being.

    Parameters
    ----------
    network, vocabulary, prompt, sampling
    length : int
        Tokens.
    stop : str or None
        Ends the text, and is the last of it.
    """
    ids = prompt_ids(vocabulary, prompt)
    decode = vocabulary.decoder()
    # So much of the end that the stop may begin there.
    kept = ""
    for token in tokens_after(network, ids, length, sampling, vocabulary.unknown):
        piece = decode(token)
        if stop and piece:
            before, kept = len(kept), kept + piece
            at = kept.find(stop)
            if at >= 0:
                yield kept[before : at + len(stop)]
                return
            kept = kept[-len(stop) :]
        if piece:
            yield piece


def check_stop(stop: object) -> str | None:
    """Return what ends a text.

    Raises
    ------
    InputError
        It is neither None nor a text with a character.
    """
    if stop is None or (isinstance(stop, str) and stop):
        return stop
    raise InputError(f"stop must be a str of one character or more, got {stop!r}")
