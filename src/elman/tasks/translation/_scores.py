"""How good translations are: BLEU, chrF, exact matches, errors."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from elman._errors import InputError
from elman.data import Pairs
from elman.tasks._edits import error_rate

from ._writing import is_unspaced, signs_apart


@dataclass(frozen=True)
class Judge:
    """What decides, and how the texts are read for it.

    Attributes
    ----------
    metric : str
        "BLEU", or "exact matches".
    tokenize : str
        How sacrebleu parts the words of BLEU: "none" where signs stand apart from
        words already, "char" where words do not stand apart, else "13a".
    unit : str
        "characters" or "words": what an error is counted in.
    """

    metric: str
    tokenize: str = "13a"
    unit: str = "words"

    @classmethod
    def of(cls, asked: str, training: Pairs, kinds: tuple[str, str]) -> Judge:
        """Return how pairs like these are judged.

        Parameters
        ----------
        asked : str
            "auto", or what decides. "auto": exact matches where one side is made of
            characters, else BLEU.
        training : Pairs
        kinds : tuple of str
            What both sides are made of.

        Raises
        ------
        InputError
            sacrebleu is needed and not there.
        """
        exact = "characters" in kinds if asked == "auto" else asked == "exact"
        if exact:
            return cls("exact matches", unit=_unit(kinds[1]))
        if importlib.util.find_spec("sacrebleu") is None:
            raise InputError(
                "BLEU needs the package sacrebleu: pip install 'elman[text]', or take"
                " metric='exact' (--metric exact)"
            )
        return cls("BLEU", tokenization_of(training.target), _unit(kinds[1]))

    def report(self) -> dict[str, str]:
        """Return it as plain values."""
        return asdict(self)

    @property
    def decimals(self) -> bool:
        """Whether the metric is a share of 1, and not of 100."""
        return self.metric != "BLEU"

    def values(self, found: Sequence[str], truth: Sequence[str]) -> dict[str, float]:
        """Return the scores of some translations, that which decides first."""
        if self.metric == "BLEU":
            return {
                "BLEU": float(self._bleu.corpus_score(found, [truth]).score),
                "chrF": float(self._chrf.corpus_score(found, [truth]).score),
            }
        same = sum(a == b for a, b in zip(found, truth, strict=True))
        name = f"{self.unit.removesuffix('s')} error rate"
        return {
            "exact matches": same / len(truth),
            name: error_rate(self._units(found), self._units(truth)),
        }

    def errors(self, found: Sequence[str], truth: Sequence[str]) -> NDArray[np.float64]:
        """Return how wrong each translation is: 100 less its own BLEU, or 0 and 1."""
        pairs = list(zip(found, truth, strict=True))
        if self.metric != "BLEU":
            return np.array([float(a != b) for a, b in pairs])
        each = _sacrebleu().BLEU(tokenize=self.tokenize, effective_order=True)
        return np.array([100 - each.sentence_score(a, [b]).score for a, b in pairs])

    def signatures(self) -> dict[str, str]:
        """Return sacrebleu's own account of each score; call after `values`."""
        if self.metric != "BLEU":
            return {}
        both = {"BLEU": self._bleu, "chrF": self._chrf}
        return {name: str(score.get_signature()) for name, score in both.items()}

    def _units(self, texts: Sequence[str]) -> list[Sequence[str]]:
        return [text if self.unit == "characters" else text.split() for text in texts]

    @cached_property
    def _bleu(self) -> Any:
        return _sacrebleu().BLEU(tokenize=self.tokenize, force=True)

    @cached_property
    def _chrf(self) -> Any:
        return _sacrebleu().CHRF()


def _sacrebleu() -> Any:
    return importlib.import_module("sacrebleu.metrics")


def tokenization_of(texts: Sequence[str]) -> str:
    """Return how BLEU should part the words of texts that are written like these.

    Parameters
    ----------
    texts : sequence of str
    """
    if is_unspaced(texts):
        return "char"
    return "none" if signs_apart(texts) else "13a"


def _unit(kind: str) -> str:
    return "characters" if kind == "characters" else "words"
