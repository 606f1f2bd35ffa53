"""A translator as an estimator: fit, translate, score, say where it looked."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal, Self

from sklearn.utils.validation import check_is_fitted
from torch import Tensor

from elman._arguments import number
from elman._errors import InputError
from elman._modes import own_modes
from elman.cells import Cell
from elman.data import Pairs
from elman.models.translation import Ensemble, TranslationNetwork
from elman.tasks._estimator import Estimator, Steps
from elman.tasks._networks import filled, tensors_of
from elman.tasks.fit._writer import Fitted

from ._compare import compared
from ._evaluated import scored
from ._fit import fit_network
from ._pairs import as_pairs, scorable
from ._recipe import Recipe, recipe_of
from ._results import report
from ._scores import Judge
from ._side import Side, restored, stored
from ._translating import Translating

Tokens = Literal["auto", "subwords", "words", "characters"]


class Translator(Translating, Estimator):
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
        subword_dropout: float = 0.0,
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

    def _report(
        self, recipe: Recipe, fitted: Fitted[TranslationNetwork]
    ) -> dict[str, Any]:
        self.results_ = report(self, recipe, fitted, self._search())
        return self.results_

    def _dump(self) -> tuple[dict[str, Any], dict[str, Tensor]]:
        if isinstance(self.network_, Ensemble):
            raise InputError(
                "translators that write together are not saved as one; save each of"
                " them, and join them again"
            )
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
