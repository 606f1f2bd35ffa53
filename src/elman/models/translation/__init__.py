"""Networks that translate, and the searches for what they would write."""

from ._ensemble import Ensemble as Ensemble
from ._ensemble import members as members
from ._greedy import greedy as greedy
from ._hypothesis import Decodes as Decodes
from ._hypothesis import Hypothesis as Hypothesis
from ._hypothesis import Scoring as Scoring
from ._hypothesis import most_tokens as most_tokens
from ._loss import translation_loss as translation_loss
from ._memory import Memory as Memory
from ._memory import State as State
from ._network import TranslationNetwork as TranslationNetwork
from ._search import search as search
from ._special import END as END
from ._special import FIRST as FIRST
from ._special import PAD as PAD
from ._special import START as START
from ._special import UNKNOWN as UNKNOWN

__all__ = [
    "END",
    "FIRST",
    "PAD",
    "START",
    "UNKNOWN",
    "Decodes",
    "Ensemble",
    "Hypothesis",
    "Memory",
    "Scoring",
    "State",
    "TranslationNetwork",
    "greedy",
    "members",
    "most_tokens",
    "search",
    "translation_loss",
]
