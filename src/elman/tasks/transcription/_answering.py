"""What a fitted transcriber is asked on sequences it has not seen."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from sklearn.utils.validation import check_is_fitted

from elman._arguments import number
from elman._modes import own_modes
from elman.data import FrontEnd
from elman.models import SequenceNetwork
from elman.tasks._estimator import Estimator
from elman.tasks.sequence._fit import network_outputs
from elman.tasks.sequence._preparation import Preparation
from elman.tasks.sequence.given._input import Array, in_words, known_sequences

from ._alphabet import Alphabet, Row
from ._baselines import WholeRows
from ._compare import Spoken, beside
from ._evaluated import metric_of, scored, values_of
from ._read import Output, found_in, transcriptions


class Answering(Estimator):
    """Transcriptions, their scores, and the network beside others."""

    beam: int
    alphabet_: Alphabet
    # Of features of recordings; None of other sequences.
    front_end_: FrontEnd | None = None
    frames_: int
    seed_: int
    channels_: int
    network_: SequenceNetwork
    preparation_: Preparation
    # Of the training part; a loaded transcriber has none.
    _baselines: WholeRows | None = None

    @property
    def kind_(self) -> Spoken:
        """What is predicted, as a comparison asks of it."""
        return Spoken(self.alphabet_, self.beam)

    @own_modes()
    def predict(self, X: Any, *, beam: int | None = None) -> list[Any]:
        """Return what each sequence says, in the form of y.

        Parameters
        ----------
        X
            As for ``fit``.
        beam : int, optional
            As the parameter, which is taken if there is none.

        Returns
        -------
        list of str, or of lists of labels
        """
        outputs, _ = self._outputs(X)
        found = found_in(outputs, self.beam if beam is None else beam)
        return [self.alphabet_.given(self.alphabet_.row(each)) for each in found]

    @own_modes()
    def transcribe(
        self, X: Any, *, beam: int | None = None, n_best: int | None = None
    ) -> list[Any]:
        """Return what each sequence says, with probabilities and places.

        Parameters
        ----------
        X
            As for ``fit``.
        beam : int, optional
        n_best : int, optional
            Return so many of each sequence, at most ``beam``.

        Returns
        -------
        list of Transcription, or of lists of them
            With ``n_best`` lists, the most probable first.

        Raises
        ------
        InputError
            More are asked for than the search keeps.
        """
        outputs, lengths = self._outputs(X)
        width = max(self.beam, n_best or 1) if beam is None else beam
        found = transcriptions(
            outputs,
            lengths,
            self.alphabet_,
            self.frames_,
            width,
            1 if n_best is None else n_best,
        )
        return [each[0] for each in found] if n_best is None else found

    @own_modes()
    def score(self, X: Any, y: Any) -> float:
        """Return 1 less the error rate: insertions, deletions, exchanges a label.

        Parameters
        ----------
        X, y
            As for ``fit``.
        """
        outputs, _ = self._outputs(X)
        truth = self.alphabet_.rows(y, len(outputs))
        found = [self.alphabet_.row(each) for each in found_in(outputs, self.beam)]
        return 1 - values_of(found, truth, self.alphabet_)[metric_of(self.alphabet_)]

    @own_modes()
    def evaluate(self, X: Any, y: Any, split: str = "test") -> dict[str, Any]:
        """Score network and baselines on sequences they have not seen.

        The scores replace those on the validation part in ``results_``.

        Parameters
        ----------
        X, y
            As for ``fit``.
        split : str
            What to call these sequences in the results.

        Returns
        -------
        dict
            ``results_["scores"]``.
        """
        check_is_fitted(self, "network_")
        sequences = known_sequences(self, X)
        truth = self.alphabet_.rows(y, len(sequences))
        self._score(sequences, truth, f"{split}: {in_words(sequences)}")
        return dict(self.results_["scores"])

    @own_modes()
    def compare(
        self,
        X: Any,
        y: Any,
        X_test: Any,
        y_test: Any,
        *,
        groups: Any = None,
        encoders: Iterable[Any] | str | None = None,
        seeds: int = 1,
        seconds: float | None = None,
        split: str = "test",
        checkpoints: Any = None,
        say: Callable[[str], None] | None = None,
    ) -> dict[str, Any]:
        """Set the network beside others of its size that train as long as it did.

        As `SequenceClassifier.compare`.

        Parameters
        ----------
        X, y
            As given to ``fit``.
        X_test, y_test
            What they are scored on.
        groups, encoders, seeds, seconds, split, checkpoints, say
            As of the classifier.

        Returns
        -------
        dict
            Plain values, ``results_["comparison"]`` from now on.

        Raises
        ------
        InputError
            An encoder is unknown, or y has other labels than those trained on.
        """
        check_is_fitted(self, "network_")
        found = beside(
            self,
            (X, y),
            (X_test, y_test),
            encoders,
            groups=groups,
            seeds=seeds,
            seconds=None if seconds is None else number("seconds", seconds),
            split=split,
            checkpoints=checkpoints,
            say=say or (lambda text: None),
        )
        self.results_["comparison"] = found
        return dict(found)

    def _outputs(self, X: Any) -> tuple[list[Output], list[int]]:
        """Return what the network says at each step, and the sequences' steps."""
        check_is_fitted(self, "network_")
        sequences = known_sequences(self, X)
        prepared = self.preparation_.apply(sequences)
        return network_outputs(self.network_, prepared), [len(s) for s in sequences]

    def _score(
        self,
        sequences: Sequence[Array],
        truth: list[Row],
        split: str,
        model: tuple[SequenceNetwork, Preparation] | None = None,
    ) -> None:
        network, preparation = model or (self.network_, self.preparation_)
        prepared = preparation.apply(sequences)
        self.results_ |= scored(
            sequences,
            prepared,
            network_outputs(network, prepared),
            truth,
            self.alphabet_,
            self.frames_,
            self.beam,
            split,
            self._baselines,
        )
