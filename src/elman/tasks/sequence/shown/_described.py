"""What the results say was asked for, of which sequences, with which network."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from elman.models import title_of
from elman.tasks._encoders import encoder_of
from elman.tasks.sequence._targets import Targets
from elman.tasks.sequence.given._input import Array, in_words

_ORDERS = {
    "fixed": "one random order for all sequences",
    "each": "a random order for each sequence",
}


def described(
    estimator: Any, sequences: Sequence[Array], raw: Targets
) -> dict[str, Any]:
    """Return title, question and data of the results.

    Parameters
    ----------
    estimator : SequenceEstimator
        Fitted, but for its results.
    sequences : sequence of ndarray
        In the order in which they were given.
    raw : Targets
    """
    title, asked, data = estimator.kind_.describe(sequences, raw)
    columns, front_end = estimator.columns_, estimator.front_end_
    channels = sequences[0].shape[1] if columns is None else len(columns.names)
    each = "1 channel" if channels == 1 else f"{channels} channels"
    ways = "both ways" if estimator.bidirectional else "forward"
    many = estimator.network_.config()["num_layers"]
    layers = f", {many} layers" if many > 1 else ""
    network = f"{title_of(encoder_of(estimator))}, {estimator.hidden_size} units"
    shuffles = estimator.shuffle_time != "none"
    held_out = f"{100 * estimator.validation_fraction:.0f} % to choose the epoch"
    question = [
        ["Asked for", asked],
        ["Sequences", f"{in_words(sequences)}, {each}"],
        *([["Features", front_end.in_words()]] if front_end else []),
        ["Network", f"{network}{layers}, {ways}"],
        ["Held out", held_out + (", whole groups" if raw.groups is not None else "")],
        *([["Order of steps", _ORDERS[estimator.shuffle_time]]] if shuffles else []),
        ["Seed", str(estimator.seed_)],
    ]
    return {"title": title, "question": question, "data": data}
