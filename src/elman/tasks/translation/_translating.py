"""What a translator does with new texts."""

from __future__ import annotations

from copy import copy
from typing import Any, Self

import numpy as np
from sklearn.utils.validation import check_is_fitted

from elman._arguments import whole_number
from elman._errors import InputError
from elman._modes import own_modes
from elman.models.translation import Ensemble, TranslationNetwork, members
from elman.tasks.parameters import MOST_BEAM

from ._evaluated import attention_of
from ._pairs import as_texts
from ._side import Side, same
from ._translate import Search, Translation, translations


class Translating:
    """Translates by a fitted network, and says where it looked."""

    beam: int
    length_penalty: float
    coverage: float
    network_: TranslationNetwork | Ensemble
    results_: dict[str, Any]
    sides_: tuple[Side, Side]

    def joined(self, *others: Translating) -> Self:
        """Return a translator that writes together with others, one token at a time.

        The probability of each token is the mean of theirs. Networks that were trained
        with other seeds, sizes or encoders make other mistakes, so together they make
        fewer, for as many times the time of a translation.

        Parameters
        ----------
        *others : Translator
            Trained on the same pairs, so that they have the same tokens: with
            ``validation`` given, as what is held out of the pairs is drawn by the seed.

        Returns
        -------
        Translator
            It searches as this one does. It cannot be saved: keep each of them.

        Raises
        ------
        InputError
            Something is no translator, or has other tokens.
        """
        check_is_fitted(self, "network_")
        for place, other in enumerate(others):
            if not isinstance(other, Translating):
                raise InputError(
                    f"joined: only translators can write together, got"
                    f" {type(other).__name__} as number {place + 1}"
                )
            check_is_fitted(other, "network_")
            if not same(self.sides_, other.sides_):
                raise InputError(
                    f"joined: number {place + 1} has other tokens than the first one;"
                    " train both on the same pairs, validation ones apart, as those"
                    " that are drawn differ with the seed"
                )
        found = copy(self)
        every = [self.network_, *(other.network_ for other in others)]
        networks = [one for network in every for one in members(network)]
        found.network_ = Ensemble(networks).eval()
        found.results_ = dict(self.results_)
        return found

    @own_modes()
    def translate(
        self,
        texts: Any,
        *,
        beam: int | None = None,
        n_best: int | None = None,
        length_penalty: float | None = None,
        coverage: float | None = None,
    ) -> Any:
        """Return the translation of each text.

        Parameters
        ----------
        texts : str or sequence of str
            An empty text has an empty translation.
        beam : int, optional
            Hypotheses that are followed; 1 takes the likeliest token each time. None:
            as the translator was made. So of the others.
        n_best : int, optional
            Return so many translations of each text.
        length_penalty, coverage : float, optional

        Returns
        -------
        list of str, or of lists of Translation
            With ``n_best`` lists of translations, the best first, each with its
            ``text``, ``score``, ``log_prob``, ``tokens`` and ``attention``. Of one
            text, not in a list, its own alone.

        Raises
        ------
        InputError
            Something else than texts, or a value out of range.
        """
        check_is_fitted(self, "network_")
        how = self._search(beam, n_best, length_penalty, coverage)
        alone = isinstance(texts, str)
        listed = as_texts([texts] if alone else texts, "texts")
        given = {row: text.strip() for row, text in enumerate(listed) if text.strip()}
        every = translations(self.network_, self.sides_, list(given.values()), how)
        found = dict(zip(given, every, strict=True))
        rows = range(len(listed))
        if n_best is None:
            answers: list[Any] = [
                found[row][0].text if row in found else "" for row in rows
            ]
        else:
            answers = [found.get(row, []) for row in rows]
        return answers[0] if alone else answers

    @own_modes()
    def attention(self, text: str) -> Translation:
        """Return the translation of a text, with where each of its tokens looked.

        Parameters
        ----------
        text : str

        Returns
        -------
        Translation
            Its ``attention`` (U, S) belongs to ``tokens`` (U) and ``source`` (S).

        Raises
        ------
        InputError
            Something else than one text.
        """
        if not isinstance(text, str):
            raise InputError(f"text must be one str, got {type(text).__name__}")
        found: list[Translation] = self.translate(text, n_best=1)
        if not found:
            return Translation("", 0.0, 0.0, [], [], np.zeros((0, 0), np.float32), True)
        return found[0]

    def drawn(self, one: Translation) -> dict[str, Any]:
        """Return where a translation looked, as the report draws it: plain values."""
        return attention_of(one, self.sides_)

    def _search(
        self,
        beam: int | None = None,
        n_best: int | None = None,
        length_penalty: float | None = None,
        coverage: float | None = None,
    ) -> Search:
        count = 1 if n_best is None else n_best
        if beam is None:
            whole_number("n_best", count, 1, MOST_BEAM)
            # As many translations need a beam as wide.
            beam = max(whole_number("beam", self.beam), count)
        return Search(
            beam,
            count,
            self.length_penalty if length_penalty is None else length_penalty,
            self.coverage if coverage is None else coverage,
        )
