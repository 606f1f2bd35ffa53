"""What the sequence classifier and regressor share."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import Tags
from sklearn.utils.validation import check_is_fitted
from torch import Tensor

from elman._modes import own_modes
from elman._plain import plain
from elman.models import SequenceNetwork, title_of
from elman.tasks._advice import advice
from elman.tasks._estimator import Estimator, Steps
from elman.tasks._features import described_features, restore_features, take_features
from elman.tasks._networks import tensors_of
from elman.tasks._results import environment, training_report

from . import _results as report
from ._baselines import Baselines
from ._combination import Combination
from ._compare import scored
from ._fit import Fitted, fit_network, network_outputs, split_rows
from ._input import (
    Array,
    as_sequences,
    channel_names,
    features_in,
    is_ragged,
    known_sequences,
)
from ._input import in_words as _count
from ._preparation import Preparation
from ._recipe import Loss, recipe_of
from ._state import restored
from ._targets import Targets, unseen_note
from ._weights import Weights, sample_weights, weighted, without_weightless


class SequenceEstimator(Estimator):
    """Base of the sequence estimators; use the classifier or the regressor."""

    _classify: bool
    # The held-out sequences it takes to choose an epoch.
    _fewest: int
    # The linear models beside the network; None with one target a step, or without.
    combination_: Combination | None = None

    # Declared for the readers of this file: subclasses' __init__ sets them.
    cell: str
    hidden_size: int
    num_layers: int
    bidirectional: bool
    dropout: float
    pooling: str
    output: str
    init: str
    highway: str
    epochs: int | None
    max_seconds: float | None
    batch_size: int | str
    learning_rate: float
    weight_decay: float
    clip_norm: float | None
    patience: int | str | None
    validation_fraction: float
    refit: bool
    random_state: Any
    progress: bool
    training: Any
    callbacks: Any
    checkpoints: Any

    @own_modes()
    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Fit linear models on fixed features, then the network, and weigh them.

        Parameters
        ----------
        X : array-like or list
            (n, T, C); (n, T), taken as one channel; or n arrays (T_i, C) or
            (T_i,). NaN is a missing value.
        y : array-like or list
            One target a sequence, or one a step: (n, T) or n arrays (T_i,).
        sample_weight : array-like or None
            (n,): how much each sequence counts in the loss, and in the linear
            models'. Those of weight 0 are left out.

        Returns
        -------
        self

        Raises
        ------
        InputError
            If X, y or a parameter cannot be used; the message says which, where,
            and what to do.
        """
        given = as_sequences(X)
        raw = self._read_targets(y, given)
        raw = self._weigh(raw, sample_weight, len(given))
        sequences, raw, left_out = without_weightless(given, raw)
        loss = self._loss(raw.weights is not None)
        longest = max(map(len, sequences))
        width, count = self._width(raw), len(sequences)
        recipe = recipe_of(self, loss, width, raw.per_step, count, longest)
        self.seed_ = recipe.settings.seed
        self.channels_ = sequences[0].shape[1]
        self.channel_names_ = channel_names(X)
        take_features(self, *features_in(X, self.channels_))
        self.per_step_ = raw.per_step
        groups = raw.values if self._classify and not raw.per_step else None
        rows = split_rows(groups, len(sequences), self.validation_fraction, self.seed_)
        targets = self._scale_targets(raw, rows[0])
        classes = width if self._classify else 0

        def learn() -> tuple[Fitted, Combination | None]:
            combination = None
            if self.highway == "auto" and not raw.per_step:
                combination = Combination.fit(sequences, targets, classes, self.seed_)
            fitted = fit_network(sequences, targets, *rows, recipe)
            fitted.notes.extend(left_out)
            if combination is not None:
                combination.weigh(sequences, targets, rows[1], fitted.first)
            return fitted, combination

        def take(learned: tuple[Fitted, Combination | None]) -> None:
            fitted, self.combination_ = learned
            self.network_, self.preparation_ = fitted.network, fitted.preparation

        steps = Steps(
            recipe.work(self.channels_, count),
            learn,
            take,
            lambda learned: self._report(sequences, raw, rows, learned[0]),
        )
        return self._fit(steps)

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
        truth = self._read_known_targets(y, sequences)
        text = f"{split}: {_count(sequences)}"
        self._score(sequences, truth, text)
        if truth.unseen:
            note = unseen_note(truth, self.network_.head.out_features)
            self.results_["notes"].append(f"{split}: {note}")
        return dict(self.results_["scores"])

    # -- what a task adds ---------------------------------------------------

    @abstractmethod
    def _read_targets(self, y: Any, sequences: Sequence[Array]) -> Targets:
        """Return y as class numbers or numbers (n, K), and learn its classes."""

    @abstractmethod
    def _read_known_targets(self, y: Any, sequences: Sequence[Array]) -> Targets:
        """Return y in the form learned by ``fit``."""

    @abstractmethod
    def _scale_targets(self, targets: Targets, rows: NDArray[np.int64]) -> Targets:
        """Return the targets as the loss expects them, scaled on these rows."""

    @abstractmethod
    def _loss(self, weighted: bool) -> Loss:
        """Return the loss; of targets with a last column of weights, if they have."""

    @abstractmethod
    def _width(self, targets: Targets) -> int:
        """Return how many outputs the network has."""

    @abstractmethod
    def _decide(self, outputs: NDArray[np.floating]) -> NDArray[Any]:
        """Return class numbers (rows,), or numbers (rows, K), of outputs."""

    @abstractmethod
    def _describe(self, sequences: Sequence[Array], raw: Targets) -> dict[str, Any]:
        """Return title, question and data of the results."""

    @abstractmethod
    def _fitted(self) -> tuple[dict[str, Any], dict[str, Tensor]]:
        """Return what the task learned besides: plain values, and tensors."""

    @abstractmethod
    def _take_up(self, fitted: dict[str, Any], tensors: dict[str, Tensor]) -> None:
        """Take up what `_fitted` returned."""

    def _weigh(
        self,
        targets: Targets,
        sample_weight: Any,
        count: int,
        by_class: Weights | None = None,
    ) -> Targets:
        """Return the targets with their weights, if they have any."""
        by_row = sample_weights(sample_weight, count)
        return replace(targets, weights=weighted(targets, by_class, by_row))

    def _metric(self) -> str:
        """Return what decides between the network and simple models."""
        return "RMSE"

    def _guess(self, targets: Targets) -> tuple[float, str]:
        """Return the loss of guessing, without weights, and what that is."""
        return 1.0, "always saying the mean"

    def _names(self) -> list[str]:
        """Return the names of the classes."""
        return []

    def _output(self) -> Any:
        return self.output

    def _question(self, sequences: Sequence[Array]) -> list[list[str]]:
        """Return what both tasks were asked, as label and text."""
        channels = sequences[0].shape[1]
        ways = "both ways" if self.bidirectional else "forward"
        layers = f", {self.num_layers} layers" if self.num_layers > 1 else ""
        return [
            ["Sequences", f"{_count(sequences)}, {channels} channels"],
            [
                "Network",
                f"{title_of(self.cell)}, {self.hidden_size} units{layers}, {ways}",
            ],
            ["Held out", f"{100 * self.validation_fraction:.0f} % to choose the epoch"],
            ["Seed", str(self.seed_)],
        ]

    # -- fitting ------------------------------------------------------------

    def _report(
        self,
        sequences: Sequence[Array],
        raw: Targets,
        rows: tuple[NDArray[np.int64], NDArray[np.int64]],
        fitted: Fitted,
    ) -> dict[str, Any]:
        train_rows, validation_rows = rows
        combination = self.combination_
        training = [sequences[i] for i in train_rows]
        self.results_ = {
            "task": self.task,
            **self._describe(sequences, raw),
            "notes": [
                *fitted.preparation.notes(sequences),
                *fitted.notes,
                *(combination.notes() if combination else []),
                *advice(
                    fitted.run.result,
                    None if raw.weights is not None else self._guess(raw),
                ),
            ],
            "diagnosis": fitted.start.report(),
            "training": plain(
                training_report(
                    fitted.run,
                    fitted.network,
                    init=fitted.start.init,
                    refit_epochs=fitted.refit_epochs,
                )
            ),
            "environment": environment(
                self.seed_,
                report.path_of(fitted.network, fitted.preparation, sequences[0]),
            ),
            **({"combination": combination.report()} if combination else {}),
        }
        preparation = fitted.first[1]
        self._baselines = Baselines(self._classify).fit(
            preparation.apply(training), raw.take(train_rows)
        )
        if len(validation_rows):
            held_out = [sequences[i] for i in validation_rows]
            self._score(
                held_out,
                raw.take(validation_rows),
                f"validation: {_count(held_out)}, which also chose the epoch",
                fitted.first,
                combination.left_out(validation_rows) if combination else None,
            )
        else:
            self.results_["notes"].append(
                "nothing was held out to stop training by: it ran all epochs"
            )
        if fitted.refit_epochs:
            self._baselines = Baselines(self._classify).fit(
                fitted.preparation.apply(sequences), raw
            )
        self.results_["notes"] += self._baselines.notes
        return self.results_

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
        self._picture(truth, predicted)

    @abstractmethod
    def _picture(self, truth: Targets, predicted: NDArray[Any]) -> None:
        """Put confusion or pairs into the results."""

    @own_modes()
    def _outputs(self, X: Any) -> tuple[NDArray[np.floating], list[int] | None]:
        """Return outputs end to end, and the lengths if there is one a step."""
        check_is_fitted(self, "network_")
        sequences = known_sequences(self, X)
        combination, model = self.combination_, (self.network_, self.preparation_)
        if combination is not None:
            linear = combination.linear(sequences)
            return combination.whole(linear, sequences, model), None
        outputs = network_outputs(self.network_, self.preparation_.apply(sequences))
        if not self.per_step_:
            return np.stack(outputs), None
        return np.concatenate(outputs), [len(s) for s in sequences]

    def _in_form_of(
        self, X: Any, values: NDArray[Any], lengths: list[int] | None
    ) -> Any:
        """Return one row a sequence; per step an array, or a list if X is ragged."""
        if lengths is None:
            return values
        parts = np.split(values, np.cumsum(lengths)[:-1])
        return parts if is_ragged(X) else np.stack(parts)

    def _dump(self) -> tuple[dict[str, Any], dict[str, Tensor]]:
        fitted, tensors = self._fitted()
        combination = self.combination_
        if combination is not None:
            fitted["combination"] = combination.describe()
            tensors = {**tensors, **combination.tensors()}
        return {
            **fitted,
            "seed": self.seed_,
            "channels": self.channels_,
            **described_features(self),
            "channel_names": self.channel_names_,
            "per_step": self.per_step_,
            "inputs": self.network_.channels,
            "outputs": self.network_.head.out_features,
            "network": self.network_.config(),
        }, {
            **tensors,
            **self.preparation_.tensors(),
            **tensors_of(self.network_),
        }

    def _restore(self, fitted: dict[str, Any], tensors: dict[str, Tensor]) -> None:
        self._take_up(fitted, tensors)
        self.seed_ = fitted["seed"]
        self.channels_ = fitted["channels"]
        restore_features(self, fitted, self.channels_)
        self.channel_names_ = fitted.get("channel_names")
        self.per_step_ = fitted["per_step"]
        self.preparation_ = Preparation.from_tensors(tensors)
        self.network_ = restored(self, fitted, tensors)
        described = fitted.get("combination")
        if described:
            self.combination_ = Combination.from_description(described, tensors)

    def __sklearn_tags__(self) -> Tags:
        """Say what X may be: two or three axes, NaN allowed."""
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        tags.input_tags.allow_nan = True
        tags.target_tags.required = True
        return tags
