"""What the sequence classifier and regressor share."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import Tags
from sklearn.utils.validation import check_is_fitted
from torch import Tensor

from elman._modes import own_modes
from elman._plain import plain
from elman.cells import Cell
from elman.tasks._estimator import Steps
from elman.tasks._features import described_features, restore_features, take_features
from elman.tasks._networks import tensors_of
from elman.tasks._results import environment, training_report
from elman.tasks.fit._advice import advice
from elman.tasks.sequence.linear._combination import Combination
from elman.training import working

from . import _results as report
from ._baselines import Baselines
from ._evaluated import Evaluated
from ._fit import Fitted, fit_network
from ._preparation import Preparation
from ._recipe import recipe_of
from ._state import restored
from ._stretched import stretched_of
from ._targets import Output, Targets
from ._weights import sample_weights, weighted, without_weightless
from .columns._columns import Columns
from .columns._fields import embeddings
from .columns._given import check_columns, read_given
from .given._front_end import described_front_end, front_end_of, restore_front_end
from .given._groups import group_numbers, parted
from .given._input import (
    Array,
    channel_names,
    features_in,
    is_ragged,
    known_sequences,
)
from .given._input import in_words as _count
from .given._pictures import steps_of_pictures
from .kinds._kind import Kind
from .order._orders import with_targets
from .shown._described import described
from .shown._looked import shown_examples
from .shown._sounds import sounds_of


class SequenceEstimator(Evaluated):
    """Base of the sequence estimators; use the classifier or the regressor."""

    # The held-out sequences it takes to choose an epoch.
    _fewest: int
    # Whether labels of recordings are taken to be the same for higher voices.
    _auto_stretches = True

    # `_keep` sets them.
    cell: str | Cell | type[Cell]
    encoder: str | Cell | type[Cell] | None
    shuffle_time: str
    columns: Any
    image: str
    augment: str
    # Of pictures: how many rows, or columns, they have.
    picture_steps_: int | None = None
    hidden_size: int
    num_layers: int | Literal["auto"]
    bidirectional: bool
    dropout: float
    pooling: str
    output: Output
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

    def __init__(
        self,
        cell: str | Cell | type[Cell] = "gru",
        hidden_size: int = 64,
        num_layers: int | Literal["auto"] = "auto",
        *,
        bidirectional: bool = True,
        dropout: float = 0.0,
        pooling: Literal["auto", "last", "mean", "max", "attention"] = "auto",
        output: Output = "auto",
        init: str = "auto",
        highway: Literal["auto", "none"] = "auto",
        epochs: int | None = None,
        max_seconds: float | None = 120.0,
        batch_size: int | Literal["auto", "all"] = "auto",
        learning_rate: float = 3e-3,
        weight_decay: float = 0.0,
        clip_norm: float | None = 1.0,
        patience: int | Literal["auto"] | None = "auto",
        validation_fraction: float = 0.2,
        refit: bool = True,
        random_state: Any = 0,
        training: Mapping[str, Any] | None = None,
        progress: bool = False,
        callbacks: Any = (),
        checkpoints: Any = None,
        encoder: str | Cell | type[Cell] | None = None,
        shuffle_time: Literal["none", "fixed", "each"] = "none",
        columns: Mapping[Any, str] | None = None,
        image: Literal["none", "rows", "columns"] = "none",
        augment: Literal["auto", "stretch", "none"] = "auto",
    ) -> None:
        self._keep(locals())

    @own_modes()
    def fit(
        self, X: Any, y: Any, sample_weight: Any = None, groups: Any = None
    ) -> Self:
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
        groups : array-like or None
            (n,): a number or text for each sequence, such as who speaks. Whole groups
            are held out, so that what is chosen is chosen for groups that were not
            learned from.

        Returns
        -------
        self

        Raises
        ------
        InputError
            If X, y or a parameter cannot be used; the message says which, where,
            and what to do.
        """
        given, columns = read_given(
            steps_of_pictures(X, self.image), check_columns(self.columns)
        )
        layout = None if columns is None else columns.layout
        kind, raw = self._read(y, given)
        by_row = sample_weights(sample_weight, len(given))
        grouped, said = group_numbers(groups, len(given))
        weights = weighted(raw, kind.weights(raw), by_row)
        raw = replace(raw, weights=weights, groups=grouped)
        sequences, raw, left_out = without_weightless(given, raw)
        longest, count = max(map(len, sequences)), len(sequences)
        loss = kind.loss(raw.weights is not None)
        recipe = recipe_of(self, loss, kind.width, raw.per_step, count, longest, layout)
        self.columns_ = columns
        self.kind_ = kind
        self.seed_ = recipe.settings.seed
        self.channels_ = sequences[0].shape[1]
        self.picture_steps_ = None if self.image == "none" else longest
        self.channel_names_ = channel_names(X)
        take_features(self, *features_in(X, self.channels_))
        self.front_end_, self._sounds = front_end_of(X), sounds_of(X)
        wanted = grouped is not None and self._auto_stretches
        stretched = stretched_of(self.augment, self.front_end_, layout, wanted)
        recipe = replace(recipe, stretched=stretched)
        self.per_step_ = raw.per_step
        shown = sequences
        sequences, order = self._as_read(shown)
        raw = with_targets(raw, order)
        held_out = self.validation_fraction
        rows = parted(kind, raw, count, held_out, self.seed_)
        left_out += said
        targets = kind.scaled(raw, rows[0])

        def learn() -> tuple[Fitted, Combination | None]:
            combination = None
            if self.highway == "auto" and not raw.per_step:
                size = sum(x.size for x in sequences)
                what = f"linear models of {count:,} sequences"
                with working(what, self.progress, size=size):
                    combination = Combination.fit(
                        sequences, targets, kind, self.seed_, layout
                    )
            fitted = fit_network(sequences, targets, *rows, recipe)
            fitted.notes.extend(left_out)
            if combination is not None:
                combination.weigh(sequences, targets, rows[1], fitted.first)
            return fitted, combination

        def take(learned: tuple[Fitted, Combination | None]) -> None:
            fitted, self.combination_ = learned
            self.network_, self.preparation_ = fitted.network, fitted.preparation

        def report(learned: tuple[Fitted, Combination | None]) -> dict[str, Any]:
            with working("scores beside simple models", self.progress):
                return self._report(shown, sequences, raw, rows, learned[0])

        steps = Steps(
            recipe.work(self.channels_, count),
            learn,
            take,
            report,
        )
        return self._fit(steps)

    # -- what a task adds ---------------------------------------------------

    @abstractmethod
    def _restored(self, fitted: dict[str, Any], tensors: dict[str, Tensor]) -> Kind:
        """Return what is predicted, as ``kind_.dump()`` described it."""

    # -- fitting ------------------------------------------------------------

    def _report(
        self,
        shown: Sequence[Array],
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
            **described(self, shown, raw),
            "notes": [
                *self._read_as(fitted.preparation),
                *fitted.preparation.notes(sequences, self._number_names()),
                *fitted.notes,
                *(combination.notes() if combination else []),
                *advice(
                    fitted.run.result,
                    None if raw.weights is not None else self.kind_.guess(raw),
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
            **({"sounds": self._sounds} if self._sounds else {}),
        }
        data = self.results_["data"]
        data["examples"] = shown_examples(self, sequences, data["examples"])
        preparation = fitted.first[1]
        self._baselines = Baselines(self.kind_, preparation.codes).fit(
            preparation.spread(training), raw.take(train_rows)
        )
        if len(validation_rows):
            held_out = [sequences[i] for i in validation_rows]
            self._score(
                held_out,
                raw.take(validation_rows),
                f"validation: {_count(held_out)}, which also chose the epoch",
                fitted.first,
                combination.held_out if combination else None,
            )
        else:
            self.results_["notes"].append(
                "nothing was held out to stop training by: it ran all epochs"
            )
        if fitted.refit_epochs:
            preparation = fitted.preparation
            self._baselines = Baselines(self.kind_, preparation.codes).fit(
                preparation.spread(sequences), raw
            )
        self.results_["notes"] += self._baselines.notes
        return self.results_

    def _read_as(self, preparation: Preparation) -> list[str]:
        """Return what was decided about channels that are no numbers."""
        if self.columns_ is None:
            return []
        return self.columns_.notes([embeddings(rows) for rows in preparation.rows])

    def _number_names(self) -> list[str] | None:
        columns = self.columns_
        return None if columns is None else [columns.names[i] for i in columns.numbers]

    @own_modes()
    def _outputs(self, X: Any) -> tuple[NDArray[np.floating], list[int] | None]:
        """Return outputs end to end, and the lengths if there is one a step."""
        check_is_fitted(self, "network_")
        return self._answers(known_sequences(self, X))

    def _beside_truth(
        self, X: Any, y: Any, sample_weight: Any
    ) -> tuple[NDArray[Any], NDArray[Any], NDArray[np.float64] | None]:
        """Return the truth, what is predicted, and how much each of them counts."""
        outputs, lengths = self._outputs(X)
        sequences = known_sequences(self, X)
        truth = self._read_known(y, sequences)
        weights = sample_weights(sample_weight, len(sequences))
        if weights is not None and lengths is not None:
            weights = np.repeat(weights, lengths)
        return truth.values, self.kind_.decide(outputs), weights

    def _in_form_of(
        self, X: Any, values: NDArray[Any], lengths: list[int] | None
    ) -> Any:
        """Return one row a sequence; per step an array, or a list if X is ragged."""
        if lengths is None:
            return values
        parts = np.split(values, np.cumsum(lengths)[:-1])
        return parts if is_ragged(X) else np.stack(parts)

    def _dump(self) -> tuple[dict[str, Any], dict[str, Tensor]]:
        fitted, tensors = self.kind_.dump()
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
            **described_front_end(self),
            "per_step": self.per_step_,
            "columns": None if self.columns_ is None else self.columns_.dump(),
            "picture_steps": self.picture_steps_,
            "inputs": self.network_.channels,
            "outputs": self.network_.head.out_features,
            "network": self.network_.config(),
        }, {
            **tensors,
            **self.preparation_.tensors(),
            **tensors_of(self.network_),
        }

    def _restore(self, fitted: dict[str, Any], tensors: dict[str, Tensor]) -> None:
        self.kind_ = self._restored(fitted, tensors)
        self.seed_ = fitted["seed"]
        self.channels_ = fitted["channels"]
        self.picture_steps_ = fitted.get("picture_steps")
        restore_features(self, fitted, self.channels_)
        self.channel_names_ = fitted.get("channel_names")
        restore_front_end(self, fitted)
        self.per_step_ = fitted["per_step"]
        stored = fitted.get("columns")
        self.columns_ = Columns.restored(stored) if stored else None
        self.preparation_ = Preparation.from_tensors(tensors)
        self.network_ = restored(self, fitted, tensors)
        described = fitted.get("combination")
        if described:
            self.combination_ = Combination.from_description(
                described, tensors, self.kind_
            )

    def __sklearn_tags__(self) -> Tags:
        """Say what X may be: two or three axes, NaN allowed."""
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        tags.input_tags.allow_nan = True
        tags.target_tags.required = True
        return tags
