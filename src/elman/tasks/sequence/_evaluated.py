"""What a fitted sequence estimator is asked on sequences it has not seen."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.validation import check_is_fitted

from elman._modes import own_modes
from elman.models import SequenceNetwork
from elman.tasks._estimator import Estimator
from elman.tasks.sequence.linear._combination import Combination

from ._compare import scored
from ._input import Array, known_sequences, lengths_of
from ._input import in_words as _count
from ._preparation import Preparation
from ._targets import Targets, unseen_note
from .kinds._kind import Kind
from .order._leaning import scores_by_order
from .order._orders import Places, reading_order, taken, with_targets


class Evaluated(Estimator):
    """Scores beside baselines, on steps in other orders, beside other networks."""

    kind_: Kind
    seed_: int
    per_step_: bool
    network_: SequenceNetwork
    preparation_: Preparation
    shuffle_time: str
    # The linear models beside the network; None with one target a step, or without.
    combination_: Combination | None = None

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
        shuffled, shuffled in eight blocks, and reversed; nothing is trained. That
        it leans on the order means that its mean error is higher on shuffled steps
        by more than two standard errors over the sequences.

        Parameters
        ----------
        X, y
            As for ``fit``. Targets at each step go with their steps. At most 1,000
            sequences, and about 100,000 steps, are scored; of more a random part.
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
