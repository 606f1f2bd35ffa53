"""Does a model lean on the order of the steps? Its scores on them in other orders."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from elman._arguments import whole_number
from elman._errors import InputError
from elman.tasks._chance import beyond_chance, mean_of
from elman.tasks._sampled import sampled
from elman.tasks._verdict import said
from elman.tasks.sequence._fit import network_outputs
from elman.tasks.sequence._scores import WHOLE
from elman.tasks.sequence._targets import Targets
from elman.tasks.sequence.given._input import Array, lengths_of
from elman.tasks.sequence.linear._combination import NETWORK

from ._orders import (
    Places,
    backwards,
    in_blocks,
    most_blocks,
    reading_order,
    rows_of,
    shuffled,
    taken,
    with_targets,
)

GIVEN, SHUFFLED = "as they are", "shuffled"

MOST_SEQUENCES, MOST_STEPS = 1000, 25_000
"""Of more sequences, or of more steps in all, a random part is scored."""

_FEWEST = 30


def scores_by_order(
    estimator: Any,
    sequences: Sequence[Array],
    truth: Targets,
    split: str,
    draws: int,
) -> dict[str, Any]:
    """Return the scores of a fitted estimator on steps in other orders.

    Parameters
    ----------
    estimator : SequenceEstimator
        Fitted; on sequences that these are none of.
    sequences : sequence of ndarray
        (T_i, C), checked.
    truth : Targets
        Those of single steps go with their steps.
    split : str
        What the sequences are, in words.
    draws : int
        Of each random order, with another score each.

    Returns
    -------
    dict
        Plain values: a row an order, and what they say.

    Raises
    ------
    InputError
        No sequence has two steps, or there are no draws.
    """
    whole_number("draws", draws, 1)
    if max(map(len, sequences)) < 2:
        raise InputError("sequences of one step have no order; give longer ones")
    rows = _scored(sequences)
    if len(rows) < len(sequences):
        split = f"{split}, of which {len(rows):,} are scored here"
    sequences, truth = [sequences[i] for i in rows], truth.take(rows)
    lengths = lengths_of(sequences)
    rng = np.random.default_rng(estimator.seed_)
    orders: dict[str, list[Places | None]] = {
        GIVEN: [None],
        SHUFFLED: [shuffled(lengths, rng) for _ in range(draws)],
    }
    blocks = most_blocks(lengths)
    if blocks > 1:  # one block is the order as it is
        name = f"in {blocks} blocks, shuffled"
        orders[name] = [in_blocks(lengths, rng) for _ in range(draws)]
    orders["reversed"] = [backwards(lengths)]
    kind, table, errors = estimator.kind_, [], {}
    for name, places in orders.items():
        each: dict[str, list[float]] = {}
        wrong = []
        for order in places:
            there = with_targets(truth, order)
            predicted = _predicted(estimator, taken(sequences, order))
            for model, values in predicted.items():
                score = kind.scores(there.values, values)[kind.metric]
                each.setdefault(model, []).append(score)
            whole = next(iter(predicted.values()))
            wrong.append(by_sequence(kind.errors(there.values, whole), truth.lengths))
        errors[name] = np.mean(wrong, 0)
        table.append({"order": name, "draws": len(places), "values": _spread(each)})
    change = errors[SHUFFLED] - errors[GIVEN]
    worse = mean_of(change)
    leans = beyond_chance(worse, [change])
    found = {
        "metric": kind.metric,
        "lower_is_better": kind.lower_is_better,
        "split": split,
        "sequences": len(sequences),
        "draws": draws,
        "rows": table,
        "leans": leans and worse > 0,
    }
    return {**found, "verdict": _verdict(found, leans, worse > 0)}


def _scored(sequences: Sequence[Array]) -> NDArray[np.int64]:
    """Return the sequences to be scored: a random part of very many."""
    count = len(sequences)
    mean = max(1, sum(map(len, sequences)) // count)
    return sampled(count, min(MOST_SEQUENCES, max(_FEWEST, MOST_STEPS // mean)))


def _predicted(estimator: Any, sequences: Sequence[Array]) -> dict[str, NDArray[Any]]:
    """Return what is predicted, by the whole first and by the network alone."""
    seed = estimator.seed_
    order = reading_order(estimator.shuffle_time, seed, sequences)
    sequences = taken(sequences, order)
    model = (estimator.network_, estimator.preparation_)
    outputs = network_outputs(model[0], model[1].apply(sequences))
    network = np.concatenate(outputs) if estimator.per_step_ else np.stack(outputs)
    if order is not None and estimator.per_step_:
        network = network[np.argsort(rows_of(order))]
    kind, combination = estimator.kind_, estimator.combination_
    alone = {NETWORK: kind.decide(network)}
    if combination is None:
        return {"network": alone[NETWORK]}
    linear = combination.linear(sequences)
    together = combination.mixed(linear, network)
    return {WHOLE: kind.decide(together), **alone}


def by_sequence(
    errors: NDArray[np.float64], lengths: NDArray[np.int64] | None
) -> NDArray[np.float64]:
    """Return the mean error of each sequence, of those of its rows."""
    if lengths is None:
        return errors
    parts = np.split(errors, np.cumsum(lengths)[:-1])
    known = [part[~np.isnan(part)] for part in parts]
    return np.array([part.mean() if len(part) else math.nan for part in known])


def _spread(each: dict[str, list[float]]) -> dict[str, dict[str, float]]:
    """Return mean and deviation over the draws."""
    return {
        model: {
            "mean": float(np.mean(values)),
            "deviation": float(np.std(values, ddof=1)) if len(values) > 1 else 0.0,
        }
        for model, values in each.items()
    }


def _verdict(found: dict[str, Any], sure: bool, worse: bool) -> str:
    lower = found["lower_is_better"]

    def words(value: float) -> str:
        return said(value, lower)

    means = {
        row["order"]: next(iter(row["values"].values()))["mean"]
        for row in found["rows"]
    }
    given, mixed = words(means.pop(GIVEN)), words(means.pop(SHUFFLED))
    others = ", ".join(f"{words(value)} {name}" for name, value in means.items())
    metric = found["metric"]
    if not sure:
        first = (
            f"It does not lean on the order of the steps, as far as"
            f" {found['sequences']:,} sequences show"
        )
        return (
            f"{first}: {metric} is {given}, and {mixed} with them shuffled; {others}."
        )
    if not worse:
        return (
            f"It does better on shuffled steps: {metric} is {given}, and {mixed} with"
            f" them shuffled; {others}."
        )
    moves = "rises" if lower else "falls"
    return (
        f"It leans on the order of the steps: {metric} {moves} from {given} to {mixed}"
        f" with them shuffled; {others}."
    )
