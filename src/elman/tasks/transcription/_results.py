"""What a transcriber reports: plain data for the run directory and page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from elman._plain import plain
from elman.models import title_of
from elman.tasks._encoders import encoder_of
from elman.tasks._results import environment, training_report
from elman.tasks.fit._advice import advice
from elman.tasks.sequence import _results as sequences_report
from elman.tasks.sequence._fit import Fitted
from elman.tasks.sequence.given._input import Array, in_words

from ._alphabet import Alphabet, Row

_NAMED = 12


def report(
    estimator: Any,
    sequences: Sequence[Array],
    rows: Sequence[Row],
    fitted: Fitted,
    rates: list[dict[str, Any]],
) -> dict[str, Any]:
    """Return the results of a fit, without scores.

    Parameters
    ----------
    estimator : SequenceTranscriber
    sequences : sequence of ndarray
    rows : sequence
        Their labels.
    fitted : Fitted
    rates : list of dict
        The error rate after some epochs.
    """
    alphabet: Alphabet = estimator.alphabet_
    texts = [alphabet.text(row) for row in rows]
    every = list(range(len(texts)))
    return {
        "task": estimator.task,
        "title": f"Transcription into {len(alphabet.labels):,} {alphabet.form}",
        "question": _question(estimator, sequences, alphabet, rows),
        "notes": [
            *fitted.preparation.notes(sequences),
            *fitted.notes,
            *advice(fitted.run.result),
        ],
        "data": {
            "lengths": sequences_report.lengths(sequences),
            "examples": sequences_report.sequence_examples(sequences, texts, every),
            "classes": _counts(rows),
        },
        "diagnosis": fitted.start.report(),
        "training": plain(
            training_report(
                fitted.run,
                fitted.network,
                init=fitted.start.init,
                refit_epochs=fitted.refit_epochs,
            )
        ),
        "error_rates": rates,
        "environment": environment(
            estimator.seed_,
            sequences_report.path_of(fitted.network, fitted.preparation, sequences[0]),
        ),
    }


def _question(
    estimator: Any, sequences: Sequence[Array], alphabet: Alphabet, rows: Sequence[Row]
) -> list[list[str]]:
    channels = sequences[0].shape[1]
    each = "1 channel" if channels == 1 else f"{channels} channels"
    counts = [len(row) for row in rows]
    layers = estimator.network_.config()["num_layers"]
    stacked = f", {layers} layers" if layers > 1 else ""
    ways = "both ways" if estimator.bidirectional else "forward"
    frames, front_end = estimator.frames_, estimator.front_end_
    names = ", ".join(map(str, alphabet.labels[:_NAMED]))
    more = ", …" if len(alphabet.labels) > _NAMED else ""
    return [
        [
            "Asked for",
            f"{min(counts)} to {max(counts)} {alphabet.form} of {names}{more}",
        ],
        ["Sequences", f"{in_words(sequences)}, {each}"],
        *([["Features", front_end.in_words()]] if front_end else []),
        [
            "Network",
            f"{title_of(encoder_of(estimator))}, {estimator.hidden_size} units"
            f"{stacked}, {ways}, with the loss over all alignments (CTC)"
            + (f"; {frames} steps read as one" if frames > 1 else ""),
        ],
        [
            "Held out",
            f"{100 * estimator.validation_fraction:.0f} % to choose the epoch",
        ],
        ["Seed", str(estimator.seed_)],
    ]


def _counts(rows: Sequence[Row]) -> dict[str, int]:
    """Return how often each label is said, the most frequent ones."""
    labels, counts = np.unique(
        [str(x) for row in rows for x in row], return_counts=True
    )
    order = np.argsort(-counts, kind="stable")[:_NAMED]
    return {str(labels[i]): int(counts[i]) for i in order}
