"""Transcriptions of sequences that were held out, scored beside baselines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from elman._plain import plain
from elman.models import ctc
from elman.tasks._edits import edits, error_rate
from elman.tasks._verdict import verdict
from elman.tasks.sequence.given._input import Array

from ._alphabet import Alphabet, Row
from ._baselines import WholeRows
from ._read import Output, found_in

_SHOWN, _DRAWN, _LISTED = 8, 3, 30
# Points of a picture, across and of channels.
_ACROSS, _CHANNELS, _MOST_STEPS = 200, 24, 400
_LEAST = 0.005


def values_of(
    found: Sequence[Row], truth: Sequence[Row], alphabet: Alphabet
) -> dict[str, float]:
    """Return the scores of rows of labels, that which decides first."""
    values = {metric_of(alphabet): error_rate(found, truth)}
    if alphabet.spaced:
        words = [[alphabet.words(row) for row in rows] for rows in (found, truth)]
        values["word error rate"] = error_rate(*words)
    same = sum(list(a) == list(b) for a, b in zip(found, truth, strict=True))
    return values | {"exact matches": same / len(truth)}


def metric_of(alphabet: Alphabet) -> str:
    """Return the name of the score that decides."""
    return f"{alphabet.unit} error rate"


def scored(
    sequences: Sequence[Array],
    prepared: Sequence[NDArray[np.float32]],
    outputs: Sequence[Output],
    truth: list[Row],
    alphabet: Alphabet,
    frames: int,
    beam: int,
    split: str,
    simple: WholeRows | None,
) -> dict[str, Any]:
    """Return the parts of the results that say how well a part is transcribed.

    Parameters
    ----------
    sequences : sequence of ndarray
        As they were given.
    prepared : sequence of ndarray
        As the network reads them.
    outputs : sequence of ndarray
        What it says of them.
    truth : list
        Their labels.
    alphabet : Alphabet
    frames, beam : int
    split : str
        What the part is, in words.
    simple : WholeRows or None
        A loaded transcriber has no baselines.
    """
    by_beam = [alphabet.row(numbers) for numbers in found_in(outputs, beam)]
    greedy = [alphabet.row(numbers) for numbers in found_in(outputs, 1)]

    def row(name: str, kind: str, found: Sequence[Row]) -> dict[str, Any]:
        values = values_of(found, truth, alphabet)
        return {"model": name, "kind": kind, "values": values}

    others = {} if simple is None else simple.predict(prepared)
    ranked = [row("network", "network", by_beam)]
    ranked += [row(name, "baseline", found) for name, found in others.items()]
    rows = [*ranked]
    if beam > 1:
        rows.insert(1, row("network, greedy", "greedy", greedy))
    winner, sentence = verdict(ranked, metric_of(alphabet))
    strangers = alphabet.strangers(truth)
    if strangers:
        listed = ", ".join(map(repr, strangers[:5]))
        sentence += f" It cannot say {listed}, which were not among those learned."
    order = _spread(len(truth))
    drawn = [
        alignment_of(sequences[i], outputs[i], alphabet, frames, beam)
        for i in [i for i in order if len(outputs[i]) <= _MOST_STEPS][:_DRAWN]
    ]
    return {
        "scores": {
            "metric": metric_of(alphabet),
            "lower_is_better": True,
            "split": split + (f"; beam of {beam}" if beam > 1 else ""),
            "rows": rows,
            "winner": winner,
            "verdict": sentence,
        },
        "transcriptions": [
            {
                "reference": alphabet.text(truth[i]),
                "transcription": alphabet.text(by_beam[i]),
                "greedy": alphabet.text(greedy[i]),
            }
            for i in order
        ],
        "alignments": plain(drawn),
        "label_errors": label_errors(by_beam, truth),
    }


def label_errors(found: Sequence[Row], truth: Sequence[Row]) -> list[dict[str, Any]]:
    """Return of each label how often it was right, exchanged, left out, put in.

    Those with the most errors come first.
    """
    pairs = zip(found, truth, strict=True)
    ways = Counter(edit for one, other in pairs for edit in edits(one, other))
    labels = {label for way in ways for label in way if label is not None}
    table: list[dict[str, Any]] = []
    for label in sorted(labels, key=str):
        instead = {y: n for (x, y), n in ways.items() if x == label and y != label}
        left_out = instead.pop(None, 0)
        most = max(instead, key=lambda other: instead[other], default=None)
        right, put_in = ways[label, label], ways[None, label]
        exchanged = sum(instead.values())
        table.append(
            {
                "label": str(label),
                "said": right + exchanged + left_out,
                "right": right,
                "substituted": exchanged,
                "deleted": left_out,
                "inserted": put_in,
                "mostly": "" if most is None else str(most),
            }
        )
    table.sort(key=lambda row: -row["substituted"] - row["deleted"] - row["inserted"])
    return table[:_LISTED]


def alignment_of(
    sequence: Array, output: Output, alphabet: Alphabet, frames: int, beam: int
) -> dict[str, Any]:
    """Return which steps said which label, as the report draws it."""
    (numbers,) = found_in([output], beam)
    spans, _ = ctc.aligned(output, numbers)
    scores = output - output.max(1, keepdims=True)
    chances = np.exp(scores) / np.exp(scores).sum(1, keepdims=True)
    thin = -(-len(sequence) // _ACROSS)
    channels = -(-sequence.shape[1] // _CHANNELS)
    return {
        "labels": [str(label) for label in alphabet.row(numbers)],
        "spans": [[start * frames, end * frames] for start, end in spans],
        "steps": len(sequence),
        "frames": frames,
        # Of each symbol that has any, the steps and its probability there.
        "chances": [
            {
                "label": "" if k == ctc.BLANK else str(alphabet.labels[k - 1]),
                "values": [round(float(c), 3) for c in chances[:, k]],
            }
            for k in range(chances.shape[1])
            if k == ctc.BLANK or k in numbers or chances[:, k].max() > 20 * _LEAST
        ],
        "input": np.round(sequence[::thin, ::channels].T, 2).tolist(),
    }


def _spread(count: int) -> list[int]:
    """Return a few rows from all over a part."""
    return list(range(0, count, max(count // _SHOWN, 1)))[:_SHOWN]
