"""A translator as an estimator: fit, translate, score, say where it looked."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal, Self

import numpy as np
from sklearn.utils.validation import check_is_fitted
from torch import Tensor

from elman._arguments import number, whole_number
from elman._errors import InputError
from elman._modes import own_modes
from elman.cells import Cell
from elman.data import Pairs
from elman.models.translation import TranslationNetwork
from elman.tasks._estimator import Estimator, Steps
from elman.tasks._networks import filled, tensors_of
from elman.tasks.fit._writer import Fitted

from ._compare import compared
from ._evaluated import attention_of, scored
from ._fit import fit_network
from ._pairs import as_pairs, as_texts, scorable
from ._recipe import Recipe, recipe_of
from ._results import report
from ._scores import Judge
from ._side import Side, restored, stored
from ._translate import Search, Translation, translations

Tokens = Literal["auto", "subwords", "words", "characters"]


class Translator(Estimator):
    r"""Translate texts, learned from pairs: any sequences of tokens into any others.

    .. math:: \ln p(y \mid x) = \sum_u \ln \mathrm{softmax}(V o_u + b)_{y_u}

    with :math:`o_u` what a recurrent decoder makes of the tokens before
    :math:`y_u` and of what its attention finds in the encoded source. Sentences into
    another language, spellings into sounds, dates into another form.

    {parameters}

    Attributes
    ----------
    network_ : nn.Module
        The trained network.
    sides_ : tuple of Side
        The vocabularies of source and target, those of the training part.
    results_ : dict
        Diagnosis, history, scores beside baselines, translations: plain data.

    Examples
    --------
    >>> numbers = [str(n) for n in range(100, 300)]
    >>> reversed_ = [text[::-1] for text in numbers]
    >>> translator = Translator(hidden_size=16, epochs=2).fit(numbers, reversed_)
    >>> len(translator.translate(["123", "289"]))
    2
    """

    task = "translate"
    _encoder_apart = True
    _epochs, _patience = 30, 5
    # The training part, which baselines know; a loaded translator has none.
    _training: Pairs | None = None

    sides_: tuple[Side, Side]

    def __init__(
        self,
        tokens: Tokens = "auto",
        cell: str | Cell | type[Cell] = "gru",
        hidden_size: int | Literal["auto"] = "auto",
        num_layers: int = 1,
        *,
        encoder: str | None = None,
        encoder_layers: int | Literal["auto"] = "auto",
        encoder_size: int | Literal["auto"] = "auto",
        target_tokens: Tokens | None = None,
        joint: bool | Literal["auto"] = "auto",
        embedding_size: int | Literal["auto"] = "auto",
        tied: bool = True,
        vocabulary_size: int | Literal["auto"] = "auto",
        min_count: int | Literal["auto"] = "auto",
        max_length: int | Literal["auto"] = "auto",
        heads: int = 1,
        input_feeding: bool = False,
        dropout: float = 0.3,
        embedding_dropout: float = 0.3,
        output_dropout: float = 0.3,
        token_dropout: float = 0.0,
        variational: bool = False,
        label_smoothing: float = 0.1,
        beam: int = 5,
        length_penalty: float = 1.0,
        coverage: float = 0.0,
        metric: Literal["auto", "bleu", "exact"] = "auto",
        init: str = "default",
        epochs: int | None = None,
        max_seconds: float | None = 1200.0,
        learning_rate: float = 1.5e-3,
        weight_decay: float = 0.0,
        clip_norm: float | Literal["auto"] | None = 1.0,
        patience: int | Literal["auto"] | None = "auto",
        validation_fraction: float = 0.05,
        random_state: Any = 0,
        training: Mapping[str, Any] | None = None,
        progress: bool = False,
        callbacks: Any = (),
        checkpoints: Any = None,
    ) -> None:
        self._keep(locals())

    @own_modes()
    def fit(self, source: Any, target: Any, validation: Any = None) -> Self:
        """Train on pairs, some of them held out.

        Parameters
        ----------
        source, target : sequence of str
            As many of each. Pairs with an empty side are left out.
        validation : tuple of sequences, optional
            Sources and targets to choose the epoch by, in place of a share of the
            pairs.

        Returns
        -------
        self

        Raises
        ------
        InputError
            If the texts or a parameter cannot be used; the message says which, where,
            and what to do.
        """
        pairs = as_pairs(source, target)
        held_out = None if validation is None else as_pairs(*validation)
        recipe = recipe_of(self, pairs, held_out)
        self.sides_, self.judge_ = (recipe.source, recipe.target), recipe.judge
        self.seed_, self._training = recipe.settings.seed, recipe.training

        def take(fitted: Fitted[TranslationNetwork]) -> None:
            self.network_ = fitted.network

        steps = Steps(
            recipe.work,
            lambda: fit_network(recipe),
            take,
            lambda fitted: self._report(recipe, fitted),
        )
        return self._fit(steps)

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

    @own_modes()
    def score(self, source: Any, target: Any) -> float:
        """Return BLEU from 0 to 100, or the share of exact matches; more is better.

        Parameters
        ----------
        source, target : sequence of str

        Raises
        ------
        InputError
            There is no pair with text on both sides.
        """
        check_is_fitted(self, "network_")
        pairs = scorable(source, target)
        found = self.translate(pairs.source)
        return self.judge_.values(found, pairs.target)[self.judge_.metric]

    @own_modes()
    def evaluate(self, source: Any, target: Any, split: str = "test") -> dict[str, Any]:
        """Score network and baselines on pairs they have not seen.

        The scores replace those on the validation part in ``results_``.

        Parameters
        ----------
        source, target : sequence of str
        split : str
            What to call them in the results.

        Returns
        -------
        dict
            ``results_["scores"]``.

        Raises
        ------
        InputError
            There is no pair with text on both sides.
        """
        check_is_fitted(self, "network_")
        pairs = scorable(source, target)
        self.results_ |= scored(
            self.network_,
            self.sides_,
            pairs,
            self._search(),
            self.judge_,
            split,
            self._training,
        )
        return dict(self.results_["scores"])

    @own_modes()
    def compare(
        self,
        source: Any,
        target: Any,
        validation: Any = None,
        test_source: Any = None,
        test_target: Any = None,
        *,
        encoders: Iterable[Any] | str | None = None,
        seeds: int = 1,
        seconds: float | None = None,
        split: str | None = None,
        checkpoints: Any = None,
        say: Callable[[str], None] | None = None,
    ) -> dict[str, Any]:
        """Set what reads beside other encoders that train as long as it did.

        What writes is the same in all of them. Each of the others gets the width that
        brings it nearest to the network's number of parameters, and at most the
        seconds that the network's training took.

        Parameters
        ----------
        source, target, validation
            As given to ``fit``.
        test_source, test_target : sequence of str, optional
            What they are scored on; else the validation part.
        encoders : iterable of str or Cell, or str
            The others; by default GRU, LSTM, TCN and Transformer.
        seeds : int
            Trainings of each, with other starts; the first is the translator's own.
        seconds : float or None
            That each of the others may train; None: as many as the network took.
        split : str or None
            What to call the scored pairs in the results.
        checkpoints : Checkpoints, path or None
            As ``fit`` takes them: an interrupted comparison goes on where it was.
        say : callable or None
            Told in a few words what is trained next.

        Returns
        -------
        dict
            Plain values, ``results_["comparison"]`` from now on.

        Raises
        ------
        InputError
            An encoder is unknown, the pairs are others, or nothing is held out.
        """
        check_is_fitted(self, "network_")
        held_out = None if validation is None else as_pairs(*validation)
        test = None if test_source is None else as_pairs(test_source, test_target)
        found = compared(
            self,
            as_pairs(source, target),
            held_out,
            test,
            encoders,
            seeds=seeds,
            seconds=None if seconds is None else number("seconds", seconds),
            split=split,
            checkpoints=checkpoints,
            say=say or (lambda text: None),
        )
        self.results_["comparison"] = found
        return dict(found)

    def _search(
        self,
        beam: int | None = None,
        n_best: int | None = None,
        length_penalty: float | None = None,
        coverage: float | None = None,
    ) -> Search:
        count = 1 if n_best is None else n_best
        if beam is None:
            whole_number("n_best", count)
            # As many translations need a beam as wide.
            beam = max(whole_number("beam", self.beam), count)
        return Search(
            beam,
            count,
            self.length_penalty if length_penalty is None else length_penalty,
            self.coverage if coverage is None else coverage,
        )

    def _report(
        self, recipe: Recipe, fitted: Fitted[TranslationNetwork]
    ) -> dict[str, Any]:
        self.results_ = report(self, recipe, fitted, self._search())
        return self.results_

    def _dump(self) -> tuple[dict[str, Any], dict[str, Tensor]]:
        network, (kinds, vocabularies) = self.network_.config(), stored(self.sides_)
        return {
            "seed": self.seed_,
            "vocabularies": kinds,
            "judge": self.judge_.report(),
            "own_encoder": network["encoder"] != network["cell"],
            "network": network,
        }, vocabularies | tensors_of(self.network_)

    def _restore(self, fitted: dict[str, Any], tensors: dict[str, Tensor]) -> None:
        self.seed_, self.judge_ = fitted["seed"], Judge(**fitted["judge"])
        network = dict(fitted["network"])
        if not fitted["own_encoder"]:
            network["encoder"] = network["cell"]
        self.sides_ = restored(fitted["vocabularies"], tensors)
        self.network_ = filled(lambda: TranslationNetwork(**network), tensors)
