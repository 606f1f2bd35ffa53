"""What a fitted sequence estimator is asked on sequences it has not seen."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.validation import check_is_fitted

from elman._arguments import number
from elman._modes import own_modes
from elman.data import FrontEnd
from elman.models import SequenceNetwork
from elman.tasks._estimator import Estimator
from elman.tasks.sequence.linear._combination import Combination

from ._compare import scored
from ._fit import network_outputs
from ._preparation import Preparation
from ._recipe import recipe_of
from ._targets import Targets, unseen_note
from ._weights import weighted
from .columns._columns import Columns
from .comparison._compared import Comparison, compared
from .given._groups import group_numbers
from .given._input import Array, known_sequences, lengths_of
from .given._input import in_words as _count
from .kinds._kind import Kind
from .order._leaning import scores_by_order
from .order._orders import Places, reading_order, rows_of, taken, with_targets
from .shown._sounds import heard


class Evaluated(Estimator):
    """Scores beside baselines, on steps in other orders, beside other networks."""

    kind_: Kind
    # Of features of recordings; None of other sequences.
    front_end_: FrontEnd | None = None
    seed_: int
    per_step_: bool
    network_: SequenceNetwork
    preparation_: Preparation
    shuffle_time: str
    # What the channels are; None where all are numbers.
    columns_: Columns | None = None
    num_layers: int | Literal["auto"]
    validation_fraction: float
    # The linear models beside the network; None with one target a step, or without.
    combination_: Combination | None = None

    def _answers(
        self, sequences: Sequence[Array]
    ) -> tuple[NDArray[np.floating], list[int] | None]:
        """Return the same of sequences that were checked."""
        sequences, order = self._as_read(sequences)
        combination, model = self.combination_, (self.network_, self.preparation_)
        if combination is not None:
            linear = combination.linear(sequences)
            return combination.whole(linear, sequences, model), None
        outputs = network_outputs(self.network_, self.preparation_.apply(sequences))
        if not self.per_step_:
            return np.stack(outputs), None
        joined = np.concatenate(outputs)
        if order is not None:
            joined = joined[np.argsort(rows_of(order))]
        return joined, [len(s) for s in sequences]

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
        truth = self._read_known(y, sequences)
        text = f"{split}: {_count(sequences)}"
        read, order = self._as_read(sequences)
        self._score(read, with_targets(truth, order), text)
        if truth.unseen:
            note = unseen_note(truth, self.network_.head.out_features)
            self.results_["notes"].append(f"{split}: {note}")
        return dict(self.results_["scores"])

    @own_modes()
    def scores_by_order(
        self, X: Any, y: Any, draws: int = 5, split: str = "test"
    ) -> dict[str, Any]:
        """Say whether the model leans on the order of the steps.

        It is scored on sequences it has not seen with their steps as they are,
        shuffled, shuffled in blocks (eight, or fewer of two steps at least), and
        reversed; nothing is trained. That it leans on the order means that its mean
        error is higher on shuffled steps by more than chance, by a t test over the
        sequences.

        Parameters
        ----------
        X, y
            As for ``fit``. Targets at each step go with their steps. At most 1,000
            sequences, and about 25,000 steps, are scored; of more a random part.
        draws : int
            Of each random order.
        split : str
            What to call these sequences in the results.

        Returns
        -------
        dict
            Plain values, ``results_["order"]`` from now on: ``rows`` with mean and
            deviation over the draws of each model's score, ``leans`` and
            ``verdict``.

        Raises
        ------
        InputError
            No sequence has two steps, or X and y are of another kind.
        """
        check_is_fitted(self, "network_")
        sequences = known_sequences(self, X)
        truth = self._read_known(y, sequences)
        text = f"{split}: {_count(sequences)}"
        found = scores_by_order(self, sequences, truth, text, draws)
        self.results_["order"] = found
        return dict(found)

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

        Each of the others gets the width that brings it nearest to the network's
        number of parameters, the estimator's settings, and at most the seconds that
        the network's training with a part held out took; it ends before if its loss
        has settled or its epochs are over. With ``refit`` all are trained once more
        on everything. Networks are compared alone, without the linear models.

        Parameters
        ----------
        X, y
            As given to ``fit``.
        X_test, y_test
            What they are scored on.
        groups
            As given to ``fit``.
        encoders : iterable of str or Cell, or str
            The others; by default GRU, LSTM, TCN and Transformer.
        seeds : int
            Trainings of each, with other splits and starts; the first is the
            estimator's own.
        seconds : float or None
            That each of the others may train with a part held out; None: as many as
            the network took, and 1 at least.
        split : str
            What to call the scored sequences in the results.
        checkpoints : Checkpoints, path or None
            As ``fit`` takes them: an interrupted comparison goes on where it was.
        say : callable or None
            Told in a few words what is trained next.

        Returns
        -------
        dict
            Plain values, ``results_["comparison"]`` from now on: ``rows`` of the
            networks and of the simple models last scored, and ``verdict``.

        Raises
        ------
        InputError
            An encoder is unknown, or X is not what a network can be trained on.
        """
        check_is_fitted(self, "network_")
        given = known_sequences(self, X)
        kind, raw = self._read(y, given)
        per_step = raw.per_step
        loss = kind.loss(kind.weights(raw) is not None)
        longest = max(map(len, given))
        layout = None if self.columns_ is None else self.columns_.layout
        recipe = recipe_of(
            self, loss, kind.width, per_step, len(given), longest, layout
        )
        sequences, order = self._as_read(given)
        grouped, _ = group_numbers(groups, len(given))

        def read() -> tuple[Kind, Targets]:
            new, targets = self._read(y, given)
            weights = weighted(targets, new.weights(targets), None)
            known = replace(targets, weights=weights, groups=grouped)
            return new, with_targets(known, order)

        tested = known_sequences(self, X_test)
        truth = self._read_known(y_test, tested)
        test, test_order = self._as_read(tested)
        comparison = Comparison(
            sequences,
            read,
            test,
            with_targets(truth, test_order),
            recipe,
            self.num_layers,
            self.validation_fraction,
            checkpoints,
            say or (lambda text: None),
            None if seconds is None else number("seconds", seconds),
        )
        text = f"{split}: {_count(tested)}"
        found = compared(self, comparison, encoders, seeds, text)
        self.results_["comparison"] = found
        return dict(found)

    @abstractmethod
    def _read(self, y: Any, sequences: Sequence[Array]) -> tuple[Kind, Targets]:
        """Return what is predicted, and y as class numbers or numbers (n, K)."""

    def _read_known(self, y: Any, sequences: Sequence[Array]) -> Targets:
        """Return y in the form learned by ``fit``."""
        return self.kind_.read(y, lengths_of(sequences), self.per_step_)

    def _as_read(
        self, sequences: Sequence[Array]
    ) -> tuple[Sequence[Array], Places | None]:
        """Return the sequences in the order the estimator reads them, and the order."""
        order = reading_order(self.shuffle_time, self.seed_, sequences)
        return taken(sequences, order), order

    def _score(
        self,
        sequences: Sequence[Array],
        truth: Targets,
        split: str,
        model: tuple[SequenceNetwork, Preparation] | None = None,
        linear: NDArray[np.float64] | None = None,
    ) -> None:
        model = model or (self.network_, self.preparation_)
        predicted, self.results_["scores"] = scored(
            self, sequences, truth, split, model, linear
        )
        self.results_ |= self.kind_.picture(truth, predicted)
        plain = not truth.per_step and self.shuffle_time == "none"
        if self.front_end_ is not None and plain:
            shown = heard(self, list(sequences), truth, predicted, split)
            self.results_["sounds"] = {**self.results_.get("sounds", {}), **shown}
