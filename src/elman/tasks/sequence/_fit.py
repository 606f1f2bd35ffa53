"""Fitting a sequence network: split, scale, start, train, and train on everything."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from elman.models import SequenceNetwork
from elman.tasks.fit._run import Run, run_training
from elman.tasks.fit._stages import EVERYTHING, stage
from elman.tasks.fit._start import Start
from elman.tasks.fit._training import part_of
from elman.training import (
    RaggedSequences,
    train,
)

from ._diagnosis import start_of
from ._preparation import Preparation
from ._recipe import TRIAL, Recipe
from ._stretched import StretchedSequences, stretched_note
from ._trial import FEWEST, compare
from .given._input import Array


@dataclass(frozen=True)
class Fitted:
    """A trained network and how it came about.

    Attributes
    ----------
    network, preparation
        Ready to predict.
    first : tuple of SequenceNetwork and Preparation
        Those that never saw the validation rows.
    start : Start
        The diagnosis and the initialisation taken.
    run : Run
        The one with the validation part.
    refit_epochs : int
        Length of the second run, 0 if there was none.
    notes : list of str
        What was decided on the way.
    """

    network: SequenceNetwork
    preparation: Preparation
    first: tuple[SequenceNetwork, Preparation]
    start: Start
    run: Run
    refit_epochs: int
    notes: list[str]


class Learned(Protocol):
    """Targets of any kind, as training takes them."""

    @property
    def per_step(self) -> bool:
        """Whether each step has one of its own."""
        ...

    def take(self, index: NDArray[np.int64]) -> Learned:
        """Return those of the sequences numbered ``index``."""
        ...

    def tensor(self) -> Tensor:
        """Return them as the loss takes them."""
        ...


def fit_network(
    sequences: Sequence[Array],
    targets: Learned,
    train_rows: NDArray[np.int64],
    validation_rows: NDArray[np.int64],
    recipe: Recipe,
) -> Fitted:
    """Train a network, first with the validation rows held out.

    Everything random derives from the recipe's seed; the global random state is
    left as it was found. An interruption keeps the best weights so far and
    skips what has not begun.

    Parameters
    ----------
    sequences : sequence of ndarray
        (T_i, C), checked.
    targets : Learned
        Already in the units the loss expects.
    train_rows, validation_rows : ndarray
        int64; the second may be empty.
    recipe : Recipe

    Returns
    -------
    Fitted
    """
    preparation = Preparation.fit(
        [sequences[i] for i in train_rows], recipe.frames, recipe.layout
    )

    def examples(rows: NDArray[np.int64], how: Preparation) -> RaggedSequences:
        return RaggedSequences(
            how.apply([sequences[i] for i in rows]),
            targets.take(rows).tensor(),
            per_step=targets.per_step,
        )

    def trained_on(
        plain: RaggedSequences, how: Preparation
    ) -> RaggedSequences | StretchedSequences:
        front_end = recipe.stretched
        return plain if front_end is None else StretchedSequences(plain, front_end, how)

    plain = examples(train_rows, preparation)
    training = trained_on(plain, preparation)
    network = _built(preparation, recipe)
    start = start_of(network, plain, recipe, _seed(recipe))
    validation = (
        examples(validation_rows, preparation) if len(validation_rows) else None
    )
    notes = stretched_note(recipe.stretched)
    notes += [start.note] if start.note else []
    # Where the second run takes all epochs, the first shows what they lead to.
    enough = len(validation_rows) >= recipe.fewest or not recipe.refit
    settings = recipe.settings if enough else replace(recipe.settings, patience=None)
    settings = part_of(settings, recipe.first_share)
    doubtful = recipe.init == "auto" and start.init != "default"
    if doubtful and validation is not None and (settings.epochs or FEWEST) >= FEWEST:
        trial = compare(
            start,
            lambda: _built(preparation, recipe),
            training,
            validation,
            recipe,
        )
        start = trial.start
        notes.append(trial.note)
        if trial.interrupted:
            network, result = trial.interrupted
            first = (network, preparation)
            return Fitted(network, preparation, first, start, Run(result), 0, notes)
        network = _built(preparation, recipe)
        start.apply(network.recurrent, _seed(recipe))
    run = run_training(
        recipe,
        network,
        recipe.loss,
        training,
        validation,
        settings,
        needed=start.memory,
        recurrent=network.recurrent is not None,
        warn=recipe.need is None,
    )
    result = run.result
    notes += run.notes
    first = (network, preparation)
    trained = int(result.history[-1]["epoch"]) if result.history else 0
    epochs = result.best_epoch if enough else recipe.settings.epochs or trained
    again = recipe.refit and validation is not None and epochs > 0
    if not again or result.stopped == "interrupted":
        return Fitted(network, preparation, first, start, run, 0, notes)

    rows = np.sort(np.concatenate([train_rows, validation_rows]))
    preparation = Preparation.fit(
        [sequences[i] for i in rows], recipe.frames, recipe.layout
    )
    network = _built(preparation, recipe)
    start.apply(network.recurrent, _seed(recipe))
    second = train(
        network,
        recipe.loss,
        trained_on(examples(rows, preparation), preparation),
        None,
        part_of(recipe.settings.for_epochs(epochs), 1 - 2 * TRIAL, result.seconds),
        recipe.watching("on all sequences,"),
        checkpoints=stage(recipe.checkpoints, EVERYTHING),
    )
    if second.stopped != "epochs":
        if second.stopped == "interrupted":
            run = replace(run, result=replace(result, stopped=second.stopped))
        if second.stopped == "time":
            notes.append(
                "the time was over before the network had been trained on all"
                " sequences: it is the one that did not see those held out"
            )
        return Fitted(*first, first, start, run, 0, notes)
    if not enough:
        notes.append(
            f"{len(validation_rows)} held-out sequences are too few to choose an epoch "
            f"by: the network was trained on all for {epochs} epochs"
        )
    return Fitted(network, preparation, first, start, run, epochs, notes)


def network_outputs(
    network: SequenceNetwork, sequences: Sequence[NDArray[np.float32]]
) -> list[NDArray[np.float32]]:
    """Return the network's output for each prepared sequence: (K,) or (T_i, K).

    Sequences of like length run together, so that little is padded.
    """
    examples = RaggedSequences(sequences)
    found: list[NDArray[np.float32]] = [np.empty(0, np.float32)] * len(examples)
    order = torch.argsort(examples.lengths, stable=True)
    was_training = network.training
    network.eval()
    try:
        with torch.no_grad():
            for index in order.split(256):
                (values, lengths), _ = examples.take(index)
                output = network(values, lengths).numpy()
                for i, row, steps in zip(index, output, lengths, strict=True):
                    found[int(i)] = row[: int(steps)] if network.per_step else row
    finally:
        network.train(was_training)
    return found


def split_rows(
    groups: NDArray[np.int64] | None, count: int, fraction: float, seed: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return training and validation rows, every class as evenly as it divides.

    Parameters
    ----------
    groups : ndarray or None
        (count,) class numbers; each class keeps at least one training row.
    count : int
        Rows.
    fraction : float
        Share of rows for validation.
    seed : int
        Which rows.
    """
    rng = np.random.default_rng(seed)
    order = rng.permutation(count)
    wanted = min(round(fraction * count), count - 1)
    if fraction > 0 and count >= 5:
        wanted = max(wanted, 1)
    if groups is not None:
        # Row k of a class of n stands at (k + 1/2) / n: taking the lowest first
        # takes the same share of every class, without a remainder for each.
        place = np.empty(count)
        for group in np.unique(groups):
            rows = order[groups[order] == group]
            place[rows] = (np.arange(len(rows)) + rng.random()) / len(rows)
            place[rows[-1]] = np.inf
        wanted = min(wanted, int(np.isfinite(place).sum()))
        order = np.argsort(place, kind="stable")
    validation, training = order[:wanted], order[wanted:]
    return np.sort(training), np.sort(validation)


def _seed(recipe: Recipe) -> int:
    return recipe.settings.seed


def _built(preparation: Preparation, recipe: Recipe) -> SequenceNetwork:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(_seed(recipe))
        return SequenceNetwork(**preparation.inputs, **recipe.network)
