"""A language model as an estimator: fit, score, write."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Literal, Self

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.utils.validation import check_is_fitted
from torch import Tensor

from elman._arguments import number, whole_number
from elman._errors import InputError
from elman._modes import own_modes
from elman.cells import Cell
from elman.models import LanguageNetwork
from elman.tasks._estimator import Estimator, Steps
from elman.tasks._networks import filled, tensors_of
from elman.tasks.fit._writer import Fitted
from elman.tasks.tokens._kinds import from_bytes, to_bytes
from elman.tasks.tokens._vocabulary import Ids, Vocabulary

from ._compare import compared
from ._fit import fit_network
from ._generate import Sampling, check_stop, prompt_ids, text_after
from ._recipe import Recipe, recipe_of
from ._results import report, scored
from ._surprise import surprise
from ._text import Split, whole_text

_VOCABULARY = "vocabulary"


class LanguageModel(Estimator):
    r"""Predict each token of a text from those before it, and write new text.

    .. math:: \ln p(x_{1..T}) = \sum_t \ln \mathrm{softmax}(V h_{t-1} + b)_{x_t}

    with :math:`h_t` the output of recurrent layers that carry their state from the
    first token to the last. Trained on parallel streams of the text by truncated
    backpropagation through time; the end of the text is held out to choose the epoch
    and for the scores, which are those of one pass over all of it. A temporal
    convolution or a Transformer carries no state: it is trained on windows, and reads
    each token with at least half a window before it, and less than a whole one.

    {parameters}

    Attributes
    ----------
    network_ : nn.Module
        The trained network.
    vocabulary_ : Vocabulary
        The tokens of the training part.
    results_ : dict
        Diagnosis, history, scores beside n-grams, samples: plain data.

    Examples
    --------
    >>> text = "to be or not to be, that is the question\n" * 20
    >>> model = LanguageModel(hidden_size=16, epochs=2).fit(text)
    >>> len(model.generate("to be", length=10))
    10
    """

    task = "language"
    _epochs, _patience = 20, 5
    # The training part, to count n-grams in; a loaded model has none.
    _training: Ids | None = None

    vocabulary_: Vocabulary

    def __init__(
        self,
        tokens: Literal["characters", "bytes", "words", "subwords"] = "characters",
        cell: str | Cell | type[Cell] = "gru",
        hidden_size: int | Literal["auto"] = "auto",
        num_layers: int = 1,
        *,
        embedding_size: int | Literal["auto"] = "auto",
        tied: bool | Literal["auto"] = "auto",
        vocabulary_size: int | Literal["auto"] = "auto",
        min_count: int | Literal["auto"] = "auto",
        window: int | Literal["auto"] = "auto",
        dropout: float = 0.2,
        embedding_dropout: float = 0.0,
        state_dropout: float = 0.0,
        weight_dropout: float = 0.0,
        init: str = "default",
        epochs: int | None = None,
        max_seconds: float | None = 540.0,
        batch_size: int | Literal["auto"] = "auto",
        learning_rate: float = 3e-3,
        weight_decay: float = 0.0,
        clip_norm: float | Literal["auto"] | None = 1.0,
        patience: int | Literal["auto"] | None = "auto",
        validation_fraction: float = 0.1,
        random_state: Any = 0,
        training: Mapping[str, Any] | None = None,
        progress: bool = False,
        callbacks: Any = (),
        checkpoints: Any = None,
        encoder: str | Cell | type[Cell] | None = None,
    ) -> None:
        self._keep(locals())

    @own_modes()
    def fit(self, text: Any, y: Any = None) -> Self:
        """Train on a text, its end held out.

        Parameters
        ----------
        text : str, pathlib.Path or sequence of str
            The text, or a file that holds it; of several, such as lines with their
            ends, the one that they make.
        y : None
            Not used.

        Returns
        -------
        self

        Raises
        ------
        InputError
            If the text or a parameter cannot be used; the message says which, where,
            and what to do.
        """
        recipe = recipe_of(self, whole_text(text))
        self.vocabulary_, self.seed_ = recipe.vocabulary, recipe.settings.seed
        self._training = recipe.training

        def take(fitted: Fitted[LanguageNetwork]) -> None:
            self.network_ = fitted.network

        steps = Steps(
            recipe.work,
            lambda: fit_network(recipe),
            take,
            lambda fitted: self._report(recipe, fitted),
        )
        return self._fit(steps)

    @own_modes()
    def log_prob(self, text: Any) -> float:
        r"""Return :math:`\ln p` of a text, as the beginning of one.

        Parameters
        ----------
        text : str, pathlib.Path or sequence of str
            Characters that the training part lacks count as <unk>.
        """
        return -float(self._surprise(whole_text(text))[1].sum())

    @own_modes()
    def score(self, text: Any, y: Any = None) -> float:
        r"""Return the mean of :math:`\ln p` of a token; more is better.

        Parameters
        ----------
        text : str, pathlib.Path or sequence of str
        y : None
            Not used.

        Raises
        ------
        InputError
            There is no token in it.
        """
        return -float(self._surprise(whole_text(text))[1].mean())

    @own_modes()
    def evaluate(
        self, text: Any, split: str = "test", training: Any = None
    ) -> dict[str, Any]:
        """Score network and n-grams on a text they have not seen.

        The scores replace those on the validation part in ``results_``.

        Parameters
        ----------
        text : str, pathlib.Path or sequence of str
        split : str
            What to call it in the results.
        training : str, pathlib.Path or None
            The text that ``fit`` was given, for a model that was loaded: it has no
            n-grams of its own.

        Returns
        -------
        dict
            ``results_["scores"]``.
        """
        given = whole_text(text)
        found = self._surprise(given)
        if training is not None:
            share = self.validation_fraction
            learned = Split.of(whole_text(training, "training"), share).training
            self._training = self.vocabulary_.encode(learned)
        self.results_ |= scored(self.vocabulary_, given, found, split, self._training)
        return dict(self.results_["scores"])

    @own_modes()
    def surprise(self, text: Any) -> tuple[list[str], NDArray[np.float64]]:
        r"""Return a text's tokens, and :math:`-\ln p` of each.

        Parameters
        ----------
        text : str, pathlib.Path or sequence of str

        Returns
        -------
        tokens : list of str
            What each adds to the text; <unk> where the training part lacks it.
        nats : ndarray
        """
        ids, nats = self._surprise(whole_text(text))
        return self.vocabulary_.pieces(ids), nats

    @own_modes()
    def compare(
        self,
        text: Any,
        test: Any = None,
        *,
        encoders: Iterable[Any] | str | None = None,
        seeds: int = 1,
        seconds: float | None = None,
        split: str | None = None,
        checkpoints: Any = None,
        say: Callable[[str], None] | None = None,
    ) -> dict[str, Any]:
        """Set the network beside others of its size that train as long as it did.

        Each of the others gets the width that brings it nearest to the network's
        number of parameters, the model's settings, and at most the seconds that the
        network's training took; it ends before if its loss has settled or its epochs
        are over.

        Parameters
        ----------
        text : str, pathlib.Path or sequence of str
            As given to ``fit``.
        test : str, pathlib.Path or None
            What they are scored on; None: the end of the text, which is held out.
        encoders : iterable of str or Cell, or str
            The others; by default GRU, LSTM, TCN and Transformer.
        seeds : int
            Trainings of each, with other starts; the first is the model's own.
        seconds : float or None
            That each of the others may train; None: as many as the network took.
        split : str or None
            What to call the scored text in the results.
        checkpoints : Checkpoints, path or None
            As ``fit`` takes them: an interrupted comparison goes on where it was.
        say : callable or None
            Told in a few words what is trained next.

        Returns
        -------
        dict
            Plain values, ``results_["comparison"]`` from now on: ``rows`` of the
            networks, and of the n-grams if they were scored on the same text, and
            ``verdict``.

        Raises
        ------
        InputError
            An encoder is unknown, the text is another one, or nothing is held out.
        """
        check_is_fitted(self, "network_")
        found = compared(
            self,
            whole_text(text),
            None if test is None else whole_text(test, "test"),
            encoders,
            seeds=seeds,
            seconds=None if seconds is None else number("seconds", seconds),
            split=split,
            checkpoints=checkpoints,
            say=say or (lambda text: None),
        )
        self.results_["comparison"] = found
        return dict(found)

    def generate(self, prompt: str = "", length: int = 500, **sampling: Any) -> str:
        """Return new text that goes on from a prompt.

        Parameters
        ----------
        prompt : str
            What stands before; it is not returned.
        length : int
            Tokens.
        **sampling
            As for `stream`.
        """
        return "".join(self.stream(prompt, length, **sampling))

    def stream(
        self,
        prompt: str = "",
        length: int = 500,
        *,
        temperature: float = 0.8,
        top_k: int | None = None,
        top_p: float | None = None,
        stop: str | None = None,
        seed: int = 0,
    ) -> Iterator[str]:
        """Return an iterator over new text, piece by piece as it comes into being.

        Parameters
        ----------
        prompt : str
            What stands before.
        length : int
            Tokens.
        temperature : float
            What the scores are divided by: below 1 the likely becomes likelier; 0
            always takes the likeliest.
        top_k : int or None
            Draw among so many of the likeliest tokens.
        top_p : float or None
            Draw among the fewest tokens that have this probability together.
        stop : str or None
            Ends the text, and is the last of it.
        seed : int
            The same seed gives the same text.

        Raises
        ------
        InputError
            An argument is out of range, or the prompt has characters that the
            training text lacks.
        """
        check_is_fitted(self, "network_")
        whole_number("length", length)
        prompt_ids(self.vocabulary_, prompt)
        how = Sampling(temperature, top_k, top_p, seed)
        return text_after(
            self.network_, self.vocabulary_, prompt, length, how, check_stop(stop)
        )

    def _surprise(self, text: str) -> tuple[Ids, NDArray[np.float64]]:
        """Return the tokens of a text, and the surprise in nats at each."""
        check_is_fitted(self, "network_")
        ids = self.vocabulary_.encode(text)
        if not len(ids):
            raise InputError("the text is empty: there is nothing to score")
        return ids, surprise(self.network_, ids, self.vocabulary_.start)

    def _report(
        self, recipe: Recipe, fitted: Fitted[LanguageNetwork]
    ) -> dict[str, Any]:
        self.results_ = report(self, recipe, fitted)
        return self.results_

    def _dump(self) -> tuple[dict[str, Any], dict[str, Tensor]]:
        vocabulary = to_bytes(self.vocabulary_)
        return {
            "seed": self.seed_,
            "vocabulary": self.vocabulary_.kind,
            "network": self.network_.config(),
        }, {
            _VOCABULARY: torch.from_numpy(np.frombuffer(vocabulary, np.uint8).copy()),
            **tensors_of(self.network_),
        }

    def _restore(self, fitted: dict[str, Any], tensors: dict[str, Tensor]) -> None:
        self.seed_ = fitted["seed"]
        content = tensors[_VOCABULARY].numpy().tobytes()
        self.vocabulary_ = from_bytes(fitted["vocabulary"], content)
        self.network_ = filled(lambda: LanguageNetwork(**fitted["network"]), tensors)
